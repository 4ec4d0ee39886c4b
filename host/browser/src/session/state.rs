//! The model of a session's pages and frames. Plain data: only events change it.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use super::console::Talk;
use super::drawn::Drawn;
use super::held::Acted;
use crate::address::shown;
use crate::dialog::{Dialog, DialogPolicy, DialogWatch};
use crate::download::Downloads;
use crate::origin::origin_of;
use crate::response::Watch;
use crate::selector::Path;
use crate::{Denied, Error, NetworkFailure, Unauthorized};

#[derive(Default)]
pub(crate) struct State {
    pub(crate) pages: Vec<PageState>,
    pub(crate) frames: HashMap<String, FrameState>,
    /// Protocol sessions of workers, and the page of each.
    pub(crate) workers: HashMap<String, String>,
    /// What its pages say, requests of theirs that failed, and what else they caused: so much of each
    /// is told.
    pub(crate) talk: Talk,
    pub(crate) failures: Talk,
    pub(crate) caused: Talk,
    /// Requests that are on their way.
    pub(crate) requests: HashMap<String, RequestState>,
    /// Why documents could not be loaded, by their loader; kept until the navigation ends.
    pub(crate) document_failures: HashMap<String, String>,
    /// What may get in the way, and what to click then. Paths, not locators: those would hold the
    /// session from within.
    pub(crate) overlays: Vec<(Path, Path)>,
    /// One of them is being dismissed.
    pub(crate) clearing: bool,
    pub(crate) dialogs: DialogPolicy,
    pub(crate) downloads: Downloads,
    /// Frames whose site wanted a user and password, with the loader of the document that it gave
    /// instead. Not in the frame: it may answer before Chromium tells of the frame.
    pub(crate) locked_out: HashMap<String, (String, Unauthorized)>,
    /// Requests whose call for credentials was answered, and by which origin.
    pub(crate) answered: HashSet<(String, String)>,
    /// Tokens of deeds that are being tried, and whether each has begun in a page; see `act/`.
    pub(crate) deeds: HashMap<String, bool>,
    /// While a session's state is put back: the one document that may be loaded, which is empty and
    /// answered by the gate.
    pub(crate) serving: Option<String>,
    /// What a page drags, as Chromium handed it over.
    pub(crate) dragged: Option<serde_json::Value>,
    pub(crate) closed: bool,
    pub(crate) browser_gone: bool,
}

/// A page: a tab or a popup. Its id is that of its target and of its main frame.
pub(crate) struct PageState {
    pub(crate) id: String,
    /// Protocol session of the page's own target.
    pub(crate) cdp: String,
    pub(crate) opener: Option<String>,
    /// Set up: its events are on and it was let go.
    pub(crate) ready: bool,
    pub(crate) closed: bool,
    pub(crate) crashed: bool,
    /// It has not answered in time: one of its scripts may go on for ever.
    pub(crate) silent: bool,
    /// A navigation of its main frame that was stopped, until another one succeeds.
    pub(crate) denied: Option<Denied>,
    /// When something was last done to it; tells what it fetches for that.
    pub(crate) acted: Acted,
    /// When the last request ended, or the page came to be.
    pub(crate) quiet_since: Instant,
    pub(crate) watches: Vec<Watch>,
    /// Scripts and styles of its documents that could not be loaded.
    pub(crate) lacking: Vec<NetworkFailure>,
    /// What is done with its dialogs; none: as the session says.
    pub(crate) dialogs: Option<DialogPolicy>,
    /// The one that is open.
    pub(crate) dialog: Option<Dialog>,
    pub(crate) dialog_watches: Vec<DialogWatch>,
    /// As Chromium was told last; none: not yet.
    pub(super) drawn: Option<Drawn>,
    /// For so many pictures all of it is drawn.
    pub(super) poses: usize,
}

impl PageState {
    pub(super) fn new(id: &str, cdp: &str, opener: Option<String>) -> Self {
        Self {
            id: id.to_owned(),
            cdp: cdp.to_owned(),
            opener,
            ready: false,
            closed: false,
            crashed: false,
            silent: false,
            denied: None,
            acted: Acted::default(),
            quiet_since: Instant::now(),
            watches: Vec::new(),
            lacking: Vec::new(),
            dialogs: None,
            dialog: None,
            dialog_watches: Vec::new(),
            drawn: None,
            poses: 0,
        }
    }
}

