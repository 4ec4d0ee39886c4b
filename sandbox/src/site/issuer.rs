//! The card issuer's challenge, shown in a frame: a code, for some cards a PIN, or an app.
//!
//! Each confirmation is a form post and so a real navigation of the frame. The issuer knows the
//! challenge by the token in its address, never by a cookie: it is another site.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use super::{App, escape, form, page, see_other, text};
use crate::Inner;
use crate::section::Section;
use crate::state::{Stage, World, digits};

pub(crate) fn router() -> Router<Arc<Inner>> {
    Router::new()
        .route("/challenge/{id}", get(show).post(confirm))
        .route("/challenge/{id}/again", post(again))
        .route("/challenge/{id}/status", get(status))
}

fn send_code(app: &Arc<Inner>, world: &mut World, id: &str) {
    let code = digits(6);
    let Some(challenge) = world.challenges.get_mut(id) else { return };
    challenge.code = Some(code.clone());
    let email = challenge.email.clone();
    let sms = app
        .options
        .sms_template
        .replace("{code}", &code)
        .replace("{amount}", "1,00 USD")
        .replace("{merchant}", "AWS");
    crate::sms::send(app, world, &email, "card holder", "card-code", sms);
}

async fn show(State(app): App, Path(id): Path<String>) -> Response {
    let (stage, error, last_four, first) = {
        let mut world = app.world();
        let Some(challenge) = world.challenges.get_mut(&id) else { return gone() };
        let first = challenge.stage == Stage::Code && challenge.code.is_none();
        let (stage, error, email) =
            (challenge.stage, challenge.error.take(), challenge.email.clone());
        if first {
            send_code(&app, &mut world, &id);
        }
        (stage, error, world.person(&email).card_last_four.clone().unwrap_or_default(), first)
    };
    tracing::debug!(first, "the issuer's challenge is shown");
    let back = format!("{}/billing/signup/challenge-return", app.addresses.signup);
    let error = error
        .map(|e| format!("<p class=\"alert\" role=\"alert\">{}</p>", escape(e)))
        .unwrap_or_default();
    let card = escape(&last_four);
    let (ask, script) = match stage {
        Stage::Code => (entry(&id, "One-time password", "We sent a one-time password to your phone by SMS.", "text", true), ""),
        Stage::Pin => (entry(&id, "Card PIN", "Please also enter the PIN of your card.", "password", false), ""),
        Stage::App => (
            "<p>Open your bank's app and approve this payment there. There is nothing to type; this page goes on by itself.</p>".to_owned(),
            "const boot = JSON.parse(document.getElementById('boot').textContent);\n\
             const poll = async () => { const r = await (await fetch(boot.status)).json(); if (r.settled) location.replace(boot.back); else setTimeout(poll, boot.poll_ms); };\n\
             setTimeout(poll, boot.poll_ms);",
        ),
        Stage::Approved | Stage::Refused => return see_other(&back),
    };
    let body = format!(
        "<main class=\"issuer\"><h1>Practice bank</h1><p class=\"practice-note\">practice console, not AWS and not a bank</p>\
         <dl><dt>Merchant</dt><dd>AWS</dd><dt>Amount</dt><dd>1,00 USD</dd><dt>Card</dt><dd>**** {card}</dd></dl>{error}{ask}</main>"
    );
    let boot = json!({"status": format!("/challenge/{id}/status"), "back": back, "poll_ms": app.options.delays.poll().as_millis()});
    page("Practice bank", &body, &boot, &[script]).into_response()
}

