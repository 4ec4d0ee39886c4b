//! One-time codes from outside. What they say is sealed at once and never logged.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, Words};
use crate::{Api, Problem};

/// `?text=…`; whatever else an old relay sends is left alone.
#[derive(Deserialize)]
pub struct Text {
    text: Option<String>,
}

/// `GET /queue?text=…`, to the letter of the earlier system.
pub async fn relay(
    State(api): State<Arc<Api>>,
    Words(Text { text }): Words<Text>,
) -> Result<Json<Value>, Problem> {
    let text = text.unwrap_or_default();
    if text.trim().is_empty() {
        return Err(Problem::bad_request("send the SMS: GET /queue?text=..."));
    }
    api.actions.code_arrived(&text, None).await?;
    Ok(Json(json!({ "done": true })))
}

/// What `POST /v1/codes` takes.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Code {
    channel: Option<String>,
    text: String,
}

/// `POST /v1/codes`
pub async fn post(
    State(api): State<Arc<Api>>,
    Body(code): Body<Code>,
) -> Result<Json<Value>, Problem> {
    if code.text.trim().is_empty() {
        return Err(Problem::bad_request(
            "send the message: {\"channel\": \"card-sms\", \"text\": \"123456 is your code\"}",
        ));
    }
    api.actions.code_arrived(&code.text, code.channel.as_deref()).await?;
    Ok(Json(json!({ "done": true })))
}
