//! Opening addresses. It must never open one of an origin that is not granted.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::waiting::reached;
use crate::address::kept;
use crate::cdp::CallError;
use crate::session::State;
use crate::{Deadline, Error, LoadState, NetworkFailure, Page};

/// How long after its request was answered a download may begin.
const BEGINS_WITHIN: Duration = Duration::from_secs(1);
/// A page that is left and says nothing for so long is taken for one whose script never ends.
const HUNG: Duration = Duration::from_secs(2);

impl Page {
    /// Opens an address and waits until its HTML is read. Actions wait for what they need by
    /// themselves, so more is seldom wanted.
    ///
    /// [`Error::Denied`] for an origin that is not granted, here or after a redirect;
    /// [`Error::Network`] if nothing came; [`Error::Unauthorized`] if the site wants a user and
    /// password that the session hasn't got.
    pub async fn goto(&self, url: &str, deadline: impl Into<Deadline>) -> Result<(), Error> {
        self.goto_until(url, LoadState::DomContentLoaded, deadline).await
    }

    /// The same, and waits for the given state.
    pub async fn goto_until(
        &self,
        url: &str,
        state: LoadState,
        deadline: impl Into<Deadline>,
    ) -> Result<(), Error> {
        let deadline = deadline.into();
        let shown = self.session.inner().shown(url);
        let opening = async {
            self.end_endless().await;
            let opened = self.open(url, state, &deadline).await;
            if let Err(Error::TimedOut(_) | Error::Cancelled(_)) = &opened {
                self.stop();
            }
            opened
        };
        self.traced("go to", Some(shown), opening).await
    }

    /// Ends the script of a page that is about to be left, if it goes on for ever: no other document would
    /// come before, in this run or when it is tried again. Once the navigation has begun it is too late,
    /// Chromium holds back then what is asked of the page.
    pub(super) async fn end_endless(&self) {
        let inner = self.session.inner();
        let silent = inner.state().page_mut(&self.id).map(|page| std::mem::take(&mut page.silent));
        let Ok((cdp, ())) = self.target(|_| Some(())) else { return };
        if silent != Some(true) {
            return;
        }
        let connection = &inner.browser.connection;
        let nothing = json!({"expression": "0"});
        let mut asked = connection.start(Some(&cdp), "Runtime.evaluate", nothing);
        if let Err(CallError::Silent { .. }) = asked.raw(HUNG).await {
            tracing::warn!("a page is left whose script runs without a pause: it is ended");
            connection.post(Some(&cdp), "Runtime.terminateExecution", json!({}));
            let _ = asked.raw(HUNG).await;
        }
    }

    /// Gives up on a navigation that is under way. Left alone it could still arrive in the middle of
    /// what comes next, and Chromium ignores a request for an address that it is still asking for
    /// (it answers `ERR_ABORTED`), so that a second try would fail at once.
    pub(super) fn stop(&self) {
        if let Ok((cdp, ())) = self.target(|_| Some(())) {
            let connection = &self.session.inner().browser.connection;
            connection.post(Some(&cdp), "Page.stopLoading", json!({}));
        }
    }

    /// Loads the page once more.
    pub async fn reload(&self, deadline: impl Into<Deadline>) -> Result<(), Error> {
        let deadline = deadline.into();
        self.traced("reload", None, async {
            self.end_endless().await;
            let (cdp, before) =
                self.target(|state| state.frames.get(&self.id).map(|frame| frame.loader.clone()))?;
            let _: serde_json::Value = self.call("Page.reload", &cdp, json!({}), &deadline).await?;
            let reloaded = self.await_page("the reload".to_owned(), &deadline, |state| {
                state.frames.get(&self.id).is_some_and(|frame| {
                    frame.loader != before && frame.content_loaded && !frame.is_moving()
                })
            });
            let reloaded = reloaded.await;
            if let Err(Error::TimedOut(_) | Error::Cancelled(_)) = &reloaded {
                self.stop();
            }
            reloaded
        })
        .await
    }

    pub(crate) async fn open(
        &self,
        url: &str,
        wanted: LoadState,
        deadline: &Deadline,
    ) -> Result<(), Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Navigated {
            loader_id: Option<String>,
            error_text: Option<String>,
            #[serde(default)]
            is_download: bool,
        }
        let inner = self.session.inner();
        if url != "about:blank" && !inner.allows(url) {
            let what = format!("opening {}", inner.shown(url));
            return Err(Error::Denied(Box::new(inner.denial(url, &what))));
        }
        let (cdp, moves) = self.target(|state| self.moves_within(state))?;
        let downloads = inner.state().downloads.begun;
        inner.state().start_anew(&self.id);
        let navigated: Navigated =
            self.call("Page.navigate", &cdp, json!({"url": url}), deadline).await?;
        let loader = navigated.loader_id;
        if navigated.is_download {
            // It is told of a moment later; whoever expects the next one is not to get this one.
            let begun = |state: &mut State| (state.downloads.begun > downloads).then_some(());
            let _ = inner.until(&deadline.at_most(BEGINS_WITHIN), begun).await;
        }
        if let Some(reason) = navigated.error_text {
            return self.came_to_nothing(url, reason, loader.as_deref(), navigated.is_download);
        }
        // Without a loader it stays the same document; only the address changes.
        let address = loader
            .is_none()
            .then(|| kept(url::Url::parse(url).map_or_else(|_| url.to_owned(), String::from)));
        self.await_page(format!("{wanted} of {}", inner.shown(url)), deadline, |state| {
            let Some(frame) = state.frames.get(&self.id) else { return false };
            // The page may have gone on by itself since; that counts as arrived.
            let elsewhere = address.as_ref().is_some_and(|address| {
                frame.url != *address && !frame.is_moving() && frame.moves_within == moves
            });
            let committed = loader.as_ref().is_none_or(|loader| {
                frame.loader == *loader
                    || frame.pending.as_ref().is_none_or(|(pending, _)| pending != loader)
            });
            !elsewhere && committed && reached(state, &self.id, wanted)
        })
        .await?;
        self.quiet_if(wanted, deadline).await
    }

    fn moves_within(&self, state: &State) -> Option<u64> {
        state.frames.get(&self.id).map(|frame| frame.moves_within)
    }

    /// What becomes of an opening that brought no document, or an error page.
    fn came_to_nothing(
        &self,
        url: &str,
        reason: String,
        loader: Option<&str>,
        is_download: bool,
    ) -> Result<(), Error> {
        let inner = self.session.inner();
        let state = inner.state();
        // A denial says more than "blocked by client".
        if let Some(denied) = state.page(&self.id).and_then(|page| page.denied.clone()) {
            return Err(Error::Denied(Box::new(denied)));
        }
        if let Some((locked, why)) = state.locked_out.get(&self.id)
            && Some(locked.as_str()) == loader
        {
            return Err(Error::Unauthorized(Box::new(why.clone())));
        }
        if is_download {
            // The waiter tells what became of it.
            let mut waiting = state.downloads.watches.iter();
            return match waiting.any(|watch| watch.page == self.id) {
                true => Ok(()),
                false => Err(Error::Invalid(format!(
                    "{} is a download, not a page; make an expect_download before you open it",
                    inner.shown(url)
                ))),
            };
        }
        let status = state.frames.get(&self.id).and_then(|frame| frame.status);
        drop(state);
        let reason = match status.filter(|_| reason.contains("HTTP_RESPONSE_CODE")) {
            Some(status) => format!("{reason}, HTTP {status}"),
            None => reason,
        };
        Err(Error::Network(Box::new(NetworkFailure::of(inner.shown(url), reason))))
    }
}
