//! The worker on a real store: what it writes, when it tries again, when it stops, and that a run
//! goes on wherever the host died.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use jiff::SignedDuration;
use mavm_plugin::bindings::words::mavm::plugin::types::Duration;
use mavm_plugin::{Failure, Outcome, StepError, WaitFor, Waited};
use mavm_store::{AccountStatus, RunStatus};
use serde_json::json;

use crate::house::{Answer, House, KNOWN, MAKE, account_id, digest};

fn timed_out() -> Answer {
    Answer::Fails(Failure::TimedOut(Waited {
        waited_for: "the code".to_owned(),
        within: Duration { milliseconds: 90_000 },
        obstacle: None,
    }))
}

#[tokio::test]
async fn a_run_goes_through_its_steps_and_fills_in_the_account() {
    let house = House::new(&[MAKE]).await;
    let run = house.make().await;
    assert_eq!(house.account(&run).await.status, AccountStatus::Planned);
    house.script.say("second", [KNOWN, Answer::Hangs]);
    house.script.say("third", [Answer::Hangs]);
    let working = house.work("w");
    house.script.until("third is under way", |it| it.called().len() == 3).await;
    let account = house.account(&run).await;
    assert_eq!(account.status, AccountStatus::InProgress);
    let number = account_id(&account.name);
    assert_eq!(account.id.as_ref(), Some(&number), "written as soon as it is known");
    working.kill().await;

    let working = house.work("w");
    house.until_status(&run, RunStatus::Succeeded).await;
    // The row tells of the end a moment before the steps are told.
    let told = async {
        while house.script.forgotten.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), told)
        .await
        .expect("nothing of it is kept");
    working.stop().await;
    let account = house.account(&run).await;
    assert_eq!(account.status, AccountStatus::Created);
    assert_eq!(account.role_arn.as_deref(), Some(&*format!("arn:aws:iam::{number}:role/x")));
    assert!(account.created_at.is_some());
    assert_eq!(
        house.events(&run).await,
        [
            "started",
            "step-started first",
            "step-done first",
            "step-started second",
            "step-done second",
            "step-started third",
            "step-started third",
            "step-done third",
            "succeeded"
        ]
    );
    let first = house.script.call("first");
    assert_eq!(first.inputs, json!({ "name": account.name, "count": 3 }), "nothing is left out");
    assert_eq!(first.digest, "alpha-1");
    assert_eq!(first.session, "s");
    let third = house.script.call("third");
    assert_eq!(third.inputs, json!({ "number": number }));
    assert_eq!(third.facts.len(), 2);
    assert_eq!(third.account.id, Some(number));
    assert!(house.script.ended.lock().unwrap().contains(&run), "its session is ended");
    assert_eq!(*house.script.forgotten.lock().unwrap(), [run]);
}

#[tokio::test]
async fn a_failure_that_may_pass_is_tried_again_after_its_pause() {
    let house = House::new(&[MAKE]).await;
    house.script.say("second", [timed_out(), timed_out(), KNOWN]);
    let run = house.make().await;
    let begun = house.run(&run).await.started_at;
    let working = house.work("w");
    let slept = house.until(&run, "asleep", |it| it.wake_at > Some(begun)).await;
    assert_eq!(slept.wake_at, Some(begun + SignedDuration::from_secs(5)));
    assert_eq!(slept.claimed_by, None, "waits are rows, not tasks");
    assert!(house.script.ended.lock().unwrap().is_empty(), "a short pause keeps the session");
    let view = serde_json::to_value(house.view(&run).await).unwrap();
    assert_eq!(view["steps"][1]["status"], "retrying");
    assert_eq!(view["steps"][1]["failure"]["kind"], "timed-out");
    assert_eq!(view["steps"][1]["failure"]["message"], "waited 1m30s for the code");

    house.clock.advance(5);
    house.until(&run, "asleep again", |it| it.wake_at > slept.wake_at).await;
    house.clock.advance(10);
    house.until_status(&run, RunStatus::Succeeded).await;
    assert_eq!(house.script.called(), ["first/1", "second/1", "second/2", "second/3", "third/1"]);
    working.stop().await;
}

