//! A channel or a phone number belongs to one run at a time.

use super::fixture::{Shared, at, change, claim, signup, working};
use crate::{Claim, RunChange, Store};

on_every_store!(
    one_run_has_a_resource,
    racing_runs_reserve_once,
    a_run_that_ends_or_is_parked_holds_nothing,
    a_sleeping_run_keeps_what_it_has,
    what_is_given_back_is_free,
);

const PHONE: &str = "phone:+4930123456";

async fn another(store: &dyn Store, number: u32) -> Claim {
    signup(store, number, at(0)).await;
    claim(store, "w", at(0)).await
}

async fn one_run_has_a_resource(store: Shared) {
    let one = working(&*store).await;
    let two = another(&*store, 2).await;
    assert!(store.reserve(&one.fence, at(1), PHONE).await.unwrap());
    assert!(store.reserve(&one.fence, at(2), PHONE).await.unwrap());
    assert!(!store.reserve(&two.fence, at(3), PHONE).await.unwrap());
    assert!(store.reserve(&two.fence, at(3), "phone:+4930999999").await.unwrap());
}

async fn racing_runs_reserve_once(store: Shared) {
    let mut runs = tokio::task::JoinSet::new();
    for number in 0..16 {
        let claim = another(&*store, number).await;
        let store = store.clone();
        runs.spawn(async move { store.reserve(&claim.fence, at(1), PHONE).await.unwrap() });
    }
    assert_eq!(runs.join_all().await.into_iter().filter(|has| *has).count(), 1);
}

async fn a_run_that_ends_or_is_parked_holds_nothing(store: Shared) {
    let ends =
        [RunChange::Park("drift".to_owned()), RunChange::Fail("no".to_owned()), RunChange::Succeed];
    let mut holder = working(&*store).await;
    assert!(store.reserve(&holder.fence, at(1), PHONE).await.unwrap());
    for (number, end) in (2..).zip(ends) {
        let next = another(&*store, number).await;
        assert!(!store.reserve(&next.fence, at(2), PHONE).await.unwrap());
        change(&*store, &holder, "end", end).await.unwrap();
        assert!(store.reserve(&next.fence, at(3), PHONE).await.unwrap());
        holder = next;
    }
}

async fn a_sleeping_run_keeps_what_it_has(store: Shared) {
    let one = working(&*store).await;
    let two = another(&*store, 2).await;
    assert!(store.reserve(&one.fence, at(1), PHONE).await.unwrap());
    change(&*store, &one, "sleep", RunChange::Sleep(at(9999))).await.unwrap();
    assert!(!store.reserve(&two.fence, at(2), PHONE).await.unwrap());
}

async fn what_is_given_back_is_free(store: Shared) {
    let one = working(&*store).await;
    let two = another(&*store, 2).await;
    assert!(store.reserve(&one.fence, at(1), PHONE).await.unwrap());
    store.release(&two.run.id, PHONE).await.unwrap();
    assert!(!store.reserve(&two.fence, at(2), PHONE).await.unwrap(), "it wasn't theirs to give");
    store.release(&one.run.id, PHONE).await.unwrap();
    assert!(store.reserve(&two.fence, at(3), PHONE).await.unwrap());
}
