//! Verification calls.

use std::time::Duration;

use crate::bindings::mavm::plugin::phone as wit;
use crate::{Code, Result, time};

/// The operator's phone numbers. Got by [`crate::Run::phone`].
#[derive(Clone, Copy)]
pub struct Phone(pub(crate) ());

/// A number that can be called, held by this run alone until it is dropped.
pub struct Line(wit::Line);

impl Phone {
    /// Takes a free number that isn't among those to avoid, waiting for one.
    pub fn reserve(self, avoid: &[String]) -> Result<Line> {
        wit::reserve(avoid, time::to_wit(time::UNBOUNDED)).map(Line)
    }
}

impl Line {
    /// The number, in international form: `+491701234567`.
    pub fn number(&self) -> String {
        self.0.number()
    }

    /// Answers the call that rings now, or next, and keys in the digits.
    pub fn key_in(&self, digits: &Code) -> Result<()> {
        self.key_in_within(digits, time::UNBOUNDED)
    }

    /// The same, waiting so long for the call and no longer.
    pub fn key_in_within(&self, digits: &Code, within: Duration) -> Result<()> {
        self.0.key_in(digits, time::to_wit(within))
    }
}
