//! The console's pages: frames that scripts fill. Who isn't signed in is sent to the sign-in,
//! with the address to come back to.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use super::signin::CONSOLE;
use super::{App, STRIP, UI, banner, cookie, escape, page, see_other};
use crate::Inner;

pub(crate) fn router() -> Router<Arc<Inner>> {
    Router::new()
        .route("/", get(async || see_other("/console/home")))
        .route("/console/home", get(home))
        .route("/billing/home", get(billing))
        .route("/cloudformation/home", get(stacks))
        .route("/console/logout", get(logout))
}

/// Who is signed in.
pub(crate) fn signed_in(app: &Inner, headers: &HeaderMap) -> Option<String> {
    let session = cookie(headers, CONSOLE)?;
    let mut world = app.world();
    let email = world.consoles.get(&session).cloned()?;
    world.existing(&email).map(|_| email)
}

pub(crate) fn to_signin(uri: &Uri) -> Response {
    let back = uri.path_and_query().map_or("/console/home", |p| p.as_str());
    let back: String = url::form_urlencoded::byte_serialize(back.as_bytes()).collect();
    // A redirect without a fragment keeps the one that the browser came with.
    see_other(&format!("/signin?redirect_uri={back}"))
}

async fn logout(State(app): App, headers: HeaderMap) -> Response {
    if let Some(session) = cookie(&headers, CONSOLE) {
        app.world().consoles.remove(&session);
    }
    see_other("/signin")
}

fn frame(
    app: &Inner,
    headers: &HeaderMap,
    uri: &Uri,
    title: &str,
    root: &str,
    script: &'static str,
) -> Response {
    let Some(email) = signed_in(app, headers) else { return to_signin(uri) };
    let (name, account, review, tooltip) = {
        let mut world = app.world();
        let tooltip =
            world.scenario_of(&email).tooltip && cookie(headers, "practice-tooltip-done").is_none();
        let person = world.person(&email);
        (person.name.clone(), person.account_id.clone().unwrap_or_default(), person.review, tooltip)
    };
    let root = if review {
        "<main class=\"narrow\"><h1>Thank you</h1><p role=\"status\" id=\"payment-review\">We are reviewing your payment. Your account can't be used for now.</p></main>"
    } else {
        root
    };
    let tooltip = if tooltip { include_str!("../../assets/tooltip.html") } else { "" };
    let body = format!(
        "{STRIP}\n<header id=\"awsc-nav-header\"><strong>Console</strong><nav aria-label=\"Services\"><a href=\"/console/home\">Home</a>\
         <a href=\"/billing/home?#/account\">Account</a><a href=\"/billing/home?#/preferences\">Billing preferences</a>\
         <a href=\"/billing/home?#/tax\">Tax settings</a><a href=\"/cloudformation/home#/stacks\">Stacks</a></nav>\
         <span id=\"awsc-nav-account\" data-testid=\"account-menu\">{} · {account}</span> <a href=\"/console/logout\">Sign out</a></header>\n{root}\n{tooltip}\n{}",
        escape(&name),
        banner(app, headers, "console", Some(&email), false),
    );
    let boot = json!({"section_ms": app.options.delays.section().as_millis(), "poll_ms": app.options.delays.poll().as_millis()});
    let scripts: &[&str] =
        if review { &[UI] } else { &[UI, include_str!("../../assets/console.js"), script] };
    page(title, &body, &boot, scripts).into_response()
}

async fn home(State(app): App, headers: HeaderMap, uri: Uri) -> Response {
    let root = "<main class=\"narrow\"><h1>Console Home</h1><p>Welcome. This is the practice console: nothing here is real.</p></main>";
    frame(&app, &headers, &uri, "Practice console home", root, "")
}

async fn billing(State(app): App, headers: HeaderMap, uri: Uri) -> Response {
    let root = "<input type=\"hidden\" id=\"xsrfToken\" value=\"practice\"><input type=\"hidden\" id=\"marketPlace\" value=\"practice\">\
         <div id=\"billing-console-root\"></div><div id=\"modal-host\"></div>";
    frame(&app, &headers, &uri, "Practice billing", root, include_str!("../../assets/billing.js"))
}

async fn stacks(State(app): App, headers: HeaderMap, uri: Uri) -> Response {
    let root = "<main id=\"cfn-root\" class=\"wide\"></main>";
    frame(&app, &headers, &uri, "Practice stacks", root, include_str!("../../assets/stacks.js"))
}
