//! Captchas, handed to the solver that the operator has chosen: by default a person.
//!
//! Only the configured solver ever sees a puzzle; there is no fallback to another. Each use of a
//! solver that is no person is in the audit log, before its answer is used.

mod error;
pub mod fake;
mod host;
mod operator;
mod practice;
mod provider;

#[cfg(test)]
mod tests;

pub use error::Error;
pub use host::{Captcha, CaptchaView};
pub use operator::{Operator, seal_answer};
pub use practice::Practice;
pub use provider::{Kind, Puzzle, Solution, Solver, Task};

/// What a person's answer is sealed for.
const PURPOSE: &str = "challenge-answer";
