//! Effects: acts that can't be taken back, journaled around so that none is repeated blindly.
//!
//! Only hands on to the store, under the step's fence: what is known of an effect is known there and
//! nowhere else.

mod host;

pub use host::{Effects, EffectsStep, EffectsView};

#[cfg(test)]
mod tests;
