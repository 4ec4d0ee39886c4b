//! Pages and frames as a page script sees them: what they are asked, and what is awaited of them.
//! Opening addresses is in `opening.rs`, waiting for the page itself in `waiting.rs`.

mod frame;
mod history;
mod opening;
mod popup;
mod waiting;

use std::fmt;
use std::future::Future;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::cdp::CallError;
use crate::dialog::{DialogPolicy, DialogWaiter};
use crate::download::DownloadWaiter;
use crate::evidence::{self, Done};
use crate::response::ResponseWaiter;
use crate::selector::Path;
use crate::session::State;
use crate::{Deadline, Error, Locator, Selector, Session, TextMatch};

pub use frame::Frame;
pub use popup::PopupWaiter;
pub use waiting::LoadState;

/// A tab or popup of a session.
#[derive(Clone)]
pub struct Page {
    session: Session,
    id: String,
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Page({})", self.id)
    }
}

impl Page {
    pub(crate) fn new(session: Session, id: String) -> Self {
        Self { session, id }
    }

    /// The session it belongs to.
    pub fn session(&self) -> &Session {
        &self.session
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Elements of this page's own document.
    pub fn locator(&self, selector: Selector) -> Locator {
        Locator { page: self.clone(), path: Path::default().find(selector) }
    }

    /// The document of an iframe of this page.
    pub fn frame(&self, selector: Selector) -> Frame {
        Frame::new(self.clone(), Path::default().find(selector).enter())
    }

    /// The page's address, fragment included, used sealed values masked.
    pub fn url(&self) -> Result<String, Error> {
        let (_, url) =
            self.target(|state| state.frames.get(&self.id).map(|frame| frame.url.clone()))?;
        Ok(self.session.inner().used.hide(&url))
    }

    /// The page's title.
    pub async fn title(&self, deadline: impl Into<Deadline>) -> Result<String, Error> {
        let title = crate::act::title(self, &deadline.into()).await?;
        Ok(self.session.inner().used.hide(&title))
    }

    /// A picture of what the window shows as PNG, with fields that hold sealed values covered.
    pub async fn screenshot(&self, deadline: impl Into<Deadline>) -> Result<Vec<u8>, Error> {
        evidence::screenshot(self, None, &deadline.into()).await
    }

    /// Starts to listen for a response whose address matches: call it before the action that causes
    /// the request. A page has sixteen of them at most.
    pub fn expect_response(&self, url: TextMatch) -> Result<ResponseWaiter, Error> {
        ResponseWaiter::new(self.clone(), url)
    }

    /// Starts to listen for a popup of this page: call it before the action that opens it.
    pub fn expect_popup(&self) -> PopupWaiter {
        PopupWaiter::new(self.clone())
    }

    /// Starts to listen for a download of this page, or of a popup that it opens for it: call it
    /// before the action that causes it. Until it is dropped, the session may download; else it may
    /// not. One that an earlier action asked for and that only now begins counts, too.
    pub fn expect_download(&self) -> Result<DownloadWaiter, Error> {
        self.target(|_| Some(()))?;
        DownloadWaiter::new(self.clone())
    }

    /// From now on, what is done with this page's dialogs, those of its frames included.
    pub fn on_dialog(&self, policy: DialogPolicy) {
        if let Some(page) = self.session.inner().state().page_mut(&self.id) {
            page.dialogs = Some(policy);
        }
    }

    /// Starts to listen for a dialog of this page: call it before the action that opens it. What is
    /// done with the dialog is the policy's.
    pub fn expect_dialog(&self) -> DialogWaiter {
        DialogWaiter::new(self.clone())
    }

    /// From now on, in the whole session: when an action or a wait finds no way and `overlay` is
    /// visible, `dismiss` is clicked. An action does this twenty times at most, and not any more for
    /// an overlay that stays.
    pub fn on_overlay(&self, overlay: &Locator, dismiss: &Locator) {
        self.session.inner().state().overlays.push((overlay.path.clone(), dismiss.path.clone()));
    }

    /// Nothing is done about this overlay any more.
    pub fn off_overlay(&self, overlay: &Locator) {
        self.session.inner().state().overlays.retain(|(known, _)| *known != overlay.path);
    }

    /// Closes the page without asking it.
    pub async fn close(&self, deadline: impl Into<Deadline>) -> Result<(), Error> {
        let deadline = deadline.into();
        let connection = &self.session.inner().browser.connection;
        connection.post(None, "Target.closeTarget", json!({"targetId": self.id}));
        let closed = self
            .session
            .inner()
            .until(&deadline, |state| state.trouble(&self.id).map(|_| ()))
            .await;
        closed
            .map_err(|over| Error::over(over, "closing a page", &deadline, None, self.shown_url()))
    }

    /// The protocol session of this page and something of its state, if the page can be used.
    fn target<T>(&self, of: impl FnOnce(&State) -> Option<T>) -> Result<(String, T), Error> {
        let state = self.session.inner().state();
        if let Some(trouble) = state.trouble(&self.id) {
            return Err(trouble);
        }
        let gone = || Error::Closed("the page is closed".to_owned());
        let cdp = state.page(&self.id).map(|page| page.cdp.clone()).ok_or_else(gone)?;
        Ok((cdp, of(&state).ok_or_else(gone)?))
    }

    async fn call<T: serde::de::DeserializeOwned>(
        &self,
        method: &'static str,
        cdp: &str,
        params: serde_json::Value,
        deadline: &Deadline,
    ) -> Result<T, Error> {
        let inner = self.session.inner();
        let call = inner.browser.connection.start(Some(cdp), method, params);
        let far = Deadline::after(Duration::from_secs(24 * 3600));
        let broken = inner.until(&far, |state| state.trouble(&self.id));
        tokio::select! {
            reply = call.reply(Duration::from_secs(3600)) => reply.map_err(|error| match error {
                CallError::Closed => Error::Crashed("Chromium died".to_owned()),
                other => Error::Crashed(format!("Chromium refused to load the page ({other})")),
            }),
            Ok(trouble) = broken => Err(trouble),
            over = deadline.over() => Err(Error::over(over, "an answer of the site", deadline, self.obstacle(), self.shown_url())),
        }
    }

    /// What the page is still busy with.
    pub(crate) fn obstacle(&self) -> Option<String> {
        let inner = self.session.inner();
        let busy = inner.state().busy(&self.id);
        busy.map(|busy| inner.used.hide(&busy))
    }

    /// Whether its main document is about to be replaced.
    pub(crate) fn is_moving(&self) -> bool {
        let state = self.session.inner().state();
        state.frames.get(&self.id).is_some_and(|frame| frame.is_moving())
    }

    pub(crate) fn shown_url(&self) -> String {
        let inner = self.session.inner();
        let url = inner.state().frames.get(&self.id).map(|frame| frame.url.clone());
        url.map(|url| inner.shown(&url)).unwrap_or_default()
    }

    async fn traced<T>(
        &self,
        action: &'static str,
        note: Option<String>,
        doing: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let started = Instant::now();
        // What is left behind is the end of what was done before.
        if matches!(action, "go to" | "reload" | "go back" | "go forward") {
            evidence::last_look(self).await;
        }
        let result = doing.await;
        let done = Done { action, locator: None, note, started };
        evidence::record(self, done, result.as_ref().err()).await;
        result
    }
}
