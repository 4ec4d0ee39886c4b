//! Waiting for one of several things, for states, for responses.

use mavm_browser::{ClickOptions, ElementState, Error, Selector, TextMatch, first_of};

use crate::on_both;
use crate::stage::{BRIEF, SOON, Stage};

on_both! {
    the_first_of_several_wins_in_any_frame: |stage| {
        stage.open("branches.html").await;
        let captcha = stage.css("#captcha");
        let next = stage.css("#next");
        let challenge = stage.page.frame(Selector::css("iframe")).locator(Selector::css("#challengeDataEntry"));
        let all = [captcha, next.clone(), challenge];
        for (button, index) in [("#show-next", 1), ("#show-challenge", 2), ("#show-captcha", 0)] {
            stage.open("branches.html").await;
            let (first, ()) = tokio::join!(first_of(&all, SOON), async {
                stage.css(button).click(ClickOptions::default(), SOON).await.unwrap();
            });
            assert_eq!(first.unwrap(), index, "{button}");
        }
        // What is there already counts by its place in the list.
        stage.css("#show-next").click(ClickOptions::default(), SOON).await.unwrap();
        next.wait_for(ElementState::Visible, SOON).await.unwrap();
        assert_eq!(first_of(&all, SOON).await.unwrap(), 0);
    }

    entries_of_one_document_are_judged_in_one_moment: |stage| {
        // The page shows what says less and what says more in one step of its script, the former
        // first in the document; and flips which is there, over and over.
        stage.open("first-of.html").await;
        let entries = [stage.css("#more"), stage.css("#less")];
        for _ in 0..30 {
            let (first, ()) = tokio::join!(first_of(&entries, SOON), async {
                stage.css("#show").click(ClickOptions::default(), SOON).await.unwrap();
            });
            assert_eq!(first.unwrap(), 0);
            stage.css("#hide").click(ClickOptions::default(), SOON).await.unwrap();
        }
    }

    none_of_several_is_drift_on_a_settled_page: |stage| {
        stage.settle("branches.html").await;
        let error = first_of(&[stage.css("#nothing"), stage.button("Show the next")], BRIEF).await.unwrap_err();
        let Error::PageChanged(change) = &error else { panic!("{error}") };
        assert_eq!(change.locator, "css(\"#nothing\") or role(Button, \"Show the next\")");
        assert!(change.nearest.iter().any(|near| near.locator == "role(Button, \"Show next\")"), "{error}");
        let nowhere = stage.page.frame(Selector::css("iframe[name=gone]")).locator(Selector::css("b"));
        let error = first_of(&[nowhere], BRIEF).await.unwrap_err();
        let Error::PageChanged(change) = &error else { panic!("{error}") };
        assert!(change.url.ends_with("/pages/branches.html") && change.dom.is_some(), "{error}");
        let hidden = first_of(&[stage.css("#nothing"), stage.css("#captcha")], BRIEF).await.unwrap_err();
        assert!(hidden.to_string().contains("is there, but not visible"), "{hidden}");
    }

    an_address_that_changes_for_ever_ends_no_later_than_any: |stage| {
        stage.open("wandering.html").await;
        let never = stage.page.wait_for_url(&TextMatch::contains("/never"), BRIEF).await;
        assert!(matches!(never, Err(Error::TimedOut(_))), "{never:?}");
        stage.page.wait_for_url(&TextMatch::regex("wandering.html.[0-9]+x"), SOON).await.unwrap();
        assert_eq!(stage.page.url().unwrap().len(), 64 << 10);
    }

    states_are_awaited: |stage| {
        stage.open("branches.html").await;
        let captcha = stage.css("#captcha");
        captcha.wait_for(ElementState::Attached, SOON).await.unwrap();
        captcha.wait_for(ElementState::Hidden, SOON).await.unwrap();
        assert!(!captcha.is_visible(SOON).await.unwrap());
        let (shown, ()) = tokio::join!(captcha.wait_for(ElementState::Visible, SOON), async {
            stage.css("#show-captcha").click(ClickOptions::default(), SOON).await.unwrap();
        });
        shown.unwrap();
        assert!(captcha.is_visible(SOON).await.unwrap());
        let error = captcha.wait_for(ElementState::Hidden, BRIEF).await.unwrap_err();
        assert!(error.to_string().contains("<div id=captcha>Captcha is still there"), "{error}");
        let (gone, ()) = tokio::join!(captcha.wait_for(ElementState::Detached, SOON), async {
            stage.css("#remove").click(ClickOptions::default(), SOON).await.unwrap();
        });
        gone.unwrap();
        assert!(!captcha.is_enabled(SOON).await.unwrap());
    }

    a_text_is_awaited: |stage| {
        stage.open("first-of.html").await;
        let status = stage.css("#status");
        let error = status.wait_for_text(&TextMatch::exact("shown"), BRIEF).await.unwrap_err();
        assert!(error.to_string().contains("hidden"), "{error}");
        let wanted = TextMatch::regex("^sho");
        let (shown, ()) = tokio::join!(status.wait_for_text(&wanted, SOON), async {
            stage.css("#show").click(ClickOptions::default(), SOON).await.unwrap();
        });
        shown.unwrap();
        let bad = status.wait_for_text(&TextMatch::regex("("), SOON).await;
        assert!(matches!(bad, Err(Error::Invalid(_))), "{bad:?}");
    }

    a_text_that_hides_is_gone: |stage| {
        for text in ["By display", "By visibility", "More By folding"] {
            stage.open("hiding.html").await;
            let message = stage.page.locator(Selector::Text(TextMatch::contains(text)));
            message.wait_for(ElementState::Visible, SOON).await.unwrap();
            let (gone, ()) = tokio::join!(message.wait_for(ElementState::Hidden, SOON), async {
                stage.css("#hide").click(ClickOptions::default(), SOON).await.unwrap();
            });
            gone.unwrap();
            assert_eq!(message.count(SOON).await.unwrap(), 0, "{text}");
        }
    }

    an_element_that_is_hidden_shows_no_text: |stage| {
        stage.open("hiding.html").await;
        let status = stage.css("#status");
        status.wait_for_text(&TextMatch::exact(""), SOON).await.unwrap();
        let error = status.wait_for_text(&TextMatch::exact("Saved"), BRIEF).await.unwrap_err();
        assert!(error.to_string().contains("not visible (display: none)"), "{error}");
        let saved = TextMatch::exact("Saved");
        let (shown, ()) = tokio::join!(status.wait_for_text(&saved, SOON), async {
            stage.css("#show").click(ClickOptions::default(), SOON).await.unwrap();
        });
        shown.unwrap();
    }

    what_becomes_visible_in_whatever_way_is_seen: |stage| {
        stage.open("appearing.html").await;
        for way in ["display", "size", "visibility", "around", "inserted", "shadow", "class"] {
            let wanted = stage.css(&format!("#{way}"));
            assert!(!wanted.is_visible(SOON).await.unwrap(), "{way}");
            let button = stage.button(&format!("Show {way}"));
            let (shown, ()) = tokio::join!(wanted.wait_for(ElementState::Visible, SOON), async {
                button.click(ClickOptions::default(), SOON).await.unwrap();
            });
            shown.unwrap();
            let (gone, ()) = tokio::join!(wanted.wait_for(ElementState::Hidden, SOON), async {
                button.click(ClickOptions::default(), SOON).await.unwrap();
            });
            gone.unwrap();
        }
    }

    a_wait_outlives_the_documents_it_waits_in: |stage| {
        stage.open("plain.html").await;
        let wanted = stage.css("#captcha");
        let (attached, ()) = tokio::join!(wanted.wait_for(ElementState::Attached, SOON), async {
            for page in ["/pages/changed.html", "/pages/many.html"] {
                stage.page.goto(&Stage::other(page), SOON).await.unwrap();
                stage.page.goto(&Stage::own(page), SOON).await.unwrap();
            }
            stage.open("branches.html").await;
        });
        attached.unwrap();
        let (gone, ()) = tokio::join!(wanted.wait_for(ElementState::Detached, SOON), stage.open("plain.html"));
        gone.unwrap();
    }

    a_question_can_be_called_off: |stage| {
        use tokio_util::sync::CancellationToken;
        use mavm_browser::Deadline;
        stage.open("first-of.html").await;
        let cancel = CancellationToken::new();
        cancel.cancel();
        let off = || Deadline::after(SOON).cancelled_by(cancel.clone());
        let status = stage.css("#status");
        assert!(matches!(status.count(off()).await, Err(Error::Cancelled(_))));
        assert!(matches!(status.is_visible(off()).await, Err(Error::Cancelled(_))));
        assert!(matches!(first_of(&[status.clone(), stage.css("#none")], off()).await, Ok(0) | Err(Error::Cancelled(_))));
        assert!(matches!(first_of(&[stage.css("#none")], off()).await, Err(Error::Cancelled(_))));
        assert_eq!(status.count(SOON).await.unwrap(), 1);
        assert!(status.is_enabled(SOON).await.unwrap());
    }

    a_response_is_captured_with_its_body: |stage| {
        stage.open("sound.html").await;
        for button in ["#play", "#fetch"] {
            let sound = stage.page.expect_response(TextMatch::contains("/sound.wav")).unwrap();
            stage.css(button).click(ClickOptions::default(), SOON).await.unwrap();
            let sound = sound.wait(SOON).await.unwrap();
            assert_eq!((sound.status, sound.mime_type.as_str()), (200, "audio/wav"));
            assert_eq!((&sound.body[..4], sound.body.len()), (&b"RIFF"[..], 44 + 2048));
            assert!(sound.url.starts_with(&Stage::own("/sound.wav")));
        }
        let never = stage.page.expect_response(TextMatch::exact("x")).unwrap();
        assert!(matches!(never.wait(BRIEF).await, Err(Error::TimedOut(_))));
    }

    a_response_of_a_frame_is_captured: |stage| {
        stage.open("switch.html").await;
        let inside = stage.page.expect_response(TextMatch::contains("issuer.localhost")).unwrap();
        stage.css("#url").fill(Stage::other("/pages/inner.html").as_str(), SOON).await.unwrap();
        stage.css("#go").click(ClickOptions::default(), SOON).await.unwrap();
        let inside = inside.wait(SOON).await.unwrap();
        assert!(String::from_utf8(inside.body).unwrap().contains("<title>Inner</title>"));
    }

    a_code_is_read_off_a_page_without_being_shown: |stage| {
        use secrecy::ExposeSecret;
        stage.open("branches.html").await;
        let pin = stage.css("#pin").read_sealed(r"PIN is (\d{4})", SOON).await.unwrap();
        assert_eq!(pin.expose_secret(), "7391");
        assert_eq!(stage.css("#pin").text(SOON).await.unwrap(), "PIN is ••••");
        let again = stage.css("#pin").read_sealed(r"(?i)pin IS (\d+)", SOON).await.unwrap();
        assert_eq!(again.expose_secret(), "7391");
    }
}
