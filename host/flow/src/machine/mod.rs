//! A run as pure data: the journal's events make a state, and the state says what to do next. No
//! I/O, no clock but the time passed in, no randomness: the same journal always gives the same
//! state, on any host.

mod event;
mod state;
mod trouble;

#[cfg(test)]
mod tests;

pub use event::{Event, FactEntry};
pub use state::{Command, Drift, State, StepRecord, StepStatus};
pub use trouble::{Policy, Trouble, TroubleKind};

/// A step that ends the host this many times in a row, without an outcome, waits for a person.
pub const MAX_CRASHES: u32 = 5;
/// A step that hands its place back this often, without getting on, waits for a person.
pub const MAX_WAITS: u32 = 500;
/// Facts of one step.
pub const MAX_FACTS: usize = 64;
/// Bytes of one fact's value.
pub const MAX_FACT_BYTES: usize = 8 * 1024;
