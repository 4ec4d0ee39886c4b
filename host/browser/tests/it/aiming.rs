//! The mouse hits what is meant, wherever it is and however it moves, and nothing else.

use mavm_browser::{ClickOptions, Selector};

use crate::on_both;
use crate::stage::SOON;

on_both! {
    every_shape_is_hit: |stage| {
        stage.open("aiming.html").await;
        let ids = ["wrapped", "block", "dot", "contents", "point", "partly", "magnified", "shrunk", "through", "shadowed", "snapped", "bare", "far"];
        for id in ids {
            stage.css(&format!("#{id}")).click(ClickOptions::default(), SOON).await.unwrap();
            let log = stage.log().await;
            assert!(log.ends_with(id), "{id}: {log}");
        }
        assert_eq!(stage.log().await.split(' ').count(), ids.len());
    }

    a_frame_that_is_turned_and_padded_is_hit_inside: |stage| {
        stage.open("aiming.html").await;
        let inside = stage.page.frame(Selector::css("#rotated")).locator(Selector::role_named("button", "In it"));
        inside.click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(stage.log().await, "rotated");
    }

    a_frame_itself_and_what_is_around_it_are_clicked_once: |stage| {
        stage.open("aiming.html").await;
        for id in ["#framed", "#frame-itself"] {
            stage.css(id).hover(SOON).await.unwrap();
            stage.css(id).click(ClickOptions::default(), SOON).await.unwrap();
        }
        assert_eq!(stage.log().await, "in-frame in-frame");
    }

    a_link_without_an_address_takes_the_click_for_what_is_in_it: |stage| {
        stage.open("aiming.html").await;
        stage.css("#untouched").click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(stage.log().await, "scripted");
    }

    what_drifts_away_is_scrolled_to_when_it_stands_still: |stage| {
        stage.open("aiming.html").await;
        stage.css("#drift").click(ClickOptions::default(), SOON).await.unwrap();
        stage.css("#drifting").scroll_into_view(SOON).await.unwrap();
        stage.css("#where").click(ClickOptions::default(), SOON).await.unwrap();
        assert!(stage.log().await.starts_with("drift seen"), "{}", stage.log().await);
    }

    what_goes_with_the_first_event_was_clicked: |stage| {
        stage.open("aiming.html").await;
        stage.css("#vanishing").click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(stage.log().await, "vanished");
    }

    what_moves_away_from_the_mouse_is_followed: |stage| {
        stage.open("aiming.html").await;
        stage.css("#shy").click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(stage.log().await, "away away shy");
    }

    a_scripts_own_click_is_not_held_back: |stage| {
        stage.open("aiming.html").await;
        stage.css("#leaping").click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(stage.log().await, "leaping leaping");
    }

    what_is_replaced_under_the_mouse_is_found_again: |stage| {
        stage.open("aiming.html").await;
        stage.css("#twice").click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(stage.log().await, "twice");
        assert_eq!(stage.css("#twice").attribute("data-second", SOON).await.unwrap().as_deref(), Some("yes"));
    }
}
