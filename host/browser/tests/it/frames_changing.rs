//! Frames that come, go and change while something waits for what is in them.

use mavm_browser::{ClickOptions, ElementState, Error, Locator, Selector, TextMatch};

use crate::on_both;
use crate::stage::{BRIEF, SOON, Stage};

fn inside(stage: &Stage, name: &str, css: &str) -> Locator {
    let frame = Selector::css(format!("iframe[name={name}]"));
    stage.page.frame(frame).locator(Selector::css(css))
}

async fn push(stage: &Stage, css: &str) {
    // By the keyboard: the mouse may be with the click that waits.
    stage.css(css).press("Enter", SOON).await.unwrap();
}

on_both! {
    a_frame_in_a_shadow_root_is_found_and_so_are_those_inside_of_it: |stage| {
        stage.open("frames-changing.html").await;
        let go = inside(&stage, "shaded", "#go");
        go.click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(go.text(SOON).await.unwrap(), "Confirmed");
        let shaded = stage.page.frame(Selector::css("my-host iframe"));
        let deepest = shaded.frame(Selector::css("iframe")).locator(Selector::css("#go"));
        deepest.click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(deepest.text(SOON).await.unwrap(), "Confirmed");
    }

    a_frame_without_an_origin_can_be_used: |stage| {
        stage.open("frames-changing.html").await;
        let code = inside(&stage, "boxed", "#code");
        code.fill("42", SOON).await.unwrap();
        assert_eq!(code.value(SOON).await.unwrap(), "42");
    }

    a_document_written_anew_is_used: |stage| {
        stage.open("frames-changing.html").await;
        let button = inside(&stage, "bare", "button");
        assert_eq!(button.count(SOON).await.unwrap(), 0);
        push(&stage, "#write").await;
        button.click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(button.text(SOON).await.unwrap(), "1");
    }

    other_frames_go_on_while_one_stalls: |stage| {
        let gate = format!("stalled-{:?}", stage.build);
        stage.open(&format!("frames-more.html?{gate}")).await;
        inside(&stage, "boxed", "#code").fill("42", SOON).await.unwrap();
        for name in ["boxed", "moved"] {
            let go = inside(&stage, name, "#go");
            go.click(ClickOptions::default(), SOON).await.unwrap();
            assert_eq!(go.text(SOON).await.unwrap(), "Confirmed");
        }
        stage.site.open(&gate);
    }

    an_iframe_that_is_taken_out_and_put_back_is_followed: |stage| {
        stage.open("frames-more.html?never").await;
        let go = inside(&stage, "moved", "#go");
        go.wait_for(ElementState::Visible, SOON).await.unwrap();
        push(&stage, "#out").await;
        go.wait_for(ElementState::Detached, SOON).await.unwrap();
        let (clicked, ()) = tokio::join!(go.click(ClickOptions::default(), SOON), push(&stage, "#back"));
        clicked.unwrap();
        assert_eq!(go.text(SOON).await.unwrap(), "Confirmed");
    }

    an_object_is_no_frame: |stage| {
        stage.open("frames-changing.html").await;
        let inside = stage.page.frame(Selector::css("object")).locator(Selector::css("#go"));
        let result = inside.click(ClickOptions::default(), SOON).await;
        assert!(matches!(&result, Err(Error::Invalid(why)) if why.contains("is not a frame")), "{result:?}");
    }

    what_waits_for_a_frame_to_go_sees_it_go: |stage| {
        stage.open("frames-changing.html").await;
        let go = inside(&stage, "changing", "#go");
        go.wait_for(ElementState::Visible, SOON).await.unwrap();
        let (gone, ()) = tokio::join!(go.wait_for(ElementState::Hidden, SOON), push(&stage, "#remove"));
        gone.unwrap();
        go.wait_for(ElementState::Detached, SOON).await.unwrap();
        assert_eq!(go.count(SOON).await.unwrap(), 0);
        let error = go.click(ClickOptions::default(), BRIEF).await.unwrap_err();
        assert!(matches!(error, Error::PageChanged(_) | Error::TimedOut(_)), "{error}");
    }

    a_frame_replaced_by_one_of_the_same_name_is_followed: |stage| {
        stage.open("frames-changing.html").await;
        inside(&stage, "changing", "#go").wait_for(ElementState::Visible, SOON).await.unwrap();
        let last = inside(&stage, "changing", "#last");
        let (clicked, ()) = tokio::join!(last.click(ClickOptions::default(), SOON), push(&stage, "#replace"));
        clicked.unwrap();
        stage.css("#log").wait_for_text(&TextMatch::exact("clicked on 5"), SOON).await.unwrap();
    }

    a_frame_that_goes_from_process_to_process_is_followed: |stage| {
        stage.open("frames-changing.html").await;
        for round in 0..5 {
            let last = inside(&stage, "changing", "#last");
            let (clicked, ()) = tokio::join!(last.click(ClickOptions::default(), SOON), push(&stage, "#away"));
            clicked.unwrap();
            // The one of this round, or the one before that was not yet replaced: once in any case.
            let all = TextMatch::regex(format!("^(clicked on 5 ?){{{}}}$", round + 1));
            stage.css("#log").wait_for_text(&all, SOON).await.unwrap();
            push(&stage, "#remove").await;
        }
    }

    a_frame_that_goes_before_it_is_hit_is_clicked_when_it_is_back: |stage| {
        stage.open("going-frame.html").await;
        let inside = stage.page.frame(Selector::css("#frame")).locator(Selector::css("#inside"));
        inside.click(ClickOptions::default(), SOON).await.unwrap();
        // What was below it meanwhile got nothing.
        assert_eq!(stage.log().await, "inside");
    }
}
