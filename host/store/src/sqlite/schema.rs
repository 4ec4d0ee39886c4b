//! The schema's versions. A migration that was released is never edited: a change is a new file.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::sqlite::fault;
use crate::{Error, Result};

/// All migrations, in order: version, name, statements.
const MIGRATIONS: &[(u32, &str, &str)] =
    &[(1, "0001_first", include_str!("migrations/0001_first.sql"))];

/// Brings the file up to date, or refuses one that a newer mavm has written.
pub(super) fn migrate(conn: &mut Connection, path: &Path) -> Result<()> {
    let known = MIGRATIONS.iter().map(|(version, ..)| *version).max().unwrap_or(0);
    let found = version(conn).map_err(|error| fault::describe(path, &error))?;
    if found < known {
        return apply(conn).map_err(|error| fault::describe(path, &error));
    }
    if found == known {
        return Ok(());
    }
    Err(Error::Database(format!(
        "database {}: its schema is version {found}, and this mavm knows versions up to {known}: \
         a newer mavm has written it; run that one, or bring back a backup from before",
        path.display()
    )))
}

/// The version that the file has; 0 for an empty one.
fn version(conn: &Connection) -> rusqlite::Result<u32> {
    let table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'";
    if conn.query_row(table, [], |_| Ok(())).optional()?.is_none() {
        return Ok(0);
    }
    conn.query_row("SELECT coalesce(max(version), 0) FROM schema_version", [], |row| row.get(0))
}

fn apply(conn: &mut Connection) -> rusqlite::Result<()> {
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_version
             (version INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;",
    )?;
    // Looked at again: another process may have been first.
    let done = version(&transaction)?;
    for (version, name, sql) in MIGRATIONS.iter().filter(|(version, ..)| *version > done) {
        transaction.execute_batch(sql)?;
        let sql = "INSERT INTO schema_version (version, name) VALUES (?1, ?2)";
        transaction.execute(sql, (version, name))?;
    }
    transaction.commit()
}
