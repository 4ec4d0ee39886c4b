//! Who did what.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::{Api, Problem};

const LINES: u32 = 200;

/// `GET /v1/audit`: the last lines, newest first.
pub async fn list(State(api): State<Arc<Api>>) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "audit": api.store.audit_log(LINES).await? })))
}
