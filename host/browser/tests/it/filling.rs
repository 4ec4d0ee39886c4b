//! Fields take values as if a person had put them in, and pages see it.

use mavm_browser::{Choice, ElementState, Error, TextMatch};

use crate::on_both;
use crate::stage::{BRIEF, SOON, Stage};

on_both! {
    a_fill_replaces_the_value_and_tells_the_page: |stage| {
        stage.open("filling.html").await;
        stage.label("Plain").fill("new", SOON).await.unwrap();
        assert_eq!(stage.label("Plain").value(SOON).await.unwrap(), "new");
        assert_eq!(stage.log().await, "input:new change:new");
        stage.label("Area").fill("two\nlines", SOON).await.unwrap();
        assert_eq!(stage.label("Area").value(SOON).await.unwrap(), "two\nlines");
        stage.label("Number").fill("42", SOON).await.unwrap();
        assert_eq!(stage.label("Number").value(SOON).await.unwrap(), "42");
        stage.label("Date").fill("2026-11-20", SOON).await.unwrap();
        assert_eq!(stage.label("Date").value(SOON).await.unwrap(), "2026-11-20");
        stage.css("#rich").fill("rich text", SOON).await.unwrap();
        assert_eq!(stage.css("#rich").text(SOON).await.unwrap(), "rich text");
        stage.label("Plain").fill("", SOON).await.unwrap();
        assert_eq!(stage.label("Plain").value(SOON).await.unwrap(), "");
    }

    a_field_that_a_framework_controls_sees_the_value: |stage| {
        stage.open("filling.html").await;
        stage.label("Controlled").fill("abc", SOON).await.unwrap();
        assert_eq!(stage.log().await, "state:abc");
        assert_eq!(stage.label("Controlled").value(SOON).await.unwrap(), "ABC");
    }

    a_fill_waits_until_the_field_can_be_filled: |stage| {
        stage.open("filling.html").await;
        stage.label("Off").fill("on", SOON).await.unwrap();
        stage.label("Read only").fill("written", SOON).await.unwrap();
        stage.css("#swapped").fill("in the second", SOON).await.unwrap();
        assert_eq!(stage.css("#swapped.second").value(SOON).await.unwrap(), "in the second");
    }

    what_a_field_can_not_hold_is_refused: |stage| {
        stage.open("filling.html").await;
        for (label, value) in [("Number", "abc"), ("Date", "tomorrow"), ("Short", "12345"), ("Check", "x")] {
            let result = stage.label(label).fill(value, SOON).await;
            assert!(matches!(result, Err(Error::Invalid(_))), "{label}: {result:?}");
        }
        assert_eq!(stage.label("Number").value(SOON).await.unwrap(), "");
        assert_eq!(stage.label("Short").value(SOON).await.unwrap(), "");
        assert!(matches!(stage.css("#log").fill("x", SOON).await, Err(Error::Invalid(_))));
    }

    a_fill_that_makes_the_page_leave_is_done_once: |stage| {
        stage.open(&format!("leaving.html?{:?}", stage.build)).await;
        stage.css("#auto").fill("me", SOON).await.unwrap();
        assert_eq!(stage.page.url().unwrap(), Stage::own(&format!("/count/auto-{:?}?by=me", stage.build)));
        assert_eq!(stage.site.count(&format!("auto-{:?}", stage.build)), 1);
    }

    a_page_with_the_strictest_policy_can_be_used: |stage| {
        stage.open("strict.html").await;
        stage.label("Field").fill("value", SOON).await.unwrap();
        stage.css("#rich").fill("rich", SOON).await.unwrap();
        stage.button("Press").click(Default::default(), SOON).await.unwrap();
        stage.page.screenshot(SOON).await.unwrap();
        assert_eq!(stage.label("Field").value(SOON).await.unwrap(), "value");
    }

    options_are_chosen_by_value_or_label: |stage| {
        stage.open("filling.html").await;
        let month = stage.css("#month");
        let label = |text: &str| Choice::Label(TextMatch::exact(text));
        month.select(&[label("March")], SOON).await.unwrap();
        assert_eq!(month.value(SOON).await.unwrap(), "3");
        month.select(&[Choice::Value(TextMatch::exact("1"))], SOON).await.unwrap();
        month.select(&[Choice::Either(TextMatch::contains("mar"))], BRIEF).await.unwrap_err();
        month.select(&[Choice::Either(TextMatch::regex("^Jan"))], SOON).await.unwrap();
        assert_eq!(stage.log().await, "month:3 month:1 month:1");
        let error = month.select(&[label("Smarch")], BRIEF).await.unwrap_err();
        assert!(error.to_string().contains("disabled"), "{error}");
        let error = month.select(&[label("Maybe")], BRIEF).await.unwrap_err();
        assert!(error.to_string().contains("no option fits, the options are: \"-\" (\"\"), \"January\" (\"1\"), \"March\""), "{error}");
        stage.css("#multi").select(&[label("a"), label("c")], SOON).await.unwrap();
        assert_eq!(stage.css("#multi option:checked").count(SOON).await.unwrap(), 2);
        assert!(month.select(&[label("January"), label("March")], SOON).await.is_err());
        stage.css("#later").select(&[label("France")], SOON).await.unwrap();
        assert!(stage.css("#log").select(&[label("x")], SOON).await.is_err());
    }

    no_options_clear_a_list: |stage| {
        stage.open("filling.html").await;
        let many = stage.css("#multi");
        many.select(&[Choice::Label(TextMatch::exact("a"))], SOON).await.unwrap();
        many.select(&[], SOON).await.unwrap();
        assert_eq!(stage.css("#multi option:checked").count(SOON).await.unwrap(), 0);
        // One that takes one option only has none, then.
        let month = stage.css("#month");
        month.select(&[Choice::Value(TextMatch::exact("1"))], SOON).await.unwrap();
        month.select(&[], SOON).await.unwrap();
        assert_eq!(stage.css("#month option:checked").count(SOON).await.unwrap(), 0);
        assert_eq!(stage.log().await, "multi:1 multi:0 month:1 month:");
    }

    white_space_in_the_value_of_an_option_counts: |stage| {
        stage.open("filling.html").await;
        let spaced = stage.css("#spaced");
        for value in ["a  b", " x", "a b"] {
            spaced.select(&[Choice::Value(TextMatch::exact(value))], SOON).await.unwrap();
            assert_eq!(spaced.value(SOON).await.unwrap(), value);
        }
    }

    boxes_are_checked_only_if_they_are_not: |stage| {
        stage.open("filling.html").await;
        for locator in [stage.label("Check"), stage.css("#switch")] {
            for checked in [true, true, false, false, true] {
                locator.set_checked(checked, SOON).await.unwrap();
                assert_eq!(locator.is_checked(SOON).await.unwrap(), checked, "{locator}");
            }
        }
        stage.label("Radio").check(SOON).await.unwrap();
        assert!(stage.label("Radio").is_checked(SOON).await.unwrap());
        assert!(matches!(stage.label("Plain").check(SOON).await, Err(Error::Invalid(_))));
        stage.css("#month").wait_for(ElementState::Enabled, SOON).await.unwrap();
    }
}
