//! Drift: one run finds that a page has changed, the others wait, and all go on once a newer plugin
//! is there or the page is as before.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use mavm_store::RunStatus;

use crate::house::{House, KNOWN, MAKE, drift};

#[tokio::test]
async fn drift_holds_other_runs_until_a_newer_plugin_is_there() {
    let house = House::new(&[MAKE]).await;
    house.script.say("second", [drift(), KNOWN, KNOWN]);
    let working = house.work("w");
    let met = house.make().await;
    let parked = house.until_status(&met, RunStatus::Parked).await;
    assert!(parked.note.unwrap().contains("the page has changed: looked for button \"Continue\""));
    let heard = house.make().await;
    let parked = house.until_status(&heard, RunStatus::Parked).await;
    assert!(parked.note.unwrap().contains("another run found that a page has changed"));
    assert_eq!(house.script.called(), ["first/1", "second/1", "first/1"], "it didn't run into it");

    // A host that is started again knows it still.
    working.kill().await;
    let working = house.work("w");
    let late = house.make().await;
    house.until_status(&late, RunStatus::Parked).await;

    house.active.set("beta", Some("beta-2"));
    house.script.say("second", [KNOWN]);
    working.worker.plugin_swapped("beta", "beta-2");
    for run in [&met, &heard, &late] {
        let run = house.until_status(run, RunStatus::Succeeded).await;
        let pins =
            [("alpha".to_owned(), "alpha-1".to_owned()), ("beta".to_owned(), "beta-2".to_owned())];
        assert_eq!(run.plugins, pins);
    }
    assert_eq!(house.view(&met).await.steps[1].attempts, 2);
    assert_eq!(house.view(&heard).await.steps[1].attempts, 1);
    let resumed = &house.store.journal(&heard).await.unwrap();
    assert!(resumed.iter().any(|it| it.entry["by"] == "plugin beta beta-2"));
    working.stop().await;
}

#[tokio::test]
async fn a_run_that_drifts_goes_on_at_once_with_a_plugin_that_is_newer_already() {
    let house = House::new(&[MAKE]).await;
    house.script.say("second", [drift(), KNOWN]);
    let run = house.make().await;
    house.active.set("beta", Some("beta-2"));
    let working = house.work("w");
    house.until_status(&run, RunStatus::Succeeded).await;
    assert_eq!(house.script.call("second").digest, "beta-2");
    working.stop().await;
}

#[tokio::test]
async fn when_a_page_is_as_before_one_resumed_run_frees_the_others() {
    let house = House::new(&[MAKE]).await;
    house.script.say("second", [drift(), KNOWN, KNOWN]);
    let working = house.work("w");
    let met = house.make().await;
    house.until_status(&met, RunStatus::Parked).await;
    let heard = house.make().await;
    house.until_status(&heard, RunStatus::Parked).await;
    working.worker.resume(&met, "person:test").await.unwrap();
    house.until_status(&met, RunStatus::Succeeded).await;
    house.until_status(&heard, RunStatus::Succeeded).await;
    working.stop().await;
}
