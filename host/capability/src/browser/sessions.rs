//! The sessions of all runs. Each run has one per session name, opened when a step first needs it
//! and kept for the run's later steps, until the run ends, sleeps or parks, or nobody has used it
//! for a while. A session that was lost is forgotten, so that the next try gets a new one: with the
//! cookies and the storage that were saved when the run's last step ended (`kept.rs`).

use std::collections::{HashMap, HashSet};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use mavm_browser::{Error, Launcher, Sealed, Session, SessionOptions, SessionState, TraceOptions};
use mavm_plugin::Failure;
use mavm_store::{AccountName, RunId};
use tokio::sync::OnceCell;

use super::bounds::MAX_OVERLAYS;
use super::masked::{UsedByRun, UsedByRuns, known};
use super::{BrowserConfig, KeptSessions, Sites};

/// How long a step's end may wait for what is to be saved, and the first use of a new session for
/// what is put back. A page that hangs is left out.
const SAVING: Duration = Duration::from_secs(2);
const RESTORING: Duration = Duration::from_secs(30);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    run: RunId,
    name: String,
}

/// One run's session of one name, opened or not yet.
pub struct Seat {
    key: Key,
    account: AccountName,
    session: OnceCell<Session>,
    last_used: Mutex<Instant>,
    /// What is dismissed by what.
    overlays: Mutex<HashSet<(String, String)>>,
    /// What was saved last: for origins that are not open at the next step's end.
    saved: Mutex<Option<SessionState>>,
}

impl Seat {
    /// Notes that an overlay is dismissed by something; false if that was noted already.
    pub fn new_overlay(&self, overlay: String, dismiss: String) -> Result<bool, Failure> {
        let mut overlays = locked(&self.overlays);
        let handler = (overlay, dismiss);
        if overlays.len() >= MAX_OVERLAYS && !overlays.contains(&handler) {
            return Err(Failure::Invalid(format!(
                "{} would be one overlay more than the {MAX_OVERLAYS} that a session looks out for; \
                 take one back with `off-overlay` first, or find several by one locator with `or`",
                handler.0
            )));
        }
        Ok(overlays.insert(handler))
    }

    /// Nothing dismisses this overlay any more.
    pub fn forget_overlay(&self, overlay: &str) {
        locked(&self.overlays).retain(|(known, _)| known != overlay);
    }

    /// The next step announces its own.
    pub fn forget_overlays(&self) {
        locked(&self.overlays).clear();
    }

    /// Whoever sat here has left: the time of being idle begins.
    pub fn left(&self) {
        *locked(&self.last_used) = Instant::now();
    }
}

/// All sessions.
pub struct Sessions {
    launcher: Launcher,
    config: BrowserConfig,
    sites: Arc<Sites>,
    seats: Mutex<Seats>,
    used: UsedByRuns,
}

#[derive(Default)]
struct Seats {
    by_key: HashMap<Key, Arc<Seat>>,
    sweeping: bool,
}

impl Sessions {
    pub fn new(launcher: Launcher, sites: Arc<Sites>, config: BrowserConfig) -> Self {
        Self { launcher, config, sites, seats: Mutex::default(), used: UsedByRuns::default() }
    }

    /// The run's seat for a session of this name. Opens nothing.
    pub fn seat(self: &Arc<Self>, run: &RunId, account: &AccountName, name: &str) -> Arc<Seat> {
        let key = Key { run: run.clone(), name: name.to_owned() };
        let mut seats = locked(&self.seats);
        let seat = seats.by_key.entry(key.clone()).or_insert_with(|| {
            Arc::new(Seat {
                key,
                account: account.clone(),
                session: OnceCell::new(),
                last_used: Mutex::new(Instant::now()),
                overlays: Mutex::default(),
                saved: Mutex::default(),
            })
        });
        let seat = seat.clone();
        if !std::mem::replace(&mut seats.sweeping, true) {
            tokio::spawn(sweep(Arc::downgrade(self)));
        }
        seat
    }

