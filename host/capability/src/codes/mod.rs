//! One-time codes that arrive from outside: an SMS relay, an authenticated post, a person.
//!
//! [`Intake`] keeps what arrives, sealed; [`Codes`] gives a run the code that came on the channel
//! it has reserved. A code never reaches a run that doesn't hold its channel, and never a log.

mod host;
mod intake;

#[cfg(test)]
mod tests;

pub use host::{Codes, CodesView};
pub use intake::{Intake, IntakeError};

/// What codes are sealed for.
const PURPOSE: &str = "code";

/// Whether this can name a channel: lower-case words, digits and hyphens, at most 64.
fn is_channel(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
