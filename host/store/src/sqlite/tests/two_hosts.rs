//! Two processes on one file, here as two stores: nothing that they remember is shared.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::SignedDuration;

use crate::sqlite::Sqlite;
use crate::tests::fixture::{
    Home, a_run, assert_fenced, at, claim, email, name, note, signup, stock, working,
};
use crate::{Pace, Started, Store, Vended};

async fn two() -> (Home, [Arc<dyn Store>; 2]) {
    let home = Home::new().await;
    let other = Sqlite::open(&home.path()).await.unwrap();
    let hosts: [Arc<dyn Store>; 2] = [home.store(), Arc::new(other)];
    (home, hosts)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn together_they_keep_the_pace() {
    let (_home, hosts) = two().await;
    let pace = Pace { every: SignedDuration::from_mins(1), max_per_day: 5, target: 100 };
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..40_u32 {
        let (store, pace) = (hosts[number as usize % 2].clone(), pace.clone());
        asking.spawn(async move {
            let run = a_run("create", &name(number));
            let now = at(i64::from(number / 4) * 60);
            store.start_signup(now, run, &email(number), &pace).await.unwrap()
        });
    }
    let started = asking.join_all().await;
    let started = started.iter().filter(|answer| matches!(answer, Started::Yes(_))).count();
    assert!((1..=5).contains(&started), "{started}");
    let mut times: Vec<_> =
        hosts[0].runs(None, 100).await.unwrap().iter().map(|run| run.started_at).collect();
    times.sort();
    assert_eq!(times.len(), started);
    let minute = SignedDuration::from_mins(1);
    assert!(times.windows(2).all(|two| two[1].duration_since(two[0]) >= minute), "{times:?}");
}

#[tokio::test]
async fn each_hears_of_the_others_writes() {
    let (_home, hosts) = two().await;
    for (number, (listens, writes)) in (0..).zip([(0, 1), (1, 0)]) {
        let mut changes = hosts[listens].changes();
        stock(&*hosts[writes], number..number + 1).await;
        let heard = tokio::time::timeout(std::time::Duration::from_secs(20), changes.changed());
        heard.await.expect("the other's write was not told").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn together_they_vend_each_account_once() {
    let (_home, hosts) = two().await;
    stock(&*hosts[0], 0..10).await;
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..64 {
        let store = hosts[caller % 2].clone();
        callers.spawn(async move { store.vend(at(100), at(200), None, "a").await.unwrap() });
    }
    let names: Vec<_> = callers
        .join_all()
        .await
        .into_iter()
        .filter_map(|vended| match vended {
            Vended::Account(account) => Some(account.name),
            Vended::OutOfStock => None,
        })
        .collect();
    assert_eq!((names.len(), names.iter().collect::<HashSet<_>>().len()), (10, 10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_run_that_the_other_took_is_fenced_here() {
    let (_home, hosts) = two().await;
    let mine = working(&*hosts[0]).await;
    let theirs = claim(&*hosts[1], "other", at(60)).await;
    assert_fenced(note(&*hosts[0], &mine, "mine").await);
    note(&*hosts[1], &theirs, "theirs").await.unwrap();
    assert_eq!(hosts[0].journal(&mine.run.id).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_reads_and_turns_switches_while_the_other_writes() {
    let (_home, hosts) = two().await;
    let writing = {
        let store = hosts[0].clone();
        tokio::spawn(async move {
            for number in 0..100 {
                signup(&*store, number, at(0)).await;
            }
        })
    };
    let mut seen = 0;
    while !writing.is_finished() {
        let now = hosts[1].accounts(None).await.unwrap().len();
        assert!(now >= seen);
        seen = now;
        hosts[1].stop_signups(false, "person:cli", at(0)).await.unwrap();
    }
    writing.await.unwrap();
    assert_eq!(hosts[1].accounts(None).await.unwrap().len(), 100);
}
