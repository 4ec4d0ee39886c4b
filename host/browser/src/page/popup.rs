//! Pages that a page opens.

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

    /// The page that was opened since the waiter was made, ready for use; or closed already, if it
    /// closed at once.
    pub async fn wait(self, deadline: impl Into<Deadline>) -> Result<Page, Error> {
        let deadline = deadline.into();
        let inner = self.page.session.inner();
        let opened = inner
            .until(&deadline, |state| {
                let opened = state.pages.iter().find(|page| {
                    (page.ready || page.closed)
                        && !self.known.contains(&page.id)
                        && page.opener.as_deref().is_none_or(|by| state.page_in(by) == self.page.id)
                });
                if let Some(page) = opened {
                    return Some(Ok(page.id.clone()));
                }
                (state.browser_gone || state.closed).then(|| {
                    Err(state
                        .trouble("")
                        .unwrap_or_else(|| Error::Closed("the session is closed".to_owned())))
                })
            })
            .await;
        match opened {
            Ok(Ok(id)) => Ok(Page::new(self.page.session.clone(), id)),
            Ok(Err(error)) => Err(error),
            Err(over) => Err(Error::over(over, "a popup", &deadline, None, self.page.shown_url())),
        }
    }
}
