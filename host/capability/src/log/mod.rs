//! Log: a plugin's lines in the host's log, bounded in size and number.
//!
//! Plugins hold no secret in the clear, so there is nothing to hide in their lines; but a line may
//! not forge others, and a plugin that talks without end may not fill the disk.

mod host;
mod rate;

pub use host::{Log, LogStep, LogView};
