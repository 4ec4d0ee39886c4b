//! The router: which path goes where, who may call it, and the bounds on every request.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse as _;
use axum::routing::{MethodRouter, get, post, put};
use jiff::{SignedDuration, Timestamp};
use mavm_store::Store;
use tower_http::catch_panic::CatchPanicLayer;

use crate::access::{key_if_given, require_key};
use crate::guard::{Guard, guard};
use crate::{Actions, Problem, route};

/// What the operator allows.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How long an account is lent when the caller doesn't say.
    pub lease: SignedDuration,
    /// The longest that may be asked for.
    pub max_lease: SignedDuration,
    /// `GET /vend` needs no key.
    pub open_vend: bool,
}

/// What the API works with.
pub struct Api {
    /// Accounts, runs, challenges.
    pub store: Arc<dyn Store>,
    /// The host.
    pub actions: Arc<dyn Actions>,
    /// The time.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// What the operator allows.
    pub limits: Limits,
}

impl Api {
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

/// Bodies are small but for plugins.
const BODY: usize = 64 * 1024;
/// The largest component that a host loads is 16 MiB.
const PLUGIN_BODY: usize = 17 * 1024 * 1024;

/// The whole API.
pub fn router(api: Api) -> Router {
    let open_vend = api.limits.open_vend;
    let api = Arc::new(api);
    let vend = Router::new()
        .route("/vend", only_get(route::vend::as_before))
        .route("/{stage}/vend", only_get(route::vend::as_before))
        .method_not_allowed_fallback(route::wrong_method);
    let vend = if open_vend {
        vend.layer(from_fn_with_state(api.clone(), key_if_given))
    } else {
        vend.layer(from_fn_with_state(api.clone(), require_key))
    };
    let plugins = Router::new()
        .route("/v1/plugins/{name}", put(route::plugins::install))
        .layer(DefaultBodyLimit::max(PLUGIN_BODY));
    let keyed = Router::new()
        .route("/queue", only_get(route::codes::relay))
        .route("/{stage}/queue", only_get(route::codes::relay))
        .route("/v1/vend", post(route::vend::vend))
        .route("/v1/codes", post(route::codes::post))
        .route("/v1/accounts", get(route::accounts::list))
        .route("/v1/accounts/{name}", get(route::accounts::show))
        .route("/v1/accounts/{name}/close", post(route::accounts::close))
        .route("/v1/accounts/{name}/lease", post(route::accounts::lease))
        .route("/v1/runs", get(route::runs::list).post(route::runs::start))
        .route("/v1/runs/{id}", get(route::runs::show))
        .route("/v1/runs/{id}/resume", post(route::runs::resume))
        .route("/v1/runs/{id}/effects/{plugin}/{effect}", post(route::runs::decide))
        .route("/v1/challenges", get(route::challenges::list))
        .route("/v1/challenges/{id}", get(route::challenges::show).post(route::challenges::answer))
        .route("/v1/challenges/{id}/data", get(route::challenges::data))
        .route("/v1/plugins", get(route::plugins::list))
        .route("/v1/signups", get(route::signups::show).put(route::signups::turn))
        .route("/v1/audit", get(route::audit::list))
        .layer(DefaultBodyLimit::max(BODY))
        .merge(plugins)
        .fallback(route::unknown)
        .method_not_allowed_fallback(route::wrong_method)
        .layer(from_fn_with_state(api.clone(), require_key));
    // A probe gets its answer also when all places are taken.
    let health = Router::new()
        .route("/healthz", get(route::health::show))
        .method_not_allowed_fallback(route::wrong_method);
    Router::new()
        .merge(vend)
        .merge(keyed)
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the host has a fault that this request met; its log has the place. Please report it",
            )
            .into_response()
        }))
        .layer(from_fn_with_state(Guard::new(), guard))
        .merge(health)
        .with_state(api)
}

/// For the old paths, whose `GET` takes something: axum would answer a `HEAD` by doing just that,
/// and vend an account that nobody gets.
fn only_get<T: 'static, H: Handler<T, Arc<Api>>>(handler: H) -> MethodRouter<Arc<Api>> {
    get(handler).head(route::no_head)
}
