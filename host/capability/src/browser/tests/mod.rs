//! The WIT side of `browser`, called as a plugin would, against real Chromium and real pages.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod around;
mod keeping;
mod masking;
mod pages;
mod sealed;
mod sessions;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration as StdDuration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse as _};
use axum::routing::{get, post};
use mavm_browser::{Launcher, Options};
use mavm_plugin::bindings::mavm::plugin::browser as wit;
use mavm_plugin::bindings::mavm::plugin::browser::Host as _;
use mavm_plugin::resource::{Locator, Page};
use mavm_plugin::sealed::{Code, Secret};
use mavm_plugin::{Failure, StepRequest, TextMatch};
use wasmtime::component::{Resource, ResourceTable};

use super::*;
use crate::testing::{World, millis, world};

pub const CARD: &str = "4929123412341236";

/// What pages told the server: `<path> <body>`.
type Told = Arc<Mutex<Vec<String>>>;

/// Pages on several origins, a browser, a store.
pub struct Bench {
    pub world: World,
    pub browser: Browser,
    pub told: Told,
    pub port: u16,
    pub traces: PathBuf,
    _folder: tempfile::TempDir,
}

pub async fn bench() -> Bench {
    bench_with(|_, _| {}).await
}

/// `change` gets the server's port, too.
pub async fn bench_with(change: impl FnOnce(&mut BrowserConfig, u16)) -> Bench {
    bench_granting(BTreeMap::new(), change).await
}

/// Plugins with sites of their own.
pub async fn bench_granting(
    plugins: BTreeMap<String, BTreeSet<String>>,
    change: impl FnOnce(&mut BrowserConfig, u16),
) -> Bench {
    let told = Told::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let tell = |State(told): State<Told>, body: String| async move {
        told.lock().unwrap().push(body);
    };
    let page = |html: &'static str| get(async move || Html(html));
    let router = Router::new()
        .route("/form", page(include_str!("form.html")))
        .route("/around", page(include_str!("around.html")))
        .route("/locked", get(locked))
        .route("/seen", get(seen))
        .route("/framed", page(include_str!("framed.html")))
        .route("/never", get(std::future::pending::<Html<&str>>))
        .route("/paper", get(async || ([(CONTENT_TYPE, "application/pdf")], "%PDF paper")))
        .route("/later", page(include_str!("later.html")))
        .route("/challenge", page(include_str!("challenge.html")))
        .route("/acs", page(include_str!("acs.html")))
        .route("/told", post(tell))
        .route("/sound", get(async || ([(CONTENT_TYPE, "audio/wav")], vec![0_u8, 159, 146, 150])))
        .route("/broken", get(async || (StatusCode::BAD_GATEWAY, "broken").into_response()))
        .with_state(told.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

    let folder = tempfile::tempdir().unwrap();
    let site = |host: &str| SiteConfig {
        base: format!("http://{host}:{port}").parse().unwrap(),
        origins: Vec::new(),
    };
    let sites = SitesConfig {
        sites: BTreeMap::from([
            ("signup".to_owned(), site("127.0.0.1")),
            ("issuer".to_owned(), site("issuer.localhost")),
        ]),
        plugins,
    };
    let traces = folder.path().join("traces");
    let mut config = BrowserConfig::traces_in(&traces);
    change(&mut config, port);
    let mut options = Options::in_folder(folder.path().join("browser"));
    options.language.clone_from(&config.locale);
    let launcher = Launcher::new(options);
    let browser = Browser::new(launcher, Sites::new(&sites).unwrap(), config);
    Bench { world: world().await, browser, told, port, traces, _folder: folder }
}

/// A page that shows what it sees of the browser, and what its request asked for.
async fn seen(headers: axum::http::HeaderMap) -> Html<String> {
    let asked = headers.get("accept-language").and_then(|value| value.to_str().ok());
    let page = include_str!("seen.html");
    Html(page.replace("ASKED", asked.unwrap_or_default()))
}

/// Only for `erika` with the password `open sesame`.
async fn locked(headers: axum::http::HeaderMap) -> axum::response::Response {
    let asked = [("www-authenticate", "Basic realm=\"the vault\"")];
    match headers.get("authorization").and_then(|value| value.to_str().ok()) {
        Some("Basic ZXJpa2E6b3BlbiBzZXNhbWU=") => Html("<h1>Inside</h1>").into_response(),
        _ => (StatusCode::UNAUTHORIZED, asked, "locked").into_response(),
    }
}

impl Bench {
    /// A step of a new run.
    pub async fn request(&self, n: u8) -> StepRequest {
        Arc::unwrap_or_clone(self.world.step(n).await)
    }

    pub async fn guest(&self) -> Guest {
        self.guest_of(&self.request(1).await)
    }

    pub fn guest_of(&self, request: &StepRequest) -> Guest {
        Guest { step: self.browser.step(request), table: ResourceTable::new() }
    }

    pub fn origin(&self, host: &str) -> String {
        format!("http://{host}:{}", self.port)
    }

    pub fn was_told(&self, what: &str) -> bool {
        self.told.lock().unwrap().iter().any(|told| told.contains(what))
    }
}

/// A plugin's place: its step and its handles.
pub struct Guest {
    pub step: BrowserStep,
    pub table: ResourceTable,
}

impl Guest {
    pub fn view(&mut self) -> BrowserView<'_> {
        BrowserView { step: Some(&mut self.step), table: &mut self.table }
    }

    pub async fn page(&mut self) -> Resource<Page> {
        self.view().current_page().await.unwrap().unwrap()
    }

    pub async fn open(&mut self, site: &str, path: &str) -> Resource<Page> {
        let page = self.page().await;
        self.goto(&page, site, path).await.unwrap();
        page
    }

    pub async fn goto(
        &mut self,
        page: &Resource<Page>,
        site: &str,
        path: &str,
    ) -> Result<(), Failure> {
        wit::HostPage::goto(&mut self.view(), lent(page), site.into(), path.into(), SOON)
            .await
            .unwrap()
    }

    pub async fn find(&mut self, page: &Resource<Page>, how: wit::Selector) -> Resource<Locator> {
        wit::HostPage::locate(&mut self.view(), lent(page), how).await.unwrap()
    }

    pub async fn css(&mut self, page: &Resource<Page>, css: &str) -> Resource<Locator> {
        self.find(page, wit::Selector::Css(css.into())).await
    }

    pub async fn fill(&mut self, on: &Resource<Locator>, value: wit::Value) -> Result<(), Failure> {
        wit::HostLocator::fill(&mut self.view(), lent(on), value, SOON).await.unwrap()
    }

    pub async fn click(&mut self, on: &Resource<Locator>) -> Result<(), Failure> {
        wit::HostLocator::click(&mut self.view(), lent(on), click()).await.unwrap()
    }

    pub async fn text(&mut self, on: &Resource<Locator>) -> Result<String, Failure> {
        wit::HostLocator::text(&mut self.view(), lent(on), SOON).await.unwrap()
    }

    pub fn secret(&mut self, value: &str, origins: &[String]) -> Resource<Secret> {
        let secret =
            Secret { name: "card-number".into(), value: value.into(), origins: origins.to_vec() };
        self.table.push(secret).unwrap()
    }

    pub fn code(&mut self, value: &str) -> Resource<Code> {
        self.table.push(Code { source: "mail".into(), value: value.into() }).unwrap()
    }
}

