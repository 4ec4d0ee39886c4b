//! The telephone section: a call with a PIN to key, or a code by SMS.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::signup::{asked, expired, interrupt, ok, refused, turn, view};
use super::{App, text};
use crate::scenario::CallMode;
use crate::section::Section;
use crate::state::{Gate, digits};
use crate::{Inner, phone};

pub(crate) fn router() -> Router<Arc<Inner>> {
    Router::new()
        .route("/billing/signup/api/identity", post(identity))
        .route("/billing/signup/api/phone-code", post(phone_code))
}

async fn identity(State(app): App, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let mut world = app.world();
    let (session, email) = match turn(&app, &mut world, &headers, Section::Identity) {
        Ok(turn) => turn,
        Err(answer) => return *answer,
    };
    world.person(&email).counts.phone += 1;
    let method = text(&body, "divaMethod");
    if !["Phone", "Sms"].contains(&method) {
        return refused("", &json!({"divaMethod": "Choose how to get the PIN."}));
    }
    let Some(number) = phone::dialed(text(&body, "countryCode"), text(&body, "phoneNumber")) else {
        return refused("", &json!({"phoneNumber": "Enter a phone number of 6 to 15 digits."}));
    };
    if interrupt(&mut world, &session, &email, Section::Identity) {
        return expired();
    }
    let scenario = world.scenario_of(&email);
    match world.captcha_gate(
        &email,
        "phone",
        scenario.captcha_phone,
        text(&body, "captchaId"),
        text(&body, "captchaGuess"),
    ) {
        Gate::Pass => world.person(&email).identity.captcha = None,
        Gate::Ask { id, wrong } => {
            world.person(&email).identity.captcha = Some(id.clone());
            return asked(&app, &world, &email, &id, wrong);
        }
    }
    if scenario.number_blocked.contains(&number) {
        let error = "This phone number can't be used for verification. Try another number.";
        let state = view(&app, &mut world, &session);
        return Json(
            json!({"ok": false, "error": error, "fields": {}, "captcha": state.get("captcha")}),
        )
        .into_response();
    }
    let person = world.person(&email);
    person.identity.error = None;
    person.identity.calls_in_a_row = 0;
    if method == "Sms" || scenario.call == CallMode::Sms {
        let code = digits(6);
        person.identity.sms_code = Some(code.clone());
        crate::sms::send(
            &app,
            &mut world,
            &email,
            &number,
            "phone-code",
            format!("{code} is your practice console verification code"),
        );
    } else {
        phone::dial(&app, &mut world, &email, &number);
    }
    ok(&app, &mut world, &session)
}

async fn phone_code(State(app): App, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let mut world = app.world();
    let (session, email) = match turn(&app, &mut world, &headers, Section::Identity) {
        Ok(turn) => turn,
        Err(answer) => return *answer,
    };
    let person = world.person(&email);
    person.counts.phone_code += 1;
    if person.identity.sms_code.as_deref() != Some(text(&body, "smsPin")) {
        return refused("", &json!({"smsPin": "That code isn't right."}));
    }
    phone::verified(&mut world, &email);
    ok(&app, &mut world, &session)
}
