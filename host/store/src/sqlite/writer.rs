//! The one thread that writes, and its group commit.
//!
//! A commit waits for the disk, which takes far longer than the statements in it. So what has
//! queued up meanwhile is committed together:
//!
//! 1. Wait for a job, then take all that are queued, up to [`GROUP`].
//! 2. `BEGIN IMMEDIATE`: from here on no other process writes.
//! 3. Each job runs in a savepoint of its own. If it gives an error, the savepoint is rolled back:
//!    nothing of it is left, and the others don't notice.
//! 4. `COMMIT`. Only after it has succeeded is any caller answered, so nobody acts on rows that a
//!    crash could still take away. If it fails, the whole group is undone and every caller told.
//! 5. Those who watch [`crate::Store::changes`] are woken if anything was written that they may wait
//!    for, then the callers.
//!
//! SQLite tells no process of another's writes. So the thread asks, several times a second and after
//! each group, whether there were any: a run that the command line starts begins at once.
//!
//! SQLite itself rolls back a whole transaction on some errors (a full disk). The group then ends
//! there, its callers are told, and the jobs after it get a group of their own.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot, watch};

use crate::sqlite::fault::{self, Did};
use crate::sqlite::query;
use crate::{Error, Result};

/// Most jobs in one commit: bounds how long the first of them waits for the others.
const GROUP: usize = 256;

/// Most jobs in the queue; who comes later waits to get in.
const QUEUE: usize = 1024;

/// How often it is asked whether another process has written: a read of one page in memory.
const ELSEWHERE: Duration = Duration::from_millis(100);

/// The writing end, held by the store. Dropping it lets the thread finish what is queued, and waits
/// for it.
pub(super) struct Writer {
    path: Arc<Path>,
    queue: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(
        conn: Connection,
        path: Arc<Path>,
        changes: Arc<watch::Sender<u64>>,
    ) -> Result<Writer> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let broken = |error| fault::broken(&path, &error);
        // Of its own, for its clock only: the thread waits for jobs, but not for ever.
        let clock = Builder::new_current_thread().enable_time().build().map_err(broken)?;
        let thread = std::thread::Builder::new()
            .name("mavm-store".to_owned())
            .spawn(move || serve(&conn, jobs, &changes, &clock))
            .map_err(broken)?;
        Ok(Writer { path, queue: Some(queue), thread: Some(thread) })
    }

    pub(super) async fn write<T, F>(&self, work: F, told: Told) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Did<T> + Send + 'static,
    {
        let stopped = || fault::broken(&self.path, &"its writer has stopped");
        let (caller, answer) = oneshot::channel();
        let path = Arc::clone(&self.path);
        let asked = Asked { path, work: Some(work), told, done: None, caller };
        let queue = self.queue.as_ref().ok_or_else(stopped)?;
        queue.send(Box::new(asked)).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// How many writes wait.
    #[cfg(test)]
    pub(super) fn queued(&self) -> usize {
        self.queue.as_ref().map_or(0, |queue| queue.max_capacity() - queue.capacity())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!(path = %self.path.display(), "the store's writer had panicked");
        }
    }
}

/// Who hears of a write, beside its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Those who watch for changes.
    All,
    /// Being woken takes them several looks, which would be in vain.
    Nobody,
}

/// One call's work, its type hidden so that different ones can queue together.
trait Job: Send {
    /// Whether the caller still waits.
    fn wanted(&self) -> bool;
    /// Who is to hear of it.
    fn told(&self) -> Told;
    /// Does the work; true if it is to be kept.
    fn run(&mut self, conn: &Connection) -> bool;
    /// Tells the caller what came of it; `undone` says why it was undone although it went well.
    fn answer(self: Box<Self>, undone: Option<&str>);
}

struct Asked<T, F> {
    path: Arc<Path>,
    work: Option<F>,
    told: Told,
    done: Option<Result<T>>,
    caller: oneshot::Sender<Result<T>>,
}

impl<T, F> Job for Asked<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Did<T> + Send,
{
    fn wanted(&self) -> bool {
        !self.caller.is_closed()
    }

    fn told(&self) -> Told {
        self.told
    }

