//! Setting up a target (a page, or a frame in a process of its own) before its first script runs,
//! and letting go of it. All requests are sent at once; Chromium answers them in order.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::network::KEPT_BODIES;
use super::state::{FrameState, PageState};
use super::wire::{FrameTree, TargetInfo};
use super::{Inner, State};
use crate::address::kept;
use crate::cdp::{CallError, Connection};
use crate::launch::auto_attach;
use crate::{Deadline, Error};

/// A page that opens others without end must not bring the machine down.
const MOST_PAGES: usize = 20;
/// Name of the world that our script runs in, apart from the page's.
pub(super) const WORLD: &str = "mavm";
/// By which our script tells that a deed begins.
pub(super) const BINDING: &str = "__mavmActed";

/// The script, its files in one scope.
pub(crate) const SCRIPT: &str = concat!(
    "(() => { 'use strict'; if (globalThis.__mavm) return void __mavm.watchEvents();\n",
    include_str!("../injected/text.js"),
    include_str!("../injected/asking.js"),
    include_str!("../injected/masks.js"),
    include_str!("../injected/written.js"),
    include_str!("../injected/selectors.js"),
    include_str!("../injected/css.js"),
    include_str!("../injected/roles.js"),
    include_str!("../injected/names.js"),
    include_str!("../injected/describe.js"),
    include_str!("../injected/actionability.js"),
    include_str!("../injected/later.js"),
    include_str!("../injected/motion.js"),
    include_str!("../injected/guard.js"),
    include_str!("../injected/actions.js"),
    include_str!("../injected/aim.js"),
    include_str!("../injected/fields.js"),
    include_str!("../injected/keys.js"),
    include_str!("../injected/redact.js"),
    include_str!("../injected/snapshot.js"),
    include_str!("../injected/main.js"),
    "})();",
);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tree {
    frame_tree: FrameTree,
}

/// Whether a target has got what they all get.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Furnished {
    /// While nobody waited for it.
    Already,
    NotYet,
}

/// Gives a target what it needs whoever's it is, our script above all: most of what setting up takes.
/// `shown`: the script also runs in what it shows now.
pub(crate) fn furnish(connection: &Connection, cdp: &str, shown: bool) {
    let post = |method: &'static str, params: serde_json::Value| {
        connection.post(Some(cdp), method, params)
    };
    post("Page.enable", json!({}));
    post("Page.setLifecycleEventsEnabled", json!({"enabled": true}));
    post("Runtime.addBinding", json!({"name": BINDING, "executionContextName": WORLD}));
    post(
        "Page.addScriptToEvaluateOnNewDocument",
        json!({"source": SCRIPT, "worldName": WORLD, "runImmediately": shown}),
    );
}

/// Has a page that nobody waits for do once what pages are asked most: the first time takes long.
pub(crate) async fn rehearse(connection: &Arc<Connection>, cdp: &str) -> Result<(), CallError> {
    #[derive(Deserialize)]
    struct Added {
        identifier: String,
    }
    let rehearsal = include_str!("../injected/rehearsal.js");
    let once = json!({"source": rehearsal, "worldName": WORLD, "runImmediately": true});
    let method = "Page.addScriptToEvaluateOnNewDocument";
    let added: Added = connection.call(Some(cdp), method, once).await?;
    let remove = json!({"identifier": added.identifier});
    connection.post(Some(cdp), "Page.removeScriptToEvaluateOnNewDocument", remove);
    Ok(())
}

impl Inner {
    /// A target came to be and is held until this has set it up.
    ///
    /// Of one that is `furnished` only what this session wants of its own is left to do.
    pub(crate) fn attached(
        self: &Arc<Self>,
        cdp: &str,
        info: &TargetInfo<'_>,
        furnished: Furnished,
    ) {
        let page = info.kind == "page";
        {
            let mut state = self.state();
            if page && state.open_pages().count() >= MOST_PAGES {
                drop(state);
                if self.caused() {
                    tracing::warn!(
                        "a page was opened beyond the {MOST_PAGES} of a session; it is closed"
                    );
                    self.trace.note("page-closed", &json!({"why": "too many are open"}));
                }
                let connection = &self.browser.connection;
                // Held back, it would hold its opener, too.
                connection.post(Some(cdp), "Runtime.runIfWaitingForDebugger", json!({}));
                connection.post(None, "Target.closeTarget", json!({"targetId": info.id}));
                return;
            }
            if page {
                state.forget_old_pages();
                // By now: a frame that opens a page and goes is not found afterwards.
                let opener = info.opener.map(|by| match state.page_in(by) {
                    "" => by.to_owned(),
                    page => page.to_owned(),
                });
                state.pages.push(PageState::new(info.id, cdp, opener));
                state.frames.insert(info.id.to_owned(), FrameState::new(info.id, None, cdp));
            } else if let Some(frame) = state.frames.get_mut(info.id) {
                // A frame that the parent's process had moves into its own.
                frame.cdp = Some(cdp.to_owned());
                frame.world = None;
            } else {
                // Its page becomes known with its first navigation.
                state.frames.insert(info.id.to_owned(), FrameState::new("", None, cdp));
            }
        }
        self.set_up(cdp, info.id.to_owned(), page, furnished);
        self.touch();
    }