/// The place where a script of ours runs in one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct World {
    /// Names the context for good; a number would be given out again by another process.
    pub(crate) id: String,
    pub(crate) number: i64,
    pub(crate) origin: String,
    pub(crate) cdp: String,
    pub(crate) frame: String,
}

pub(crate) struct FrameState {
    pub(crate) page: String,
    pub(crate) parent: Option<String>,
    /// Protocol session of the process that the frame lives in; none while it moves.
    pub(crate) cdp: Option<String>,
    pub(crate) url: String,
    pub(crate) loader: String,
    /// How often its address has changed without its document.
    pub(crate) moves_within: u64,
    pub(crate) world: Option<World>,
    pub(crate) content_loaded: bool,
    pub(crate) loaded: bool,
    /// It is a popup's, and has only the empty document that each begins with.
    pub(crate) initial: bool,
    /// A navigation was asked for by the page, but has not begun.
    pub(crate) requested: Option<Instant>,
    /// A navigation has begun and not been committed: its loader and address.
    pub(crate) pending: Option<(String, String)>,
    /// The document that is shown is an error page.
    pub(crate) failed: Option<NetworkFailure>,
    pub(crate) denied: Option<Denied>,
    /// It showed what it must not, and is on its way to an empty page.
    pub(crate) sent_away: bool,
    /// HTTP status of the document.
    pub(crate) status: Option<u16>,
}

pub(crate) struct RequestState {
    pub(crate) page: String,
    pub(crate) frame: String,
    pub(crate) loader: String,
    pub(crate) cdp: String,
    pub(crate) url: String,
    /// The addresses that it was redirected from.
    pub(crate) before: Vec<String>,
    pub(crate) since: Instant,
    /// It asks for the head of an answer alone.
    pub(crate) head: bool,
    /// For a script or a style.
    pub(crate) vital: bool,
    /// Of a kind that stays open by nature (event stream), or nobody may ever tell of its end: the network
    /// counts as quiet with it.
    pub(crate) endless: bool,
}

impl State {
    pub(crate) fn page(&self, id: &str) -> Option<&PageState> {
        self.pages.iter().find(|page| page.id == id)
    }

    pub(crate) fn page_mut(&mut self, id: &str) -> Option<&mut PageState> {
        self.pages.iter_mut().find(|page| page.id == id)
    }

    pub(crate) fn open_pages(&self) -> impl Iterator<Item = &PageState> {
        self.pages.iter().filter(|page| !page.closed)
    }

    /// A page tells that a deed begins. One that nobody tries any more is of no interest.
    pub(crate) fn begins(&mut self, token: &str) {
        if let Some(begun) = self.deeds.get_mut(token) {
            *begun = true;
        }
    }

    /// The page that a page or frame belongs to.
    pub(crate) fn page_in<'a>(&'a self, id: &'a str) -> &'a str {
        self.frames.get(id).map_or(id, |frame| frame.page.as_str())
    }

    /// Closed pages are kept for those who hold a handle of them, but not all for ever.
    pub(crate) fn forget_old_pages(&mut self) {
        const KEPT: usize = 20;
        let mut closed = self.pages.iter().filter(|page| page.closed).count();
        self.pages.retain(|page| {
            let old = page.closed && closed > KEPT;
            closed -= usize::from(page.closed);
            !old
        });
    }

    pub(crate) fn current_page(&self) -> String {
        let current = self.open_pages().last().or(self.pages.last());
        current.map(|page| page.id.clone()).unwrap_or_default()
    }

    /// The host itself opens an address: whatever was denied to the page before is over.
    pub(crate) fn start_anew(&mut self, page: &str) {
        if let Some(frame) = self.frames.get_mut(page) {
            frame.sent_away = false;
        }
        if let Some(page) = self.page_mut(page) {
            page.denied = None;
        }
    }

    /// What makes any call on this page pointless.
    pub(crate) fn trouble(&self, page: &str) -> Option<Error> {
        if self.browser_gone {
            return Some(Error::Crashed("Chromium died".to_owned()));
        }
        if self.closed {
            return Some(Error::Closed("the session is closed".to_owned()));
        }
        match self.page(page) {
            None => Some(Error::Closed("there is no such page".to_owned())),
            Some(page) if page.closed => Some(Error::Closed("the page is closed".to_owned())),
            Some(page) if page.crashed => {
                Some(Error::Crashed("the page's renderer crashed".to_owned()))
            }
            Some(_) => None,
        }
    }

