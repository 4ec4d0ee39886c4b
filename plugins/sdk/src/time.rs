//! Lengths of time. There is no other time here: plugins have no clock.

use std::time::Duration;

use crate::bindings::mavm::plugin::types::Duration as WitDuration;

/// So many seconds.
pub const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// So many minutes.
pub const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count.saturating_mul(60))
}

pub(crate) fn to_wit(duration: Duration) -> WitDuration {
    WitDuration { milliseconds: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX) }
}

/// Where a caller names no bound, the host's bound holds: what is left of the step's time.
pub(crate) const UNBOUNDED: Duration = Duration::from_secs(24 * 60 * 60);

/// How long pages are waited for where a caller names no bound.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
