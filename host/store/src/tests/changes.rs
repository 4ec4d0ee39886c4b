//! Those who wait are told when there is something new, and only then.

use serde_json::json;

use super::fixture::{Shared, at, change, note, refused, signup, stock, working};
use crate::{AccountChange, RunChange, RunId, Vended};

on_every_store!(
    a_write_is_told,
    what_wrote_nothing_is_not_told,
    what_a_worker_notes_is_not_told_and_what_others_wait_for_is,
    who_subscribes_sees_only_what_comes,
);

async fn a_write_is_told(store: Shared) {
    let mut changes = store.changes();
    let waiting = tokio::spawn(async move {
        changes.changed().await.unwrap();
        *changes.borrow_and_update()
    });
    let before = *store.changes().borrow();
    signup(&*store, 1, at(0)).await;
    assert!(waiting.await.unwrap() > before);
}

async fn what_wrote_nothing_is_not_told(store: Shared) {
    stock(&*store, 0..1).await;
    store.vend(at(10), at(20), Some("k"), "a").await.unwrap();
    let changes = store.changes();
    assert_eq!(store.vend(at(10), at(20), None, "a").await.unwrap(), Vended::OutOfStock);
    store.vend(at(10), at(20), Some("k"), "a").await.unwrap();
    assert!(store.claim("w", at(10), at(20)).await.unwrap().is_none());
    assert_eq!(store.release_claims("w").await.unwrap(), 0);
    store.release(&RunId("none".to_owned()), "phone").await.unwrap();
    let run = super::fixture::a_run("create", &super::fixture::name(0));
    let address = super::fixture::email(1);
    refused(store.start_signup(at(0), run, &address, &super::fixture::unhurried()).await);
    store.accounts(None).await.unwrap();
    assert!(!changes.has_changed().unwrap());
}

async fn what_a_worker_notes_is_not_told_and_what_others_wait_for_is(store: Shared) {
    let claim = working(&*store).await;
    let mut changes = store.changes();
    note(&*store, &claim, "step-started").await.unwrap();
    store.effect_begin(&claim.fence, at(1), "p/submit").await.unwrap();
    store.effect_begin_again(&claim.fence, at(1), "p/submit").await.unwrap();
    store.effect_finish(&claim.fence, at(1), "p/submit", "done").await.unwrap();
    store.renew(&claim.fence, at(90)).await.unwrap();
    assert!(!changes.has_changed().unwrap());

    let known = AccountChange { id: Some("000000000001".to_owned()), ..Default::default() };
    store.append(&claim.fence, at(2), vec![json!(0)], RunChange::Keep, known).await.unwrap();
    assert!(changes.has_changed().unwrap(), "the account has changed");
    changes.borrow_and_update();
    change(&*store, &claim, "waits", RunChange::Sleep(at(50))).await.unwrap();
    assert!(changes.has_changed().unwrap(), "somebody has to wake it");
}

async fn who_subscribes_sees_only_what_comes(store: Shared) {
    signup(&*store, 1, at(0)).await;
    let changes = store.changes();
    assert!(!changes.has_changed().unwrap());
    signup(&*store, 2, at(0)).await;
    assert!(changes.has_changed().unwrap());
}
