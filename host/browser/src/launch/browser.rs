//! One connected Chromium: hands each event to the session that it belongs to. It keeps no state of
//! pages; a target of no known session is let go at once, so that nothing hangs on it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, Weak};

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::net::unix::pipe;

use super::context::Context;
use super::spare::Spares;
use crate::cdp::{CallError, Connection, Sink};
use crate::locked;
use crate::session::{Furnished, Inner, TargetInfo};

pub(crate) struct Browser {
    pub(crate) connection: Arc<Connection>,
    pub(crate) version: String,
    /// It shows itself on the display.
    pub(crate) headed: bool,
    /// Where sessions keep what they download, below the profile.
    pub(crate) downloads: PathBuf,
    /// Protocol session of a target -> the session it belongs to.
    routes: Mutex<HashMap<String, Arc<Inner>>>,
    /// Browser context -> its session.
    contexts: Mutex<HashMap<String, Weak<Inner>>>,
    pub(super) spares: Mutex<Spares>,
}

#[derive(Deserialize)]
struct Attached<'a> {
    #[serde(rename = "sessionId")]
    session: &'a str,
    #[serde(rename = "targetInfo", borrow)]
    info: TargetInfo<'a>,
}

#[derive(Deserialize)]
struct Detached<'a> {
    #[serde(rename = "sessionId")]
    session: &'a str,
}

impl Browser {
    /// Asks a Chromium that was just started who it is, and to tell of every new page.
    pub(super) async fn greet(
        connection: Arc<Connection>,
        reader: pipe::Receiver,
        downloads: PathBuf,
        headed: bool,
    ) -> Result<Arc<Self>, CallError> {
        #[derive(Deserialize)]
        struct Version {
            product: String,
        }
        // The version is known only once the connection reads, and reading needs the browser.
        let early: Arc<Early> = Arc::default();
        connection.read_into(reader, early.clone());
        let version: Version = connection.call(None, "Browser.getVersion", json!({})).await?;
        let browser = Arc::new(Self {
            connection: connection.clone(),
            version: version.product,
            headed,
            downloads,
            routes: Mutex::default(),
            contexts: Mutex::default(),
            spares: Mutex::default(),
        });
        let _ = early.browser.set(browser.clone());
        let _: serde_json::Value =
            connection.call(None, "Target.setAutoAttach", auto_attach()).await?;
        Ok(browser)
    }

    pub(crate) fn admit(&self, context: &str, session: &Arc<Inner>) {
        locked(&self.contexts).insert(context.to_owned(), Arc::downgrade(session));
    }

    pub(crate) async fn new_context(&self) -> Result<Context, CallError> {
        #[derive(Deserialize)]
        struct Made {
            #[serde(rename = "browserContextId")]
            id: String,
        }
        let params = json!({"disposeOnDetach": true});
        let made: Made = self.connection.call(None, "Target.createBrowserContext", params).await?;
        Ok(Context { id: made.id, connection: Some(self.connection.clone()) })
    }

    /// An empty page in a browser context.
    pub(crate) async fn new_page(&self, context: &str) -> Result<String, CallError> {
        #[derive(Deserialize)]
        struct Target {
            #[serde(rename = "targetId")]
            id: String,
        }
        let params = json!({"url": "about:blank", "browserContextId": context});
        let made: Target = self.connection.call(None, "Target.createTarget", params).await?;
        Ok(made.id)
    }

    /// The page that was made ahead is this session's from now on.
    pub(crate) fn hand_over(&self, page: &str, cdp: &str, session: &Arc<Inner>) {
        locked(&self.routes).insert(cdp.to_owned(), session.clone());
        let info =
            TargetInfo { id: page, kind: "page", context: Some(&session.context), opener: None };
        session.attached(cdp, &info, Furnished::Already);
    }

    /// Nothing of this context is of interest any more.
    pub(crate) fn dismiss(&self, context: &str) {
        locked(&self.contexts).remove(context);
        locked(&self.routes).retain(|_, session| session.context != context);
    }

