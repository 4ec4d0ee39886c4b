//! The sign-up's second door: a member account that becomes independent adds a card and a
//! telephone number. Steps that were done before are skipped.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::console::signed_in;
use super::{App, STRIP, UI, banner, captcha_view, page, see_other, text};
use crate::scenario::{CaptchaMode, Card};
use crate::state::{CallStatus, Gate, Person, World};
use crate::{Inner, phone};

pub(crate) fn router() -> Router<Arc<Inner>> {
    Router::new()
        .route("/billing/signup/member/state", get(state))
        .route("/billing/signup/member/card", post(card))
        .route("/billing/signup/member/call", post(call))
}

pub(crate) fn member_page(app: &Arc<Inner>, headers: &HeaderMap) -> Response {
    let Some(email) = signed_in(app, headers) else {
        return see_other(&format!("{}/console/home", app.addresses.console));
    };
    let body = format!(
        "{STRIP}<main class=\"narrow\" id=\"member\" data-account=\"{}\"></main>{}",
        super::escape(&email),
        banner(app, headers, "signup", Some(&email), false)
    );
    let boot = json!({"section_ms": app.options.delays.section().as_millis(), "poll_ms": app.options.delays.poll().as_millis(),
        "year": jiff::Zoned::now().year()});
    page("Practice sign-up", &body, &boot, &[UI, include_str!("../../assets/member.js")])
        .into_response()
}

fn route(person: &Person) -> &'static str {
    if !person.member {
        "/confirmation"
    } else if !person.member_steps.contains("card") {
        "/paymentinformation"
    } else if !person.member_steps.contains("identity") {
        "/identityverification"
    } else {
        "/support"
    }
}

fn view(app: &Inner, world: &mut World, email: &str) -> Value {
    let route = route(world.person(email));
    let mut view = json!({"route": route});
    if route == "/identityverification" {
        let call = world.person(email).identity.call;
        let call = call.and_then(|id| world.calls.iter().find(|c| c.id == id));
        match call.filter(|c| matches!(c.status, CallStatus::Dialing | CallStatus::Ringing)) {
            Some(call) => view["pin"] = json!(call.pin),
            None => {
                let id = world.ask_captcha(email, "member");
                view["captcha"] = captcha_view(app, &id, true, false);
            }
        }
    }
    view
}

/// Runs `act` for the account that is signed in.
fn with(
    app: &Arc<Inner>,
    headers: &HeaderMap,
    act: impl FnOnce(&mut World, &str) -> Option<&'static str>,
) -> Response {
    let Some(email) = signed_in(app, headers) else {
        return (StatusCode::UNAUTHORIZED, Json(json!({"error": "Sign in first."})))
            .into_response();
    };
    let mut world = app.world();
    let error = act(&mut world, &email);
    let mut view = view(app, &mut world, &email);
    view["error"] = json!(error);
    Json(view).into_response()
}

async fn state(State(app): App, headers: HeaderMap) -> Response {
    with(&app, &headers, |_, _| None)
}

async fn card(State(app): App, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    with(&app, &headers, |world, email| {
        let scenario = world.scenario_of(email);
        let person = world.person(email);
        person.counts.cards_submitted += 1;
        let number: String = text(&body, "number").chars().filter(char::is_ascii_digit).collect();
        if let Some(fault) = super::payment::fault(&body, &number) {
            return Some(fault);
        }
        if scenario.card == Card::Declined {
            person.counts.cards_declined += 1;
            return Some("Your card was declined.");
        }
        person.card_last_four = number.get(number.len() - 4..).map(str::to_owned);
        person.charge(false);
        person.member_steps.insert("card");
        None
    })
}

async fn call(State(app): App, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let app2 = Arc::clone(&app);
    with(&app, &headers, |world, email| {
        world.person(email).counts.phone += 1;
        let scenario = world.scenario_of(email);
        let Some(number) = phone::dialed(text(&body, "countryCode"), text(&body, "phoneNumber"))
        else {
            return Some("Enter a phone number of 6 to 15 digits.");
        };
        let mode = if scenario.captcha_phone == CaptchaMode::WrongFirst {
            CaptchaMode::WrongFirst
        } else {
            CaptchaMode::On
        };
        if let Gate::Ask { .. } = world.captcha_gate(
            email,
            "member",
            mode,
            text(&body, "captchaId"),
            text(&body, "guess"),
        ) {
            return Some("That wasn't right. Please try the new security check.");
        }
        if scenario.number_blocked.contains(&number) {
            return Some("This phone number can't be used for verification. Try another number.");
        }
        world.person(email).identity.calls_in_a_row = 0;
        phone::dial(&app2, world, email, &number);
        None
    })
}