    /// The session of a seat, opened if it isn't yet.
    pub async fn session(&self, seat: &Seat) -> Result<Session, Error> {
        let open = || async {
            let file = self.trace_file(&seat.key);
            if let Some(folder) = file.parent() {
                // Pictures of pages are nobody else's business. What is wrong with the folder, the
                // trace itself will tell.
                let _ = DirBuilder::new().recursive(true).mode(0o700).create(folder);
            }
            let UsedByRun { mut masked, guesses } = self.used.of(&seat.key.run);
            if let Some(secrets) = &self.config.known {
                masked.extend(known(&**secrets, &seat.account).await?);
            }
            let options = SessionOptions {
                masked,
                guesses,
                allowed: self.sites.all_origins(),
                viewport: self.config.window,
                locale: self.config.locale.clone(),
                time_zone: self.config.time_zone.clone(),
                credentials: self.config.credentials.clone(),
                trace: self
                    .config
                    .evidence
                    .map(|evidence| TraceOptions { evidence, ..TraceOptions::file(file) }),
                ..SessionOptions::default()
            };
            let session = self.launcher.session(options).await?;
            if let Some(kept) = &self.config.kept {
                self.restore(kept.clone(), seat, &session).await;
            }
            Ok(session)
        };
        seat.session.get_or_try_init(open).await.cloned()
    }

    /// A run types this, or has read it: all its sessions mask it, also those that it opens later.
    pub fn uses(&self, run: &RunId, sealed: &Sealed) -> Result<(), Error> {
        self.used.add(run, sealed);
        let seats: Vec<_> = {
            let seats = locked(&self.seats);
            seats.by_key.values().filter(|seat| seat.key.run == *run).cloned().collect()
        };
        seats
            .iter()
            .filter_map(|seat| seat.session.get())
            .try_for_each(|session| session.mask_sealed(sealed))
    }

    /// Puts back what was saved of an earlier session in this seat. What can't be read or put back
    /// costs a sign-in, and no more.
    async fn restore(&self, kept: KeptSessions, seat: &Seat, session: &Session) {
        let Key { run, name } = seat.key.clone();
        let read = tokio::task::spawn_blocking(move || kept.read(&run, &name));
        let Key { run, name } = &seat.key;
        let state = match read.await {
            Ok(Ok(Some(state))) => state,
            Ok(Ok(None)) | Err(_) => return,
            Ok(Err(error)) => {
                tracing::warn!(%run, session = name, %error, "a saved session is of no use; the run goes on with a fresh one");
                return;
            }
        };
        match session.restore_state(&state, RESTORING).await {
            Ok(()) => {
                tracing::info!(%run, session = name, "the session was opened anew, with its saved cookies and storage");
                *locked(&seat.saved) = Some(state);
            }
            Err(error) => {
                tracing::warn!(%run, session = name, %error, "a saved session can't be put back; the run may have to sign in again");
            }
        }
    }

    /// A step of this run has ended in this session, well or not. Saves what the session would need to
    /// go on in another browser; whatever stands against that is told and changes nothing for the run.
    ///
    /// After a step that failed on a page that doesn't answer any more, the next try gets a new
    /// session: that page would fail it again.
    pub async fn end_step(&self, run: &RunId, name: &str, well: bool) {
        let Some(kept) = self.config.kept.clone() else { return };
        let key = Key { run: run.clone(), name: name.to_owned() };
        let seat = locked(&self.seats).by_key.get(&key).cloned();
        let Some(seat) = seat else { return };
        let Some(session) = seat.session.get() else { return };
        let mut state = match session.save_state(SAVING).await {
            Ok(state) => state,
            // What was saved before stays: it is for this very case.
            Err(error) => {
                tracing::debug!(%run, session = name, %error, "the session can't be saved");
                return;
            }
        };
        {
            let mut saved = locked(&seat.saved);
            if let Some(earlier) = saved.as_ref() {
                state = state.with_earlier(earlier);
            }
            if saved.as_ref() == Some(&state) && !state.page_hung() {
                return;
            }
            *saved = Some(state.clone());
        }
        let hung = state.page_hung() && !well;
        let write = tokio::task::spawn_blocking(move || kept.write(&key.run, &key.name, &state));
        if let Ok(Err(error)) = write.await {
            tracing::warn!(%run, session = name, %error, "the session can't be saved; should it be lost, the run signs in again");
        }
        if hung {
            tracing::warn!(%run, session = name, "a page doesn't answer any more: the next try gets a new session");
            self.close_where(|known| Arc::ptr_eq(known, &seat)).await;
        }
    }

