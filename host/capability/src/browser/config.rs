//! What the operator sets for the browser.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mavm_browser::{Credentials, Evidence, Viewport};
use url::Url;

use super::{KeptSessions, KnownSecrets};

/// One named site.
#[derive(Clone, Debug)]
pub struct SiteConfig {
    /// Where its paths begin.
    pub base: Url,
    /// More origins that its pages lead to or embed: `https://host`, `https://*.host`.
    pub origins: Vec<String>,
}

/// Sites by name, and which plugin may open which.
#[derive(Clone, Debug, Default)]
pub struct SitesConfig {
    /// Site name -> where it is.
    pub sites: BTreeMap<String, SiteConfig>,
    /// Plugin name -> the sites it may open; a plugin that isn't named may open all.
    pub plugins: BTreeMap<String, BTreeSet<String>>,
}

/// What is kept where, and for how long.
#[derive(Clone, Debug)]
pub struct BrowserConfig {
    /// Folder of the traces; each run has one of its own in it.
    pub traces: PathBuf,
    /// How much they show; none: there are none.
    pub evidence: Option<Evidence>,
    /// Where sessions are kept for the case that they are lost; none: they are not.
    pub kept: Option<KeptSessions>,
    /// A session that no step has used for this long is closed, should its run's end not be told.
    pub idle: Duration,
    /// Size of the window that pages see.
    pub window: Viewport,
    /// What pages format numbers and dates by, such as `de-DE`; none: the browser's own. The language
    /// that they are asked for in is the launcher's.
    pub locale: Option<String>,
    /// Time zone that pages see, by its IANA name; none: the machine's.
    pub time_zone: Option<String>,
    /// What pages may show though no step has typed it; none: nothing.
    pub known: Option<Arc<dyn KnownSecrets>>,
    /// For sites that ask by HTTP authentication.
    pub credentials: Vec<Credentials>,
}

impl BrowserConfig {
    /// Traces in this folder, everything else by default.
    pub fn traces_in(folder: impl Into<PathBuf>) -> Self {
        Self {
            traces: folder.into(),
            evidence: Some(Evidence::Full),
            kept: None,
            idle: Duration::from_secs(15 * 60),
            window: Viewport::default(),
            locale: None,
            time_zone: None,
            known: None,
            credentials: Vec::new(),
        }
    }
}
