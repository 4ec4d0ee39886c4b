//! What pages say on their console, and errors of their scripts, for the log and the trace. A page
//! can say as much as it likes: only so much of it is kept.

use std::time::Instant;

use serde_json::json;
use serde_json::value::RawValue;

use super::wire::{CallFrame, Console, ConsoleArgument, Thrown};
use super::{Inner, State};
use crate::address::{in_text, shown};

const TEXT_LIMIT: usize = 2000;

impl Inner {
    pub(super) fn console(&self, cdp: &str, params: &RawValue) {
        if !self.hears(cdp) {
            return;
        }
        let Ok(event) = serde_json::from_str::<Console>(params.get()) else { return };
        let text: Vec<String> = event.args.iter().take(20).map(text_of).collect();
        let text = self.said(&text.join(" "));
        let place = event.stack_trace.and_then(|stack| stack.call_frames.into_iter().next());
        let place = place.map(|place| self.place(&place));
        tracing::debug!(level = event.kind, text, place, "console");
        self.trace.note("console", &json!({"level": event.kind, "text": text, "place": place}));
    }

    pub(super) fn thrown(&self, cdp: &str, params: &RawValue) {
        if !self.hears(cdp) {
            return;
        }
        let Ok(event) = serde_json::from_str::<Thrown>(params.get()) else { return };
        let details = event.exception_details;
        let text = details.exception.as_ref().map(text_of).unwrap_or_default();
        let text = self.said(&format!("{} {text}", details.text));
        let (url, line_number, column_number) =
            (details.url.unwrap_or_default(), details.line_number, details.column_number);
        let place = self.place(&CallFrame { url, line_number, column_number });
        tracing::debug!(text, place, "a script of the page failed");
        self.trace.note("page-error", &json!({"text": text, "place": place}));
    }

    /// Whether anybody hears a page say something now; if it says too much, nobody does.
    fn hears(&self, cdp: &str) -> bool {
        if !self.trace.is_on() && !tracing::enabled!(tracing::Level::DEBUG) {
            return false;
        }
        let mut state = self.state();
        let Some(talk) = state.talk_of(cdp) else { return false };
        let Some(missed) = talk.hear(Instant::now()) else { return false };
        drop(state);
        if missed > 0 {
            let text = format!("{missed} more lines were left out: the page says too much");
            tracing::debug!(text, "console");
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

/// How much of a page's talk is heard: two hundred lines at once, and then one a second.
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
