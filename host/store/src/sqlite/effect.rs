//! Effects: what a run has done outside, or may have. An intent without an end is never taken for
//! "it didn't happen".

use jiff::Timestamp;
use rusqlite::Connection;

use crate::sqlite::claim::Held;
use crate::sqlite::column::Micros;
use crate::sqlite::fault::Did;
use crate::sqlite::{audit, conflict, not_found, query, run};
use crate::{AuditEntry, Effect, EffectState, RunId};

pub(super) fn of(conn: &Connection, id: &RunId) -> Did<Vec<Effect>> {
    let sql = "SELECT name, intended_at, finished_at, result FROM effect WHERE run = ?1
               ORDER BY intended_at, name";
    Ok(query::all(conn, sql, [&id.0], |row| {
        Ok(Effect {
            name: row.get(0)?,
            intended_at: row.get::<_, Micros>(1)?.0,
            finished_at: row.get::<_, Option<Micros>>(2)?.map(|at| at.0),
            result: row.get(3)?,
        })
    })?)
}

/// The effect's result: the outer `None` if it isn't intended, the inner if it isn't finished.
fn known(conn: &Connection, run: &RunId, name: &str) -> rusqlite::Result<Option<Option<String>>> {
    let sql = "SELECT result FROM effect WHERE run = ?1 AND name = ?2";
    query::one(conn, sql, [run.0.as_str(), name], |row| row.get(0))
}

pub(super) fn begin(
    conn: &Connection,
    held: &Held,
    now: Timestamp,
    name: &str,
) -> Did<EffectState> {
    held.check(conn)?;
    match known(conn, &held.run, name)? {
        Some(Some(result)) => Ok(EffectState::Done(result)),
        Some(None) => Ok(EffectState::Unknown),
        None => {
            let sql = "INSERT INTO effect (run, name, intended_at) VALUES (?1, ?2, ?3)";
            query::change(conn, sql, (&held.run.0, name, Micros(now)))?;
            Ok(EffectState::Fresh)
        }
    }
}

pub(super) fn begin_again(conn: &Connection, held: &Held, now: Timestamp, name: &str) -> Did<()> {
    held.check(conn)?;
    unfinished(conn, &held.run, name)?;
    let sql = "UPDATE effect SET intended_at = ?1 WHERE run = ?2 AND name = ?3";
    query::change(conn, sql, (Micros(now), &held.run.0, name))?;
    Ok(())
}

pub(super) fn finish(
    conn: &Connection,
    held: &Held,
    now: Timestamp,
    name: &str,
    result: &str,
) -> Did<()> {
    held.check(conn)?;
    if known(conn, &held.run, name)?.flatten().as_deref() == Some(result) {
        return Ok(());
    }
    unfinished(conn, &held.run, name)?;
    settle(conn, &held.run, now, name, result)
}

fn settle(conn: &Connection, run: &RunId, now: Timestamp, name: &str, result: &str) -> Did<()> {
    let sql = "UPDATE effect SET finished_at = ?1, result = ?2 WHERE run = ?3 AND name = ?4";
    query::change(conn, sql, (Micros(now), result, &run.0, name))?;
    Ok(())
}

/// An error unless the effect is intended and not finished.
fn unfinished(conn: &Connection, run: &RunId, name: &str) -> Did<()> {
    match known(conn, run, name)? {
        Some(None) => Ok(()),
        Some(Some(_)) => {
            conflict(format!("effect `{name}` of run {run} is finished: its result stays"))
        }
        None => Err(not_found("effect", name)),
    }
}

pub(super) fn resolve(
    conn: &Connection,
    id: &RunId,
    now: Timestamp,
    name: &str,
    happened: Option<&str>,
    actor: &str,
) -> Did<()> {
    let found = run::existing(conn, id)?;
    if let Some(worker) = found.claimed_by {
        return conflict(format!(
            "worker {worker} has run {id} now and may be doing `{name}`: wait until it is parked"
        ));
    }
    unfinished(conn, id, name)?;
    let detail = match happened {
        Some(result) => {
            settle(conn, id, now, name, result)?;
            format!("`{name}` had happened: {result}")
        }
        None => {
            let sql = "DELETE FROM effect WHERE run = ?1 AND name = ?2";
            query::change(conn, sql, [id.0.as_str(), name])?;
            format!("`{name}` had not happened")
        }
    };
    audit::write(
        conn,
        &AuditEntry {
            at: now,
            actor: actor.to_owned(),
            action: "effect-resolved".to_owned(),
            subject: id.0.clone(),
            detail,
        },
    )
}
