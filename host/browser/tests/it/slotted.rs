//! What a page puts into the slots of its components belongs to what is drawn around it there.

use mavm_browser::{ClickOptions, Selector, TextMatch};

use crate::on_both;
use crate::stage::{BRIEF, SOON};

on_both! {
    a_button_is_clicked_by_what_is_in_its_slot: |stage| {
        stage.open("slotted.html").await;
        for css in ["#texts .press", "#elements .press", "#inner .press", "#words", "#texts"] {
            stage.css(css).click(ClickOptions::default(), SOON).await.unwrap();
        }
        stage.page.locator(Selector::Text(TextMatch::exact("by element"))).click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(stage.log().await, "texts elements inner elements texts elements");
        let error = stage.css("#under .press").click(ClickOptions::default(), BRIEF).await.unwrap_err();
        assert!(error.to_string().contains("covered by <div id=cover>"), "{error}");
    }

    what_is_in_a_slot_is_enabled_as_its_button_is: |stage| {
        stage.open("slotted.html").await;
        assert!(stage.css("#words").is_enabled(SOON).await.unwrap());
        assert!(!stage.css("#dead-words").is_enabled(SOON).await.unwrap());
    }

    what_is_in_a_slot_is_part_of_the_text_around_it: |stage| {
        stage.open("slotted.html").await;
        let sum = stage.css("#sum");
        for text in [TextMatch::exact("Total 10 EUR"), TextMatch::contains("10 eur")] {
            assert_eq!(stage.page.locator(Selector::Text(text.clone())).count(SOON).await.unwrap(), 1);
            assert_eq!(sum.filter_text(text).count(SOON).await.unwrap(), 1);
        }
    }

    a_box_is_checked_by_what_is_in_the_slot_of_its_label: |stage| {
        stage.open("slotted.html").await;
        for (named, its) in [("#terms .box", "#terms"), ("#news .box", "#news")] {
            stage.css(named).check(SOON).await.unwrap();
            assert!(stage.css(&format!("{its} .box")).is_checked(SOON).await.unwrap(), "{named}");
        }
        stage.css("#news-words").uncheck(SOON).await.unwrap();
        assert!(!stage.css("#news .box").is_checked(SOON).await.unwrap());
    }
}
