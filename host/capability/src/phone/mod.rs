//! Verification calls: numbers that can be called, each held by one run at a time, and someone or
//! something that answers and keys in the digits.
//!
//! Digits are one-time codes: they stay sealed until the provider keys them in, and are in no log.

mod error;
pub mod fake;
mod host;
mod number;
mod operator;
mod practice;
mod provider;

#[cfg(test)]
mod tests;

pub use error::Error;
pub use host::{PhoneLines, PhoneView};
pub use number::Number;
pub use operator::{Operator, open_digits};
pub use practice::Practice;
pub use provider::{Call, Phone};

/// What the digits of a call are sealed for, when a person keys them in.
const PURPOSE: &str = "call-digits";
