//! What pages say on their console, and errors of their scripts, for the log and the trace. A page
//! can say as much as it likes: only so much of it is kept.

use std::time::Instant;

use serde_json::json;
use serde_json::value::RawValue;

use super::wire::{CallFrame, Console, ConsoleArgument, ConsoleKind, Thrown};
use super::{Inner, State};
use crate::address::{in_text, shown};

const TEXT_LIMIT: usize = 2000;

/// How much a line matters to whoever runs the host; the trace has all of them.
#[derive(Clone, Copy)]
enum Weight {
    /// Something of the page doesn't work.
    Warn,
    /// A request came to nothing: sites live with that.
    Info,
    /// Everything else.
    Debug,
}

impl Weight {
    fn is_logged(self) -> bool {
        match self {
            Self::Warn => tracing::enabled!(tracing::Level::WARN),
            Self::Info => tracing::enabled!(tracing::Level::INFO),
            Self::Debug => tracing::enabled!(tracing::Level::DEBUG),
        }
    }
}

/// A line for the log, with the run and step in which the page said it.
macro_rules! log {
    ($inner:ident, $weight:expr, $message:literal, $($field:ident),+) => {{
        let source = $inner.source();
        let (run, step) = (source.run.as_str(), source.step.as_str());
        match $weight {
            Weight::Warn => tracing::warn!($($field,)+ run, step, $message),
            Weight::Info => tracing::info!($($field,)+ run, step, $message),
            Weight::Debug => tracing::debug!($($field,)+ run, step, $message),
        }
    }};
}

impl Inner {
    pub(super) fn console(&self, cdp: &str, params: &RawValue) {
        let weight = match serde_json::from_str::<ConsoleKind<'_>>(params.get()) {
            Ok(ConsoleKind { kind: "error" | "assert" }) => Weight::Warn,
            _ => Weight::Debug,
        };
        if !self.hears(cdp, weight) {
            return;
        }
        let Ok(event) = serde_json::from_str::<Console>(params.get()) else { return };
        let text: Vec<String> = event.args.iter().take(20).map(text_of).collect();
        let text = self.said(&text.join(" "));
        let place = event.stack_trace.and_then(|stack| stack.call_frames.into_iter().next());
        let place = place.map(|place| self.place(&place));
        let level = event.kind;
        log!(self, weight, "console", level, text, place);
        self.trace.note("console", &json!({"level": level, "text": text, "place": place}));
    }

    pub(super) fn thrown(&self, cdp: &str, params: &RawValue) {
        if !self.hears(cdp, Weight::Warn) {
            return;
        }
        let Ok(event) = serde_json::from_str::<Thrown>(params.get()) else { return };
        let details = event.exception_details;
        let text = details.exception.as_ref().map(text_of).unwrap_or_default();
        let text = self.said(&format!("{} {text}", details.text));
        let (url, line_number, column_number) =
            (details.url.unwrap_or_default(), details.line_number, details.column_number);
        let place = self.place(&CallFrame { url, line_number, column_number });
        log!(self, Weight::Warn, "a script of the page failed", text, place);
        self.trace.note("page-error", &json!({"text": text, "place": place}));
    }

    /// A request that this page made has failed.
    pub(super) fn request_failed(&self, page: &str, url: &str, reason: &str) {
        let mut state = self.state();
        let Some(page) = state.page_mut(page) else { return };
        let Some(missed) = page.failures.hear(Instant::now()) else { return };
        drop(state);
        let url = self.shown(url);
        if missed > 0 {
            let text = format!("{missed} more failed requests were left out");
            log!(self, Weight::Info, "requests failed", text);
            self.trace.note("console", &json!({"level": "warning", "text": text}));
        }
        log!(self, Weight::Info, "a request failed", url, reason);
        self.trace.note("network-failure", &json!({"url": url, "reason": reason}));
    }

    /// Whether anybody hears a page say something now; if it says too much, nobody does.
    fn hears(&self, cdp: &str, weight: Weight) -> bool {
        if !self.trace.is_on() && !weight.is_logged() {
            return false;
        }
        let mut state = self.state();
        let Some(talk) = state.talk_of(cdp) else { return false };
        let Some(missed) = talk.hear(Instant::now()) else { return false };
        drop(state);
        if missed > 0 {
            let text = format!("{missed} more lines were left out: the page says too much");
            log!(self, weight, "console", text);
            self.trace.note("console", &json!({"level": "warning", "text": text}));
        }
        true
    }

    /// Cut after masking: half a value is not recognised.
    fn said(&self, text: &str) -> String {
        let text: String = text.chars().take(4 * TEXT_LIMIT).collect();
        self.used.hide(&in_text(&text)).chars().take(TEXT_LIMIT).collect()
    }

    /// Where in a script, counted from 1.
    fn place(&self, place: &CallFrame) -> String {
        let url = self.used.hide(&shown(&place.url));
        format!("{url}:{}:{}", place.line_number + 1, place.column_number + 1)
    }
}

fn text_of(argument: &ConsoleArgument) -> String {
    let text = match (&argument.value, &argument.description) {
        (Some(serde_json::Value::String(text)), _) => text.clone(),
        (_, Some(description)) => description.clone(),
        (Some(value), None) => value.to_string(),
        (None, None) => String::new(),
    };
    text.chars().take(4 * TEXT_LIMIT).collect()
}

impl State {
    /// The talk of the page that a target belongs to.
    fn talk_of(&mut self, cdp: &str) -> Option<&mut Talk> {
        let of_frame = self.frames.values().find(|frame| frame.cdp.as_deref() == Some(cdp));
        let page = of_frame.map(|frame| frame.page.clone())?;
        self.page_mut(&page).map(|page| &mut page.talk)
    }
}

/// How much of a page's talk, or of its failed requests, is heard: two hundred lines at once, and then one a second.
pub(crate) struct Talk {
    left: f64,
    since: Instant,
    missed: u64,
}

impl Talk {
    const AT_ONCE: f64 = 200.0;
    const A_SECOND: f64 = 1.0;

    pub(super) fn new(now: Instant) -> Self {
        Self { left: Self::AT_ONCE, since: now, missed: 0 }
    }

    /// For one more line: how many were missed before it; none if it is missed, too.
    fn hear(&mut self, now: Instant) -> Option<u64> {
        let rest = now.saturating_duration_since(self.since).as_secs_f64() * Self::A_SECOND;
        self.left = (self.left + rest).min(Self::AT_ONCE);
        self.since = now;
        if self.left < 1.0 {
            self.missed += 1;
            return None;
        }
        self.left -= 1.0;
        Some(std::mem::take(&mut self.missed))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_page_that_talks_without_end_is_heard_now_and_then() {
        let start = Instant::now();
        let mut talk = Talk::new(start);
        let heard = (0..1000).filter(|_| talk.hear(start).is_some()).count();
        assert_eq!(heard, 200);
        let later = start + Duration::from_secs(2);
        assert_eq!(talk.hear(later), Some(800));
        assert_eq!(talk.hear(later), Some(0));
        assert_eq!(talk.hear(later), None);
        let much_later = later + Duration::from_secs(3600);
        let heard = (0..1000).filter(|_| talk.hear(much_later).is_some()).count();
        assert_eq!(heard, 200);
    }
}
