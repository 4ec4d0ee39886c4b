//! The viewer in the real browser, both builds, on traces that the real driver has written.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Router;
use axum::response::Html;
use axum::routing::any;
use mavm_browser::{
    ClickOptions, Launcher, Locator, Options, Selector, Session, SessionOptions, Source, TextMatch,
    TraceOptions,
};
use mavm_trace::{Viewer, serve};
use tokio::sync::mpsc;

const SOON: Duration = Duration::from_secs(30);

fn launcher(name: &str) -> Launcher {
    let path = std::env::var_os("PATH").unwrap();
    let executable =
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    let executable = executable.unwrap_or_else(|| panic!("{name} is not installed"));
    Launcher::new(Options {
        executable: Some(executable),
        ..Options::in_folder(env!("CARGO_TARGET_TMPDIR"))
    })
}

/// A site with one page; gives its address and what else was asked for, by any page.
async fn site(html: &'static str) -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (asked, heard) = mpsc::unbounded_channel();
    let app = Router::new().route("/", any(move || async move { Html(html) })).fallback(
        move |uri: axum::http::Uri| {
            let _ = asked.send(uri.to_string());
            async { "gotcha" }
        },
    );
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, heard)
}

async fn traced(launcher: &Launcher, site: &str, file: &Path) -> Session {
    let options = SessionOptions {
        trace: Some(TraceOptions::file(file)),
        ..SessionOptions::only([site.parse().unwrap()])
    };
    let session = launcher.session(options).await.unwrap();
    session.set_source(&Source {
        step: "sign-up".into(),
        plugin: "console-2023".into(),
        digest: "sha256:0123456789abcdef".into(),
        does: "start".into(),
        flow: "create-account".into(),
        run: "run-1".into(),
    });
    session.page().goto(site, SOON).await.unwrap();
    session
}

/// The viewer on a trace, opened.
async fn opened(launcher: &Launcher, file: &Path) -> Session {
    let viewer = Viewer::open(file, 0).await.unwrap();
    let address = viewer.address().unwrap();
    tokio::spawn(serve(viewer));
    let origin = address.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let session = launcher.session(SessionOptions::only([origin.parse().unwrap()])).await.unwrap();
    session.page().goto(&address, SOON).await.unwrap();
    session
}

fn css(session: &Session, css: &str) -> Locator {
    session.page().locator(Selector::css(css))
}

fn trace_file() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("main.jsonl");
    (folder, file)
}

const PAGE: &str = r#"<!DOCTYPE html><style>button { color: rgb(200, 0, 0) }</style><h1>A form</h1>
<input id="name" aria-label="Name"><button onclick="document.querySelector('h1').textContent='Done'; console.log('clicked')">Go</button>"#;

async fn an_action_is_shown_with_its_marked_target(build: &str) {
    let launcher = launcher(build);
    let (site, _) = site(PAGE).await;
    let (_folder, file) = trace_file();
    let session = traced(&launcher, &site, &file).await;
    css(&session, "#name").fill("Erika", SOON).await.unwrap();
    css(&session, "button").click(ClickOptions::default(), SOON).await.unwrap();
    session.close().await;

    let viewer = opened(&launcher, &file).await;
    let page = viewer.page();
    let action = |name: &str| css(&viewer, "[role=option]").filter_text(TextMatch::contains(name));
    assert!(css(&viewer, ".source").text(SOON).await.unwrap().contains("console-2023 · start"));
    assert_eq!(
        css(&viewer, "#about").text(SOON).await.unwrap().split(" · ").next(),
        Some("create-account")
    );
    action("click").click(ClickOptions::default(), SOON).await.unwrap();
    let facts = css(&viewer, "#facts").text(SOON).await.unwrap();
    for wanted in ["css(\"button\")", "sha256:0123456789abcdef", "sign-up"] {
        assert!(facts.contains(wanted), "{wanted}: {facts}");
    }
    assert!(css(&viewer, "#log").text(SOON).await.unwrap().contains("clicked"));
    // The picture has the target's box, the page itself its mark.
    css(&viewer, "#target").wait_for(mavm_browser::ElementState::Visible, SOON).await.unwrap();
    page.locator(Selector::role_named("tab", "Page before"))
        .click(ClickOptions::default(), SOON)
        .await
        .unwrap();
    let shown = page.frame(Selector::css("#view iframe"));
    assert_eq!(shown.locator(Selector::css("[data-mavm-target]")).text(SOON).await.unwrap(), "Go");
    assert_eq!(shown.locator(Selector::css("#name")).value(SOON).await.unwrap(), "Erika");
    // The keyboard goes through the tabs and the actions.
    css(&viewer, "[role=option][aria-selected=true]").press("ArrowRight", SOON).await.unwrap();
    let after = page.frame(Selector::css("#view iframe")).locator(Selector::css("h1"));
    after.filter_text(TextMatch::exact("Done")).text(SOON).await.unwrap();
    css(&viewer, "[role=option][aria-selected=true]").press("ArrowUp", SOON).await.unwrap();
    css(&viewer, "#facts").filter_text(TextMatch::contains("Erika")).text(SOON).await.unwrap();
    viewer.close().await;
    launcher.close().await;
}

