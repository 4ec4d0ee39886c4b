//! How long a call of a plugin may wait, and how it waits on the store: look, sleep until something
//! was written, look again.
//!
//! Must never outlive the step: a wait ends a little before the step's own wall clock, so that the
//! plugin hears why, in a failure, instead of being cut off. Knows no capability; mail, codes,
//! captcha and phone all wait with it.

use std::sync::Arc;
use std::time::Duration as StdDuration;

use jiff::Timestamp;
use mavm_plugin::bindings::words::mavm::plugin::types::Duration;
use mavm_plugin::{Failure, StepError, StepRequest, Waited};
use mavm_store::Store;
use tokio::sync::watch;
use tokio::time::Instant;

/// Tells the time of day. Passed in at the top, so that tests decide what time it is.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Kept free at the step's end, for the failure to reach the plugin and the plugin's answer to
/// reach the host.
const MARGIN: StdDuration = StdDuration::from_secs(1);

/// Other hosts' writes don't move this host's counter: look again this often at the latest.
const LOOK_AGAIN: StdDuration = StdDuration::from_secs(2);

/// Stands for "no end" where a length of time is too long to be added to the clock.
const VERY_LONG: StdDuration = StdDuration::from_secs(365 * 24 * 3600);

/// When a step has to be over.
#[derive(Clone, Copy, Debug)]
pub struct StepTime {
    ends: Instant,
}

impl StepTime {
    /// Starts to count: the step begins now.
    pub fn start(step: &StepRequest) -> Self {
        let length = step.timeout.saturating_sub(MARGIN).min(VERY_LONG);
        Self { ends: Instant::now() + length }
    }

    /// The end of a wait that the plugin bounds.
    pub fn within(&self, within: Duration) -> Deadline {
        let now = Instant::now();
        let asked = StdDuration::from_millis(within.milliseconds);
        let length = asked.min(self.ends.saturating_duration_since(now));
        Deadline { until: now + length, length }
    }

    /// The end of a wait that only the step bounds.
    pub fn rest(&self) -> Deadline {
        self.within(Duration { milliseconds: u64::MAX })
    }
}

/// The end of one wait.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    until: Instant,
    length: StdDuration,
}

impl Deadline {
    /// A wait of this length from now, for providers that are used without a step.
    pub fn after(length: StdDuration) -> Self {
        let length = length.min(VERY_LONG);
        Self { until: Instant::now() + length, length }
    }

    /// When it ends.
    pub fn instant(&self) -> Instant {
        self.until
    }

    /// When it ends, by the clock.
    pub fn timestamp(&self, clock: &Clock) -> Timestamp {
        let rest = self.until.saturating_duration_since(Instant::now());
        let rest = jiff::SignedDuration::try_from(rest).unwrap_or(jiff::SignedDuration::MAX);
        clock().checked_add(rest).unwrap_or(Timestamp::MAX)
    }

    /// How long it was from the start.
    pub fn length(&self) -> StdDuration {
        self.length
    }

    /// Its length in words, for messages.
    pub fn in_words(&self) -> String {
        if self.length < StdDuration::from_secs(2) {
            format!("{} ms", self.length.as_millis())
        } else {
            format!("{} s", self.length.as_secs())
        }
    }

    /// The failure of a wait that ended without what it waited for.
    pub fn timed_out(&self, waited_for: impl Into<String>, obstacle: Option<String>) -> Failure {
        let milliseconds = u64::try_from(self.length.as_millis()).unwrap_or(u64::MAX);
        Failure::TimedOut(Waited {
            waited_for: waited_for.into(),
            within: Duration { milliseconds },
            obstacle,
        })
    }
}

/// Waits for writes to the store. Use it as
/// `loop { look; if !wait.again().await { give up } }`.
pub struct StoreWait {
    changes: watch::Receiver<u64>,
    deadline: Deadline,
    over: bool,
}

impl StoreWait {
    /// Subscribes: what is written from now on isn't missed.
    pub fn new(store: &dyn Store, deadline: Deadline) -> Self {
        let mut changes = store.changes();
        changes.borrow_and_update();
        Self { changes, deadline, over: false }
    }

    /// Waits until it makes sense to look again; false when the time is over. The deadline itself
    /// still allows one last look.
    pub async fn again(&mut self) -> bool {
        if self.over {
            return false;
        }
        let soon = (Instant::now() + LOOK_AGAIN).min(self.deadline.until);
        // A store that has been closed moves its counter no more; its next call says so.
        if let Ok(Err(_)) = tokio::time::timeout_at(soon, self.changes.changed()).await {
            tokio::time::sleep_until(soon).await;
        }
        self.over = Instant::now() >= self.deadline.until;
        true
    }
}

/// Why a host call ends early: with a failure that the plugin hears, or with the end of the step.
pub enum Stop {
    /// The plugin hears it.
    Failure(Failure),
    /// The step ends here: another worker has the run, or the host itself is broken.
    Abort(wasmtime::Error),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<wasmtime::Error> for Stop {
    fn from(error: wasmtime::Error) -> Self {
        Self::Abort(error)
    }
}

impl From<wasmtime::component::ResourceTableError> for Stop {
    fn from(error: wasmtime::component::ResourceTableError) -> Self {
        Self::Abort(error.into())
    }
}

impl From<mavm_store::Error> for Stop {
    fn from(error: mavm_store::Error) -> Self {
        Self::Abort(wasmtime::Error::from(match error {
            mavm_store::Error::Fenced { .. } => StepError::Fenced,
            other => StepError::Host(other.to_string()),
        }))
    }
}

impl From<crate::crypt::Error> for Stop {
    fn from(error: crate::crypt::Error) -> Self {
        Self::Abort(wasmtime::Error::from(StepError::Host(error.to_string())))
    }
}

/// What a host call gives, in the form that the bindings want.
pub fn answer<T>(result: Result<T, Stop>) -> wasmtime::Result<Result<T, Failure>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Stop::Failure(failure)) => Ok(Err(failure)),
        Err(Stop::Abort(error)) => Err(error),
    }
}

/// The trap of a plugin that uses a capability while it describes itself.
pub fn not_now(call: &str) -> wasmtime::Error {
    wasmtime::Error::msg(format!(
        "the plugin called {call} while it described itself; `describe` may use no capability"
    ))
}
