//! The journal: appending under a fence, with what changes at the same time; and putting a run that
//! stands still back to work.

use jiff::Timestamp;
use rusqlite::{Connection, named_params};
use serde_json::Value;

use crate::sqlite::claim::Held;
use crate::sqlite::column::{Count, Json, Micros, Word};
use crate::sqlite::fault::Did;
use crate::sqlite::{account, audit, conflict, query, reservation, run};
use crate::{AccountChange, AccountName, AuditEntry, JournalEntry, RunChange, RunId, RunStatus};

pub(super) fn of(conn: &Connection, id: &RunId) -> Did<Vec<JournalEntry>> {
    let sql = "SELECT version, epoch, at, entry FROM journal WHERE run = ?1 ORDER BY version";
    Ok(query::all(conn, sql, [&id.0], |row| {
        Ok(JournalEntry {
            version: row.get::<_, Count>(0)?.0,
            epoch: row.get::<_, Count>(1)?.0,
            at: row.get::<_, Micros>(2)?.0,
            entry: row.get::<_, Json<Value>>(3)?.0,
        })
    })?)
}

fn insert(
    conn: &Connection,
    run: &RunId,
    version: u64,
    epoch: u64,
    now: Timestamp,
    entry: &Value,
) -> rusqlite::Result<()> {
    query::change(
        conn,
        "INSERT INTO journal (run, version, epoch, at, entry) VALUES (?1, ?2, ?3, ?4, ?5)",
        (&run.0, Count(version), Count(epoch), Micros(now), Json(entry)),
    )?;
    Ok(())
}

/// Everything that one append writes.
pub(super) struct Append {
    pub(super) held: Held,
    pub(super) version: u64,
    pub(super) now: Timestamp,
    pub(super) entries: Vec<Value>,
    pub(super) run: RunChange,
    pub(super) account: AccountChange,
}

impl Append {
    /// The worker goes on as before.
    pub(super) fn is_note(&self) -> bool {
        self.run == RunChange::Keep && self.account == AccountChange::default()
    }

    fn last_version(&self) -> u64 {
        self.version + self.entries.len() as u64
    }
}

/// Gives the version that the journal has then.
pub(super) fn append(conn: &Connection, append: &Append) -> Did<u64> {
    let Append { held, version, now, entries, run, account } = append;
    let Some(name) = move_run(conn, append, run)? else {
        return Err(held.fenced());
    };
    for (entry, version) in entries.iter().zip(version + 1..) {
        insert(conn, &held.run, version, held.epoch, *now, entry)?;
    }
    account::update(conn, *now, &name, account)?;
    if matches!(run, RunChange::Park(_) | RunChange::Succeed | RunChange::Fail(_)) {
        reservation::free(conn, &held.run)?;
    }
    Ok(append.last_version())
}

/// Moves the version, and the row with it; gives the run's account, or none if the fence is stale.
fn move_run(
    conn: &Connection,
    append: &Append,
    change: &RunChange,
) -> rusqlite::Result<Option<AccountName>> {
    let (status, note, wake_at, ended_at) = match change {
        RunChange::Keep => return keep_run(conn, append),
        RunChange::Sleep(until) => (RunStatus::Ready, None, Some(*until), None),
        RunChange::Park(note) => (RunStatus::Parked, Some(note), None, None),
        RunChange::Succeed => (RunStatus::Succeeded, None, None, Some(append.now)),
        RunChange::Fail(note) => (RunStatus::Failed, Some(note), None, Some(append.now)),
    };
    query::one(
        conn,
        "UPDATE run SET version = :last, status = :status, note = :note, wake_at = :wake_at,
             ended_at = :ended_at, claimed_by = NULL, claim_until = NULL
         WHERE id = :id AND epoch = :epoch AND version = :version AND claimed_by IS NOT NULL
         RETURNING account",
        named_params! {
            ":status": Word(status),
            ":note": note,
            ":wake_at": wake_at.map(Micros),
            ":ended_at": ended_at.map(Micros),
            ":id": append.held.run.0,
            ":epoch": Count(append.held.epoch),
            ":version": Count(append.version),
            ":last": Count(append.last_version()),
        },
        |row| row.get(0).map(AccountName),
    )
}

fn keep_run(conn: &Connection, append: &Append) -> rusqlite::Result<Option<AccountName>> {
    query::one(
        conn,
        "UPDATE run SET version = ?4
         WHERE id = ?1 AND epoch = ?2 AND version = ?3 AND claimed_by IS NOT NULL
         RETURNING account",
        (
            &append.held.run.0,
            Count(append.held.epoch),
            Count(append.version),
            Count(append.last_version()),
        ),
        |row| row.get(0).map(AccountName),
    )
}

pub(super) fn resume(
    conn: &Connection,
    id: &RunId,
    now: Timestamp,
    plugins: Option<&[(String, String)]>,
    entry: &Value,
    actor: &str,
) -> Did<()> {
    let found = run::existing(conn, id)?;
    if !matches!(found.status, RunStatus::Parked | RunStatus::Failed) {
        return conflict(format!(
            "run {id} is {}: only one that is parked or failed can be resumed",
            found.status
        ));
    }
    if let Some((other, _)) = run::unfinished(conn, &found.account)?.filter(|run| run.0 != *id) {
        return conflict(format!(
            "run {id} can't be resumed: account {} has got another run since, {other}",
            found.account
        ));
    }
    query::change(
        conn,
        "UPDATE run SET version = version + 1, status = :status, note = NULL, wake_at = :now,
             ended_at = NULL, plugins = coalesce(:plugins, plugins)
         WHERE id = :id",
        named_params! {
            ":status": Word(RunStatus::Ready),
            ":now": Micros(now),
            ":plugins": plugins.map(Json),
            ":id": id.0,
        },
    )?;
    insert(conn, id, found.version + 1, found.epoch, now, entry)?;
    audit::write(
        conn,
        &AuditEntry {
            at: now,
            actor: actor.to_owned(),
            action: "resume".to_owned(),
            subject: id.0.clone(),
            detail: format!("`{}` of account {}, was {}", found.flow, found.account, found.status),
        },
    )
}
