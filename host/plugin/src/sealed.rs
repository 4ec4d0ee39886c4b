//! Values that a plugin holds by handle and never sees. What is inside leaves only through a
//! capability that types it, sends it or hides it.

use secrecy::SecretString;

/// A lasting secret, bound to the origins it may be typed into.
#[derive(Clone, Debug)]
pub struct Secret {
    /// The name it is kept under: `card-number`, `root-password`.
    pub name: String,
    /// The value.
    pub value: SecretString,
    /// Origins (`https://host:port`) it may be typed into. Never empty: a secret that is bound to
    /// nothing can't be used.
    pub origins: Vec<String>,
}

/// A one-time value. It may be typed into any origin that the plugin is granted.
#[derive(Clone, Debug)]
pub struct Code {
    /// Where it came from, for logs: `mail`, `card-sms`, `page`.
    pub source: String,
    /// The value.
    pub value: SecretString,
}
