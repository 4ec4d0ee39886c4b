//! What waits for a person: captchas to read, calls to answer.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use mavm_store::{Challenge, ChallengeKind};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, Part};
use crate::access::Actor;
use crate::{Api, Problem};

/// More than any captcha has characters.
const MAX_ANSWER: usize = 256;

/// What a browser shows or plays without any risk. Everything else is only ever downloaded.
const SHOWN: [&str; 8] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "audio/mpeg",
    "audio/wav",
    "audio/x-wav",
    "audio/ogg",
];

/// `GET /v1/challenges`: open ones.
pub async fn list(State(api): State<Arc<Api>>) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "challenges": api.store.open_challenges(api.now()).await? })))
}

/// `GET /v1/challenges/{id}`: what to do; of a call, the digits to key in.
pub async fn show(
    State(api): State<Arc<Api>>,
    Part(id): Part<String>,
) -> Result<Json<Value>, Problem> {
    let challenge = find(&api, &id).await?;
    let mut body = json!(challenge);
    if challenge.kind == ChallengeKind::Call {
        // Shown for as long as someone must key them in, and no longer.
        if challenge.answer.is_none() && challenge.until > api.now() {
            body["digits"] = json!(api.actions.call_digits(&id).await?);
        }
    } else {
        body["data"] = json!(format!("/v1/challenges/{id}/data"));
    }
    Ok(Json(body))
}

/// `GET /v1/challenges/{id}/data`: the picture or the sound.
pub async fn data(
    State(api): State<Arc<Api>>,
    Part(id): Part<String>,
) -> Result<Response, Problem> {
    let challenge = find(&api, &id).await?;
    if challenge.kind == ChallengeKind::Call {
        return Err(Problem::bad_request(format!(
            "challenge {id} is a call and has no picture; GET /v1/challenges/{id} has its digits"
        )));
    }
    let shown = SHOWN.into_iter().find(|shown| *shown == challenge.mime_type);
    let headers = [
        (header::CONTENT_TYPE, shown.unwrap_or("application/octet-stream")),
        // It came from a page: it must never run as one.
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
    ];
    Ok((headers, challenge.data).into_response())
}

/// What a person read or heard; `done` for a call.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answer {
    answer: String,
}

/// `POST /v1/challenges/{id}`
pub async fn answer(
    State(api): State<Arc<Api>>,
    Extension(Actor(actor)): Extension<Actor>,
    Part(id): Part<String>,
    Body(answer): Body<Answer>,
) -> Result<Json<Value>, Problem> {
    if answer.answer.is_empty() {
        return Err(Problem::bad_request(
            "say what the picture shows or the voice says: {\"answer\": \"x7kp2\"}; of a call: \"done\"",
        ));
    }
    if answer.answer.len() > MAX_ANSWER {
        return Err(Problem::bad_request(format!("an answer may have {MAX_ANSWER} bytes at most")));
    }
    find(&api, &id).await?;
    api.actions.answer_challenge(&id, &answer.answer, &actor).await?;
    Ok(Json(json!({ "challenge": id, "answered": true })))
}

async fn find(api: &Api, id: &str) -> Result<Challenge, Problem> {
    let challenge = api.store.challenge(id).await?;
    challenge.ok_or_else(|| Problem::not_found("challenge", id, "GET /v1/challenges"))
}
