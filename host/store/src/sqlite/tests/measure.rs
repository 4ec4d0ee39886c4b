//! How fast it is, on demand: `cargo test -p mavm-store measure -- --ignored --nocapture`. Nothing
//! is asserted of the time.

use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use crate::tests::fixture::{Home, at, claim, created, signup};
use crate::{AccountChange, RunChange, Vended};

const TASKS: u32 = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn measure() {
    let home = Home::new().await;
    let each = 200;
    let accounts = TASKS * 50;

    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..TASKS {
        let store = home.store();
        tasks.spawn(async move {
            for number in (task..accounts).step_by(TASKS as usize) {
                signup(&*store, number, at(i64::from(number))).await;
            }
        });
    }
    tasks.join_all().await;
    report("sign-ups started", accounts, started);

    let claim_one = claim(&*home.store(), "w", at(999_999)).await;
    let started = Instant::now();
    for _ in 0..each {
        let keep = AccountChange::default();
        let entry = json!({"step-done": {"step": "card", "facts": {}}});
        home.store()
            .append(&claim_one.fence, at(1), vec![entry], RunChange::Keep, keep)
            .await
            .unwrap();
    }
    report("appends by 1 task", each, started);

    let mut claims = Vec::new();
    for _ in 0..TASKS {
        claims.push(Arc::new(claim(&*home.store(), "w", at(999_999)).await));
    }
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for claim in claims {
        let store = home.store();
        tasks.spawn(async move {
            for _ in 0..each {
                let keep = AccountChange::default();
                let entry = json!({"step-done": {"step": "card", "facts": {}}});
                store
                    .append(&claim.fence, at(1), vec![entry], RunChange::Keep, keep)
                    .await
                    .unwrap();
            }
        });
    }
    tasks.join_all().await;
    report("appends by 64 tasks", TASKS * each, started);

    let store = home.store();
    store.release_claims("w").await.unwrap();
    let mut number = 0;
    while let Some(claim) = store.claim("w", at(999_999), at(9_999_999)).await.unwrap() {
        store
            .append(&claim.fence, at(1), vec![json!(0)], RunChange::Succeed, created(number))
            .await
            .unwrap();
        number += 1;
    }
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..TASKS {
        let store = home.store();
        tasks.spawn(async move {
            let mut vended = 0;
            while let Vended::Account(_) = store.vend(at(1), at(2), None, "a").await.unwrap() {
                vended += 1;
            }
            vended
        });
    }
    let vended: u32 = tasks.join_all().await.into_iter().sum();
    report("vends by 64 tasks", vended, started);

    let started = Instant::now();
    for _ in 0..each {
        store.run(&claim_one.run.id).await.unwrap();
    }
    report("reads by 1 task", each, started);
}

fn report(what: &str, count: u32, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    println!("{count} {what} in {seconds:.2} s: {:.0} per second", f64::from(count) / seconds);
}
