//! What the billing pages read and save, under the addresses that client libraries know too.
//!
//! `PUT /billing/rest/v1.0/account` closes the account; `GET` is the account number page.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::console::{signed_in, to_signin};
use super::{App, any_body, text};
use crate::state::{BillingContact, Person, Status};
use crate::{Inner, mailer};

pub(crate) fn router() -> Router<Arc<Inner>> {
    let rest = |path: &str| format!("/billing/rest/v1.0/{path}");
    Router::new()
        .route(&rest("account"), get(account).put(close))
        .route(&rest("account/fxpaymentinfopapyrus"), get(currency))
        .route(&rest("account/currencypreference"), put(set_currency))
        .route(&rest("account/billingcontact"), get(contact).put(set_contact))
        .route(&rest("account/iamaccess"), get(iam_access).put(set_iam_access))
        .route(&rest("preferences/invoice"), get(invoices).put(set_invoices))
        .route(&rest("taxexemption/heritage"), get(heritage))
        .route(&rest("taxexemption/heritage.v2"), post(set_heritage))
        .route(&rest("taxexemption/eu/vat/countries"), get(vat_countries))
        .route(&rest("taxexemption/taxregistration.v2"), get(registration).put(set_registration))
        .route(&rest("sellerofrecord/getsorbyaccount"), get(seller))
}

const CURRENCIES: [&str; 18] = [
    "USD", "AUD", "BRL", "CAD", "CHF", "CNY", "DKK", "EUR", "GBP", "HKD", "ILS", "INR", "JPY",
    "NOK", "NZD", "SEK", "SGD", "ZAR",
];

fn bad(words: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"type": "InvalidParameterException", "message": words})))
        .into_response()
}

/// Runs `act` on the account that is signed in.
fn with(app: &Inner, headers: &HeaderMap, act: impl FnOnce(&mut Person) -> Response) -> Response {
    let Some(email) = signed_in(app, headers) else {
        return (
            StatusCode::UNAUTHORIZED,
            Json(json!({"type": "AccessDeniedException", "message": "sign in first"})),
        )
            .into_response();
    };
    act(app.world().person(&email))
}

/// As `with`, for changes: an account that is closed takes none.
fn change(app: &Inner, headers: &HeaderMap, act: impl FnOnce(&mut Person) -> Response) -> Response {
    with(app, headers, |person| {
        if person.status == Status::Active && !person.review {
            return act(person);
        }
        let words = "This account is closed or under review: nothing can be changed.";
        (StatusCode::CONFLICT, Json(json!({"type": "AccountNotActiveException", "message": words})))
            .into_response()
    })
}

async fn account(State(app): App, headers: HeaderMap, uri: Uri) -> Response {
    let page = headers
        .get(header::ACCEPT)
        .and_then(|a| a.to_str().ok())
        .is_some_and(|a| a.contains("text/html"));
    if page && signed_in(&app, &headers).is_none() {
        return to_signin(&uri);
    }
    with(&app, &headers, |person| {
        let status = match (person.status, person.review) {
            (Status::Suspended, _) => "Suspended",
            (_, true) => "PendingReview",
            _ => "Active",
        };
        Json(json!({"accountId": person.account_id, "accountStatus": status, "accountName": person.name, "emailAddress": person.email,
            "closedAt": person.closed_at}))
        .into_response()
    })
}

async fn close(State(app): App, headers: HeaderMap) -> Response {
    let mut closed = None;
    let answer = with(&app, &headers, |person| {
        person.counts.close_submissions += 1;
        if person.status != Status::Active {
            let words = "This account is closed already.";
            return (
                StatusCode::CONFLICT,
                Json(json!({"type": "AccountAlreadyClosedException", "message": words})),
            )
                .into_response();
        }
        person.status = Status::Suspended;
        person.counts.closes += 1;
        person.closed_at = Some(Timestamp::now());
        closed = Some(person.email.clone());
        Json(json!({"accountStatus": "Suspended"})).into_response()
    });
    if let Some(email) = closed {
        mailer::send(&app, &mut app.world(), &email, &mailer::Kind::Closed);
    }
    answer
}

async fn currency(State(app): App, headers: HeaderMap) -> Response {
    with(&app, &headers, |p| {
        Json(json!({"currencyPreference": p.billing.currency, "currencies": CURRENCIES}))
            .into_response()
    })
}

async fn set_currency(State(app): App, headers: HeaderMap, body: String) -> Response {
    let wanted = body.trim().trim_matches('"').to_owned();
    change(&app, &headers, |person| {
        person.counts.currency_saves += 1;
        if !CURRENCIES.contains(&wanted.as_str()) {
            return bad("There is no such currency.");
        }
        person.billing.currency = wanted;
        Json(json!({})).into_response()
    })
}