    fn set_up(self: &Arc<Self>, cdp: &str, target: String, page: bool, furnished: Furnished) {
        let connection = self.browser.connection.clone();
        let post = |method: &'static str, params: serde_json::Value| {
            connection.post(Some(cdp), method, params)
        };
        if furnished == Furnished::NotYet {
            // A frame with a process of its own shows an empty document until its first one comes,
            // and nobody acts on that.
            furnish(&connection, cdp, page);
        }
        post("Runtime.enable", json!({}));
        post("Log.enable", json!({}));
        // Bodies are kept for those who ask for a response, within bounds.
        connection.post(Some(cdp), "Network.enable", KEPT_BODIES);
        post("Inspector.enable", json!({}));
        post("Fetch.enable", self.held());
        post("Target.setAutoAttach", auto_attach());
        if let Some(zone) = &self.time_zone {
            post("Emulation.setTimezoneOverride", json!({"timezoneId": zone}));
        }
        if let Some(locale) = &self.locale {
            post("Emulation.setLocaleOverride", json!({"locale": locale}));
        }
        if page {
            post("Emulation.setFocusEmulationEnabled", json!({"enabled": true}));
        }
        // Before it is let go: a frame of its own process may get a click at once.
        self.draw();
        let tree = connection.start(Some(cdp), "Page.getFrameTree", json!({}));
        let let_go = connection.start(Some(cdp), "Runtime.runIfWaitingForDebugger", json!({}));
        let session = self.clone();
        let cdp = cdp.to_owned();
        tokio::spawn(async move {
            let limit = Duration::from_secs(30);
            if let Ok(tree) = tree.reply::<Tree>(limit).await {
                let mut state = session.state();
                // Not of a page that was given up meanwhile.
                if !page || state.page(&target).is_some() {
                    state.learn(&tree.frame_tree, &target, &cdp);
                    drop(state);
                    session.met(&cdp, &tree.frame_tree);
                }
            }
            let let_go = let_go.reply::<serde_json::Value>(limit).await;
            if page && let Some(page) = session.state().page_mut(&target) {
                match let_go {
                    // It was gone before it was this session's: nobody tells of that any more.
                    Err(CallError::Refused { .. }) => page.closed = true,
                    _ => page.ready = true,
                }
            }
            session.touch();
        });
    }

    /// Waits until a page of a session that is being opened is set up. False if it died, or takes too long.
    pub(super) async fn is_ready(&self, page: &str, limit: Duration) -> Result<bool, Error> {
        let deadline = Deadline::after(limit);
        let ready = self.until(&deadline, |state| {
            if state.browser_gone {
                let why = "Chromium died while a session was opened".to_owned();
                return Some(Err(Error::Crashed(why)));
            }
            let page = state.page(page)?;
            let lost = page.crashed || page.closed;
            (page.ready || lost).then_some(Ok(!lost))
        });
        ready.await.unwrap_or(Ok(false))
    }

    /// A page that was of no use from the beginning is forgotten.
    pub(super) fn give_up(&self, page: &str) {
        tracing::debug!("a page that was prepared is of no use; another one is opened");
        let mut state = self.state();
        state.pages.retain(|known| known.id != page);
        state.frames.retain(|_, frame| frame.page != page);
        drop(state);
        let target = json!({"targetId": page});
        self.browser.connection.post(None, "Target.closeTarget", target);
    }

    /// A target is gone, or its frame has moved back into the process of its parent.
    pub(crate) fn detached(&self, cdp: &str) {
        let mut state = self.state();
        if let Some(page) = state.pages.iter_mut().find(|page| page.cdp == cdp) {
            page.closed = true;
            let id = page.id.clone();
            state.frames.retain(|_, frame| frame.page != id);
            state.drop_requests(|request| request.page == id);
        }
        state.workers.remove(cdp);
        for frame in state.frames.values_mut().filter(|frame| frame.cdp.as_deref() == Some(cdp)) {
            frame.cdp = None;
            frame.world = None;
            frame.still();
        }
        state.drop_requests(|request| request.cdp == cdp);
        drop(state);
        self.draw();
        self.touch();
    }
}

impl State {
    /// Frames that were there before events were on. What events have told is newer: it stays.
    fn learn(&mut self, tree: &FrameTree, target: &str, cdp: &str) {
        let info = &tree.frame;
        let page = self.page_of(&info.id, info.parent_id.as_deref(), target);
        let frame = self
            .frames
            .entry(info.id.clone())
            .or_insert_with(|| FrameState::new(&page, info.parent_id.as_deref(), cdp));
        if frame.page.is_empty() {
            frame.page.clone_from(&page);
        }
        if frame.loader.is_empty() {
            frame.loader.clone_from(&info.loader_id);
            let fragment = info.url_fragment.as_deref().unwrap_or_default();
            frame.url = kept(format!("{}{fragment}", info.url));
            // The one that a popup begins with has no address; what it was opened for is yet to come.
            frame.initial = info.parent_id.is_none() && matches!(info.url.as_str(), "" | ":");
            // A document from before is not going to tell that it has loaded.
            frame.content_loaded = !frame.initial;
            frame.loaded = !frame.initial;
        }
        for child in &tree.child_frames {
            self.learn(child, target, cdp);
        }
    }

    /// Which page a frame belongs to, by itself, its parent or the target that it was seen in.
    pub(super) fn page_of(&self, frame: &str, parent: Option<&str>, target: &str) -> String {
        let known = |id: &str| {
            self.frames.get(id).map(|frame| frame.page.clone()).filter(|page| !page.is_empty())
        };
        known(frame)
            .or_else(|| parent.and_then(known))
            .or_else(|| known(target))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::SCRIPT;

    #[test]
    fn no_two_files_of_the_script_give_a_function_the_same_name() {
        // The later one would silently take the place of the other.
        let mut names = HashSet::new();
        for line in SCRIPT.lines() {
            let line = line.strip_prefix("async ").unwrap_or(line);
            let Some(function) = line.strip_prefix("function") else { continue };
            let name = function.trim_start_matches(['*', ' ']).split('(').next();
            assert!(names.insert(name), "{line}");
        }
        assert!(names.len() > 100, "{}", names.len());
    }
}
