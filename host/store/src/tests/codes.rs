//! A one-time code goes to the run that waits for it.

use super::fixture::{Shared, at, change, claim, signup, working};
use crate::RunChange;

on_every_store!(
    codes_since_the_reservation_are_seen,
    a_run_without_the_channel_sees_no_code,
    a_code_is_taken_by_one_run,
    a_code_survives_the_crash_of_its_run,
    old_and_taken_codes_are_forgotten,
);

const SMS: &str = "card-sms";
const WEEK: i64 = 7 * 24 * 3600;

async fn codes_since_the_reservation_are_seen(store: Shared) {
    let claim = working(&*store).await;
    store.put_code(at(9), Some(SMS), vec![1]).await.unwrap();
    assert!(store.reserve(&claim.fence, at(10), SMS).await.unwrap());
    store.put_code(at(12), Some(SMS), vec![4]).await.unwrap();
    store.put_code(at(11), None, vec![3]).await.unwrap();
    store.put_code(at(10), Some(SMS), vec![2]).await.unwrap();
    store.put_code(at(11), Some("other"), vec![9]).await.unwrap();
    let codes = store.untaken_codes(&claim.run.id, SMS).await.unwrap();
    let bodies: Vec<u8> = codes.iter().map(|code| code.sealed[0]).collect();
    assert_eq!(bodies, [2, 3, 4], "oldest first, also those that name no channel");
    assert_eq!((codes[1].channel.as_deref(), codes[2].channel.as_deref()), (None, Some(SMS)));
}

async fn a_run_without_the_channel_sees_no_code(store: Shared) {
    let one = working(&*store).await;
    signup(&*store, 2, at(0)).await;
    let two = claim(&*store, "w", at(0)).await;
    assert!(store.reserve(&one.fence, at(1), SMS).await.unwrap());
    store.put_code(at(2), Some(SMS), vec![1]).await.unwrap();
    assert!(store.untaken_codes(&two.run.id, SMS).await.unwrap().is_empty());
    // The next one to have the channel doesn't get the last one's code.
    change(&*store, &one, "end", RunChange::Succeed).await.unwrap();
    assert!(store.reserve(&two.fence, at(3), SMS).await.unwrap());
    assert!(store.untaken_codes(&two.run.id, SMS).await.unwrap().is_empty());
}

async fn a_code_is_taken_by_one_run(store: Shared) {
    let one = working(&*store).await;
    signup(&*store, 2, at(0)).await;
    let two = claim(&*store, "w", at(0)).await;
    let id = store.put_code(at(2), None, vec![1]).await.unwrap();
    let (a, b) = tokio::join!(store.take_code(&one.fence, id), store.take_code(&two.fence, id));
    assert_ne!(a.unwrap(), b.unwrap());
    store.reserve(&one.fence, at(1), SMS).await.unwrap();
    assert!(store.untaken_codes(&one.run.id, SMS).await.unwrap().is_empty());
}

async fn a_code_survives_the_crash_of_its_run(store: Shared) {
    let first = working(&*store).await;
    assert!(store.reserve(&first.fence, at(1), SMS).await.unwrap());
    store.put_code(at(2), Some(SMS), vec![1]).await.unwrap();
    let second = claim(&*store, "other", at(60)).await;
    assert!(store.reserve(&second.fence, at(61), SMS).await.unwrap(), "the run has it still");
    let codes = store.untaken_codes(&second.run.id, SMS).await.unwrap();
    assert_eq!(codes.len(), 1, "and since the first time");
    assert!(store.take_code(&second.fence, codes[0].id).await.unwrap());
}

async fn old_and_taken_codes_are_forgotten(store: Shared) {
    let claim = working(&*store).await;
    assert!(store.reserve(&claim.fence, at(0), SMS).await.unwrap());
    let old = store.put_code(at(0), Some(SMS), vec![1]).await.unwrap();
    let taken = store.put_code(at(1), Some(SMS), vec![2]).await.unwrap();
    assert!(store.take_code(&claim.fence, taken).await.unwrap());
    let new = store.put_code(at(WEEK + 1), Some(SMS), vec![3]).await.unwrap();
    let codes = store.untaken_codes(&claim.run.id, SMS).await.unwrap();
    assert_eq!(codes.iter().map(|code| code.id).collect::<Vec<_>>(), [new]);
    assert!(!store.take_code(&claim.fence, old).await.unwrap());
    assert!(!store.take_code(&claim.fence, taken).await.unwrap());
}
