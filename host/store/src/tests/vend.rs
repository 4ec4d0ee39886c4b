//! An account goes to one caller only.

use std::collections::HashSet;

use serde_json::json;

use super::fixture::{Shared, a_run, at, claim, created, name, signup, stock};
use crate::{AccountChange, AccountStatus, RunChange, Vended};

on_every_store!(
    sixty_four_callers_share_ten_accounts,
    an_idempotency_key_gives_the_same_account_again,
    callers_with_one_key_get_one_account,
    a_key_is_its_actors_own,
    the_longest_in_stock_goes_first,
    vending_starts_the_lease_and_is_in_the_audit_log,
    an_account_without_number_or_role_is_not_vended,
);

async fn sixty_four_callers_share_ten_accounts(store: Shared) {
    stock(&*store, 0..10).await;
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..64 {
        let store = store.clone();
        callers.spawn(async move {
            let actor = format!("caller-{caller}");
            store.vend(at(100), at(200), None, &actor).await.unwrap()
        });
    }
    let mut accounts = HashSet::new();
    let mut without = 0;
    for vended in callers.join_all().await {
        match vended {
            Vended::Account(account) => assert!(accounts.insert(account.name), "vended twice"),
            Vended::OutOfStock => without += 1,
        }
    }
    assert_eq!((accounts.len(), without), (10, 54));
    let lines = store.audit_log(1000).await.unwrap();
    assert_eq!(lines.iter().filter(|line| line.action == "vend").count(), 10);
}

async fn an_idempotency_key_gives_the_same_account_again(store: Shared) {
    stock(&*store, 0..2).await;
    let Vended::Account(first) = store.vend(at(10), at(20), Some("k"), "a").await.unwrap() else {
        panic!("there is stock");
    };
    let again = store.vend(at(11), at(99), Some("k"), "a").await.unwrap();
    assert_eq!(again, Vended::Account(first.clone()), "and its lease is not prolonged");

    // Also when it has been closed since.
    let close = a_run("close-account", &first.name);
    let from = [AccountStatus::Vended];
    store.start_run(at(21), close, &from, Some(AccountStatus::Closing)).await.unwrap();
    let closing = claim(&*store, "w", at(21)).await;
    let closed = AccountChange { status: Some(AccountStatus::Closed), ..Default::default() };
    store
        .append(&closing.fence, at(22), vec![json!("end")], RunChange::Succeed, closed)
        .await
        .unwrap();
    let Vended::Account(later) = store.vend(at(30), at(99), Some("k"), "a").await.unwrap() else {
        panic!("the key is known");
    };
    assert_eq!((later.name, later.status), (first.name, AccountStatus::Closed));
    let lines = store.audit_log(100).await.unwrap();
    assert_eq!(lines.iter().filter(|line| line.action == "vend").count(), 1);
}

async fn callers_with_one_key_get_one_account(store: Shared) {
    stock(&*store, 0..5).await;
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let store = store.clone();
        callers.spawn(async move { store.vend(at(10), at(20), Some("k"), "a").await.unwrap() });
    }
    let answers = callers.join_all().await;
    assert!(matches!(answers[0], Vended::Account(_)));
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(store.accounts(Some(AccountStatus::Created)).await.unwrap().len(), 4);
}

async fn a_key_is_its_actors_own(store: Shared) {
    stock(&*store, 0..2).await;
    let mine = store.vend(at(10), at(20), Some("1"), "team-a").await.unwrap();
    let theirs = store.vend(at(10), at(20), Some("1"), "team-b").await.unwrap();
    assert!(matches!((&mine, &theirs), (Vended::Account(_), Vended::Account(_))));
    assert_ne!(mine, theirs);
}

async fn the_longest_in_stock_goes_first(store: Shared) {
    stock(&*store, 0..3).await;
    for number in 0..3 {
        let Vended::Account(account) = store.vend(at(10), at(20), None, "a").await.unwrap() else {
            panic!("there is stock");
        };
        assert_eq!(account.name, name(number));
    }
    assert_eq!(store.vend(at(10), at(20), None, "a").await.unwrap(), Vended::OutOfStock);
}

async fn vending_starts_the_lease_and_is_in_the_audit_log(store: Shared) {
    stock(&*store, 0..1).await;
    let Vended::Account(account) = store.vend(at(10), at(20), None, "team-a").await.unwrap() else {
        panic!("there is stock");
    };
    assert_eq!(account.status, AccountStatus::Vended);
    assert_eq!((account.vended_at, account.lease_until), (Some(at(10)), Some(at(20))));
    assert_eq!(store.account(&account.name).await.unwrap(), Some(account));
    let line = &store.audit_log(1).await.unwrap()[0];
    assert_eq!((line.actor.as_str(), line.action.as_str()), ("team-a", "vend"));
    assert_eq!((line.subject.as_str(), line.at), (name(0).0.as_str(), at(10)));
}

async fn an_account_without_number_or_role_is_not_vended(store: Shared) {
    let half =
        [AccountChange { id: None, ..created(1) }, AccountChange { role_arn: None, ..created(2) }];
    for (number, half) in (1..).zip(half) {
        signup(&*store, number, at(0)).await;
        let claim = claim(&*store, "w", at(0)).await;
        store
            .append(&claim.fence, at(1), vec![json!("end")], RunChange::Succeed, half)
            .await
            .unwrap();
    }
    assert_eq!(store.vend(at(10), at(20), None, "a").await.unwrap(), Vended::OutOfStock);
}
