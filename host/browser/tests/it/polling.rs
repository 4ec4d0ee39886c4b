//! A page that holds requests open for ever is told from one that still loads.

use std::time::Duration;

use mavm_browser::{ClickOptions, Error};

use crate::on_both;
use crate::stage::{BRIEF, Build, Stage};

/// More than the ten seconds after which a request without an answer counts as held open.
const LONG: Duration = Duration::from_secs(13);

fn page(name: &str, build: Build) -> String {
    format!("polling.html?{name}-{build:?}")
}

async fn without(stage: &Stage, within: Duration) -> Error {
    stage.css("#wanted").click(ClickOptions::default(), within).await.unwrap_err()
}

on_both! {
    a_request_that_is_young_is_awaited_and_one_held_open_is_not: |stage| {
        stage.open(&page("poll", stage.build)).await;
        let error = without(&stage, BRIEF).await;
        assert!(matches!(&error, Error::TimedOut(waited) if waited.last_obstacle.as_ref().unwrap().contains("/slow/poll-poll")), "{error}");
        let error = without(&stage, LONG).await;
        assert!(matches!(&error, Error::PageChanged(change) if change.url.contains("/pages/polling.html")), "{error}");
    }

    a_picture_or_frame_that_hangs_is_done_without_but_not_a_script: |stage| {
        let page = |what: &str| format!("unfinished.html?{what}-{:?}", stage.build);
        stage.open(&page("picture")).await;
        let error = without(&stage, BRIEF).await;
        assert!(matches!(error, Error::TimedOut(_)), "{error}");
        let error = without(&stage, LONG).await;
        assert!(matches!(error, Error::PageChanged(_)), "{error}");
        stage.open(&page("script")).await;
        let error = without(&stage, LONG).await;
        assert!(matches!(&error, Error::TimedOut(waited) if waited.last_obstacle.as_ref().unwrap().contains("still loading")), "{error}");
    }

    streams_and_sockets_are_never_awaited: |stage| {
        stage.open(&page("streams", stage.build)).await;
        stage.page.wait_for_load(mavm_browser::LoadState::NetworkIdle, LONG).await.unwrap();
        assert_eq!(stage.page.title(LONG).await.unwrap(), "Polling now");
        let error = without(&stage, BRIEF).await;
        assert!(matches!(error, Error::PageChanged(_)), "{error}");
    }

    the_answer_to_a_deed_is_awaited_however_long_it_takes: |stage| {
        stage.open(&page("deed", stage.build)).await;
        stage.css("#ask").click(ClickOptions::default(), LONG).await.unwrap();
        let error = without(&stage, LONG).await;
        assert!(matches!(error, Error::TimedOut(_)), "{error}");
    }

    a_page_that_never_stands_still_comes_to_a_verdict: |stage| {
        stage.open(&page("ticking-streams", stage.build)).await;
        stage.page.wait_for_load(mavm_browser::LoadState::NetworkIdle, LONG).await.unwrap();
        let error = without(&stage, BRIEF).await;
        assert!(matches!(error, Error::PageChanged(_)), "{error}");
        // With a request besides it may be on its way to somewhere.
        stage.open(&page("ticking", stage.build)).await;
        let error = without(&stage, LONG).await;
        assert!(matches!(error, Error::TimedOut(_)), "{error}");
    }
}