const HOSTILE: &str = r##"<!DOCTYPE html><title>Hostile</title>
<link rel="prefetch" href="/leak-prefetch"><link rel="icon" href="/leak-icon">
<style>body { background: url(/leak-background) } @import url(/leak-import);</style>
<img src="/leak-img" onerror="fetch('/leak-handler')"><p id="ready" style="background-image: url('/leak-style')">ready</p>
<svg><script>fetch('/leak-svg')</script><image href="/leak-svg-image"/><a href="javascript:parent.location='/leak'"><text y="20">x</text></a></svg>
<iframe src="/leak-frame"></iframe><object data="/leak-object"></object><embed src="/leak-embed">
<video src="/leak-video" poster="/leak-poster"></video><form action="/leak-form"><button id="go" type="button">Go</button></form>
<a id="link" href="/leak-link" ping="/leak-ping" target="_top">link</a><meta http-equiv="refresh" content="3600; url=/leak-refresh">
<input autofocus onfocus="fetch('/leak-focus')"><div data-x="mavm-resource:../x; mavm-url:1;">placeholders</div>
<script>
  const s = document.createElement('p'); s.textContent = '<script>fetch("/leak-text")</' + 'script><img src=/leak-text2 onerror=alert(1)>'; document.body.append(s);
  const x = document.createElement('xmp'); x.textContent = '</xmp><img src=/leak-xmp>'; document.body.append(x);
  const m = document.createElement('b'); m.setAttribute('title', '"><img src=/leak-attribute>'); document.body.append(m);
  console.error('<img src=/leak-console onerror=alert(2)>');
</script>"##;

async fn a_hostile_page_does_nothing_in_the_viewer(build: &str) {
    let launcher = launcher(build);
    let (site, mut heard) = site(HOSTILE).await;
    let (_folder, file) = trace_file();
    let session = traced(&launcher, &site, &file).await;
    css(&session, "#go").click(ClickOptions::default(), SOON).await.unwrap();
    session.close().await;
    // While it lived it could ask for what it wanted; from here on it is only looked at.
    assert!(heard.try_recv().is_ok());
    while heard.try_recv().is_ok() {}

    let viewer = opened(&launcher, &file).await;
    let page = viewer.page();
    let click = css(&viewer, "[role=option]").filter_text(TextMatch::contains("click"));
    click.click(ClickOptions::default(), SOON).await.unwrap();
    page.locator(Selector::role_named("tab", "Page before"))
        .click(ClickOptions::default(), SOON)
        .await
        .unwrap();
    let shown = page.frame(Selector::css("#view iframe"));
    assert_eq!(shown.locator(Selector::css("#ready")).text(SOON).await.unwrap(), "ready");
    assert_eq!(shown.locator(Selector::css("[data-mavm-target]")).text(SOON).await.unwrap(), "Go");
    let address = page.url().unwrap();
    shown.locator(Selector::css("#link")).click(ClickOptions::default(), SOON).await.unwrap();
    shown
        .locator(Selector::css("[data-mavm-target]"))
        .click(ClickOptions::default(), SOON)
        .await
        .unwrap();
    page.wait_for_load(mavm_browser::LoadState::NetworkIdle, SOON).await.unwrap();
    assert_eq!(page.url().unwrap(), address);
    assert_eq!(
        shown
            .locator(Selector::css("script, [onclick], [onerror], [action], meta[http-equiv]"))
            .count(SOON)
            .await
            .unwrap(),
        0
    );
    let leaks: Vec<String> = std::iter::from_fn(|| heard.try_recv().ok()).collect();
    assert_eq!(leaks, Vec::<String>::new());
    viewer.close().await;
    launcher.close().await;
}

