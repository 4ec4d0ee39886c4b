//! One browser context with its pages: what a run's steps share. A session keeps a model of its
//! pages and frames (`state.rs`), brought up to date by events (`events.rs`); everything else asks
//! the model and waits for it to change.
//!
//! It must never let a document load from an origin that is not granted.

mod attach;
mod console;
mod credentials;
mod dialogs;
mod downloads;
mod drawn;
mod events;
mod gate;
mod headers;
mod held;
mod keep;
mod network;
mod state;
mod wire;
mod workers;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;

pub(crate) use attach::{Furnished, SCRIPT, furnish, rehearse};
pub use credentials::Credentials;
pub(crate) use held::{Acted, HELD_OPEN};
pub use keep::SessionState;
pub(crate) use state::{FrameState, PageState, State, World};
pub(crate) use wire::TargetInfo;

use crate::cdp::CallError;
use crate::deadline::Over;
use crate::dialog::DialogPolicy;
use crate::evidence::{Trace, last_look};
use crate::guesses::Guesses;
use crate::launch::{ANSWER, Browser, Spare, Use};
use crate::redact::{Redactor, Used};
use crate::{Deadline, Denied, Error, Origin, Page, Sealed, Source, TraceOptions, locked};

/// Size of a page's window, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewport {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

impl Default for Viewport {
    fn default() -> Self {
        Self { width: 1280, height: 800 }
    }
}

/// What a session may do and how it presents itself.
#[derive(Clone, Default)]
pub struct SessionOptions {
    /// Origins whose documents may be loaded, in pages, frames and popups. None: nothing at all.
    pub allowed: Vec<Origin>,
    /// Window size.
    pub viewport: Viewport,
    /// What `Intl` formats by, such as `en-US`; none: the browser's. (The language asked for in
    /// requests is the launcher's.)
    pub locale: Option<String>,
    /// For sites that ask by HTTP authentication (a browser's own window for user and password).
    pub credentials: Vec<Credentials>,
    /// Time zone by its IANA name; none: the machine's.
    pub time_zone: Option<String>,
    /// Where to write a trace.
    pub trace: Option<TraceOptions>,
    /// Values that its pages may show though it has not used them: a site knows them from elsewhere.
    pub masked: Vec<Sealed>,
    /// What its run has guessed; default: nothing yet, and no other session counts here.
    pub guesses: Guesses,
    /// More redaction, after the session's own.
    pub redactor: Option<Redactor>,
}

impl SessionOptions {
    /// Only these origins, everything else by default.
    pub fn only(allowed: impl IntoIterator<Item = Origin>) -> Self {
        Self { allowed: allowed.into_iter().collect(), ..Self::default() }
    }
}

/// A session. Clones share it; when the last one and its pages are dropped, it is closed.
#[derive(Clone)]
pub struct Session {
    handle: Arc<Handle>,
}

/// Disposes of the browser context when nobody holds the session any more.
struct Handle {
    inner: Arc<Inner>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.inner.dispose();
    }
}

/// What the session's handles and the event side share.
pub(crate) struct Inner {
    pub(crate) browser: Arc<Browser>,
    /// Chromium's id of the browser context.
    pub(crate) context: String,
    pub(crate) allowed: Vec<Origin>,
    /// Of these, whose documents may be used now; none: all.
    granted: Mutex<Option<Vec<Origin>>>,
    credentials: Vec<Credentials>,
    pub(crate) used: Used,
    pub(crate) trace: Trace,
    source: Mutex<Arc<Source>>,
    viewport: Viewport,
    locale: Option<String>,
    time_zone: Option<String>,
    state: Mutex<State>,
    changed: watch::Sender<()>,
    /// Keeps Chromium from being closed as unused, until the session ends.
    in_use: Mutex<Option<Use>>,
    /// Pointer actions of one session take turns: there is one mouse.
    pub(crate) pointer: tokio::sync::Mutex<()>,
}

