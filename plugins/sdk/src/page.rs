//! The page of the step's session, and the frames in it.

use std::rc::Rc;

use crate::bindings::mavm::plugin::browser::{self as wit, Selector as WitSelector};
pub use crate::bindings::mavm::plugin::browser::{DialogAnswer, LoadState};
use crate::find::{Role, Selector, TextMatch, finders};
use crate::locator::Locator;
use crate::waiters::{DialogWaiter, DownloadWaiter, PopupWaiter, ResponseWaiter};
use crate::{Code, Failure, Result, time};

/// A handle, or the failure that kept us from getting it: told by the first action, so that finding
/// things needs no `?`.
pub(crate) type Lazy<T> = Result<Rc<T>, Failure>;

/// The page of this step's session. A new session starts on an empty page.
#[derive(Clone)]
pub struct Page {
    handle: Lazy<wit::Page>,
}

/// The document inside an iframe. Looked up anew at each use, like a locator.
#[derive(Clone)]
pub struct Frame {
    handle: Lazy<wit::Frame>,
}

finders!(Page);
finders!(Frame);

impl Page {
    pub(crate) fn current() -> Self {
        Self { handle: wit::current_page().map(Rc::new) }
    }

    pub(crate) fn new(handle: wit::Page) -> Self {
        Self { handle: Ok(Rc::new(handle)) }
    }

    fn page(&self) -> Result<&wit::Page> {
        self.handle.as_deref().map_err(Clone::clone)
    }

    /// Opens a path on a named site: `goto("console", "/console/home")`. The operator's configuration
    /// maps the name to an address.
    pub fn goto(&self, site: &str, path: &str) -> Result<()> {
        self.page()?.goto(site, path)
    }

    /// Opens a link that came as a code, in a mail.
    pub fn goto_link(&self, link: &Code) -> Result<()> {
        self.page()?.goto_link(link)
    }

    /// Loads the page again.
    pub fn reload(&self) -> Result<()> {
        self.page()?.reload()
    }

    /// The address without its query.
    pub fn url(&self) -> Result<String> {
        self.page()?.url()
    }

    /// The document's title.
    pub fn title(&self) -> Result<String> {
        self.page()?.title()
    }

    /// Waits until the address, fragment included, matches.
    pub fn wait_for_url(&self, url: impl Into<TextMatch>) -> Result<()> {
        self.page()?.wait_for_url(&url.into(), Some(time::to_wit(time::PATIENCE)))
    }

    /// Waits until the document has come so far.
    pub fn wait_for_load(&self, state: LoadState) -> Result<()> {
        self.page()?.wait_for_load(state, Some(time::to_wit(time::PATIENCE)))
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

    /// How the dialogs of the session are answered from now on.
    pub fn on_dialog(&self, answer: &DialogAnswer) -> Result<()> {
        self.page()?.on_dialog(answer)
    }

    /// From now on, when `overlay` is in the way of an action, `dismiss` is clicked.
    pub fn on_overlay(&self, overlay: &Locator, dismiss: &Locator) -> Result<()> {
        self.page()?.on_overlay(overlay.handle()?, dismiss.handle()?);
        Ok(())
    }

    /// A picture of what the window shows, as PNG.
    pub fn picture(&self) -> Result<Vec<u8>> {
        self.page()?.picture(Some(time::to_wit(time::PATIENCE)))
    }

    /// Closes it: for popups. The page before it becomes the current one.
    pub fn close(&self) -> Result<()> {
        self.page()?.close()
    }

    /// An element, by any selector.
    pub fn locate(&self, how: impl Into<Selector>) -> Locator {
        let how = how.into();
        Locator::lazy(self.page().map(|page| page.locate(&how.0)))
    }

    fn frame_of(&self, how: Selector) -> Frame {
        Frame::lazy(self.page().map(|page| page.frame(&how.0)))
    }
}

impl Frame {
    pub(crate) fn lazy(handle: Result<wit::Frame>) -> Self {
        Self { handle: handle.map(Rc::new) }
    }

    fn document(&self) -> Result<&wit::Frame> {
        self.handle.as_deref().map_err(Clone::clone)
    }

    /// An element, by any selector.
    pub fn locate(&self, how: impl Into<Selector>) -> Locator {
        let how = how.into();
        Locator::lazy(self.document().map(|frame| frame.locate(&how.0)))
    }

    fn frame_of(&self, how: Selector) -> Frame {
        Self::lazy(self.document().map(|frame| frame.inner(&how.0)))
    }
}
