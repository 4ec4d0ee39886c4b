//! What arrives from outside and is matched to a run: mail and one-time codes. And what waits for
//! a person or a solver: challenges.
//!
//! The secret part of each (a mail's text, a code, a solution) is sealed before it comes here; the
//! store keeps bytes that it can't read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::RunId;

/// A mail that came in, sealed.
#[derive(Clone, Debug, PartialEq)]
pub struct Mail {
    /// Row number, growing.
    pub id: i64,
    /// The recipient, lower case.
    pub recipient: String,
    /// When it arrived.
    pub at: Timestamp,
    /// The message as it came over the wire, encrypted by the host.
    pub sealed: Vec<u8>,
    /// The run that took it.
    pub taken_by: Option<RunId>,
}

/// A one-time code (or the text it is in) that came in on a channel, sealed.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    /// Row number, growing.
    pub id: i64,
    /// The channel, such as `card-sms`; none when the sender didn't say.
    pub channel: Option<String>,
    /// When it arrived.
    pub at: Timestamp,
    /// The text, encrypted by the host.
    pub sealed: Vec<u8>,
    /// The run that took it.
    pub taken_by: Option<RunId>,
}

/// What kind of thing a challenge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChallengeKind {
    /// Characters in a picture.
    Image,
    /// Spoken digits.
    Audio,
    /// A call to answer, digits to key in.
    Call,
}

/// Something handed to a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Challenge {
    /// Key.
    pub id: String,
    /// The run that waits.
    pub run: RunId,
    /// What it is.
    pub kind: ChallengeKind,
    /// What to do, for people. Holds no code.
    pub prompt: String,
    /// MIME type of `data`.
    pub mime_type: String,
    /// Picture or sound; of a call: the digits to key in, encrypted by the host.
    #[serde(skip)]
    pub data: Vec<u8>,
    /// When it was made.
    pub at: Timestamp,
    /// When the run stops waiting.
    pub until: Timestamp,
    /// The answer, encrypted by the host; for a call: empty.
    #[serde(skip)]
    pub answer: Option<Vec<u8>>,
    /// Whether the site took the answer, once known.
    pub accepted: Option<bool>,
}

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who: a key's name, `host`, `person:cli`.
    pub actor: String,
    /// What: `vend`, `close`, `key-created`, `captcha-answered`, ...
    pub action: String,
    /// On what.
    pub subject: String,
    /// Anything more; never a secret.
    pub detail: String,
}
