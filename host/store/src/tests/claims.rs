//! Who works on a run.

use std::collections::HashSet;

use jiff::Timestamp;

use super::fixture::{Shared, a_run, at, change, claim, name, note, signup, stock};
use crate::{AccountStatus, RunChange};

on_every_store!(
    a_claim_brings_all_that_is_known,
    a_run_that_is_due_longest_comes_first,
    a_claimed_run_is_not_claimed_again,
    a_claim_that_is_over_is_taken_by_another,
    racing_workers_get_different_runs,
    a_sleeping_run_is_claimed_when_it_wakes,
    a_parked_or_ended_run_is_not_claimed,
    a_worker_that_stops_gives_its_claims_back,
    the_next_due_time_is_known,
);

async fn a_claim_brings_all_that_is_known(store: Shared) {
    let id = signup(&*store, 1, at(0)).await;
    let first = claim(&*store, "one", at(5)).await;
    assert_eq!((first.run.id.clone(), first.run.epoch, first.run.version), (id, 1, 0));
    assert_eq!(
        (first.run.claimed_by.as_deref(), first.run.claim_until),
        (Some("one"), Some(at(65)))
    );
    assert_eq!((first.account.name, first.journal.len()), (name(1), 0));
    assert_eq!((first.fence.run(), first.fence.epoch()), (&first.run.id, 1));
    let first = crate::Claim { account: store.account(&name(1)).await.unwrap().unwrap(), ..first };
    note(&*store, &first, "a").await.unwrap();
    note(&*store, &first, "b").await.unwrap();

    let second = claim(&*store, "two", at(65)).await;
    assert_eq!((second.run.epoch, second.run.version), (2, 2), "a claim is no journal entry");
    let journal: Vec<_> =
        second.journal.iter().map(|line| (line.version, line.epoch, line.entry.clone())).collect();
    assert_eq!(journal, [(1, 1, "a".into()), (2, 1, "b".into())]);
    note(&*store, &second, "c").await.unwrap();
}

async fn a_run_that_is_due_longest_comes_first(store: Shared) {
    let late = signup(&*store, 1, at(20)).await;
    let early = signup(&*store, 2, at(10)).await;
    assert!(store.claim("w", at(9), at(60)).await.unwrap().is_none(), "none is due yet");
    let first = claim(&*store, "w", at(30)).await;
    assert_eq!(first.run.id, early);
    // Asleep until after the other was due.
    change(&*store, &first, "sleep", RunChange::Sleep(at(25))).await.unwrap();
    assert_eq!(claim(&*store, "w", at(30)).await.run.id, late);
    assert_eq!(claim(&*store, "w", at(30)).await.run.id, early);
}

async fn a_claimed_run_is_not_claimed_again(store: Shared) {
    signup(&*store, 1, at(0)).await;
    let claim = claim(&*store, "one", at(0)).await;
    assert!(store.claim("two", at(59), at(99)).await.unwrap().is_none());
    store.renew(&claim.fence, at(120)).await.unwrap();
    assert!(store.claim("two", at(119), at(199)).await.unwrap().is_none());
    assert!(store.claim("two", at(120), at(199)).await.unwrap().is_some());
}

async fn a_claim_that_is_over_is_taken_by_another(store: Shared) {
    signup(&*store, 1, at(0)).await;
    let first = claim(&*store, "one", at(0)).await;
    let second = claim(&*store, "two", at(60)).await;
    assert_eq!(second.run.id, first.run.id);
    assert_eq!(second.run.epoch, first.run.epoch + 1);
}

async fn racing_workers_get_different_runs(store: Shared) {
    for number in 0..8 {
        signup(&*store, number, at(0)).await;
    }
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..24 {
        let store = store.clone();
        workers
            .spawn(async move { store.claim(&format!("w{worker}"), at(1), at(60)).await.unwrap() });
    }
    let claims: Vec<_> = workers.join_all().await.into_iter().flatten().collect();
    let runs: HashSet<_> = claims.iter().map(|claim| claim.run.id.clone()).collect();
    assert_eq!((claims.len(), runs.len()), (8, 8));
}

async fn a_sleeping_run_is_claimed_when_it_wakes(store: Shared) {
    signup(&*store, 1, at(0)).await;
    let first = claim(&*store, "one", at(0)).await;
    change(&*store, &first, "sleep", RunChange::Sleep(at(500))).await.unwrap();
    let run = store.run(&first.run.id).await.unwrap().unwrap();
    assert_eq!((run.wake_at, run.claimed_by, run.claim_until), (Some(at(500)), None, None));
    assert!(store.claim("two", at(499), at(999)).await.unwrap().is_none());
    assert!(store.claim("two", at(500), at(999)).await.unwrap().is_some());
}

async fn a_parked_or_ended_run_is_not_claimed(store: Shared) {
    let ends =
        [RunChange::Park("drift".to_owned()), RunChange::Succeed, RunChange::Fail("no".to_owned())];
    for (number, end) in (1..).zip(ends) {
        signup(&*store, number, at(0)).await;
        let claim = claim(&*store, "w", at(0)).await;
        change(&*store, &claim, "end", end).await.unwrap();
        assert!(store.claim("w", Timestamp::MAX, Timestamp::MAX).await.unwrap().is_none());
    }
    assert_eq!(store.next_due(at(0)).await.unwrap(), None);
}

async fn a_worker_that_stops_gives_its_claims_back(store: Shared) {
    for number in 0..3 {
        signup(&*store, number, at(0)).await;
    }
    let mine = claim(&*store, "one", at(1)).await;
    claim(&*store, "one", at(1)).await;
    let theirs = claim(&*store, "two", at(1)).await;
    assert_eq!(store.release_claims("one").await.unwrap(), 2);
    assert_eq!(store.release_claims("one").await.unwrap(), 0);
    super::fixture::assert_fenced(note(&*store, &mine, "too late").await);
    note(&*store, &theirs, "still here").await.unwrap();
    assert_eq!(claim(&*store, "three", at(2)).await.run.epoch, 2);
}

async fn the_next_due_time_is_known(store: Shared) {
    assert_eq!(store.next_due(at(0)).await.unwrap(), None);
    stock(&*store, 0..1).await;
    let check = a_run("check", &name(0));
    store.start_run(at(10), check, &[AccountStatus::Created], None).await.unwrap();
    assert_eq!(store.next_due(at(50)).await.unwrap(), Some(at(50)), "overdue: at once");
    let claim = claim(&*store, "w", at(50)).await;
    assert_eq!(store.next_due(at(51)).await.unwrap(), Some(at(110)), "the claim's end");
    change(&*store, &claim, "sleep", RunChange::Sleep(at(300))).await.unwrap();
    assert_eq!(store.next_due(at(51)).await.unwrap(), Some(at(300)));
}
