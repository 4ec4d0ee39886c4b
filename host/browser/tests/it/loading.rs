//! Waiting for a page to load waits for all that the state's name says, and says what is missing.

use std::time::{Duration, Instant};

use mavm_browser::{ClickOptions, LoadState};

use crate::on_both;
use crate::stage::{BRIEF, SOON};

on_both! {
    loaded_is_what_has_its_pictures: |stage| {
        let name = format!("load-{:?}", stage.build);
        stage.open(&format!("held.html?{name}")).await;
        stage.page.wait_for_load(LoadState::DomContentLoaded, SOON).await.unwrap();
        let early = stage.page.wait_for_load(LoadState::Load, BRIEF).await.unwrap_err();
        assert!(early.to_string().contains("the page is still loading"), "{early}");
        assert_eq!(stage.log().await, "read");
        let (loaded, ()) = tokio::join!(stage.page.wait_for_load(LoadState::Load, SOON), async {
            stage.site.open(&format!("{name}-picture"));
        });
        loaded.unwrap();
        assert_eq!(stage.log().await, "loaded");
    }

    idle_is_a_network_that_has_been_so_for_half_a_second: |stage| {
        let name = format!("idle-{:?}", stage.build);
        stage.site.open(&format!("{name}-picture"));
        stage.open(&format!("held.html?{name}")).await;
        stage.page.wait_for_load(LoadState::NetworkIdle, SOON).await.unwrap();
        stage.css("#more").click(ClickOptions::default(), SOON).await.unwrap();
        // Longer than the half second.
        let early = stage.page.wait_for_load(LoadState::NetworkIdle, BRIEF).await.unwrap_err();
        assert!(early.to_string().contains(&format!("/slow/{name}-fetch is still being fetched")), "{early}");
        let (idle, answered) = tokio::join!(stage.page.wait_for_load(LoadState::NetworkIdle, SOON), async {
            stage.site.open(&format!("{name}-fetch"));
            Instant::now()
        });
        idle.unwrap();
        assert!(answered.elapsed() >= Duration::from_millis(500));
        assert_eq!(stage.log().await, "fetched");
    }
}
