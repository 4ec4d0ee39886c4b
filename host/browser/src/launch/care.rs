//! Looking after a running Chromium: what is left of it is removed as soon as it has died, it is
//! killed when it doesn't answer any more, and closed when nobody has used it for a while. It must
//! never end one that is used and answers.

use std::sync::{Arc, Weak};
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;

use super::{Browser, Shared};

/// How often it is asked whether it is still there, and how long it may take to say so: a machine
/// under load is slow, one that is stuck stays silent.
const ASK: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(20);

/// How many sessions use a Chromium. One counts from when it is handed out until it is closed or
/// dropped; one that is only prepared doesn't.
#[derive(Clone)]
pub(crate) struct Uses(Arc<watch::Sender<usize>>);

/// One session's use of it.
pub(crate) struct Use(Uses);

impl Uses {
    pub(super) fn none() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    pub(super) fn one_more(&self) -> Use {
        self.0.send_modify(|count| *count += 1);
        Use(self.clone())
    }

    pub(super) fn any(&self) -> bool {
        *self.0.borrow() > 0
    }

    /// Resolves when there has been none for that long; never without a time.
    async fn idle(&self, time: Option<Duration>) {
        let Some(time) = time else { return std::future::pending().await };
        let mut count = self.0.subscribe();
        // The sender is our own: it can't be gone.
        while count.wait_for(|count| *count == 0).await.is_ok() {
            if tokio::time::timeout(time, count.changed()).await.is_err() {
                return;
            }
        }
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        (self.0).0.send_modify(|count| *count -= 1);
    }
}

/// Looks after this Chromium until it is gone.
pub(super) async fn look_after(shared: Weak<Shared>, browser: Arc<Browser>, uses: Uses) {
    let idle = match shared.upgrade() {
        Some(shared) => shared.options.idle,
        None => return,
    };
    loop {
        tokio::select! {
            () = browser.connection.gone() => {
                if let Some(shared) = shared.upgrade() && shared.discard(&browser).await {
                    tracing::warn!("Chromium has died; the next session starts a new one");
                }
                return;
            }
            () = silent(&browser) => {
                tracing::error!("Chromium doesn't answer any more; it is killed");
                browser.connection.close();
            }
            () = uses.idle(idle) => {
                let Some(shared) = shared.upgrade() else { return };
                if shared.close_unused(&browser).await {
                    tracing::info!("Chromium was not used for a while; it is closed until the next session");
                    return;
                }
            }
        }
    }
}

/// Resolves when it doesn't answer any more.
async fn silent(browser: &Browser) {
    loop {
        tokio::time::sleep(ASK).await;
        let mut asked = browser.connection.start(None, "Browser.getVersion", json!({}));
        if matches!(asked.raw(ANSWER).await, Err(crate::cdp::CallError::Silent { .. })) {
            return;
        }
    }
}
