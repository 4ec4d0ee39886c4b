//! Where the tests play: a site with two origins on this machine, and one Chromium per build for
//! all tests. Requests to `/slow/NAME` are held until the test opens the gate of that name.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::any;
use mavm_browser::{
    Launcher, Locator, Options, Origin, Page, Selector, Session, SessionOptions, TextMatch,
};
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// For what is meant to succeed.
pub const SOON: Duration = Duration::from_secs(20);
/// For what is meant to fail by time.
pub const BRIEF: Duration = Duration::from_millis(1000);

pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
});

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Build {
    Shell,
    Full,
}

impl Build {
    pub fn options(self) -> Options {
        let name = match self {
            Self::Shell => "chromium-headless-shell",
            Self::Full => "chromium",
        };
        let path = std::env::var_os("PATH").unwrap();
        let executable = std::env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|file| file.is_file());
        let executable =
            executable.unwrap_or_else(|| panic!("{name} is not installed: apt-get install {name}"));
        Options { executable: Some(executable), ..Options::in_folder(env!("CARGO_TARGET_TMPDIR")) }
    }

    fn launcher(self) -> Launcher {
        static SHELL: OnceLock<Launcher> = OnceLock::new();
        static FULL: OnceLock<Launcher> = OnceLock::new();
        let cell = match self {
            Self::Shell => &SHELL,
            Self::Full => &FULL,
        };
        cell.get_or_init(|| Launcher::new(self.options())).clone()
    }
}

/// The server's side of the stage.
#[derive(Default)]
pub struct Site {
    gates: Mutex<HashMap<String, watch::Sender<bool>>>,
    counts: Mutex<HashMap<String, u32>>,
    bodies: Mutex<HashSet<String>>,
}

impl Site {
    fn gate(&self, name: &str) -> watch::Sender<bool> {
        self.gates
            .lock()
            .unwrap()
            .entry(name.to_owned())
            .or_insert_with(|| watch::Sender::new(false))
            .clone()
    }

    /// Lets the held request, and all later ones, go on.
    pub fn open(&self, name: &str) {
        self.gate(name).send_replace(true);
    }

    pub fn add(&self, name: &str) {
        *self.counts.lock().unwrap().entry(name.to_owned()).or_default() += 1;
    }

    pub fn count(&self, name: &str) -> u32 {
        self.counts.lock().unwrap().get(name).copied().unwrap_or(0)
    }

    /// Whether any request that any page ever sent had this in address or body.
    pub fn was_sent(&self, text: &str) -> bool {
        self.bodies.lock().unwrap().iter().any(|body| body.contains(text))
    }
}

static SITE: LazyLock<(Arc<Site>, u16)> = LazyLock::new(|| {
    let site = Arc::new(Site::default());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    listener.set_nonblocking(true).unwrap();
    let app = Router::new()
        .route("/pages/{name}", any(page))
        .route("/slow/{gate}", any(slow))
        .route("/status/{code}", any(status))
        .route("/count/{name}", any(count))
        .route("/redirect", any(redirect))
        .route("/sound.wav", any(sound))
        .route("/stream", any(stream))
        .merge(crate::services::routes())
        .route("/cookies", any(cookies))
        .route("/", any(root))
        .with_state(site.clone());
    RUNTIME.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        axum::serve(listener, app).await.unwrap();
    });
    (site, port)
});