impl Session {
    pub(crate) async fn open(
        browser: Arc<Browser>,
        options: SessionOptions,
    ) -> Result<Self, Error> {
        let trace = Trace::open(options.trace.as_ref(), &browser.version)?;
        let used = Used::new(options.redactor).counted_in(options.guesses);
        for credentials in &options.credentials {
            credentials.mask(&used)?;
        }
        for sealed in &options.masked {
            used.remember_sealed(sealed, &options.allowed)?;
        }
        let (context, page) = match browser.take_spare().await {
            Some(Spare { context, page, cdp }) => (context, Some((page, cdp))),
            None => (browser.new_context().await.map_err(refused)?, None),
        };
        let context = context.take_over();
        let inner = Arc::new(Inner {
            browser: browser.clone(),
            context: context.clone(),
            allowed: options.allowed,
            granted: Mutex::default(),
            credentials: options.credentials,
            used,
            trace,
            source: Mutex::default(),
            viewport: options.viewport,
            locale: options.locale,
            time_zone: options.time_zone,
            state: Mutex::default(),
            changed: watch::Sender::new(()),
            in_use: Mutex::default(),
            pointer: tokio::sync::Mutex::default(),
        });
        browser.admit(&context, &inner);
        // From here on dropping disposes of the context, also when a call below fails.
        let session = Self { handle: Arc::new(Handle { inner }) };
        let inner = session.inner();
        inner.deny_downloads();
        if let Some((page, cdp)) = page {
            browser.hand_over(&page, &cdp, inner);
            if inner.is_ready(&page, ANSWER).await? {
                return Ok(session);
            }
            inner.give_up(&page);
        }
        let page = browser.new_page(&context).await.map_err(refused)?;
        match inner.is_ready(&page, Duration::from_secs(30)).await? {
            true => Ok(session),
            false => Err(Error::Crashed("Chromium opened no page for a new session".to_owned())),
        }
    }

    pub(crate) fn keep_in_use(&self, in_use: Use) {
        *locked(&self.inner().in_use) = Some(in_use);
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.handle.inner
    }

    /// The current page: the one that was opened last and is still open. A popup becomes it by
    /// opening, the page before it by the popup's closing.
    pub fn page(&self) -> Page {
        let id = self.inner().state().current_page();
        Page::new(self.clone(), id)
    }

    /// All open pages, in the order of their opening.
    pub fn pages(&self) -> Vec<Page> {
        let ids: Vec<String> =
            self.inner().state().open_pages().map(|page| page.id.clone()).collect();
        ids.into_iter().map(|id| Page::new(self.clone(), id)).collect()
    }

    /// Where trace and log say that things come from, from now on.
    pub fn set_source(&self, source: &Source) {
        let inner = self.inner();
        *locked(&inner.source) = Arc::new(source.clone());
        inner.trace.set_source(source);
    }

    /// Masks a value from now on where all of it shows: a part of a link, say.
    ///
    /// [`Invalid`](Error::Invalid) if the session has used as many values as it can mask.
    pub fn mask(&self, secret: &secrecy::SecretString) -> Result<(), Error> {
        Ok(self.inner().used.remember_whole(secret)?)
    }

    /// The same for a value, parts of it included, that it has not used.
    pub fn mask_sealed(&self, sealed: &Sealed) -> Result<(), Error> {
        self.inner().remember(sealed)
    }

    /// [`Denied`](Error::Denied) if a page shows a document that may not be used now.
    pub fn may_use(&self, page: &Page) -> Result<(), Error> {
        self.inner().may_use(page.id())
    }

    /// To be called with what a plugin says and a page may show again: [`Denied`](Error::Denied) if too
    /// many parts of sealed values are in it, which look guessed.
    pub fn guess(&self, text: &str) -> Result<(), Error> {
        self.inner().used.guess(text)
    }

    /// Whether a page was opened by another one, and may be closed: the session goes on without it.
    pub fn is_popup(&self, page: &Page) -> bool {
        self.inner().state().page(page.id()).is_none_or(|page| page.closed || page.opener.is_some())
    }

    /// Somebody else goes on with it: what the one before said about dialogs and overlays counts no
    /// more. Documents of these origins are all that may be used now; none: all that are allowed.
    pub fn hand_over(&self, granted: Option<Vec<Origin>>) {
        *locked(&self.inner().granted) = granted;
        let mut state = self.inner().state();
        state.overlays.clear();
        state.dialogs = DialogPolicy::default();
        for page in &mut state.pages {
            page.dialogs = None;
        }
    }

