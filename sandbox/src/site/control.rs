//! For the tester: state, scenarios, the captcha's answer key, and the other end of the calls.
//!
//! It shows no password and no card; codes are only where mails and SMS can be read one by one.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{App, page, text};
use crate::Inner;
use crate::scenario::{PRESETS, Scenario};
use crate::state::{Message, Stage, Status, address, digits};

pub(crate) fn router() -> Router<Arc<Inner>> {
    Router::new()
        .route("/", get(human))
        .route("/practice/addresses", get(async |State(app): App| Json(app.addresses.clone())))
        .route("/practice/state", get(async |State(app): App| Json(app.world().view())))
        .route("/practice/state/{email}", get(one))
        .route("/practice/scenario", get(scenario).put(set_scenario).delete(reset_scenario))
        .route(
            "/practice/scenario/{email}",
            get(scenario_of).put(set_scenario_of).delete(reset_scenario_of),
        )
        .route("/practice/targets", get(targets).put(set_targets))
        .route("/practice/captcha/answer", get(captcha_answer))
        .route("/practice/captcha/open", get(captchas_open))
        .route("/practice/phone/answer", post(phone_answer))
        .route("/practice/app-approval/{email}", post(app_approval))
        .route("/practice/mfa/{email}", get(mfa))
        .route(
            "/practice/mails/{id}",
            get(async |State(app): App, Path(id): Path<u64>| source(&app.world().mails, id)),
        )
        .route(
            "/practice/sms/{id}",
            get(async |State(app): App, Path(id): Path<u64>| source(&app.world().sms, id)),
        )
        .route("/practice/accounts", post(open_account))
        .route(
            "/practice/reset",
            post(async |State(app): App| {
                app.reset();
                Json(json!({"reset": true}))
            }),
        )
}

fn problem(status: StatusCode, words: &str) -> Response {
    (status, Json(json!({"error": words}))).into_response()
}

async fn one(State(app): App, Path(email): Path<String>) -> Response {
    let world = app.world();
    match world.people.get(&address(&email)) {
        Some(person) => Json(person.view()).into_response(),
        None => problem(StatusCode::NOT_FOUND, "nothing was ever submitted with this address"),
    }
}

fn source(list: &[Message], id: u64) -> Response {
    match list.iter().find(|m| m.id == id) {
        Some(m) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], m.source.clone())
            .into_response(),
        None => {
            problem(StatusCode::NOT_FOUND, "there is no such message; /practice/state lists them")
        }
    }
}

async fn scenario(State(app): App) -> Response {
    Json(json!(app.world().scenario)).into_response()
}

fn refused(error: &crate::ScenarioError) -> Response {
    let keys = Scenario::keys();
    (
        StatusCode::BAD_REQUEST,
        Json(json!({"error": error.to_string(), "keys": keys, "presets": PRESETS})),
    )
        .into_response()
}

async fn set_scenario(State(app): App, Json(partial): Json<Value>) -> Response {
    let mut world = app.world();
    match world.scenario.merge(&partial) {
        Ok(()) => Json(json!(world.scenario)).into_response(),
        Err(error) => refused(&error),
    }
}

async fn reset_scenario(State(app): App) -> Response {
    let mut world = app.world();
    world.scenario = app.options.scenario.clone();
    world.overrides.clear();
    Json(json!(world.scenario)).into_response()
}

async fn scenario_of(State(app): App, Path(email): Path<String>) -> Response {
    Json(json!(app.world().scenario_of(&address(&email)))).into_response()
}

async fn set_scenario_of(
    State(app): App,
    Path(email): Path<String>,
    Json(partial): Json<Value>,
) -> Response {
    match app.world().override_scenario(&address(&email), &partial) {
        Ok(scenario) => Json(json!(scenario)).into_response(),
        Err(error) => refused(&error),
    }
}

async fn reset_scenario_of(State(app): App, Path(email): Path<String>) -> Response {
    let (mut world, email) = (app.world(), address(&email));
    world.overrides.remove(&email);
    Json(json!(world.scenario_of(&email))).into_response()
}

async fn captcha_answer(State(app): App, Query(query): Query<HashMap<String, String>>) -> Response {
    let Some(source) = query.get("source") else {
        return problem(
            StatusCode::BAD_REQUEST,
            "say which captcha: ?source= the address of its picture or sound",
        );
    };
    let path = source.split(['?', '#']).next().unwrap_or_default();
    let file = path.rsplit('/').next().unwrap_or_default();
    let world = app.world();
    match world.captchas.get(file.split('.').next().unwrap_or_default()) {
        Some(c) => {
            Json(json!({"answer": if path.contains("/audio/") { &c.sound } else { &c.picture }}))
                .into_response()
        }
        None => problem(StatusCode::NOT_FOUND, "there is no such captcha"),
    }
}

