//! Why a call was not answered.

/// A provider's error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No call came, nobody answered it, or the digits were not taken. Tried again.
    #[error("{0}")]
    Unsolved(String),
    /// The configuration makes no sense to this provider. Not tried again.
    #[error("{0}")]
    Unsupported(String),
    /// The provider could not be reached. Tried again.
    #[error("{0}")]
    Network(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] mavm_store::Error),
    /// Something could not be sealed or opened.
    #[error(transparent)]
    Seal(#[from] crate::crypt::Error),
}
