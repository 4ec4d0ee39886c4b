//! Runs: what goes on, starting one, deciding what a run can't.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use mavm_store::{AccountName, RunId, RunStatus};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, Part, Words};
use crate::access::Actor;
use crate::{Api, Problem};

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 1000;
/// As much as a plugin may journal.
const MAX_RESULT: usize = 8 * 1024;

/// `?status=parked&limit=10`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    status: Option<RunStatus>,
    limit: Option<u32>,
}

/// `GET /v1/runs`: newest first.
pub async fn list(
    State(api): State<Arc<Api>>,
    Words(filter): Words<Filter>,
) -> Result<Json<Value>, Problem> {
    let limit = filter.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT);
    Ok(Json(json!({ "runs": api.store.runs(filter.status, limit).await? })))
}

/// `GET /v1/runs/{id}`: its row, its steps, its effects.
pub async fn show(
    State(api): State<Arc<Api>>,
    Part(id): Part<String>,
) -> Result<Json<Value>, Problem> {
    let id = RunId(id);
    let Some(mut view) = api.actions.run_view(&id).await? else {
        return Err(Problem::not_found("run", &id.0, "GET /v1/runs"));
    };
    view["effects"] = json!(api.store.effects(&id).await?);
    Ok(Json(view))
}

/// What `POST /v1/runs` takes.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Start {
    flow: String,
    account: Option<String>,
}

/// `POST /v1/runs`: 202 and the run.
pub async fn start(
    State(api): State<Arc<Api>>,
    Extension(Actor(actor)): Extension<Actor>,
    Body(start): Body<Start>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    if start.flow.is_empty() {
        return Err(Problem::bad_request("name the flow: {\"flow\": \"create-account\"}"));
    }
    let account = start.account.map(AccountName);
    let run = api.actions.start(&start.flow, account.as_ref(), &actor).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "run": run }))))
}

/// `POST /v1/runs/{id}/resume`
pub async fn resume(
    State(api): State<Arc<Api>>,
    Extension(Actor(actor)): Extension<Actor>,
    Part(id): Part<String>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let run = RunId(id);
    api.actions.resume(&run, &actor).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "run": run }))))
}

/// What a person found out about an effect.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Decision {
    happened: Option<bool>,
    result: String,
}

/// `POST /v1/runs/{id}/effects/{plugin}/{effect}`
pub async fn decide(
    State(api): State<Arc<Api>>,
    Extension(Actor(actor)): Extension<Actor>,
    Part((id, plugin, effect)): Part<(String, String, String)>,
    Body(decision): Body<Decision>,
) -> Result<Json<Value>, Problem> {
    let Some(happened) = decision.happened else {
        return Err(Problem::bad_request("say whether it happened: {\"happened\": true}"));
    };
    if decision.result.len() > MAX_RESULT {
        return Err(Problem::bad_request(format!("`result` may have {MAX_RESULT} bytes at most")));
    }
    let (run, name) = (RunId(id), format!("{plugin}/{effect}"));
    let result = happened.then_some(decision.result.as_str());
    api.store.effect_resolve(&run, api.now(), &name, result, &actor).await?;
    Ok(Json(json!({ "run": run, "effect": name, "happened": happened })))
}
