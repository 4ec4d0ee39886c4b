//! Overlays that were announced are dismissed when they are in the way, of any action and any wait.

use mavm_browser::{ClickOptions, ElementState, Error, Selector, first_of};

use crate::on_both;
use crate::stage::{BRIEF, SOON, Stage};

fn announce(stage: &Stage, names: &[&str]) {
    for name in names {
        stage
            .page
            .on_overlay(&stage.css(&format!("#{name}")), &stage.button(&format!("Close {name}")));
    }
}

async fn click(stage: &Stage) -> Result<(), Error> {
    stage.css("#target").click(ClickOptions::default(), SOON).await
}

on_both! {
    several_overlays_are_dismissed_and_only_when_they_are_there: |stage| {
        announce(&stage, &["tour", "cookies", "never"]);
        stage.open("overlays.html?two").await;
        click(&stage).await.unwrap();
        click(&stage).await.unwrap();
        assert_eq!(stage.log().await, "cookies tour target target");
    }

    one_that_comes_back_is_dismissed_again: |stage| {
        announce(&stage, &["again"]);
        stage.open("overlays.html?back=3").await;
        click(&stage).await.unwrap();
        assert_eq!(stage.log().await, "again again again target");
    }

    one_that_takes_its_time_is_dismissed_once: |stage| {
        announce(&stage, &["fades"]);
        stage.open("overlays.html?fades").await;
        click(&stage).await.unwrap();
        assert_eq!(stage.log().await, "fades target");
    }

    one_that_goes_late_is_clicked_once: |stage| {
        announce(&stage, &["slow"]);
        stage.open("overlays.html?slow").await;
        click(&stage).await.unwrap();
        assert_eq!(stage.log().await, "slow target");
    }

    one_whose_button_is_not_ready_is_dismissed_when_it_is: |stage| {
        announce(&stage, &["late"]);
        stage.open("overlays.html?late").await;
        click(&stage).await.unwrap();
        assert_eq!(stage.log().await, "late target");
    }

    one_that_stays_is_told_in_the_time_out: |stage| {
        announce(&stage, &["stays"]);
        stage.open("overlays.html?stays").await;
        let error = stage.css("#target").click(ClickOptions::default(), BRIEF).await.unwrap_err();
        assert!(matches!(error, Error::TimedOut(_)), "{error}");
        assert!(error.to_string().contains("the overlay css(\"#stays\") is there after"), "{error}");
        assert!(stage.log().await.starts_with("stays"));
    }

    waits_and_fields_are_freed_as_clicks_are: |stage| {
        announce(&stage, &["wall"]);
        let behind = stage.css("#behind");
        stage.open("overlays.html?wall").await;
        behind.wait_for(ElementState::Visible, SOON).await.unwrap();
        stage.open("overlays.html?wall").await;
        stage.css("#field").fill("free", SOON).await.unwrap();
        stage.open("overlays.html?wall").await;
        assert_eq!(behind.text(SOON).await.unwrap(), "behind");
        stage.open("overlays.html?wall").await;
        assert_eq!(first_of(&[stage.css("#none"), behind], SOON).await.unwrap(), 1);
    }

    overlays_in_frames_are_dismissed: |stage| {
        let inside = stage.page.frame(Selector::css("#frame"));
        for name in ["tour", "cookies"] {
            let overlay = inside.locator(Selector::css(format!("#{name}")));
            let close = inside.locator(Selector::role_named("button", format!("Close {name}")));
            stage.page.on_overlay(&overlay, &close);
        }
        stage.settle("overlays.html?frame").await;
        inside.locator(Selector::css("#target")).click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(inside.locator(Selector::css("#log")).text(SOON).await.unwrap(), "cookies tour target");
    }
}
