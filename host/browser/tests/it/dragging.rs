//! Things are dragged with the mouse, whichever way the page follows it.

use mavm_browser::{ClickOptions, Error, Sealed, Selector, TextMatch, Value};

use crate::on_both;
use crate::stage::{BRIEF, SOON, Stage};

on_both! {
    what_uses_drag_and_drop_is_dropped: |stage| {
        stage.open("dragging.html").await;
        stage.css("#thing").drag_to(&stage.css("#place"), SOON).await.unwrap();
        let log = stage.css("#log").filter_text(TextMatch::contains("end:")).text(SOON).await.unwrap();
        assert!(log.starts_with("start enter place:a-thing") && !log.contains("up-on"), "{log}");
        // The mouse is free again.
        stage.css("#after").click(ClickOptions::default(), SOON).await.unwrap();
        assert!(stage.log().await.ends_with("clicked-with-0"), "{}", stage.log().await);
    }

    what_slides_over_a_thing_at_the_last_moment_gets_nothing_of_the_drag: |stage| {
        stage.open("dragging-covered.html").await;
        let error = stage.css("#thing").drag_to(&stage.css("#place"), BRIEF).await.unwrap_err();
        assert!(error.to_string().contains("covered by <div id=cover>"), "{error}");
        assert_eq!(stage.log().await, "");
    }

    a_place_that_takes_nothing_gets_nothing: |stage| {
        stage.open("dragging.html").await;
        stage.css("#thing").drag_to(&stage.css("#refusing"), SOON).await.unwrap();
        let log = stage.css("#log").filter_text(TextMatch::contains("end:none")).text(SOON).await.unwrap();
        assert!(!log.contains("dropped where"), "{log}");
        stage.css("#thing").drag_to(&stage.css("#place"), SOON).await.unwrap();
        stage.css("#log").filter_text(TextMatch::contains("place:a-thing")).text(SOON).await.unwrap();
    }

    what_follows_the_mouse_by_itself_is_let_go_over_the_target: |stage| {
        stage.open("dragging.html").await;
        stage.css("#ball").drag_to(&stage.css("#place"), SOON).await.unwrap();
        assert_eq!(stage.log().await, "down up-on-place let-go-over-place");
        stage.css("#stuck").drag_to(&stage.css("#place"), SOON).await.unwrap();
        assert!(stage.log().await.ends_with("stuck up-on-place"), "{}", stage.log().await);
    }

    the_target_may_be_far_down_or_in_a_frame: |stage| {
        stage.open("dragging.html").await;
        stage.css("#thing").drag_to(&stage.css("#far"), SOON).await.unwrap();
        stage.css("#log").filter_text(TextMatch::contains("far:a-thing")).text(SOON).await.unwrap();
        let inside = stage.page.frame(Selector::css("#inside")).locator(Selector::css("#p"));
        stage.css("#thing").drag_to(&inside, SOON).await.unwrap();
        stage.css("#log").filter_text(TextMatch::contains("inside a-thing")).text(SOON).await.unwrap();
    }

    what_the_page_lays_over_everything_for_a_drag_is_no_obstacle: |stage| {
        stage.open("dragging-shields.html").await;
        let thing = stage.css("#thing");
        thing.drag_to(&stage.css("#place"), SOON).await.unwrap();
        assert_eq!(stage.log().await, "pressed-0.5 on-place");
        let error = thing.drag_to(&stage.css("#covered"), BRIEF).await.unwrap_err();
        assert!(error.to_string().contains("covered by"), "{error}");
        // Nothing was pressed for it.
        assert_eq!(stage.log().await, "pressed-0.5 on-place");
    }

    a_sealed_value_is_not_dragged_out_of_its_field: |stage| {
        stage.open("dragging.html").await;
        let origins = vec![Stage::origin(&Stage::own(""))];
        let value = Value::Sealed(Sealed::new("4111111111111111".into(), origins));
        stage.css("#card").fill(value, SOON).await.unwrap();
        let error = stage.css("#card").drag_to(&stage.css("#place"), SOON).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        assert_eq!(stage.log().await, "");
    }

    frames_can_be_dragged_from_and_to: |stage| {
        for near in [true, false] {
            stage.open("dragging-frames.html").await;
            let frame = stage.page.frame(Selector::css(if near { "#near" } else { "#far" }));
            let inside = |css: &str| frame.locator(Selector::css(css));
            let shows = |text: &str| inside("#log").filter_text(TextMatch::contains(text));
            inside("#item").drag_to(&inside("#place"), SOON).await.unwrap();
            shows("got the item").text(SOON).await.unwrap();
            inside("#item").drag_to(&stage.css("#outside"), SOON).await.unwrap();
            assert_eq!(stage.css("#outside").text(SOON).await.unwrap(), "got the item", "near: {near}");
            stage.css("#thing").drag_to(&inside("#place"), SOON).await.unwrap();
            shows("got the thing").text(SOON).await.unwrap();
            // Whoever was dragged from takes the mouse and the keys again.
            stage.css("#thing").drag_to(&stage.css("#outside"), SOON).await.unwrap();
            assert_eq!(stage.css("#outside").text(SOON).await.unwrap(), "got the thing", "near: {near}");
            stage.css("#other").click(ClickOptions::default(), SOON).await.unwrap();
            stage.css("#other").type_keys("typed", SOON).await.unwrap();
            assert_eq!(stage.css("#other").value(SOON).await.unwrap(), "typed", "near: {near}");
            inside("#place").click(ClickOptions::default(), SOON).await.unwrap();
            shows("clicked").text(SOON).await.unwrap();
        }
    }

    selected_text_can_be_dragged_but_no_sealed_value: |stage| {
        stage.open("dragging-frames.html").await;
        let (words, other) = (stage.css("#words"), stage.css("#other"));
        words.press("Control+A", SOON).await.unwrap();
        words.drag_to(&other, SOON).await.unwrap();
        assert_eq!(other.value(SOON).await.unwrap(), "words to carry");
        // The page shows a sealed value outside of its field, where it can be selected, too.
        let origins = vec![Stage::origin(&Stage::own(""))];
        let secret = "4539578763621486";
        words.fill(Value::Sealed(Sealed::new(secret.into(), origins)), SOON).await.unwrap();
        other.fill("", SOON).await.unwrap();
        let error = stage.css("#echo").drag_to(&other, SOON).await.unwrap_err();
        assert!(!error.to_string().contains(secret), "{error}");
        assert_eq!(other.value(SOON).await.unwrap(), "");
        // What was in hand is let go: the mouse is free.
        stage.css("#thing").drag_to(&stage.css("#outside"), SOON).await.unwrap();
        assert_eq!(stage.css("#outside").text(SOON).await.unwrap(), "got the thing");
    }

    no_part_of_a_sealed_value_is_dragged_by_naming_what_is_around_it: |stage| {
        stage.open("dragging-secrets.html").await;
        let far = stage.page.frame(Selector::css("#far")).locator(Selector::css("#grab"));
        let (card, other) = (stage.css("#card"), stage.css("#other"));
        // Without a secret in it, this is how text is dragged out of a field.
        card.fill("words to carry", SOON).await.unwrap();
        card.press("Control+A", SOON).await.unwrap();
        stage.css("#wrap").drag_to(&other, SOON).await.unwrap();
        assert_eq!(other.value(SOON).await.unwrap(), "words to carry");
        other.fill("", SOON).await.unwrap();
        let origins = vec![Stage::origin(&Stage::own(""))];
        let secret = "4539578763621486";
        card.fill(Value::Sealed(Sealed::new(secret.into(), origins)), SOON).await.unwrap();
        for named in ["#wrap", "#part"] {
            // All of it but its last digit.
            stage.css("#select").click(ClickOptions::default(), SOON).await.unwrap();
            for target in [&far, &other] {
                let result = stage.css(named).drag_to(target, SOON).await;
                assert!(matches!(result, Err(Error::Invalid(_))), "{named} to {target}: {result:?}");
                assert_eq!(target.value(SOON).await.unwrap(), "", "{named}");
            }
        }
        assert!(!stage.site.was_sent(&secret[3..11]));
    }
}
