//! Finding runs.

use super::fixture::{Shared, at, change, claim, signup};
use crate::{RunChange, RunStatus};

on_every_store!(runs_are_listed_newest_first, a_runs_key_sorts_by_when_it_began);

async fn runs_are_listed_newest_first(store: Shared) {
    let mut ids = Vec::new();
    for number in 0..4 {
        ids.push(signup(&*store, number, at(i64::from(number))).await);
    }
    let first = claim(&*store, "w", at(10)).await;
    change(&*store, &first, "end", RunChange::Succeed).await.unwrap();
    let listed = async |status, limit| {
        let runs = store.runs(status, limit).await.unwrap();
        runs.into_iter().map(|run| run.id).collect::<Vec<_>>()
    };
    ids.reverse();
    assert_eq!(listed(None, 10).await, ids);
    assert_eq!(listed(None, 2).await, ids[..2]);
    assert_eq!(listed(Some(RunStatus::Ready), 10).await, ids[..3]);
    assert_eq!(listed(Some(RunStatus::Succeeded), 10).await, ids[3..]);
}

async fn a_runs_key_sorts_by_when_it_began(store: Shared) {
    let later = signup(&*store, 1, at(100)).await;
    let earlier = signup(&*store, 2, at(50)).await;
    assert!(earlier < later);
    let id = uuid::Uuid::parse_str(&later.0).unwrap();
    assert_eq!(id.get_version_num(), 7);
}