/// Captchas that wait for an answer, for a tester who plays the person.
async fn captchas_open(State(app): App) -> Response {
    let world = app.world();
    let open = world.captchas.values().filter(|captcha| !captcha.spent);
    let open: Vec<_> = open
        .map(|c| json!({"email": c.owner, "place": c.place, "answer": c.picture, "sound": c.sound}))
        .collect();
    Json(json!({"open": open})).into_response()
}

async fn targets(State(app): App) -> Response {
    Json(json!(app.targets().view())).into_response()
}

async fn set_targets(State(app): App, Json(change): Json<Value>) -> Response {
    match serde_json::from_value(change) {
        Ok(change) => {
            let mut targets = app.targets();
            targets.change(change);
            Json(json!(targets.view())).into_response()
        }
        Err(error) => problem(
            StatusCode::BAD_REQUEST,
            &format!("give smtp (host:port), sms_relay (URL) or sms_relay_key: {error}"),
        ),
    }
}

async fn phone_answer(State(app): App, Json(body): Json<Value>) -> Response {
    let pin = match body.get("digits") {
        Some(Value::String(pin)) => pin.clone(),
        Some(Value::Number(pin)) => format!("{pin:0>4}", pin = pin.to_string()),
        _ => {
            return problem(
                StatusCode::BAD_REQUEST,
                "give the number that rings and the digits to key: {\"number\":\"+1…\",\"digits\":\"1234\"}",
            );
        }
    };
    let mut world = app.world();
    match crate::phone::answer(&app, &mut world, text(&body, "number"), &pin) {
        Some(accepted) => Json(json!({"accepted": accepted})).into_response(),
        None => problem(StatusCode::NOT_FOUND, "no call is ringing at this number now"),
    }
}

async fn app_approval(
    State(app): App,
    Path(email): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    let (mut world, email) = (app.world(), address(&email));
    let Some(approve) = body.get("approve").and_then(Value::as_bool) else {
        return problem(StatusCode::BAD_REQUEST, "say {\"approve\":true} or {\"approve\":false}");
    };
    let waiting = world
        .challenges
        .iter()
        .find(|(_, c)| c.email == email && c.stage == Stage::App)
        .map(|(id, _)| id.clone());
    match waiting {
        Some(id) => {
            super::issuer::settle(&mut world, &id, approve);
            Json(json!({"approved": approve})).into_response()
        }
        None => problem(StatusCode::NOT_FOUND, "no payment of this address waits for the app"),
    }
}

async fn mfa(State(app): App, Path(email): Path<String>) -> Response {
    let (mut world, email) = (app.world(), address(&email));
    match world.existing(&email) {
        Some(person) => {
            Json(json!({"code": person.mfa_code.get_or_insert_with(|| digits(6))})).into_response()
        }
        None => problem(StatusCode::NOT_FOUND, "there is no account with this address"),
    }
}

/// An account that is there without a sign-up, for tests of what comes after one.
async fn open_account(State(app): App, Json(body): Json<Value>) -> Response {
    let (email, password) = (address(text(&body, "email")), text(&body, "password").to_owned());
    if !email.contains('@') || password.is_empty() {
        return problem(
            StatusCode::BAD_REQUEST,
            "give an email and a password, and if you like a name and \"member\":true",
        );
    }
    let mut world = app.world();
    if world.existing(&email).is_some() {
        return problem(StatusCode::CONFLICT, "there is an account with this address already");
    }
    let id = world.fresh_account_id();
    let person = world.person(&email);
    text(&body, "name").clone_into(&mut person.name);
    person.password = Some(password);
    person.account_id = Some(id);
    person.status = Status::Active;
    person.section = crate::Section::Done;
    person.member = body.get("member") == Some(&json!(true));
    Json(person.view()).into_response()
}

async fn human(State(app): App) -> Response {
    let body = format!("{}{}", super::STRIP, include_str!("../../assets/control.html"));
    let switches: Vec<Value> = Scenario::describe()
        .iter()
        .map(|(key, takes, does)| json!({"key": key, "takes": takes, "does": does}))
        .collect();
    let boot = json!({"addresses": app.addresses, "switches": switches, "presets": PRESETS});
    page(
        "Practice console: control",
        &body,
        &boot,
        &[super::UI, include_str!("../../assets/control.js")],
    )
    .into_response()
}
