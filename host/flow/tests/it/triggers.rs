//! What starts runs, on a real store and a clock that is moved by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use jiff::SignedDuration;
use mavm_flow::{Clock, StartError, Triggers};
use mavm_store::{AccountStatus, Run, RunStatus, Vended};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::house::{CLOSE, House, KNOWN, MAKE};

const HOUR: i64 = 3600;

struct Watching(CancellationToken, JoinHandle<()>);

impl Watching {
    fn start(house: &House) -> Self {
        let stop = CancellationToken::new();
        let triggers = Triggers::new(Arc::clone(&house.starter));
        Self(stop.clone(), tokio::spawn(triggers.run(stop)))
    }

    async fn stop(self) {
        self.0.cancel();
        self.1.await.unwrap();
    }
}

async fn runs(house: &House) -> Vec<Run> {
    house.store.runs(None, 100).await.unwrap()
}

/// Waits until there are so many runs.
async fn until_runs(house: &House, count: usize) -> Vec<Run> {
    let mut changes = house.store.changes();
    let wait = async {
        loop {
            changes.borrow_and_update();
            let runs = runs(house).await;
            if runs.len() >= count {
                return runs;
            }
            changes.changed().await.unwrap();
        }
    };
    let runs = tokio::time::timeout(std::time::Duration::from_secs(30), wait).await;
    runs.unwrap_or_else(|_| panic!("there are never {count} runs"))
}

#[tokio::test]
async fn stock_is_filled_at_the_pace_up_to_the_target() {
    let house = House::new(&[MAKE]).await;
    let watching = Watching::start(&house);
    let first = until_runs(&house, 1).await.remove(0);
    assert_eq!(first.trigger, "stock");
    let account = house.store.account(&first.account).await.unwrap().unwrap();
    assert_eq!(account.status, AccountStatus::Planned);
    let digits = account.name.0.strip_prefix("ovm-").unwrap();
    assert_eq!(account.email, format!("root+{digits}@example.com"));
    let pins =
        [("alpha".to_owned(), "alpha-1".to_owned()), ("beta".to_owned(), "beta-1".to_owned())];
    assert_eq!(first.plugins, pins);

    house.clock.advance(2 * HOUR);
    let second = until_runs(&house, 2).await.remove(0);
    assert_eq!(second.started_at.duration_since(first.started_at), SignedDuration::from_hours(2));
    // The target is reached: time alone starts nothing more, an account that leaves does.
    house.clock.advance(5 * HOUR);
    house.script.say("second", [KNOWN, KNOWN]);
    let working = house.work("w");
    for run in [&first, &second] {
        house.until_status(&run.id, RunStatus::Succeeded).await;
    }
    working.stop().await;
    assert_eq!(runs(&house).await.len(), 2);
    let now = house.clock.now();
    let vended = house.store.vend(now, now, None, "test").await.unwrap();
    assert!(matches!(vended, Vended::Account(_)));
    until_runs(&house, 3).await;
    watching.stop().await;
}

#[tokio::test]
async fn the_switch_stops_sign_ups_until_it_is_turned_back() {
    let house = House::new(&[MAKE]).await;
    house.store.stop_signups(true, "test", house.clock.now()).await.unwrap();
    let by_person = house.starter.by_person("make", None, "test").await;
    assert!(matches!(by_person, Err(StartError::NotNow { why, .. }) if why.contains("stopped")));
    let watching = Watching::start(&house);
    house.clock.advance(3 * HOUR);
    house.store.stop_signups(false, "test", house.clock.now()).await.unwrap();
    let runs = until_runs(&house, 1).await;
    assert_eq!(runs[0].started_at, house.clock.now(), "not before the switch was turned back");
    watching.stop().await;
}

#[tokio::test]
async fn an_account_whose_lease_is_over_is_closed_once() {
    let house = House::new(&[MAKE, CLOSE]).await;
    house.script.say("second", [KNOWN]);
    let made = house.make().await;
    let working = house.work("w");
    house.until_status(&made, RunStatus::Succeeded).await;
    let now = house.clock.now();
    let lease = now + SignedDuration::from_hours(1);
    let Vended::Account(account) = house.store.vend(now, lease, None, "test").await.unwrap() else {
        panic!("nothing in stock")
    };
    house.store.stop_signups(true, "test", now).await.unwrap();
    let watching = Watching::start(&house);
    house.clock.advance(HOUR);
    let closing = until_runs(&house, 2).await.remove(0);
    assert_eq!((closing.flow.as_str(), closing.trigger.as_str()), ("close", "lease"));
    assert_eq!(closing.account, account.name);
    house.until_status(&closing.id, RunStatus::Succeeded).await;
    house.clock.advance(48 * HOUR);
    watching.stop().await;
    working.stop().await;
    let closed = house.store.account(&account.name).await.unwrap().unwrap();
    assert_eq!(closed.status, AccountStatus::Closed);
    assert!(closed.closed_at.is_some());
    assert_eq!(runs(&house).await.len(), 2);
}

#[tokio::test]
async fn a_person_may_be_faster_than_the_pace_but_not_over_the_ceiling() {
    let text = MAKE.replace("max-per-day = 30", "max-per-day = 3");
    let house = House::new(&[&text]).await;
    for _ in 0..3 {
        house.make().await;
    }
    let runs = runs(&house).await;
    assert!(runs.iter().all(|run| run.trigger == "person:test"));
    let fourth = house.starter.by_person("make", None, "test").await.unwrap_err();
    let StartError::NotNow { why, again_at } = &fourth else { panic!("{fourth}") };
    assert!(why.contains("ceiling"), "{why}");
    assert_eq!(*again_at, Some(runs[2].started_at + SignedDuration::from_hours(24)));
}

#[tokio::test]
async fn a_person_is_told_why_a_flow_does_not_start() {
    let nobody = MAKE
        .replace("name = \"make\"", "name = \"shy\"")
        .replace("[[trigger]]\non = \"person\"\n", "");
    let house = House::new(&[MAKE, CLOSE, &nobody]).await;
    let starter = &house.starter;
    let account = house.account(&house.make().await).await.name;
    let cases = [
        ("mak", None, "there is no flow `mak`; there are: close, make, shy"),
        ("shy", None, "flow `shy` can't be started by a person; add `[[trigger]]`"),
        ("close", None, "flow `close` needs an account"),
        ("make", Some(&account), "flow `make` makes a new account and takes none"),
    ];
    for (flow, account, expected) in cases {
        let error = starter.by_person(flow, account, "test").await.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let error = starter.by_person("close", Some(&account), "test").await.unwrap_err();
    assert!(matches!(error, StartError::Store(mavm_store::Error::Conflict(_))), "{error}");
    house.active.set("beta", None);
    let error = starter.by_person("make", None, "test").await.unwrap_err().to_string();
    assert!(error.contains("needs the plugin `beta`, which is not active"), "{error}");
}
