//! Account rows: reading them, and the one place that moves an account's status.

use jiff::Timestamp;
use rusqlite::{Connection, Row, named_params};

use crate::sqlite::column::{Micros, Word};
use crate::sqlite::fault::Did;
use crate::sqlite::{audit, conflict, not_found, query};
use crate::{Account, AccountChange, AccountName, AccountStatus, AuditEntry};

/// The columns that [`from_row`] reads.
macro_rules! columns {
    () => {
        "name, email, id, role_arn, status, note, planned_at, created_at, vended_at, lease_until, \
         closed_at"
    };
}
pub(super) use columns;

pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Account> {
    let time =
        |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<Micros>>(column)?.map(|t| t.0));
    Ok(Account {
        name: AccountName(row.get("name")?),
        email: row.get("email")?,
        id: row.get("id")?,
        role_arn: row.get("role_arn")?,
        status: row.get::<_, Word<AccountStatus>>("status")?.0,
        note: row.get("note")?,
        planned_at: row.get::<_, Micros>("planned_at")?.0,
        created_at: time("created_at")?,
        vended_at: time("vended_at")?,
        lease_until: time("lease_until")?,
        closed_at: time("closed_at")?,
    })
}

pub(super) fn by_name(conn: &Connection, name: &AccountName) -> Did<Option<Account>> {
    let sql = concat!("SELECT ", columns!(), " FROM account WHERE name = ?1");
    Ok(query::one(conn, sql, [&name.0], from_row)?)
}

/// An account that must be there.
pub(super) fn existing(conn: &Connection, name: &AccountName) -> Did<Account> {
    by_name(conn, name)?.ok_or_else(|| not_found("account", &name.0))
}

pub(super) fn by_email(conn: &Connection, email: &str) -> Did<Option<Account>> {
    let sql = concat!("SELECT ", columns!(), " FROM account WHERE email_key = ?1");
    Ok(query::one(conn, sql, [email.to_lowercase()], from_row)?)
}

pub(super) fn list(conn: &Connection, status: Option<AccountStatus>) -> Did<Vec<Account>> {
    let all = concat!("SELECT ", columns!(), " FROM account ORDER BY planned_at, rowid");
    let some = concat!(
        "SELECT ",
        columns!(),
        " FROM account WHERE status = ?1 ORDER BY planned_at, rowid"
    );
    Ok(match status {
        None => query::all(conn, all, [], from_row)?,
        Some(status) => query::all(conn, some, [Word(status)], from_row)?,
    })
}

pub(super) fn insert(
    conn: &Connection,
    now: Timestamp,
    name: &AccountName,
    email: &str,
) -> Did<()> {
    if by_name(conn, name)?.is_some() {
        return conflict(format!("there is an account {name} already; take another name"));
    }
    if let Some(other) = by_email(conn, email)? {
        return conflict(format!(
            "the address {email} belongs to account {} already; take another address",
            other.name
        ));
    }
    query::change(
        conn,
        "INSERT INTO account (name, email, email_key, status, planned_at)
         VALUES (:name, :email, :key, :status, :now)",
        named_params! {
            ":name": name.0,
            ":email": email,
            ":key": email.to_lowercase(),
            ":status": Word(AccountStatus::Planned),
            ":now": Micros(now),
        },
    )?;
    Ok(())
}

/// Applies a change, if the account may make it.
pub(super) fn update(
    conn: &Connection,
    now: Timestamp,
    name: &AccountName,
    change: &AccountChange,
) -> Did<()> {
    if *change == AccountChange::default() {
        return Ok(());
    }
    let account = existing(conn, name)?;
    let status = change.status.unwrap_or(account.status);
    may_become(&account, status)?;
    if let Some(id) = &change.id {
        may_have_number(conn, &account, id)?;
    }
    let stamp = |when| (status == when && account.status != when).then_some(Micros(now));
    let moved = status != account.status;
    query::change(
        conn,
        "UPDATE account SET
             status = :status,
             id = coalesce(:id, id),
             role_arn = coalesce(:role_arn, role_arn),
             note = CASE WHEN :moved THEN :note ELSE coalesce(:note, note) END,
             created_at = coalesce(created_at, :created_at),
             closed_at = coalesce(closed_at, :closed_at)
         WHERE name = :name",
        named_params! {
            ":status": Word(status),
            ":id": change.id,
            ":role_arn": change.role_arn,
            ":moved": moved,
            ":note": change.note,
            ":created_at": stamp(AccountStatus::Created),
            ":closed_at": stamp(AccountStatus::Closed),
            ":name": name.0,
        },
    )?;
    Ok(())
}

fn may_become(account: &Account, next: AccountStatus) -> Did<()> {
    // A quarantined account may go back into stock only if nobody has had it.
    let had = account.vended_at.is_some() && account.status != next;
    let again = had && next == AccountStatus::Created;
    if account.status.may_become(next) && !again {
        return Ok(());
    }
    let had = if again { " and somebody has had it" } else { "" };
    conflict(format!(
        "account {} is {}{had}: it can't become {next}; nothing was changed",
        account.name, account.status
    ))
}

/// A page that shows another number than before, or that of another account, is not to be believed.
fn may_have_number(conn: &Connection, account: &Account, id: &str) -> Did<()> {
    if let Some(known) = account.id.as_deref().filter(|known| *known != id) {
        return conflict(format!(
            "account {} has the number {known}: it can't have {id} as well; look which of them \
             its page shows",
            account.name
        ));
    }
    let sql = "SELECT name FROM account WHERE id = ?1 AND name <> ?2";
    let other: Option<String> =
        query::one(conn, sql, [id, account.name.0.as_str()], |row| row.get(0))?;
    match other {
        None => Ok(()),
        Some(other) => conflict(format!(
            "the number {id} belongs to account {other}: it can't be that of {} as well; look \
             which of them its page shows",
            account.name
        )),
    }
}

pub(super) fn set_lease(
    conn: &Connection,
    name: &AccountName,
    lease_until: Timestamp,
    actor: &str,
    now: Timestamp,
) -> Did<Account> {
    let account = existing(conn, name)?;
    if account.status != AccountStatus::Vended {
        return conflict(format!(
            "account {name} is {}: only a VENDED account has a lease",
            account.status
        ));
    }
    let sql = "UPDATE account SET lease_until = ?1 WHERE name = ?2";
    query::change(conn, sql, (Micros(lease_until), &name.0))?;
    audit::write(
        conn,
        &AuditEntry {
            at: now,
            actor: actor.to_owned(),
            action: "lease".to_owned(),
            subject: name.0.clone(),
            detail: format!("until {lease_until}"),
        },
    )?;
    existing(conn, name)
}

pub(super) fn leases_over(conn: &Connection, now: Timestamp) -> Did<Vec<Account>> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM account
          WHERE status = 'VENDED' AND lease_until <= ?1
            AND NOT EXISTS (SELECT 1 FROM run
                WHERE run.account = account.name AND run.status IN ('ready', 'parked'))
          ORDER BY lease_until"
    );
    Ok(query::all(conn, sql, [Micros(now)], from_row)?)
}

pub(super) fn next_lease_end(conn: &Connection, now: Timestamp) -> Did<Option<Timestamp>> {
    let sql = "SELECT min(lease_until) FROM account WHERE status = 'VENDED' AND lease_until > ?1";
    let end = query::one(conn, sql, [Micros(now)], |row| row.get::<_, Option<Micros>>(0))?;
    Ok(end.flatten().map(|Micros(at)| at))
}
