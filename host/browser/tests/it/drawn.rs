//! Pages that nobody looks at are hardly drawn, and can't tell.

use mavm_browser::{ClickOptions, Locator, Selector, TextMatch, TraceOptions};

use crate::on_both;
use crate::stage::{SOON, Stage};

async fn click(locator: &Locator) {
    locator.click(ClickOptions::default(), SOON).await.unwrap();
}

fn in_frame(stage: &Stage) -> Locator {
    stage.page.frame(Selector::css("iframe[name=far]")).locator(Selector::css("#go"))
}

on_both! {
    a_page_is_told_of_all_its_window: |stage| {
        stage.open("drawn.html").await;
        click(&stage.css("#near")).await;
        click(&stage.css("#far")).await;
        let log = stage.css("#log").filter_text(TextMatch::contains("far@"));
        let log = log.text(SOON).await.unwrap();
        assert!(log.contains("far:true:1280x800"), "{log}");
        assert!(log.contains("below:false:1280x800"), "{log}");
        // Where the mouse is on the screen fits where it is on the page, there as here.
        assert!(log.contains("far@1220,760 same"), "{log}");
        assert!(!log.contains("resize") && !log.contains("viewport"), "{log}");
    }

    frames_of_other_sites_are_clicked_wherever_they_are: |stage| {
        stage.open("drawn.html").await;
        for _ in 0..3 {
            click(&stage.css("#frame")).await;
            click(&in_frame(&stage)).await;
            assert_eq!(in_frame(&stage).text(SOON).await.unwrap(), "Confirmed");
            // A picture in between leaves all as it was.
            stage.page.screenshot(SOON).await.unwrap();
            click(&stage.css("#away")).await;
            click(&stage.css("#far")).await;
        }
        let log = stage.log().await;
        assert_eq!(log.matches("far@1220,760 same").count(), 3, "{log}");
        assert!(!log.contains("visibilitychange"), "{log}");
    }

    a_picture_shows_all_of_a_page: |stage| {
        // With a trace that has pictures all is drawn all the time.
        let folder = tempfile::tempdir().unwrap();
        let mut options = Stage::options();
        options.trace = Some(TraceOptions::file(folder.path().join("run.jsonl")));
        let drawn = Stage::with(stage.build, options).await;
        for page in ["drawn.html", "clicking.html"] {
            stage.settle(page).await;
            drawn.settle(page).await;
            for _ in 0..2 {
                let picture = stage.page.screenshot(SOON).await.unwrap();
                assert!(picture == drawn.page.screenshot(SOON).await.unwrap(), "{page}");
            }
        }
        stage.settle("drawn.html").await;
        drawn.settle("drawn.html").await;
        let far = stage.css("#far").screenshot(SOON).await.unwrap();
        assert!(far == drawn.css("#far").screenshot(SOON).await.unwrap());
        assert!(far != stage.css("#near").screenshot(SOON).await.unwrap());
        // It is drawn as little as before, and goes on.
        click(&stage.css("#far")).await;
        let log = stage.css("#log").filter_text(TextMatch::contains("far@"));
        assert!(!log.text(SOON).await.unwrap().contains("resize"));
        drawn.session.close().await;
    }
}
