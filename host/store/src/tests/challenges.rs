//! What waits for a person.

use super::fixture::{Shared, assert_not_found, at, refused, working};
use crate::{Challenge, ChallengeKind, RunId};

on_every_store!(
    a_challenge_comes_back_as_it_went_in,
    a_challenge_is_open_until_it_is_over,
    a_challenge_is_answered_once,
    an_answer_that_comes_too_late_is_refused,
    the_sites_verdict_is_kept,
    a_challenge_needs_a_run,
);

fn challenge(id: &str, run: &RunId, kind: ChallengeKind) -> Challenge {
    Challenge {
        id: id.to_owned(),
        run: run.clone(),
        kind,
        prompt: "Type the characters".to_owned(),
        mime_type: "image/png".to_owned(),
        data: vec![137, 80, 78, 71],
        at: at(10),
        until: at(100),
        answer: None,
        accepted: None,
    }
}

async fn a_challenge_comes_back_as_it_went_in(store: Shared) {
    let run = working(&*store).await.run.id;
    for kind in [ChallengeKind::Image, ChallengeKind::Audio, ChallengeKind::Call] {
        let put = challenge(&format!("{kind:?}"), &run, kind);
        store.put_challenge(put.clone()).await.unwrap();
        assert_eq!(store.challenge(&put.id).await.unwrap(), Some(put.clone()));
        refused(store.put_challenge(put).await);
    }
    assert_eq!(store.challenge("none").await.unwrap(), None);
}

async fn a_challenge_is_open_until_it_is_over(store: Shared) {
    let run = working(&*store).await.run.id;
    let later = Challenge { until: at(200), ..challenge("b", &run, ChallengeKind::Audio) };
    store.put_challenge(later).await.unwrap();
    store.put_challenge(challenge("a", &run, ChallengeKind::Image)).await.unwrap();
    let open = async |second| {
        let open = store.open_challenges(at(second)).await.unwrap();
        open.into_iter().map(|challenge| challenge.id).collect::<Vec<_>>()
    };
    assert_eq!(open(99).await, ["a", "b"]);
    assert_eq!(open(100).await, ["b"]);
    store.answer_challenge("b", at(100), vec![1], "person:ann").await.unwrap();
    assert!(open(100).await.is_empty());
}

async fn a_challenge_is_answered_once(store: Shared) {
    let run = working(&*store).await.run.id;
    store.put_challenge(challenge("a", &run, ChallengeKind::Image)).await.unwrap();
    store.answer_challenge("a", at(20), vec![7, 7], "person:ann").await.unwrap();
    let why = refused(store.answer_challenge("a", at(21), vec![8], "person:bob").await);
    assert_eq!(why, "challenge a has been answered already");
    assert_eq!(store.challenge("a").await.unwrap().unwrap().answer, Some(vec![7, 7]));
    // A call: that it was answered is all there is to say.
    store.put_challenge(challenge("c", &run, ChallengeKind::Call)).await.unwrap();
    store.answer_challenge("c", at(22), vec![], "person:ann").await.unwrap();
    assert_eq!(store.challenge("c").await.unwrap().unwrap().answer, Some(vec![]));
    let lines = store.audit_log(10).await.unwrap();
    let lines: Vec<_> =
        lines.iter().map(|line| (line.action.as_str(), line.subject.as_str())).collect();
    assert_eq!(lines, [("call-answered", "c"), ("captcha-answered", "a")]);
}

async fn an_answer_that_comes_too_late_is_refused(store: Shared) {
    let run = working(&*store).await.run.id;
    store.put_challenge(challenge("a", &run, ChallengeKind::Image)).await.unwrap();
    let why = refused(store.answer_challenge("a", at(100), vec![7], "person:ann").await);
    assert!(why.starts_with("challenge a is over since"), "{why}");
    assert_not_found(store.answer_challenge("none", at(20), vec![7], "person:ann").await);
}

async fn the_sites_verdict_is_kept(store: Shared) {
    let run = working(&*store).await.run.id;
    store.put_challenge(challenge("a", &run, ChallengeKind::Image)).await.unwrap();
    for verdict in [false, true] {
        store.report_challenge("a", verdict).await.unwrap();
        assert_eq!(store.challenge("a").await.unwrap().unwrap().accepted, Some(verdict));
    }
    assert_not_found(store.report_challenge("none", true).await);
}

async fn a_challenge_needs_a_run(store: Shared) {
    let none = RunId("none".to_owned());
    assert_not_found(store.put_challenge(challenge("a", &none, ChallengeKind::Image)).await);
}
