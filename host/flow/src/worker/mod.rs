//! The worker: claims runs and takes each as far as it can go. Several work at once, in one host or
//! in many; the store's claims and fences keep them apart. What a worker knows only in memory is
//! never needed to go on: a killed host loses nothing but the step it was in.

mod breaker;
mod drive;
mod outcome;
mod parked;
mod see;
mod steps;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mavm_store::{Claim, RunId, Store};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

pub use parked::resume;
pub use steps::{Plugins, Steps};

use crate::clock::Clock;
use crate::flows::FlowTexts;
use breaker::Breaker;

/// Other hosts' writes may not be told of, so the worker looks by itself this often.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(5);
/// What couldn't be done just now is not tried again at once.
const SOON: SignedDuration = SignedDuration::from_secs(1);
/// How long a kept session waits for its run beyond the pause.
const SESSION_WAITS: SignedDuration = SignedDuration::from_mins(1);
/// A browser session outlives a pause up to this long.
const SESSION_KEPT: SignedDuration = SignedDuration::from_mins(10);

/// What a worker works with.
#[derive(Clone)]
pub struct Parts {
    /// Runs, journals, accounts.
    pub store: Arc<dyn Store>,
    /// Who does the steps.
    pub steps: Arc<dyn Steps>,
    /// Which plugins are active.
    pub plugins: Arc<dyn Plugins>,
    /// The texts that runs pinned, and what flows see of the configuration.
    pub texts: Arc<FlowTexts>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// How a worker works.
#[derive(Clone, Debug)]
pub struct WorkerOptions {
    /// Its name, unlike that of any other host's worker and the same after a restart: it gives up
    /// the claims that it held when it was killed.
    pub name: String,
    /// How many runs at once.
    pub at_once: usize,
    /// How long a claim holds; it is renewed three times as often.
    pub claim: Duration,
}

impl WorkerOptions {
    /// Two runs at once, claims of a minute.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), at_once: 2, claim: Duration::from_secs(60) }
    }
}

/// Claims runs and does them.
#[derive(Clone)]
pub struct Worker {
    inner: Arc<Inner>,
}

struct Inner {
    parts: Parts,
    options: WorkerOptions,
    breaker: Breaker,
    /// Runs may be resumed: a plugin was swapped, or a breaker closed.
    look_at_parked: Notify,
    /// Sessions kept through a pause, and until when.
    lingering: Mutex<HashMap<RunId, Timestamp>>,
}

impl Worker {
    /// A worker; it does nothing before [`Worker::run`].
    pub fn new(parts: Parts, options: WorkerOptions) -> Self {
        Self {
            inner: Arc::new(Inner {
                parts,
                options,
                breaker: Breaker::default(),
                look_at_parked: Notify::new(),
                lingering: Mutex::default(),
            }),
        }
    }

    /// Works until `stop` is cancelled. Then steps that are under way are cancelled, and the claims
    /// are given up, so that another worker (or the next start) goes on at once.
    pub async fn run(&self, stop: CancellationToken) {
        self.inner.run(stop).await;
    }

    /// A plugin has a new active digest: runs that wait because of drift with an older one go on
    /// with it.
    pub fn plugin_swapped(&self, plugin: &str, digest: &str) {
        info!(plugin, digest, "plugin swapped; runs that wait for it go on");
        self.inner.look_at_parked.notify_one();
    }

    /// Puts a parked or failed run back to work.
    ///
    /// # Errors
    ///
    /// When there is no such run, or it is neither parked nor failed.
    pub async fn resume(&self, run: &RunId, actor: &str) -> mavm_store::Result<()> {
        let parts = &self.inner.parts;
        let now = parts.clock.now();
        resume(&*parts.store, &*parts.plugins, &parts.texts, run, now, actor).await
    }
}

