//! The plugin runtime, from outside: real components, real SQLite for the fence.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod capabilities;
mod check;
mod failure;
mod guest;
mod load;
mod measure;
mod registry;
mod run;
