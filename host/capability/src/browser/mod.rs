//! Browser: pages in a real Chromium, shared by the steps of one run.
//!
//! What a plugin says in WIT is checked and handed on to `mavm-browser`. Sites are named and the
//! operator's configuration says where they are; secrets and codes are typed by handle. A plugin
//! never learns an address it isn't granted, nor any sealed value: not from a text, an address, an
//! error or a trace.

/// The failure's way out of a function that gives an `Answer`.
macro_rules! checked {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(failure) => return Ok(Err(failure)),
        }
    };
}

mod bounds;
mod config;
mod convert;
mod error;
mod failure;
mod handles;
mod host;
mod kept;
mod link;
mod locator;
mod masked;
mod page;
mod sessions;
mod sites;
#[cfg(test)]
mod tests;
mod waiters;

pub use config::{BrowserConfig, SiteConfig, SitesConfig};
pub use error::Error;
pub use host::{Browser, BrowserStep, BrowserView};
pub use kept::{KeepError, KeptSessions};
pub use masked::KnownSecrets;
pub use sites::Sites;
