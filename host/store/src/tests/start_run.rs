//! One unfinished run per account, from the statuses that the flow names.

use serde_json::json;

use super::fixture::{
    Shared, a_run, assert_not_found, at, change, claim, name, refused, signup, stock,
};
use crate::{AccountChange, AccountStatus, RunChange};

on_every_store!(
    a_run_moves_its_account,
    an_account_has_one_unfinished_run,
    a_status_that_the_flow_does_not_name_is_refused,
    a_vended_account_is_closed_once,
    racing_triggers_start_one,
    an_unknown_account_is_not_found,
    what_somebody_had_does_not_come_back,
);

const FROM: &[AccountStatus] = &[AccountStatus::Created, AccountStatus::Vended];
const CLOSING: Option<AccountStatus> = Some(AccountStatus::Closing);

async fn a_run_moves_its_account(store: Shared) {
    stock(&*store, 0..1).await;
    let id = store.start_run(at(10), a_run("close", &name(0)), FROM, CLOSING).await.unwrap();
    let run = store.run(&id).await.unwrap().unwrap();
    assert_eq!((run.flow.as_str(), run.started_at), ("close", at(10)));
    let account = store.account(&name(0)).await.unwrap().unwrap();
    assert_eq!(account.status, AccountStatus::Closing);
}

async fn an_account_has_one_unfinished_run(store: Shared) {
    stock(&*store, 0..1).await;
    let first = store.start_run(at(10), a_run("check", &name(0)), FROM, None).await.unwrap();
    let second = || store.start_run(at(11), a_run("close", &name(0)), FROM, CLOSING);
    let why = refused(second().await);
    assert_eq!(
        why,
        format!("account ovm-00000000 has a run already that is ready: {first}; let it end first")
    );
    // Parked is unfinished too.
    let claim = claim(&*store, "w", at(12)).await;
    change(&*store, &claim, "parked", RunChange::Park("drift".to_owned())).await.unwrap();
    assert!(refused(second().await).contains("that is parked"));
    let account = store.account(&name(0)).await.unwrap().unwrap();
    assert_eq!(account.status, AccountStatus::Created, "a refusal changes nothing");
}

async fn a_status_that_the_flow_does_not_name_is_refused(store: Shared) {
    stock(&*store, 0..1).await;
    let from = [AccountStatus::Vended, AccountStatus::Quarantined];
    let why = refused(store.start_run(at(10), a_run("close", &name(0)), &from, CLOSING).await);
    assert_eq!(why, "account ovm-00000000 is CREATED; `close` starts from VENDED or QUARANTINED");
    assert!(store.start_run(at(10), a_run("close", &name(0)), &[], None).await.is_err());
    assert_eq!(store.runs(None, 10).await.unwrap().len(), 1, "only the sign-up");
}

async fn a_vended_account_is_closed_once(store: Shared) {
    stock(&*store, 0..1).await;
    store.vend(at(10), at(20), None, "a").await.unwrap();
    assert_eq!(store.leases_over(at(20)).await.unwrap().len(), 1);
    let from = [AccountStatus::Vended];
    let close = || store.start_run(at(20), a_run("close", &name(0)), &from, CLOSING);
    close().await.unwrap();
    assert!(close().await.is_err(), "it has an unfinished run");
    assert!(store.leases_over(at(30)).await.unwrap().is_empty());

    // Nor after the first close has failed: a person decides.
    let claim = claim(&*store, "w", at(20)).await;
    let failed = AccountChange { status: Some(AccountStatus::Quarantined), ..Default::default() };
    let end = RunChange::Fail("rejected".to_owned());
    store.append(&claim.fence, at(21), vec![json!("end")], end, failed).await.unwrap();
    assert!(refused(close().await).contains("is QUARANTINED"));
    assert!(store.leases_over(at(30)).await.unwrap().is_empty());
}

async fn racing_triggers_start_one(store: Shared) {
    stock(&*store, 0..1).await;
    let mut triggers = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let store = store.clone();
        triggers.spawn(async move {
            store.start_run(at(10), a_run("close", &name(0)), FROM, CLOSING).await
        });
    }
    let started = triggers.join_all().await;
    assert_eq!(started.iter().filter(|answer| answer.is_ok()).count(), 1);
}

async fn an_unknown_account_is_not_found(store: Shared) {
    assert_not_found(store.start_run(at(0), a_run("close", &name(7)), FROM, CLOSING).await);
}

async fn what_somebody_had_does_not_come_back(store: Shared) {
    stock(&*store, 0..1).await;
    store.vend(at(10), at(20), None, "a").await.unwrap();
    let from = [AccountStatus::Vended, AccountStatus::Quarantined];
    let start = |status| store.start_run(at(30), a_run("f", &name(0)), &from, Some(status));
    for status in [AccountStatus::Planned, AccountStatus::InProgress, AccountStatus::Created] {
        refused(start(status).await);
    }
    // Nor by way of quarantine.
    start(AccountStatus::Quarantined).await.unwrap();
    let claim = claim(&*store, "w", at(31)).await;
    let back = AccountChange { status: Some(AccountStatus::Created), ..Default::default() };
    let why = refused(
        store.append(&claim.fence, at(32), vec![json!("end")], RunChange::Succeed, back).await,
    );
    assert!(why.contains("somebody has had it"), "{why}");
    let run = store.run(&claim.run.id).await.unwrap().unwrap();
    assert_eq!((run.version, run.ended_at), (0, None), "the run is as it was");
    // A vend is the only way to become vended.
    signup(&*store, 5, at(40)).await;
    let other = super::fixture::claim(&*store, "w", at(40)).await;
    let vended = AccountChange { status: Some(AccountStatus::Vended), ..Default::default() };
    refused(store.append(&other.fence, at(41), vec![json!("x")], RunChange::Keep, vended).await);
}
