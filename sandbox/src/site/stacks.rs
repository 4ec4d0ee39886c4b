//! Stacks: created once per name and region, and watched until they are complete or failed.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::console::signed_in;
use super::{App, text};
use crate::Inner;
use crate::state::{Stack, Status, token};

pub(crate) fn router() -> Router<Arc<Inner>> {
    Router::new()
        .route("/cloudformation/api/stacks", get(list).post(create))
        .route("/cloudformation/api/stacks/{name}", delete(remove))
}

fn refused(status: StatusCode, kind: &str, words: &str) -> Response {
    (status, Json(json!({"error": kind, "message": words}))).into_response()
}

fn nobody() -> Response {
    refused(StatusCode::UNAUTHORIZED, "AccessDenied", "Sign in first.")
}

async fn list(State(app): App, headers: HeaderMap) -> Response {
    let Some(email) = signed_in(&app, &headers) else { return nobody() };
    let mut world = app.world();
    let stacks: Vec<Value> = world.person(&email).stacks.iter().map(Stack::view).collect();
    Json(json!({"stacks": stacks})).into_response()
}

async fn create(State(app): App, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(email) = signed_in(&app, &headers) else { return nobody() };
    let mut world = app.world();
    let end = world.scenario_of(&email).stack;
    let tag = token();
    let person = world.person(&email);
    person.counts.stacks_submitted += 1;
    if person.status != Status::Active || person.review {
        return refused(
            StatusCode::FORBIDDEN,
            "AccessDenied",
            "This account is closed or under review.",
        );
    }
    let (name, region) = (text(&body, "stackName").to_owned(), text(&body, "region").to_owned());
    let named = name.len() <= 128
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !named {
        return refused(
            StatusCode::BAD_REQUEST,
            "ValidationError",
            "A stack name begins with a letter and has letters, numbers and hyphens only.",
        );
    }
    let template = text(&body, "templateUrl").to_owned();
    if !template.starts_with("https://") && !template.starts_with("http://") {
        return refused(
            StatusCode::BAD_REQUEST,
            "ValidationError",
            "TemplateURL must be the address of a template.",
        );
    }
    let parameters = body.get("parameters").cloned().unwrap_or_default();
    let (principal, role) =
        (text(&parameters, "Principal").to_owned(), text(&parameters, "RoleName").to_owned());
    if principal.is_empty() || role.is_empty() {
        return refused(
            StatusCode::BAD_REQUEST,
            "ValidationError",
            "Parameters: [Principal, RoleName] must have values.",
        );
    }
    let acknowledged = body
        .get("capabilities")
        .and_then(Value::as_array)
        .is_some_and(|c| c.contains(&json!("CAPABILITY_NAMED_IAM")));
    if !acknowledged {
        return refused(
            StatusCode::BAD_REQUEST,
            "InsufficientCapabilities",
            "Requires capabilities : [CAPABILITY_NAMED_IAM]",
        );
    }
    if person.stacks.iter().any(|s| s.name == name && s.region == region) {
        let words = format!("AlreadyExists: Stack [{name}] already exists");
        return refused(StatusCode::CONFLICT, "AlreadyExistsException", &words);
    }
    let account = person.account_id.clone().unwrap_or_default();
    let id = format!("arn:aws:cloudformation:{region}:{account}:stack/{name}/{tag}");
    person.counts.role_stacks_created += 1;
    person.stacks.push(Stack {
        id: id.clone(),
        name,
        region,
        template,
        principal,
        role,
        created: Timestamp::now(),
        started: Instant::now(),
        takes: app.options.delays.stack(),
        end,
    });
    Json(json!({"stackId": id})).into_response()
}

async fn remove(State(app): App, headers: HeaderMap, Path(name): Path<String>) -> Response {
    let Some(email) = signed_in(&app, &headers) else { return nobody() };
    app.world().person(&email).stacks.retain(|s| s.name != name);
    Json(json!({})).into_response()
}
