//! Mail and codes that came in, until a run takes them. The store can't read them.

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use crate::sqlite::claim::Held;
use crate::sqlite::column::Micros;
use crate::sqlite::fault::Did;
use crate::sqlite::query;
use crate::{Code, Mail, RunId};

/// What nobody took for so long is of no use.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// More mail than this to one address that no run wants is somebody's flood: the oldest goes.
const UNTAKEN_PER_RECIPIENT: u32 = 20;

/// Codes that nobody waits for, likewise.
const UNTAKEN_CODES: u32 = 200;

fn oldest_kept(now: Timestamp) -> Micros {
    Micros(now.saturating_sub(KEPT_FOR).unwrap_or(Timestamp::MIN))
}

pub(super) fn put_mail(
    conn: &Connection,
    now: Timestamp,
    recipient: &str,
    sealed: &[u8],
) -> Did<i64> {
    query::change(conn, "DELETE FROM mail WHERE taken_by IS NOT NULL", [])?;
    query::change(conn, "DELETE FROM mail WHERE at < ?1", [oldest_kept(now)])?;
    let sql = "INSERT INTO mail (recipient, at, sealed) VALUES (?1, ?2, ?3)";
    let recipient = recipient.to_lowercase();
    query::change(conn, sql, (&recipient, Micros(now), sealed))?;
    let id = conn.last_insert_rowid();
    let sql = "DELETE FROM mail WHERE recipient = ?1 AND taken_by IS NULL AND id NOT IN
               (SELECT id FROM mail WHERE recipient = ?1 AND taken_by IS NULL
                ORDER BY at DESC, id DESC LIMIT ?2)";
    query::change(conn, sql, (&recipient, UNTAKEN_PER_RECIPIENT))?;
    Ok(id)
}

pub(super) fn untaken_mail(conn: &Connection, recipient: &str) -> Did<Vec<Mail>> {
    let sql = "SELECT id, recipient, at, sealed FROM mail
               WHERE recipient = ?1 AND taken_by IS NULL ORDER BY at DESC, id DESC";
    Ok(query::all(conn, sql, [recipient.to_lowercase()], |row| {
        Ok(Mail {
            id: row.get(0)?,
            recipient: row.get(1)?,
            at: row.get::<_, Micros>(2)?.0,
            sealed: row.get(3)?,
            taken_by: None,
        })
    })?)
}

pub(super) fn take_mail(conn: &Connection, held: &Held, id: i64) -> Did<bool> {
    held.check(conn)?;
    // Taking it twice is no mistake: after a crash the run asks again.
    let sql = "UPDATE mail SET taken_by = ?1 WHERE id = ?2 AND (taken_by IS NULL OR taken_by = ?1)";
    Ok(query::change(conn, sql, (&held.run.0, id))? > 0)
}

pub(super) fn put_code(
    conn: &Connection,
    now: Timestamp,
    channel: Option<&str>,
    sealed: &[u8],
) -> Did<i64> {
    query::change(conn, "DELETE FROM code WHERE taken_by IS NOT NULL", [])?;
    query::change(conn, "DELETE FROM code WHERE at < ?1", [oldest_kept(now)])?;
    let sql = "INSERT INTO code (channel, at, sealed) VALUES (?1, ?2, ?3)";
    query::change(conn, sql, (channel, Micros(now), sealed))?;
    let id = conn.last_insert_rowid();
    let sql = "DELETE FROM code WHERE taken_by IS NULL AND id <= ?1 - ?2";
    query::change(conn, sql, (id, UNTAKEN_CODES))?;
    Ok(id)
}

pub(super) fn untaken_codes(conn: &Connection, run: &RunId, channel: &str) -> Did<Vec<Code>> {
    // Only what came since the run reserved the channel: an older code was meant for another.
    let sql = "SELECT code.id, code.channel, code.at, code.sealed
               FROM reservation JOIN code ON code.at >= reservation.at
               WHERE reservation.resource = ?1 AND reservation.run = ?2
                 AND (code.channel = ?1 OR code.channel IS NULL) AND code.taken_by IS NULL
               ORDER BY code.at, code.id";
    Ok(query::all(conn, sql, [channel, run.0.as_str()], |row| {
        Ok(Code {
            id: row.get(0)?,
            channel: row.get(1)?,
            at: row.get::<_, Micros>(2)?.0,
            sealed: row.get(3)?,
            taken_by: None,
        })
    })?)
}

pub(super) fn take_code(conn: &Connection, held: &Held, id: i64) -> Did<bool> {
    held.check(conn)?;
    let sql = "UPDATE code SET taken_by = ?1 WHERE id = ?2 AND (taken_by IS NULL OR taken_by = ?1)";
    Ok(query::change(conn, sql, (&held.run.0, id))? > 0)
}
