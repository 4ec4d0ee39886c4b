//! Errors as RFC 9457 problems: what happened, and what to do next.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::ActionError;

/// An error that a client gets.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    retry_after: Option<u64>,
}

impl Problem {
    /// A problem with this status; `detail` says what to do next.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), retry_after: None }
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(crate) fn not_found(what: &str, key: &str, list: &str) -> Self {
        let key: String = key.chars().take(80).collect();
        Self::new(StatusCode::NOT_FOUND, format!("there is no {what} `{key}`; {list} lists them"))
    }

    /// 503, with the seconds after which to try again.
    pub(crate) fn not_now(seconds: u64, detail: impl Into<String>) -> Self {
        let retry_after = Some(seconds);
        Self { retry_after, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail) }
    }

    /// Of an account that is not fit to be vended, say; the log has the reason.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the host failed to do this; nothing was half done. Its log says why; try again later",
        )
    }
}

impl From<mavm_store::Error> for Problem {
    fn from(error: mavm_store::Error) -> Self {
        match error {
            mavm_store::Error::NotFound { .. } => {
                Self::new(StatusCode::NOT_FOUND, error.to_string())
            }
            mavm_store::Error::Conflict(_) => Self::new(StatusCode::CONFLICT, error.to_string()),
            other => Self::internal(&other),
        }
    }
}

impl From<ActionError> for Problem {
    fn from(error: ActionError) -> Self {
        match error {
            ActionError::NotFound(detail) => Self::new(StatusCode::NOT_FOUND, detail),
            ActionError::Invalid(detail) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail),
            ActionError::Conflict(detail) => Self::new(StatusCode::CONFLICT, detail),
            ActionError::NotNow { why, again_in } => Self::not_now(again_in.unwrap_or(60), why),
            ActionError::Host(error) => Self::internal(&error),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Error");
        let body = json!({
            "type": "about:blank",
            "title": title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
