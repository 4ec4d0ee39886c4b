//! A key goes to the element that is named, once, and says what it is.

use mavm_browser::ClickOptions;

use crate::on_both;
use crate::stage::SOON;

on_both! {
    what_has_no_size_gets_keys_and_is_told_what_they_are: |stage| {
        stage.open("pressing.html").await;
        for (id, key, told) in [
            ("#flat", "Control+Shift+b", "down-ControlLeft-1-ctrl down-ShiftLeft-1-ctrl-shift down-KeyB-0-ctrl-shift up-KeyB-0-ctrl-shift up-ShiftLeft-1-ctrl up-ControlLeft-1"),
            ("#flat", "Meta", "down-MetaLeft-1-meta up-MetaLeft-1"),
            ("#own", "NumpadEnter", "down-NumpadEnter-3 up-NumpadEnter-3"),
            ("#flat", "ControlRight", "down-ControlRight-2-ctrl up-ControlRight-2"),
        ] {
            stage.css(id).press(key, SOON).await.unwrap();
            assert!(stage.log().await.ends_with(told), "{key}: {}", stage.log().await);
        }
    }

    a_key_clicks_what_was_hovered_before: |stage| {
        stage.open("pressing.html").await;
        let button = stage.button("Button");
        button.hover(SOON).await.unwrap();
        button.press("Enter", SOON).await.unwrap();
        assert_eq!(stage.log().await, "clicked");
        button.click(ClickOptions::default(), SOON).await.unwrap();
        button.press("Space", SOON).await.unwrap();
        assert_eq!(stage.log().await, "clicked clicked clicked");
    }

    keys_stay_in_the_document_they_were_meant_for: |stage| {
        stage.open("leading-on.html").await;
        let text = format!("a\n{}", "the rest".repeat(100));
        let error = stage.css("#first").type_keys(&*text, SOON).await.unwrap_err();
        assert!(error.to_string().contains("did not get all of them"), "{error}");
    }

    what_was_selected_before_is_not_overwritten: |stage| {
        stage.open("pressing.html").await;
        stage.css("#next").focus(SOON).await.unwrap();
        let hello = stage.css("#hello");
        hello.press("w", SOON).await.unwrap();
        assert_eq!(hello.value(SOON).await.unwrap(), "whello");
        // What is selected while it has the focus is.
        hello.press("Control+A", SOON).await.unwrap();
        hello.type_keys("ab", SOON).await.unwrap();
        assert_eq!(hello.value(SOON).await.unwrap(), "ab");
        hello.press("ArrowLeft", SOON).await.unwrap();
        hello.type_keys("🎉é", SOON).await.unwrap();
        assert_eq!(hello.value(SOON).await.unwrap(), "a🎉éb");
    }

    a_document_that_is_written_anew_gets_each_key_once: |stage| {
        stage.open("pressing.html").await;
        stage.css("#anew").click(ClickOptions::default(), SOON).await.unwrap();
        let fresh = stage.css("#fresh");
        fresh.type_keys("once", SOON).await.unwrap();
        fresh.press("!", SOON).await.unwrap();
        assert_eq!(fresh.value(SOON).await.unwrap(), "once!");
    }

    keys_that_an_open_list_takes_are_not_sent_again: |stage| {
        stage.open("pressing.html").await;
        let list = stage.css("#list");
        list.press("Space", SOON).await.unwrap();
        list.press("ArrowDown", SOON).await.unwrap();
        list.press("Enter", SOON).await.unwrap();
        assert_eq!(list.value(SOON).await.unwrap(), "Two");
    }

    keys_do_what_they_do_in_a_browser: |stage| {
        stage.open("pressing.html").await;
        stage.css("#vowels").type_keys("banana", SOON).await.unwrap();
        assert_eq!(stage.css("#vowels").value(SOON).await.unwrap(), "aaa");
        for key in ["Space", "Enter"] {
            stage.css("#button").press(key, SOON).await.unwrap();
        }
        assert_eq!(stage.log().await, "clicked clicked");
        stage.css("#hello").press("Tab", SOON).await.unwrap();
        assert_eq!(stage.css("#next:focus").count(SOON).await.unwrap(), 1);
        stage.css("#next").press("Shift+Tab", SOON).await.unwrap();
        assert_eq!(stage.css("#hello:focus").count(SOON).await.unwrap(), 1);
    }
}
