//! Channels and phone numbers that a run has to itself, so that no code or call is taken for
//! another run's.

use jiff::Timestamp;
use rusqlite::Connection;

use crate::RunId;
use crate::sqlite::claim::Held;
use crate::sqlite::column::Micros;
use crate::sqlite::fault::Did;
use crate::sqlite::query;

pub(super) fn reserve(conn: &Connection, held: &Held, now: Timestamp, resource: &str) -> Did<bool> {
    held.check(conn)?;
    let sql = "SELECT run FROM reservation WHERE resource = ?1";
    let holder: Option<String> = query::one(conn, sql, [resource], |row| row.get(0))?;
    if let Some(holder) = holder {
        return Ok(holder == held.run.0);
    }
    let sql = "INSERT INTO reservation (resource, run, at) VALUES (?1, ?2, ?3)";
    query::change(conn, sql, (resource, &held.run.0, Micros(now)))?;
    Ok(true)
}

pub(super) fn release(conn: &Connection, run: &RunId, resource: &str) -> Did<()> {
    let sql = "DELETE FROM reservation WHERE resource = ?1 AND run = ?2";
    query::change(conn, sql, [resource, run.0.as_str()])?;
    Ok(())
}

/// Gives back all that a run holds: it ends or is parked.
pub(super) fn free(conn: &Connection, run: &RunId) -> rusqlite::Result<()> {
    query::change(conn, "DELETE FROM reservation WHERE run = ?1", [&run.0])?;
    Ok(())
}
