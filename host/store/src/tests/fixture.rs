//! A store in a folder of its own, a made-up clock, and the few situations that tests begin with.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tempfile::TempDir;

use crate::sqlite::Sqlite;
use crate::{
    AccountChange, AccountName, AccountStatus, Claim, Error, NewRun, Pace, RunChange, RunId,
    Started, Store,
};

/// The store as callers hold it.
pub(crate) type Shared = Arc<dyn Store>;

/// A folder with a store, gone at the end of the test.
pub(crate) struct Home {
    folder: TempDir,
    store: Arc<Sqlite>,
}

impl Home {
    pub(crate) async fn new() -> Home {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Sqlite::open(&folder.path().join("mavm.db")).await.unwrap());
        Home { folder, store }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("mavm.db")
    }

    pub(crate) fn sqlite(&self) -> Arc<Sqlite> {
        Arc::clone(&self.store)
    }

    pub(crate) fn store(&self) -> Shared {
        self.sqlite()
    }
}

/// So many seconds into the story.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

/// A pace that never says no.
pub(crate) fn unhurried() -> Pace {
    Pace { every: SignedDuration::ZERO, max_per_day: 1_000_000, target: 1_000_000 }
}

pub(crate) fn name(number: u32) -> AccountName {
    AccountName(format!("ovm-{number:08x}"))
}

pub(crate) fn email(number: u32) -> String {
    format!("root+{number:08x}@example.com")
}

pub(crate) fn a_run(flow: &str, account: &AccountName) -> NewRun {
    NewRun {
        flow: flow.to_owned(),
        flow_digest: "f1".to_owned(),
        plugins: vec![("aws-signup".to_owned(), "d1".to_owned())],
        account: account.clone(),
        trigger: "stock".to_owned(),
    }
}

/// Starts the sign-up of account `number`.
pub(crate) async fn signup(store: &dyn Store, number: u32, now: Timestamp) -> RunId {
    let run = a_run("create-account", &name(number));
    match store.start_signup(now, run, &email(number), &unhurried()).await.unwrap() {
        Started::Yes(id) => id,
        Started::No { why, .. } => panic!("not started: {why}"),
    }
}

/// Claims what is due longest, as `worker`, for a minute.
pub(crate) async fn claim(store: &dyn Store, worker: &str, now: Timestamp) -> Claim {
    let until = now + SignedDuration::from_mins(1);
    store.claim(worker, now, until).await.unwrap().expect("a run is due")
}

/// A run of account 1 that `worker` has claimed at second 0.
pub(crate) async fn working(store: &dyn Store) -> Claim {
    signup(store, 1, at(0)).await;
    claim(store, "worker", at(0)).await
}

/// Appends an entry that changes nothing else.
pub(crate) async fn note(store: &dyn Store, claim: &Claim, entry: &str) -> crate::Result<()> {
    change(store, claim, entry, RunChange::Keep).await
}

/// Appends an entry that changes the run.
pub(crate) async fn change(
    store: &dyn Store,
    claim: &Claim,
    entry: &str,
    run: RunChange,
) -> crate::Result<()> {
    store.append(&claim.fence, at(1), vec![json!(entry)], run, AccountChange::default()).await
}

/// What a sign-up that ends well makes of its account.
pub(crate) fn created(number: u32) -> AccountChange {
    AccountChange {
        status: Some(AccountStatus::Created),
        id: Some(format!("{number:012}")),
        role_arn: Some(format!("arn:aws:iam::{number:012}:role/OVMCrossAccountRole")),
        note: None,
    }
}

/// Puts accounts with these numbers into stock, one second after the other from second 0.
pub(crate) async fn stock(store: &dyn Store, numbers: std::ops::Range<u32>) {
    for (second, number) in (0..).zip(numbers) {
        let id = signup(store, number, at(second)).await;
        let claim = claim(store, "stocker", at(second)).await;
        assert_eq!(claim.run.id, id, "nothing else is due");
        let end = RunChange::Succeed;
        store
            .append(&claim.fence, at(second), vec![json!("end")], end, created(number))
            .await
            .unwrap();
    }
}

/// The words of a refusal.
pub(crate) fn refused<T: std::fmt::Debug>(result: crate::Result<T>) -> String {
    match result {
        Err(Error::Conflict(why)) => why,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

pub(crate) fn assert_fenced<T: std::fmt::Debug>(result: crate::Result<T>) {
    assert!(matches!(result, Err(Error::Fenced { .. })), "expected Fenced, got {result:?}");
}

pub(crate) fn assert_not_found<T: std::fmt::Debug>(result: crate::Result<T>) {
    assert!(matches!(result, Err(Error::NotFound { .. })), "expected NotFound, got {result:?}");
}
