//! What a phone provider is: it owns numbers, and answers calls to them.

use async_trait::async_trait;
use mavm_store::{AccountName, RunId};
use secrecy::SecretString;

use super::error::Error;
use super::number::Number;
use crate::waiting::Deadline;

/// A call to answer.
#[derive(Clone, Debug)]
pub struct Call {
    /// The run that it is for.
    pub run: RunId,
    /// Its account.
    pub account: AccountName,
    /// The number that rings.
    pub number: Number,
    /// What to key in: digits, `*` and `#`.
    pub digits: SecretString,
    /// When the run stops waiting.
    pub deadline: Deadline,
}

/// Answers calls.
#[async_trait]
pub trait Phone: Send + Sync + 'static {
    /// Its name in the configuration.
    fn name(&self) -> &'static str;

    /// The numbers it can answer, the preferred one first.
    async fn numbers(&self) -> Result<Vec<Number>, Error>;

    /// Answers the call that rings now, or next, and keys the digits in; returns when that is done.
    async fn key_in(&self, call: &Call) -> Result<(), Error>;
}
