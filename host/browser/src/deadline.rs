//! Until when a call may take, and whether somebody has called it off: one object that runs through
//! every call. It must never be replaced by a fresh time-out half-way down.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// The point in time at which a call gives up, and a token that ends it sooner.
#[derive(Clone, Debug)]
pub struct Deadline {
    at: Instant,
    given: Duration,
    cancel: CancellationToken,
}

/// Why a wait ended without its condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    Passed,
    Cancelled,
}

impl Deadline {
    /// Gives up `within` from now.
    pub fn after(within: Duration) -> Self {
        Self { at: from_now(within), given: within, cancel: CancellationToken::new() }
    }

    /// The same, and it also ends, with [`Error::Cancelled`](crate::Error::Cancelled), when `token` is cancelled.
    #[must_use]
    pub fn cancelled_by(mut self, token: CancellationToken) -> Self {
        self.cancel = token;
        self
    }

    /// What is left of it.
    pub fn remaining(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// How long the caller was willing to wait in all.
    pub fn given(&self) -> Duration {
        self.given
    }

    /// The earlier of this deadline and `within` from now, called off by the same token.
    pub(crate) fn at_most(&self, within: Duration) -> Self {
        let capped = from_now(within);
        Self { at: self.at.min(capped), given: self.given.min(within), cancel: self.cancel.clone() }
    }

    pub(crate) fn is_over(&self) -> Option<Over> {
        if self.cancel.is_cancelled() {
            Some(Over::Cancelled)
        } else if self.remaining().is_zero() {
            Some(Over::Passed)
        } else {
            None
        }
    }

    /// Resolves when it is over.
    pub(crate) async fn over(&self) -> Over {
        tokio::select! {
            () = self.cancel.cancelled() => Over::Cancelled,
            () = tokio::time::sleep_until(self.at.into()) => Over::Passed,
        }
    }
}

/// A duration that no clock can hold is as good as a year.
fn from_now(within: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    Instant::now() + within.min(YEAR)
}

impl From<Duration> for Deadline {
    fn from(within: Duration) -> Self {
        Self::after(within)
    }
}
