//! Accounts: what is tracked, giving one back, when its lease ends.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::Timestamp;
use mavm_store::{Account, AccountName, AccountStatus};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, Part, Words, duration};
use crate::access::Actor;
use crate::{Api, Problem};

/// `?status=CREATED`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    status: Option<AccountStatus>,
}

/// `GET /v1/accounts`
pub async fn list(
    State(api): State<Arc<Api>>,
    Words(filter): Words<Filter>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "accounts": api.store.accounts(filter.status).await? })))
}

/// `GET /v1/accounts/{name}`
pub async fn show(
    State(api): State<Arc<Api>>,
    Part(name): Part<String>,
) -> Result<Json<Account>, Problem> {
    find(&api, name).await.map(Json)
}

/// `POST /v1/accounts/{name}/close`: 202 and the run that closes it.
pub async fn close(
    State(api): State<Arc<Api>>,
    Extension(Actor(actor)): Extension<Actor>,
    Part(name): Part<String>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let account = find(&api, name).await?;
    let run = api.actions.close(&account.name, &actor).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "account_name": account.name, "run": run }))))
}

/// When a lease ends: `{"in": "4h"}` from now, or `{"until": "2026-12-01T00:00:00Z"}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lease {
    r#in: Option<String>,
    until: Option<Timestamp>,
}

/// `POST /v1/accounts/{name}/lease`
pub async fn lease(
    State(api): State<Arc<Api>>,
    Extension(Actor(actor)): Extension<Actor>,
    Part(name): Part<String>,
    Body(lease): Body<Lease>,
) -> Result<Json<Account>, Problem> {
    let account = find(&api, name).await?;
    let now = api.now();
    let asked = match (lease.r#in, lease.until) {
        (Some(text), None) => now.checked_add(duration("in", &text)?).ok(),
        (None, Some(until)) => Some(until),
        _ => {
            return Err(Problem::bad_request(
                "say when the lease ends: {\"in\": \"4h\"}, or {\"until\": \"2026-12-01T00:00:00Z\"}",
            ));
        }
    };
    let latest = now.checked_add(api.limits.max_lease).unwrap_or(Timestamp::MAX);
    let until = asked.filter(|until| *until <= latest).ok_or_else(|| {
        Problem::bad_request(format!(
            "a lease may end at most {:#} from now, which the operator sets as vend.max-lease",
            api.limits.max_lease
        ))
    })?;
    Ok(Json(api.store.set_lease(&account.name, until.max(now), &actor, now).await?))
}

async fn find(api: &Api, name: String) -> Result<Account, Problem> {
    let name = AccountName(name);
    let account = api.store.account(&name).await?;
    account.ok_or_else(|| Problem::not_found("account", &name.0, "GET /v1/accounts"))
}
