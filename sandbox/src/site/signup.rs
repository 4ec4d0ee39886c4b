//! The sign-up: one page, and the endpoints its sections submit to.
//!
//! The section of an account is the server's; a step that isn't its turn is refused and answered
//! with the section that is.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{App, STRIP, UI, banner, captcha_view, cookie, page, see_other, text, with_cookie};
use crate::scenario::{CaptchaKind, CaptchaMode, MailCode};
use crate::section::Section;
use crate::state::{CallStatus, Gate, Stage, Status, World, address, digits, token};
use crate::{Inner, mailer, phone};

pub(crate) const COOKIE: &str = "practice-signup";

pub(crate) fn router() -> Router<Arc<Inner>> {
    Router::new()
        .route("/", get(async || see_other("/billing/signup#/start")))
        .route("/billing/signup", get(app_page))
        .route("/billing/signup/api/state", get(state))
        .route("/billing/signup/api/start", post(start))
        .route("/billing/signup/api/mail-code", post(mail_code))
        .route("/billing/signup/api/resend", post(resend))
        .route("/billing/signup/api/credentials", post(credentials))
        .route("/billing/signup/api/contact", post(contact))
        .route("/billing/signup/api/support-plan", post(support_plan))
}

async fn app_page(
    State(app): App,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    if query.get("client").is_some_and(|c| c == "organizations") {
        return super::member::member_page(&app, &headers);
    }
    if let Some(resumed) = query.get("resume") {
        return with_cookie(&headers, COOKIE, resumed, see_other("/billing/signup#/resume"));
    }
    let known = cookie(&headers, COOKIE).filter(|c| app.world().signups.contains_key(c));
    let email =
        known.as_ref().and_then(|c| app.world().signups.get(c).and_then(|s| s.email.clone()));
    let session = known.clone().unwrap_or_else(|| {
        let session = token();
        app.world().signups.insert(session.clone(), Default::default());
        session
    });
    let body = format!(
        "{STRIP}\n<div id=\"aws-signup-app\"><div class=\"App_app_2Kq1x\"><header><strong>Sign up</strong><span id=\"header-tools\"></span></header>\
         <div class=\"App_content_5H0by\"><div><div id=\"section\" aria-live=\"polite\"></div></div></div></div></div>\n{}",
        banner(&app, &headers, "signup", email.as_deref(), true)
    );
    let boot = json!({
        "console": app.addresses.console, "signin": format!("{}/console/home", app.addresses.console),
        "section_ms": app.options.delays.section().as_millis(), "poll_ms": app.options.delays.poll().as_millis(),
        "year": jiff::Zoned::now().year(),
    });
    let html =
        page("Practice sign-up", &body, &boot, &[UI, include_str!("../../assets/signup.js")]);
    if known.is_some() {
        html.into_response()
    } else {
        with_cookie(&headers, COOKIE, &session, html)
    }
}

/// The section that is this session's turn.
pub(crate) fn section(world: &World, session: &str) -> Section {
    let Some(s) = world.signups.get(session) else { return Section::Start };
    match (&s.email, s.draft) {
        (_, Some(draft)) => draft,
        (Some(email), None) => world.people.get(email).map_or(Section::Start, |p| p.section),
        (None, None) => Section::Start,
    }
}

