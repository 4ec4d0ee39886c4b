//! API keys are known by their hash.

use super::fixture::{Shared, at, refused};
use crate::hash_key;

on_every_store!(a_key_is_found_by_its_hash, a_key_is_not_replaced);

async fn a_key_is_found_by_its_hash(store: Shared) {
    assert_eq!(store.key_count().await.unwrap(), 0);
    store.put_key("first", &hash_key("mavm_a"), at(0)).await.unwrap();
    store.put_key("second", &hash_key("mavm_b"), at(0)).await.unwrap();
    assert_eq!(store.key_name(&hash_key("mavm_b")).await.unwrap().as_deref(), Some("second"));
    assert_eq!(store.key_name(&hash_key("mavm_c")).await.unwrap(), None);
    assert_eq!(store.key_name("mavm_b").await.unwrap(), None, "the key itself is not kept");
    assert_eq!(store.key_count().await.unwrap(), 2);
}

async fn a_key_is_not_replaced(store: Shared) {
    store.put_key("first", &hash_key("mavm_a"), at(0)).await.unwrap();
    let why = refused(store.put_key("first", &hash_key("mavm_b"), at(1)).await);
    assert_eq!(why, "there is a key named `first` already; take another name");
    let why = refused(store.put_key("second", &hash_key("mavm_a"), at(1)).await);
    assert_eq!(why, "this key is there already, named `first`");
    assert_eq!(store.key_count().await.unwrap(), 1);
}
