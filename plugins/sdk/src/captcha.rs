//! Captchas, handed to the solver that the operator has chosen.

use std::time::Duration;

use crate::Result;
use crate::bindings::mavm::plugin::captcha as wit;
use crate::time;

/// A puzzle for the solver.
pub struct Puzzle {
    kind: wit::Kind,
    data: Vec<u8>,
    source: Option<String>,
}

impl Puzzle {
    /// Characters in a picture (PNG or JPEG).
    pub fn image(data: Vec<u8>) -> Self {
        Self { kind: wit::Kind::Image, data, source: None }
    }

    /// Spoken digits (WAV or MP3).
    pub fn audio(data: Vec<u8>) -> Self {
        Self { kind: wit::Kind::Audio, data, source: None }
    }

    /// The address it came from.
    #[must_use]
    pub fn from_address(mut self, source: Option<String>) -> Self {
        self.source = source;
        self
    }
}

/// An answer, not yet tried.
pub struct Solution {
    id: String,
    text: String,
}

impl Solution {
    /// What to type.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Tells the solver whether the site took it.
    pub fn report(&self, accepted: bool) -> Result<()> {
        wit::report(&self.id, accepted)
    }
}

/// The solver. Got by [`crate::Run::captcha`].
#[derive(Clone, Copy)]
pub struct Captcha(pub(crate) ());

impl Captcha {
    /// Waits for an answer, as long as the step lasts.
    pub fn solve(self, puzzle: Puzzle) -> Result<Solution> {
        self.solve_within(puzzle, time::UNBOUNDED)
    }

    /// The same, waiting so long and no longer.
    pub fn solve_within(self, puzzle: Puzzle, within: Duration) -> Result<Solution> {
        let puzzle = wit::Puzzle { kind: puzzle.kind, data: puzzle.data, source: puzzle.source };
        let wit::Solution { id, text } = wit::solve(&puzzle, time::to_wit(within))?;
        Ok(Solution { id, text })
    }
}
