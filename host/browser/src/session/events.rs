//! Events to state. Called in the order of arrival; each event that is taken is one short change
//! under the lock. Events that are not named here are dropped unread.

use std::sync::Arc;
use std::time::Instant;

use serde::de::DeserializeOwned;
use serde_json::json;
use serde_json::value::RawValue;

use super::attach::{BINDING, WORLD};
use super::state::{FrameState, World};
use super::wire::{
    BindingCalled, ContextCreated, ContextDestroyed, DragIntercepted, FrameAttached, FrameDetached,
    FrameInfo, FrameNavigated, Lifecycle, OfFrame, RequestedNavigation, ResponseReceived,
    StartedNavigating, WithinDocument,
};
use super::{Inner, State};
use crate::address::kept;

/// [`WORLD`] as it stands in an event.
const QUOTED_WORLD: &str = "\"mavm\"";

impl Inner {
    pub(crate) fn event(self: &Arc<Self>, cdp: &str, method: &str, params: &RawValue) {
        match method {
            // Two of eleven in the life of a document.
            "Page.lifecycleEvent" if says(params, &["\"DOMContentLoaded\"", "\"load\""]) => {
                self.with(params, |state, event: Lifecycle| state.lifecycle(&event))
            }
            "Page.frameAttached" => {
                self.with(params, |state, event: FrameAttached| state.frame_attached(&event, cdp));
                self.draw();
            }
            "Page.frameNavigated" => {
                if let Some(event) = read::<FrameNavigated>(params) {
                    self.committed(cdp, event.frame);
                }
            }
            "Page.navigatedWithinDocument" => self.with(params, |state, event: WithinDocument| {
                if let Some(frame) = state.frames.get_mut(&event.frame_id) {
                    frame.url = kept(event.url);
                    frame.moves_within += 1;
                    frame.requested = None;
                }
            }),
            "Page.frameDetached" => {
                self.with(params, |state, event: FrameDetached| state.frame_detached(&event, cdp));
                self.draw();
            }
            "Page.frameRequestedNavigation" => {
                self.with(params, |state, event: RequestedNavigation| {
                    if event.disposition == "currentTab"
                        && let Some(frame) = state.frames.get_mut(&event.frame_id)
                    {
                        frame.requested = Some(Instant::now());
                    }
                })
            }
            "Page.frameStartedNavigating" => {
                self.with(params, |state, event: StartedNavigating| {
                    if let Some(frame) = state.frames.get_mut(&event.frame_id) {
                        frame.requested = None;
                        if !event.navigation_type.ends_with("ameDocument") {
                            frame.pending = Some((event.loader_id, kept(event.url)));
                        }
                    }
                })
            }
            "Page.frameStoppedLoading" => self.with(params, |state, event: OfFrame| {
                if let Some(frame) = state.frames.get_mut(&event.frame_id) {
                    frame.still();
                }
            }),
            // The page's own is of no interest.
            "Runtime.executionContextCreated" if says(params, &[QUOTED_WORLD]) => {
                self.with(params, |state, event: ContextCreated| {
                    state.context_created(event, cdp, |url| self.is_foreign(url));
                })
            }
            "Runtime.executionContextDestroyed" => {
                self.with(params, |state, event: ContextDestroyed| {
                    for frame in state.frames.values_mut() {
                        if frame
                            .world
                            .as_ref()
                            .is_some_and(|world| world.id == event.execution_context_unique_id)
                        {
                            frame.world = None;
                        }
                    }
                })
            }
            "Runtime.executionContextsCleared" => {
                for frame in self.state().frames.values_mut() {
                    if frame.world.as_ref().is_some_and(|world| world.cdp == cdp) {
                        frame.world = None;
                    }
                }
                self.touch();
            }
            "Runtime.bindingCalled" => self.with(params, |state, event: BindingCalled| {
                if event.name == BINDING {
                    state.begins(&event.payload);
                }
            }),
            "Input.dragIntercepted" => {
                self.with(params, |state, event: DragIntercepted| state.dragged = Some(event.data))
            }
            "Fetch.requestPaused" => self.paused(cdp, params),
            "Fetch.authRequired" => self.challenged(cdp, params),
            "Network.requestWillBeSent" => {
                if let Some(event) = read(params) {
                    self.will_be_sent(cdp, event);
                }
            }
            "Network.responseReceived" => {
                if let Some(event) = read::<ResponseReceived>(params) {
                    if event.kind == "Document" && event.response.status == 401 {
                        self.locked_out(&event, params);
                    }
                    self.response_received(cdp, event);
                }
            }
            "Network.loadingFinished" => {
                if let Some(event) = read(params) {
                    self.loading_finished(&event);
                }
            }
            "Network.loadingFailed" => {
                if let Some(event) = read(params) {
                    self.loading_failed(&event);
                }
            }
            "Page.javascriptDialogOpening" => self.dialog(cdp, params),
            "Page.javascriptDialogClosed" => self.dialog_closed(cdp, params),
            "Runtime.consoleAPICalled" => self.console(params),
            "Log.entryAdded" => self.logged(params),
            "Runtime.exceptionThrown" => self.thrown(params),
            "Inspector.targetCrashed" | "Target.targetCrashed" => self.crashed(cdp),
            _ => {}
        }
    }

