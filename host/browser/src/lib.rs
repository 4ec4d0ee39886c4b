//! The browser under all page scripts: Chromium over its DevTools protocol, with sessions, frames,
//! lazy locators and actions that wait until they can be done.
//!
//! It must never let a session leave its granted origins, put a sealed value into a document of
//! another origin, or show one in an error, a picture, a copy of a page, a trace or a log. It knows
//! nothing of plugins, flows or stores.
//!
//! The folder in the order of reading: [`Launcher`] starts Chromium (`launch/`) and talks to it
//! (`cdp/`); a [`Session`] (`session/`) keeps a model of its pages and frames up to date from
//! events; a [`Page`] or [`Frame`] makes a [`Locator`], which is plain data until an action
//! (`act/`) resolves it in the page by the script of `injected/`; when an action fails, `evidence/`
//! tells drift from slowness and keeps pictures and the trace.
//!
//! ```no_run
//! # async fn example() -> Result<(), mavm_browser::Error> {
//! use mavm_browser::{ClickOptions, Deadline, Launcher, Options, Selector, SessionOptions, TextMatch, Value};
//! use std::time::Duration;
//!
//! let launcher = Launcher::new(Options::in_folder("data"));
//! let session = launcher.session(SessionOptions::only(["https://console.example".parse()?])).await?;
//! let page = session.page();
//! page.goto("https://console.example/start", Deadline::after(Duration::from_secs(30))).await?;
//! let field = page.locator(Selector::Label(TextMatch::exact("Email address")));
//! field.fill(Value::plain("root@example.org"), Duration::from_secs(10)).await?;
//! page.locator(Selector::role_named("button", "Continue")).click(ClickOptions::default(), Duration::from_secs(10)).await?;
//! session.close().await;
//! # Ok(())
//! # }
//! ```

mod act;
mod address;
mod bytes;
mod cdp;
mod deadline;
mod dialog;
mod download;
mod error;
mod evidence;
mod guesses;
mod launch;
mod locator;
mod origin;
mod page;
mod pattern;
mod redact;
mod response;
mod runs;
mod selector;
mod session;
mod value;
mod whole;

pub use act::{ClickOptions, ElementState, Modifiers, MouseButton, UploadFile};
pub use deadline::Deadline;
pub use dialog::{Dialog, DialogKind, DialogPolicy, DialogWaiter};
pub use download::{Download, DownloadWaiter};
pub use error::{
    Candidate, Denied, Error, LockedBy, NetworkFailure, NetworkProblem, NotUnique, PageChange,
    Unauthorized, Waited,
};
pub use evidence::{Evidence, Source, TraceOptions};
pub use guesses::Guesses;
pub use launch::{Launcher, Options};
pub use locator::{Locator, first_of};
pub use origin::Origin;
pub use page::{Frame, LoadState, Page, PopupWaiter};
pub use pattern::check_pattern;
pub use redact::Redactor;
pub use response::{Response, ResponseWaiter};
pub use selector::{Choice, Selector, TextMatch};
pub use session::{Credentials, Session, SessionOptions, SessionState, Viewport};
pub use value::{Sealed, Value};

/// Locks a mutex whose holders never panic half-way through a change: a poisoned one is still whole.
fn locked<T: ?Sized>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
