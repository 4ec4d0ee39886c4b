//! The sites, one router each, and what they share: page frame, cookies, form values.
//!
//! Pages load nothing from elsewhere and say that they are a practice console.

pub(crate) mod billing;
pub(crate) mod captcha;
pub(crate) mod console;
pub(crate) mod control;
pub(crate) mod identity;
pub(crate) mod issuer;
pub(crate) mod member;
pub(crate) mod payment;
pub(crate) mod signin;
pub(crate) mod signup;
pub(crate) mod stacks;
pub(crate) mod sts;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Value, json};

use crate::Inner;

pub(crate) type App = axum::extract::State<Arc<Inner>>;

pub(crate) fn router(site: &str, app: Arc<Inner>) -> Router {
    let router = match site {
        "signup" => signup::router()
            .merge(identity::router())
            .merge(payment::router())
            .merge(member::router()),
        "console" => console::router()
            .merge(signin::router())
            .merge(billing::router())
            .merge(stacks::router()),
        "captcha" => captcha::router(),
        "issuer" => issuer::router(),
        "sts" => sts::router(),
        _ => control::router(),
    };
    router.with_state(app)
}

const STYLE: &str = include_str!("../assets/style.css");
pub(crate) const UI: &str = include_str!("../assets/ui.js");

/// A whole page: nothing in it comes from elsewhere.
pub(crate) fn page(title: &str, body: &str, boot: &Value, scripts: &[&str]) -> Html<String> {
    let boot = boot.to_string().replace('<', "\\u003c");
    let scripts: String = scripts.iter().map(|s| format!("<script>{s}</script>\n")).collect();
    Html(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n\
         <script type=\"application/json\" id=\"boot\">{boot}</script>\n{scripts}</body>\n</html>\n",
        escape(title)
    ))
}

/// The strip on top of every page.
pub(crate) const STRIP: &str =
    "<div class=\"practice-strip\" role=\"note\">practice console, not AWS</div>";

/// The cookie banner as part of the page, so that it is there before any script looks for it.
/// It covers the buttons behind it (`wide`: the whole page) until it is dismissed.
pub(crate) fn banner(
    app: &Inner,
    headers: &HeaderMap,
    site: &str,
    email: Option<&str>,
    wide: bool,
) -> String {
    let wanted = {
        let world = app.world();
        email.map_or_else(|| world.scenario.cookie_banner, |e| world.scenario_of(e).cookie_banner)
    };
    if !wanted || cookie(headers, &format!("practice-consent-{site}")).is_some() {
        return String::new();
    }
    format!(
        "<div id=\"awsccc-cb\" class=\"{}\" data-site=\"{site}\" role=\"dialog\" aria-label=\"Cookie preferences\">\
         <div id=\"awsccc-cb-c\"><div><h2>Select your cookie preferences</h2><p>The practice console only uses the cookies it needs. This banner is here to be dismissed.</p></div>\
         <div id=\"awsccc-cb-buttons\"><button type=\"button\" class=\"awsccc-u-btn awsccc-u-btn-primary\" data-id=\"awsccc-cb-btn-accept\">Accept all cookies</button>\
         <button type=\"button\" class=\"awsccc-u-btn awsccc-u-btn-secondary\" data-id=\"awsccc-cb-btn-continue\">Continue without accepting</button></div></div></div>",
        if wide { "cover" } else { "low" }
    )
}

pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, _)| *n == name)
        .map(|(_, v)| v.to_owned())
}

/// Adds a cookie. Where the host names of the real sites are mapped to this console, their
/// subdomains share it, as they share a sign-in there.
pub(crate) fn with_cookie(
    headers: &HeaderMap,
    name: &str,
    value: &str,
    response: impl IntoResponse,
) -> Response {
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let name_only = host.split(':').next().unwrap_or_default();
    let domain =
        if name_only.ends_with(".aws.amazon.com") { "; Domain=aws.amazon.com" } else { "" };
    let mut response = response.into_response();
    if let Ok(value) =
        HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{domain}"))
    {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// A redirect that keeps to the given address, whatever was submitted.
pub(crate) fn see_other(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(),
        Err(_) => (StatusCode::BAD_REQUEST, "this address can't be redirected to").into_response(),
    }
}

/// The text of one value of a submitted object, trimmed.
pub(crate) fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body.get(name).and_then(Value::as_str).unwrap_or_default().trim()
}

/// Reads `a=1&b=2` as an object; the last value of a name counts.
pub(crate) fn form(body: &str) -> Value {
    let pairs = url::form_urlencoded::parse(body.as_bytes());
    Value::Object(pairs.map(|(k, v)| (k.into_owned(), Value::String(v.into_owned()))).collect())
}

/// A form or a JSON object, whichever was sent.
pub(crate) fn any_body(body: &str) -> Value {
    serde_json::from_str::<Value>(body)
        .ok()
        .filter(|v| !v.is_number())
        .unwrap_or_else(|| form(body))
}

pub(crate) fn captcha_view(app: &Inner, id: &str, image_only: bool, wrong: bool) -> Value {
    let base = &app.addresses.captcha;
    json!({"id": id, "image": format!("{base}/image/{id}.png"), "audio": (!image_only).then(|| format!("{base}/audio/{id}.wav")), "wrong": wrong})
}
