//! Switches that hold for all hosts.

use jiff::Timestamp;
use rusqlite::Connection;

use crate::AuditEntry;
use crate::sqlite::fault::Did;
use crate::sqlite::{audit, query};

/// On: no sign-up begins.
pub(super) const SIGNUPS_STOPPED: &str = "signups-stopped";

pub(super) fn is_on(conn: &Connection, name: &str) -> Did<bool> {
    Ok(query::any(conn, "SELECT 1 FROM switch WHERE name = ?1 AND is_on = 1", [name])?)
}

pub(super) fn stop_signups(
    conn: &Connection,
    stopped: bool,
    actor: &str,
    now: Timestamp,
) -> Did<()> {
    let sql = "INSERT INTO switch (name, is_on) VALUES (?1, ?2)
               ON CONFLICT (name) DO UPDATE SET is_on = excluded.is_on";
    query::change(conn, sql, (SIGNUPS_STOPPED, stopped))?;
    let action = if stopped { "signups-stopped" } else { "signups-allowed" };
    audit::write(
        conn,
        &AuditEntry {
            at: now,
            actor: actor.to_owned(),
            action: action.to_owned(),
            subject: "sign-ups".to_owned(),
            detail: String::new(),
        },
    )
}
