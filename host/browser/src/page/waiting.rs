//! Waiting for what a page becomes: loaded, quiet, at an address.

use std::fmt;
use std::time::Duration;

use crate::session::State;
use crate::{Deadline, Error, Page, TextMatch};

/// How far a page has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadState {
    /// Its HTML is read and its first scripts have run.
    DomContentLoaded,
    /// Pictures, styles and frames are there too.
    Load,
    /// Loaded, and no request for half a second.
    NetworkIdle,
}

impl fmt::Display for LoadState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DomContentLoaded => "DOM content loaded",
            Self::Load => "load",
            Self::NetworkIdle => "network idle",
        })
    }
}

impl Page {
    /// Waits until the page has come as far as `wanted`.
    pub async fn wait_for_load(
        &self,
        wanted: LoadState,
        deadline: impl Into<Deadline>,
    ) -> Result<(), Error> {
        let deadline = deadline.into();
        self.traced("wait for load", Some(wanted.to_string()), async {
            self.await_page(wanted.to_string(), &deadline, |state| {
                let settled = state.frames.get(&self.id).is_some_and(|frame| !frame.is_moving());
                settled && reached(state, &self.id, wanted)
            })
            .await?;
            self.quiet_if(wanted, &deadline).await
        })
        .await
    }

    /// Waits until the page's address matches; it need not have loaded then.
    pub async fn wait_for_url(
        &self,
        wanted: &TextMatch,
        deadline: impl Into<Deadline>,
    ) -> Result<(), Error> {
        let deadline = deadline.into();
        self.traced("wait for url", Some(wanted.to_string()), async {
            let fits = wanted.fitting()?;
            let mut seen: Option<String> = None;
            loop {
                let another = |state: &State| {
                    // A page may change it for ever.
                    if seen.is_some() && deadline.is_over().is_some() {
                        return false;
                    }
                    let url = state.frames.get(&self.id).map(|frame| &frame.url);
                    let another = url != seen.as_ref();
                    if another {
                        seen = url.cloned();
                    }
                    another
                };
                self.await_page(format!("the address {wanted}"), &deadline, another).await?;
                // As it would be shown: a yes or no must not tell what is masked. Not where the state is
                // locked: all that Chromium tells waits for it.
                let shown = seen.as_ref().map(|url| self.session.inner().used.hide(url));
                if shown.is_some_and(|url| fits(&url)) {
                    return Ok(());
                }
            }
        })
        .await
    }

    /// Waits until the model of the page is as `there` wants it. Ends sooner if the page is no more,
    /// or a navigation of it came to nothing.
    pub(super) async fn await_page(
        &self,
        what: String,
        deadline: &Deadline,
        mut there: impl FnMut(&State) -> bool,
    ) -> Result<(), Error> {
        let inner = self.session.inner();
        let arrived = inner
            .until(deadline, |state| {
                let astray = state.trouble(&self.id).or_else(|| state.misled(&self.id));
                match astray {
                    Some(error) => Some(Err(error)),
                    None => there(state).then_some(Ok(())),
                }
            })
            .await;
        match arrived {
            Ok(result) => result.map_err(|error| error.hidden(inner)),
            Err(over) => Err(Error::over(over, what, deadline, self.obstacle(), self.shown_url())),
        }
    }

    /// For network idle: no request under way for half a second.
    pub(super) async fn quiet_if(
        &self,
        wanted: LoadState,
        deadline: &Deadline,
    ) -> Result<(), Error> {
        const QUIET: Duration = Duration::from_millis(500);
        if wanted != LoadState::NetworkIdle {
            return Ok(());
        }
        let inner = self.session.inner();
        loop {
            let rest = {
                let state = inner.state();
                if let Some(trouble) = state.trouble(&self.id) {
                    return Err(trouble);
                }
                let since =
                    state.page(&self.id).map(|page| page.quiet_since.elapsed()).unwrap_or_default();
                let fetching = state.fetching(&self.id).is_some();
                if !fetching && since >= QUIET {
                    return Ok(());
                }
                if fetching { QUIET } else { QUIET.saturating_sub(since) }
            };
            if let Some(over) = deadline.is_over() {
                let (obstacle, showed) = (self.obstacle(), self.shown_url());
                return Err(Error::over(over, wanted.to_string(), deadline, obstacle, showed));
            }
            inner.next_change(&deadline.at_most(rest)).await;
        }
    }
}

pub(super) fn reached(state: &State, page: &str, wanted: LoadState) -> bool {
    state.frames.get(page).is_some_and(|frame| match wanted {
        LoadState::DomContentLoaded => frame.content_loaded,
        LoadState::Load | LoadState::NetworkIdle => frame.loaded,
    })
}
