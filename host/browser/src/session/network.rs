//! What is on its way: counts requests, so that "still loading" can be told from "settled", keeps
//! why documents failed, and hands responses to those who wait for them.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::state::RequestState;
use super::wire::{LoadingFailed, LoadingFinished, ResponseReceived, WillBeSent};
use super::{Inner, State};
use crate::NetworkFailure;
use crate::address::kept;
use crate::origin::origin_of;
use crate::response::{End, Found, grab, grab_unread};

/// Bytes in all, and of one body.
pub(super) const KEPT_BODIES: KeptBodies =
    KeptBodies { max_total_buffer_size: 16 << 20, max_resource_buffer_size: 5 << 20 };

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeptBodies {
    max_total_buffer_size: u32,
    max_resource_buffer_size: u32,
}

/// Requests of a session that are counted, and of each address so many bytes: a page can make both
/// without end.
const MOST_REQUESTS: usize = 2000;
const LONGEST_URL: usize = 8 << 10;
/// A page that doesn't read the body of what it fetches never hears of its end if that must not be stored
/// (`no-store`); nor does anybody else, until the answer is collected as garbage. One of at most so many
/// bytes is there so long after its head.
const UNREAD: u64 = 64 << 10;
const ALL_THERE: Duration = Duration::from_secs(1);

impl Inner {
    /// From now on, bodies of this page's responses outlive the document that asked for them. Not
    /// from the start: it costs a copy of each, and seldom does anybody want one.
    pub(crate) fn keep_bodies(&self, page: &str) {
        let state = self.state();
        let of_page = state.frames.values().filter(|frame| frame.page == page);
        let workers = state.workers.iter().filter(|(_, of)| *of == page);
        let targets = of_page.filter_map(|frame| frame.cdp.as_deref());
        let targets: HashSet<&str> = targets.chain(workers.map(|(cdp, _)| cdp.as_str())).collect();
        for cdp in targets {
            self.browser.connection.post(
                Some(cdp),
                "Network.configureDurableMessages",
                KEPT_BODIES,
            );
        }
    }

    pub(super) fn will_be_sent(&self, cdp: &str, event: WillBeSent) {
        let mut state = self.state();
        let Some((frame, page)) = state.asker(cdp, event.frame_id) else { return };
        let endless = matches!(
            event.kind.as_deref(),
            Some("EventSource" | "WebSocket" | "Ping" | "Media" | "Prefetch")
        );
        // A worker's script, whose end is told to the worker only, and what a worker fetches.
        let endless = endless || event.loader_id.is_empty();
        if state.requests.len() >= MOST_REQUESTS && !state.requests.contains_key(&event.request_id)
        {
            return;
        }
        let mut url = event.request.url;
        url.truncate(url.floor_char_boundary(LONGEST_URL));
        // A redirect keeps its id.
        let before = state.requests.remove(&event.request_id).map_or_else(Vec::new, |request| {
            let mut before = request.before;
            before.push(request.url);
            before
        });
        let request = RequestState {
            page,
            frame,
            loader: event.loader_id,
            cdp: cdp.to_owned(),
            url,
            before,
            since: Instant::now(),
            head: event.request.method == "HEAD",
            vital: matches!(event.kind.as_deref(), Some("Script" | "Stylesheet")),
            endless,
        };
        state.requests.insert(event.request_id, request);
    }

    pub(super) fn response_received(self: &Arc<Self>, cdp: &str, event: ResponseReceived) {
        if event.kind == "Fetch" && event.response.length().is_some_and(|length| length <= UNREAD) {
            self.soon_there(event.request_id.clone());
        }
        let mut state = self.state();
        let Some((frame_id, page)) = state.asker(cdp, event.frame_id) else { return };
        if event.kind == "Document"
            && let Some(frame) = state.frames.get_mut(&frame_id)
        {
            // The document's own response comes before its commit.
            let of_pending =
                frame.pending.as_ref().is_some_and(|(loader, _)| *loader == event.loader_id);
            if of_pending || frame.loader == event.loader_id {
                frame.status = Some(event.response.status);
            }
        }
        let request = state.requests.get(&event.request_id);
        let head = request.is_some_and(|request| request.head);
        let before = request.map(|request| request.before.clone()).unwrap_or_default();
        // An event stream that is read by fetch shows itself by its answer only.
        if event.response.mime_type == "text/event-stream"
            && let Some(request) = state.requests.get_mut(&event.request_id)
        {
            request.endless = true;
        }
        // What a document of others fetches, or a new one of others, is not for who waits here.
        let whose = match event.kind.as_str() {
            "Document" => Some(origin_of(&event.response.url)),
            _ => state.origin_in(&frame_id),
        };
        let granted = whose.is_none_or(|origin| self.grants(&origin));
        let Some(page) = state.page_mut(&page) else { return };
        let url = &event.response.url[..event.response.url.floor_char_boundary(LONGEST_URL)];
        if matches!(event.kind.as_str(), "Script" | "Stylesheet") && event.response.status >= 400 {
            page.lacks(url, format!("HTTP {}", event.response.status));
        }
        if page.watches.is_empty() || !granted {
            return;
        }
        let hidden = self.used.hide(url);
        let before: Vec<String> = before.iter().map(|url| self.used.hide(url)).collect();
        let mut awaited = false;
        for watch in page.watches.iter_mut().filter(|watch| watch.wants(&hidden, &before)) {
            awaited = true;
            watch.takes(Found {
                cdp: cdp.to_owned(),
                frame: frame_id.clone(),
                request: event.request_id.clone(),
                url: url.to_owned(),
                status: event.response.status,
                mime_type: event.response.mime_type.clone(),
                by_worker: event.response.from_service_worker,
                bodyless: head || matches!(event.response.status, 204 | 205 | 304),
                size: 0.0,
                end: None,
            });
        }
        drop(state);
        if awaited
            && event.kind == "Fetch"
            && !event.response.from_service_worker
            && let Some(length) = event.response.own_length()
        {
            grab_unread(self, event.request_id, length);
        }
    }

