//! What was done outside is never done twice by mistake.

use super::fixture::{Shared, assert_not_found, at, change, claim, refused, working};
use crate::{EffectState, RunChange};

on_every_store!(
    an_effect_is_fresh_once,
    a_finished_effect_gives_its_result_to_every_claim,
    an_unfinished_effect_is_unknown_whoever_asks,
    an_effect_that_did_not_happen_is_intended_anew,
    an_effect_is_finished_once,
    a_person_settles_an_unknown_effect,
    nobody_settles_what_a_worker_may_be_doing,
    effects_are_their_runs_own,
);

const PAY: &str = "card/confirm-payment";

async fn an_effect_is_fresh_once(store: Shared) {
    let claim = working(&*store).await;
    let begin = || store.effect_begin(&claim.fence, at(2), PAY);
    assert_eq!(begin().await.unwrap(), EffectState::Fresh);
    assert_eq!(begin().await.unwrap(), EffectState::Unknown);
    let effects = store.effects(&claim.run.id).await.unwrap();
    assert_eq!((effects.len(), effects[0].name.as_str()), (1, PAY));
    assert_eq!((effects[0].intended_at, effects[0].result.clone()), (at(2), None));
}

async fn a_finished_effect_gives_its_result_to_every_claim(store: Shared) {
    let first = working(&*store).await;
    store.effect_begin(&first.fence, at(2), PAY).await.unwrap();
    store.effect_finish(&first.fence, at(3), PAY, "paid").await.unwrap();
    let done = EffectState::Done("paid".to_owned());
    assert_eq!(store.effect_begin(&first.fence, at(4), PAY).await.unwrap(), done);
    let second = claim(&*store, "other", at(60)).await;
    assert_eq!(store.effect_begin(&second.fence, at(61), PAY).await.unwrap(), done);
    let effects = store.effects(&second.run.id).await.unwrap();
    assert_eq!((effects[0].intended_at, effects[0].finished_at), (at(2), Some(at(3))));
}

async fn an_unfinished_effect_is_unknown_whoever_asks(store: Shared) {
    let first = working(&*store).await;
    store.effect_begin(&first.fence, at(2), PAY).await.unwrap();
    for (round, worker) in (1..).zip(["two", "three"]) {
        let next = claim(&*store, worker, at(round * 100)).await;
        let state = store.effect_begin(&next.fence, at(round * 100), PAY).await.unwrap();
        assert_eq!(state, EffectState::Unknown);
    }
}

async fn an_effect_that_did_not_happen_is_intended_anew(store: Shared) {
    let claim = working(&*store).await;
    assert_not_found(store.effect_begin_again(&claim.fence, at(2), PAY).await);
    store.effect_begin(&claim.fence, at(2), PAY).await.unwrap();
    store.effect_begin_again(&claim.fence, at(5), PAY).await.unwrap();
    assert_eq!(store.effects(&claim.run.id).await.unwrap()[0].intended_at, at(5));
    let state = store.effect_begin(&claim.fence, at(6), PAY).await.unwrap();
    assert_eq!(state, EffectState::Unknown, "still open");
    store.effect_finish(&claim.fence, at(7), PAY, "paid").await.unwrap();
    refused(store.effect_begin_again(&claim.fence, at(8), PAY).await);
}

async fn an_effect_is_finished_once(store: Shared) {
    let claim = working(&*store).await;
    assert_not_found(store.effect_finish(&claim.fence, at(2), PAY, "paid").await);
    store.effect_begin(&claim.fence, at(2), PAY).await.unwrap();
    store.effect_finish(&claim.fence, at(3), PAY, "paid").await.unwrap();
    store.effect_finish(&claim.fence, at(4), PAY, "paid").await.unwrap();
    refused(store.effect_finish(&claim.fence, at(5), PAY, "twice").await);
    assert_eq!(store.effects(&claim.run.id).await.unwrap()[0].finished_at, Some(at(3)));
}

async fn a_person_settles_an_unknown_effect(store: Shared) {
    let first = working(&*store).await;
    let run = &first.run.id;
    store.effect_begin(&first.fence, at(2), "p/a").await.unwrap();
    store.effect_begin(&first.fence, at(2), "p/b").await.unwrap();
    change(&*store, &first, "parked", RunChange::Park("unresolved".to_owned())).await.unwrap();
    store.effect_resolve(run, at(9), "p/a", Some("paid"), "person:ann").await.unwrap();
    store.effect_resolve(run, at(9), "p/b", None, "person:ann").await.unwrap();
    refused(store.effect_resolve(run, at(9), "p/a", None, "person:ann").await);
    assert_not_found(store.effect_resolve(run, at(9), "p/none", None, "person:ann").await);
    let lines = store.audit_log(10).await.unwrap();
    let details: Vec<&str> = lines.iter().map(|line| line.detail.as_str()).collect();
    assert_eq!(details, ["`p/b` had not happened", "`p/a` had happened: paid"]);
    assert!(lines.iter().all(|line| line.actor == "person:ann" && line.subject == run.0));

    store.resume(run, at(10), None, serde_json::json!("r"), "person:ann").await.unwrap();
    let second = claim(&*store, "w", at(10)).await;
    let begin = |name| store.effect_begin(&second.fence, at(11), name);
    assert_eq!(begin("p/a").await.unwrap(), EffectState::Done("paid".to_owned()));
    assert_eq!(begin("p/b").await.unwrap(), EffectState::Fresh);
}

async fn nobody_settles_what_a_worker_may_be_doing(store: Shared) {
    let claim = working(&*store).await;
    store.effect_begin(&claim.fence, at(2), PAY).await.unwrap();
    let why = refused(store.effect_resolve(&claim.run.id, at(3), PAY, None, "a").await);
    assert!(why.starts_with("worker worker has run"), "{why}");
    assert_eq!(store.effects(&claim.run.id).await.unwrap().len(), 1);
}

async fn effects_are_their_runs_own(store: Shared) {
    let one = working(&*store).await;
    super::fixture::signup(&*store, 2, at(0)).await;
    let two = claim(&*store, "w", at(0)).await;
    assert_eq!(store.effect_begin(&one.fence, at(2), PAY).await.unwrap(), EffectState::Fresh);
    assert_eq!(store.effect_begin(&two.fence, at(2), PAY).await.unwrap(), EffectState::Fresh);
}
