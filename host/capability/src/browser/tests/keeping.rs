//! What a session had at the end of the last step goes on when it is lost.

use mavm_plugin::Capability as _;

use super::sessions::visits;
use super::*;
use crate::crypt::Crypt;

/// A bench whose sessions are kept, and the folder they are kept in.
async fn keeping() -> (Bench, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let kept = KeptSessions::in_folder(folder.path(), Arc::new(Crypt::ephemeral().unwrap()));
    (bench_with(|config, _| config.kept = Some(kept)).await, folder)
}

/// A step that visits the page once, and how often its session has been there.
async fn step(bench: &Bench, request: &StepRequest) -> String {
    let visits = visits(&mut bench.guest_of(request)).await;
    bench.browser.end_step(request, true).await;
    visits
}

#[tokio::test]
async fn a_session_that_is_lost_between_steps_goes_on() {
    let (bench, folder) = keeping().await;
    let request = bench.request(1).await;
    assert_eq!(step(&bench, &request).await, "1");
    bench.browser.close().await;
    assert_eq!(step(&bench, &request).await, "2");
    let other = StepRequest { session: "other".into(), ..request.clone() };
    assert_eq!(step(&bench, &other).await, "1");
    bench.browser.close().await;
    assert_eq!(step(&bench, &request).await, "3");
    let traces = bench.traces.join(request.run().to_string());
    assert!(!files_with(&traces, "\"restored\"").is_empty(), "the trace says so");
    assert!(files_with(folder.path(), "visits").is_empty(), "nothing is in the clear");
}

#[tokio::test]
async fn a_step_that_is_cut_off_starts_from_the_end_of_the_one_before() {
    let (bench, _folder) = keeping().await;
    let request = bench.request(1).await;
    assert_eq!(step(&bench, &request).await, "1");
    assert_eq!(visits(&mut bench.guest_of(&request)).await, "2");
    bench.browser.close().await;
    assert_eq!(step(&bench, &request).await, "2");
}

#[tokio::test]
async fn a_run_that_sleeps_goes_on_and_one_that_is_over_does_not() {
    let (bench, folder) = keeping().await;
    let request = bench.request(1).await;
    assert_eq!(step(&bench, &request).await, "1");
    bench.browser.end_run(request.run()).await;
    assert_eq!(step(&bench, &request).await, "2");
    bench.browser.end_run(request.run()).await;
    bench.browser.forget_run(request.run()).await;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_eq!(step(&bench, &request).await, "1");
}

#[tokio::test]
async fn a_file_that_is_of_no_use_costs_the_session_and_not_the_step() {
    let (bench, folder) = keeping().await;
    let request = bench.request(1).await;
    assert_eq!(step(&bench, &request).await, "1");
    bench.browser.close().await;
    let run = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let file = std::fs::read_dir(run).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&file, "cut").unwrap();
    assert_eq!(step(&bench, &request).await, "1");
    bench.browser.close().await;
    assert_eq!(step(&bench, &request).await, "2");
}

#[tokio::test]
async fn a_page_that_hangs_fails_one_try_and_not_the_next() {
    let (bench, _folder) = keeping().await;
    let request = bench.request(1).await;
    assert_eq!(step(&bench, &request).await, "1");
    let mut guest = bench.guest_of(&request);
    let page = guest.open("signup", "/form").await;
    let hang = guest.find(&page, button("Hang")).await;
    let clicked = wit::HostLocator::click(&mut guest.view(), lent(&hang), briefly()).await;
    let clicked = clicked.unwrap();
    assert!(matches!(clicked, Err(Failure::TimedOut(_))), "{clicked:?}");
    drop(guest);
    bench.browser.end_step(&request, false).await;
    assert_eq!(bench.browser.open_sessions(), 0);
    assert_eq!(step(&bench, &request).await, "2");
}

fn briefly() -> wit::ClickOptions {
    let within = mavm_plugin::bindings::words::mavm::plugin::types::Duration { milliseconds: 500 };
    wit::ClickOptions { within: Some(within), ..click() }
}
