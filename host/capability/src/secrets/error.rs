//! What can go wrong with a vault. Never says a value.

use std::path::PathBuf;

use super::provider::MAX_VALUE;

/// A vault's error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not a name for a secret.
    #[error(
        "`{0}` is no name for a secret: use letters, digits, `-`, `_` and `.`, such as `card-number`; \
         parts are joined by `/`"
    )]
    Name(String),
    /// Not a value for a secret.
    #[error("the value of `{name}` is {length} bytes long; it must be 1 to {MAX_VALUE}")]
    Value {
        /// The secret's name.
        name: String,
        /// The length that was given.
        length: usize,
    },
    /// The file failed.
    #[error(
        "the secrets file {path} can't be {doing}: {source}. Check the folder's owner, rights and free space"
    )]
    File {
        /// The file.
        path: PathBuf,
        /// `read`, `written`, `locked`.
        doing: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file doesn't open under this master key.
    #[error("the secrets file {path} can't be opened: {source}. Nothing was changed")]
    Sealed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: crate::crypt::Error,
    },
    /// The file opened, and holds something else.
    #[error(
        "the secrets file {path} is of another version of mavm. Use that version, or restore a backup"
    )]
    Content {
        /// The file.
        path: PathBuf,
    },
    /// The host is stopping.
    #[error("the host is stopping")]
    Stopping,
}
