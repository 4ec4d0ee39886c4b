//! What is kept and said when something happened: the trace of a session, pictures and copies of
//! pages, and the judgement whether a page was slow or has changed. Nothing in here may show a
//! sealed value; where that can't be made sure, there is no picture.

mod capture;
mod drift;
mod picture;
mod trace;

use std::time::{Duration, Instant};

use serde_json::json;

pub use trace::{Evidence, Source, TraceOptions};

pub(crate) use capture::{Target, capture, last_look};
pub(crate) use drift::{tell, tell_all};
pub(crate) use picture::screenshot;
pub(crate) use trace::Trace;

use crate::{Deadline, Error, Page};

/// How long gathering evidence may take in all.
const PATIENCE: Duration = Duration::from_secs(3);

/// An action that came to its end, for the trace.
pub(crate) struct Done {
    pub(crate) action: &'static str,
    pub(crate) locator: Option<String>,
    /// Its value or argument, as far as it may be shown.
    pub(crate) note: Option<String>,
    pub(crate) started: Instant,
}

/// Writes an action to the trace; one that failed with a capture of the page.
pub(crate) async fn record(page: &Page, done: Done, error: Option<&Error>) {
    let inner = page.session().inner();
    let hide = |text: &str| inner.used.hide(text);
    match error {
        None => tracing::debug!(
            action = done.action,
            locator = done.locator.as_deref().map(hide),
            ms = done.started.elapsed().as_millis(),
            "done"
        ),
        Some(error) => tracing::info!(
            action = done.action,
            locator = done.locator.as_deref().map(hide),
            ms = done.started.elapsed().as_millis(),
            error = error.kind(),
            "not done"
        ),
    }
    if !inner.trace.is_on() {
        return;
    }
    let took = done.started.elapsed();
    let before = inner.trace.captures.since(done.started);
    inner.trace.captures.outdated();
    let failed = match error {
        None | Some(Error::Crashed(_) | Error::Closed(_) | Error::Cancelled(_)) => None,
        // A page on its way elsewhere answers nothing until it is there.
        Some(_) if page.is_moving() => None,
        Some(_) => capture(page, None, &Deadline::after(PATIENCE)).await,
    };
    let nearest = match error {
        Some(Error::PageChanged(change)) => Some(&change.nearest),
        Some(Error::NotUnique(several)) => Some(&several.candidates),
        _ => None,
    };
    let nearest: Option<Vec<_>> = nearest.map(|nearest| {
        nearest.iter().map(|one| json!({"what": one.what, "locator": one.locator})).collect()
    });
    inner.trace.note(
        "action",
        &json!({
            "action": done.action,
            "locator": done.locator.as_deref().map(hide),
            "value": done.note.as_deref().map(hide),
            "ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "outcome": error.map_or("ok", Error::kind),
            "error": error.map(|error| hide(&error.to_string())),
            "candidates": nearest,
            "url": page.shown_url(),
            "page": page.id(),
            "before": before,
            "failed": failed,
        }),
    );
}