    fn attached(&self, parent: Option<(&str, &Arc<Inner>)>, params: &RawValue) {
        let Ok(attached) = serde_json::from_str::<Attached<'_>>(params.get()) else { return };
        let owner = match parent {
            Some((_, parent)) => Some(parent.clone()),
            None => attached
                .info
                .context
                .and_then(|context| locked(&self.contexts).get(context).and_then(Weak::upgrade)),
        };
        if let (Some((of, owner)), "worker") = (parent, attached.info.kind) {
            locked(&self.routes).insert(attached.session.to_owned(), owner.clone());
            return owner.worker_attached(attached.session, of);
        }
        let taken = owner.filter(|_| matches!(attached.info.kind, "page" | "iframe"));
        let Some(owner) = taken else {
            if let (Some(context), "page") = (attached.info.context, attached.info.kind) {
                self.attached_spare(context, attached.session);
            }
            // Not detached from: a service worker that is let go and left at once stays held.
            self.connection.post(
                Some(attached.session),
                "Runtime.runIfWaitingForDebugger",
                json!({}),
            );
            return;
        };
        locked(&self.routes).insert(attached.session.to_owned(), owner.clone());
        owner.attached(attached.session, &attached.info, Furnished::NotYet);
    }
}

/// What is attached to without being asked for, and held until it is let go. Workers, too, though
/// nothing is set up in them: Chromium holds the workers of a page that has this on, whether or not
/// they are asked for, and one that nobody attaches to never runs.
pub(crate) fn auto_attach() -> serde_json::Value {
    json!({
        "autoAttach": true,
        "waitForDebuggerOnStart": true,
        "flatten": true,
        "filter": [{"type": "browser", "exclude": true}, {"type": "tab", "exclude": true}, {}],
    })
}

impl Sink for Browser {
    fn event(&self, session: Option<&str>, method: &str, params: &RawValue) {
        let owner = match session {
            None => None,
            Some(cdp) => match locked(&self.routes).get(cdp) {
                Some(owner) => Some(owner.clone()),
                // A session that was let go.
                None => return,
            },
        };
        match (method, &owner) {
            ("Target.attachedToTarget", owner) => {
                self.attached(session.zip(owner.as_ref()), params)
            }
            ("Target.detachedFromTarget", _) => {
                let Ok(detached) = serde_json::from_str::<Detached<'_>>(params.get()) else {
                    return;
                };
                let gone = locked(&self.routes).remove(detached.session);
                match gone {
                    Some(gone) => gone.detached(detached.session),
                    None => self.detached_spare(detached.session),
                }
            }
            // These come to the browser as a whole; whose they are is known by their frame.
            ("Browser.downloadWillBegin" | "Browser.downloadProgress", None) => {
                let sessions: Vec<_> =
                    locked(&self.contexts).values().filter_map(Weak::upgrade).collect();
                for session in sessions {
                    session.download_event(method, params);
                }
            }
            (_, Some(owner)) => {
                if let Some(cdp) = session {
                    owner.event(cdp, method, params);
                }
            }
            (_, None) => {}
        }
    }

    fn closed(&self) {
        let sessions: Vec<_> =
            locked(&self.contexts).drain().filter_map(|(_, session)| session.upgrade()).collect();
        locked(&self.routes).clear();
        for session in sessions {
            session.browser_gone();
        }
    }
}

/// Drops events until the browser is there.
#[derive(Default)]
struct Early {
    browser: std::sync::OnceLock<Arc<Browser>>,
}

impl Sink for Early {
    fn event(&self, session: Option<&str>, method: &str, params: &RawValue) {
        if let Some(browser) = self.browser.get() {
            browser.event(session, method, params);
        }
    }

    fn closed(&self) {
        if let Some(browser) = self.browser.get() {
            browser.closed();
        }
    }
}
