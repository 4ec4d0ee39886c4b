//! Workers that a page has to itself. What they fetch and say is their page's. Those that pages share
//! (service workers) are nobody's: they are let go as they come.

use serde_json::json;

use super::network::KEPT_BODIES;
use super::{Inner, State};

impl Inner {
    /// A worker came to be, of the target with this session, and is held until this has set it up.
    pub(crate) fn worker_attached(&self, cdp: &str, of: &str) {
        let mut state = self.state();
        let page = state.page_of_target(of);
        state.workers.insert(cdp.to_owned(), page.unwrap_or_default());
        drop(state);
        let connection = &self.browser.connection;
        connection.post(Some(cdp), "Runtime.enable", json!({}));
        connection.post(Some(cdp), "Network.enable", KEPT_BODIES);
        connection.post(Some(cdp), "Runtime.runIfWaitingForDebugger", json!({}));
    }
}

impl State {
    fn page_of_target(&self, cdp: &str) -> Option<String> {
        let mut frames = self.frames.values();
        let frame = frames.find(|frame| frame.cdp.as_deref() == Some(cdp));
        frame.map(|frame| &frame.page).or_else(|| self.workers.get(cdp)).cloned()
    }

    /// The frame and the page that an event of the network is of; the frame of a worker is nameless.
    pub(super) fn asker(&self, cdp: &str, frame: Option<String>) -> Option<(String, String)> {
        let page = match &frame {
            Some(frame) => self.frames.get(frame)?.page.clone(),
            None => self.workers.get(cdp)?.clone(),
        };
        Some((frame.unwrap_or_default(), page))
    }
}
