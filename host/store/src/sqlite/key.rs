//! API keys, by hash.

use jiff::Timestamp;
use rusqlite::Connection;

use crate::sqlite::column::{Count, Micros};
use crate::sqlite::fault::Did;
use crate::sqlite::{conflict, query};

pub(super) fn put(conn: &Connection, name: &str, hash: &str, now: Timestamp) -> Did<()> {
    if query::any(conn, "SELECT 1 FROM api_key WHERE name = ?1", [name])? {
        return conflict(format!("there is a key named `{name}` already; take another name"));
    }
    if let Some(other) = name_of(conn, hash)? {
        return conflict(format!("this key is there already, named `{other}`"));
    }
    let sql = "INSERT INTO api_key (name, hash, created_at) VALUES (?1, ?2, ?3)";
    query::change(conn, sql, (name, hash, Micros(now)))?;
    Ok(())
}

pub(super) fn name_of(conn: &Connection, hash: &str) -> Did<Option<String>> {
    Ok(query::one(conn, "SELECT name FROM api_key WHERE hash = ?1", [hash], |row| row.get(0))?)
}

pub(super) fn count(conn: &Connection) -> Did<u64> {
    let count = query::one(conn, "SELECT count(*) FROM api_key", [], |row| row.get::<_, Count>(0))?;
    Ok(count.map_or(0, |count| count.0))
}