fn file(name: &str) -> Response {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/pages").join(name);
    match std::fs::read_to_string(path) {
        Ok(svg) if name.ends_with(".svg") => {
            ([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response()
        }
        Ok(html) => Html(html).into_response(),
        Err(_) => (StatusCode::NOT_FOUND, Html("<h1>no such page</h1>")).into_response(),
    }
}

async fn page(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    uri: axum::http::Uri,
    body: String,
) -> Response {
    site.bodies.lock().unwrap().extend([body, uri.to_string()]);
    file(&name)
}

async fn slow(
    State(site): State<Arc<Site>>,
    Path(gate): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let mut opened = site.gate(&gate).subscribe();
    opened.wait_for(|open| *open).await.unwrap();
    match query.get("page") {
        Some(page) => file(page),
        None => "slow".into_response(),
    }
}

/// Events that never end.
async fn stream() -> Response {
    use futures::StreamExt;
    let hello = futures::stream::iter([Ok::<_, std::convert::Infallible>("data: hello\n\n")]);
    let body = axum::body::Body::from_stream(hello.chain(futures::stream::pending()));
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

async fn status(Path(code): Path<u16>) -> Response {
    (StatusCode::from_u16(code).unwrap(), Html(if code == 204 { "" } else { "<h1>status</h1>" }))
        .into_response()
}

async fn count(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    uri: axum::http::Uri,
    body: String,
) -> Response {
    site.add(&name);
    site.bodies.lock().unwrap().extend([body, uri.to_string()]);
    Html("<h1>counted</h1>").into_response()
}

async fn redirect(Query(query): Query<HashMap<String, String>>) -> Redirect {
    Redirect::to(&query["to"])
}

/// Shows the cookies that came, and sets two: one for an hour, one for the session.
async fn cookies(headers: HeaderMap) -> Response {
    let came = headers.get(header::COOKIE).and_then(|came| came.to_str().ok()).unwrap_or("none");
    let mut came: Vec<&str> = came.split("; ").collect();
    came.sort_unstable();
    let html = Html(format!("<p id=log>{}</p>", came.join("; "))).into_response();
    let set = |cookie: &'static str| (header::SET_COOKIE, header::HeaderValue::from_static(cookie));
    let mut response = html;
    response.headers_mut().extend([
        set("hour=1; HttpOnly; Max-Age=3600; SameSite=Strict"),
        set("session=2; Path=/cookies"),
    ]);
    response
}

/// No test means to open it.
async fn root(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    *site.counts.lock().unwrap().entry(format!("root of {host}")).or_default() += 1;
    Html("<h1>root</h1>").into_response()
}

async fn sound(headers: HeaderMap) -> Response {
    let _ = headers;
    let mut wav = Vec::from(*b"RIFF\x24\x08\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\0\x08\0\0");
    wav.extend([128; 2048]);
    ([(header::CONTENT_TYPE, "audio/wav")], wav).into_response()
}

/// What a test has in hand.
pub struct Stage {
    pub session: Session,
    pub page: Page,
    pub site: &'static Site,
    pub build: Build,
}

impl Stage {
    /// An address on the site's own origin.
    pub fn own(path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", SITE.1)
    }

    /// An address on another origin, and so in another process.
    pub fn other(path: &str) -> String {
        format!("http://issuer.localhost:{}{path}", SITE.1)
    }

    /// An address on an origin that is not granted.
    pub fn foreign(path: &str) -> String {
        format!("http://foreign.localhost:{}{path}", SITE.1)
    }

    pub fn origin(url: &str) -> Origin {
        url.parse().unwrap()
    }

    pub fn options() -> SessionOptions {
        SessionOptions::only([Self::origin(&Self::own("")), Self::origin(&Self::other(""))])
    }

    pub async fn with(build: Build, options: SessionOptions) -> Self {
        let session = build.launcher().session(options).await.unwrap();
        Self::of(session, build)
    }

    pub fn of(session: Session, build: Build) -> Self {
        let page = session.page();
        Self { session, page, site: &SITE.0, build }
    }

    pub async fn open(&self, name: &str) {
        self.page.goto(&Self::own(&format!("/pages/{name}")), SOON).await.unwrap();
    }

    /// Opens a page and waits until nothing more comes.
    pub async fn settle(&self, name: &str) {
        let url = Self::own(&format!("/pages/{name}"));
        self.page.goto_until(&url, mavm_browser::LoadState::NetworkIdle, SOON).await.unwrap();
    }

    pub fn css(&self, css: &str) -> Locator {
        self.page.locator(Selector::css(css))
    }

    pub fn label(&self, label: &str) -> Locator {
        self.page.locator(Selector::Label(TextMatch::exact(label)))
    }

    pub fn button(&self, name: &str) -> Locator {
        self.page.locator(Selector::role_named("button", name))
    }

    /// What the page's `#log` says.
    pub async fn log(&self) -> String {
        self.css("#log").text(SOON).await.unwrap()
    }
}

/// Plays one story in a session of its own.
pub fn play<F: Future<Output = ()>>(build: Build, story: impl FnOnce(Stage) -> F) {
    LazyLock::force(&SITE);
    RUNTIME.block_on(async {
        let stage = Stage::with(build, Stage::options()).await;
        let session = stage.session.clone();
        story(stage).await;
        session.close().await;
    });
}

/// A test for each build.
#[macro_export]
macro_rules! on_both {
    ($($name:ident: |$stage:ident| $body:block)*) => {
        $(mod $name {
            use super::*;

            async fn story($stage: $crate::stage::Stage) $body

            #[test]
            fn on_headless_shell() {
                $crate::stage::play($crate::stage::Build::Shell, story);
            }

            #[test]
            fn on_full_chromium() {
                $crate::stage::play($crate::stage::Build::Full, story);
            }
        })*
    };
}