    /// The network counts as quiet with a fetch of a small body in a moment, whether the page reads it or not.
    fn soon_there(self: &Arc<Self>, request: String) {
        let inner = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(ALL_THERE).await;
            if inner.state().soon_over(&request) {
                inner.touch();
            }
        });
    }

    pub(super) fn loading_finished(self: &Arc<Self>, event: &LoadingFinished) {
        let mut state = self.state();
        state.request_over(&event.request_id);
        let watches = state.pages.iter_mut().flat_map(|page| &mut page.watches);
        let found = watches.filter_map(|watch| watch.found.as_mut());
        let mut awaited = None;
        let open = |found: &&mut Found| found.request == event.request_id && found.end.is_none();
        for found in found.filter(open) {
            found.size = event.encoded_data_length;
            awaited = Some(found.clone());
        }
        drop(state);
        if let Some(found) = awaited {
            grab(self, found);
        }
        self.touch();
    }

    pub(super) fn loading_failed(&self, event: &LoadingFailed) {
        let mut state = self.state();
        if event.kind == "Document" {
            // Kept for the error page that is committed next.
            if state.document_failures.len() > 100 {
                state.document_failures.clear();
            }
            state.document_failures.insert(event.request_id.clone(), event.error_text.clone());
            if event.error_text.contains("ERR_ABORTED") {
                // Nothing will be committed: a download, an empty answer, a newer navigation.
                for frame in state.frames.values_mut() {
                    if frame.pending.as_ref().is_some_and(|(loader, _)| *loader == event.request_id)
                    {
                        frame.still();
                    }
                }
            } else if !event.canceled
                && let Some(frame) =
                    state.frames.values_mut().find(|frame| frame.loader == event.request_id)
            {
                // It broke off in the middle: what came of it is no page.
                let url = frame.url.clone();
                frame.failed = Some(NetworkFailure::of(url, event.error_text.clone()));
            }
        }
        let request = state.request_over(&event.request_id);
        let shown = request.as_ref().map(|request| {
            let before: Vec<_> = request.before.iter().map(|url| self.used.hide(url)).collect();
            (request, self.used.hide(&request.url), before)
        });
        state.awaited_failed(event, shown.as_ref());
        if let Some(request) = &request
            && !event.canceled
            && matches!(event.kind.as_str(), "Script" | "Stylesheet")
            && let Some(page) = state.page_mut(&request.page)
        {
            page.lacks(&request.url, event.error_text.clone());
        }
        drop(state);
        if !event.canceled
            && let Some(request) = request
        {
            self.request_failed(&request.url, &event.error_text);
        }
        self.touch();
    }
}

impl State {
    fn request_over(&mut self, id: &str) -> Option<RequestState> {
        let request = self.requests.remove(id)?;
        if !request.endless
            && let Some(page) = self.page_mut(&request.page)
        {
            page.quiet_since = Instant::now();
        }
        Some(request)
    }

    /// The end of a request is no longer waited for, should it come. One whose answer somebody waits for is
    /// still known: its document may go.
    fn soon_over(&mut self, id: &str) -> bool {
        let mut watches = self.pages.iter().flat_map(|page| &page.watches);
        if !watches.any(|watch| watch.found.as_ref().is_some_and(|found| found.request == id)) {
            return self.request_over(id).is_some();
        }
        let Some(request) = self.requests.get_mut(id).filter(|request| !request.endless) else {
            return false;
        };
        request.endless = true;
        let page = request.page.clone();
        if let Some(page) = self.page_mut(&page) {
            page.quiet_since = Instant::now();
        }
        true
    }

    /// Those who would tell of some requests are gone.
    pub(super) fn drop_requests(&mut self, which: impl Fn(&RequestState) -> bool) {
        let dropped = self.requests.extract_if(|_, request| which(request));
        let dropped: Vec<String> = dropped.map(|(id, _)| id).collect();
        for watch in self.pages.iter_mut().flat_map(|page| &mut page.watches) {
            watch.lost(&dropped);
        }
    }

    /// Tells those who wait for the response of a request that failed, before it answered or after:
    /// a request with its address and those before it, as they would be shown.
    fn awaited_failed(
        &mut self,
        event: &LoadingFailed,
        request: Option<&(&RequestState, String, Vec<String>)>,
    ) {
        let end =
            if event.canceled { End::BrokenOff } else { End::Failed(event.error_text.clone()) };
        for page in &mut self.pages {
            for watch in &mut page.watches {
                if let Some((request, url, before)) = request
                    && request.page == page.id
                    && watch.wants(url, before)
                {
                    watch.takes(Found {
                        cdp: request.cdp.clone(),
                        frame: request.frame.clone(),
                        request: event.request_id.clone(),
                        url: request.url.clone(),
                        status: 0,
                        mime_type: String::new(),
                        by_worker: false,
                        bodyless: false,
                        size: 0.0,
                        end: None,
                    });
                }
                watch.ended(&event.request_id, &end);
            }
        }
    }

    /// Why the document with this loader is an error page.
    pub(super) fn failure_of(&mut self, loader: &str, url: &str) -> NetworkFailure {
        let reason =
            self.document_failures.remove(loader).unwrap_or_else(|| "no reason given".to_owned());
        NetworkFailure::of(kept(url.to_owned()), reason)
    }
}
