//! A session's cookies and storage, saved, go on in another session, also in another Chromium.

use std::time::Duration;

use mavm_browser::{ClickOptions, Launcher, Options, Sealed, SessionOptions, SessionState, Value};

use crate::on_both;
use crate::stage::{BRIEF, Build, SOON, Stage};

const PAGE: &str = "storing.html";

impl Stage {
    async fn store(&self, value: Value) {
        self.label("Keep").fill(value, SOON).await.unwrap();
        self.button("Store").click(ClickOptions::default(), SOON).await.unwrap();
    }

    async fn history(&self) -> String {
        self.css("#history").text(SOON).await.unwrap()
    }
}

/// Another session, with this state put back.
async fn another(build: Build, options: SessionOptions, state: &SessionState) -> Stage {
    let stage = Stage::with(build, options).await;
    stage.session.restore_state(state, SOON).await.unwrap();
    assert_eq!(stage.page.url().unwrap(), "about:blank");
    stage
}

on_both! {
    cookies_and_storage_go_on_in_another_session: |stage| {
        stage.page.goto(&Stage::own("/cookies"), SOON).await.unwrap();
        assert_eq!(stage.log().await, "none");
        stage.open(PAGE).await;
        let history = stage.history().await;
        stage.store(Value::plain("first")).await;
        let saved = stage.session.save_state(SOON).await.unwrap();

        let saved = SessionState::from_bytes(&saved.to_bytes()).unwrap();
        let other = another(stage.build, Stage::options(), &saved).await;
        assert!(other.session.save_state(SOON).await.unwrap().with_earlier(&saved) == saved);
        other.page.goto(&Stage::own("/cookies"), SOON).await.unwrap();
        assert_eq!(other.log().await, "hour=1; session=2");
        other.open(PAGE).await;
        assert_eq!(other.log().await, "first, first here");
        assert_eq!(other.history().await, history);
        other.session.close().await;
    }

    what_a_site_has_cleared_does_not_come_back: |stage| {
        stage.open(PAGE).await;
        stage.store(Value::plain("token")).await;
        let earlier = stage.session.save_state(SOON).await.unwrap();
        stage.button("Clear").click(ClickOptions::default(), SOON).await.unwrap();
        let saved = stage.session.save_state(SOON).await.unwrap();
        assert!(!earlier.is_empty() && saved.with_earlier(&earlier).is_empty());
    }

    putting_back_asks_the_network_for_nothing: |stage| {
        for page in [Stage::own("/pages/storing.html"), Stage::other("/pages/storing.html")] {
            stage.page.goto(&page, SOON).await.unwrap();
            stage.store(Value::plain("kept")).await;
        }
        let later = stage.session.save_state(SOON).await.unwrap();
        stage.open(PAGE).await;
        let saved = stage.session.save_state(SOON).await.unwrap().with_earlier(&later);
        let other = another(stage.build, Stage::options(), &saved).await;
        for page in [Stage::own("/pages/storing.html"), Stage::other("/pages/storing.html")] {
            other.page.goto(&page, SOON).await.unwrap();
            assert_eq!(other.log().await, "kept, kept here");
            let root = page.replace("/pages/storing.html", "");
            assert_eq!(stage.site.count(&root.replace("http://", "root of ")), 0);
        }
        other.session.close().await;
    }

    what_is_not_granted_stays_out: |stage| {
        stage.open(PAGE).await;
        stage.store(Value::plain("kept")).await;
        let saved = stage.session.save_state(SOON).await.unwrap();
        let elsewhere = SessionOptions::only([Stage::origin(&Stage::other(""))]);
        let other = another(stage.build, elsewhere, &saved).await;
        assert!(other.session.save_state(SOON).await.unwrap().is_empty());
        other.session.close().await;
    }

    a_site_that_stores_too_much_is_left_out: |stage| {
        stage.open(PAGE).await;
        stage.store(Value::plain("kept")).await;
        stage.button("Store a lot").click(ClickOptions::default(), SOON).await.unwrap();
        assert!(stage.session.save_state(SOON).await.unwrap().is_empty());
    }

    a_page_that_hangs_is_left_out: |stage| {
        stage.page.goto(&Stage::own("/cookies"), SOON).await.unwrap();
        stage.open(PAGE).await;
        stage.store(Value::plain("kept")).await;
        stage.button("Hang").click(ClickOptions::default(), SOON).await.unwrap();
        while stage.css("#log").text(BRIEF).await.is_ok() {}
        let saved = stage.session.save_state(BRIEF).await.unwrap();
        assert!(saved.page_hung());
        let other = another(stage.build, Stage::options(), &saved).await;
        other.page.goto(&Stage::own("/cookies"), SOON).await.unwrap();
        assert_eq!(other.log().await, "hour=1; session=2");
        other.open(PAGE).await;
        assert_eq!(other.log().await, "null, null");
        other.session.close().await;
    }

    sealed_values_that_a_site_stores_are_not_kept: |stage| {
        stage.open(PAGE).await;
        let own = Stage::origin(&Stage::own(""));
        let secret = Sealed::new("4929123412341236".to_owned().into(), vec![own]);
        stage.store(Value::Sealed(secret)).await;
        let saved = stage.session.save_state(SOON).await.unwrap();
        assert!(saved.is_empty(), "{saved:?}");
    }

    cookies_that_hold_a_sealed_value_are_not_kept: |stage| {
        stage.open(PAGE).await;
        let own = Stage::origin(&Stage::own(""));
        let secret = Sealed::new("4929123412341236".to_owned().into(), vec![own]);
        stage.label("Keep").fill(Value::Sealed(secret), SOON).await.unwrap();
        stage.button("Store as a cookie").click(ClickOptions::default(), SOON).await.unwrap();
        let saved = stage.session.save_state(SOON).await.unwrap();
        let bytes = saved.to_bytes();
        let kept = String::from_utf8_lossy(&bytes);
        assert!(kept.contains("harmless"), "the cookies were not saved");
        for name in ["card", "part", "929123412341236"] {
            assert!(!kept.contains(name), "{name}");
        }
    }

    nothing_is_saved_of_a_session_that_is_closed: |stage| {
        stage.session.close().await;
        let saved = stage.session.save_state(SOON).await;
        assert!(matches!(saved, Err(mavm_browser::Error::Closed(_))), "{saved:?}");
    }

    a_session_goes_on_in_another_chromium: |stage| {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { data_dir: folder.path().to_owned(), ..stage.build.options() };
        let launcher = Launcher::new(options);
        let first = launcher.session(Stage::options()).await.unwrap();
        let first = Stage::of(first, stage.build);
        first.open(PAGE).await;
        first.store(Value::plain("survives")).await;
        let saved = first.session.save_state(Duration::from_secs(20)).await.unwrap();
        launcher.close().await;
        let second = launcher.session(Stage::options()).await.unwrap();
        second.restore_state(&saved, SOON).await.unwrap();
        let second = Stage::of(second, stage.build);
        second.open(PAGE).await;
        assert_eq!(second.log().await, "survives, survives here");
        launcher.close().await;
    }
}
