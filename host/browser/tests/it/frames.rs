//! Frames at any depth, in any process, whenever they come.

use mavm_browser::{ClickOptions, ElementState, Error, Selector, TextMatch};

use crate::on_both;
use crate::stage::{BRIEF, SOON, Stage};

on_both! {
    frames_of_every_kind_can_be_used: |stage| {
        stage.open("frames.html").await;
        let own = stage.page.frame(Selector::css("iframe[name=own]"));
        let other = stage.page.frame(Selector::css("iframe[name=other]"));
        let deepest = other.frame(Selector::css("iframe[name=deepest]"));
        for (frame, host) in [(&own, "127.0.0.1"), (&other, "issuer.localhost"), (&deepest, "127.0.0.1")] {
            assert_eq!(frame.locator(Selector::css("#where")).text(SOON).await.unwrap(), host);
            let code = frame.locator(Selector::Label(TextMatch::exact("Code")));
            code.fill("123", SOON).await.unwrap();
            code.type_keys("456", SOON).await.unwrap();
            let value = code.value(SOON).await.unwrap();
            assert!(value == "123456" || value == "456123", "{value}");
            let go = frame.locator(Selector::css("#go"));
            go.click(ClickOptions::default(), SOON).await.unwrap();
            assert_eq!(go.text(SOON).await.unwrap(), "Confirmed");
        }
        // The frames tell by messages between processes, which come when they come.
        let all_three = TextMatch::regex("(:true.*){3}");
        stage.css("#log").filter_text(all_three).wait_for(ElementState::Visible, SOON).await.unwrap();
        let blank = stage.page.frame(Selector::css("[name=blank]")).locator(Selector::css("button"));
        blank.click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(blank.text(SOON).await.unwrap(), "1");
        let written = stage.page.frame(Selector::css("[name=doc]")).locator(Selector::css("button"));
        written.click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(written.text(SOON).await.unwrap(), "pressed");
        let png = deepest.locator(Selector::css("#where")).screenshot(SOON).await.unwrap();
        assert_eq!(&png[1..4], b"PNG");
    }

    a_frameset_has_frames_like_any_other: |stage| {
        stage.open("frameset.html").await;
        for name in ["left", "right"] {
            let frame = stage.page.frame(Selector::css(format!("frame[name={name}]")));
            let go = frame.locator(Selector::css("#nothing")).or(&frame.locator(Selector::css("#go"))).unwrap();
            go.click(ClickOptions::default(), SOON).await.unwrap();
            assert_eq!(go.text(SOON).await.unwrap(), "Confirmed");
        }
    }

    a_frame_may_come_late_navigate_and_be_replaced: |stage| {
        stage.open("late-frame.html").await;
        let challenge = stage.page.frame(Selector::css("iframe[name=challenge]"));
        let entry = challenge.locator(Selector::css("#challengeDataEntry"));
        let confirm = challenge.locator(Selector::css("#confirm"));
        entry.fill("111111", SOON).await.unwrap();
        confirm.click(ClickOptions::default(), SOON).await.unwrap();
        // The next page has the same ids: the click has waited for it.
        entry.fill("2222", SOON).await.unwrap();
        confirm.click(ClickOptions::default(), SOON).await.unwrap();
        challenge.locator(Selector::Text(TextMatch::exact("Step 3"))).wait_for(ElementState::Visible, SOON).await.unwrap();
        assert_eq!(stage.log().await, "step1: step2:111111 step3:2222");
    }

    a_click_in_a_frame_waits_for_the_document_it_leads_to: |stage| {
        stage.open("switch.html").await;
        let gate = format!("in-frame-{:?}", stage.build);
        let url = Stage::other(&format!("/pages/leaving.html?{gate}"));
        stage.css("#url").fill(url.as_str(), SOON).await.unwrap();
        stage.css("#go").click(ClickOptions::default(), SOON).await.unwrap();
        let frame = stage.page.frame(Selector::css("iframe"));
        let mut click = Box::pin(async {
            frame.locator(Selector::css("#link")).click(ClickOptions::default(), SOON).await.unwrap();
            frame.locator(Selector::css("#log")).text(SOON).await.unwrap()
        });
        let early = tokio::time::timeout(BRIEF, &mut click).await;
        assert!(early.is_err(), "the old document was used");
        stage.site.open(&format!("leaving-{gate}"));
        assert_eq!(click.await, "arrived");
    }

    a_frame_moves_between_processes_and_back: |stage| {
        stage.open("switch.html").await;
        let place = stage.page.frame(Selector::css("iframe")).locator(Selector::css("#where"));
        for round in 0..3 {
            for (url, host) in [(Stage::other(""), "issuer.localhost"), (Stage::own(""), "127.0.0.1")] {
                stage.css("#url").fill(format!("{url}/pages/inner.html?{round}").as_str(), SOON).await.unwrap();
                stage.css("#go").click(ClickOptions::default(), SOON).await.unwrap();
                place.filter_text(TextMatch::exact(host)).wait_for(ElementState::Visible, SOON).await.unwrap();
            }
        }
    }

    what_is_not_a_frame_is_refused: |stage| {
        stage.open("frames.html").await;
        let result = stage.page.frame(Selector::css("#log")).locator(Selector::css("b")).click(ClickOptions::default(), SOON).await;
        assert!(matches!(result, Err(Error::Invalid(_))), "{result:?}");
        let several = stage.page.frame(Selector::css("iframe")).locator(Selector::css("b")).click(ClickOptions::default(), SOON).await;
        let Err(Error::NotUnique(several)) = several else { panic!("{several:?}") };
        let first = &several.candidates[0].locator;
        assert_eq!((several.locator.as_str(), first.as_str()), ("css(\"iframe\")", "css(\"iframe[name=own]\")"));
        let nowhere = stage.page.frame(Selector::css("iframe[name=nowhere]"));
        assert_eq!(nowhere.locator(Selector::css("b")).count(SOON).await.unwrap(), 0);
        assert!(!nowhere.locator(Selector::css("b")).is_visible(SOON).await.unwrap());
        nowhere.locator(Selector::css("b")).wait_for(ElementState::Hidden, SOON).await.unwrap();
    }

    a_frame_of_a_foreign_origin_is_denied: |stage| {
        stage.open("switch.html").await;
        stage.css("#url").fill(Stage::foreign("/count/foreign-frame").as_str(), SOON).await.unwrap();
        stage.css("#go").click(ClickOptions::default(), SOON).await.unwrap();
        let inside = stage.page.frame(Selector::css("iframe")).locator(Selector::css("h1"));
        let error = inside.text(SOON).await.unwrap_err();
        let Error::Denied(denied) = &error else { panic!("{error}") };
        assert_eq!(denied.origin, Stage::foreign(""));
        // The page around it goes on.
        stage.css("#url").fill("", SOON).await.unwrap();
        assert_eq!(stage.site.count("foreign-frame"), 0);
    }

    a_picture_in_a_frame_shows_nothing_of_what_is_around_it: |stage| {
        let mut pictures = Vec::new();
        for around in ["lime", "blue"] {
            stage.settle(&format!("framing.html?{around}")).await;
            for (name, most) in [("whole", (300, 200)), ("cut", (150, 100))] {
                let frame = stage.page.frame(Selector::css(format!("iframe[name={name}]")));
                let png = frame.locator(Selector::css("#wide")).screenshot(SOON).await.unwrap();
                let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
                let (width, height) = (number(16), number(20));
                assert!(width <= most.0 && height <= most.1, "{name}: {width} × {height}");
                pictures.push(png);
            }
        }
        assert!(pictures[..2] == pictures[2..], "the colour around shows");
        let frame = stage.page.frame(Selector::css("iframe[name=whole]"));
        let nowhere = frame.locator(Selector::css("#away")).screenshot(BRIEF).await.unwrap_err();
        assert!(nowhere.to_string().contains("outside of what its frame shows"), "{nowhere}");
    }

    a_covered_frame_is_not_clicked_into: |stage| {
        stage.open("switch.html").await;
        stage.css("#url").fill(Stage::other("/pages/inner.html").as_str(), SOON).await.unwrap();
        stage.css("#go").click(ClickOptions::default(), SOON).await.unwrap();
        let confirm = stage.page.frame(Selector::css("iframe")).locator(Selector::css("#go"));
        confirm.wait_for(ElementState::Visible, SOON).await.unwrap();
        stage.css("#cover").click(ClickOptions::default(), SOON).await.unwrap();
        let error = confirm.click(ClickOptions::default(), BRIEF).await.unwrap_err();
        assert!(error.to_string().contains("covered by <div id=sheet>"), "{error}");
        stage.page.on_overlay(&stage.css("#sheet"), &stage.css("#sheet"));
        confirm.click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(confirm.text(SOON).await.unwrap(), "Confirmed");
    }
}
