//! The root sign-in, the forgotten password, and the page of its mailed link.
//!
//! One endpoint takes the steps as `action=…` forms and answers with a state and properties, in
//! the shape that client libraries of 2021 to 2024 expect. A password is compared, never shown.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::signup::{password_fault, resume};
use super::{App, STRIP, UI, any_body, banner, cookie, page, text, with_cookie};
use crate::scenario::ResetLink;
use crate::state::{Gate, Status, World, address, digits, token};
use crate::{Inner, mailer};

const COOKIE: &str = "practice-signin";
/// The cookie of a signed-in console.
pub(crate) const CONSOLE: &str = "practice-console";

pub(crate) fn router() -> Router<Arc<Inner>> {
    Router::new()
        .route("/signin", get(signin_page).post(action))
        .route("/mfa", post(mfa_kind))
        .route("/signin/register-mfa", get(register_mfa))
        .route("/resetpassword", get(reset_page).post(action))
}

async fn signin_page(State(app): App, headers: HeaderMap) -> Response {
    let body = format!(
        "{STRIP}\n{}\n{}",
        include_str!("../../assets/signin.html"),
        banner(&app, &headers, "signin", None, false)
    );
    let boot = json!({"section_ms": app.options.delays.section().as_millis(), "poll_ms": app.options.delays.poll().as_millis(),
        "signup": app.addresses.signup});
    let html =
        page("Practice sign-in", &body, &boot, &[UI, include_str!("../../assets/signin.js")]);
    if cookie(&headers, COOKIE).is_some_and(|c| app.world().signins.contains_key(&c)) {
        return html.into_response();
    }
    let session = token();
    app.world().signins.insert(session.clone(), Default::default());
    with_cookie(&headers, COOKIE, &session, html)
}

fn fail(title: &str, words: &str) -> Response {
    Json(json!({"state": "FAIL", "properties": {"result": "FAILURE", "Title": title, "Text": words}})).into_response()
}

fn success(properties: &Value) -> Response {
    Json(json!({"state": "SUCCESS", "properties": properties})).into_response()
}

fn captcha(app: &Inner, id: &str, wrong: bool) -> Response {
    success(
        &json!({"CaptchaURL": format!("{}/image/{id}.png", app.addresses.captcha), "CES": id, "captchaObfuscationToken": id, "wrong": wrong}),
    )
}

async fn mfa_kind(State(app): App, body: String) -> Response {
    let email = address(text(&any_body(&body), "email"));
    let kind = if app.world().scenario_of(&email).mfa { "SW" } else { "NONE" };
    Json(json!({"mfaType": kind})).into_response()
}

async fn action(State(app): App, headers: HeaderMap, body: String) -> Response {
    let body = any_body(&body);
    let known = cookie(&headers, COOKIE).filter(|c| app.world().signins.contains_key(c));
    let session = known.clone().unwrap_or_else(|| {
        let session = token();
        app.world().signins.insert(session.clone(), Default::default());
        session
    });
    let answer = match text(&body, "action") {
        "resolveAccountType" => resolve(&app, &session, &body),
        "authenticateRoot" => authenticate(&app, &headers, &session, &body),
        "captcha" => {
            let mut world = app.world();
            let email =
                world.signins.get(&session).and_then(|s| s.email.clone()).unwrap_or_default();
            let id = world.ask_captcha(&email, "recovery");
            captcha(&app, &id, false)
        }
        "getResetPasswordToken" => forgotten(&app, &body),
        "resetPasswordSubmitForm" => reset(&app, &body),
        _ => fail("There was an error", "The sign-in does not know this action."),
    };
    if known.is_some() { answer } else { with_cookie(&headers, COOKIE, &session, answer) }
}

const UNKNOWN: &str =
    "No account exists with that email address. Check the address, or sign up with it.";

