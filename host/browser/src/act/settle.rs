//! After a deed: navigations that it caused are awaited until they are committed, so that the next
//! action meets the new document and not the old one, which may well have an element that fits.

use std::collections::HashSet;
use std::time::Instant;

use crate::session::Acted;
use crate::{Deadline, Error, Locator};

/// How the frames of a page stood before a deed: which of them had a document, and what they were
/// loading.
pub(super) struct Before {
    frames: HashSet<String>,
    loading: HashSet<String>,
    at: Instant,
}

impl Before {
    pub(super) fn of(locator: &Locator) -> Self {
        let state = locator.page.session().inner().state();
        let of_page = || state.frames.iter().filter(|(_, frame)| frame.page == locator.page.id());
        Self {
            frames: of_page()
                .filter(|(_, frame)| frame.world.is_some())
                .map(|(id, _)| id.clone())
                .collect(),
            loading: of_page()
                .filter_map(|(_, frame)| frame.pending.as_ref())
                .map(|(loader, _)| loader.clone())
                .collect(),
            at: Instant::now(),
        }
    }

    /// Waits for what began since. An iframe that was only just made is left to load by itself.
    pub(super) async fn settle(
        &self,
        locator: &Locator,
        what: &str,
        deadline: &Deadline,
    ) -> Result<(), Error> {
        let inner = locator.page.session().inner();
        if let Some(page) = inner.state().page_mut(locator.page.id()) {
            page.acted = Acted::between(self.at, Instant::now());
        }
        loop {
            let mut requested = false;
            let outcome = {
                let state = inner.state();
                // A page that closed itself, or was closed with the deed, is no failure of the deed.
                match state.trouble(locator.page.id()) {
                    Some(crashed @ Error::Crashed(_)) => return Err(crashed),
                    Some(_) => return Ok(()),
                    None => {}
                }
                let moving =
                    self.frames.iter().filter_map(|id| state.frames.get(id)).find(|frame| {
                        match &frame.pending {
                            Some((loader, _)) => !self.loading.contains(loader),
                            None => frame.is_moving(),
                        }
                    });
                match moving {
                    None => {
                        return state
                            .misled(locator.page.id())
                            .map_or(Ok(()), |error| Err(error.hidden(inner)));
                    }
                    Some(frame) => {
                        requested = requested || frame.pending.is_none();
                        frame
                            .pending
                            .as_ref()
                            .map_or_else(|| frame.url.clone(), |(_, url)| url.clone())
                    }
                }
            };
            if let Some(over) = deadline.is_over() {
                let obstacle =
                    format!("the {what} was done; {} has not answered", inner.shown(&outcome));
                return Err(Error::over(
                    over,
                    format!("the page after the {what} of {locator}"),
                    deadline,
                    Some(obstacle),
                    locator.page.shown_url(),
                ));
            }
            // Something that was asked for and never begins is forgotten after a while, without an event.
            let patience = if requested {
                std::time::Duration::from_millis(100)
            } else {
                deadline.remaining()
            };
            inner.next_change(&deadline.at_most(patience)).await;
        }
    }
}
