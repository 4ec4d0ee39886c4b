//! The API over real HTTP, on the real SQLite store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accounts;
mod auth;
mod challenges;
mod codes;
mod host;
mod logs;
mod plugins;
mod problems;
mod runs;
mod vend;
