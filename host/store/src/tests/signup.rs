//! The pace of sign-ups: switch, stock, ceiling, time between two.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::fixture::{Shared, a_run, at, claim, email, name, refused, stock, unhurried};
use crate::{
    AccountChange, AccountStatus, Pace, Result, RunChange, RunStatus, Started, Store, Vended,
};

on_every_store!(
    a_sign_up_inserts_account_and_run,
    two_sign_ups_keep_their_distance,
    a_day_has_a_ceiling,
    a_ceiling_of_zero_is_never,
    the_later_of_pace_and_ceiling_counts,
    stock_is_filled_up_to_the_target,
    the_switch_stops_all_sign_ups,
    a_name_or_an_address_is_taken_once,
    racing_hosts_start_one,
    each_flow_has_its_own_pace,
    a_run_by_other_means_is_no_sign_up,
);

async fn start(store: &dyn Store, number: u32, now: Timestamp, pace: &Pace) -> Result<Started> {
    let run = a_run("create-account", &name(number));
    store.start_signup(now, run, &email(number), pace).await
}

async fn yes(store: &dyn Store, number: u32, now: Timestamp, pace: &Pace) {
    let started = start(store, number, now, pace).await.unwrap();
    assert!(matches!(started, Started::Yes(_)), "{started:?}");
}

/// Refused; the words, and when to ask again.
async fn no(
    store: &dyn Store,
    number: u32,
    now: Timestamp,
    pace: &Pace,
) -> (String, Option<Timestamp>) {
    match start(store, number, now, pace).await.unwrap() {
        Started::No { why, again_at } => {
            assert_eq!(store.account(&name(number)).await.unwrap(), None, "nothing is inserted");
            (why, again_at)
        }
        started => panic!("{started:?}"),
    }
}

async fn a_sign_up_inserts_account_and_run(store: Shared) {
    let started = start(&*store, 1, at(0), &unhurried()).await.unwrap();
    let Started::Yes(id) = started else { panic!("{started:?}") };
    let account = store.account(&name(1)).await.unwrap().unwrap();
    assert_eq!((account.status, account.planned_at), (AccountStatus::Planned, at(0)));
    assert_eq!(account.email, email(1));
    let run = store.run(&id).await.unwrap().unwrap();
    assert_eq!((run.status, run.account, run.started_at), (RunStatus::Ready, name(1), at(0)));
    assert_eq!(run.plugins, [("aws-signup".to_owned(), "d1".to_owned())]);
    assert_eq!((run.trigger.as_str(), run.epoch, run.version), ("stock", 0, 0));
}

async fn two_sign_ups_keep_their_distance(store: Shared) {
    let pace = Pace { every: SignedDuration::from_hours(2), ..unhurried() };
    yes(&*store, 1, at(0), &pace).await;
    let (why, again) = no(&*store, 2, at(60), &pace).await;
    assert_eq!(
        why,
        "the last sign-up of `create-account` began at 2027-01-15T08:00:00Z, and its pace is one \
         every 2h"
    );
    assert_eq!(again, Some(at(7200)));
    no(&*store, 2, at(7199), &pace).await;
    yes(&*store, 2, at(7200), &pace).await;
    // A host whose clock is behind doesn't get around it.
    assert_eq!(no(&*store, 3, at(10), &pace).await.1, Some(at(14_400)));
    // Without a pace there is nothing to get around.
    yes(&*store, 3, at(10), &unhurried()).await;
}

async fn a_day_has_a_ceiling(store: Shared) {
    let pace = Pace { max_per_day: 3, ..unhurried() };
    for number in 0..3 {
        yes(&*store, number, at(i64::from(number) * 100), &pace).await;
    }
    let (why, again) = no(&*store, 9, at(1000), &pace).await;
    assert_eq!(why, "`create-account` has begun 3 sign-ups within 24 hours, which is its ceiling");
    assert_eq!(again, Some(at(86_400)));
    yes(&*store, 9, at(86_400), &pace).await;
    assert_eq!(no(&*store, 10, at(86_401), &pace).await.1, Some(at(86_500)));
}

async fn a_ceiling_of_zero_is_never(store: Shared) {
    let pace = Pace { max_per_day: 0, ..unhurried() };
    let (why, again) = no(&*store, 1, at(0), &pace).await;
    assert_eq!(why, "`create-account` may sign up no account at all: its ceiling is 0");
    assert_eq!(again, None);
}