    /// Whose document a frame has. One without an origin of its own is of who has its address, or else of
    /// what is around it.
    pub(crate) fn origin_in(&self, frame: &str) -> Option<String> {
        let mut next = self.frames.get(frame);
        while let Some(frame) = next {
            let own = frame.world.as_ref().map(|world| world.origin.as_str());
            let places = [own.unwrap_or_default(), frame.url.as_str()].map(origin_of);
            if let Some(origin) = places.into_iter().find(|place| place.starts_with("http")) {
                return Some(origin);
            }
            next = frame.parent.as_ref().and_then(|id| self.frames.get(id));
        }
        None
    }

    /// Whether a frame still has this document.
    pub(crate) fn shows(&self, world: &World) -> bool {
        let frame = self.frames.get(&world.frame);
        frame.and_then(|frame| frame.world.as_ref()).is_some_and(|now| now.id == world.id)
    }

    /// The same for what a navigation brought: a denied origin, a document that didn't load.
    pub(crate) fn misled(&self, page: &str) -> Option<Error> {
        let frame = self.frames.get(page)?;
        if frame.is_moving() {
            return None;
        }
        if let Some(denied) = self.page(page).and_then(|page| page.denied.clone()) {
            return Some(Error::Denied(Box::new(denied)));
        }
        self.unusable(page)
    }

    /// Why a frame's document is not the one that was meant to be there.
    pub(crate) fn unusable(&self, id: &str) -> Option<Error> {
        let frame = self.frames.get(id)?;
        match self.locked_out.get(id) {
            Some((loader, why)) if *loader == frame.loader => {
                Some(Error::Unauthorized(Box::new(why.clone())))
            }
            _ => frame.failed.clone().map(|failure| Error::Network(Box::new(failure))),
        }
    }

    /// A page did not answer in time.
    pub(crate) fn grows_silent(&mut self, id: &str) {
        if let Some(page) = self.page_mut(id) {
            page.silent = true;
        }
    }

    /// Whether the page's documents are loaded and nothing is being fetched.
    pub(crate) fn busy(&self, page: &str) -> Option<String> {
        let frames =
            self.frames.iter().filter(|(_, frame)| frame.page == page && frame.cdp.is_some());
        for (id, frame) in frames {
            if let Some((_, url)) = &frame.pending {
                return Some(format!("a navigation to {} is under way", shown(url)));
            }
            if id == page && !frame.loaded {
                return Some("the page is still loading".to_owned());
            }
        }
        self.fetching(page).map(|request| format!("{} is still being fetched", shown(&request.url)))
    }

    pub(crate) fn fetching(&self, page: &str) -> Option<&RequestState> {
        self.requests.values().find(|request| request.page == page && !request.endless)
    }
}

impl PageState {
    /// Keeps the first few: what a page misses it often misses everywhere.
    pub(crate) fn lacks(&mut self, url: &str, reason: String) {
        const KEPT: usize = 5;
        if self.lacking.len() < KEPT {
            self.lacking.push(NetworkFailure::of(url.to_owned(), reason));
        }
    }
}

impl FrameState {
    pub(crate) fn new(page: &str, parent: Option<&str>, cdp: &str) -> Self {
        Self {
            page: page.to_owned(),
            parent: parent.map(str::to_owned),
            cdp: Some(cdp.to_owned()),
            url: String::new(),
            loader: String::new(),
            moves_within: 0,
            world: None,
            content_loaded: false,
            loaded: false,
            initial: false,
            requested: None,
            pending: None,
            failed: None,
            denied: None,
            sent_away: false,
            status: None,
        }
    }

    /// A request of a page to go elsewhere that never begins (a link to an unknown scheme) counts
    /// for a moment only.
    pub(crate) fn is_moving(&self) -> bool {
        const BEGINS_WITHIN: std::time::Duration = std::time::Duration::from_millis(500);
        self.initial
            || self.pending.is_some()
            || self.requested.is_some_and(|at| at.elapsed() < BEGINS_WITHIN)
    }

    pub(crate) fn still(&mut self) {
        // It stays with what it has.
        if std::mem::take(&mut self.initial) {
            self.content_loaded = true;
            self.loaded = true;
        }
        self.pending = None;
        self.requested = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_deeds_that_nobody_tries_nothing_is_kept() {
        let mut state = State::default();
        state.deeds.insert("1".to_owned(), false);
        for token in ["0", "1", "2"] {
            state.begins(token);
        }
        assert_eq!(state.deeds, HashMap::from([("1".to_owned(), true)]));
    }
}
