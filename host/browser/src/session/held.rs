//! Requests that never get an answer and that a page does well without. A long poll looks like any
//! other fetch that has no answer yet, and a counter's picture or frame that hangs keeps `load`
//! from coming; with one, a page would count as loading for ever, and never as changed.

use std::time::{Duration, Instant};

use super::State;
use super::state::RequestState;

/// How long a request has to be without an answer, and the page without a change, before the page
/// counts as settled all the same.
pub(crate) const HELD_OPEN: Duration = Duration::from_secs(10);
/// A request that begins this soon after a deed is taken for the deed's: its answer is awaited.
const CAUSED: Duration = Duration::from_secs(2);

/// When the last deed began and ended.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Acted(Option<(Instant, Instant)>);

impl Acted {
    pub(crate) fn between(began: Instant, ended: Instant) -> Self {
        Self(Some((began, ended)))
    }

    fn caused(self, request: &RequestState) -> bool {
        self.0.is_some_and(|(began, ended)| {
            request.since >= began && request.since.saturating_duration_since(ended) < CAUSED
        })
    }
}

impl State {
    /// Whether a page that is busy is so only by requests which have been open for long: none of
    /// them begun by the last deed, and none for a script, a style or the page itself, without
    /// which it can't be what it is meant to be.
    pub(crate) fn only_held_open(&self, page: &str) -> bool {
        let acted = self.page(page).map(|page| page.acted).unwrap_or_default();
        let held = |request: &RequestState| {
            !request.vital && !acted.caused(request) && request.since.elapsed() >= HELD_OPEN
        };
        let mut awaited =
            self.requests.values().filter(|request| request.page == page && !request.endless);
        self.frames.get(page).is_some_and(|frame| frame.content_loaded && !frame.is_moving())
            && awaited.all(held)
    }
}