/// What the page needs to show the section.
pub(super) fn view(app: &Arc<Inner>, world: &mut World, session: &str) -> Value {
    let now = section(world, session);
    let (email, error, expired) = match world.signups.get_mut(session) {
        Some(s) => {
            (s.email.clone().unwrap_or_default(), s.error.take(), std::mem::take(&mut s.expired))
        }
        None => (String::new(), None, false),
    };
    let scenario = world.scenario_of(&email);
    let mut view = json!({"section": now.name(), "route": now.route(), "email": email, "error": error, "expired": expired});
    match now {
        Section::Challenge => {
            let open = world.challenges.iter().find(|(_, c)| {
                c.email == email && !matches!(c.stage, Stage::Approved | Stage::Refused)
            });
            view["challenge"] =
                json!(open.map(|(id, _)| format!("{}/challenge/{id}", app.addresses.issuer)));
        }
        Section::Identity => {
            let call = world.people.get(&email).and_then(|p| p.identity.call);
            let call = call.and_then(|id| world.calls.iter().find(|c| c.id == id));
            if let Some(call) =
                call.filter(|c| matches!(c.status, CallStatus::Dialing | CallStatus::Ringing))
            {
                view["call"] =
                    json!({"pin": call.pin, "status": call.status, "number": call.number});
            }
            let person = world.person(&email);
            view["phone_code"] = json!(person.identity.sms_code.is_some());
            view["identity_error"] = json!(person.identity.error);
            if view.get("call").is_none() && scenario.captcha_phone != CaptchaMode::Off {
                let pending = person
                    .identity
                    .captcha
                    .clone()
                    .filter(|id| world.captchas.get(id).is_some_and(|c| !c.spent));
                let id = match pending {
                    Some(id) => id,
                    None => world.ask_captcha(&email, "phone"),
                };
                world.person(&email).identity.captcha = Some(id.clone());
                view["captcha"] =
                    captcha_view(app, &id, scenario.captcha_kind == CaptchaKind::Image, false);
            }
        }
        Section::Done => view["review"] = json!(world.person(&email).review),
        _ => {}
    }
    view
}

pub(super) fn ok(app: &Arc<Inner>, world: &mut World, session: &str) -> Response {
    let state = view(app, world, session);
    Json(json!({"ok": true, "state": state})).into_response()
}

pub(super) fn refused(error: &str, fields: &Value) -> Response {
    Json(json!({"ok": false, "error": error, "fields": fields})).into_response()
}

pub(super) fn asked(app: &Inner, world: &World, email: &str, id: &str, wrong: bool) -> Response {
    let image_only = world.scenario_of(email).captcha_kind == CaptchaKind::Image;
    let error = wrong.then_some("That wasn't right. Please try the new security check.");
    Json(json!({"ok": false, "error": error, "captcha": captcha_view(app, id, image_only, wrong)}))
        .into_response()
}

/// Whose turn it is, or the answer to give instead.
pub(super) fn turn(
    app: &Arc<Inner>,
    world: &mut World,
    headers: &HeaderMap,
    wanted: Section,
) -> Result<(String, String), Box<Response>> {
    let session = cookie(headers, COOKIE).unwrap_or_default();
    if !world.signups.contains_key(&session) {
        return Err(Box::new(expired()));
    }
    let email = world.signups.get(&session).and_then(|s| s.email.clone()).unwrap_or_default();
    if section(world, &session) != wanted {
        let state = view(app, world, &session);
        let body = json!({"ok": false, "error": "This step is not open now.", "state": state});
        return Err(Box::new(Json(body).into_response()));
    }
    Ok((session, email))
}

pub(super) fn expired() -> Response {
    Json(json!({"ok": false, "expired": true})).into_response()
}

/// Lets the session expire if the scenario says so here.
pub(crate) fn interrupt(world: &mut World, session: &str, email: &str, section: Section) -> bool {
    let now = world.interrupts(email, section);
    if now {
        world.signups.remove(session);
    }
    now
}

async fn state(
    State(app): App,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let session = cookie(&headers, COOKIE).unwrap_or_default();
    let mut world = app.world();
    if !world.signups.contains_key(&session) {
        return expired();
    }
    // Whoever opens the first section begins anew; everything else shows what is open.
    if query.get("route").is_some_and(|r| r == "/start")
        && section(&world, &session) != Section::Start
    {
        world.signups.insert(session.clone(), Default::default());
    }
    ok(&app, &mut world, &session)
}

fn is_address(email: &str) -> bool {
    let Some((local, domain)) = email.split_once('@') else { return false };
    let plain = |s: &str| {
        !s.is_empty()
            && s.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"<>,;@\"".contains(c))
    };
    email.len() <= 254
        && plain(local)
        && plain(domain)
        && domain.split('.').all(|part| !part.is_empty())
}

