//! Window size, locale and time zone are a session's, everywhere in it.

use mavm_browser::{ClickOptions, Selector, TextMatch, Viewport};

use crate::on_both;
use crate::stage::{SOON, Stage};

on_both! {
    sessions_have_a_time_zone_a_locale_and_a_size: |stage| {
        // Each of two at once has its own, and neither hides that it is automated.
        for (zone, locale, width, shown) in [
            ("Europe/Berlin", "de-DE", 1000, "Europe/Berlin 1.234,5 1000x700 of 1000x700 true true"),
            ("America/New_York", "en-US", 1200, "America/New_York 1,234.5 1200x700 of 1200x700 true true"),
        ] {
            let mut options = Stage::options();
            options.time_zone = Some(zone.to_owned());
            options.locale = Some(locale.to_owned());
            options.viewport = Viewport { width, height: 700 };
            let own = Stage::with(stage.build, options).await;
            own.open("locale.html").await;
            stage.open("locale.html").await;
            own.open("locale.html").await;
            assert_eq!(own.log().await, shown);
            assert!(stage.log().await.ends_with("1280x800 of 1280x800 true true"));
            own.session.close().await;
        }
    }

    they_hold_in_frames_workers_and_popups: |stage| {
        let mut options = Stage::options();
        options.time_zone = Some("Asia/Tokyo".to_owned());
        options.locale = Some("de-DE".to_owned());
        let own = Stage::with(stage.build, options).await;
        own.open("locale-everywhere.html").await;
        let shown = "Asia/Tokyo 1.234,5";
        let popup = own.page.expect_popup();
        own.css("#open").click(ClickOptions::default(), SOON).await.unwrap();
        let popup = popup.wait(SOON).await.unwrap();
        let frame = own.page.frame(Selector::css("#frame"));
        for id in ["#log", "#worker"] {
            for place in [
                own.css(id),
                frame.locator(Selector::css(id)),
                popup.locator(Selector::css(id)),
                popup.frame(Selector::css("#frame")).locator(Selector::css(id)),
            ] {
                let text = place.filter_text(TextMatch::contains("/")).text(SOON).await.unwrap();
                assert_eq!(text, shown, "{id}");
            }
        }
        own.session.close().await;
    }
}
