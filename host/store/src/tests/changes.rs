//! Those who wait are told when there is something new, and only then.

use super::fixture::{Shared, at, refused, signup, stock};
use crate::{RunId, Vended};

on_every_store!(
    a_write_is_told,
    what_wrote_nothing_is_not_told,
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

async fn who_subscribes_sees_only_what_comes(store: Shared) {
    signup(&*store, 1, at(0)).await;
    let changes = store.changes();
    assert!(!changes.has_changed().unwrap());
    signup(&*store, 2, at(0)).await;
    assert!(changes.has_changed().unwrap());
}
