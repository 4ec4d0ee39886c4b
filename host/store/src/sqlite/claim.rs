//! Claims: who works on a run, and the check that every fenced write makes.
//!
//! A claim's time gives liveness: once it is over, another worker may take the run. Correctness is
//! the epoch's alone: it grows with each claim, and a write under an older one changes nothing. So
//! a slow worker whose time is over but whom nobody has replaced may still write.

use std::sync::atomic::AtomicU64;

use jiff::Timestamp;
use rusqlite::{Connection, named_params};

use crate::sqlite::column::{Count, Micros};
use crate::sqlite::fault::{Did, Fault};
use crate::sqlite::{account, journal, query, run};
use crate::{Claim, Error, Fence, RunId};

/// What a fence holds, to take along to the writer.
pub(super) struct Held {
    pub(super) run: RunId,
    pub(super) epoch: u64,
}

impl From<&Fence> for Held {
    fn from(fence: &Fence) -> Self {
        Held { run: fence.run.clone(), epoch: fence.epoch }
    }
}

impl Held {
    /// The error when the claim is over.
    pub(super) fn fenced(&self) -> Fault {
        Error::Fenced { run: self.run.0.clone(), epoch: self.epoch }.into()
    }

    /// Nothing may be written for the run unless this claim still has it.
    pub(super) fn check(&self, conn: &Connection) -> Did<()> {
        let sql = "SELECT 1 FROM run WHERE id = ?1 AND epoch = ?2 AND claimed_by IS NOT NULL";
        if query::any(conn, sql, (&self.run.0, Count(self.epoch)))? {
            return Ok(());
        }
        Err(self.fenced())
    }
}

pub(super) fn claim(
    conn: &Connection,
    worker: &str,
    now: Timestamp,
    until: Timestamp,
) -> Did<Option<Claim>> {
    let sql = concat!(
        "UPDATE run SET claimed_by = :worker, claim_until = :until, epoch = epoch + 1
         WHERE id = (SELECT id FROM run WHERE due_at <= :now ORDER BY due_at, rowid LIMIT 1)
         RETURNING ",
        run::columns!()
    );
    let params = named_params! {
        ":worker": worker,
        ":until": Micros(until),
        ":now": Micros(now),
    };
    let Some(run) = query::one(conn, sql, params, run::from_row)? else {
        return Ok(None);
    };
    let account = account::existing(conn, &run.account)?;
    let journal = journal::of(conn, &run.id)?;
    let version = AtomicU64::new(run.version);
    let fence = Fence { run: run.id.clone(), epoch: run.epoch, version };
    Ok(Some(Claim { run, account, journal, fence }))
}

pub(super) fn next_due(conn: &Connection, now: Timestamp) -> Did<Option<Timestamp>> {
    let sql = "SELECT due_at FROM run WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1";
    let due = query::one(conn, sql, [], |row| row.get(0).map(|Micros(at)| at))?;
    Ok(due.map(|due| due.max(now)))
}

pub(super) fn renew(conn: &Connection, held: &Held, until: Timestamp) -> Did<()> {
    let sql = "UPDATE run SET claim_until = ?1
               WHERE id = ?2 AND epoch = ?3 AND claimed_by IS NOT NULL";
    match query::change(conn, sql, (Micros(until), &held.run.0, Count(held.epoch)))? {
        0 => Err(held.fenced()),
        _ => Ok(()),
    }
}

pub(super) fn release(conn: &Connection, worker: &str) -> Did<u64> {
    let sql = "UPDATE run SET claimed_by = NULL, claim_until = NULL WHERE claimed_by = ?1";
    Ok(query::change(conn, sql, [worker])? as u64)
}