async fn contact(State(app): App, headers: HeaderMap) -> Response {
    with(&app, &headers, |p| Json(json!({"billingContact": p.billing.contact})).into_response())
}

async fn set_contact(State(app): App, headers: HeaderMap, body: String) -> Response {
    let body = any_body(&body);
    let field = |name: &str| text(&body, name).to_owned();
    change(&app, &headers, |person| {
        person.counts.contact_saves += 1;
        let contact = BillingContact {
            name: field("name"),
            title: field("title"),
            email: field("email"),
            phone: field("phone"),
        };
        if contact.name.is_empty()
            || contact.title.is_empty()
            || !contact.email.contains('@')
            || contact.phone.is_empty()
        {
            return bad("Name, title, email address and phone number are needed.");
        }
        person.billing.contact = Some(contact);
        Json(json!({})).into_response()
    })
}

fn truth(value: Option<&Value>) -> Option<bool> {
    match value {
        Some(Value::Bool(on)) => Some(*on),
        Some(Value::String(word)) => match word.to_lowercase().as_str() {
            "true" | "y" => Some(true),
            "false" | "n" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

async fn iam_access(State(app): App, headers: HeaderMap) -> Response {
    with(&app, &headers, |p| {
        Json(json!({"billingConsoleAccessEnabled": p.billing.iam_access})).into_response()
    })
}

async fn set_iam_access(State(app): App, headers: HeaderMap, body: String) -> Response {
    let wanted = truth(any_body(&body).get("billingConsoleAccessEnabled"));
    change(&app, &headers, |person| {
        person.counts.iam_access_saves += 1;
        let Some(on) = wanted else { return bad("billingConsoleAccessEnabled is true or false.") };
        person.billing.iam_access = on;
        Json(json!({"billingConsoleAccessEnabled": on})).into_response()
    })
}

async fn invoices(State(app): App, headers: HeaderMap) -> Response {
    with(&app, &headers, |p| {
        Json(json!({"pdfInvoiceByEmail": if p.billing.pdf_invoices { "Y" } else { "N" }}))
            .into_response()
    })
}

async fn set_invoices(State(app): App, headers: HeaderMap, body: String) -> Response {
    let wanted = truth(any_body(&body).get("pdfInvoiceByEmail"));
    change(&app, &headers, |person| {
        person.counts.preference_saves += 1;
        let Some(on) = wanted else { return bad("pdfInvoiceByEmail is Y or N.") };
        person.billing.pdf_invoices = on;
        Json(json!({})).into_response()
    })
}

async fn heritage(State(app): App, headers: HeaderMap) -> Response {
    with(&app, &headers, |p| {
        let status = if p.billing.tax_inheritance { "OptIn" } else { "OptOut" };
        Json(json!({"customerHeritageStatus": status, "heritageStatusEditable": true}))
            .into_response()
    })
}

async fn set_heritage(State(app): App, headers: HeaderMap, body: String) -> Response {
    let body = any_body(&body);
    change(&app, &headers, |person| {
        person.counts.tax_saves += 1;
        person.billing.tax_inheritance = match text(&body, "heritageStatus") {
            "OptIn" => true,
            "OptOut" => false,
            _ => return bad("heritageStatus is OptIn or OptOut."),
        };
        Json(json!({})).into_response()
    })
}

async fn vat_countries(State(app): App, headers: HeaderMap) -> Response {
    let countries =
        "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK";
    with(&app, &headers, |_| {
        Json(json!({"supportedCountryCodes": countries.split(' ').collect::<Vec<_>>()}))
            .into_response()
    })
}

async fn registration(State(app): App, headers: HeaderMap) -> Response {
    with(&app, &headers, |p| {
        Json(json!({"taxRegistration": p.billing.tax_registration})).into_response()
    })
}

async fn set_registration(State(app): App, headers: HeaderMap, body: String) -> Response {
    // Client libraries send the object as one part of a multipart body; pages send it plainly.
    let object = serde_json::from_str(&body).ok().or_else(|| {
        let inner = body.get(body.find('{')?..=body.rfind('}')?)?;
        serde_json::from_str::<Value>(inner).ok()
    });
    change(&app, &headers, |person| {
        person.counts.tax_saves += 1;
        let registration =
            object.as_ref().and_then(|o| o.get("taxRegistration")).filter(|r| r.is_object());
        let Some(registration) = registration else { return bad("taxRegistration is needed.") };
        if text(registration, "legalName").is_empty()
            || text(registration, "registrationId").is_empty()
        {
            return bad("legalName and registrationId are needed.");
        }
        person.billing.tax_registration = Some(registration.clone());
        Json(json!({})).into_response()
    })
}

async fn seller(State(app): App, headers: HeaderMap) -> Response {
    with(&app, &headers, |p| {
        Json(json!({"accountId": p.account_id, "sor": {"sorId": "practice"}})).into_response()
    })
}
