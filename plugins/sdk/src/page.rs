//! The page of the step's session, and the frames in it.

use std::rc::Rc;
use std::time::Duration;

use crate::bindings::mavm::plugin::browser::{self as wit, Selector as WitSelector};
pub use crate::bindings::mavm::plugin::browser::{DialogAnswer, LoadState};
use crate::bindings::mavm::plugin::types::Duration as WitDuration;
use crate::find::{Role, Selector, TextMatch, finders};
use crate::locator::Locator;
use crate::waiters::{DialogWaiter, DownloadWaiter, PopupWaiter, ResponseWaiter};
use crate::{Code, Failure, Result, time};

/// A handle, or the failure that kept us from getting it: told by the first action, so that finding
/// things needs no `?`.
pub(crate) type Lazy<T> = Result<Rc<T>, Failure>;

/// The page of this step's session. A new session starts on an empty page. What it is asked for waits
/// half a minute at most, or as [`Page::within`] says.
#[derive(Clone)]
pub struct Page {
    handle: Lazy<wit::Page>,
    within: Option<Duration>,
}

/// The document inside an iframe. Looked up anew at each use, like a locator.
#[derive(Clone)]
pub struct Frame {
    handle: Lazy<wit::Frame>,
    within: Option<Duration>,
}

finders!(Page);
finders!(Frame);

impl Page {
    pub(crate) fn current() -> Self {
        Self { handle: wit::current_page().map(Rc::new), within: None }
    }

    pub(crate) fn new(handle: wit::Page) -> Self {
        Self { handle: Ok(Rc::new(handle)), within: None }
    }

    fn page(&self) -> Result<&wit::Page> {
        self.handle.as_deref().map_err(Clone::clone)
    }

    fn bound(&self) -> Option<WitDuration> {
        Some(time::to_wit(self.within.unwrap_or(time::PATIENCE)))
    }

    /// The same, waiting so long and no longer; so does what is found on it:
    /// `page.within(minutes(2)).goto("console", "/")`.
    #[must_use]
    pub fn within(&self, within: Duration) -> Self {
        Self { handle: self.handle.clone(), within: Some(within) }
    }

    /// Opens a path on a named site: `goto("console", "/console/home")`. The operator's configuration
    /// maps the name to an address.
    pub fn goto(&self, site: &str, path: &str) -> Result<()> {
        self.page()?.goto(site, path, self.bound())
    }

    /// Opens a link that came as a code, in a mail.
    pub fn goto_link(&self, link: &Code) -> Result<()> {
        self.page()?.goto_link(link, self.bound())
    }

    /// Loads the page again.
    pub fn reload(&self) -> Result<()> {
        self.page()?.reload(self.bound())
    }

    /// Goes back in the page's history. False if there is nothing to go back to.
    pub fn go_back(&self) -> Result<bool> {
        self.page()?.go_back(self.bound())
    }

    /// Goes forward again. False if there is nothing to go forward to.
    pub fn go_forward(&self) -> Result<bool> {
        self.page()?.go_forward(self.bound())
    }

    /// The address without its query.
    pub fn url(&self) -> Result<String> {
        self.page()?.url()
    }

    /// The document's title.
    pub fn title(&self) -> Result<String> {
        self.page()?.title(self.bound())
    }

    /// Waits until the address, fragment included, matches.
    pub fn wait_for_url(&self, url: impl Into<TextMatch>) -> Result<()> {
        self.page()?.wait_for_url(&url.into(), self.bound())
    }

    /// Waits until the document has come so far.
    pub fn wait_for_load(&self, state: LoadState) -> Result<()> {
        self.page()?.wait_for_load(state, self.bound())
    }

    /// Starts to listen for an answer from an address. Call it before the action that causes it.
    pub fn expect_response(&self, url: impl Into<TextMatch>) -> Result<ResponseWaiter> {
        Ok(ResponseWaiter::new(self.page()?.expect_response(&url.into())?))
    }

    /// Starts to listen for a new tab or window. Call it before the action that opens it.
    pub fn expect_popup(&self) -> Result<PopupWaiter> {
        Ok(PopupWaiter::new(self.page()?.expect_popup()?))
    }

    /// Starts to listen for a dialog. Call it before the action that opens it.
    pub fn expect_dialog(&self) -> Result<DialogWaiter> {
        Ok(DialogWaiter::new(self.page()?.expect_dialog()?))
    }

    /// Starts to listen for a download, which is refused otherwise. Call it before the action that
    /// causes it.
    pub fn expect_download(&self) -> Result<DownloadWaiter> {
        Ok(DownloadWaiter::new(self.page()?.expect_download()?))
    }

    /// How the dialogs of the session are answered from now on, until the step ends.
    pub fn on_dialog(&self, answer: &DialogAnswer) -> Result<()> {
        self.page()?.on_dialog(answer)
    }

    /// From now on, until the step ends, when `overlay` is visible and in the way of an action or a
    /// wait, `dismiss` is clicked. The same twice counts once; a session has sixteen at most.
    pub fn on_overlay(&self, overlay: &Locator, dismiss: &Locator) -> Result<()> {
        self.page()?.on_overlay(overlay.handle()?, dismiss.handle()?)
    }

    /// From now on nothing is done about `overlay` any more.
    pub fn off_overlay(&self, overlay: &Locator) -> Result<()> {
        self.page()?.off_overlay(overlay.handle()?)
    }

    /// A picture of what the window shows, as PNG.
    pub fn picture(&self) -> Result<Vec<u8>> {
        self.page()?.picture(self.bound())
    }

    /// Closes it: for popups. The page before it becomes the current one.
    pub fn close(&self) -> Result<()> {
        self.page()?.close(self.bound())
    }

    /// An element, by any selector.
    pub fn locate(&self, how: impl Into<Selector>) -> Locator {
        let how = how.into();
        Locator::lazy(self.page().map(|page| page.locate(&how.0)), self.within)
    }

    fn frame_of(&self, how: Selector) -> Frame {
        Frame::lazy(self.page().map(|page| page.frame(&how.0)), self.within)
    }
}

impl Frame {
    pub(crate) fn lazy(handle: Result<wit::Frame>, within: Option<Duration>) -> Self {
        Self { handle: handle.map(Rc::new), within }
    }

    /// The same, where what is found in it waits so long and no longer.
    #[must_use]
    pub fn within(&self, within: Duration) -> Self {
        Self { handle: self.handle.clone(), within: Some(within) }
    }

    fn document(&self) -> Result<&wit::Frame> {
        self.handle.as_deref().map_err(Clone::clone)
    }

    /// An element, by any selector.
    pub fn locate(&self, how: impl Into<Selector>) -> Locator {
        let how = how.into();
        Locator::lazy(self.document().map(|frame| frame.locate(&how.0)), self.within)
    }

    fn frame_of(&self, how: Selector) -> Frame {
        Self::lazy(self.document().map(|frame| frame.inner(&how.0)), self.within)
    }
}