async fn start(State(app): App, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let mut world = app.world();
    let session = match turn(&app, &mut world, &headers, Section::Start) {
        Ok((session, _)) => session,
        Err(answer) => return *answer,
    };
    let (email, name) = (address(text(&body, "emailAddress")), text(&body, "fullName").to_owned());
    let mut fields = json!({});
    if !is_address(&email) {
        fields["emailAddress"] = json!("Enter an email address in the form name@example.com.");
    }
    if name.is_empty() || name.chars().count() > 50 {
        fields["fullName"] = json!("Enter an account name of 1 to 50 characters.");
    }
    if is_address(&email) {
        world.person(&email).counts.start += 1;
    }
    if fields != json!({}) {
        return refused("Please correct the fields below.", &fields);
    }
    if interrupt(&mut world, &session, &email, Section::Start) {
        return expired();
    }
    let mode = world.scenario_of(&email).captcha_signup;
    if let Gate::Ask { id, wrong } = world.captcha_gate(
        &email,
        "start",
        mode,
        text(&body, "captchaId"),
        text(&body, "captchaGuess"),
    ) {
        return asked(&app, &world, &email, &id, wrong);
    }
    let code = digits(6);
    if let Some(s) = world.signups.get_mut(&session) {
        s.email = Some(email.clone());
        s.name.clone_from(&name);
        s.draft = Some(Section::MailCode);
        s.code = Some((code.clone(), Instant::now()));
    }
    let person = world.person(&email);
    if !person.exists() {
        person.name = name;
        person.section = Section::MailCode;
    }
    mailer::send(&app, &mut world, &email, &mailer::Kind::SignupCode(&code));
    ok(&app, &mut world, &session)
}

async fn resend(State(app): App, headers: HeaderMap) -> Response {
    let mut world = app.world();
    let (session, email) = match turn(&app, &mut world, &headers, Section::MailCode) {
        Ok(turn) => turn,
        Err(answer) => return *answer,
    };
    let code = digits(6);
    if let Some(s) = world.signups.get_mut(&session) {
        s.code = Some((code.clone(), Instant::now()));
    }
    mailer::send(&app, &mut world, &email, &mailer::Kind::SignupCode(&code));
    ok(&app, &mut world, &session)
}

async fn mail_code(State(app): App, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let mut world = app.world();
    let (session, email) = match turn(&app, &mut world, &headers, Section::MailCode) {
        Ok(turn) => turn,
        Err(answer) => return *answer,
    };
    world.person(&email).counts.mail_code += 1;
    if interrupt(&mut world, &session, &email, Section::MailCode) {
        return expired();
    }
    let sent = world.signups.get(&session).and_then(|s| s.code.clone());
    let right = sent.as_ref().is_some_and(|(code, _)| code == text(&body, "otp"));
    if !right {
        return refused(
            "",
            &json!({"otp": "That code isn't right. Check the mail, or have the code sent again."}),
        );
    }
    let aged = sent.is_some_and(|(_, at)| at.elapsed() > Duration::from_secs(600));
    let late = world.scenario_of(&email).mail_code == MailCode::LateFirst
        && world.once(&email, "late code");
    if aged || late {
        return refused("", &json!({"otp": "That code has expired. Have the code sent again."}));
    }
    if let Some(s) = world.signups.get_mut(&session) {
        s.code = None;
        s.draft = Some(Section::Credentials);
    }
    let person = world.person(&email);
    if !person.exists() {
        person.section = Section::Credentials;
    }
    ok(&app, &mut world, &session)
}

/// What is wrong with a root password, in words.
pub(crate) fn password_fault(password: &str) -> Option<&'static str> {
    let kinds = [
        password.chars().any(|c| c.is_ascii_uppercase()),
        password.chars().any(|c| c.is_ascii_lowercase()),
        password.chars().any(|c| c.is_ascii_digit()),
        password.chars().any(|c| !c.is_ascii_alphanumeric()),
    ];
    let good =
        (8..=128).contains(&password.chars().count()) && kinds.iter().filter(|k| **k).count() >= 3;
    (!good).then_some(
        "Use 8 to 128 characters of at least three kinds: upper case, lower case, numbers, others.",
    )
}

