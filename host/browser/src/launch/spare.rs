//! Browser contexts with an empty page, made ahead: most of what opening a session takes is Chromium's
//! starting a process for its page. Two wait in each Chromium at most: a run that signs up in one session
//! and sets up in the next finds both. They have got what all pages get, and have done once what they
//! are asked most; the rest, and what is loaded, is the business of the session that takes one for good.
//!
//! The first is made when a session ends and none waits, the others when Chromium has nothing to do.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::Browser;
use super::context::Context;
use crate::cdp::CallError;
use crate::locked;
use crate::session::{furnish, rehearse};

const MOST: usize = 2;
/// So long nothing goes to and fro with a Chromium that has nothing to do.
const QUIET: Duration = Duration::from_millis(300);
/// A page that was killed while it waited, or was made, answers nothing.
pub(crate) const ANSWER: Duration = Duration::from_secs(2);

/// A browser context and its only page.
pub(crate) struct Spare {
    pub(crate) context: Context,
    pub(crate) page: String,
    /// Protocol session of the page.
    pub(crate) cdp: String,
}

/// Those that wait, and the one that comes next.
#[derive(Default)]
pub(super) struct Spares {
    ready: VecDeque<Spare>,
    making: Option<Making>,
    /// Somebody waits for Chromium to be quiet.
    watched: bool,
}

/// The page's protocol session is known when Chromium has told of it. The first session that needs a
/// page waits for this one.
#[derive(Default)]
struct Making {
    context: Option<String>,
    cdp: Option<String>,
    wanted: Option<oneshot::Sender<Spare>>,
}

impl Spares {
    fn are_enough(&self) -> bool {
        self.ready.len() + usize::from(self.making.is_some()) >= MOST
    }
}

impl Browser {
    /// Makes one in the background unless there is one, and the others as soon as Chromium is quiet.
    pub(crate) fn prepare(self: &Arc<Self>) {
        // Without a runtime the host is ending, and its Chromium with it.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if self.connection.is_closed() {
            return;
        }
        let none = {
            let mut spares = locked(&self.spares);
            let none = spares.ready.is_empty() && spares.making.is_none();
            if none {
                spares.making = Some(Making::default());
            }
            none
        };
        let browser = self.clone();
        runtime.spawn(async move {
            if !none || browser.make().await {
                browser.prepare_when_quiet().await;
            }
        });
    }

    /// A run waits for a mail or a call, mostly, before it needs its next session.
    async fn prepare_when_quiet(&self) {
        if std::mem::replace(&mut locked(&self.spares).watched, true) {
            return;
        }
        let mut seen = self.connection.traffic();
        loop {
            tokio::time::sleep(QUIET).await;
            let now = self.connection.traffic();
            {
                let mut spares = locked(&self.spares);
                if spares.are_enough() || self.connection.is_closed() {
                    spares.watched = false;
                    return;
                }
                if now == seen && spares.making.is_none() {
                    spares.making = Some(Making::default());
                } else {
                    seen = now;
                    continue;
                }
            }
            if !self.make().await {
                locked(&self.spares).watched = false;
                return;
            }
            seen = self.connection.traffic();
        }
    }

    /// Makes the one that was announced. False if that failed: then whoever asked gives up.
    async fn make(&self) -> bool {
        let made = self.try_to_make().await;
        let mut spares = locked(&self.spares);
        let making = spares.making.take().unwrap_or_default();
        match made {
            Ok(Some(spare)) if making.cdp.as_deref() == Some(&spare.cdp) => {
                let left = match making.wanted {
                    Some(wanted) => wanted.send(spare).err(),
                    None => Some(spare),
                };
                spares.ready.extend(left);
                return true;
            }
            Ok(_) => tracing::debug!("a page that was prepared has gone again"),
            Err(error) => tracing::debug!(%error, "no page could be prepared"),
        }
        false
    }

    async fn try_to_make(&self) -> Result<Option<Spare>, CallError> {
        let context = self.new_context().await?;
        if let Some(making) = &mut locked(&self.spares).making {
            making.context = Some(context.id().to_owned());
        }
        let page = self.new_page(context.id()).await?;
        // Chromium tells of a page before it answers for it.
        let cdp = locked(&self.spares).making.as_ref().and_then(|making| making.cdp.clone());
        let Some(cdp) = cdp else { return Ok(None) };
        furnish(&self.connection, &cdp, true);
        rehearse(&self.connection, &cdp).await?;
        Ok(Some(Spare { context, page, cdp }))
    }

    /// There is a page in a context that no session has.
    pub(super) fn attached_spare(&self, context: &str, cdp: &str) {
        if let Some(making) = &mut locked(&self.spares).making
            && making.context.as_deref() == Some(context)
        {
            making.cdp = Some(cdp.to_owned());
        }
    }

    /// A page that no session has is gone.
    pub(super) fn detached_spare(&self, gone: &str) {
        let mut spares = locked(&self.spares);
        if let Some(making) = &mut spares.making
            && making.cdp.as_deref() == Some(gone)
        {
            making.cdp = None;
        }
        spares.ready.retain(|spare| spare.cdp != gone);
    }

    /// The first of those that wait or come next. It may have died meanwhile.
    pub(crate) async fn take_spare(self: &Arc<Self>) -> Option<Spare> {
        let spare = self.next_spare().await?;
        let browser = self.clone();
        tokio::spawn(async move { browser.prepare_when_quiet().await });
        Some(spare)
    }

    async fn next_spare(&self) -> Option<Spare> {
        let coming = {
            let mut spares = locked(&self.spares);
            if let Some(ready) = spares.ready.pop_front() {
                return Some(ready);
            }
            let making = spares.making.as_mut().filter(|making| making.wanted.is_none())?;
            let (sender, coming) = oneshot::channel();
            making.wanted = Some(sender);
            coming
        };
        tokio::time::timeout(ANSWER, coming).await.ok()?.ok()
    }
}
