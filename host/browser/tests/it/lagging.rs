//! Pages that are busy, or blocked, while an action arrives: it ends when the page has dealt with it,
//! and the page gets it once.

use mavm_browser::ClickOptions;

use crate::cancelling::{blocked, blocking};
use crate::on_both;
use crate::stage::SOON;

on_both! {
    a_click_on_a_page_that_is_blocked_is_one_and_ends_with_it: |stage| {
        // By the button going down, the click itself, and the mouse coming.
        for id in ["down", "up", "over"] {
            let name = blocking(&stage, &format!("blocked-{id}")).await;
            let button = stage.css(&format!("#{id}"));
            let click = button.click(ClickOptions::default(), SOON);
            tokio::pin!(click);
            tokio::select! {
                ended = &mut click => panic!("{id}: the page was not waited for: {ended:?}"),
                () = blocked(&stage, &name) => {}
            }
            stage.site.open(&name);
            click.await.unwrap();
            assert_eq!(stage.log().await, id);
        }
    }

    a_page_that_is_busy_in_its_handlers_gets_each_click_once: |stage| {
        blocking(&stage, "busy").await;
        stage.css("#slow").click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(stage.log().await, "slow");
        stage.css("#slow").click(ClickOptions { count: 2, ..ClickOptions::default() }, SOON).await.unwrap();
        assert_eq!(stage.log().await, "slow slow slow twice");
    }

    keys_that_keep_a_page_busy_are_typed_once: |stage| {
        blocking(&stage, "typed").await;
        stage.css("#keys").type_keys("abc", SOON).await.unwrap();
        assert_eq!(stage.css("#keys").value(SOON).await.unwrap(), "abc");
        assert_eq!(stage.log().await, "a b c");
    }

    a_key_that_blocks_its_page_is_pressed_once: |stage| {
        let name = blocking(&stage, "pressed").await;
        let field = stage.css("#key");
        let press = field.press("x", SOON);
        tokio::pin!(press);
        tokio::select! {
            ended = &mut press => panic!("the page was not waited for: {ended:?}"),
            () = blocked(&stage, &name) => {}
        }
        stage.site.open(&name);
        press.await.unwrap();
        assert_eq!(field.value(SOON).await.unwrap(), "x");
        assert_eq!(stage.log().await, "x");
    }
}
