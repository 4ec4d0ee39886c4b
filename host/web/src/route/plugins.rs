//! Plugins that serve, and swapping one.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::Part;
use crate::access::Actor;
use crate::{Api, Installed, Problem};

/// `GET /v1/plugins`
pub async fn list(State(api): State<Arc<Api>>) -> Json<Value> {
    Json(json!({ "plugins": api.actions.plugins().await }))
}

/// `PUT /v1/plugins/{name}`: the component's bytes. One that fails any check leaves the old one
/// serving.
pub async fn install(
    State(api): State<Arc<Api>>,
    Extension(Actor(actor)): Extension<Actor>,
    Part(name): Part<String>,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Json<Installed>, Problem> {
    let bytes = bytes.map_err(|rejection| {
        Problem::new(rejection.status(), format!("the component can't be taken: {rejection}"))
    })?;
    if bytes.is_empty() {
        return Err(Problem::bad_request(
            "the body is empty; send the component, such as `curl -T target/plugins/NAME.wasm ...`",
        ));
    }
    Ok(Json(api.actions.install_plugin(&name, bytes.to_vec(), &actor).await?))
}
