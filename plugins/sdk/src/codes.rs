//! One-time codes that arrive from outside.

use std::time::Duration;

use crate::bindings::mavm::plugin::codes as wit;
use crate::{Code, Pattern, Result, time};

/// Channels that one-time codes come in on. Got by [`crate::Run::codes`].
#[derive(Clone, Copy)]
pub struct Codes(pub(crate) ());

impl Codes {
    /// Takes a channel for this run alone. Do it before the click that makes the code be sent: codes
    /// that were there before are ignored, and no other run can take ours.
    pub fn reserve(self, channel: &str) -> Result<()> {
        wit::reserve(channel, time::to_wit(time::UNBOUNDED))
    }

    /// Waits for a code on a channel, as long as the step lasts: `wait("card-sms", digits(6))`.
    pub fn wait(self, channel: &str, pattern: impl Into<Pattern>) -> Result<Code> {
        self.wait_within(channel, pattern, time::UNBOUNDED)
    }

    /// The same, waiting so long and no longer.
    pub fn wait_within(
        self,
        channel: &str,
        pattern: impl Into<Pattern>,
        within: Duration,
    ) -> Result<Code> {
        wit::wait(channel, pattern.into().as_str(), time::to_wit(within))
    }

    /// Gives a channel back before the run ends.
    pub fn release(self, channel: &str) -> Result<()> {
        wit::release(channel)
    }
}
