//! What a person does: answers challenges, starts runs, checks flows and configuration.

use mavm_tests::{Machine, Setup, until};
use serde_json::json;

#[tokio::test]
async fn answers_a_captcha_over_http() {
    let setup = Setup { captcha: "operator", ..Setup::with(&["captcha-signup=on"]) };
    let machine = Machine::start(setup).await;
    let id = open_challenge(&machine).await;
    // A person looks at the picture; the practice console knows what it shows.
    let answer = until("the answer key", || async {
        let key = machine.control_get("/practice/captcha/open").await;
        key["open"].as_array().unwrap().first().map(|open| open["answer"].clone())
    })
    .await;
    machine.post(&format!("/v1/challenges/{id}"), &json!({"answer": answer})).await;
    let run = machine.run_of("create-account").await;
    assert_eq!(machine.ended(&run).await["status"], "succeeded");
}

#[tokio::test]
async fn answers_a_captcha_and_a_call_by_command() {
    let setup =
        Setup { captcha: "operator", phone: "operator", ..Setup::with(&["captcha-signup=on"]) };
    let machine = Machine::start(setup).await;
    let id = open_challenge(&machine).await;
    let picture = machine.folder().join("picture.png");
    machine.verb_ok(&["challenges", "show", &id, "--to", picture.to_str().unwrap()], "").await;
    assert!(std::fs::read(picture).unwrap().starts_with(b"\x89PNG"));
    let answer = until("the answer key", || async {
        let key = machine.control_get("/practice/captcha/open").await;
        key["open"].as_array().unwrap().first().map(|open| open["answer"].clone())
    })
    .await;
    machine.verb_ok(&["challenges", "answer", &id, answer.as_str().unwrap()], "").await;

    // Now the telephone rings: a person reads the digits from the command and keys them in.
    let call = until("the call", || async {
        let open = machine.get("/v1/challenges").await;
        let open = open["challenges"].as_array().unwrap().first().cloned()?;
        (open["kind"] == "call").then(|| open["id"].as_str().unwrap().to_owned())
    })
    .await;
    let shown = machine.verb_ok(&["challenges", "show", &call], "").await;
    let digits = shown
        .lines()
        .map(str::trim)
        .find(|line| line.len() == 4 && line.bytes().all(|byte| byte.is_ascii_digit()));
    let digits = digits.unwrap_or_else(|| panic!("no digits in {shown}"));
    until("the call to be taken", || async {
        let body = json!({"number": "+491701234567", "digits": digits});
        machine.control_post("/practice/phone/answer", &body).await["accepted"].as_bool()
    })
    .await;
    machine.verb_ok(&["challenges", "answer", &call, "done"], "").await;
    let run = machine.run_of("create-account").await;
    let run = machine.ended(&run).await;
    assert_eq!(run["status"], "succeeded", "{run:#}");
}

/// The id of the first open challenge.
async fn open_challenge(machine: &Machine) -> String {
    until("a challenge", || async {
        let open = machine.get("/v1/challenges").await;
        let first = open["challenges"].as_array().unwrap().first().cloned()?;
        Some(first["id"].as_str().unwrap().to_owned())
    })
    .await
}

#[tokio::test]
async fn runs_a_flow_by_command_where_no_host_works() {
    let mut machine = Machine::start(Setup::with(&[])).await;
    let run = machine.run_of("create-account").await;
    assert_eq!(machine.ended(&run).await["status"], "succeeded");
    let vended = machine.post("/v1/vend", &json!({})).await;
    machine.kill();
    let name = vended["account_name"].as_str().unwrap();
    let output = machine.verb_ok(&["run", "close-account", "--account", name], "").await;
    assert!(output.contains("succeeded"), "{output}");
    let list = machine.verb_ok(&["accounts"], "").await;
    assert!(list.contains("CLOSED"), "{list}");
}

#[tokio::test]
async fn sees_the_main_job_in_the_demo() {
    let folder = tempfile::tempdir().unwrap();
    let output = mavm_tests::demo(folder.path()).await;
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    for word in ["support-plan", "/v1/vend", "is CLOSED", "wall time", "traces"] {
        assert!(text.contains(word), "no `{word}` in:\n{text}");
    }
}

#[tokio::test]
async fn starts_a_run_by_command() {
    let machine = Machine::start(Setup { target: 0, ..Setup::with(&[]) }).await;
    let output = machine.verb_ok(&["run", "create-account"], "").await;
    assert!(output.contains("succeeded"), "{output}");
    let list = machine.verb_ok(&["accounts"], "").await;
    assert!(list.contains("CREATED"), "{list}");
}

#[tokio::test]
async fn is_told_of_a_missing_secret_before_any_page_is_opened() {
    let machine = Machine::start(Setup { target: 0, ..Setup::with(&[]) }).await;
    machine.verb_ok(&["secrets", "remove", "card-number"], "").await;
    let output = machine.verb(&["run", "create-account"], "").await;
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("mavm secrets set card-number"), "{text}");
    let body = json!({"flow": "create-account"});
    let (status, answer) = machine.request(reqwest::Method::POST, "/v1/runs", &body).await;
    assert_eq!(status, 409, "{answer}");
    assert!(answer["detail"].as_str().unwrap().contains("card-number"), "{answer}");
    assert_eq!(machine.get("/v1/accounts").await["accounts"], json!([]));
}

#[tokio::test]
async fn sees_a_flows_mistakes_with_line_and_caret() {
    let machine = Machine::start(Setup { target: 0, ..Setup::with(&[]) }).await;
    let path = machine.folder().join("broken.toml");
    std::fs::write(
        &path,
        "name = \"broken\"\n\n[[step]]\nid = \"one\"\nplugin = \"aws-sigunp\"\nstep = \"start\"\ntimout = \"3m\"\n",
    )
    .unwrap();
    let output = machine.verb(&["flow", "check", path.to_str().unwrap()], "").await;
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("broken.toml:"), "{text}");
    assert!(text.contains("timout"), "{text}");
}

#[tokio::test]
async fn lists_flows_and_checks_configuration() {
    let machine = Machine::start(Setup { target: 0, ..Setup::with(&[]) }).await;
    let flows = machine.verb_ok(&["flow", "list"], "").await;
    assert!(flows.contains("create-account") && flows.contains("close-account"), "{flows}");
    let checked = machine.verb_ok(&["config", "check"], "").await;
    assert!(checked.contains("all right"), "{checked}");
}
