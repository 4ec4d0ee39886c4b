//! Nothing written holds a secret: database, logs, traces, pictures' folders, configuration.

use mavm_tests::{CARD_NUMBER, CARD_PIN, Machine, Setup, files_that_hold};
use serde_json::json;

#[tokio::test]
async fn card_pin_passwords_and_codes_are_nowhere() {
    // Everything secret is used, and steps fail with evidence: a wrong captcha, a lost mail.
    let setup = Setup {
        issuer: "card-otp-pin",
        ..Setup::with(&["earlier-machine", "mail=lost-first", "captcha-signup=wrong-first"])
    };
    let machine = Machine::start(setup).await;
    let run = machine.run_of("create-account").await;
    let run = machine.ended(&run).await;
    assert_eq!(run["status"], "succeeded", "{run:#}");
    let vended = machine.post("/v1/vend", &json!({})).await;
    let name = vended["account_name"].as_str().unwrap();
    machine.post(&format!("/v1/accounts/{name}/close"), &json!(null)).await;
    let run = machine.run_of("close-account").await;
    assert_eq!(machine.ended(&run).await["status"], "succeeded");

    let mut needles = vec![CARD_NUMBER.to_owned(), CARD_PIN.to_owned(), machine.key().to_owned()];
    needles.extend(long_secrets(&machine, 3));
    let found = files_that_hold(machine.folder(), &needles);
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn a_page_that_fails_leaves_evidence_without_secrets() {
    let machine = Machine::start(Setup::with(&["usual", "card=declined"])).await;
    let run = machine.run_of("create-account").await;
    assert_eq!(machine.ended(&run).await["status"], "failed");
    let mut needles = vec![CARD_NUMBER.to_owned()];
    needles.extend(long_secrets(&machine, 2));
    let found = files_that_hold(machine.folder(), &needles);
    assert!(found.is_empty(), "{found:#?}");
}

/// Passwords and codes that the practice console saw, without the PINs of calls: four digits are
/// found anywhere by chance.
fn long_secrets(machine: &Machine, at_least: usize) -> Vec<String> {
    let mut secrets = machine.sandbox().secrets();
    secrets.retain(|secret| secret.len() >= 6);
    assert!(secrets.len() >= at_least, "only {} secrets to look for", secrets.len());
    secrets
}
