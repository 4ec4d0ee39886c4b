//! More of the site on the stage: downloads, and a room that is locked by HTTP authentication.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::any;
use futures::StreamExt as _;

use crate::stage::Site;

pub const USER: &str = "ann";
pub const PASSWORD: &str = "open sesame 42";
/// `ann:open sesame 42` as browsers send it.
const KEY: &str = "Basic YW5uOm9wZW4gc2VzYW1lIDQy";

pub fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/download/{name}", any(download))
        .route("/locked/{name}", any(locked))
        .route("/cached", any(cached))
        .route("/echo", any(echo))
        .route("/empty", any(|| async { StatusCode::NO_CONTENT }))
        .route("/half", any(half))
        .route("/drip", any(drip))
        .route("/saved", any(saved))
        .route("/garbled", any(garbled))
        .route("/worker.js", any(worker))
}

fn attached(name: &str, body: impl Into<Body>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_DISPOSITION, disposition)], body.into()).into_response()
}

async fn download(State(site): State<Arc<Site>>, Path(name): Path<String>) -> Response {
    site.add(&format!("download/{name}"));
    let piece = Bytes::from(vec![b'x'; 1 << 16]);
    match name.as_str() {
        // Says how large it is, and is too large.
        "large" => {
            let whole = (17_u64 << 20).to_string();
            let pieces = futures::stream::repeat(piece).take(17 << 4).map(Ok::<_, std::io::Error>);
            ([(header::CONTENT_LENGTH, whole)], attached("large.bin", Body::from_stream(pieces)))
                .into_response()
        }
        // Doesn't, and never ends.
        "endless" => {
            let pieces = futures::stream::repeat(piece).map(Ok::<_, std::io::Error>);
            attached("endless.bin", Body::from_stream(pieces))
        }
        // Breaks off in the middle.
        "broken" => {
            let pieces = futures::stream::iter([Ok(piece), Err(std::io::Error::other("broken"))]);
            // The first piece goes out before the second is asked for.
            let pieces = pieces.then(|piece| async {
                tokio::task::yield_now().await;
                piece
            });
            attached("broken.bin", Body::from_stream(pieces))
        }
        name => attached(name, format!("content of {name}")),
    }
}

/// A document that breaks off in the middle.
async fn half() -> Response {
    let begun = "<!DOCTYPE html><title>Half</title><p>The first half</p>".to_owned();
    let pieces = futures::stream::iter([Ok(begun), Err(std::io::Error::other("broken"))]);
    let pieces = pieces.then(|piece| async {
        tokio::task::yield_now().await;
        piece
    });
    let headers = [(header::CONTENT_TYPE, "text/html"), (header::CONTENT_LENGTH, "5000")];
    (headers, Body::from_stream(pieces)).into_response()
}

/// What must not be stored: of what a page doesn't read of this, Chromium never tells that it has come.
async fn saved() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], "all is saved").into_response()
}

/// The same, and no UTF-8, though it says so.
async fn garbled() -> Response {
    let headers =
        [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (headers, Bytes::from_static(b"all \xff is saved")).into_response()
}

/// What never comes to its end, though it says how long it is.
async fn drip() -> Response {
    let begun = futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"begun"))]);
    let body = Body::from_stream(begun.chain(futures::stream::pending()));
    let headers = [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_LENGTH, "5000")];
    (headers, body).into_response()
}

async fn cached(State(site): State<Arc<Site>>) -> Response {
    site.add("cached");
    ([(header::CACHE_CONTROL, "max-age=600")], "from the cache").into_response()
}

/// A service worker that answers for one address, which the site does not have.
async fn worker() -> Response {
    let script = "addEventListener('activate', event => event.waitUntil(clients.claim()));
        addEventListener('fetch', event => { if (event.request.url.endsWith('/made-up')) event.respondWith(new Response('by the worker')); });";
    let headers = [
        (header::CONTENT_TYPE, "text/javascript"),
        (HeaderName::from_static("service-worker-allowed"), "/"),
    ];
    (headers, script).into_response()
}

/// Says what it was sent.
async fn echo(RawQuery(query): RawQuery) -> Response {
    let said = query.unwrap_or_default().replace("%20", " ");
    format!("you said {said}").into_response()
}

async fn locked(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    site.add(&format!("locked/{name} {}", if given.is_some() { "with" } else { "without" }));
    if given == Some(KEY) {
        let shown = format!("<title>Inside</title><pre id=log>inside {KEY}</pre>");
        return Html(shown).into_response();
    }
    let ask = [(header::WWW_AUTHENTICATE, "Basic realm=\"the room\"")];
    let said = if name.starts_with("silent") { "" } else { "<pre id=log>outside</pre>" };
    (StatusCode::UNAUTHORIZED, ask, Html(said)).into_response()
}