fn entry(id: &str, label: &str, hint: &str, kind: &str, again: bool) -> String {
    let again = if again {
        format!(
            "<form method=\"post\" action=\"/challenge/{id}/again\"><button id=\"resend\" class=\"link\">Send a new password</button></form>"
        )
    } else {
        String::new()
    };
    format!(
        "<form method=\"post\" action=\"/challenge/{id}\"><p>{hint}</p><div class=\"field\"><label for=\"challengeDataEntry\">{label}</label>\
         <div><input id=\"challengeDataEntry\" name=\"challengeDataEntry\" type=\"{kind}\" inputmode=\"numeric\" autocomplete=\"off\"></div></div>\
         <button id=\"confirm\" type=\"submit\" class=\"primary\">Confirm</button></form>{again}"
    )
}

async fn confirm(State(app): App, Path(id): Path<String>, body: String) -> Response {
    let body = form(&body);
    let outcome = judge(&app, &mut app.world(), &id, text(&body, "challengeDataEntry"));
    tokio::time::sleep(app.options.delays.confirm()).await;
    match outcome {
        None => gone(),
        Some(true) => {
            see_other(&format!("{}/billing/signup/challenge-return", app.addresses.signup))
        }
        Some(false) => see_other(&format!("/challenge/{id}")),
    }
}

/// Takes what was typed. `Some(true)` when the challenge is settled, either way.
fn judge(app: &Inner, world: &mut World, id: &str, typed: &str) -> Option<bool> {
    let challenge = world.challenges.get_mut(id)?;
    let email = challenge.email.clone();
    let (right, complaint) = match challenge.stage {
        Stage::Code => {
            (challenge.code.as_deref() == Some(typed), "That one-time password isn't right.")
        }
        Stage::Pin => (app.options.card_pin == typed, "That PIN isn't right."),
        Stage::App => return Some(false),
        Stage::Approved | Stage::Refused => return Some(true),
    };
    let pin_stage = challenge.stage == Stage::Pin;
    let settled = if right && challenge.stage == Stage::Code && challenge.wants_pin {
        challenge.stage = Stage::Pin;
        challenge.wrong = 0;
        None
    } else if right {
        Some(!challenge.refuses)
    } else {
        challenge.wrong += 1;
        challenge.error = Some(complaint);
        (challenge.wrong >= 3).then_some(false)
    };
    let counts = &mut world.person(&email).counts;
    if pin_stage {
        counts.challenge_pin += 1;
    } else {
        counts.challenge_code += 1;
    }
    if let Some(approved) = settled {
        settle(world, id, approved);
    }
    Some(settled.is_some())
}

/// The issuer has decided: the payment is charged, or the card form comes back with its words.
pub(crate) fn settle(world: &mut World, id: &str, approved: bool) {
    let Some(challenge) = world.challenges.get_mut(id) else { return };
    challenge.stage = if approved { Stage::Approved } else { Stage::Refused };
    let email = challenge.email.clone();
    let person = world.person(&email);
    if person.section != Section::Challenge {
        return;
    }
    if approved {
        person.charge(true);
        person.section = Section::Identity;
        return;
    }
    person.counts.cards_declined += 1;
    person.section = Section::Card;
    for session in world.signups.values_mut().filter(|s| s.email.as_deref() == Some(&email)) {
        session.error = Some(
            "Your bank refused the payment. Use another card, or ask the bank that issued it."
                .to_owned(),
        );
    }
}

async fn again(State(app): App, Path(id): Path<String>) -> Response {
    let mut world = app.world();
    if world.challenges.get(&id).is_none_or(|c| c.stage != Stage::Code) {
        return gone();
    }
    send_code(&app, &mut world, &id);
    see_other(&format!("/challenge/{id}"))
}

async fn status(State(app): App, Path(id): Path<String>) -> Response {
    let stage = app.world().challenges.get(&id).map(|c| c.stage);
    Json(json!({"settled": !matches!(stage, Some(Stage::App))})).into_response()
}

fn gone() -> Response {
    let body = "<main class=\"issuer\"><h1>Practice bank</h1><p role=\"alert\">This payment is no longer waiting for you.</p></main>";
    (StatusCode::GONE, page("Practice bank", body, &json!({}), &[])).into_response()
}