    fn with<T: DeserializeOwned>(&self, params: &RawValue, change: impl FnOnce(&mut State, T)) {
        if let Some(event) = read(params) {
            change(&mut self.state(), event);
            self.touch();
        }
    }

    fn crashed(&self, cdp: &str) {
        let mut state = self.state();
        // One that was made ahead may have died before: another one is opened, and nobody misses it.
        let mut missed = true;
        if let Some(page) = state.pages.iter_mut().find(|page| page.cdp == cdp) {
            page.crashed = true;
            missed = page.ready;
        }
        for frame in state.frames.values_mut().filter(|frame| frame.cdp.as_deref() == Some(cdp)) {
            frame.world = None;
            frame.still();
        }
        drop(state);
        if missed && self.caused() {
            tracing::warn!("a renderer crashed");
            self.trace.note("crash", &json!({"what": "a renderer crashed"}));
        }
        self.touch();
    }
}

/// Whether an event has one of these words: much cheaper than reading it, and waking who waits.
fn says(params: &RawValue, words: &[&str]) -> bool {
    words.iter().any(|word| params.get().contains(word))
}

fn read<T: DeserializeOwned>(params: &RawValue) -> Option<T> {
    match serde_json::from_str(params.get()) {
        Ok(event) => Some(event),
        Err(error) => {
            tracing::warn!(%error, event = std::any::type_name::<T>(), "an event of Chromium has another form than known");
            None
        }
    }
}

impl State {
    fn frame_attached(&mut self, event: &FrameAttached, cdp: &str) {
        if let Some(frame) = self.frames.get_mut(&event.frame_id) {
            // It comes back from a process of its own, or the events of both crossed.
            if frame.cdp.as_deref() != Some(cdp) {
                frame.cdp = Some(cdp.to_owned());
                frame.world = None;
            }
            return;
        }
        let page = self.page_of(&event.frame_id, Some(&event.parent_frame_id), "");
        let frame = FrameState::new(&page, Some(&event.parent_frame_id), cdp);
        self.frames.insert(event.frame_id.clone(), frame);
    }

