//! One call of the script in one document. It ends when the script answers, when the document goes
//! away, or when the time is over; it never hangs on a page that doesn't answer.

use std::time::Duration;

use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::cdp::CallError;
use crate::deadline::Over;
use crate::session::{Inner, World};
use crate::{Deadline, Error};

/// Why a call has no answer.
#[derive(Debug)]
pub(crate) enum Lost {
    /// Its document went away.
    Gone,
    /// The time is over, or somebody called it off.
    Over(Over),
    /// The page or the browser is no more.
    Trouble(Error),
}

/// What the function is called on.
pub(crate) enum On<'a> {
    World(&'a World),
    Object(&'a World, &'a str),
}

/// Objects of one try, let go together.
pub(super) const GROUP: &str = "mavm-try";

/// A page whose script runs for ever answers nothing: this is how long after the deadline it is believed.
const GRACE: Duration = Duration::from_millis(1000);

const FAR: Duration = Duration::from_secs(24 * 3600);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Returned {
    result: Remote,
    exception_details: Option<Json>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Remote {
    pub(super) value: Option<Json>,
    pub(super) object_id: Option<String>,
}

/// Calls a function with one argument and gives what it returns, as a value.
pub(crate) async fn script(
    inner: &Inner,
    on: On<'_>,
    function: &str,
    argument: &Json,
    deadline: &Deadline,
) -> Result<Json, Lost> {
    let remote = call(inner, &on, function, argument, true, deadline).await?;
    let value = remote.value.unwrap_or(Json::Null);
    if value["kind"] != "bare" {
        return Ok(value);
    }
    // A world that was made without our script, such as one in a document that was there before us.
    let (On::World(world) | On::Object(world, _)) = on;
    install(inner, world).await;
    Ok(call(inner, &on, function, argument, true, deadline).await?.value.unwrap_or(Json::Null))
}

async fn install(inner: &Inner, world: &World) {
    let source = json!({"expression": crate::session::SCRIPT, "uniqueContextId": world.id, "returnByValue": true});
    let installed: Result<Json, _> =
        inner.browser.connection.call(Some(&world.cdp), "Runtime.evaluate", source).await;
    if let Err(error) = installed {
        tracing::debug!(%error, "the script could not be put into a document");
    }
    inner.used.untold(world);
}

/// Sealed values that are bound to a document's origin its script knows, to compare no text with them
/// in it. What is asked afterwards comes after: Chromium answers in order.
fn acquaint(inner: &Inner, world: &World) {
    const KNOW: &str =
        "function (request) { globalThis.__mavm && __mavm.know(request.values, request.origin); }";
    let Some(values) = inner.used.news_for(world) else { return };
    let values: Vec<&str> = values.iter().map(|value| value.expose_secret()).collect();
    let know = json!({
        "uniqueContextId": world.id,
        "functionDeclaration": KNOW,
        "arguments": [{"value": {"values": values, "origin": world.origin}}],
    });
    inner.browser.connection.post(Some(&world.cdp), "Runtime.callFunctionOn", know);
}

/// The same, without turning objects into values.
pub(super) async fn call(
    inner: &Inner,
    on: &On<'_>,
    function: &str,
    argument: &Json,
    by_value: bool,
    deadline: &Deadline,
) -> Result<Remote, Lost> {
    let (world, mut params) = match on {
        On::World(world) => (*world, json!({"uniqueContextId": world.id})),
        On::Object(world, object) => (*world, json!({"objectId": object})),
    };
    acquaint(inner, world);
    params["functionDeclaration"] = json!(function);
    params["arguments"] = json!([{"value": argument}]);
    params["returnByValue"] = json!(by_value);
    params["awaitPromise"] = json!(true);
    params["objectGroup"] = json!(GROUP);
    let page = inner.state().frames.get(&world.frame).map(|frame| frame.page.clone());
    let mut pending =
        inner.browser.connection.start(Some(&world.cdp), "Runtime.callFunctionOn", params);
    let far = Deadline::after(FAR);
    let gone = inner.until(&far, |state| {
        if let Some(page) = &page
            && let Some(trouble) = state.trouble(page)
        {
            return Some(Lost::Trouble(trouble));
        }
        (!state.shows(world)).then_some(Lost::Gone)
    });
    let over = async {
        let over = deadline.over().await;
        if over == Over::Passed {
            tokio::time::sleep(GRACE).await;
        }
        over
    };
    tokio::select! {
        // A reply that has come counts, whatever came after it.
        biased;
        reply = pending.raw(FAR) => match reply {
            Ok(raw) => match serde_json::from_str::<Returned>(raw.get()) {
                Ok(Returned { exception_details: Some(details), .. }) => {
                    tracing::debug!(details = inner.used.hide(&details.to_string()), "the script threw");
                    // What was destroyed while it waited comes as an exception, too.
                    Err(Lost::Gone)
                }
                Ok(returned) => Ok(returned.result),
                Err(_) => Err(Lost::Gone),
            },
            Err(CallError::Closed) => Err(Lost::Trouble(Error::Crashed("Chromium died".to_owned()))),
            Err(error) => {
                tracing::trace!(%error, "a document went away during a call");
                Err(Lost::Gone)
            }
        },
        lost = gone => Err(lost.unwrap_or(Lost::Gone)),
        over = over => {
            if let Some(page) = &page {
                inner.state().grows_silent(page);
            }
            // Rust finds every pattern's matches in good time; JavaScript may look for ever, and keep
            // a core busy for as long.
            if over == Over::Passed && argument.to_string().contains(r#""t":"regex""#) {
                let none = json!({});
                inner.browser.connection.post(Some(&world.cdp), "Runtime.terminateExecution", none);
            }
            Err(Lost::Over(over))
        }
    }
}
