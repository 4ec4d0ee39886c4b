//! Why AWS gave no answer.

/// A provider's error. All of them are `network` to a plugin, and tried again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be reached, or was silent.
    #[error("{0}")]
    Unreachable(String),
    /// It answered something else than yes or AccessDenied.
    #[error("{0}")]
    Refused(String),
}
