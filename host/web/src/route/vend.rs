//! Taking an account. One transaction of the store: no race, no half-vended account.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::SignedDuration;
use mavm_store::{Account, Vended};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, duration};
use crate::access::Actor;
use crate::{Api, Problem};

/// How long a client should wait for stock: a sign-up takes minutes.
const RETRY_AFTER: u64 = 120;
const MAX_KEY: usize = 255;

/// What `POST /v1/vend` takes.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wish {
    /// Such as "4h".
    lease: Option<String>,
}

/// `GET /vend`, to the letter of the earlier system.
pub async fn as_before(
    State(api): State<Arc<Api>>,
    Extension(Actor(actor)): Extension<Actor>,
) -> Result<Response, Problem> {
    match take(&api, api.limits.lease, None, &actor).await? {
        Some(account) => Ok(Json(known_before(&account)?).into_response()),
        None => Ok(out_of_stock()),
    }
}

/// `POST /v1/vend`: the same keys and a few more; `Idempotency-Key` gives the same account again.
pub async fn vend(
    State(api): State<Arc<Api>>,
    Extension(Actor(actor)): Extension<Actor>,
    headers: HeaderMap,
    Body(wish): Body<Wish>,
) -> Result<Response, Problem> {
    let lease = match &wish.lease {
        Some(text) => duration("lease", text)?,
        None => api.limits.lease,
    };
    if lease.is_zero() || lease > api.limits.max_lease {
        return Err(Problem::bad_request(format!(
            "`lease` must be more than nothing and at most {:#}, which the operator sets as \
             vend.max-lease",
            api.limits.max_lease
        )));
    }
    // Each client has its own: two that count from 1 must not get the same account.
    let key = idempotency_key(&headers)?.map(|key| format!("{actor}:{key}"));
    let Some(account) = take(&api, lease, key.as_deref(), &actor).await? else {
        return Ok(out_of_stock());
    };
    let mut body = known_before(&account)?;
    body["account_name"] = json!(account.name);
    body["account_email"] = json!(account.email);
    body["status"] = json!(account.status);
    body["lease_until"] = json!(account.lease_until);
    Ok(Json(body).into_response())
}

async fn take(
    api: &Api,
    lease: SignedDuration,
    key: Option<&str>,
    actor: &str,
) -> Result<Option<Account>, Problem> {
    let now = api.now();
    let until = now.checked_add(lease).map_err(|_| {
        Problem::bad_request("`lease` ends after the end of the calendar; ask for less")
    })?;
    match api.store.vend(now, until, key, actor).await? {
        Vended::Account(account) => Ok(Some(account)),
        Vended::OutOfStock => Ok(None),
    }
}

fn known_before(account: &Account) -> Result<Value, Problem> {
    let (Some(id), Some(role)) = (&account.id, &account.role_arn) else {
        // The create flow ends with both: someone has put this one into stock by hand.
        let name = &account.name;
        return Err(Problem::internal(&format_args!("{name} was vended without number or role")));
    };
    Ok(json!({ "account_id": id, "cross_account_role": role }))
}

fn out_of_stock() -> Response {
    let body = json!({
        "errorMessage": "vending machine out of AWS accounts, please try again later."
    });
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER));
    response
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut given = headers.get_all("idempotency-key").iter();
    let Some(value) = given.next() else { return Ok(None) };
    match value.to_str() {
        Ok(key) if given.next().is_none() && !key.trim().is_empty() && key.len() <= MAX_KEY => {
            Ok(Some(key))
        }
        _ => Err(Problem::bad_request(format!(
            "`Idempotency-Key` must be given once, with 1 to {MAX_KEY} visible ASCII characters, such as \
             a UUID"
        ))),
    }
}
