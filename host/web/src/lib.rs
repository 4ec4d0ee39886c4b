//! The HTTP API: vending as old and new clients know it, accounts, runs, challenges, codes, plugins.
//!
//! It decides nothing by itself: vending and leases are the store's transactions, everything else is
//! asked of [`Actions`], which the host implements. Every error is `application/problem+json`, but
//! for `/vend`, whose words are the earlier system's.

mod access;
mod actions;
mod api;
mod guard;
mod problem;
mod route;

pub use actions::{ActionError, Actions, Installed};
pub use api::{Api, Limits, router};
pub use problem::Problem;