/// Generous: a test that fails by it is a test that hangs.
pub const SOON: Option<mavm_plugin::bindings::words::mavm::plugin::types::Duration> =
    Some(mavm_plugin::bindings::words::mavm::plugin::types::Duration { milliseconds: 20_000 });

/// The handle as a function of the WIT borrows it.
pub fn lent<T>(handle: &Resource<T>) -> Resource<T> {
    Resource::new_borrow(handle.rep())
}

pub fn label(text: &str) -> wit::Selector {
    wit::Selector::Label(TextMatch::Exact(text.into()))
}

pub fn button(name: &str) -> wit::Selector {
    wit::Selector::Role(wit::ByRole {
        role: "button".into(),
        name: Some(TextMatch::Exact(name.into())),
    })
}

pub fn click() -> wit::ClickOptions {
    wit::ClickOptions {
        button: wit::Button::Left,
        count: 1,
        modifiers: wit::Modifiers::empty(),
        within: SOON,
    }
}

/// Every file below a folder that has these bytes in it.
pub fn files_with(folder: &Path, needle: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, needle));
        } else if std::fs::read(&path)
            .unwrap()
            .windows(needle.len())
            .any(|w| w == needle.as_bytes())
        {
            found.push(path);
        }
    }
    found
}

/// Polls until something is so.
pub async fn until(what: &str, so: impl Fn() -> bool) {
    let polls = async {
        let mut ticks = tokio::time::interval(StdDuration::from_millis(10));
        while !so() {
            ticks.tick().await;
        }
    };
    let done = tokio::time::timeout(StdDuration::from_secs(20), polls).await;
    assert!(done.is_ok(), "{what} did not come about");
}