/// Even a document that was never made harmless can't do anything: the viewer's rules alone hold.
async fn a_forged_page_does_nothing_in_the_viewer(build: &str) {
    let launcher = launcher(build);
    let (site, mut heard) = site(PAGE).await;
    let (_folder, file) = trace_file();
    let html = format!(
        "<p id=ready>ready</p><script>fetch('{site}/leak'); document.title = 'ran'; ready.textContent = 'ran'</script><img src='{site}/leak-img' onerror=\"ready.textContent = 'ran'\"><iframe src='{site}/leak-frame'></iframe><link rel=stylesheet href='{site}/leak-css'><meta http-equiv=refresh content='0; url={site}/leak-refresh'>"
    );
    let lines = [
        serde_json::json!({"kind": "session", "browser": "x", "at": "2030-01-01T00:00:00Z"}),
        serde_json::json!({"kind": "resource", "id": "aa", "type": "text/html", "text": html}),
        serde_json::json!({"kind": "capture", "number": 1, "at": "2030-01-01T00:00:01Z", "window": [800, 600], "frames": [{"frame": "A", "index": -1, "html": "aa"}]}),
        serde_json::json!({"kind": "action", "action": "click", "ms": 1, "at": "2030-01-01T00:00:02Z", "outcome": "ok", "before": 1}),
    ];
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(&file, text + "{\"kind\":\"act").unwrap();
    let viewer = opened(&launcher, &file).await;
    let page = viewer.page();
    page.locator(Selector::role_named("tab", "Page before"))
        .click(ClickOptions::default(), SOON)
        .await
        .unwrap();
    let shown = page.frame(Selector::css("#view iframe"));
    assert_eq!(shown.locator(Selector::css("#ready")).text(SOON).await.unwrap(), "ready");
    page.wait_for_load(mavm_browser::LoadState::NetworkIdle, SOON).await.unwrap();
    assert_eq!(shown.locator(Selector::css("#ready")).text(SOON).await.unwrap(), "ready");
    assert!(heard.try_recv().is_err());
    viewer.close().await;
    launcher.close().await;
}

async fn a_large_trace_opens_at_once(build: &str) {
    let launcher = launcher(build);
    let (_folder, file) = trace_file();
    let picture = "A".repeat(60_000);
    let mut text = String::from("{\"kind\":\"session\",\"at\":\"2030-01-01T00:00:00Z\"}\n");
    for number in 0..1000_u32 {
        let at = format!("2030-01-01T00:{:02}:{:02}Z", number / 60, number % 60);
        text += &format!(
            "{{\"kind\":\"resource\",\"id\":\"{number:x}\",\"type\":\"image/jpeg\",\"data\":\"{picture}\"}}\n"
        );
        text += &format!(
            "{{\"kind\":\"capture\",\"number\":{number},\"at\":\"{at}\",\"window\":[1280,800],\"picture\":\"{number:x}\"}}\n"
        );
        text += &format!(
            "{{\"kind\":\"action\",\"action\":\"click\",\"locator\":\"n{number}\",\"ms\":5,\"at\":\"{at}\",\"outcome\":\"ok\",\"before\":{number},\"step\":\"s{}\"}}\n",
            number / 100
        );
    }
    std::fs::write(&file, text).unwrap();
    let viewer = opened(&launcher, &file).await;
    css(&viewer, "[role=option]").nth(-1).click(ClickOptions::default(), SOON).await.unwrap();
    assert!(css(&viewer, "#facts").text(SOON).await.unwrap().contains("n999"));
    assert!(css(&viewer, ".thumb").count(SOON).await.unwrap() < 30);
    viewer.close().await;
    launcher.close().await;
}

macro_rules! on_both {
    ($($name:ident),*) => {
        $(mod $name {
            #[tokio::test]
            async fn on_headless_shell() {
                super::$name("chromium-headless-shell").await;
            }

            #[tokio::test]
            async fn on_full_chromium() {
                super::$name("chromium").await;
            }
        })*
    };
}

on_both!(
    an_action_is_shown_with_its_marked_target,
    a_hostile_page_does_nothing_in_the_viewer,
    a_forged_page_does_nothing_in_the_viewer,
    a_large_trace_opens_at_once
);

#[tokio::test]
async fn without_the_path_there_is_nothing() {
    let (_folder, file) = trace_file();
    std::fs::write(&file, "{\"kind\":\"session\"}\n").unwrap();
    let viewer = Viewer::open(&file, 0).await.unwrap();
    let address = viewer.address().unwrap();
    assert!(address.starts_with("http://127.0.0.1:"));
    let port = address.split([':', '/']).nth(4).unwrap().to_owned();
    tokio::spawn(serve(viewer));
    for (path, wanted) in [("/", "404"), ("/trace.json", "404"), ("/x/trace.json", "404")] {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream = tokio::net::TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {wanted}")), "{path}: {answer}");
    }
}
