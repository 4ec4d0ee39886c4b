//! The close flow: a lease that is over, an account given back early, one that is closed already.

use mavm_tests::{Machine, Setup, until};
use serde_json::{Value, json};

/// A machine with one account, vended.
async fn vended(switches: &[&str]) -> (Machine, String) {
    vended_from(Setup::with(switches)).await
}

async fn vended_from(setup: Setup) -> (Machine, String) {
    let machine = Machine::start(setup).await;
    let run = machine.run_of("create-account").await;
    assert_eq!(machine.ended(&run).await["status"], "succeeded");
    let vended = machine.post("/v1/vend", &json!({})).await;
    let name = vended["account_name"].as_str().unwrap().to_owned();
    (machine, name)
}

/// Waits for the close flow to end and proves what it says.
async fn closed(machine: &Machine, name: &str, times: u64) {
    let run = machine.run_of("close-account").await;
    let run = machine.ended(&run).await;
    assert_eq!(run["status"], "succeeded", "{run:#}");
    let account = machine.get(&format!("/v1/accounts/{name}")).await;
    assert_eq!(account["status"], "CLOSED");
    let accounts = machine.control_get("/practice/state").await;
    let email = &account["email"];
    let practice = accounts["accounts"].as_array().unwrap().iter().find(|a| &a["email"] == email);
    let practice = practice.unwrap();
    assert_eq!(practice["status"], "suspended");
    assert_eq!(practice["counts"]["closes"], times, "{practice:#}");
    assert!(practice["counts"]["role_denials"].as_u64().unwrap() >= 1, "{practice:#}");
}

#[tokio::test]
async fn when_the_lease_is_over() {
    let (machine, name) = vended(&[]).await;
    machine.post(&format!("/v1/accounts/{name}/lease"), &json!({"in": "0s"})).await;
    closed(&machine, &name, 1).await;
}

#[tokio::test]
async fn when_it_is_given_back_early_and_only_once() {
    let (machine, name) = vended(&["usual"]).await;
    let path = format!("/v1/accounts/{name}/close");
    machine.post(&path, &Value::Null).await;
    // Asking again changes nothing: no second run, and an answer that says so.
    let (status, body) = machine.request(reqwest::Method::POST, &path, &Value::Null).await;
    assert_eq!(status, 409, "{body}");
    closed(&machine, &name, 1).await;
    let runs = machine.get("/v1/runs").await;
    let closes = runs["runs"].as_array().unwrap().iter().filter(|r| r["flow"] == "close-account");
    assert_eq!(closes.count(), 1);
}

#[tokio::test]
async fn when_it_is_suspended_already() {
    let (machine, name) = vended(&[]).await;
    let email = machine.get(&format!("/v1/accounts/{name}")).await["email"].clone();
    // Somebody closed it by hand.
    let path = format!("/practice/scenario/{}", email.as_str().unwrap().replace('+', "%2B"));
    machine.control_put(&path, &json!({"suspended": "on"})).await;
    machine.post(&format!("/v1/accounts/{name}/close"), &Value::Null).await;
    let run = machine.run_of("close-account").await;
    let run = machine.ended(&run).await;
    assert_eq!(run["status"], "succeeded", "{run:#}");
    let account = machine.get(&format!("/v1/accounts/{name}")).await;
    assert_eq!(account["status"], "CLOSED");
    let state = machine.control_get("/practice/state").await;
    let closes: u64 = state["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|account| account["counts"]["close_submissions"].as_u64().unwrap())
        .sum();
    assert_eq!(closes, 0, "nothing was left to close");
}

#[tokio::test]
async fn a_vended_account_is_not_closed_before_its_lease_is_over() {
    let (machine, name) = vended_from(Setup { every: "0s", ..Setup::with(&[]) }).await;
    // A change of the row that isn't its end: the earlier system closed at any change.
    machine.post(&format!("/v1/accounts/{name}/lease"), &json!({"in": "48h"})).await;
    // The next account is signed up meanwhile: proof that the triggers had their turn.
    until("a second account in stock", || async {
        let accounts = machine.get("/v1/accounts?status=CREATED").await;
        (!accounts["accounts"].as_array().unwrap().is_empty()).then_some(())
    })
    .await;
    assert_eq!(machine.get(&format!("/v1/accounts/{name}")).await["status"], "VENDED");
}
