//! What can go wrong in a store, by what the caller does about it.

/// A store's error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another worker has claimed the run since: stop at once, write nothing more.
    #[error("run {run}: this claim (epoch {epoch}) is over; another worker has the run")]
    Fenced {
        /// The run.
        run: String,
        /// The stale epoch.
        epoch: u64,
    },
    /// There is no such row.
    #[error("there is no {what} `{key}`")]
    NotFound {
        /// `account`, `run`, `challenge`, ...
        what: &'static str,
        /// What was asked for.
        key: String,
    },
    /// The row is not in the state that this needs; says which it is in.
    #[error("{0}")]
    Conflict(String),
    /// The database itself failed; says the file and what to look at.
    #[error("{0}")]
    Database(String),
}
