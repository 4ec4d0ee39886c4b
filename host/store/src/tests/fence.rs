//! A worker whose run another has taken writes nothing more.

use serde_json::json;

use super::fixture::{Shared, assert_fenced, at, change, claim, note, signup, working};
use crate::{AccountChange, AccountStatus, Result, RunChange};

on_every_store!(
    a_stale_fence_writes_nothing_at_all,
    a_claim_that_is_over_but_not_taken_is_good,
    a_run_that_was_let_go_takes_no_more,
    the_journal_moves_one_entry_at_a_time,
    racing_appends_under_two_claims_leave_no_gap,
);

async fn a_stale_fence_writes_nothing_at_all(store: Shared) {
    let stale = working(&*store).await;
    let mail = store.put_mail(at(1), "a@example.com", vec![1]).await.unwrap();
    let code = store.put_code(at(1), None, vec![1]).await.unwrap();
    store.effect_begin(&stale.fence, at(2), "p/submit").await.unwrap();
    let fresh = claim(&*store, "other", at(60)).await;
    let before = store.run(&fresh.run.id).await.unwrap();

    let fence = &stale.fence;
    let moved = AccountChange { status: Some(AccountStatus::InProgress), ..Default::default() };
    assert_fenced(store.append(fence, at(61), vec![json!("x")], RunChange::Succeed, moved).await);
    assert_fenced(note(&*store, &stale, "x").await);
    assert_fenced(store.renew(fence, at(999)).await);
    assert_fenced(store.effect_begin(fence, at(61), "p/new").await);
    assert_fenced(store.effect_begin(fence, at(61), "p/submit").await);
    assert_fenced(store.effect_finish(fence, at(61), "p/submit", "done").await);
    assert_fenced(store.effect_begin_again(fence, at(61), "p/submit").await);
    assert_fenced(store.take_mail(fence, mail).await);
    assert_fenced(store.take_code(fence, code).await);
    assert_fenced(store.reserve(fence, at(61), "card-sms").await);

    assert_eq!(store.run(&fresh.run.id).await.unwrap(), before);
    assert_eq!(store.journal(&fresh.run.id).await.unwrap(), []);
    let effects = store.effects(&fresh.run.id).await.unwrap();
    assert_eq!((effects.len(), effects[0].intended_at, effects[0].finished_at), (1, at(2), None));
    assert_eq!(store.untaken_mail("a@example.com").await.unwrap().len(), 1);
    assert!(store.reserve(&fresh.fence, at(1), "card-sms").await.unwrap());
    assert_eq!(store.untaken_codes(&fresh.run.id, "card-sms").await.unwrap().len(), 1);
    let account = store.account(&fresh.account.name).await.unwrap().unwrap();
    assert_eq!(account.status, AccountStatus::Planned);
}

async fn a_claim_that_is_over_but_not_taken_is_good(store: Shared) {
    let claim = working(&*store).await;
    let late = at(10_000);
    let keep = AccountChange::default();
    store.append(&claim.fence, late, vec![json!("late")], RunChange::Keep, keep).await.unwrap();
    store.effect_begin(&claim.fence, late, "p/e").await.unwrap();
    store.renew(&claim.fence, at(20_000)).await.unwrap();
}

async fn a_run_that_was_let_go_takes_no_more(store: Shared) {
    let ends = [
        RunChange::Sleep(at(9)),
        RunChange::Park("drift".to_owned()),
        RunChange::Fail("no".to_owned()),
        RunChange::Succeed,
    ];
    for (number, end) in (1..).zip(ends) {
        signup(&*store, number, at(0)).await;
        let claim = claim(&*store, "w", at(0)).await;
        change(&*store, &claim, "end", end).await.unwrap();
        assert_fenced(note(&*store, &claim, "more").await);
        assert_fenced(store.renew(&claim.fence, at(999)).await);
        assert_fenced(store.effect_begin(&claim.fence, at(2), "p/e").await);
        assert_eq!(store.journal(&claim.run.id).await.unwrap().len(), 1);
    }
}

/// Both had seen the same version: one was first.
fn one_is_fenced(a: Result<()>, b: Result<()>) {
    match (a, b) {
        (Ok(()), late) | (late, Ok(())) => assert_fenced(late),
        other => panic!("{other:?}"),
    }
}

async fn the_journal_moves_one_entry_at_a_time(store: Shared) {
    let claim = working(&*store).await;
    let (a, b) = tokio::join!(note(&*store, &claim, "a"), note(&*store, &claim, "b"));
    one_is_fenced(a, b);
    assert_eq!(store.journal(&claim.run.id).await.unwrap().len(), 1);
    note(&*store, &claim, "c").await.unwrap();
    let park = change(&*store, &claim, "parked", RunChange::Park("drift".to_owned()));
    let (a, b) = tokio::join!(note(&*store, &claim, "d"), park);
    one_is_fenced(a, b);
    assert_eq!(store.journal(&claim.run.id).await.unwrap().len(), 3);
}

async fn racing_appends_under_two_claims_leave_no_gap(store: Shared) {
    let mut old = working(&*store).await;
    for round in 1..=20 {
        let writer = {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..5000 {
                    note(&*store, &old, "old").await?;
                }
                Ok(())
            })
        };
        // Somewhere in the middle of that, another worker takes the run.
        let new = claim(&*store, "other", at(round * 100)).await;
        let seen = new.journal.len();
        for _ in 0..3 {
            note(&*store, &new, "new").await.unwrap();
        }
        assert_fenced(writer.await.unwrap());
        let journal = store.journal(&new.run.id).await.unwrap();
        assert_eq!(journal.len(), seen + 3, "the old one wrote nothing after the claim");
        assert!((1..).zip(&journal).all(|(version, line)| line.version == version));
        assert!(journal.is_sorted_by_key(|line| line.epoch));
        old = new;
    }
}
