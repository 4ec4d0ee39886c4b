//! The mouse rests on what is hovered over, and everything around it knows.

use mavm_browser::{ClickOptions, Selector};

use crate::on_both;
use crate::stage::SOON;

on_both! {
    a_menu_opens_that_shows_only_while_the_mouse_is_there: |stage| {
        stage.open("hover.html").await;
        stage.css("#menu").hover(SOON).await.unwrap();
        stage.css("#entry").click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(stage.log().await, "entry");
    }

    an_overlay_that_comes_up_under_the_mouse_is_dismissed: |stage| {
        stage.page.on_overlay(&stage.css("#offer"), &stage.button("No, thanks"));
        stage.open("hovering.html").await;
        stage.css("#offering").hover(SOON).await.unwrap();
        assert_eq!(stage.log().await, "dismissed hovered");
    }

    a_menu_that_opens_under_the_mouse_is_none_of_them: |stage| {
        stage.page.on_overlay(&stage.css("#offer"), &stage.button("No, thanks"));
        stage.open("hovering.html").await;
        stage.css("#opening").hover(SOON).await.unwrap();
        assert_eq!(stage.log().await, "opened");
    }

    the_page_around_a_frame_knows_that_the_mouse_is_in_it: |stage| {
        stage.open("hovering.html").await;
        stage.page.frame(Selector::css("#inside")).locator(Selector::css("#b")).hover(SOON).await.unwrap();
        assert_eq!(stage.log().await, "outer inner");
    }
}