#[tokio::test]
async fn tries_come_to_an_end_and_a_person_gives_new_ones() {
    let house = House::new(&[MAKE]).await;
    house.script.say("second", [timed_out(), timed_out(), timed_out(), KNOWN]);
    let run = house.make().await;
    let working = house.work("w");
    for seconds in [5, 10] {
        let now = house.run(&run).await.wake_at;
        house.until(&run, "asleep", |it| it.wake_at > now && it.claimed_by.is_none()).await;
        house.clock.advance(seconds);
    }
    let parked = house.until_status(&run, RunStatus::Parked).await;
    assert!(parked.note.unwrap().contains("step `second`: timed out: waited 1m30s for the code"));
    assert_eq!(house.account(&run).await.status, AccountStatus::InProgress);
    assert!(house.script.forgotten.lock().unwrap().is_empty(), "it may go on");
    working.worker.resume(&run, "person:test").await.unwrap();
    house.until_status(&run, RunStatus::Succeeded).await;
    assert_eq!(house.script.call("second").attempt, 4);
    working.stop().await;
}

#[tokio::test]
async fn what_the_site_rejects_fails_and_the_account_waits_for_a_person() {
    let house = House::new(&[MAKE]).await;
    house.script.say("first", [Answer::Fails(Failure::Rejected("card declined".to_owned()))]);
    house.script.say("second", [KNOWN]);
    let run = house.make().await;
    let working = house.work("w");
    let failed = house.until_status(&run, RunStatus::Failed).await;
    assert_eq!(failed.note.as_deref(), Some("step `first`: rejected: card declined"));
    assert!(failed.ended_at.is_some());
    let account = house.account(&run).await;
    assert_eq!(account.status, AccountStatus::Quarantined);
    assert_eq!(account.note.as_deref(), Some("make: step `first`: rejected: card declined"));

    house.starter.resume(&run, "person:test").await.unwrap();
    house.until_status(&run, RunStatus::Succeeded).await;
    assert_eq!(house.account(&run).await.status, AccountStatus::Created);
    working.stop().await;
}

#[tokio::test]
async fn what_nobody_can_tell_is_parked_and_goes_on_in_its_place() {
    let house = House::new(&[MAKE]).await;
    let trap =
        StepError::Trapped { message: "panicked".to_owned(), backtrace: "frames".to_owned() };
    house.script.say(
        "second",
        [
            Answer::Fails(Failure::Unresolved("was the card charged?".to_owned())),
            Answer::Error(trap),
            KNOWN,
        ],
    );
    let run = house.make().await;
    let working = house.work("w");
    let parked = house.until_status(&run, RunStatus::Parked).await;
    assert!(parked.note.unwrap().contains("was the card charged?"));
    working.worker.resume(&run, "person:test").await.unwrap();
    let trapped = |it: &mavm_store::Run| {
        it.status == RunStatus::Parked && it.note.as_ref().is_some_and(|it| it.contains("panicked"))
    };
    house.until(&run, "trapped", trapped).await;

    house.active.set("beta", Some("beta-2"));
    working.worker.resume(&run, "person:test").await.unwrap();
    house.until_status(&run, RunStatus::Succeeded).await;
    assert_eq!(house.script.called(), ["first/1", "second/1", "second/2", "second/3", "third/1"]);
    assert_eq!(house.script.call("second").digest, "beta-2", "the mended plugin");
    working.stop().await;
}

#[tokio::test]
async fn a_worker_that_has_lost_the_run_stops_and_writes_nothing() {
    let house = House::new(&[MAKE]).await;
    house.script.say("second", [Answer::Hangs]);
    let run = house.make().await;
    let working = house.work("slow");
    house.script.until("second is under way", |it| it.called().len() == 2).await;

    let later = house.run(&run).await.claim_until.unwrap() + SignedDuration::from_secs(1);
    let until = later + SignedDuration::from_secs(3600);
    let stolen = house.store.claim("thief", later, until).await.unwrap().unwrap();
    let before = house.events(&run).await;
    house.clock.advance(20); // the claim is to be renewed
    house.script.until("the step is cut off", |it| !it.dropped.lock().unwrap().is_empty()).await;
    working.stop().await;
    assert_eq!(house.events(&run).await, before);
    assert_eq!(house.run(&run).await.claimed_by.as_deref(), Some("thief"));
    house.store.renew(&stolen.fence, until).await.unwrap();
}

