//! Opening the file: the folder, the settings of each connection, the schema.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::sqlite::{fault, schema};
use crate::{Error, Result};

/// How long a connection waits for another process that writes.
pub(super) const BUSY_FOR: Duration = Duration::from_secs(10);

/// More than all the statements there are.
const STATEMENTS: usize = 128;

/// The writing connection, on a file that exists with a schema up to date.
pub(super) fn prepare(path: &Path) -> Result<Connection> {
    make_folder(path)?;
    // Two processes that open a new file at once would both switch it to WAL, and now and then
    // SQLite tells one of them "locked" without waiting. So opening takes turns.
    let turn = path.with_added_extension("opening");
    let lock = std::fs::File::create(&turn).and_then(|file| file.lock().map(|()| file));
    let _lock = lock.map_err(|error| no_access(&turn, &error))?;
    let mut conn = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
        .map_err(|error| fault::describe(path, &error))?;
    write_ahead(&conn, path)?;
    schema::migrate(&mut conn, path)?;
    Ok(conn)
}

/// A reading connection: it can't write. It still opens the file for writing, because a reader
/// takes part in the WAL's locks.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.execute_batch("PRAGMA query_only = ON;")?;
    Ok(conn)
}

fn open(path: &Path, how: OpenFlags) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(path, how | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(BUSY_FOR)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // Else a statement is planned anew whenever it is given other values.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // FULL: each commit waits for the disk. The fullfsync lines matter on macOS only, where a
    // plain fsync stops at the disk's own cache.
    conn.execute_batch(
        "PRAGMA foreign_keys = ON;
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    Ok(conn)
}

fn write_ahead(conn: &Connection, path: &Path) -> Result<()> {
    let mode: String = conn
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        .map_err(|error| fault::describe(path, &error))?;
    if mode == "wal" {
        return Ok(());
    }
    Err(Error::Database(format!(
        "database {}: this file system can't do write-ahead logging (SQLite stays in `{mode}` \
         mode); put the file on a local disk",
        path.display()
    )))
}

/// Makes the folder, for its owner only, and sees to it that a power cut doesn't take the folder
/// and with it the first rows.
fn make_folder(path: &Path) -> Result<()> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| no_access(folder, &error))?;
    #[cfg(unix)]
    for parent in folder.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty()) {
        // A parent that we may not read was not made by us.
        if let Ok(parent) = std::fs::File::open(parent) {
            parent.sync_all().map_err(|error| no_access(folder, &error))?;
        }
    }
    Ok(())
}

fn no_access(path: &Path, error: &std::io::Error) -> Error {
    Error::Database(format!(
        "the store can't make {}: {error}; check that its folder is there and belongs to the user \
         that the host runs as",
        path.display()
    ))
}