    /// Removes what was saved of a run's sessions, and forgets what it has used and guessed.
    pub async fn forget_run(&self, run: &RunId) {
        self.used.forget(run);
        let Some(kept) = self.config.kept.clone() else { return };
        let run = run.clone();
        let _ = tokio::task::spawn_blocking(move || kept.forget(&run)).await;
    }

    /// One folder per run, one file per session; a session that is opened anew goes on in it.
    fn trace_file(&self, key: &Key) -> PathBuf {
        let file = format!("{}.jsonl", file_name(&key.name));
        self.config.traces.join(file_name(&key.run.0)).join(file)
    }

    /// Something of this seat's session is gone. If it is all of it, and not just a popup that has
    /// closed itself, the session is forgotten: whoever asks next gets a new one.
    pub async fn forget_if_lost(&self, seat: &Arc<Seat>) -> bool {
        let lost = seat.session.get().is_none_or(|session| session.page().url().is_err());
        if lost {
            self.close_where(|known| Arc::ptr_eq(known, seat)).await;
        }
        lost
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        locked(&self.seats).by_key.len()
    }

    /// Closes a run's sessions.
    pub async fn end_run(&self, run: &RunId) {
        self.close_where(|seat| seat.key.run == *run).await;
    }

    /// Closes all sessions and the browser.
    pub async fn close(&self) {
        self.close_where(|_| true).await;
        self.launcher.close().await;
    }

    async fn close_where(&self, which: impl Fn(&Arc<Seat>) -> bool) {
        let mut gone = Vec::new();
        locked(&self.seats).by_key.retain(|_, seat| {
            let goes = which(seat);
            if goes {
                gone.push(seat.clone());
            }
            !goes
        });
        for seat in gone {
            if let Some(session) = seat.session.get() {
                session.close().await;
            }
        }
    }

    /// Closes what nobody uses and has not used for long. Gives when to look again; none when there
    /// is nothing left to look after.
    async fn close_idle(&self) -> Option<Instant> {
        let idle = self.config.idle;
        let now = Instant::now();
        self.close_where(|seat| {
            // One handle is the map's own; a step that works has another.
            Arc::strong_count(seat) == 1 && now.duration_since(*locked(&seat.last_used)) >= idle
        })
        .await;
        let mut seats = locked(&self.seats);
        let next =
            seats.by_key.values().map(|seat| (*locked(&seat.last_used) + idle).max(now)).min();
        seats.sweeping = next.is_some();
        next
    }
}

/// Looks for idle sessions as long as there are any.
async fn sweep(sessions: Weak<Sessions>) {
    loop {
        let Some(all) = sessions.upgrade() else { return };
        let Some(next) = all.close_idle().await else { return };
        let pause = all.config.idle / 4;
        drop(all);
        tokio::time::sleep_until((next + pause).into()).await;
    }
}

/// A name that is a single file name, whatever a flow's author called it.
pub(super) fn file_name(name: &str) -> String {
    let plain: String = name
        .chars()
        .take(80)
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' })
        .collect();
    if plain.is_empty() { "_".to_owned() } else { plain }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it holds one of these; what is inside is whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