    pub(super) fn navigated(&mut self, info: FrameInfo, cdp: &str) {
        let page = self.page_of(&info.id, info.parent_id.as_deref(), "");
        let failure =
            info.unreachable_url.as_deref().map(|url| self.failure_of(&info.loader_id, url));
        if self.locked_out.get(&info.id).is_some_and(|(loader, _)| *loader != info.loader_id) {
            self.locked_out.remove(&info.id);
        }
        let frame = self
            .frames
            .entry(info.id.clone())
            .or_insert_with(|| FrameState::new(&page, info.parent_id.as_deref(), cdp));
        frame.page.clone_from(&page);
        if info.parent_id.is_some() {
            frame.parent = info.parent_id;
        }
        frame.cdp = Some(cdp.to_owned());
        if frame.world.as_ref().is_some_and(|world| world.cdp != cdp) {
            frame.world = None;
        }
        let pending = frame.pending.as_ref().is_some_and(|(loader, _)| *loader == info.loader_id);
        if pending || frame.pending.is_none() {
            frame.still();
        }
        frame.initial = false;
        // Else a newer navigation has begun already, and this one is an older one's error page.
        if !pending {
            frame.status = None;
        }
        frame.loader = info.loader_id;
        frame.url = kept(format!("{}{}", info.url, info.url_fragment.unwrap_or_default()));
        frame.content_loaded = false;
        frame.loaded = false;
        frame.failed = failure;
        // Nor is it a success where a frame is left that was sent away.
        let failed = frame.failed.is_some() || frame.sent_away;
        if info.url == "about:blank" {
            frame.sent_away = false;
        }
        if !failed {
            frame.denied = None;
        }
        let loader = frame.loader.clone();
        self.drop_requests(|request| request.frame == info.id && request.loader != loader);
        self.drop_below(&info.id, None);
        if let Some(page) = self.page_mut(&info.id) {
            page.lacking.clear();
            if !failed {
                page.denied = None;
            }
        }
    }

    fn frame_detached(&mut self, event: &FrameDetached, cdp: &str) {
        if event.reason.as_deref() == Some("swap") {
            // It moves to another process, which may have told of new frames inside of it already.
            self.drop_below(&event.frame_id, Some(cdp));
        } else {
            self.drop_below(&event.frame_id, None);
            self.drop_frame(&event.frame_id);
        }
    }

    fn drop_frame(&mut self, id: &str) {
        self.frames.remove(id);
        self.locked_out.remove(id);
        self.drop_requests(|request| request.frame == id);
    }

    /// The frames inside of a frame go with its document; if `cdp` is given, only those of that process.
    fn drop_below(&mut self, id: &str, cdp: Option<&str>) {
        let below: Vec<String> = self
            .frames
            .iter()
            .filter(|(_, frame)| {
                frame.parent.as_deref() == Some(id)
                    && (cdp.is_none() || frame.cdp.as_deref() == cdp)
            })
            .map(|(id, _)| id.clone())
            .collect();
        for child in below {
            self.drop_below(&child, None);
            self.drop_frame(&child);
        }
    }

    fn lifecycle(&mut self, event: &Lifecycle) {
        let Some(frame) = self.frames.get_mut(&event.frame_id) else { return };
        if frame.loader != event.loader_id {
            return;
        }
        match event.name.as_str() {
            "DOMContentLoaded" => frame.content_loaded = true,
            "load" => {
                frame.content_loaded = true;
                frame.loaded = true;
            }
            _ => {}
        }
    }

    /// A document that must not be shown gets no place for our script, also where its own origin
    /// is hidden (a sandbox).
    fn context_created(
        &mut self,
        event: ContextCreated,
        cdp: &str,
        is_foreign: impl Fn(&str) -> bool,
    ) {
        let context = event.context;
        let Some(frame_id) = context.aux_data.and_then(|aux| aux.frame_id) else { return };
        if context.name != WORLD || is_foreign(&context.origin) {
            return;
        }
        if let Some(frame) = self.frames.get_mut(&frame_id) {
            if frame.sent_away && is_foreign(&frame.url) {
                return;
            }
            frame.world = Some(World {
                id: context.unique_id,
                number: context.id,
                origin: context.origin,
                cdp: cdp.to_owned(),
                frame: frame_id,
            });
        }
    }
}