    /// From now on, what is done with dialogs of its pages that have no policy of their own.
    pub fn on_dialog(&self, policy: DialogPolicy) {
        self.inner().state().dialogs = policy;
    }

    /// Closes all its pages and forgets its cookies and storage. Later calls on it fail with
    /// [`Error::Closed`].
    pub async fn close(&self) {
        let inner = self.inner();
        last_look(&self.page()).await;
        if inner.end() {
            let closing = inner.browser.connection.start(
                None,
                "Target.disposeBrowserContext",
                json!({"browserContextId": inner.context}),
            );
            // Whether it says so or not: nobody can use the context any more.
            let _ = closing.reply::<serde_json::Value>(Duration::from_secs(5)).await;
            inner.remove_downloads();
            inner.browser.dismiss(&inner.context);
        }
    }
}

fn refused(error: CallError) -> Error {
    Error::Crashed(format!("Chromium could not open a session ({error})"))
}

impl Inner {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    /// Whoever waits looks at the state again.
    pub(crate) fn touch(&self) {
        self.changed.send_replace(());
    }

    /// Waits until `check` finds what it looks for.
    pub(crate) async fn until<T>(
        &self,
        deadline: &Deadline,
        mut check: impl FnMut(&mut State) -> Option<T>,
    ) -> Result<T, Over> {
        let mut changed = self.changed.subscribe();
        loop {
            if let Some(found) = check(&mut self.state()) {
                return Ok(found);
            }
            tokio::select! {
                _ = changed.changed() => {}
                over = deadline.over() => return Err(over),
            }
        }
    }

    /// Waits for one change of the state, or for the deadline.
    pub(crate) async fn next_change(&self, deadline: &Deadline) {
        let mut changed = self.changed.subscribe();
        tokio::select! {
            _ = changed.changed() => {}
            _ = deadline.over() => {}
        }
    }

    /// [`Denied`](Error::Denied) for what a frame shows of sites that whoever has the session now may not
    /// use.
    pub(crate) fn may_use(&self, frame: &str) -> Result<(), Error> {
        let origin = self.state().origin_in(frame);
        match origin.filter(|origin| !self.grants(origin)) {
            None => Ok(()),
            Some(origin) => Err(Error::Denied(Box::new(Denied {
                origin,
                what: "using what a page shows".to_owned(),
                remedy: "go to a site of your own first, or add this one to the plugin's sites"
                    .to_owned(),
            }))),
        }
    }

    /// Whether whoever has the session now may use documents of this origin or address.
    pub(crate) fn grants(&self, url: &str) -> bool {
        let granted = locked(&self.granted);
        granted.as_ref().is_none_or(|granted| granted.iter().any(|granted| granted.holds(url)))
    }

    /// From now on this value is masked. Called before it is sent anywhere.
    pub(crate) fn remember(&self, sealed: &Sealed) -> Result<(), Error> {
        Ok(self.used.remember_sealed(sealed, &self.allowed)?)
    }

    /// An address as logs, traces and errors may have it.
    pub(crate) fn shown(&self, url: &str) -> String {
        self.used.hide(&crate::address::shown(url))
    }

    /// Where things come from now.
    fn source(&self) -> Arc<Source> {
        locked(&self.source).clone()
    }

    pub(crate) fn viewport(&self) -> Viewport {
        self.viewport
    }

    pub(crate) fn allows(&self, url: &str) -> bool {
        self.allowed.iter().any(|origin| origin.holds(url))
    }

    /// True for the first call.
    fn end(&self) -> bool {
        let mut state = self.state();
        let first = !state.closed;
        state.closed = true;
        state.overlays.clear();
        drop(state);
        drop(locked(&self.in_use).take());
        self.touch();
        if first {
            // Now, when there is less to do than while somebody waits for a session.
            self.browser.prepare();
        }
        first
    }

    fn dispose(&self) {
        if self.end() {
            self.browser.connection.post(
                None,
                "Target.disposeBrowserContext",
                json!({"browserContextId": self.context}),
            );
            self.remove_downloads();
        }
        self.browser.dismiss(&self.context);
    }

    pub(crate) fn browser_gone(&self) {
        self.state().browser_gone = true;
        self.touch();
    }
}
