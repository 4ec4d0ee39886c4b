//! Finding accounts.

use super::fixture::{Shared, at, email, name, signup, stock};
use crate::{AccountStatus, new_account_name};

on_every_store!(
    accounts_are_listed_oldest_first,
    an_account_is_found_by_its_address_whatever_its_case,
    new_names_are_as_they_always_were,
);

async fn accounts_are_listed_oldest_first(store: Shared) {
    stock(&*store, 0..2).await;
    signup(&*store, 7, at(50)).await;
    signup(&*store, 6, at(40)).await;
    let names = async |status| {
        let accounts = store.accounts(status).await.unwrap();
        accounts.into_iter().map(|account| account.name).collect::<Vec<_>>()
    };
    assert_eq!(names(None).await, [name(0), name(1), name(6), name(7)]);
    assert_eq!(names(Some(AccountStatus::Planned)).await, [name(6), name(7)]);
    assert!(names(Some(AccountStatus::Closed)).await.is_empty());
    assert_eq!(store.account(&name(99)).await.unwrap(), None);
}

async fn an_account_is_found_by_its_address_whatever_its_case(store: Shared) {
    signup(&*store, 1, at(0)).await;
    let found = store.account_by_email(&email(1).to_uppercase()).await.unwrap().unwrap();
    assert_eq!((found.name, found.email), (name(1), email(1)));
    assert_eq!(store.account_by_email("nobody@example.com").await.unwrap(), None);
}

async fn new_names_are_as_they_always_were(_: Shared) {
    let name = new_account_name().0;
    let digits = name.strip_prefix("ovm-").unwrap();
    assert_eq!(digits.len(), 8);
    assert!(digits.chars().all(|digit| matches!(digit, '0'..='9' | 'a'..='f')), "{name}");
    assert_ne!(new_account_name(), new_account_name());
}
