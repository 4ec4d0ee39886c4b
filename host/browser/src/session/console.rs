//! What pages say on their console, and errors of their scripts, for the log and the trace. A page
//! can say as much as it likes: only so much of it is kept.

use std::time::Instant;

use serde_json::json;
use serde_json::value::RawValue;

use super::Inner;
use super::wire::{CallFrame, Console, ConsoleArgument, ConsoleKind, Logged, Preview, Thrown};
use crate::address::{in_text, shown};

const TEXT_LIMIT: usize = 2000;
/// Bytes of one event that is read at all.
const LINE_LIMIT: usize = 1 << 20;

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
    pub(super) fn console(&self, params: &RawValue) {
        if self.is_too_long(params) {
            return;
        }
        let weight = match serde_json::from_str::<ConsoleKind<'_>>(params.get()) {
            Ok(ConsoleKind { kind: "error" | "assert" }) => Weight::Warn,
            _ => Weight::Debug,
        };
        if !self.hears(weight) {
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

    /// What Chromium says about a page: that it blocked a part of it, and why. Requests that failed are
    /// told elsewhere.
    pub(super) fn logged(&self, params: &RawValue) {
        if self.is_too_long(params) {
            return;
        }
        let Ok(Logged { entry }) = serde_json::from_str::<Logged>(params.get()) else { return };
        let weight = if entry.level == "error" { Weight::Warn } else { Weight::Debug };
        if entry.source == "network" || !self.hears(weight) {
            return;
        }
        let (level, text) = (entry.level, self.said(&entry.text));
        let place = entry.url.map(|url| {
            self.place(&CallFrame { url, line_number: entry.line_number, column_number: 0 })
        });
        log!(self, weight, "console", level, text, place);
        self.trace.note("console", &json!({"level": level, "text": text, "place": place}));
    }

    pub(super) fn thrown(&self, params: &RawValue) {
        if self.is_too_long(params) || !self.hears(Weight::Warn) {
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
    pub(super) fn request_failed(&self, url: &str, reason: &str) {
        let missed = self.state().failures.hear(Instant::now());
        if !self.heard(missed, Weight::Info, "failed requests") {
            return;
        }
        let url = self.shown(url);
        log!(self, Weight::Info, "a request failed", url, reason);
        self.trace.note("network-failure", &json!({"url": url, "reason": reason}));
    }

    /// A line that is left unread, and counts as missed.
    fn is_too_long(&self, params: &RawValue) -> bool {
        let too_long = params.get().len() > LINE_LIMIT;
        if too_long {
            self.state().talk.missed += 1;
        }
        too_long
    }

    /// Whether anybody hears a page say something now; if it says too much, nobody does.
    fn hears(&self, weight: Weight) -> bool {
        if !self.trace.is_on() && !weight.is_logged() {
            return false;
        }
        let missed = self.state().talk.hear(Instant::now());
        self.heard(missed, weight, "lines")
    }

    /// Whether one more thing is told that a page caused by itself: a denial, a dialog, a download. It
    /// can do so without end.
    pub(super) fn caused(&self) -> bool {
        let missed = self.state().caused.hear(Instant::now());
        self.heard(missed, Weight::Info, "denials, dialogs, downloads or crashes")
    }

    /// For one that is heard, tells how many were not.
    fn heard(&self, missed: Option<u64>, weight: Weight, what: &str) -> bool {
        if let Some(missed) = missed.filter(|missed| *missed > 0) {
            let text = format!("{missed} more {what} were left out: there are too many");
            log!(self, weight, "left out", text);
            self.trace.note("console", &json!({"level": "warning", "text": text}));
        }
        missed.is_some()
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
    let is_list = argument.subtype.as_deref() == Some("array");
    let text = match (&argument.value, &argument.preview, &argument.description) {
        (Some(serde_json::Value::String(text)), ..) => text.clone(),
        // An error says more by its description, and so does what has no properties.
        (_, Some(preview), _) if is_list || argument.subtype.is_none() => inside(preview, is_list),
        (_, _, Some(description)) => description.clone(),
        (Some(value), ..) => value.to_string(),
        // `null` is of a kind of its own, below the objects.
        (None, ..) => argument.subtype.as_ref().unwrap_or(&argument.kind).clone(),
    };
    text.chars().take(4 * TEXT_LIMIT).collect()
}

/// What an object or a list has in it, as a script would write it.
fn inside(preview: &Preview, is_list: bool) -> String {
    let parts = preview.properties.iter().map(|property| {
        let value = property.value.as_deref().unwrap_or(&property.kind);
        let value = if property.kind == "string" { format!("{value:?}") } else { value.to_owned() };
        if is_list { value } else { format!("{}: {value}", property.name) }
    });
    let more = preview.overflow.then(|| "…".to_owned());
    let parts: Vec<String> = parts.chain(more).collect();
    let parts = parts.join(", ");
    if is_list { format!("[{parts}]") } else { format!("{{{parts}}}") }
}

/// How much of one kind is heard of a session's pages: two hundred lines at once, and then one a
/// second.
pub(crate) struct Talk {
    left: f64,
    since: Instant,
    missed: u64,
}

impl Talk {
    const AT_ONCE: f64 = 200.0;
    const A_SECOND: f64 = 1.0;

    fn new(now: Instant) -> Self {
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

impl Default for Talk {
    fn default() -> Self {
        Self::new(Instant::now())
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
