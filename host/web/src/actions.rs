//! What the API asks of the host.

use async_trait::async_trait;
use mavm_store::{AccountName, RunId};
use serde::Serialize;
use serde_json::Value;

/// Why the host didn't do what was asked, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// It makes no sense as asked.
    #[error("{0}")]
    Invalid(String),
    /// Not in the state that this needs.
    #[error("{0}")]
    Conflict(String),
    /// Not now: pace, ceiling or switch.
    #[error("{why}")]
    NotNow {
        /// Why.
        why: String,
        /// When to ask again, in seconds, where known.
        again_in: Option<u64>,
    },
    /// The host itself failed.
    #[error("{0}")]
    Host(String),
}

/// A plugin that serves.
#[derive(Clone, Debug, Serialize)]
pub struct Installed {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its bytes.
    pub digest: String,
    /// One line for people.
    pub description: String,
    /// Names of its steps.
    pub steps: Vec<String>,
}

/// What the host does when it is asked over HTTP. `actor` is the API key's name.
#[async_trait]
pub trait Actions: Send + Sync + 'static {
    /// Starts a flow.
    async fn start(
        &self,
        flow: &str,
        account: Option<&AccountName>,
        actor: &str,
    ) -> Result<RunId, ActionError>;
    /// Gives a vended account back: closes it now.
    async fn close(&self, account: &AccountName, actor: &str) -> Result<RunId, ActionError>;
    /// Puts a parked or failed run back to work.
    async fn resume(&self, run: &RunId, actor: &str) -> Result<(), ActionError>;
    /// A run with its steps, as JSON; none if there is no such run.
    async fn run_view(&self, run: &RunId) -> Result<Option<Value>, ActionError>;
    /// A text that an SMS relay or a person passed on.
    async fn code_arrived(&self, text: &str, channel: Option<&str>) -> Result<(), ActionError>;
    /// A person's answer to a challenge.
    async fn answer_challenge(
        &self,
        id: &str,
        answer: &str,
        actor: &str,
    ) -> Result<(), ActionError>;
    /// The digits that a person keys in, for a challenge that is a call; none for any other.
    async fn call_digits(&self, id: &str) -> Result<Option<String>, ActionError>;
    /// All active plugins.
    async fn plugins(&self) -> Vec<Installed>;
    /// Makes a component the active plugin of that name.
    async fn install_plugin(
        &self,
        name: &str,
        bytes: Vec<u8>,
        actor: &str,
    ) -> Result<Installed, ActionError>;
}
