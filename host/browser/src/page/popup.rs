//! Pages that a page opens.

use crate::session::PageState;
use crate::{Deadline, Error, Page};

/// Waits for a popup.
pub struct PopupWaiter {
    page: Page,
    known: Vec<String>,
}

impl PopupWaiter {
    pub(super) fn new(page: Page) -> Self {
        let known = page.session.inner().state().pages.iter().map(|page| page.id.clone()).collect();
        Self { page, known }
    }

    /// The page that was opened since the waiter was made, when its document begins to come; or closed already, if it
    /// closed at once.
    pub async fn wait(self, deadline: impl Into<Deadline>) -> Result<Page, Error> {
        let deadline = deadline.into();
        let inner = self.page.session.inner();
        let opened = inner
            .until(&deadline, |state| {
                let has_come = |page: &PageState| {
                    page.ready && state.frames.get(&page.id).is_some_and(|frame| !frame.initial)
                };
                let opened = state.pages.iter().find(|page| {
                    (has_come(page) || page.closed)
                        && !self.known.contains(&page.id)
                        && page.opener.as_ref().is_none_or(|by| *by == self.page.id)
                });
                if let Some(page) = opened {
                    return Some(Ok(page.id.clone()));
                }
                // One that it opened before it went is one all the same.
                state.trouble(&self.page.id).map(Err)
            })
            .await;
        match opened {
            Ok(Ok(id)) => Ok(Page::new(self.page.session.clone(), id)),
            Ok(Err(error)) => Err(error),
            Err(over) => Err(Error::over(over, "a popup", &deadline, None, self.page.shown_url())),
        }
    }
}
