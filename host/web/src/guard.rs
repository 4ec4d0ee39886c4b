//! What holds for every request: how many at once, how long, that nobody on the way keeps an answer,
//! and the line in the log, which has neither query nor headers nor body.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::Semaphore;

use crate::Problem;

/// Requests at the same time.
const AT_ONCE: usize = 256;
/// No request waits for a browser: none takes long.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The places for requests.
#[derive(Clone)]
pub struct Guard(Arc<Semaphore>);

impl Guard {
    /// All places free.
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// Around every request.
pub async fn guard(State(Guard(places)): State<Guard>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    // The pattern, not the address: that may hold anything.
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "(unknown)".to_owned(), |path| path.as_str().to_owned());
    let mut response = match places.try_acquire() {
        Err(_) => busy().into_response(),
        Ok(_place) => tokio::time::timeout(TIMEOUT, next.run(request))
            .await
            .unwrap_or_else(|_| slow().into_response()),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let (status, took) = (response.status().as_u16(), began.elapsed());
    tracing::debug!(%method, path, status, ?took, "http");
    response
}

fn busy() -> Problem {
    Problem::not_now(
        1,
        format!(
            "the host does {AT_ONCE} requests at once, and this would be one more; send it again"
        ),
    )
}

fn slow() -> Problem {
    Problem::not_now(
        5,
        "it took too long and was given up, though it may have had its effect; look, then send it \
         again (an `Idempotency-Key` makes sure that a vend gives the same account)",
    )
}
