//! What a run's journal holds: one event a line, as JSON tagged by `event`. A journal outlives the
//! host that wrote it, so words and fields here are only ever added, never renamed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::trouble::Trouble;

/// Something that a step found out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FactEntry {
    /// Its name.
    pub name: String,
    /// Its value; never a secret.
    pub value: String,
}

/// One thing that happened to a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A worker began it.
    Started,
    /// A try of a step begins. If no end follows, the host died beneath it.
    StepStarted {
        /// The step's id.
        step: String,
        /// 1 for the first try.
        attempt: u32,
        /// The plugin that does it.
        plugin: String,
        /// The digest it is done with.
        digest: String,
    },
    /// It came to its end.
    StepDone {
        /// The step's id.
        step: String,
        /// What it found out.
        facts: Vec<FactEntry>,
        /// The word it branched on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<String>,
    },
    /// Its `when` was false.
    StepSkipped {
        /// The step's id.
        step: String,
    },
    /// It handed its place back, and starts again from its top at that time, or once a person says
    /// so.
    StepWaiting {
        /// The step's id.
        step: String,
        /// When to go on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// What a person is to approve.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approval: Option<String>,
    },
    /// A try gave no outcome.
    StepFailed {
        /// The step's id.
        step: String,
        /// The try.
        attempt: u32,
        /// Why.
        trouble: Trouble,
        /// The plugin that did it.
        plugin: String,
        /// The digest it was done with.
        digest: String,
    },
    /// A try was stopped by a clean stop of the host: no crash, and no fault of the step.
    StepInterrupted {
        /// The step's id.
        step: String,
    },
    /// The step wasn't tried: another run met drift with the same plugin.
    Held {
        /// The step's id.
        step: String,
        /// The plugin.
        plugin: String,
        /// The digest that drifted.
        digest: String,
    },
    /// The run can't go on without a person, and nothing was tried.
    Blocked {
        /// Why, and what to do.
        why: String,
    },
    /// A person, or a newer plugin, lets it go on.
    Resumed {
        /// Who or what.
        by: String,
    },
    /// All steps are done and the account has its final status.
    Succeeded,
}

impl Event {
    /// As a journal keeps it.
    pub fn to_json(&self) -> serde_json::Value {
        // Strings, numbers and lists only: this can't fail; should it ever, the entry says so.
        serde_json::to_value(self).unwrap_or_else(
            |error| serde_json::json!({ "event": "broken", "why": error.to_string() }),
        )
    }

    /// From a journal.
    ///
    /// # Errors
    ///
    /// When a newer version of the host wrote it.
    pub fn from_json(entry: &serde_json::Value) -> Result<Self, serde_json::Error> {
        Self::deserialize(entry)
    }
}
