//! A browser context with an empty page, made ahead: most of what opening a session takes is
//! Chromium's starting a process for its page. At most one waits in each Chromium. It has got what
//! all pages get, and has done once what they are asked most; the rest, and what is loaded, is the
//! business of the session that takes it for good.
//!
//! It is made when a session ends, and when Chromium has nothing to do after one was taken.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::oneshot;

use super::Browser;
use super::context::Context;
use crate::cdp::CallError;
use crate::locked;
use crate::session::{furnish, rehearse};

/// So long nothing goes to and fro with a Chromium that has nothing to do.
const QUIET: Duration = Duration::from_millis(300);
/// A page that was killed while it waited, or was made, answers nothing.
const ANSWER: Duration = Duration::from_secs(2);

/// A browser context and its only page.
pub(crate) struct Spare {
    pub(crate) context: Context,
    pub(crate) page: String,
    /// Protocol session of the page.
    pub(crate) cdp: String,
}

#[derive(Default)]
pub(super) enum Slot {
    #[default]
    Empty,
    /// Being made; the page's protocol session is known when Chromium has told of it. The first session
    /// that needs one waits for it.
    Making {
        context: Option<String>,
        cdp: Option<String>,
        wanted: Option<oneshot::Sender<Spare>>,
    },
    Ready(Spare),
}

impl Browser {
    /// Makes one in the background, unless one is there.
    pub(crate) fn prepare(self: &Arc<Self>) {
        // Without a runtime the host is ending, and its Chromium with it.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        {
            let mut slot = locked(&self.spare);
            if !matches!(*slot, Slot::Empty) || self.connection.is_closed() {
                return;
            }
            *slot = Slot::Making { context: None, cdp: None, wanted: None };
        }
        let browser = self.clone();
        runtime.spawn(async move {
            if let Err(error) = browser.make().await {
                tracing::debug!(%error, "no page could be prepared");
                *locked(&browser.spare) = Slot::Empty;
            }
        });
    }

    /// The same as soon as Chromium has nothing to do: a run waits for a mail or a call, mostly, before it
    /// needs its next session.
    fn prepare_when_quiet(self: &Arc<Self>) {
        let browser = self.clone();
        tokio::spawn(async move {
            let mut seen = browser.connection.traffic();
            while matches!(*locked(&browser.spare), Slot::Empty) && !browser.connection.is_closed()
            {
                tokio::time::sleep(QUIET).await;
                let now = browser.connection.traffic();
                if now == seen {
                    browser.prepare();
                }
                seen = now;
            }
        });
    }

    async fn make(&self) -> Result<(), CallError> {
        let made = self.new_context().await?;
        if let Slot::Making { context, .. } = &mut *locked(&self.spare) {
            *context = Some(made.id().to_owned());
        }
        let page = self.new_page(made.id()).await?;
        // Chromium tells of a page before it answers for it.
        let attached = match &*locked(&self.spare) {
            Slot::Making { cdp, .. } => cdp.clone(),
            Slot::Empty | Slot::Ready(_) => None,
        };
        if let Some(cdp) = attached {
            furnish(&self.connection, &cdp, true);
            rehearse(&self.connection, &cdp).await?;
        }
        let mut slot = locked(&self.spare);
        match std::mem::take(&mut *slot) {
            Slot::Making { cdp: Some(cdp), wanted, .. } => {
                let spare = Spare { context: made, page, cdp };
                let left = match wanted {
                    Some(wanted) => wanted.send(spare).err(),
                    None => Some(spare),
                };
                *slot = left.map_or(Slot::Empty, Slot::Ready);
            }
            // Its page has gone again.
            Slot::Empty | Slot::Making { cdp: None, .. } | Slot::Ready(_) => {}
        }
        Ok(())
    }

    /// There is a page in a context that no session has.
    pub(super) fn attached_spare(&self, context: &str, cdp: &str) {
        if let Slot::Making { context: Some(making), cdp: known, .. } = &mut *locked(&self.spare)
            && making == context
        {
            *known = Some(cdp.to_owned());
        }
    }

    /// A page that no session has is gone.
    pub(super) fn detached_spare(&self, gone: &str) {
        let mut slot = locked(&self.spare);
        match &mut *slot {
            Slot::Making { cdp, .. } if cdp.as_deref() == Some(gone) => *cdp = None,
            Slot::Ready(spare) if spare.cdp == gone => *slot = Slot::Empty,
            _ => {}
        }
    }

    /// The one that waits or comes next, if it answers.
    pub(crate) async fn take_spare(self: &Arc<Self>) -> Option<Spare> {
        let spare = self.next_spare().await?;
        let mut asked =
            self.connection.start(Some(&spare.cdp), "Runtime.evaluate", json!({"expression": "0"}));
        match asked.raw(ANSWER).await {
            Ok(_) => {
                self.prepare_when_quiet();
                Some(spare)
            }
            Err(error) => {
                tracing::debug!(%error, "the prepared page is of no use");
                None
            }
        }
    }

    async fn next_spare(&self) -> Option<Spare> {
        let coming = {
            let mut slot = locked(&self.spare);
            match &mut *slot {
                Slot::Making { wanted: wanted @ None, .. } => {
                    let (sender, coming) = oneshot::channel();
                    *wanted = Some(sender);
                    coming
                }
                Slot::Empty | Slot::Making { .. } => return None,
                Slot::Ready(_) => {
                    return match std::mem::take(&mut *slot) {
                        Slot::Ready(spare) => Some(spare),
                        Slot::Empty | Slot::Making { .. } => None,
                    };
                }
            }
        };
        tokio::time::timeout(ANSWER, coming).await.ok()?.ok()
    }
}
