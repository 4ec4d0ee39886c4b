//! kill -9 of the host in each step of both flows, and at each irreversible act: started again, the
//! run goes on; exactly one account, one charge, one role, closed once.

use mavm_tests::{Machine, Setup, until};
use serde_json::{Value, json};

/// The scenario with the most to lose: a challenge and a banner.
fn setup() -> Setup {
    Setup::with(&["usual"])
}

/// Kills the host as soon as the run's step has begun, and starts it again.
async fn kill_in(machine: &mut Machine, flow: &str, step: &str) {
    let run = machine.run_of(flow).await;
    let began = until(&format!("{step} to begin"), || async {
        let view = machine.get(&format!("/v1/runs/{run}")).await;
        let ended = !matches!(view["status"].as_str().unwrap(), "ready");
        let steps = view["steps"].as_array().unwrap().clone();
        let found = steps.iter().find(|s| s["id"] == step)?.clone();
        (ended || found["started_at"].is_string() || found["status"] == "skipped").then_some(found)
    })
    .await;
    assert!(began["started_at"].is_string(), "{step} never began: {began:#}");
    machine.kill();
    machine.serve().await;
}

async fn signed_up_once(machine: &Machine) {
    let run = machine.run_of("create-account").await;
    let run = machine.ended(&run).await;
    assert_eq!(run["status"], "succeeded", "{run:#}");
    assert_eq!(machine.account().await["status"], "CREATED");
    let practice = machine.practice().await;
    let counts = &practice["counts"];
    for once in ["accounts_created", "cards_charged", "role_stacks_created"] {
        assert_eq!(counts[once], 1, "{once}: {counts:#}");
    }
}

/// Vends the account, ends its lease, and kills the host in that step of the close flow.
async fn closed_once(machine: &mut Machine, step: &str) {
    let vended = machine.post("/v1/vend", &json!({})).await;
    let name = vended["account_name"].as_str().unwrap().to_owned();
    machine.verb_ok(&["signups", "stop"], "").await;
    machine.post(&format!("/v1/accounts/{name}/lease"), &json!({"in": "0s"})).await;
    kill_in(machine, "close-account", step).await;
    let run = machine.run_of("close-account").await;
    let run = machine.ended(&run).await;
    assert_eq!(run["status"], "succeeded", "{run:#}");
    let account = machine.get(&format!("/v1/accounts/{name}")).await;
    assert_eq!(account["status"], "CLOSED");
    let practice = machine.control_get("/practice/state").await;
    let practice = practice["accounts"].as_array().unwrap();
    let practice = practice.iter().find(|a| a["email"] == account["email"]).unwrap();
    assert_eq!(practice["counts"]["closes"], 1, "{practice:#}");
}

macro_rules! killed_in_create {
    ($($test:ident: $step:literal),* $(,)?) => {$(
        #[tokio::test]
        async fn $test() {
            let mut machine = Machine::start(setup()).await;
            kill_in(&mut machine, "create-account", $step).await;
            signed_up_once(&machine).await;
        }
    )*};
}

killed_in_create! {
    create_start: "start",
    create_mail_code: "mail-code",
    create_credentials: "credentials",
    create_contact: "contact",
    create_card: "card",
    create_challenge: "challenge",
    create_identity: "identity",
    create_support_plan: "support-plan",
    create_login: "login",
    create_number: "number",
    create_currency: "currency",
    create_billing_contact: "billing-contact",
    create_invoices: "invoices",
    create_role: "role",
    create_check: "check",
}

macro_rules! killed_in_close {
    ($($test:ident: $step:literal),* $(,)?) => {$(
        #[tokio::test]
        async fn $test() {
            let mut machine = Machine::start(Setup::with(&[])).await;
            signed_up_once(&machine).await;
            closed_once(&mut machine, $step).await;
        }
    )*};
}

killed_in_close! {
    close_login: "login",
    close_invoices: "invoices",
    close_close: "close",
    close_prove: "prove",
}

/// The worst moments: the site has just taken a form, and the host dies before it knows.
async fn kill_when(machine: &mut Machine, count: &str) {
    until(&format!("the site to count {count}"), || async {
        let state = machine.control_get("/practice/state").await;
        let account = state["accounts"].as_array().unwrap().first()?.clone();
        (account["counts"][count].as_u64()? >= 1).then_some(())
    })
    .await;
    machine.kill();
    machine.serve().await;
}

macro_rules! killed_when {
    ($($test:ident: $count:literal),* $(,)?) => {$(
        #[tokio::test]
        async fn $test() {
            let mut machine = Machine::start(setup()).await;
            kill_when(&mut machine, $count).await;
            signed_up_once(&machine).await;
        }
    )*};
}

killed_when! {
    the_password_was_set: "credentials",
    the_card_was_submitted: "cards_submitted",
    the_card_was_charged: "cards_charged",
    the_phone_was_verified: "calls_answered",
    the_account_was_created: "accounts_created",
    the_stack_was_submitted: "stacks_submitted",
}

#[tokio::test]
async fn the_account_was_closed() {
    let mut machine = Machine::start(Setup::with(&[])).await;
    signed_up_once(&machine).await;
    let vended = machine.post("/v1/vend", &json!({})).await;
    let name = vended["account_name"].as_str().unwrap().to_owned();
    machine.verb_ok(&["signups", "stop"], "").await;
    machine.post(&format!("/v1/accounts/{name}/close"), &Value::Null).await;
    kill_when(&mut machine, "closes").await;
    let run = machine.run_of("close-account").await;
    let run = machine.ended(&run).await;
    assert_eq!(run["status"], "succeeded", "{run:#}");
    let practice = machine.control_get("/practice/state").await;
    assert_eq!(practice["accounts"][0]["counts"]["closes"], 1, "{practice:#}");
}

#[tokio::test]
async fn again_and_again_in_one_run() {
    let mut machine = Machine::start(setup()).await;
    for step in ["credentials", "card", "challenge", "identity", "role"] {
        kill_in(&mut machine, "create-account", step).await;
    }
    signed_up_once(&machine).await;
}
