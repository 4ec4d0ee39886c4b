//! The embedded store: one SQLite file.
//!
//! One thread owns the writing connection and commits what has queued up together (`writer`);
//! reads go past it on connections of their own (`readers`). A call returns once its rows are on
//! the disk (WAL, `synchronous=FULL`), and every rule of [`crate::Store`] is kept inside the
//! transaction, never by what this process remembers. So a second process may open the file at the
//! same time: the CLI reads and turns switches while the host serves, and two hosts on one machine
//! neither break the pace nor vend twice. What another process writes doesn't move this one's
//! [`crate::Store::changes`].
//!
//! The file must never be on a network file system: SQLite's locks don't hold there.

mod account;
mod audit;
mod challenge;
mod claim;
mod column;
mod connection;
mod effect;
mod fault;
mod inbox;
mod journal;
mod key;
mod query;
mod readers;
mod reservation;
mod run;
mod schema;
mod signup;
mod store;
mod switch;
mod vend;
mod writer;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::watch;

use crate::{Error, Result};
use fault::Did;
use writer::Told;

/// The SQLite store. Dropping it writes what is queued, then closes the file.
pub struct Sqlite {
    path: Arc<Path>,
    changes: Arc<watch::Sender<u64>>,
    writer: writer::Writer,
    readers: Arc<readers::Readers>,
}

impl std::fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sqlite").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Sqlite {
    /// Opens the store in that file, which is made with its folder if it isn't there, and brings
    /// its schema up to date.
    ///
    /// Error [`Error::Database`]: the folder can't be made, the file is no database, or a newer
    /// mavm has written it.
    pub async fn open(path: &Path) -> Result<Sqlite> {
        let path: Arc<Path> = path.into();
        let opened = Arc::clone(&path);
        let conn = tokio::task::spawn_blocking(move || connection::prepare(&opened))
            .await
            .map_err(|error| fault::broken(&path, &error))??;
        let changes = Arc::new(watch::channel(0).0);
        let writer = writer::Writer::start(conn, Arc::clone(&path), Arc::clone(&changes))?;
        let readers = Arc::new(readers::Readers::new(Arc::clone(&path)));
        Ok(Sqlite { path, changes, writer, readers })
    }

    /// Runs one transaction on the writer's connection. Whatever it wrote is on the disk when this
    /// returns `Ok`, and undone when it returns `Err`. Dropped before its turn came, it isn't run.
    async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Did<T> + Send + 'static,
    {
        self.writer.write(work, Told::All).await
    }

    /// The same for what a worker notes of a run that it goes on with: nobody waits for that.
    async fn note<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Did<T> + Send + 'static,
    {
        self.writer.write(work, Told::Nobody).await
    }

    /// Runs queries on a reading connection.
    async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Did<T> + Send + 'static,
    {
        readers::read(&self.readers, work).await
    }
}

/// Shorthand for a refusal in words.
fn conflict<T>(why: String) -> Did<T> {
    Err(Error::Conflict(why).into())
}

/// Shorthand for a row that isn't there.
fn not_found(what: &'static str, key: &str) -> fault::Fault {
    Error::NotFound { what, key: key.to_owned() }.into()
}
