//! Secrets: the operator's (a card number) and each account's (its root password).
//!
//! A plugin gets a handle, never the value. Which plugin may have which secret, and which origins it
//! may be typed into, comes from the configuration; the value from a [`Vault`]. Nothing here writes
//! a value anywhere but into the vault.

mod config;
mod error;
pub mod fake;
mod file;
mod host;
pub mod password;
mod provider;
#[cfg(test)]
mod tests;

pub use config::SecretsConfig;
pub use error::Error;
pub use file::FileVault;
pub use host::{Secrets, SecretsStep, SecretsView};
pub use provider::{MAX_VALUE, Vault, account_secret, check_name, check_value};