#[tokio::test]
async fn a_step_may_say_that_the_run_is_lost() {
    let house = House::new(&[MAKE]).await;
    house.script.say("first", [Answer::Error(StepError::Fenced)]);
    let run = house.make().await;
    let working = house.work("w");
    house.script.until("it is let go", |it| it.called().len() == 1).await;
    working.stop().await;
    let events = house.events(&run).await;
    assert!(!events.iter().any(|it| it.starts_with("step-failed")), "{events:?}");
}

#[tokio::test]
async fn killed_in_any_step_a_run_goes_on_from_there() {
    for (dies_in, expected) in [
        ("first", ["first/1", "first/2", "second/1", "third/1"]),
        ("second", ["first/1", "second/1", "second/2", "third/1"]),
        ("third", ["first/1", "second/1", "third/1", "third/2"]),
    ] {
        let house = House::new(&[MAKE]).await;
        house.script.say(dies_in, [Answer::Hangs]);
        house.script.say("second", [KNOWN]);
        let run = house.make().await;
        let working = house.work("w");
        let hangs = |it: &crate::house::Script| {
            it.called().last().is_some_and(|last| last.starts_with(dies_in))
        };
        house.script.until("the step hangs", hangs).await;
        working.kill().await;
        let working = house.work("w");
        house.until_status(&run, RunStatus::Succeeded).await;
        working.stop().await;
        assert_eq!(house.script.called(), expected);
        let view = house.view(&run).await;
        assert!(view.steps.iter().all(|step| step.failure.is_none()), "{dies_in}");
    }
}

#[tokio::test]
async fn a_step_that_ends_the_host_again_and_again_waits_for_a_person() {
    let house = House::new(&[MAKE]).await;
    let run = house.make().await;
    for crash in 1..=5 {
        house.script.say("first", [Answer::Hangs]);
        let working = house.work("w");
        house.script.until("it hangs", |it| it.called().len() == crash).await;
        working.kill().await;
    }
    let working = house.work("w");
    let parked = house.until_status(&run, RunStatus::Parked).await;
    assert!(parked.note.unwrap().contains("ended the host 5 times in a row"));
    assert_eq!(house.script.called().len(), 5);
    working.stop().await;
}

