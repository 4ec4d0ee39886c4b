//! Who may call: an API key as bearer token or `X-Api-Key`. Keys are looked up by their hash, so
//! comparing takes no secret-dependent time. A key in the address is never looked at: addresses end
//! up in logs.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::{Api, Problem};

/// The name of the key that a request came with; `open` where the path needs none.
#[derive(Clone, Debug)]
pub struct Actor(pub String);

/// Lets a request through with the name of its key, or answers 401.
pub async fn require_key(
    State(api): State<Arc<Api>>,
    mut request: Request,
    next: Next,
) -> Response {
    match name(&api, request.headers()).await {
        Ok(actor) => {
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// Like [`require_key`], but the operator has opened this path: a key is used if there is one.
pub async fn key_if_given(
    State(api): State<Arc<Api>>,
    mut request: Request,
    next: Next,
) -> Response {
    let actor = match presented(request.headers()) {
        Some(_) => match name(&api, request.headers()).await {
            Ok(actor) => actor,
            Err(problem) => return problem.into_response(),
        },
        None => Actor("open".into()),
    };
    request.extensions_mut().insert(actor);
    next.run(request).await
}

async fn name(api: &Api, headers: &HeaderMap) -> Result<Actor, Problem> {
    let Some(key) = presented(headers) else {
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "an API key is needed: send `Authorization: Bearer KEY`. The host printed the first key at \
             its first start; `mavm keys create NAME` makes another",
        ));
    };
    match api.store.key_name(&mavm_store::hash_key(key)).await? {
        Some(name) => Ok(Actor(name)),
        None => Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "this host doesn't know that API key; `mavm keys create NAME` makes one",
        )),
    }
}

fn presented(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, key)| key.trim());
    bearer.or_else(|| headers.get("x-api-key").and_then(|value| value.to_str().ok()))
}
