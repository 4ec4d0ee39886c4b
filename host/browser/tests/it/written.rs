//! A text that is nowhere in a document is not looked for in each of its elements. What is there is found
//! all the same, however it is written.

use mavm_browser::{ClickOptions, Selector, TextMatch};

use crate::on_both;
use crate::stage::{SOON, Stage};

/// In the whole document, where the quick look is taken, and in an element of it, where it isn't.
async fn found(stage: &Stage, text: TextMatch) -> usize {
    let selector = Selector::Text(text);
    let quickly = stage.page.locator(selector.clone()).count(SOON).await.unwrap();
    let slowly = stage.css("#all").locate(selector.clone()).count(SOON).await.unwrap();
    assert_eq!(quickly, slowly, "{selector:?}");
    quickly
}

on_both! {
    a_text_is_found_whatever_stands_between_its_pieces: |stage| {
        stage.open("written.html").await;
        for text in [
            "session has expired",
            "SESSION HAS EXPIRED",
            "expired now",
            "press send now to go",
            "end no",
            "Ship to Germany only",
            "to germ",
            "say typed before again",
            "unbreakable spaces too",
            "οδοσαβ",
            "ΟΔΟΣΑΒ",
            "a beginning",
        ] {
            assert_eq!(found(&stage, TextMatch::contains(text)).await, 1, "{text}");
        }
        assert_eq!(found(&stage, TextMatch::exact("The session has expired")).await, 1);
        assert_eq!(found(&stage, TextMatch::exact("Press Send now to go")).await, 1);
    }

    what_nobody_sees_is_not_found: |stage| {
        stage.open("written.html").await;
        for text in [
            "session (really) has",
            "expired soon",
            "Nobody reads this",
            "hidden middle",
            "for browsers without scripts",
            "only in a script",
            "Ship to France",
            "now to send",
        ] {
            assert_eq!(found(&stage, TextMatch::contains(text)).await, 0, "{text}");
        }
    }

    what_a_component_draws_in_another_order_is_found: |stage| {
        stage.open("written.html").await;
        assert_eq!(found(&stage, TextMatch::contains("second first in the shade")).await, 0);
        stage.css("#shade").click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(found(&stage, TextMatch::contains("second first in the shade")).await, 1);
        assert_eq!(found(&stage, TextMatch::contains("session has expired")).await, 1);
    }
}
