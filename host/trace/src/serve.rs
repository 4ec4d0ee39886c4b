//! The viewer's server: on this machine only, below a path that nobody can guess. Captured pages
//! are hostile; each is sent with rules that forbid it scripts, forms, plugins and all of the
//! network but this server's own pictures and styles.

use std::io;
use std::path::Path as FilePath;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::Index;
use crate::page::{Capture, escaped, style};

/// A viewer that is ready to be opened.
#[derive(Debug)]
pub struct Viewer {
    listener: TcpListener,
    secret: String,
    index: Index,
}

/// For the viewer itself: its own script and style, nothing inline, nothing from elsewhere.
const OWN: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct Shared {
    index: Mutex<Index>,
    root: String,
    /// For what pages have shown. `sandbox` without a word more: no scripts, no forms, no origin.
    hostile: String,
}

impl Shared {
    fn index(&self) -> MutexGuard<'_, Index> {
        // A reader that panicked has left an index that is whole.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Viewer {
    /// Reads a trace and takes a port of this machine; 0 for any.
    pub async fn open(trace: &FilePath, port: u16) -> io::Result<Self> {
        let path = trace.to_owned();
        let index = tokio::task::spawn_blocking(move || Index::open(path))
            .await
            .map_err(io::Error::other)??;
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        Ok(Self { listener, secret: format!("{:032x}", rand::random::<u128>()), index })
    }

    /// Where it is shown.
    pub fn address(&self) -> io::Result<String> {
        Ok(format!("http://{}/{}/", self.listener.local_addr()?, self.secret))
    }

    /// How many lines the trace has.
    pub fn lines(&self) -> usize {
        self.index.len()
    }
}

/// Serves until it is dropped.
pub async fn serve(viewer: Viewer) -> io::Result<()> {
    let own = viewer.listener.local_addr()?;
    let root = format!("/{}", viewer.secret);
    let here = format!("http://{own}");
    let shared = Arc::new(Shared {
        index: Mutex::new(viewer.index),
        root: root.clone(),
        hostile: format!(
            "sandbox; default-src 'none'; img-src {here} data:; style-src {here} 'unsafe-inline'; font-src {here} data:; frame-src {here}; base-uri 'none'; form-action 'none'; frame-ancestors {here}"
        ),
    });
    let inside = Router::new()
        .route("/", get(|| own_file("text/html; charset=utf-8", include_str!("viewer/index.html"))))
        .route("/viewer.js", get(|| own_file("text/javascript", include_str!("viewer/viewer.js"))))
        .route("/model.js", get(|| own_file("text/javascript", include_str!("viewer/model.js"))))
        .route("/viewer.css", get(|| own_file("text/css", include_str!("viewer/viewer.css"))))
        .route("/trace.json", get(lines))
        .route("/resource/{id}", get(resource))
        .route("/page/{line}", get(page))
        .route("/page/{line}/{frame}", get(frame))
        .with_state(shared);
    axum::serve(viewer.listener, Router::new().nest(&format!("{root}/"), inside)).await
}

/// What every answer says: nothing is guessed, kept or told to others.
const ALWAYS: [(HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
];

async fn own_file(kind: &'static str, text: &'static str) -> Response {
    let rules = [(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, OWN)];
    (ALWAYS, rules, text).into_response()
}

async fn lines(State(shared): State<Arc<Shared>>) -> Response {
    let read = tokio::task::spawn_blocking(move || {
        let mut index = shared.index();
        // It may still be written to.
        index.refresh().map(|()| index.as_json())
    });
    match read.await {
        Ok(Ok(json)) => {
            (ALWAYS, [(header::CONTENT_TYPE, "application/json")], json).into_response()
        }
        _ => (StatusCode::GONE, "the trace can't be read any more").into_response(),
    }
}

async fn resource(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let Some(found) = shared.index().resource(&id) else { return nothing() };
    // Documents are shown as pages only.
    const KINDS: [&str; 11] = [
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/svg+xml",
        "image/x-icon",
        "text/css",
        "font/woff2",
        "font/woff",
        "font/ttf",
        "font/otf",
    ];
    let Some(kind) = KINDS.into_iter().find(|kind| *kind == found.kind) else { return nothing() };
    let content = match kind {
        "text/css" => style(&String::from_utf8_lossy(&found.content), &shared.root).into_bytes(),
        _ => found.content,
    };
    let rules = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_SECURITY_POLICY, shared.hostile.clone()),
        // A page without an origin may use fonts of its capture; who gets here knows the path.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned()),
    ];
    (ALWAYS, rules, content).into_response()
}

fn capture(shared: &Shared, line: usize) -> Option<Capture> {
    serde_json::from_str(shared.index().line(line)?).ok()
}

/// A capture's page, where its target is.
async fn page(State(shared): State<Arc<Shared>>, Path(line): Path<usize>) -> Response {
    let Some(capture) = capture(&shared, line) else { return nothing() };
    let Some(main) = capture.main() else { return nothing() };
    let anchor = escaped(capture.anchor(main));
    let to = format!("{}/page/{line}/{main}#{anchor}", shared.root);
    (ALWAYS, Redirect::to(&to)).into_response()
}

async fn frame(
    State(shared): State<Arc<Shared>>,
    Path((line, frame)): Path<(usize, usize)>,
) -> Response {
    let Some(capture) = capture(&shared, line) else { return nothing() };
    let Some(id) = capture.html_of(frame) else { return nothing() };
    let Some(found) = shared.index().resource(id) else { return nothing() };
    let html = String::from_utf8_lossy(&found.content);
    let here = format!("{}/page/{line}", shared.root);
    let html = capture.shown(frame, &html, &shared.root, &here);
    let rules = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, shared.hostile.clone()),
    ];
    (ALWAYS, rules, html).into_response()
}

fn nothing() -> Response {
    (StatusCode::NOT_FOUND, "the trace has nothing of that name").into_response()
}
