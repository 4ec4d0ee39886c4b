//! What can go wrong in a browser, one kind per answer to "retry, park or fail?".
//! No text in here may hold a sealed value: whoever builds an error redacts it first.

use std::fmt;
use std::time::Duration;

use crate::deadline::{Deadline, Over};

/// Why a call did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Drift: the page settled and what was looked for is not on it. Retrying won't help.
    #[error("{0}")]
    PageChanged(Box<PageChange>),
    /// A locator matches more than one element. The page script has to be more exact.
    #[error("{0}")]
    NotUnique(Box<NotUnique>),
    /// The time was over while the page was busy or something was in the way. Worth a retry.
    #[error("{0}")]
    TimedOut(Box<Waited>),
    /// An origin that the session, or the value, is not granted. A person has to decide.
    #[error("{0}")]
    Denied(Box<Denied>),
    /// The network or the server failed. Worth a retry.
    #[error("{0}")]
    Network(Box<NetworkFailure>),
    /// A site wants a user and password that the session hasn't got, or not those. A person has to
    /// configure them.
    #[error("{0}")]
    Unauthorized(Box<Unauthorized>),
    /// The browser, the renderer or the connection to them died. A new session is needed.
    #[error("{0}; open a new session and begin anew")]
    Crashed(String),
    /// The page or the session was closed before the call was made or while it ran.
    #[error("{0}; open a new session")]
    Closed(String),
    /// The caller called it off.
    #[error("called off while waiting for {0}")]
    Cancelled(String),
    /// The call makes no sense as it is: a bad selector, a value that the field can't hold.
    #[error("{0}")]
    Invalid(String),
    /// Chromium could not be started.
    #[error("{0}")]
    Launch(String),
}

/// An element in words, and a locator that finds it alone.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct Candidate {
    /// The element: tag, telling attributes, the start of its text.
    pub what: String,
    /// A locator for it, written as [`Locator`](crate::Locator) writes itself.
    pub locator: String,
}

/// A page that no longer looks as its script expects.
pub struct PageChange {
    /// The locator that found nothing.
    pub locator: String,
    /// Address of the page or frame that was searched.
    pub url: String,
    /// Scripts and styles of the page that could not be loaded, if any: it may lack what they make.
    pub lacking: Vec<NetworkFailure>,
    /// The visible elements that come nearest, best first.
    pub nearest: Vec<Candidate>,
    /// The page as PNG, sealed values covered; none if it could not be taken safely.
    pub screenshot: Option<Vec<u8>>,
    /// The searched document as HTML, redacted.
    pub dom: Option<String>,
}

impl fmt::Debug for PageChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageChange")
            .field("locator", &self.locator)
            .field("url", &self.url)
            .field("lacking", &self.lacking)
            .field("nearest", &self.nearest)
            .field("screenshot", &self.screenshot.as_ref().map(Vec::len))
            .field("dom", &self.dom.as_ref().map(String::len))
            .finish()
    }
}

impl fmt::Display for PageChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is not on {}, which has settled; the page seems to have changed",
            self.locator, self.url
        )?;
        for part in &self.lacking {
            write!(f, "; {part}")?;
        }
        listed(f, "nearest:", &self.nearest)
    }
}

/// A locator that matches several elements.
#[derive(Clone, Debug)]
pub struct NotUnique {
    /// The locator.
    pub locator: String,
    /// How many elements it matches.
    pub count: usize,
    /// Address of the page or frame that was searched.
    pub url: String,
    /// The first ten of them.
    pub candidates: Vec<Candidate>,
}

impl fmt::Display for NotUnique {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} matches {} elements of {}; use one of these locators, or nth(..)",
            self.locator, self.count, self.url
        )?;
        listed(f, ":", &self.candidates)
    }
}

fn listed(f: &mut fmt::Formatter<'_>, title: &str, candidates: &[Candidate]) -> fmt::Result {
    if candidates.is_empty() {
        return Ok(());
    }
    write!(f, "{}{title}", if title == ":" { "" } else { "; " })?;
    for candidate in candidates {
        write!(f, "\n  {}  {}", candidate.locator, candidate.what)?;
    }
    Ok(())
}

/// A wait that ended without what it waited for.
#[derive(Clone, Debug)]
pub struct Waited {
    /// What was to be done or seen.
    pub for_what: String,
    /// How long the caller was willing to wait.
    pub within: Duration,
    /// The last thing that was in the way, such as `covered by <div id=banner>`.
    pub last_obstacle: Option<String>,
    /// What the page showed: address and title.
    pub showed: String,
}

impl fmt::Display for Waited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} did not come about within {} ms", self.for_what, self.within.as_millis())?;
        if let Some(obstacle) = &self.last_obstacle {
            write!(f, ": {obstacle}")?;
        }
        if !self.showed.is_empty() {
            write!(f, " (the page showed {})", self.showed)?;
        }
        Ok(())
    }
}

/// An origin that is not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// The origin; empty where it is not about one.
    pub origin: String,
    /// What was about to happen there.
    pub what: String,
    /// What a person can do to allow it.
    pub remedy: String,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.origin.is_empty() {
            return write!(f, "{}; {}", self.what, self.remedy);
        }
        write!(f, "{}: the origin {} is not allowed; {}", self.what, self.origin, self.remedy)
    }
}

