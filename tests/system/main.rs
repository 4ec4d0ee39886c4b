//! Whole-system tests, one file per promise: each starts real programs and a real browser.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod access;
mod close;
mod crash;
mod login;
mod lost_session;
mod operator;
mod secrecy;
mod sign_up;
mod trace;
mod vend;
