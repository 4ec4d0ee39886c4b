//! What a flow is: its TOML text, read and checked. Reading never stops at the first mistake; all
//! of them are reported together. This part never touches an account, a store or a plugin.
//!
//! [`read`] turns the text into rough pieces with their places, [`check`] compares these with what
//! exists and with each other, and only what passes both becomes a [`Flow`].

mod catalogue;
mod check;
mod duration;
mod expressions;
mod jumps;
mod problem;
mod read;
mod suggest;
mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mavm_store::AccountStatus;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

pub use catalogue::Catalogue;
pub use duration::{parse_duration, write_duration};
pub use problem::{Problem, Problems};

use problem::Gathering;

/// Ceiling of sign-ups in 24 hours when the flow says nothing.
pub(crate) const MAX_PER_DAY: u32 = 12;

/// A flow that passed its check.
#[derive(Clone, Debug, Serialize)]
pub struct Flow {
    /// Its name: the file's, and the one that a person starts it by.
    pub name: String,
    /// One line for people.
    pub description: String,
    /// SHA-256 of the text, in hex: what a run pins.
    pub digest: String,
    /// The text it was read from.
    #[serde(skip)]
    pub text: String,
    /// What becomes of the account.
    pub account: AccountRule,
    /// What starts it.
    pub triggers: Vec<Trigger>,
    /// Its steps, in order. Never empty; jumps only go forward, so a run always ends.
    pub steps: Vec<Step>,
}

/// What a flow does to its account's row.
#[derive(Clone, Debug, Serialize)]
pub struct AccountRule {
    /// The account must have one of these statuses for a run to begin.
    pub from: Vec<AccountStatus>,
    /// Its status while the run goes on.
    pub during: AccountStatus,
    /// Its status once the run succeeded.
    pub done: AccountStatus,
    /// Its status once the run failed.
    pub failed: AccountStatus,
    /// Template for the account number, written as soon as it can be told.
    pub id: Option<String>,
    /// Template for the cross-account role's ARN, likewise.
    pub role_arn: Option<String>,
}

impl AccountRule {
    /// Whether a run of this flow makes a new account instead of working on one that exists.
    pub fn makes_new(&self) -> bool {
        self.from == [AccountStatus::Planned]
    }
}

/// What starts a flow.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "on", rename_all = "kebab-case")]
pub enum Trigger {
    /// Fewer accounts in stock, or on their way there, than wanted.
    StockBelow {
        /// How many are wanted.
        target: u32,
        /// At least this long between two runs.
        #[serde(serialize_with = "as_text")]
        every: Duration,
        /// At most this many runs in 24 hours.
        max_per_day: u32,
    },
    /// A vended account's lease is over.
    LeaseOver,
    /// A person, on the command line or over HTTP.
    Person,
}

/// One unit of a flow, done by one plugin.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Its name in this flow.
    pub id: String,
    /// The plugin that does it; a template over the configuration is filled in already.
    pub plugin: String,
    /// The step's name in the plugin.
    pub step: String,
    /// Steps of a run that name the same session share a browser context.
    pub session: String,
    /// Wall-clock limit of one try.
    #[serde(serialize_with = "as_text")]
    pub timeout: Duration,
    /// What to do about failures that may pass.
    pub retry: Retry,
    /// Expression; the step is left out unless it gives true.
    pub when: Option<String>,
    /// The inputs: JSON, in which each text may be a template.
    pub with: serde_json::Map<String, serde_json::Value>,
    /// Where a branch leads, by its word.
    pub on: BTreeMap<String, Target>,
    /// Where to go when it is done, or left out.
    pub next: Target,
}

/// How often and how slowly a failure that may pass is tried again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Retry {
    /// How many tries in all, 1 or more, before a person is asked.
    pub attempts: u32,
    /// The pause before the second try; it doubles each time.
    #[serde(serialize_with = "as_text")]
    pub backoff: Duration,
    /// The longest pause.
    #[serde(serialize_with = "as_text")]
    pub max_backoff: Duration,
}

/// Where a step leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// The step at this place in [`Flow::steps`]; always a later one.
    Step(usize),
    /// The run has succeeded.
    End,
}

impl Flow {
    /// Reads and checks a flow. `path` is only for messages.
    ///
    /// # Errors
    ///
    /// Every mistake in the text, with line, column and what to do.
    pub fn parse(path: &str, text: &str, catalogue: &Catalogue) -> Result<Flow, Problems> {
        let mut problems = Gathering::new(path, text);
        let rough = read::read(text, &mut problems);
        let flow = rough.and_then(|rough| check::check(&rough, catalogue, &mut problems));
        let broken = !problems.is_empty();
        problems.finish()?;
        match flow {
            Some(flow) if !broken => Ok(flow),
            // Whatever gives no flow has noted why; this is only so that a slip there can't panic.
            _ => Err(Problems::loose(format!("{path}: this flow can't be read"))),
        }
    }

    /// The names of all plugins that a run may need, to pin them.
    pub fn plugins(&self) -> BTreeSet<&str> {
        self.steps.iter().map(|step| step.plugin.as_str()).collect()
    }

    /// The place of a step, by its id.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.id == id)
    }

    /// SHA-256 of a flow's text, in hex.
    pub fn digest_of(text: &str) -> String {
        hex::encode(Sha256::digest(text.as_bytes()))
    }
}

/// A step's id as expressions write it: `-` would be a minus there.
pub(crate) fn in_expressions(id: &str) -> String {
    id.replace('-', "_")
}

fn as_text<S: serde::Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&write_duration(*duration))
}