/// HTTP authentication that came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unauthorized {
    /// The origin that asks.
    pub origin: String,
    /// What it calls the place that is locked; may be empty.
    pub realm: String,
    /// Why it stayed locked.
    pub problem: LockedBy,
}

/// Why a site stayed locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockedBy {
    /// The session has no credentials for its origin.
    NoCredentials,
    /// It was given the session's, and refused them.
    Refused,
    /// Chromium did not ask for them: full Chromium doesn't in a frame of another site.
    NotAsked,
}

impl fmt::Display for LockedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCredentials => {
                "none are configured; add credentials for this origin to the site"
            }
            Self::Refused => {
                "it refused the configured ones; correct the credentials of this origin"
            }
            Self::NotAsked => {
                "Chromium doesn't give them in a frame of another site; open the address in a page, or use chromium-headless-shell"
            }
        })
    }
}

impl fmt::Display for Unauthorized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, realm, problem } = self;
        write!(f, "{origin} asks for a user and password by HTTP authentication")?;
        if !realm.is_empty() {
            write!(f, " (for {realm:?})")?;
        }
        write!(f, ": {problem}")
    }
}

/// What kind of network failure it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetworkProblem {
    /// The name could not be resolved.
    Dns,
    /// Nobody listens, or the connection broke.
    Connection,
    /// The certificate or the TLS handshake.
    Tls,
    /// The server answered with an error of its own (5xx, 429).
    Server,
    /// Anything else; the reason says what.
    Other,
}

/// A document that could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkFailure {
    /// Its address.
    pub url: String,
    /// Chromium's word for it (`net::ERR_CONNECTION_REFUSED`), or the HTTP status.
    pub reason: String,
    /// Which kind.
    pub problem: NetworkProblem,
}

impl NetworkFailure {
    pub(crate) fn of(url: String, reason: String) -> Self {
        let has = |words: &[&str]| words.iter().any(|word| reason.contains(word));
        let problem = if has(&["NAME_NOT_RESOLVED", "DNS"]) {
            NetworkProblem::Dns
        } else if has(&["CERT", "SSL"]) {
            NetworkProblem::Tls
        } else if has(&[
            "CONNECTION",
            "ADDRESS_UNREACHABLE",
            "EMPTY_RESPONSE",
            "TIMED_OUT",
            "DISCONNECTED",
        ]) {
            NetworkProblem::Connection
        } else if has(&["HTTP"]) {
            NetworkProblem::Server
        } else {
            NetworkProblem::Other
        };
        Self { url, reason, problem }
    }
}

impl fmt::Display for NetworkFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hint = match self.problem {
            NetworkProblem::Dns => "check the name in the configuration and the resolver",
            NetworkProblem::Connection => "check that the site is up and can be reached from here",
            NetworkProblem::Tls => "check the site's certificate and this machine's clock",
            NetworkProblem::Server => "the site itself failed; try again later",
            NetworkProblem::Other => "try again",
        };
        write!(f, "{} could not be loaded ({}); {hint}", self.url, self.reason)
    }
}

impl Error {
    pub(crate) fn timed_out(
        for_what: impl Into<String>,
        deadline: &Deadline,
        obstacle: Option<String>,
        showed: String,
    ) -> Self {
        // Nothing was tried: what seems to be in the way has not been looked at.
        let obstacle = match deadline.given().is_zero() {
            true => Some(
                "there was no time left for it, as when that of the whole step is over".to_owned(),
            ),
            false => obstacle,
        };
        Self::TimedOut(Box::new(Waited {
            for_what: for_what.into(),
            within: deadline.given(),
            last_obstacle: obstacle,
            showed,
        }))
    }

    pub(crate) fn over(
        over: Over,
        for_what: impl Into<String>,
        deadline: &Deadline,
        obstacle: Option<String>,
        showed: String,
    ) -> Self {
        match over {
            Over::Cancelled => Self::Cancelled(for_what.into()),
            Over::Passed => Self::timed_out(for_what, deadline, obstacle, showed),
        }
    }

    /// The same without any of the session's used values, and its addresses without their queries.
    /// For errors that were made from what a page or Chromium said.
    pub(crate) fn hidden(self, inner: &crate::session::Inner) -> Self {
        match self {
            Self::Network(failure) => Self::Network(Box::new(NetworkFailure {
                url: inner.shown(&failure.url),
                reason: failure.reason,
                problem: failure.problem,
            })),
            other => other,
        }
    }

    /// One word for the kind, as the trace has it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::PageChanged(_) => "page-changed",
            Self::NotUnique(_) => "not-unique",
            Self::TimedOut(_) => "timed-out",
            Self::Denied(_) => "denied",
            Self::Network(_) => "network",
            Self::Unauthorized(_) => "unauthorized",
            Self::Crashed(_) => "crashed",
            Self::Closed(_) => "closed",
            Self::Cancelled(_) => "cancelled",
            Self::Invalid(_) => "invalid",
            Self::Launch(_) => "launch",
        }
    }
}
