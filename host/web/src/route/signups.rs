//! The switch that stops all sign-ups.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Body;
use crate::access::Actor;
use crate::{Api, Problem};

/// `GET /v1/signups`
pub async fn show(State(api): State<Arc<Api>>) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "stopped": api.store.signups_stopped().await? })))
}

/// What `PUT /v1/signups` takes.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switch {
    stopped: Option<bool>,
}

/// `PUT /v1/signups`
pub async fn turn(
    State(api): State<Arc<Api>>,
    Extension(Actor(actor)): Extension<Actor>,
    Body(switch): Body<Switch>,
) -> Result<Json<Value>, Problem> {
    let Some(stopped) = switch.stopped else {
        return Err(Problem::bad_request("say which: {\"stopped\": true}"));
    };
    api.store.stop_signups(stopped, &actor, api.now()).await?;
    Ok(Json(json!({ "stopped": stopped })))
}
