//! Checking looks at the box that it pressed, wherever the locator leads by then.

use std::time::Duration;

use mavm_browser::{ClickOptions, Error, Locator, Selector, TextMatch};

use crate::on_both;
use crate::stage::{BRIEF, SOON, Stage};

/// Checks with far more time than the test has: it must end by what happens on the page.
async fn check(locator: &Locator) {
    let checked = locator.check(Duration::from_secs(3600));
    tokio::time::timeout(SOON, checked).await.expect("the check ends by itself").unwrap();
}

on_both! {
    boxes_of_which_the_first_unchecked_is_meant_are_checked_in_turn: |stage| {
        stage.open("boxes.html").await;
        for count in 1..=2 {
            check(&stage.css("#todo input:not(:checked)").first()).await;
            assert_eq!(stage.css("#todo input:checked").count(SOON).await.unwrap(), count);
        }
    }

    a_box_that_leads_away_is_checked: |stage| {
        stage.open("boxes.html").await;
        check(&stage.css("#leaving")).await;
        assert_eq!(stage.page.url().unwrap(), Stage::own("/pages/plain.html"));
        stage.css("#log").wait_for_text(&TextMatch::exact("arrived"), SOON).await.unwrap();
    }

    a_box_that_the_page_takes_away_is_checked: |stage| {
        stage.open("boxes.html").await;
        let removed = stage.css("#removed");
        check(&removed).await;
        assert_eq!(removed.count(SOON).await.unwrap(), 0);
    }

    a_box_that_closes_its_page_is_checked: |stage| {
        stage.open("boxes.html").await;
        let popup = stage.page.expect_popup();
        stage.css("#popup").click(ClickOptions::default(), SOON).await.unwrap();
        let popup = popup.wait(SOON).await.unwrap();
        check(&popup.locator(Selector::css("#closing"))).await;
        assert!(matches!(popup.url(), Err(Error::Closed(_))));
    }

    no_link_in_its_label_is_pressed_for_a_box: |stage| {
        stage.open("boxes.html").await;
        check(&stage.css("#consent")).await;
        assert!(stage.css("#consented").is_checked(SOON).await.unwrap());
        let error = stage.css("#linked").check(BRIEF).await.unwrap_err();
        assert!(error.to_string().contains("only links in its label"), "{error}");
        assert_eq!(stage.page.url().unwrap(), Stage::own("/pages/boxes.html"));
    }

    a_label_is_for_its_box_whatever_is_around_both: |stage| {
        stage.open("boxes.html").await;
        check(&stage.css("#inner-label")).await;
        assert!(stage.css("#red").is_checked(SOON).await.unwrap());
        assert!(stage.css("#inner-label").is_checked(SOON).await.unwrap());
    }

    a_state_that_follows_late_is_waited_for: |stage| {
        stage.open("boxes.html").await;
        check(&stage.css("#late")).await;
        assert!(stage.css("#late").is_checked(SOON).await.unwrap());
    }
}
