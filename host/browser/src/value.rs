//! What is put into fields. A sealed value is never shown: not by Debug, not in a trace, an error
//! or a picture.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::Origin;

/// Something to type.
#[derive(Clone, Debug)]
pub enum Value {
    /// May appear in traces.
    Plain(String),
    /// A secret or a one-time code.
    Sealed(Sealed),
}

impl Value {
    /// A value that may be shown.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::Plain(text.into())
    }

    pub(crate) fn exposed(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Sealed(sealed) => sealed.secret.expose_secret(),
        }
    }

    /// As the trace may have it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Plain(text) => format!("{text:?}"),
            Self::Sealed(_) => "(sealed)".to_owned(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::plain(text)
    }
}

/// A value that goes only into frames of certain origins and is masked everywhere once it was used.
#[derive(Clone)]
pub struct Sealed {
    pub(crate) secret: SecretString,
    pub(crate) origins: Vec<Origin>,
    /// It was read off a page, and may be read again.
    pub(crate) read: bool,
}

impl Sealed {
    /// A secret bound to origins; none means: any origin that the session is allowed.
    pub fn new(secret: SecretString, origins: Vec<Origin>) -> Self {
        Self { secret, origins, read: false }
    }

    /// The same for a code that was read off a page: another session may meet it there, and read it anew.
    #[must_use]
    pub fn as_read(self) -> Self {
        Self { read: true, ..self }
    }

    /// Where it may go, in a session that is allowed these origins.
    pub(crate) fn bound<'a>(&'a self, allowed: &'a [Origin]) -> &'a [Origin] {
        if self.origins.is_empty() { allowed } else { &self.origins }
    }

    /// Whether the other is just this value, for just these origins.
    pub fn is_like(&self, other: &Self) -> bool {
        self.secret.expose_secret() == other.secret.expose_secret() && self.origins == other.origins
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed").field("origins", &self.origins).finish_non_exhaustive()
    }
}
