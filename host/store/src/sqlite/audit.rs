//! The audit log: lines are added, never changed.

use rusqlite::Connection;

use crate::AuditEntry;
use crate::sqlite::column::Micros;
use crate::sqlite::fault::Did;
use crate::sqlite::query;

pub(super) fn write(conn: &Connection, entry: &AuditEntry) -> Did<()> {
    let sql = "INSERT INTO audit (at, actor, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)";
    let AuditEntry { at, actor, action, subject, detail } = entry;
    query::change(conn, sql, (Micros(*at), actor, action, subject, detail))?;
    Ok(())
}

pub(super) fn last(conn: &Connection, limit: u32) -> Did<Vec<AuditEntry>> {
    let sql = "SELECT at, actor, action, subject, detail FROM audit ORDER BY id DESC LIMIT ?1";
    Ok(query::all(conn, sql, [limit], |row| {
        Ok(AuditEntry {
            at: row.get::<_, Micros>(0)?.0,
            actor: row.get(1)?,
            action: row.get(2)?,
            subject: row.get(3)?,
            detail: row.get(4)?,
        })
    })?)
}
