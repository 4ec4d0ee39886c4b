//! Connections that read, past the writer: in WAL mode neither waits for the other.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::Result;
use crate::sqlite::fault::{self, Did};
use crate::sqlite::{connection, query};

/// Most reads at once. More would only wait for the same cores.
const AT_ONCE: usize = 4;

/// Reading connections, opened when first needed.
pub(super) struct Readers {
    path: Arc<Path>,
    idle: Mutex<Vec<Connection>>,
    turns: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(path: Arc<Path>) -> Self {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        Readers { path, idle: Mutex::new(Vec::with_capacity(AT_ONCE)), turns }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run<T>(&self, work: impl FnOnce(&Connection) -> Did<T>) -> Did<T> {
        let idle = self.idle().pop();
        let conn = match idle {
            Some(conn) => conn,
            None => connection::reader(&self.path)?,
        };
        // One snapshot for all its queries.
        query::change(&conn, "BEGIN", [])?;
        let done = work(&conn)?;
        query::change(&conn, "COMMIT", [])?;
        self.idle().push(conn);
        Ok(done)
    }
}

/// Runs queries on one of them. A connection that gave an error isn't used again.
pub(super) async fn read<T, F>(readers: &Arc<Readers>, work: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> Did<T> + Send + 'static,
{
    let closed = |error: &dyn std::fmt::Display| fault::broken(&readers.path, error);
    let turn = Arc::clone(&readers.turns).acquire_owned().await.map_err(|error| closed(&error))?;
    let ours = Arc::clone(readers);
    let reading = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        ours.run(work).map_err(|fault| fault.on(&ours.path))
    });
    reading.await.map_err(|error| closed(&error))?
}
