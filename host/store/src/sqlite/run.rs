//! Run rows: inserting and reading them.

use jiff::Timestamp;
use rusqlite::{Connection, Row, named_params};

use crate::sqlite::column::{Count, Json, Micros, Word};
use crate::sqlite::fault::Did;
use crate::sqlite::{account, conflict, not_found, query};
use crate::{AccountChange, AccountName, AccountStatus, NewRun, Run, RunId, RunStatus};

/// The columns that [`from_row`] reads.
macro_rules! columns {
    () => {
        "id, flow, flow_digest, plugins, account, cause, status, note, wake_at, claimed_by, \
         claim_until, epoch, version, started_at, ended_at"
    };
}
pub(super) use columns;

pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Run> {
    let time =
        |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<Micros>>(column)?.map(|t| t.0));
    Ok(Run {
        id: RunId(row.get("id")?),
        flow: row.get("flow")?,
        flow_digest: row.get("flow_digest")?,
        plugins: row.get::<_, Json<Vec<(String, String)>>>("plugins")?.0,
        account: AccountName(row.get("account")?),
        trigger: row.get("cause")?,
        status: row.get::<_, Word<RunStatus>>("status")?.0,
        note: row.get("note")?,
        wake_at: time("wake_at")?,
        claimed_by: row.get("claimed_by")?,
        claim_until: time("claim_until")?,
        epoch: row.get::<_, Count>("epoch")?.0,
        version: row.get::<_, Count>("version")?.0,
        started_at: row.get::<_, Micros>("started_at")?.0,
        ended_at: time("ended_at")?,
    })
}

pub(super) fn by_id(conn: &Connection, id: &RunId) -> Did<Option<Run>> {
    let sql = concat!("SELECT ", columns!(), " FROM run WHERE id = ?1");
    Ok(query::one(conn, sql, [&id.0], from_row)?)
}

/// A run that must be there.
pub(super) fn existing(conn: &Connection, id: &RunId) -> Did<Run> {
    by_id(conn, id)?.ok_or_else(|| not_found("run", &id.0))
}

pub(super) fn list(conn: &Connection, status: Option<RunStatus>, limit: u32) -> Did<Vec<Run>> {
    let all =
        concat!("SELECT ", columns!(), " FROM run ORDER BY started_at DESC, rowid DESC LIMIT ?1");
    let some = concat!(
        "SELECT ",
        columns!(),
        " FROM run WHERE status = ?1 ORDER BY started_at DESC, rowid DESC LIMIT ?2"
    );
    Ok(match status {
        None => query::all(conn, all, [limit], from_row)?,
        Some(status) => query::all(conn, some, (Word(status), limit), from_row)?,
    })
}

/// The account's run that hasn't ended.
pub(super) fn unfinished(
    conn: &Connection,
    account: &AccountName,
) -> rusqlite::Result<Option<(RunId, RunStatus)>> {
    let sql = "SELECT id, status FROM run WHERE account = ?1 AND status IN ('ready', 'parked')";
    query::one(conn, sql, [&account.0], |row| {
        Ok((RunId(row.get(0)?), row.get::<_, Word<RunStatus>>(1)?.0))
    })
}

pub(super) fn start(
    conn: &Connection,
    now: Timestamp,
    new: &NewRun,
    from: &[AccountStatus],
    status: Option<AccountStatus>,
) -> Did<RunId> {
    let found = account::existing(conn, &new.account)?;
    if let Some((id, status)) = unfinished(conn, &new.account)? {
        return conflict(format!(
            "account {} has a run already that is {status}: {id}; let it end first",
            new.account
        ));
    }
    if !from.contains(&found.status) {
        let from: Vec<String> = from.iter().map(ToString::to_string).collect();
        return conflict(format!(
            "account {} is {}; `{}` starts from {}",
            new.account,
            found.status,
            new.flow,
            if from.is_empty() { "no status".to_owned() } else { from.join(" or ") }
        ));
    }
    account::update(conn, now, &new.account, &AccountChange { status, ..Default::default() })?;
    insert(conn, now, new, false)
}

/// Inserts a run that is ready at once.
pub(super) fn insert(conn: &Connection, now: Timestamp, new: &NewRun, signup: bool) -> Did<RunId> {
    let id = new_id(now);
    query::change(
        conn,
        "INSERT INTO run (id, flow, flow_digest, plugins, account, cause, signup, status, epoch,
             version, started_at)
         VALUES (:id, :flow, :flow_digest, :plugins, :account, :cause, :signup, :status, 0, 0,
             :now)",
        named_params! {
            ":id": id.0,
            ":flow": new.flow,
            ":flow_digest": new.flow_digest,
            ":plugins": Json(&new.plugins),
            ":account": new.account.0,
            ":cause": new.trigger,
            ":signup": signup,
            ":status": Word(RunStatus::Ready),
            ":now": Micros(now),
        },
    )?;
    Ok(id)
}

/// A UUID v7 of the caller's time.
fn new_id(now: Timestamp) -> RunId {
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
    let time = uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos);
    RunId(uuid::Uuid::new_v7(time).to_string())
}
