//! What goes wrong inside a transaction: a refusal of ours, or SQLite's own error, which becomes a
//! message that names the file and what to do.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::Error;
use crate::sqlite::connection::BUSY_FOR;

/// Why a transaction is undone.
#[derive(Debug)]
pub(super) enum Fault {
    /// The store refuses; the caller is told as it is.
    Refused(Error),
    /// SQLite failed.
    Sql(rusqlite::Error),
}

/// What work inside a transaction gives.
pub(super) type Did<T> = Result<T, Fault>;

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Fault::Refused(error)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Fault::Sql(error)
    }
}

impl Fault {
    /// The caller's error.
    pub(super) fn on(self, path: &Path) -> Error {
        match self {
            Fault::Refused(error) => error,
            Fault::Sql(error) => describe(path, &error),
        }
    }
}

/// SQLite's error, with the file and what a person can do.
pub(super) fn describe(path: &Path, error: &rusqlite::Error) -> Error {
    let advice = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            "free some room on its disk; the host goes on by itself".to_owned()
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => format!(
            "another process has kept it locked for {} seconds: end that process",
            BUSY_FOR.as_secs()
        ),
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            "check that the file and its folder belong to the user that the host runs as".to_owned()
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            "stop the host, put the file aside, and bring back the last backup".to_owned()
        }
        Some(ErrorCode::SystemIoFailure) => {
            "look at the disk's health and the kernel's log".to_owned()
        }
        _ => "nothing was written; if it comes again, report it with this message".to_owned(),
    };
    Error::Database(format!("database {}: {error}; {advice}", path.display()))
}

/// A part of the store itself has stopped.
pub(super) fn broken(path: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::Database(format!(
        "database {}: {why}; restart the host, it continues where it stopped",
        path.display()
    ))
}
