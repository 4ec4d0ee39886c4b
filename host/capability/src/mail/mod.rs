//! Mail for the accounts' root addresses: an SMTP server that takes it in, and the WIT side that
//! gives a run the code or link in the mail to its own account.
//!
//! The server relays nothing and knows no address but those of tracked accounts. What it keeps is
//! sealed; no subject and no text ever reaches a log.

mod data;
mod error;
mod host;
mod listener;
mod session;
mod text;

#[cfg(test)]
mod host_tests;
#[cfg(test)]
mod smtp_tests;

pub use error::Error;
pub use host::{MailIn, MailView};
pub use listener::{Limits, SmtpListener};

/// What mail is sealed for.
const PURPOSE: &str = "mail";