fn resolve(app: &Arc<Inner>, session: &str, body: &Value) -> Response {
    let email = address(text(body, "email"));
    let mut world = app.world();
    if email.is_empty() {
        return fail("There was an error", "Enter the email address of the root user.");
    }
    let mode = world.scenario_of(&email).captcha_login;
    if let Gate::Ask { id, wrong } = world.captcha_gate(
        &email,
        "login",
        mode,
        text(body, "captcha_token"),
        text(body, "captcha_guess"),
    ) {
        return captcha(app, &id, wrong);
    }
    if world.existing(&email).is_none() {
        return fail("There was an error", UNKNOWN);
    }
    if let Some(s) = world.signins.get_mut(session) {
        *s = crate::state::SigninSession {
            email: Some(email),
            resolved: true,
            ..Default::default()
        };
    }
    success(&json!({"resolved": "Root", "captchaStatusToken": "passed"}))
}

/// Only an address on this console is gone back to.
fn destination(body: &Value) -> String {
    let wanted = text(body, "redirect_uri");
    if wanted.starts_with('/') && !wanted.starts_with("//") && !wanted.contains('\\') {
        wanted.to_owned()
    } else {
        "/console/home".to_owned()
    }
}

fn authenticate(app: &Arc<Inner>, headers: &HeaderMap, session: &str, body: &Value) -> Response {
    let mut world = app.world();
    let email = address(text(body, "email"));
    let state = world.signins.entry(session.to_owned()).or_default();
    if !state.resolved || state.email.as_deref() != Some(&email) {
        return fail("There was an error", "Enter the email address of the root user first.");
    }
    let Some(person) = world.existing(&email) else { return fail("There was an error", UNKNOWN) };
    let first = ["mfa1", "login_code", "captcha_guess"].iter().all(|f| text(body, f).is_empty());
    if first {
        person.counts.login_attempts += 1;
    }
    let given = body.get("password").and_then(Value::as_str).unwrap_or_default();
    if person.password.as_deref() != Some(given) {
        return fail(
            "Authentication failed",
            "Your authentication information is incorrect. Please try again.",
        );
    }
    let status = person.status;
    let scenario = world.scenario_of(&email);
    let passed = world.signins.get(session).is_some_and(|s| s.password_captcha);
    if !passed {
        let (id, guess) = (text(body, "captcha_token"), text(body, "captcha_guess"));
        if let Gate::Ask { id, wrong } =
            world.captcha_gate(&email, "password", scenario.captcha_password, id, guess)
        {
            return captcha(app, &id, wrong);
        }
        if let Some(s) = world.signins.get_mut(session) {
            s.password_captcha = true;
        }
    }
    if status == Status::Suspended || scenario.suspended {
        return fail(
            "Account Suspended",
            "Your account is Suspended: it was closed. It can't be signed in to.",
        );
    }
    if scenario.mfa {
        let expected = world.person(&email).mfa_code.get_or_insert_with(|| digits(6)).clone();
        let typed = text(body, "mfa1");
        if typed.is_empty() {
            return success(&json!({"MFARequired": true, "mfaType": "SW"}));
        }
        if typed != expected {
            return fail("Authentication failed", "The MFA code is incorrect. Please try again.");
        }
    }
    if scenario.login_code
        && let Some(answer) =
            mailed_code(app, &mut world, session, &email, text(body, "login_code"))
    {
        return answer;
    }
    let person = world.person(&email);
    person.mfa_code = None;
    person.counts.logins += 1;
    if status == Status::SigningUp {
        let resumed = resume(&mut world, &email);
        return success(
            &json!({"RedirectTo": format!("{}/billing/signup?resume={resumed}", app.addresses.signup), "resumes": true}),
        );
    }
    let console = token();
    world.consoles.insert(console.clone(), email);
    world.signins.remove(session);
    let to = destination(body);
    let to = if scenario.register_mfa {
        format!(
            "/signin/register-mfa?to={}",
            url::form_urlencoded::byte_serialize(to.as_bytes()).collect::<String>()
        )
    } else {
        to
    };
    with_cookie(headers, CONSOLE, &console, success(&json!({"RedirectTo": to})))
}

