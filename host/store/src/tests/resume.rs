//! Putting a run that stands still back to work.

use serde_json::json;

use super::fixture::{Shared, a_run, assert_not_found, at, change, claim, name, refused, working};
use crate::{AccountStatus, RunChange, RunId, RunStatus};

on_every_store!(
    a_parked_run_goes_on,
    a_failed_run_goes_on_with_new_plugins,
    a_run_that_is_at_work_or_done_is_refused,
    a_failed_run_makes_way_for_a_newer_one,
    an_unknown_run_is_not_found,
);

async fn a_parked_run_goes_on(store: Shared) {
    let first = working(&*store).await;
    change(&*store, &first, "parked", RunChange::Park("drift".to_owned())).await.unwrap();
    let id = &first.run.id;
    store.resume(id, at(50), None, json!("resumed"), "person:cli").await.unwrap();
    let run = store.run(id).await.unwrap().unwrap();
    assert_eq!((run.status, run.note, run.wake_at), (RunStatus::Ready, None, Some(at(50))));
    assert_eq!((run.version, &run.plugins), (2, &first.run.plugins));

    let second = claim(&*store, "w", at(50)).await;
    assert_eq!(second.run.id, *id);
    assert_eq!(second.journal[1].entry, json!("resumed"));
    change(&*store, &second, "end", RunChange::Succeed).await.unwrap();
    let line = &store.audit_log(1).await.unwrap()[0];
    assert_eq!((line.actor.as_str(), line.action.as_str()), ("person:cli", "resume"));
    assert_eq!(line.subject, id.0);
}

async fn a_failed_run_goes_on_with_new_plugins(store: Shared) {
    let first = working(&*store).await;
    change(&*store, &first, "failed", RunChange::Fail("no".to_owned())).await.unwrap();
    let plugins = vec![("aws-signup".to_owned(), "d2".to_owned())];
    let entry = json!("resumed");
    store.resume(&first.run.id, at(50), Some(plugins.clone()), entry, "host").await.unwrap();
    let run = store.run(&first.run.id).await.unwrap().unwrap();
    assert_eq!((run.status, run.ended_at, run.plugins), (RunStatus::Ready, None, plugins));
}

async fn a_run_that_is_at_work_or_done_is_refused(store: Shared) {
    let claim = working(&*store).await;
    let resume = || store.resume(&claim.run.id, at(50), None, json!("resumed"), "a");
    assert!(refused(resume().await).contains("is ready"));
    change(&*store, &claim, "end", RunChange::Succeed).await.unwrap();
    assert!(refused(resume().await).contains("is succeeded"));
    assert_eq!(store.journal(&claim.run.id).await.unwrap().len(), 1);
}

async fn a_failed_run_makes_way_for_a_newer_one(store: Shared) {
    let claim = working(&*store).await;
    change(&*store, &claim, "failed", RunChange::Fail("no".to_owned())).await.unwrap();
    let newer = a_run("close", &name(1));
    let newer = store.start_run(at(9), newer, &[AccountStatus::Planned], None).await.unwrap();
    let why = refused(store.resume(&claim.run.id, at(50), None, json!("r"), "a").await);
    assert!(why.ends_with(&format!("has got another run since, {newer}")), "{why}");
}

async fn an_unknown_run_is_not_found(store: Shared) {
    let id = RunId("none".to_owned());
    assert_not_found(store.resume(&id, at(0), None, json!("r"), "a").await);
    assert_eq!(store.run(&id).await.unwrap(), None);
}
