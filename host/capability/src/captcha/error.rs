//! Why a captcha has no answer.

/// A solver's error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody answered in time, or the answer is no answer. Tried again.
    #[error("{0}")]
    Unsolved(String),
    /// This solver can't do this kind of puzzle. Not tried again.
    #[error("{0}")]
    Unsupported(String),
    /// The solver could not be reached. Tried again.
    #[error("{0}")]
    Network(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] mavm_store::Error),
    /// Something could not be sealed or opened.
    #[error(transparent)]
    Seal(#[from] crate::crypt::Error),
}
