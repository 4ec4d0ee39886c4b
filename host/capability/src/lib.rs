//! What the host can do for plugins: one folder per capability, all of the same shape:
//! `host.rs` the WIT side, `provider.rs` the trait, one file per provider, `fake.rs` for tests,
//! `error.rs` what went wrong. A capability never knows another; `host/mavm` wires them.

pub mod aws;
pub mod browser;
pub mod captcha;
pub mod codes;
pub mod crypt;
pub mod effects;
pub mod log;
pub mod mail;
mod pattern;
pub mod phone;
pub mod secrets;
#[cfg(test)]
mod testing;
pub mod waiting;

pub use waiting::Clock;