async fn credentials(State(app): App, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let mut world = app.world();
    let (session, email) = match turn(&app, &mut world, &headers, Section::Credentials) {
        Ok(turn) => turn,
        Err(answer) => return *answer,
    };
    world.person(&email).counts.credentials += 1;
    let value = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let password = value("password");
    if let Some(fault) = password_fault(&password) {
        return refused("", &json!({"password": fault}));
    }
    if password != value("rePassword") {
        return refused("", &json!({"rePassword": "The passwords are not the same."}));
    }
    if interrupt(&mut world, &session, &email, Section::Credentials) {
        return expired();
    }
    let scenario = world.scenario_of(&email);
    if let Gate::Ask { id, wrong } = world.captcha_gate(
        &email,
        "credentials",
        scenario.captcha_credentials,
        text(&body, "captchaId"),
        text(&body, "captchaGuess"),
    ) {
        return asked(&app, &world, &email, &id, wrong);
    }
    if scenario.address_taken || world.existing(&email).is_some() {
        return refused(
            "This email address is already in use. Sign in with it, or use another address.",
            &json!({}),
        );
    }
    let name = world.signups.get(&session).map(|s| s.name.clone()).unwrap_or_default();
    let person = world.person(&email);
    person.name = name;
    person.password = Some(password);
    person.section = Section::Contact;
    if let Some(s) = world.signups.get_mut(&session) {
        s.draft = None;
    }
    ok(&app, &mut world, &session)
}

async fn contact(State(app): App, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let mut world = app.world();
    let (session, email) = match turn(&app, &mut world, &headers, Section::Contact) {
        Ok(turn) => turn,
        Err(answer) => return *answer,
    };
    world.person(&email).counts.contact += 1;
    let mut fields = json!({});
    let mut need = |name: &str, what: &str| {
        let given = text(&body, name);
        if given.is_empty() || given.chars().count() > 120 {
            fields[name] = json!(format!("Enter {what}."));
        }
    };
    need("address.fullName", "a full name");
    need("address.addressLine1", "a street address");
    need("address.city", "a city");
    need("address.state", "a state, province or region");
    need("address.postalCode", "a postal code");
    let kind = text(&body, "accountType");
    if kind == "business" {
        need("address.company", "the organization's name");
    } else if kind != "personal" {
        fields["accountType"] = json!("Choose how you plan to use the account.");
    }
    if phone::dialed("", text(&body, "address.phoneNumber")).is_none() {
        fields["address.phoneNumber"] = json!("Enter a phone number of 6 to 15 digits.");
    }
    let country = text(&body, "address.country");
    if country.len() != 2 || !country.chars().all(|c| c.is_ascii_uppercase()) {
        fields["address.country"] = json!("Choose a country.");
    }
    if body.get("agreement") != Some(&json!(true)) {
        fields["agreement"] = json!("You must agree to go on.");
    }
    if fields != json!({}) {
        return refused("Please correct the fields below.", &fields);
    }
    if interrupt(&mut world, &session, &email, Section::Contact) {
        return expired();
    }
    let person = world.person(&email);
    person.contact = Some(body);
    person.section = Section::Card;
    ok(&app, &mut world, &session)
}

async fn support_plan(State(app): App, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let mut world = app.world();
    let (session, email) = match turn(&app, &mut world, &headers, Section::SupportPlan) {
        Ok(turn) => turn,
        Err(answer) => return *answer,
    };
    world.person(&email).counts.support_plan += 1;
    if !["basic", "developer", "business"].contains(&text(&body, "plan")) {
        return refused("Choose a support plan.", &json!({}));
    }
    if interrupt(&mut world, &session, &email, Section::SupportPlan) {
        return expired();
    }
    world.open_account(&email);
    mailer::send(&app, &mut world, &email, &mailer::Kind::Welcome);
    ok(&app, &mut world, &session)
}

/// A sign-up session for an account that signed in before it was finished. A payment that was
/// not confirmed is given up: the card has to be entered again.
pub(crate) fn resume(world: &mut World, email: &str) -> String {
    let person = world.person(email);
    if person.section == Section::Challenge && person.status == Status::SigningUp {
        person.section = Section::Card;
        world.challenges.retain(|_, c| c.email != email);
    }
    let session = token();
    let resumed =
        crate::state::SignupSession { email: Some(email.to_owned()), ..Default::default() };
    world.signups.insert(session.clone(), resumed);
    session
}