async fn the_later_of_pace_and_ceiling_counts(store: Shared) {
    let pace = Pace { every: SignedDuration::from_hours(2), max_per_day: 1, target: 100 };
    yes(&*store, 1, at(0), &pace).await;
    assert_eq!(no(&*store, 2, at(1), &pace).await.1, Some(at(86_400)));
    let pace = Pace { every: SignedDuration::from_hours(48), max_per_day: 1, target: 100 };
    assert_eq!(no(&*store, 2, at(1), &pace).await.1, Some(at(2 * 86_400)));
}

async fn stock_is_filled_up_to_the_target(store: Shared) {
    let pace = Pace { target: 2, ..unhurried() };
    stock(&*store, 0..1).await;
    yes(&*store, 1, at(100), &pace).await;
    let (why, again) = no(&*store, 2, at(101), &pace).await;
    assert_eq!(why, "2 accounts are in stock or on the way, and the target is 2");
    assert_eq!(again, None, "time alone changes nothing");

    assert_eq!(store.in_stock().await.unwrap(), 2);

    // One is vended: there is room for another.
    assert!(matches!(store.vend(at(102), at(200), None, "a").await.unwrap(), Vended::Account(_)));
    yes(&*store, 2, at(103), &pace).await;
    no(&*store, 3, at(104), &pace).await;

    // One that needs a person is not on the way.
    let claim = claim(&*store, "w", at(105)).await;
    let failed = AccountChange { status: Some(AccountStatus::Quarantined), ..Default::default() };
    let end = RunChange::Fail("declined".to_owned());
    store.append(&claim.fence, at(106), vec![json!("end")], end, failed).await.unwrap();
    assert_eq!(store.in_stock().await.unwrap(), 1);
    yes(&*store, 3, at(107), &pace).await;
}

async fn the_switch_stops_all_sign_ups(store: Shared) {
    store.stop_signups(true, "person:cli", at(0)).await.unwrap();
    assert!(store.signups_stopped().await.unwrap());
    let (why, again) = no(&*store, 1, at(1), &unhurried()).await;
    assert_eq!(why, "all sign-ups are stopped; `mavm signups start` lets them go on");
    assert_eq!(again, None);
    store.stop_signups(false, "person:cli", at(2)).await.unwrap();
    assert!(!store.signups_stopped().await.unwrap());
    yes(&*store, 1, at(3), &unhurried()).await;
    let lines = store.audit_log(10).await.unwrap();
    let actions: Vec<&str> = lines.iter().map(|line| line.action.as_str()).collect();
    assert_eq!(actions, ["signups-allowed", "signups-stopped"]);
}

async fn a_name_or_an_address_is_taken_once(store: Shared) {
    yes(&*store, 1, at(0), &unhurried()).await;
    let start = async |number, email: &str| {
        let run = a_run("create-account", &name(number));
        refused(store.start_signup(at(1), run, email, &unhurried()).await)
    };
    let why = start(1, "other@example.com").await;
    assert_eq!(why, "there is an account ovm-00000001 already; take another name");
    let why = start(2, &email(1).to_uppercase()).await;
    assert!(why.contains("belongs to account ovm-00000001 already"), "{why}");
    assert_eq!(store.accounts(None).await.unwrap().len(), 1);
    assert_eq!(store.runs(None, 10).await.unwrap().len(), 1);
}

async fn racing_hosts_start_one(store: Shared) {
    let pace = Pace { every: SignedDuration::from_hours(2), max_per_day: 12, target: 5 };
    let mut hosts = tokio::task::JoinSet::new();
    for number in 0..16 {
        let (store, pace) = (store.clone(), pace.clone());
        hosts.spawn(async move { start(&*store, number, at(0), &pace).await.unwrap() });
    }
    let started = hosts.join_all().await;
    assert_eq!(started.iter().filter(|answer| matches!(answer, Started::Yes(_))).count(), 1);
    assert_eq!(store.accounts(None).await.unwrap().len(), 1);
}

async fn each_flow_has_its_own_pace(store: Shared) {
    let pace = Pace { every: SignedDuration::from_hours(2), ..unhurried() };
    yes(&*store, 1, at(0), &pace).await;
    let other = a_run("create-member", &name(2));
    let started = store.start_signup(at(1), other, &email(2), &pace).await.unwrap();
    assert!(matches!(started, Started::Yes(_)));
}

async fn a_run_by_other_means_is_no_sign_up(store: Shared) {
    let pace = Pace { every: SignedDuration::from_hours(2), ..unhurried() };
    stock(&*store, 0..1).await;
    let again = a_run("create-account", &name(0));
    store.start_run(at(8000), again, &[AccountStatus::Created], None).await.unwrap();
    yes(&*store, 1, at(8001), &pace).await;
}
