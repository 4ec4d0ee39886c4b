//! What a page fetches ahead by its speculation rules leads no further than a click does.

use mavm_browser::{ClickOptions, Error, Launcher, Options, Selector};

use crate::on_both;
use crate::reaping::eventually;
use crate::stage::{Build, RUNTIME, SOON, Stage};

fn denied<T: std::fmt::Debug>(result: Result<T, Error>) {
    let Err(Error::Denied(denied)) = &result else { panic!("{result:?}") };
    assert_eq!(denied.origin, Stage::foreign(""));
}

/// A Chromium that has time enough to fetch ahead: what it shows then, the gate was never asked for.
fn one_that_comes_past_the_gate(build: Build) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        data_dir: folder.path().to_owned(),
        extra_args: vec!["--enable-features=PrefetchUseContentRefactor".to_owned()],
        ..build.options()
    };
    let name = format!("past-{build:?}");
    let to = Stage::foreign(&format!("/count/{name}"));
    RUNTIME.block_on(async {
        let launcher = Launcher::new(options);
        for link in ["#link", "#popup"] {
            let session = launcher.session(Stage::options()).await.unwrap();
            let stage = Stage::of(session, build);
            let before = stage.site.count(&name);
            stage.open(&format!("prefetching.html?to={to}")).await;
            eventually("nothing was fetched ahead", || stage.site.count(&name) > before);
            // The one that was fetched is shown, or it came too late and the gate has stopped it.
            let popup = stage.page.expect_popup();
            let clicked = stage.css(link).click(ClickOptions::default(), SOON).await;
            let page = match link {
                "#popup" => popup.wait(SOON).await.unwrap(),
                _ => stage.page.clone(),
            };
            if link == "#link" {
                denied(clicked);
            }
            denied(page.locator(Selector::css("h1")).text(SOON).await);
            denied(page.locator(Selector::css("h1")).click(ClickOptions::default(), SOON).await);
            eventually("it stays", || !page.url().unwrap().starts_with("http"));
            denied(page.locator(Selector::css("h1")).text(SOON).await);
            // The host leads it elsewhere, and all is well.
            page.goto(&Stage::own("/pages/plain.html"), SOON).await.unwrap();
            assert_eq!(page.locator(Selector::css("#log")).text(SOON).await.unwrap(), "arrived");
            stage.session.close().await;
        }
        launcher.close().await;
    });
}

#[test]
fn one_that_comes_past_the_gate_is_sent_away_by_the_headless_shell() {
    one_that_comes_past_the_gate(Build::Shell);
}

#[test]
fn one_that_comes_past_the_gate_is_sent_away_by_full_chromium() {
    one_that_comes_past_the_gate(Build::Full);
}

on_both! {
    a_page_that_is_fetched_ahead_is_not_shown: |stage| {
        let name = format!("ahead-{:?}", stage.build);
        stage.settle(&format!("prefetching.html?to={}", Stage::foreign(&format!("/count/{name}")))).await;
        denied(stage.css("#link").click(ClickOptions::default(), SOON).await);
        denied(stage.css("h1").text(SOON).await);
        // What is granted is shown as ever.
        stage.settle(&format!("prefetching.html?to={}", Stage::other("/pages/plain.html"))).await;
        stage.css("#link").click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(stage.log().await, "arrived");
    }
}