    fn run(&mut self, conn: &Connection) -> bool {
        self.done = self.work.take().map(|work| work(conn).map_err(|fault| fault.on(&self.path)));
        matches!(self.done, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, undone: Option<&str>) {
        let undone = undone.map(|why| Error::Database(why.to_owned()));
        let result = match (self.done, undone) {
            (Some(Ok(_)) | None, Some(undone)) => Err(undone),
            (Some(done), _) => done,
            (None, None) => return,
        };
        // A caller that has gone away doesn't want to know.
        let _ = self.caller.send(result);
    }
}

fn serve(
    conn: &Connection,
    mut queue: mpsc::Receiver<Box<dyn Job>>,
    changes: &watch::Sender<u64>,
    clock: &Runtime,
) {
    let mut jobs = Vec::with_capacity(GROUP);
    let mut elsewhere = writes_elsewhere(conn);
    loop {
        let next =
            async { tokio::time::timeout(ELSEWHERE, queue.recv_many(&mut jobs, GROUP)).await };
        if let Ok(0) = clock.block_on(next) {
            return;
        }
        let now = writes_elsewhere(conn);
        if now != elsewhere {
            elsewhere = now;
            changes.send_modify(|counter| *counter += 1);
        }
        let mut jobs = jobs.drain(..);
        while jobs.len() > 0 {
            let mut ran = Vec::with_capacity(jobs.len());
            let outcome = group(conn, &mut jobs, &mut ran);
            let undone = match outcome {
                Ok(news) => {
                    if news {
                        changes.send_modify(|counter| *counter += 1);
                    }
                    None
                }
                Err(error) => {
                    tracing::warn!(%error, jobs = ran.len(), "a group of writes was undone");
                    Some(error.to_string())
                }
            };
            for job in ran {
                job.answer(undone.as_deref());
            }
        }
    }
}

/// A number that moves when another process (or another connection) has committed. None while it
/// can't be told: then the next look tells.
fn writes_elsewhere(conn: &Connection) -> Option<i64> {
    query::one(conn, "PRAGMA data_version", [], |row| row.get(0)).ok()?
}

/// Takes jobs and commits them; true if they wrote anything that others may wait for. The jobs taken are in `ran`, also when
/// it fails, and then nothing of them is left.
fn group(
    conn: &Connection,
    jobs: &mut impl Iterator<Item = Box<dyn Job>>,
    ran: &mut Vec<Box<dyn Job>>,
) -> Result<bool> {
    let path = conn.path().unwrap_or_default();
    let failed = |error| fault::describe(Path::new(path), &error);
    if let Err(error) = query::change(conn, "BEGIN IMMEDIATE", []) {
        ran.extend(jobs);
        return Err(failed(error));
    }
    let mut news = false;
    for mut job in jobs {
        if !job.wanted() {
            continue;
        }
        let before = conn.total_changes();
        let told = job.told() == Told::All;
        let kept = in_savepoint(conn, job.as_mut());
        ran.push(job);
        if conn.is_autocommit() {
            return Err(Error::Database(format!(
                "database {path}: another write in the same commit failed so badly that all were \
                 undone; nothing was written; try again"
            )));
        }
        match kept {
            Ok(kept) => news |= kept && told && conn.total_changes() > before,
            Err(error) => return Err(undo(conn, failed(error))),
        }
    }
    match query::change(conn, "COMMIT", []) {
        Ok(_) => Ok(news),
        Err(error) => Err(undo(conn, failed(error))),
    }
}

fn in_savepoint(conn: &Connection, job: &mut dyn Job) -> rusqlite::Result<bool> {
    query::change(conn, "SAVEPOINT job", [])?;
    let kept = job.run(conn);
    if conn.is_autocommit() {
        return Ok(false);
    }
    if !kept {
        query::change(conn, "ROLLBACK TO job", [])?;
    }
    query::change(conn, "RELEASE job", [])?;
    Ok(kept)
}

/// Rolls back what a failed commit has left open.
fn undo(conn: &Connection, why: Error) -> Error {
    if conn.is_autocommit() {
        return why;
    }
    match query::change(conn, "ROLLBACK", []) {
        Ok(_) => why,
        Err(error) => Error::Database(format!("{why}; and it can't be rolled back: {error}")),
    }
}
