//! The captcha host: pictures and sounds by an id that says nothing about the answer.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;

use super::App;
use crate::Inner;

pub(crate) fn router() -> Router<Arc<Inner>> {
    Router::new().route("/image/{file}", get(picture)).route("/audio/{file}", get(sound))
}

fn id(file: &str) -> &str {
    file.split('.').next().unwrap_or_default()
}

fn media(kind: &'static str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, bytes).into_response()
}

async fn picture(State(app): App, Path(file): Path<String>) -> Response {
    let answer = app.world().captchas.get(id(&file)).map(|c| c.picture.clone());
    match answer {
        Some(answer) => media("image/png", crate::captcha::picture(&answer)),
        None => (StatusCode::NOT_FOUND, "no such captcha").into_response(),
    }
}

async fn sound(State(app): App, Path(file): Path<String>) -> Response {
    let answer = app.world().captchas.get(id(&file)).map(|c| c.sound.clone());
    match answer {
        Some(answer) => media("audio/wav", crate::captcha::sound(&answer)),
        None => (StatusCode::NOT_FOUND, "no such captcha").into_response(),
    }
}
