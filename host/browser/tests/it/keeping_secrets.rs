//! A sealed value goes where it is bound to, and is shown nowhere.

use mavm_browser::{ClickOptions, Error, Sealed, Selector, TextMatch, TraceOptions, Value};

use crate::on_both;
use crate::stage::{BRIEF, SOON, Stage};

fn sealed(value: &str, origin: &str) -> Value {
    Value::Sealed(Sealed::new(value.into(), vec![Stage::origin(origin)]))
}

on_both! {
    a_value_goes_only_into_frames_of_its_origins: |stage| {
        stage.open("secrets.html").await;
        let secret = "5105105105105100";
        let grab = stage.page.frame(Selector::css("#frame")).locator(Selector::css("#grab"));
        for (locator, bound) in [(&grab, Stage::own("")), (&stage.css("#card"), Stage::other(""))] {
            for typed in [false, true] {
                let value = sealed(secret, &bound);
                let result = if typed { locator.type_keys(value, SOON).await } else { locator.fill(value, SOON).await };
                let error = result.unwrap_err();
                assert!(matches!(&error, Error::Denied(denied) if denied.remedy.contains("bound to")), "{error}");
                assert_eq!(locator.value(SOON).await.unwrap(), "");
            }
        }
        stage.css("#card").fill(sealed(secret, &Stage::own("")), SOON).await.unwrap();
        assert_eq!(stage.css("#card").value(SOON).await.unwrap(), "••••");
        grab.fill(sealed("grab me", &Stage::other("")), SOON).await.unwrap();
        assert!(!stage.site.was_sent(secret));
    }

    a_page_that_moves_the_focus_gets_nothing: |stage| {
        let secret = format!("4012888888881881-{:?}", stage.build);
        for (field, typed) in [("#first", true), ("#first", false)] {
            stage.open("moving-focus.html").await;
            stage.css("#log").filter_text(TextMatch::exact("ready")).text(SOON).await.unwrap();
            let value = sealed(&secret, &Stage::own(""));
            // Whether it works or not: the other frame must not have it.
            let _ = if typed { stage.css(field).type_keys(value, BRIEF).await } else { stage.css(field).fill(value, BRIEF).await };
            let grabbed = stage.page.frame(Selector::css("#thief")).locator(Selector::css("#grab")).value(SOON).await.unwrap();
            assert_eq!(grabbed, "");
        }
        assert!(!stage.site.was_sent(&secret));
        assert_eq!(stage.site.count("grabbed"), 0);
    }

    a_page_that_leaves_at_the_last_moment_gets_nothing: |stage| {
        let secret = format!("3714496353984-{:?}", stage.build);
        stage.open("moving-focus.html").await;
        let result = stage.css("#second").fill(sealed(&secret, &Stage::own("")), SOON).await;
        // It was put in before the page left, or found nothing to be put into.
        assert!(result.is_ok(), "{result:?}");
        stage.page.wait_for_url(&TextMatch::contains("grabbing"), SOON).await.unwrap();
        let result = stage.css("#grab").fill(sealed(&secret, &Stage::own("")), SOON).await;
        assert!(matches!(result, Err(Error::Denied(_))), "{result:?}");
        assert!(!stage.site.was_sent(&secret));
    }

    a_used_value_is_masked_everywhere: |stage| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.ndjson");
        let mut options = Stage::options();
        options.trace = Some(TraceOptions::file(&file));
        let stage = Stage::with(stage.build, options).await;
        stage.settle("secrets.html").await;
        let secret = "4242424242424242";
        let plain = stage.page.screenshot(SOON).await.unwrap();
        stage.css("#card").fill(sealed(secret, &Stage::own("")), SOON).await.unwrap();
        assert_eq!(stage.css("#mirror").value(SOON).await.unwrap(), "••••");
        assert_eq!(stage.css("#mirror").attribute("data-card", SOON).await.unwrap().unwrap(), "••••");
        assert_eq!(stage.css("#echo").text(SOON).await.unwrap(), "You typed ••••");
        assert_eq!(stage.page.title(SOON).await.unwrap(), "Card ••••");
        let error = stage.css("#not-there").click(ClickOptions::default(), BRIEF).await.unwrap_err();
        let Error::PageChanged(change) = &error else { panic!("{error}") };
        let dom = change.dom.as_ref().unwrap();
        assert!(dom.contains("You typed ••••") && dom.contains("data-card=\"••••\""));
        let told = format!("{error:?} {error} {dom}");
        assert!(!told.contains("42424242") && !told.contains("4242 4242"));
        assert_ne!(change.screenshot.as_ref().unwrap(), &plain);
        // The echo looks the same whatever was typed: it is covered, and so are the fields.
        let covered = stage.css("#echo").screenshot(SOON).await.unwrap();
        let field = stage.css("#card").screenshot(SOON).await.unwrap();
        stage.css("#card").fill(sealed("4343434343434343", &Stage::own("")), SOON).await.unwrap();
        assert_eq!(stage.css("#echo").screenshot(SOON).await.unwrap(), covered);
        assert_eq!(stage.css("#card").screenshot(SOON).await.unwrap(), field);
        stage.css("#q").fill(sealed("secret in a query", &Stage::own("")), SOON).await.unwrap();
        stage.css("#send").click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(stage.page.url().unwrap(), Stage::own("/pages/secrets.html?q=••••"));
        stage.session.close().await;
        let texts = [std::fs::read_to_string(&file).unwrap()];
        assert!(texts[0].contains("card is ••••"), "{}", texts[0]);
        for text in texts {
            // Four digits alone are found by chance: in the nanoseconds of a time, say.
            for secret in ["42424242", "4242 4242", "43434343", "4343 4343", "secret in a", "secret+in", "secret%20in"] {
                assert!(!text.contains(secret), "{secret}");
            }
        }
    }

    a_document_without_an_origin_gets_nothing: |stage| {
        stage.open("twisted.html").await;
        let code = stage.page.frame(Selector::css("#opaque")).locator(Selector::css("#code"));
        for bound in [vec![], vec![Stage::origin(&Stage::own(""))]] {
            let value = Value::Sealed(Sealed::new("5555555555554444".into(), bound));
            let result = code.fill(value, SOON).await;
            assert!(matches!(result, Err(Error::Denied(_))), "{result:?}");
        }
        code.fill("plain", SOON).await.unwrap();
    }

    password_fields_are_always_covered: |stage| {
        stage.open("secrets.html").await;
        let password = stage.css("#password");
        let empty = password.screenshot(SOON).await.unwrap();
        password.fill("plain, but a password", SOON).await.unwrap();
        stage.css("#card").focus(SOON).await.unwrap();
        let filled = password.screenshot(SOON).await.unwrap();
        password.fill("x", SOON).await.unwrap();
        stage.css("#card").focus(SOON).await.unwrap();
        assert_eq!(password.screenshot(SOON).await.unwrap(), filled);
        assert_eq!(empty, filled);
    }

    a_page_that_steals_the_focus_by_any_event_gets_nothing: |stage| {
        for way in ["focus", "keydown", "keypress", "beforeinput", "input", "editable", "replaced", "framed", "leaving", "popup", "always"] {
            for typed in [true, false] {
                let secret = format!("6011{way}{typed}{:?}", stage.build);
                stage.open(&format!("stealing.html?{way}")).await;
                stage.css("#log").filter_text(TextMatch::exact("ready")).text(SOON).await.unwrap();
                let victim = stage.css("#victim");
                let value = sealed(&secret, &Stage::own(""));
                // Whether it works or not: whoever is not the field must not have it, not one key of it.
                let _ = if typed { victim.type_keys(value, BRIEF).await } else { victim.fill(value, BRIEF).await };
                for page in stage.session.pages() {
                    let taken = if page.url().unwrap().contains("grabbing") {
                        vec![page.locator(Selector::css("#grab"))]
                    } else {
                        let thief = page.frame(Selector::css("#thief")).locator(Selector::css("#grab"));
                        let framed = page.frame(Selector::css("#place iframe")).locator(Selector::css("#grab"));
                        assert_eq!(page.locator(Selector::css("#editable")).text(SOON).await.unwrap(), "", "{way} typed: {typed}");
                        if way == "framed" && typed { vec![thief, framed] } else { vec![thief] }
                    };
                    for field in taken {
                        assert_eq!(field.value(SOON).await.unwrap(), "", "{way} typed: {typed}");
                    }
                }
                assert!(!stage.site.was_sent(&secret), "{way} typed: {typed}");
            }
        }
        assert_eq!(stage.site.count("grabbed"), 0);
    }

    what_was_typed_can_not_be_carried_into_another_frame: |stage| {
        let secret = format!("4929{:?}", stage.build);
        stage.open("stealing.html").await;
        stage.css("#log").filter_text(TextMatch::exact("ready")).text(SOON).await.unwrap();
        let (victim, grab) = (stage.css("#victim"), stage.page.frame(Selector::css("#thief")).locator(Selector::css("#grab")));
        victim.fill(sealed(&secret, &Stage::own("")), SOON).await.unwrap();
        victim.press("Control+A", SOON).await.unwrap();
        for keys in ["Control+C", "Control+X", "Control+Insert", "Shift+Delete"] {
            assert!(matches!(victim.press(keys, SOON).await, Err(Error::Invalid(_))), "{keys}");
        }
        for keys in ["Control+V", "Shift+Insert"] {
            assert!(matches!(grab.press(keys, SOON).await, Err(Error::Invalid(_))), "{keys}");
        }
        assert!(matches!(victim.drag_to(&grab, SOON).await, Err(Error::Invalid(_))));
        // The middle button pastes what is selected, where a desktop has that.
        grab.click(ClickOptions { button: mavm_browser::MouseButton::Middle, ..ClickOptions::default() }, SOON).await.unwrap();
        assert_eq!(grab.value(SOON).await.unwrap(), "");
        assert_eq!(stage.css("#decoy").value(SOON).await.unwrap(), "");
        assert!(!stage.site.was_sent(&secret));
    }

    a_code_is_not_read_off_what_shows_a_secret: |stage| {
        stage.open("secrets.html").await;
        let secret = "4242123412345678";
        stage.css("#card").fill(sealed(secret, &Stage::own("")), SOON).await.unwrap();
        let error = stage.css("#echo").read_sealed("typed (.*)", SOON).await.unwrap_err();
        assert!(matches!(&error, Error::Invalid(why) if why.contains("sealed value")), "{error}");
        // What is behind the mask is not even looked at, and so nobody is told whether it fits.
        for pattern in ["[0-9 ]{10,}", "[0-9]{4} [0-9]{4}", "4242 (1234)", "typed ([0-9]{4})"] {
            let error = stage.css("#echo").read_sealed(pattern, BRIEF).await.unwrap_err();
            assert!(matches!(&error, Error::TimedOut(_)), "{pattern}: {error}");
        }
        let error = stage.css("#echo").read_sealed("y", SOON).await.unwrap_err();
        assert!(matches!(&error, Error::Invalid(why) if why.contains("4 to 256")), "{error}");
        assert_eq!(stage.css("label").first().text(SOON).await.unwrap(), "Card");
        // A code is read as often as a step that is tried again needs it.
        for _ in 0..2 {
            stage.css("label").first().read_sealed("Card", SOON).await.unwrap();
        }
        assert_eq!(stage.css("label").first().text(SOON).await.unwrap(), "••••");
    }

    a_number_that_has_a_short_value_in_it_by_chance_is_read: |stage| {
        stage.open("numbers.html").await;
        stage.css("#pin").fill(sealed("4225", &Stage::own("")), SOON).await.unwrap();
        for (css, text) in [("#number", "042342258942"), ("#grouped", "0423-4225-8942"), ("#echo", "PIN ••••")] {
            assert_eq!(stage.css(css).text(SOON).await.unwrap(), text);
        }
        for (text, count) in [("042342258942", 1), ("PIN 4225", 0)] {
            let shown = stage.page.locator(Selector::Text(TextMatch::exact(text)));
            assert_eq!(shown.count(SOON).await.unwrap(), count, "{text}");
        }
    }
}
