//! A run that loses its browser goes on logged in: cookies and storage were saved, sealed, when its
//! last step ended.

use mavm_tests::{Machine, Setup, files_that_hold, until};

/// A machine whose run has signed in and is in a later step.
async fn signed_in() -> Machine {
    let machine = Machine::start(Setup::with(&["usual"])).await;
    begun(&machine, "number").await;
    machine
}

async fn begun(machine: &Machine, step: &str) {
    let run = machine.run_of("create-account").await;
    until(&format!("{step} to begin"), || async {
        let view = machine.get(&format!("/v1/runs/{run}")).await;
        let steps = view["steps"].as_array().unwrap().clone();
        steps.iter().any(|s| s["id"] == step && s["started_at"].is_string()).then_some(())
    })
    .await;
}

/// The run ends well, with this many sign-ins in all, and keeps nothing.
async fn ends_with_logins(machine: &Machine, logins: u64) {
    let run = machine.run_of("create-account").await;
    let view = machine.ended(&run).await;
    assert_eq!(view["status"], "succeeded", "{view:#}");
    let practice = machine.practice().await;
    assert_eq!(practice["counts"]["logins"], logins, "{practice:#}");
    let kept = machine.folder().join("data/sessions").join(&run);
    until("the saved session to go with its run", || async { (!kept.exists()).then_some(()) })
        .await;
}

#[tokio::test]
async fn chromium_is_killed_after_the_sign_in() {
    let machine = signed_in().await;
    machine.kill_chromium();
    ends_with_logins(&machine, 1).await;
    assert!(machine.log().contains("with its saved cookies and storage"), "the log says so");
}

#[tokio::test]
async fn the_host_is_killed_after_the_sign_in() {
    let mut machine = signed_in().await;
    machine.kill();
    let kept = machine.folder().join("data/sessions");
    assert!(
        files_that_hold(&kept, &["practice".to_owned()]).is_empty(),
        "cookies lie in the clear"
    );
    machine.serve().await;
    ends_with_logins(&machine, 1).await;
}

#[tokio::test]
async fn the_host_is_killed_in_the_middle_of_the_sign_up() {
    let mut machine = Machine::start(Setup::with(&["usual"])).await;
    begun(&machine, "contact").await;
    machine.kill();
    machine.serve().await;
    ends_with_logins(&machine, 1).await;
}
