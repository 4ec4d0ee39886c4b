//! Handing out an account: each to one caller only, whoever else asks at the same time.

use jiff::Timestamp;
use rusqlite::{Connection, named_params};

use crate::sqlite::column::Micros;
use crate::sqlite::fault::Did;
use crate::sqlite::{account, audit, query};
use crate::{Account, AccountName, AuditEntry, Vended};

pub(super) fn vend(
    conn: &Connection,
    now: Timestamp,
    lease_until: Timestamp,
    key: Option<&str>,
    actor: &str,
) -> Did<Vended> {
    if let Some(name) = key.map(|key| under_key(conn, actor, key)).transpose()?.flatten() {
        return Ok(Vended::Account(account::existing(conn, &name)?));
    }
    let Some(account) = take(conn, now, lease_until)? else {
        return Ok(Vended::OutOfStock);
    };
    if let Some(key) = key {
        let sql = "INSERT INTO vend_key (actor, key, account, at) VALUES (?1, ?2, ?3, ?4)";
        query::change(conn, sql, (actor, key, &account.name.0, Micros(now)))?;
    }
    audit::write(
        conn,
        &AuditEntry {
            at: now,
            actor: actor.to_owned(),
            action: "vend".to_owned(),
            subject: account.name.0.clone(),
            detail: format!("lease until {lease_until}"),
        },
    )?;
    Ok(Vended::Account(account))
}

fn under_key(conn: &Connection, actor: &str, key: &str) -> rusqlite::Result<Option<AccountName>> {
    let sql = "SELECT account FROM vend_key WHERE actor = ?1 AND key = ?2";
    query::one(conn, sql, [actor, key], |row| row.get(0).map(AccountName))
}

fn take(
    conn: &Connection,
    now: Timestamp,
    lease_until: Timestamp,
) -> rusqlite::Result<Option<Account>> {
    let sql = concat!(
        "UPDATE account SET status = 'VENDED', vended_at = :now, lease_until = :until
         WHERE name = (SELECT name FROM account
             WHERE status = 'CREATED' AND id IS NOT NULL AND role_arn IS NOT NULL
             ORDER BY created_at, rowid LIMIT 1)
         RETURNING ",
        account::columns!()
    );
    let params = named_params! { ":now": Micros(now), ":until": Micros(lease_until) };
    query::one(conn, sql, params, account::from_row)
}
