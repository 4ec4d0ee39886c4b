//! Dialogs are answered here, in the moment they open.

use std::sync::Arc;

use serde_json::json;
use serde_json::value::RawValue;

use super::Inner;
use super::wire::{DialogClosed, DialogOpening};
use crate::address::in_text;
use crate::dialog::{Dialog, DialogKind};

const MESSAGE_LIMIT: usize = 4000;

impl Inner {
    pub(super) fn dialog(&self, cdp: &str, params: &RawValue) {
        let opening = match serde_json::from_str::<DialogOpening>(params.get()) {
            Ok(opening) => opening,
            Err(error) => {
                tracing::warn!(%error, "a dialog could not be read; it is declined");
                self.answer(cdp, false, None);
                return;
            }
        };
        let kind = DialogKind::of(&opening.kind);
        let text = |text: &str| {
            // Cut after masking: half a value is not recognised.
            let text: String = text.chars().take(2 * MESSAGE_LIMIT).collect();
            self.used.hide(&in_text(&text)).chars().take(MESSAGE_LIMIT).collect::<String>()
        };
        let (message, proposed) = (text(&opening.message), text(&opening.proposed));
        let mut state = self.state();
        let usual = state.dialogs.clone();
        let page = state.pages.iter_mut().find(|page| page.cdp == cdp);
        let policy = page.as_ref().and_then(|page| page.dialogs.clone()).unwrap_or(usual);
        let (accepted, given) = policy.answer(kind, &opening.proposed);
        if let Some(page) = page {
            page.dialog = Some(Dialog { kind, message, proposed, accepted });
        }
        drop(state);
        self.answer(cdp, accepted, given.as_deref());
        self.touch();
    }

    /// It is closed. By the answer that was given, or by Chromium itself: the full one cancels a
    /// prompt at once if another window is in front.
    pub(super) fn dialog_closed(&self, cdp: &str, params: &RawValue) {
        let Ok(closed) = serde_json::from_str::<DialogClosed>(params.get()) else { return };
        let mut state = self.state();
        let Some(page) = state.pages.iter_mut().find(|page| page.cdp == cdp) else { return };
        let Some(mut dialog) = page.dialog.take() else { return };
        dialog.accepted = closed.result;
        let dialog = Arc::new(dialog);
        // A popup's is one of its opener, too.
        let id = page.id.clone();
        let family = state.family(&id).unwrap_or_default();
        for page in state.pages.iter_mut().filter(|page| family.contains(&page.id)) {
            page.dialog_watches.iter_mut().for_each(|watch| watch.saw(&dialog));
        }
        let url = state.frames.get(&closed.frame_id).map(|frame| frame.url.clone());
        drop(state);
        self.touch();
        if !self.caused() {
            return;
        }
        let url = self.shown(&url.unwrap_or_default());
        let Dialog { kind, message, accepted, .. } = &*dialog;
        tracing::info!(%kind, message, url, accepted, "a page opened a dialog");
        let fields =
            json!({"type": kind.to_string(), "message": message, "url": url, "accepted": accepted});
        self.trace.note("dialog", &fields);
    }

    fn answer(&self, cdp: &str, accept: bool, text: Option<&str>) {
        let mut answer = json!({"accept": accept});
        if let Some(text) = text {
            answer["promptText"] = json!(text);
        }
        self.browser.connection.post(Some(cdp), "Page.handleJavaScriptDialog", answer);
    }
}
