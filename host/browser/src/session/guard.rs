//! The gate for documents: each request for one is held by Chromium until this has answered, and
//! goes on only to a granted origin, redirects, frames and popups included. Every request is
//! answered, also twice: one that is not hangs its page for ever.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use serde_json::value::RawValue;

use super::Inner;
use super::wire::Paused;
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
        tracing::warn!(
            origin = denied.origin,
            "a document of an origin that is not allowed was stopped"
        );
        self.trace.note("denied", &json!({"origin": denied.origin, "url": self.shown(url)}));
        let mut state = self.state();
        if let Some(page) = state.page_mut(&paused.frame_id) {
            page.denied = Some(denied.clone());
        }
        if let Some(frame) = state.frames.get_mut(&paused.frame_id) {
            frame.denied = Some(denied);
        }
        drop(state);
        self.touch();
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
        let origin = origin_of(url);
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
