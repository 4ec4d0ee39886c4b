//! When the time is over, the error says in words what was in the way last.

use mavm_browser::{Choice, ClickOptions, Error, Selector, TextMatch};

use crate::on_both;
use crate::stage::{BRIEF, SOON};

fn obstacle(result: Result<(), Error>) -> String {
    match result {
        Err(Error::TimedOut(waited)) => waited.last_obstacle.unwrap_or_default(),
        other => panic!("{other:?}"),
    }
}

on_both! {
    what_keeps_a_click_from_its_target_is_told: |stage| {
        stage.open("obstacles.html").await;
        for (id, why) in [
            ("none", "not visible (display: none on <div id=closed>"),
            ("invisible", "not visible (visibility: hidden)"),
            ("flat", "not visible: its size is 0 × 0"),
            ("off", "disabled"),
            ("moving", "still moving"),
            ("moving-in-shadow", "still moving"),
            ("pushed", "still moving"),
            ("outside", "outside of the viewport"),
            ("untouchable", "pointer-events: none"),
            ("sleeping", "made inert by <div id=asleep>"),
            ("under", "covered by <div id=awsccc-cb>"),
        ] {
            let mut told = String::new();
            // On a busy machine a brief time may be over before anything was seen to be in the way.
            for within in [BRIEF, SOON] {
                let clicked = stage.css(&format!("#{id}")).click(ClickOptions::default(), within).await;
                told = obstacle(clicked);
                if told.contains(why) {
                    break;
                }
            }
            assert!(told.contains(why), "{id}: {told}");
        }
    }

    a_hidden_frame_keeps_what_is_in_it_from_a_click: |stage| {
        stage.open("obstacles.html").await;
        let button = stage.page.frame(Selector::css("#hidden-frame")).locator(Selector::css("button"));
        let told = obstacle(button.click(ClickOptions::default(), BRIEF).await);
        assert!(told.contains("nothing of its document is drawn"), "{told}");
    }

    what_keeps_a_field_from_being_filled_is_told: |stage| {
        stage.open("obstacles.html").await;
        for (id, why) in [("in-group", "disabled by <fieldset id=group>"), ("locked", "read-only")] {
            let mut told = String::new();
            for within in [BRIEF, SOON] {
                told = obstacle(stage.css(&format!("#{id}")).fill("x", within).await);
                if told.contains(why) {
                    break;
                }
            }
            assert!(told.contains(why), "{id}: {told}");
        }
        let told = obstacle(stage.css("#stubborn").check(BRIEF).await);
        assert!(told.contains("did not become checked"), "{told}");
    }

    options_that_are_not_there_are_told_with_those_that_are: |stage| {
        stage.open("obstacles.html").await;
        let either = |text: &str| [Choice::Either(TextMatch::exact(text))];
        let error = stage.css("#list").select(&either("Spain"), BRIEF).await;
        assert!(error.as_ref().unwrap_err().to_string().contains(r##"select of "Spain" in css("#list")"##), "{error:?}");
        let told = obstacle(error);
        assert!(told.contains("no option fits, the options are: \"Germany\" (\"de\"), \"France\" (\"fr\")"), "{told}");
        let told = obstacle(stage.css("#list").select(&either("Italy"), BRIEF).await);
        assert!(told.contains("the option is disabled (aria-disabled)"), "{told}");
        let told = obstacle(stage.css("#list").select(&either("France"), BRIEF).await);
        assert!(told.contains("the option is disabled"), "{told}");
        let told = obstacle(stage.css("#empty").select(&either("x"), BRIEF).await);
        assert!(told.contains("the options are: none yet"), "{told}");
    }
}