impl Inner {
    async fn run(self: &Arc<Self>, stop: CancellationToken) {
        let Parts { store, clock, .. } = &self.parts;
        match store.release_claims(&self.options.name).await {
            Ok(0) => {}
            Ok(runs) => info!(runs, "going on with runs that were cut off"),
            Err(error) => warn!(%error, "claims of an earlier life could not be given up"),
        }
        self.remember_drift().await;
        self.resume_parked().await;
        let mut changes = store.changes();
        let mut tasks = JoinSet::new();
        let mut last_error = None;
        while !stop.is_cancelled() {
            changes.borrow_and_update();
            // One time for claiming and for the sleep after it: what falls due in between is due at
            // once when the sleep begins.
            let now = clock.now();
            self.claim_runs(now, &mut tasks, &stop, &mut last_error).await;
            self.end_lingering(now).await;
            let wake = self.next_look(now).await;
            let free = tasks.len() < self.options.at_once;
            tokio::select! {
                () = stop.cancelled() => {}
                Some(ended) = tasks.join_next() => note_end(ended),
                changed = changes.changed(), if free => {
                    if changed.is_err() {
                        error!("the store has closed; the worker stops");
                        break;
                    }
                }
                () = self.look_at_parked.notified() => self.resume_parked().await,
                () = clock.sleep_until(wake) => {}
            }
        }
        while let Some(ended) = tasks.join_next().await {
            note_end(ended);
        }
        self.end_lingering(Timestamp::MAX).await;
        if let Err(error) = store.release_claims(&self.options.name).await {
            warn!(%error, "claims could not be given up; they lapse by themselves");
        }
    }

    /// Claims as many runs as there is room for.
    async fn claim_runs(
        self: &Arc<Self>,
        now: Timestamp,
        tasks: &mut JoinSet<()>,
        stop: &CancellationToken,
        last_error: &mut Option<String>,
    ) {
        while tasks.len() < self.options.at_once && !stop.is_cancelled() {
            match self.claim_one(now).await {
                Ok(Some(claim)) => {
                    *last_error = None;
                    self.lock_lingering().remove(&claim.run.id);
                    let (worker, stop) = (Arc::clone(self), stop.clone());
                    tasks.spawn(async move { drive::drive(worker, claim, stop).await });
                }
                Ok(None) => {
                    *last_error = None;
                    return;
                }
                Err(error) => {
                    // The same trouble every few seconds is told once.
                    let error = error.to_string();
                    if last_error.as_ref() != Some(&error) {
                        error!(error, "no run can be claimed");
                        *last_error = Some(error);
                    }
                    return;
                }
            }
        }
    }

    /// Claims the run that is due longest. Whether one is due is read first: asking costs a write.
    async fn claim_one(&self, now: Timestamp) -> mavm_store::Result<Option<Claim>> {
        let store = &self.parts.store;
        match store.next_due(now).await? {
            Some(due) if due <= now => {
                store.claim(&self.options.name, now, self.claim_until(now)).await
            }
            _ => Ok(None),
        }
    }

    async fn next_look(&self, now: Timestamp) -> Timestamp {
        let latest = after(now, LOOK_AGAIN);
        match self.parts.store.next_due(now).await {
            Ok(Some(due)) => due.max(after(now, SOON)).min(latest),
            Ok(None) => latest,
            Err(error) => {
                debug!(%error, "the next due run is not known");
                latest
            }
        }
    }

    fn claim_until(&self, now: Timestamp) -> Timestamp {
        after(now, signed(self.options.claim))
    }

    fn lock_lingering(&self) -> std::sync::MutexGuard<'_, HashMap<RunId, Timestamp>> {
        self.lingering.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a run's session through a short pause, or ends it.
    async fn linger(&self, run: &RunId, until: Timestamp) {
        let now = self.parts.clock.now();
        if until <= after(now, SESSION_KEPT) {
            self.lock_lingering().insert(run.clone(), after(until, SESSION_WAITS));
        } else {
            self.parts.steps.end_run(run).await;
        }
    }

    /// Ends the sessions of runs that nobody here has gone on with.
    async fn end_lingering(&self, now: Timestamp) {
        let over: Vec<RunId> = {
            let mut lingering = self.lock_lingering();
            let over = lingering.iter().filter(|(_, until)| **until <= now);
            let over: Vec<RunId> = over.map(|(run, _)| run.clone()).collect();
            lingering.retain(|run, _| !over.contains(run));
            over
        };
        for run in over {
            self.parts.steps.end_run(&run).await;
        }
    }
}

fn note_end(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        error!(%error, "a run's task broke; its claim lapses and the step starts again");
    }
}

pub(crate) fn after(at: Timestamp, time: SignedDuration) -> Timestamp {
    at.saturating_add(time).unwrap_or(Timestamp::MAX)
}

pub(crate) fn signed(time: Duration) -> SignedDuration {
    SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX)
}
