//! The gate for documents: each request for one is held by Chromium until this has answered, and
//! goes on only to a granted origin, redirects, frames and popups included. Every request is
//! answered, also twice: one that is not hangs its page for ever.
//!
//! There is a second look at what is shown in the end: Chromium asks for no document twice, and one
//! that it has fetched ahead, because a page's speculation rules told it to, never comes to the gate.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use serde_json::value::RawValue;

use super::wire::{FrameInfo, FrameTree, Paused};
use super::{Inner, State};
use crate::Denied;
use crate::origin::origin_of;

impl Inner {
    pub(super) fn paused(&self, cdp: &str, params: &RawValue) {
        let Ok(paused) = serde_json::from_str::<Paused>(params.get()) else {
            tracing::error!("a held request could not be read; its page will hang");
            return;
        };
        let url = &paused.request.url;
        let serving = self.state().serving.clone();
        if let Some(serving) = serving {
            return self.serve(cdp, &paused, &serving);
        }
        // What is held for its credentials only may go anywhere, as if it were not held.
        if paused.resource_type != "Document" || self.allows(url) {
            let go_on = json!({"requestId": paused.request_id});
            self.browser.connection.post(Some(cdp), "Fetch.continueRequest", go_on);
            return;
        }
        let stop = json!({"requestId": paused.request_id, "errorReason": "BlockedByClient"});
        self.browser.connection.post(Some(cdp), "Fetch.failRequest", stop);
        let denied = self.denial(url, "a page was about to load a document");
        self.state().deny(&paused.frame_id, &denied);
        self.tell_denied(&denied, url, "was stopped");
        self.touch();
    }

    /// A frame shows a document. One that came past the gate is not let near our script, and is
    /// sent away.
    pub(super) fn committed(&self, cdp: &str, info: FrameInfo) {
        let (frame, url) = (info.id.clone(), info.url.clone());
        let mut state = self.state();
        state.navigated(info, cdp);
        let astray = self.astray(&mut state, &frame);
        drop(state);
        self.draw();
        if let Some(denied) = astray {
            self.send_away(cdp, &frame, &url, &denied);
        }
        self.touch();
    }

    /// The same for what a target showed before its events were on.
    pub(super) fn met(&self, cdp: &str, tree: &FrameTree) {
        let mut state = self.state();
        let known = state.frames.get(&tree.frame.id).is_some_and(|frame| frame.sent_away);
        let astray = if known { None } else { self.astray(&mut state, &tree.frame.id) };
        drop(state);
        if let Some(denied) = astray {
            self.send_away(cdp, &tree.frame.id, &tree.frame.url, &denied);
        }
        for child in &tree.child_frames {
            self.met(cdp, child);
        }
    }

    /// Whether a frame shows a document that it must not; marks it then.
    fn astray(&self, state: &mut State, id: &str) -> Option<Denied> {
        let frame = state.frames.get_mut(id)?;
        if !self.is_foreign(&frame.url) {
            return None;
        }
        frame.sent_away = true;
        frame.world = None;
        let denied = self.denial(&frame.url, "a page showed a document that it had fetched ahead");
        state.deny(id, &denied);
        Some(denied)
    }

    fn send_away(&self, cdp: &str, frame: &str, url: &str, denied: &Denied) {
        let blank = json!({"url": "about:blank", "frameId": frame});
        self.browser.connection.post(Some(cdp), "Page.navigate", blank);
        self.tell_denied(denied, url, "came past the gate and was sent away");
    }

    fn tell_denied(&self, denied: &Denied, url: &str, what: &str) {
        if !self.caused() {
            return;
        }
        tracing::warn!(
            origin = denied.origin,
            "a document of an origin that is not allowed {what}"
        );
        self.trace.note("denied", &json!({"origin": denied.origin, "url": self.shown(url)}));
    }

    /// A site's address, of one that is not granted. What has none (an error page, an empty one, one
    /// that another document wrote) is as good as what made it.
    pub(super) fn is_foreign(&self, url: &str) -> bool {
        url.starts_with("http") && !self.allows(url)
    }

    /// Answers the one document that may be loaded now with an empty page that may load nothing.
    fn serve(&self, cdp: &str, paused: &Paused, serving: &str) {
        let connection = &self.browser.connection;
        if paused.request.url != serving {
            let stop = json!({"requestId": paused.request_id, "errorReason": "BlockedByClient"});
            return connection.post(Some(cdp), "Fetch.failRequest", stop);
        }
        let header = |name: &str, value: &str| json!({"name": name, "value": value});
        let empty = json!({
            "requestId": paused.request_id,
            "responseCode": 200,
            "responseHeaders": [
                header("Content-Type", "text/html; charset=utf-8"),
                header("Content-Security-Policy", "default-src 'none'"),
                header("Cache-Control", "no-store"),
            ],
            "body": STANDARD.encode("<!doctype html><title></title>"),
        });
        connection.post(Some(cdp), "Fetch.fulfillRequest", empty);
    }

    pub(crate) fn denial(&self, url: &str, what: &str) -> Denied {
        let origin = self.used.hide(&origin_of(url));
        let remedy = if origin.starts_with("http") {
            format!(
                "if it is meant to be visited, add \"{origin}\" to the site's origins in the configuration"
            )
        } else {
            "only http and https addresses can be visited".to_owned()
        };
        Denied { origin, what: what.to_owned(), remedy }
    }
}

impl State {
    /// A frame doesn't show what it was about to; nor, if it is a page's own, the page.
    fn deny(&mut self, frame: &str, denied: &Denied) {
        if let Some(page) = self.page_mut(frame) {
            page.denied = Some(denied.clone());
        }
        if let Some(frame) = self.frames.get_mut(frame) {
            frame.denied = Some(denied.clone());
        }
    }
}
