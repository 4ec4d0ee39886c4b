//! Going back and forward in a page's history. It must never lead to an origin that is not granted.

use serde::Deserialize;
use serde_json::json;

use crate::{Deadline, Error, Page};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct History {
    current_index: usize,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: i64,
    url: String,
}

impl Page {
    /// Goes back to what the page showed before, and waits as [`Page::goto`] does. False if there is
    /// nothing to go back to.
    pub async fn go_back(&self, deadline: impl Into<Deadline>) -> Result<bool, Error> {
        let before = |history: &History| history.current_index.checked_sub(1);
        self.traced("go back", None, self.go(before, &deadline.into())).await
    }

    /// Goes forward again. False if there is nothing to go forward to.
    pub async fn go_forward(&self, deadline: impl Into<Deadline>) -> Result<bool, Error> {
        let after = |history: &History| history.current_index.checked_add(1);
        self.traced("go forward", None, self.go(after, &deadline.into())).await
    }

    async fn go(
        &self,
        place: impl FnOnce(&History) -> Option<usize>,
        deadline: &Deadline,
    ) -> Result<bool, Error> {
        let inner = self.session.inner();
        let (cdp, (loader, moves)) = self.target(|state| {
            state.frames.get(&self.id).map(|frame| (frame.loader.clone(), frame.moves_within))
        })?;
        let history: History =
            self.call("Page.getNavigationHistory", &cdp, json!({}), deadline).await?;
        let Some(entry) = place(&history).and_then(|place| history.entries.get(place)) else {
            return Ok(false);
        };
        let url = &entry.url;
        if url != "about:blank" && !(inner.allows(url) && inner.grants(url)) {
            let what = format!("going to {} in the history", inner.shown(url));
            return Err(Error::Denied(Box::new(inner.denial(url, &what))));
        }
        self.end_endless().await;
        inner.state().start_anew(&self.id);
        let entry_id = json!({"entryId": entry.id});
        let _: serde_json::Value =
            self.call("Page.navigateToHistoryEntry", &cdp, entry_id, deadline).await?;
        let arrived = self.await_page(inner.shown(url), deadline, |state| {
            state.frames.get(&self.id).is_some_and(|frame| {
                let within = frame.moves_within != moves;
                (frame.loader != loader || within) && frame.content_loaded && !frame.is_moving()
            })
        });
        let arrived = arrived.await;
        if let Err(Error::TimedOut(_) | Error::Cancelled(_)) = &arrived {
            self.stop();
        }
        arrived.map(|()| true)
    }
}
