#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use jiff::{SignedDuration, Timestamp};
use mavm_store::JournalEntry;
use proptest::prelude::*;

use super::*;
use crate::definition::{Catalogue, Flow};

const TEXT: &str = r#"
name = "t"
[account]
from = ["PLANNED"]
during = "IN_PROGRESS"
done = "CREATED"
failed = "QUARANTINED"
[[step]]
id = "a"
plugin = "p"
retry = { attempts = 3, backoff = "5s", max-backoff = "8s" }
[[step]]
id = "b"
plugin = "p"
on = { jump = "d", over = "end" }
[[step]]
id = "c"
plugin = "p"
[[step]]
id = "d"
plugin = "p"
"#;

fn flow() -> Flow {
    Flow::parse("t.toml", TEXT, &Catalogue::pinned(serde_json::json!({}))).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn started(step: &str) -> Event {
    Event::StepStarted {
        step: step.to_owned(),
        attempt: 1,
        plugin: "p".to_owned(),
        digest: "1".to_owned(),
    }
}

fn done(step: &str, branch: Option<&str>) -> Event {
    Event::StepDone {
        step: step.to_owned(),
        facts: vec![FactEntry { name: "n".to_owned(), value: step.to_owned() }],
        branch: branch.map(str::to_owned),
    }
}

fn failed(step: &str, kind: TroubleKind) -> Event {
    Event::StepFailed {
        step: step.to_owned(),
        attempt: 1,
        trouble: Trouble::new(kind, "why"),
        plugin: "p".to_owned(),
        digest: "1".to_owned(),
    }
}

fn resumed() -> Event {
    Event::Resumed { by: "person:test".to_owned() }
}

fn after(events: &[Event]) -> State {
    let mut state = State::new(&flow());
    for event in events {
        state.apply(at(0), event);
    }
    state
}

fn run(step: usize, attempt: u32) -> Command {
    Command::Run { step, attempt }
}

#[test]
fn steps_follow_each_other_to_success() {
    let mut state = State::new(&flow());
    assert_eq!(state.next(at(0)), Command::Start);
    state.apply(at(0), &Event::Started);
    for (index, id) in ["a", "b", "c", "d"].into_iter().enumerate() {
        assert_eq!(state.next(at(0)), run(index, 1));
        state.apply(at(0), &started(id));
        state.apply(at(0), &done(id, None));
    }
    assert_eq!(state.next(at(0)), Command::Succeed);
    state.apply(at(0), &Event::Succeeded);
    assert_eq!(state.next(at(0)), Command::Nothing);
    assert_eq!(state.facts().count(), 4);
}

#[test]
fn a_branch_jumps_ahead_and_an_unnamed_one_fails() {
    let begun = [Event::Started, started("a"), done("a", None), started("b")];
    let state = |word| {
        let mut state = after(&begun);
        state.apply(at(0), &done("b", Some(word)));
        state
    };
    assert_eq!(state("jump").next(at(0)), run(3, 1));
    assert_eq!(state("jump").steps[2].status, StepStatus::Skipped);
    assert_eq!(state("over").next(at(0)), Command::Succeed);
    assert!(matches!(state("what").next(at(0)), Command::Fail(why) if why.contains("`what`")));
}

#[test]
fn failures_that_may_pass_are_retried_ever_more_slowly_and_then_parked() {
    let mut state = after(&[Event::Started, started("a")]);
    state.apply(at(10), &failed("a", TroubleKind::TimedOut));
    assert_eq!(state.next(at(10)), Command::SleepUntil(at(15)));
    assert_eq!(state.next(at(15)), run(0, 2));
    state.apply(at(15), &started("a"));
    state.apply(at(20), &failed("a", TroubleKind::Network));
    assert_eq!(state.next(at(20)), Command::SleepUntil(at(28)), "at most max-backoff");
    state.apply(at(28), &started("a"));
    state.apply(at(30), &failed("a", TroubleKind::SessionLost));
    assert!(matches!(state.next(at(99)), Command::Park(why) if why.contains("tried 3 times")));
    state.apply(at(40), &resumed());
    assert_eq!(state.next(at(40)), run(0, 4), "a person gives it all its tries again");
}

#[test]
fn each_kind_of_trouble_has_its_policy() {
    use TroubleKind::*;
    let next = |kind| after(&[Event::Started, started("a"), failed("a", kind)]).next(at(0));
    for kind in [TimedOut, Network, SessionLost, ChallengeUnsolved, Host] {
        assert!(matches!(next(kind), Command::SleepUntil(_)), "{kind:?}");
    }
    for kind in [PageChanged, Unresolved, Trapped, NoPlugin] {
        assert!(matches!(next(kind), Command::Park(_)), "{kind:?}");
    }
    for kind in [Rejected, Denied, Unsupported, Invalid] {
        assert!(matches!(next(kind), Command::Fail(_)), "{kind:?}");
    }
}

#[test]
fn drift_burns_no_try() {
    let mut state = after(&[Event::Started]);
    for _ in 0..10 {
        state.apply(at(0), &started("a"));
        state.apply(at(0), &failed("a", TroubleKind::PageChanged));
        assert!(matches!(state.next(at(0)), Command::Park(_)));
        assert_eq!(state.drift().unwrap().digest, "1");
        state.apply(at(0), &resumed());
        assert_eq!(state.drift(), None);
    }
    assert_eq!(state.steps[0].failures, 0);
    let held = Event::Held { step: "a".to_owned(), plugin: "p".to_owned(), digest: "1".to_owned() };
    state.apply(at(0), &held);
    assert_eq!(state.drift().unwrap().plugin, "p");
    assert_eq!(state.steps[0].starts, 10, "held before it began");
}

#[test]
fn a_crash_starts_the_step_again_but_not_for_ever() {
    let mut state = after(&[Event::Started]);
    for crash in 1..=MAX_CRASHES {
        assert_eq!(state.next(at(0)), run(0, crash));
        state.apply(at(0), &started("a"));
    }
    assert!(matches!(state.next(at(0)), Command::Park(why) if why.contains("5 times in a row")));
    assert_eq!(state.steps[0].failures, 0);
    state.apply(at(0), &resumed());
    assert_eq!(state.next(at(0)), run(0, 6));
}

#[test]
fn a_clean_stop_is_no_crash() {
    let mut state = after(&[Event::Started]);
    for _ in 0..20 {
        state.apply(at(0), &started("a"));
        state.apply(at(0), &Event::StepInterrupted { step: "a".to_owned() });
    }
    assert_eq!(state.next(at(0)), run(0, 21));
}

#[test]
fn an_approval_is_told_to_the_step() {
    let mut state = after(&[Event::Started, started("a")]);
    let ask = Event::StepWaiting {
        step: "a".to_owned(),
        until: None,
        approval: Some("the charge".to_owned()),
    };
    state.apply(at(0), &ask);
    assert!(matches!(state.next(at(0)), Command::Park(why) if why.contains("the charge")));
    state.apply(at(0), &resumed());
    assert_eq!(state.next(at(0)), run(0, 2));
    let facts: Vec<_> = state.facts().collect();
    assert_eq!(facts[0].0, "a");
    assert_eq!(facts[0].1.name, "approved_by");
    assert_eq!(facts[0].1.value, "person:test");
}

#[test]
fn a_step_that_waits_for_ever_is_parked() {
    let mut state = after(&[Event::Started]);
    for _ in 0..MAX_WAITS {
        assert!(!matches!(state.next(at(60)), Command::Park(_)));
        state.apply(at(0), &started("a"));
        let wait = Event::StepWaiting { step: "a".to_owned(), until: Some(at(60)), approval: None };
        state.apply(at(0), &wait);
    }
    assert!(matches!(state.next(at(60)), Command::Park(_)));
}

#[test]
fn a_journal_that_does_not_fit_parks_the_run() {
    for event in [started("b"), started("nosuch"), done("c", None)] {
        let state = after(&[Event::Started, event]);
        assert!(matches!(state.next(at(0)), Command::Park(why) if why.contains("doesn't fit")));
    }
    let entry = JournalEntry {
        version: 1,
        epoch: 1,
        at: at(0),
        entry: serde_json::json!({ "event": "from-the-future" }),
    };
    let state = State::fold(&flow(), &[entry]);
    assert!(matches!(state.next(at(0)), Command::Park(why) if why.contains("newer version")));
}

/// The journal's words are a promise to journals already written.
#[test]
fn events_keep_their_spelling() {
    let spelled = |event: Event| serde_json::to_string(&event.to_json()).unwrap();
    assert_eq!(spelled(Event::Started), r#"{"event":"started"}"#);
    assert_eq!(
        spelled(started("a")),
        r#"{"attempt":1,"digest":"1","event":"step-started","plugin":"p","step":"a"}"#
    );
    assert_eq!(
        spelled(failed("a", TroubleKind::PageChanged)),
        r#"{"attempt":1,"digest":"1","event":"step-failed","plugin":"p","step":"a","trouble":{"kind":"page-changed","message":"why"}}"#
    );
    assert_eq!(
        spelled(done("a", Some("w"))),
        r#"{"branch":"w","event":"step-done","facts":[{"name":"n","value":"a"}],"step":"a"}"#
    );
    assert_eq!(spelled(resumed()), r#"{"by":"person:test","event":"resumed"}"#);
}

fn any_event() -> impl Strategy<Value = Event> {
    let step = prop_oneof![Just("a"), Just("b"), Just("c"), Just("d"), Just("zzz")];
    let kind = prop_oneof![
        Just(TroubleKind::PageChanged),
        Just(TroubleKind::TimedOut),
        Just(TroubleKind::Rejected),
        Just(TroubleKind::Unresolved),
    ];
    (0..9_u8, step, kind, any::<Option<bool>>(), 0..1000_i64).prop_map(
        |(which, step, kind, choice, second)| {
            let id = step.to_owned();
            match which {
                0 => Event::Started,
                1 | 2 => started(step),
                3 => done(step, choice.map(|it| if it { "jump" } else { "other" })),
                4 => Event::StepSkipped { step: id },
                5 => Event::StepWaiting {
                    step: id,
                    until: choice.map(|_| at(second)),
                    approval: choice.filter(|it| *it).map(|_| "x".to_owned()),
                },
                6 => failed(step, kind),
                7 => resumed(),
                _ => match choice {
                    Some(true) => Event::Succeeded,
                    Some(false) => Event::Blocked { why: "x".to_owned() },
                    None => Event::StepInterrupted { step: id },
                },
            }
        },
    )
}

fn journal(events: &[Event]) -> Vec<JournalEntry> {
    let entry = |(index, event): (usize, &Event)| JournalEntry {
        version: index as u64 + 1,
        epoch: 1,
        at: at(index as i64),
        entry: event.to_json(),
    };
    events.iter().enumerate().map(entry).collect()
}

proptest! {
    /// Whatever a journal holds, a state comes of it and says what to do.
    #[test]
    fn any_journal_gives_a_state(events in prop::collection::vec(any_event(), 0..60)) {
        let flow = flow();
        let journal = journal(&events);
        for end in 0..=journal.len() {
            let state = State::fold(&flow, &journal[..end]);
            if let Command::Run { step, .. } = state.next(at(5000)) {
                prop_assert!(step < flow.steps.len());
            }
        }
    }

    /// A worker that goes on from what it has in memory sees what one that reads the journal sees.
    #[test]
    fn applying_is_folding(events in prop::collection::vec(any_event(), 0..40), cut in 0..40_usize) {
        let flow = flow();
        let whole = journal(&events);
        let cut = cut.min(whole.len());
        let mut state = State::fold(&flow, &whole[..cut]);
        for (entry, event) in whole[cut..].iter().zip(&events[cut..]) {
            state.apply(entry.at, event);
        }
        prop_assert_eq!(state, State::fold(&flow, &whole));
    }

    /// Between two visits of a person a step is begun a bounded number of times, whatever becomes
    /// of each try, and the run comes to rest.
    #[test]
    fn tries_are_bounded(outcomes in prop::collection::vec(0..4_u8, 200)) {
        let flow = flow();
        let mut state = State::new(&flow);
        let (mut now, mut begun) = (at(0), [0_u32; 4]);
        let mut outcomes = outcomes.into_iter();
        loop {
            match state.next(now) {
                Command::Start => state.apply(now, &Event::Started),
                Command::SleepUntil(until) => {
                    prop_assert!(until.duration_since(now) <= SignedDuration::from_secs(300));
                    now = until;
                }
                Command::Run { step, .. } => {
                    begun[step] += 1;
                    prop_assert!(begun[step] <= 3 * MAX_CRASHES);
                    let id = flow.steps[step].id.clone();
                    state.apply(now, &started(&id));
                    match outcomes.next().unwrap() {
                        0 => state.apply(now, &done(&id, None)),
                        1 => state.apply(now, &failed(&id, TroubleKind::TimedOut)),
                        2 => state.apply(now, &failed(&id, TroubleKind::Network)),
                        _ => {} // the host dies
                    }
                }
                Command::Succeed => state.apply(now, &Event::Succeeded),
                Command::Park(_) | Command::Fail(_) | Command::Nothing => break,
            }
        }
    }
}