#[tokio::test]
async fn a_clean_stop_gives_the_run_to_whoever_comes_next() {
    let house = House::new(&[MAKE]).await;
    house.script.say("first", [Answer::Hangs]);
    house.script.say("second", [KNOWN]);
    let run = house.make().await;
    let working = house.work("one");
    house.script.until("it hangs", |it| it.called().len() == 1).await;
    working.stop().await;
    assert_eq!(house.run(&run).await.claimed_by, None);
    assert_eq!(house.events(&run).await.last().unwrap(), "step-interrupted first");
    let working = house.work("two");
    house.until_status(&run, RunStatus::Succeeded).await;
    working.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn workers_that_race_do_each_step_once() {
    let house = House::new(&[MAKE]).await;
    house.script.say("second", (0..24).map(|_| KNOWN));
    let mut runs = Vec::new();
    for _ in 0..24 {
        runs.push(house.make().await);
    }
    let workers: Vec<_> = (0..4).map(|index| house.work(&format!("w{index}"))).collect();
    for run in &runs {
        house.until_status(run, RunStatus::Succeeded).await;
    }
    for working in workers {
        working.stop().await;
    }
    assert_eq!(house.script.called().len(), 24 * 3);
    for run in &runs {
        assert_eq!(house.events(run).await.len(), 8);
        assert_eq!(house.account(run).await.status, AccountStatus::Created);
    }
}

#[tokio::test]
async fn steps_branch_are_left_out_and_wait() {
    let text = r#"
name = "make"
[account]
from = ["PLANNED"]
during = "IN_PROGRESS"
done = "CREATED"
failed = "QUARANTINED"
[[trigger]]
on = "person"
[[step]]
id = "fork"
plugin = "alpha"
on = { ahead = "later" }
[[step]]
id = "between"
plugin = "alpha"
[[step]]
id = "later"
plugin = "alpha"
when = "not config.yes"
[[step]]
id = "patient"
plugin = "alpha"
when = "facts.between.x is not defined and account.status == 'IN_PROGRESS'"
"#;
    let house = House::new(&[text]).await;
    house.script.say("fork", [Answer::Branch("ahead")]);
    let wait = Outcome::Wait(WaitFor::Time(Duration { milliseconds: 60_000 }));
    let ask = Outcome::Wait(WaitFor::Approval("the charge of 1 USD".to_owned()));
    house.script.say("patient", [Answer::Outcome(wait), Answer::Outcome(ask)]);
    let run = house.make().await;
    let working = house.work("w");
    house.until(&run, "asleep", |it| it.wake_at > Some(it.started_at)).await;
    house.clock.advance(60);
    let parked = house.until_status(&run, RunStatus::Parked).await;
    assert_eq!(
        parked.note.as_deref(),
        Some("step `patient` waits for approval: the charge of 1 USD")
    );
    working.worker.resume(&run, "person:test").await.unwrap();
    house.until_status(&run, RunStatus::Succeeded).await;
    assert_eq!(house.script.called(), ["fork/1", "patient/1", "patient/2", "patient/3"]);
    let facts = house.script.call("patient").facts;
    assert_eq!((facts[0].name.as_str(), facts[0].value.as_str()), ("approved_by", "person:test"));
    let statuses: Vec<_> = house.view(&run).await.steps.iter().map(|it| json!(it.status)).collect();
    assert_eq!(statuses, ["done", "skipped", "skipped", "done"]);
    working.stop().await;
}

#[tokio::test]
async fn a_branch_that_the_flow_does_not_name_fails_the_run() {
    let house = House::new(&[MAKE]).await;
    house.script.say("first", [Answer::Branch("suspended")]);
    let run = house.make().await;
    let working = house.work("w");
    let failed = house.until_status(&run, RunStatus::Failed).await;
    assert!(failed.note.unwrap().contains("answered `suspended`"));
    working.stop().await;
}

#[tokio::test]
async fn an_account_without_number_and_role_never_gets_into_stock() {
    let house = House::new(&[MAKE]).await;
    house.script.say("second", [Answer::Done(&[("account_id", "12345"), ("role_arn", "arn:x")])]);
    let run = house.make().await;
    let working = house.work("w");
    let parked = house.until_status(&run, RunStatus::Parked).await;
    assert_eq!(parked.note.as_deref(), Some("the flow's account `id` came out as \"12345\""));
    assert_eq!(house.account(&run).await.status, AccountStatus::InProgress);
    assert_eq!(house.account(&run).await.id, None);
    working.stop().await;
}

#[tokio::test]
async fn two_accounts_never_get_the_same_number() {
    let house = House::new(&[MAKE]).await;
    const KNOWN: [(&str, &str); 2] =
        [("account_id", "012345678901"), ("role_arn", "arn:aws:iam::012345678901:role/x")];
    house.script.say("second", [Answer::Done(&KNOWN), Answer::Done(&KNOWN)]);
    let working = house.work("w");
    let first = house.make().await;
    house.until_status(&first, RunStatus::Succeeded).await;
    let second = house.make().await;
    let parked = house.until_status(&second, RunStatus::Parked).await;
    let owner = house.account(&first).await.name;
    let note = parked.note.unwrap();
    assert!(note.contains(&format!("account number {} is that of {owner} already", KNOWN[0].1)));
    assert_eq!(house.account(&second).await.id, None);
    working.worker.resume(&second, "person:test").await.unwrap();
    house
        .until(&second, "parked again", |it| {
            it.version > parked.version + 1 && it.status == RunStatus::Parked
        })
        .await;
    working.stop().await;
}

#[tokio::test]
async fn a_missing_fact_parks_the_run_before_anything_is_tried() {
    let house = House::new(&[MAKE]).await;
    let run = house.make().await;
    let working = house.work("w");
    let parked = house.until_status(&run, RunStatus::Parked).await;
    let note = parked.note.unwrap();
    assert!(note.contains("step `third` can't begin"), "{note}");
    assert!(note.contains("facts.second.account_id"), "{note}");
    assert_eq!(house.script.called().len(), 2);
    working.stop().await;
}

#[tokio::test]
async fn more_facts_than_allowed_are_the_plugins_fault() {
    let house = House::new(&[MAKE]).await;
    let fact =
        |index: usize| mavm_plugin::Fact { name: format!("f{index}"), value: "x".to_owned() };
    let many = Outcome::Done((0..65).map(fact).collect());
    house.script.say("first", [Answer::Outcome(many)]);
    let run = house.make().await;
    let working = house.work("w");
    let parked = house.until_status(&run, RunStatus::Parked).await;
    assert!(parked.note.unwrap().contains("65 facts"));
    working.stop().await;
}

#[tokio::test]
async fn a_run_goes_on_with_the_text_it_began_with() {
    let house = House::new(&[MAKE]).await;
    house.script.say("second", [KNOWN]);
    let old = house.make().await;
    let text = MAKE.replace("id = \"first\"", "id = \"zeroth\"");
    let newer = house.with_flows(&[&text]);
    let new = newer.by_person("make", None, "test").await.unwrap();
    house.script.say("second", [KNOWN]);
    let working = house.work("w");
    house.until_status(&old, RunStatus::Succeeded).await;
    house.until_status(&new, RunStatus::Succeeded).await;
    working.stop().await;
    assert_eq!(house.view(&old).await.steps[0].id, "first");
    assert_eq!(house.view(&new).await.steps[0].id, "zeroth");
}

#[tokio::test]
async fn a_run_whose_text_is_gone_is_parked_and_can_be_resumed() {
    let house = House::new(&[MAKE]).await;
    house.script.say("second", [KNOWN]);
    let run = house.make().await;
    let path = house.folder.path().join("flows").join(format!("{}.toml", digest(MAKE)));
    std::fs::write(&path, MAKE.replace("first", "other")).unwrap();
    let working = house.work("w");
    let parked = house.until_status(&run, RunStatus::Parked).await;
    assert!(parked.note.unwrap().contains("was changed since the run began"));
    assert!(house.view(&run).await.steps.is_empty());
    std::fs::write(&path, MAKE).unwrap();
    working.worker.resume(&run, "person:test").await.unwrap();
    house.until_status(&run, RunStatus::Succeeded).await;
    working.stop().await;
}

#[tokio::test]
async fn a_plugin_that_was_not_pinned_is_pinned_when_a_person_resumes() {
    let text = MAKE.replacen("plugin = \"alpha\"", "plugin = \"{{ config.card.issuer }}\"", 1);
    let house = House::new(&[&text]).await;
    house.script.say("second", [KNOWN]);
    let run = house.make().await;
    // As after a change of the configuration: what the text now comes to was never pinned.
    let texts = house.folder.path().join("flows");
    let mut config = crate::house::config();
    config["card"]["issuer"] = "gamma".into();
    let mut house = house;
    house.texts = std::sync::Arc::new(mavm_flow::FlowTexts::open(&texts, config).unwrap());
    let working = house.work("w");
    let parked = house.until_status(&run, RunStatus::Parked).await;
    assert!(parked.note.unwrap().contains("this run pinned no plugin `gamma`"));
    working.worker.resume(&run, "person:test").await.unwrap();
    house.until_status(&run, RunStatus::Succeeded).await;
    assert_eq!(house.script.call("first").digest, "gamma-1");
    working.stop().await;
}
