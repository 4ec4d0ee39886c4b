//! One file per thing that the API is about.

pub mod accounts;
pub mod audit;
pub mod challenges;
pub mod codes;
pub mod health;
pub mod plugins;
pub mod runs;
pub mod signups;
pub mod vend;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::IntoResponse;
use jiff::SignedDuration;
use serde::de::DeserializeOwned;

use crate::Problem;

/// Any path that is not in the router.
pub async fn unknown(uri: Uri) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        format!("there is nothing at {}; docs/api.md lists every path", uri.path()),
    )
}

/// A path of the router, called by another method.
pub async fn wrong_method(method: Method, uri: Uri) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        format!("{} can't be called by {method}; docs/api.md lists every path", uri.path()),
    )
}

/// `HEAD` of a path whose `GET` takes something.
pub async fn no_head(method: Method, uri: Uri) -> impl IntoResponse {
    ([(header::ALLOW, "GET")], wrong_method(method, uri).await)
}

/// The variable parts of the path, with problems as errors.
pub struct Part<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Part<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(part)| Self(part)).map_err(|_| {
            Problem::bad_request("the path can't be read: it must be percent-encoded UTF-8")
        })
    }
}

/// A JSON body, or its default where there is none. Unlike axum's own, its errors are problems, and
/// it doesn't insist on a content type.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            let rejection: BytesRejection = rejection;
            Problem::new(rejection.status(), format!("the body can't be taken: {rejection}"))
        })?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(T::default()));
        }
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            Problem::bad_request(format!("the body is not the JSON that this path takes: {error}"))
        })
    }
}

/// Query parameters, with problems as errors.
pub struct Words<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Words<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Query::<T>::from_request_parts(parts, state).await.map(|query| Self(query.0)).map_err(
            |rejection: QueryRejection| {
                Problem::bad_request(format!("the address's parameters are not right: {rejection}"))
            },
        )
    }
}

/// A length of time as people write it.
fn duration(key: &str, text: &str) -> Result<SignedDuration, Problem> {
    let wrong = || {
        Problem::bad_request(format!(
            "`{key}` is `{}`; write a length of time such as \"90m\", \"24h\" or \"0s\"",
            text.chars().take(40).collect::<String>()
        ))
    };
    let length: SignedDuration = text.parse().map_err(|_| wrong())?;
    if length.is_negative() { Err(wrong()) } else { Ok(length) }
}