/// `None` when the mailed code is right; else what to answer.
fn mailed_code(
    app: &Arc<Inner>,
    world: &mut World,
    session: &str,
    email: &str,
    typed: &str,
) -> Option<Response> {
    let sent = world.signins.get(session).and_then(|s| s.code.clone());
    match sent {
        Some(code) if code == typed => None,
        Some(_) if !typed.is_empty() => Some(fail(
            "Authentication failed",
            "The verification code is incorrect. Please try again.",
        )),
        _ => {
            let code = digits(6);
            if let Some(s) = world.signins.get_mut(session) {
                s.code = Some(code.clone());
            }
            mailer::send(app, world, email, &mailer::Kind::SigninCode(&code));
            Some(success(&json!({"LoginCodeRequired": true})))
        }
    }
}

async fn register_mfa(Query(query): Query<HashMap<String, String>>) -> Response {
    let to = destination(&json!({"redirect_uri": query.get("to").map_or("", String::as_str)}));
    let body = format!(
        "{STRIP}<main class=\"narrow\"><h1>Register MFA</h1><p>Root users are asked to register a second factor. You have 35 days left to do so.</p>\
         <p><button id=\"register_mfa\" type=\"button\" disabled>Register MFA device</button> \
         <a id=\"skip_mfa\" role=\"button\" class=\"button\" href=\"{}\">Skip for now</a></p></main>",
        super::escape(&to)
    );
    let keep_fragment = "const a = document.getElementById('skip_mfa'); a.href = a.getAttribute('href') + location.hash;";
    page("Practice sign-in", &body, &json!({}), &[keep_fragment]).into_response()
}

fn forgotten(app: &Arc<Inner>, body: &Value) -> Response {
    let email = address(text(body, "email"));
    let mut world = app.world();
    let mode = world.scenario_of(&email).captcha_recovery;
    if let Gate::Ask { id, wrong } = world.captcha_gate(
        &email,
        "recovery",
        mode,
        text(body, "captcha_token"),
        text(body, "captcha_guess"),
    ) {
        return captcha(app, &id, wrong);
    }
    if world.existing(&email).is_none() {
        return fail("There was an error", UNKNOWN);
    }
    let key = token();
    world.reset_links.insert(key.clone(), email.clone());
    let link = format!("{}/resetpassword?type=RootUser&token={}&key={key}", app.signin, token());
    mailer::send(app, &mut world, &email, &mailer::Kind::ResetLink(&link));
    success(&json!({"sent": true}))
}

fn link_owner(world: &World, key: &str) -> Option<String> {
    let email = world.reset_links.get(key)?.clone();
    (world.scenario_of(&email).reset_link == ResetLink::Valid).then_some(email)
}

const LINK_EXPIRED: &str = "This link has expired. Ask for a new one at the sign-in.";

async fn reset_page(State(app): App, Query(query): Query<HashMap<String, String>>) -> Response {
    let key = query.get("key").cloned().unwrap_or_default();
    let form = if link_owner(&app.world(), &key).is_some() {
        include_str!("../../assets/reset.html").to_owned()
    } else {
        format!(
            "<main class=\"narrow\"><h1>Choose a new password</h1><p class=\"alert\" role=\"alert\" id=\"reset_password_error\">{LINK_EXPIRED}</p></main>"
        )
    };
    let boot = json!({"key": key});
    page(
        "Practice sign-in",
        &format!("{STRIP}{form}"),
        &boot,
        &[UI, include_str!("../../assets/reset.js")],
    )
    .into_response()
}

fn reset(app: &Inner, body: &Value) -> Response {
    let value = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (new, again) = (value("newpassword"), value("confirmpassword"));
    let mut world = app.world();
    let Some(email) = link_owner(&world, text(body, "key")) else {
        return fail("There was an error", LINK_EXPIRED);
    };
    if let Some(fault) = password_fault(&new) {
        return fail("There was an error", fault);
    }
    if new != again {
        return fail("There was an error", "The passwords are not the same.");
    }
    world.reset_links.remove(text(body, "key"));
    let person = world.person(&email);
    person.password = Some(new);
    person.counts.password_resets += 1;
    success(&json!({"result": "SUCCESS"}))
}
