//! `GET /healthz`: open, for load balancers.

use axum::Json;
use serde_json::{Value, json};

/// The host answers.
pub async fn show() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}
