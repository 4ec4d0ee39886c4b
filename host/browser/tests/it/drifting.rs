//! A page that has changed is told from one that is slow, and from a network that failed.

use mavm_browser::{ClickOptions, Error, LoadState, NetworkProblem, Selector, TextMatch};

use crate::on_both;
use crate::stage::{BRIEF, SOON, Stage};

on_both! {
    a_settled_page_without_the_element_has_changed: |stage| {
        stage.settle("changed.html").await;
        for (locator, nearest) in [
            (stage.button("Continue to step 2"), "role(Button, \"Continue (step 2)\")"),
            (stage.css("input[name=emailAddress]"), "role(Textbox, \"Your e-mail\")"),
            (stage.css("#payment-card-number"), "role(Textbox, \"Card\")"),
            (stage.label("Country or Region"), "role(Textbox, \"Country/Region\")"),
        ] {
            let error = locator.click(ClickOptions::default(), BRIEF).await.unwrap_err();
            let Error::PageChanged(change) = &error else { panic!("{error}") };
            assert_eq!(change.nearest[0].locator, nearest, "{error}");
            assert_eq!(change.url, Stage::own("/pages/changed.html"));
            assert_eq!(&change.screenshot.as_ref().unwrap()[1..4], b"PNG");
            assert!(change.dom.as_ref().unwrap().contains("<button>Continue (step 2)</button>"));
            assert!(error.to_string().contains("seems to have changed; nearest:"), "{error}");
        }
    }

    a_page_that_still_loads_is_slow: |stage| {
        stage.open("loading.html").await;
        let error = stage.css("#wanted").click(ClickOptions::default(), BRIEF).await.unwrap_err();
        assert!(matches!(&error, Error::TimedOut(waited) if waited.last_obstacle.as_ref().unwrap().contains("still loading")), "{error}");
    }

    a_page_that_still_fetches_is_slow: |stage| {
        stage.open(&format!("fetching.html?{:?}", stage.build)).await;
        let error = stage.css("#wanted").click(ClickOptions::default(), BRIEF).await.unwrap_err();
        assert!(matches!(&error, Error::TimedOut(waited) if waited.last_obstacle.as_ref().unwrap().contains("/slow/fetching")), "{error}");
        stage.site.open(&format!("fetching-{:?}", stage.build));
        stage.css("#wanted").click(ClickOptions::default(), SOON).await.unwrap();
    }

    a_hidden_element_is_no_drift: |stage| {
        stage.settle("changed.html").await;
        let error = stage.css("#hidden").click(ClickOptions::default(), BRIEF).await.unwrap_err();
        assert!(matches!(&error, Error::TimedOut(waited) if waited.last_obstacle.as_ref().unwrap().contains("not visible")), "{error}");
    }

    a_server_error_is_no_drift: |stage| {
        stage.page.goto(&Stage::own("/status/503"), SOON).await.unwrap();
        let error = stage.css("#wanted").click(ClickOptions::default(), BRIEF).await.unwrap_err();
        assert!(matches!(&error, Error::Network(failure) if failure.problem == NetworkProblem::Server), "{error}");
        stage.page.goto(&Stage::own("/pages/no-such-page"), SOON).await.unwrap();
        let error = stage.css("#wanted").click(ClickOptions::default(), BRIEF).await.unwrap_err();
        assert!(matches!(&error, Error::PageChanged(_)), "{error}");
    }

    drift_inside_a_frame_is_told_of_the_frame: |stage| {
        stage.settle("frames.html").await;
        let frame = stage.page.frame(Selector::css("iframe[name=other]"));
        frame.locator(Selector::css("#where")).text(SOON).await.unwrap();
        let error = frame.locator(Selector::Label(TextMatch::exact("One-time code"))).fill("1", BRIEF).await.unwrap_err();
        let Error::PageChanged(change) = &error else { panic!("{error}") };
        assert_eq!(change.url, Stage::other("/pages/inner.html?…"));
        assert_eq!(change.nearest[0].locator, "frame(\"iframe[name=other]\").role(Textbox, \"Code\")", "{error}");
        let gone = stage.page.frame(Selector::css("iframe[name=challenge]")).locator(Selector::css("b")).text(BRIEF).await;
        let Err(Error::PageChanged(change)) = gone else { panic!("{gone:?}") };
        assert!(change.url.ends_with("/pages/frames.html"), "{change}");
        assert_eq!(change.locator, "frame(\"iframe[name=challenge]\") (needed for frame(\"iframe[name=challenge]\").css(\"b\"))");
    }

    a_page_on_its_way_elsewhere_is_slow: |stage| {
        stage.open(&format!("leaving.html?never-{:?}", stage.build)).await;
        for _ in 0..2 {
            let error = stage.css("#link").click(ClickOptions::default(), BRIEF).await.unwrap_err();
            assert!(matches!(&error, Error::TimedOut(waited) if waited.last_obstacle.as_ref().unwrap().contains("/slow/leaving-never")), "{error}");
        }
    }

    a_page_that_hangs_is_slow: |stage| {
        stage.open("hanging.html").await;
        stage.css("#field").fill("x", SOON).await.unwrap();
        let error = stage.css("#hang").click(ClickOptions::default(), BRIEF).await.unwrap_err();
        assert!(matches!(error, Error::TimedOut(_)), "{error}");
        let error = stage.css("#field").fill("y", BRIEF).await.unwrap_err();
        assert!(error.to_string().contains("does not answer"), "{error}");
    }

    a_page_that_never_reads_what_it_fetched_settles: |stage| {
        stage.open("unread.html?beacon").await;
        stage.css("#log").wait_for_text(&TextMatch::exact("200;"), SOON).await.unwrap();
        stage.page.wait_for_load(LoadState::NetworkIdle, SOON).await.unwrap();
        let error = stage.button("Beacon").click(ClickOptions::default(), BRIEF).await.unwrap_err();
        assert!(matches!(error, Error::PageChanged(_)), "{error}");
    }

    a_document_that_breaks_off_is_a_network_failure: |stage| {
        let error = stage.page.goto(&Stage::own("/half"), SOON).await.unwrap_err();
        assert!(matches!(&error, Error::Network(failure) if failure.url.ends_with("/half")), "{error}");
        stage.open("plain.html").await;
    }

    a_page_whose_script_never_ends_is_left: |stage| {
        stage.open("endless.html").await;
        let error = stage.css("#go").click(ClickOptions::default(), BRIEF).await.unwrap_err();
        assert!(matches!(error, Error::TimedOut(_)), "{error}");
        stage.open("plain.html").await;
        assert!(stage.page.title(SOON).await.unwrap().contains("Plain"));
    }

    without_time_it_is_said_that_there_was_none: |stage| {
        stage.open("plain.html").await;
        let error = stage.css("#none").click(ClickOptions::default(), std::time::Duration::ZERO).await.unwrap_err();
        assert!(error.to_string().contains("no time left"), "{error}");
    }
}
