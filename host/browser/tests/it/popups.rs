//! Pages that pages open belong to the session, wherever they come from and however short they live.

use mavm_browser::{
    ClickOptions, ElementState, Error, LoadState, Locator, Page, Selector, TextMatch,
};

use crate::on_both;
use crate::stage::{BRIEF, SOON, Stage};

async fn opened_by(page: &Page, button: &Locator) -> Page {
    let popup = page.expect_popup();
    button.click(ClickOptions::default(), SOON).await.unwrap();
    popup.wait(SOON).await.unwrap()
}

fn css(page: &Page, css: &str) -> Locator {
    page.locator(Selector::css(css))
}

on_both! {
    every_way_to_open_a_page_gives_one: |stage| {
        stage.open("popups.html").await;
        for id in ["#plain", "#noopener", "#blank", "#post"] {
            let popup = opened_by(&stage.page, &stage.css(id)).await;
            let shown = css(&popup, "h1").text(SOON).await.unwrap();
            assert!(["Plain page", "counted"].contains(&shown.as_str()), "{id}: {shown}");
            assert_eq!(stage.session.page().url().unwrap(), popup.url().unwrap());
            popup.close(SOON).await.unwrap();
            assert!(matches!(popup.url(), Err(Error::Closed(_))));
            // What was below it is the current page again.
            assert_eq!(stage.session.page().url().unwrap(), Stage::own("/pages/popups.html"));
        }
    }

    a_popup_of_a_frame_is_one_of_its_page: |stage| {
        stage.settle("popups.html").await;
        let inside = stage.page.frame(Selector::css("#frame")).locator(Selector::css("#plain"));
        let popup = opened_by(&stage.page, &inside).await;
        popup.wait_for_url(&TextMatch::exact(Stage::other("/pages/plain.html")), SOON).await.unwrap();
    }

    a_popup_of_a_frame_that_is_gone_is_found: |stage| {
        stage.settle("popups.html").await;
        let inside = stage.page.frame(Selector::css("#frame")).locator(Selector::css("#orphan"));
        let popup = stage.page.expect_popup();
        inside.click(ClickOptions::default(), SOON).await.unwrap();
        stage.css("#frame").wait_for(ElementState::Detached, SOON).await.unwrap();
        let popup = popup.wait(SOON).await.unwrap();
        assert_eq!(css(&popup, "h1").text(SOON).await.unwrap(), "Plain page");
    }

    waiting_for_a_popup_ends_with_its_page: |stage| {
        stage.open("popups.html").await;
        let first = opened_by(&stage.page, &stage.css("#plain")).await;
        let waiting = first.expect_popup();
        first.close(SOON).await.unwrap();
        assert!(matches!(waiting.wait(SOON).await, Err(Error::Closed(_))));
    }

    what_a_popup_shows_before_it_comes_is_not_its_page: |stage| {
        let gate = format!("{:?}", stage.build);
        stage.open(&format!("popups.html?{gate}")).await;
        let waiting = stage.page.expect_popup();
        stage.css("#slow").click(ClickOptions::default(), SOON).await.unwrap();
        while stage.session.pages().len() < 2 {
            stage.css("#slow").is_visible(SOON).await.unwrap();
        }
        let popup = stage.session.page();
        let error = popup.wait_for_load(LoadState::Load, BRIEF).await.unwrap_err();
        assert!(matches!(error, Error::TimedOut(_)), "{error}");
        let heading = css(&popup, "h1");
        let error = heading.count(BRIEF).await;
        assert!(matches!(error, Err(Error::TimedOut(_))), "{error:?}");
        let (popup, ()) = tokio::join!(waiting.wait(SOON), async {
            stage.site.open(&format!("popup{gate}"));
        });
        assert!(popup.unwrap().url().unwrap().contains("/slow/popup"));
        // It begins to come: its heading may come a moment later.
        heading.wait_for(ElementState::Attached, SOON).await.unwrap();
    }

    a_popup_that_is_written_by_its_opener_is_a_page: |stage| {
        stage.open("popups.html").await;
        let popup = opened_by(&stage.page, &stage.css("#written")).await;
        assert_eq!(css(&popup, "h1").text(SOON).await.unwrap(), "written");
        popup.wait_for_load(LoadState::Load, SOON).await.unwrap();
        assert_eq!(css(&popup, "h1").count(SOON).await.unwrap(), 1);
    }

    popups_open_popups: |stage| {
        stage.open("popups.html").await;
        let first = opened_by(&stage.page, &stage.css("#chain")).await;
        let second = opened_by(&first, &css(&first, "#plain")).await;
        assert_eq!(css(&second, "h1").text(SOON).await.unwrap(), "Plain page");
        assert_eq!(stage.session.pages().len(), 3);
        // Of the page that didn't open it, it is none.
        let of_another = stage.page.expect_popup();
        let third = opened_by(&first, &css(&first, "#plain")).await;
        assert!(matches!(of_another.wait(BRIEF).await, Err(Error::TimedOut(_))));
        first.close(SOON).await.unwrap();
        assert_eq!(stage.session.page().url().unwrap(), third.url().unwrap());
        third.close(SOON).await.unwrap();
        second.close(SOON).await.unwrap();
        assert_eq!(stage.session.page().url().unwrap(), Stage::own("/pages/popups.html"));
    }

    a_popup_that_closes_at_once_is_a_closed_page: |stage| {
        stage.open("popups.html").await;
        for id in ["#gone", "#closes"] {
            let popup = opened_by(&stage.page, &stage.css(id)).await;
            let error = css(&popup, "h1").text(SOON).await.unwrap_err();
            assert!(matches!(error, Error::Closed(_)), "{id}: {error}");
            assert_eq!(stage.session.page().url().unwrap(), Stage::own("/pages/popups.html"));
        }
    }

    a_popup_that_goes_astray_is_denied_and_its_opener_is_not: |stage| {
        stage.open("popups.html").await;
        let popup = opened_by(&stage.page, &stage.css("#astray")).await;
        let error = css(&popup, "h1").text(SOON).await.unwrap_err();
        assert!(matches!(&error, Error::Denied(denied) if denied.origin == Stage::foreign("")), "{error}");
        assert_eq!(stage.site.count("popup-astray"), 0);
        assert_eq!(stage.page.title(SOON).await.unwrap(), "Popups");
    }

    a_named_window_is_opened_once: |stage| {
        stage.open("popups.html").await;
        let popup = opened_by(&stage.page, &stage.css("#named")).await;
        css(&popup, "h1").text(SOON).await.unwrap();
        let before = popup.url().unwrap();
        stage.css("#named").click(ClickOptions::default(), SOON).await.unwrap();
        popup.wait_for_url(&TextMatch::regex(r"plain\.html\?"), SOON).await.unwrap();
        let moved = css(&popup, "h1").filter_text(TextMatch::exact("Plain page"));
        while popup.url().unwrap() == before {
            moved.text(SOON).await.unwrap();
        }
        assert_eq!(stage.session.pages().len(), 2);
    }

    a_page_cannot_open_pages_without_end: |stage| {
        stage.open("popups.html").await;
        stage.css("#flood").click(ClickOptions::default(), SOON).await.unwrap();
        stage.css("#log").filter_text(TextMatch::exact("flooded")).text(SOON).await.unwrap();
        assert!(stage.session.pages().len() <= 20);
        stage.open("plain.html").await;
    }
}
