//! Starting Chromium when it is needed, watching it, and making sure that nothing of it stays:
//! no process, no profile folder. It must never touch a process or folder that is not its own.

mod browser;
mod care;
mod context;
mod executable;
mod process;
mod profile;
mod spare;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

pub(crate) use browser::{Browser, auto_attach};
pub(crate) use care::Use;
use care::{Uses, look_after};
use process::Process;
pub(crate) use spare::{ANSWER, Spare};

use crate::{Error, Session, SessionOptions};

/// How Chromium is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program; none: `chromium-headless-shell` if there is one, else `chromium`.
    pub executable: Option<PathBuf>,
    /// Show the browser on the display. Needs full Chromium.
    pub headed: bool,
    /// Where profile folders are made.
    pub data_dir: PathBuf,
    /// The language that pages are asked for and shown in, such as `en-US`; none: the machine's.
    pub language: Option<String>,
    /// Chromium is closed when no session has used it for so long; none: it stays.
    pub idle: Option<Duration>,
    /// More command-line flags.
    pub extra_args: Vec<String>,
}

impl Options {
    /// Headless, with whichever Chromium is found; profile folders under `data_dir`.
    pub fn in_folder(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            executable: None,
            headed: false,
            data_dir: data_dir.into(),
            language: None,
            idle: None,
            extra_args: Vec::new(),
        }
    }
}

/// One Chromium, shared by all sessions; started with the first session and again after a crash.
/// When the last clone is dropped, Chromium is killed with all its processes.
#[derive(Clone)]
pub struct Launcher {
    shared: Arc<Shared>,
}

struct Shared {
    options: Options,
    running: Mutex<Option<Running>>,
}

struct Running {
    browser: Arc<Browser>,
    process: Process,
    uses: Uses,
}

impl Launcher {
    /// Remembers how; starts nothing yet.
    pub fn new(options: Options) -> Self {
        Self { shared: Arc::new(Shared { options, running: Mutex::new(None) }) }
    }

    /// A new session: an empty page in a browser context of its own. Starts Chromium if it isn't
    /// running.
    pub async fn session(&self, options: SessionOptions) -> Result<Session, Error> {
        let (browser, in_use) = self.browser().await?;
        let session = match Session::open(browser.clone(), options.clone()).await {
            // A browser that runs but opens nothing is of no use to anybody.
            Err(Error::Crashed(why)) => {
                tracing::warn!(why, "starting Chromium again");
                self.shared.discard(&browser).await;
                let (browser, in_use) = self.browser().await?;
                let session = Session::open(browser, options).await?;
                session.keep_in_use(in_use);
                return Ok(session);
            }
            opened => opened?,
        };
        session.keep_in_use(in_use);
        Ok(session)
    }

    /// Chromium's version, as it gives it itself. Starts it if it isn't running.
    pub async fn version(&self) -> Result<String, Error> {
        Ok(self.browser().await?.0.version.clone())
    }

    /// The process id of the running Chromium (of the script around it, where there is one).
    pub async fn process_id(&self) -> Option<u32> {
        self.shared.running.lock().await.as_ref().map(|running| running.process.id())
    }

    /// Closes Chromium, if it runs, and waits until nothing of it is left. A later session starts
    /// a new one.
    pub async fn close(&self) {
        let running = self.shared.running.lock().await.take();
        if let Some(running) = running {
            running.close().await;
        }
    }

    /// The running Chromium, started if need be. It is not closed as unused while the use is held.
    async fn browser(&self) -> Result<(Arc<Browser>, Use), Error> {
        let mut running = self.shared.running.lock().await;
        if let Some(alive) =
            running.as_ref().filter(|running| !running.browser.connection.is_closed())
        {
            return Ok((alive.browser.clone(), alive.uses.one_more()));
        }
        if let Some(dead) = running.take() {
            tracing::warn!("Chromium is gone; starting it again");
            dead.process.wind_down().await;
        }
        let options = &self.shared.options;
        let (process, connection, reader) = Process::start(options)?;
        let (downloads, headed) = (process.downloads(), options.headed);
        let browser = match Browser::greet(connection, reader, downloads, headed).await {
            Ok(browser) => browser,
            Err(error) => return Err(process.did_not_start(&error).await),
        };
        tracing::info!(version = browser.version, pid = process.id(), "Chromium is running");
        let uses = Uses::none();
        let in_use = uses.one_more();
        tokio::spawn(look_after(Arc::downgrade(&self.shared), browser.clone(), uses.clone()));
        *running = Some(Running { browser: browser.clone(), process, uses });
        Ok((browser, in_use))
    }
}

impl Running {
    async fn close(self) {
        self.browser.connection.post(None, "Browser.close", serde_json::json!({}));
        self.process.wind_down().await;
        self.browser.connection.close();
    }
}

impl Shared {
    /// Ends this Chromium, whatever it does; false if that was done before. New sessions need not
    /// wait for its end.
    async fn discard(&self, browser: &Arc<Browser>) -> bool {
        let of_it = |running: &mut Running| Arc::ptr_eq(&running.browser, browser);
        let bad = self.running.lock().await.take_if(of_it);
        let Some(bad) = bad else { return false };
        bad.browser.connection.close();
        bad.process.wind_down().await;
        true
    }

    /// Closes this Chromium if no session uses it.
    async fn close_unused(&self, browser: &Arc<Browser>) -> bool {
        let unused =
            |running: &mut Running| Arc::ptr_eq(&running.browser, browser) && !running.uses.any();
        // Whoever asks for a session from now on gets a new Chromium.
        let unused = self.running.lock().await.take_if(unused);
        let Some(unused) = unused else { return false };
        unused.close().await;
        true
    }
}
