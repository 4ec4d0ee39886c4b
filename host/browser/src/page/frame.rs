//! The document of an iframe as a page script sees it. It never remembers a frame.

use crate::selector::Path;
use crate::{Locator, Page, Selector};

/// The document of an iframe, found anew at each use: it may load late, navigate or be replaced.
#[derive(Clone, Debug)]
pub struct Frame {
    page: Page,
    path: Path,
}

impl Frame {
    pub(crate) fn new(page: Page, path: Path) -> Self {
        Self { page, path }
    }

    /// Elements of this frame.
    pub fn locator(&self, selector: Selector) -> Locator {
        Locator { page: self.page.clone(), path: self.path.find(selector) }
    }

    /// The document of an iframe in this one.
    pub fn frame(&self, selector: Selector) -> Self {
        Self::new(self.page.clone(), self.path.find(selector).enter())
    }
}
