//! One execution of a flow: its row, its claim, its journal and its effects.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::AccountName;

/// Key of a run: a UUID v7, so that runs sort by when they began.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub String);

impl std::fmt::Display for RunId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// A worker may claim it, from `wake_at` on.
    Ready,
    /// Waits for a person, a newer plugin or an approval; `note` says which.
    Parked,
    /// Ended well.
    Succeeded,
    /// Ended, and won't be tried again.
    Failed,
}

impl std::fmt::Display for RunStatus {
    /// The word of the table and of the API: `ready`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

/// The row of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Key.
    pub id: RunId,
    /// The flow's name.
    pub flow: String,
    /// Digest of the flow's text that the run pinned.
    pub flow_digest: String,
    /// The plugins that the run pinned: name and digest.
    pub plugins: Vec<(String, String)>,
    /// The account it is about.
    pub account: AccountName,
    /// Who or what started it: `stock`, `lease`, `person:<key name>`.
    pub trigger: String,
    /// Where it is.
    pub status: RunStatus,
    /// Why it is there, for people.
    pub note: Option<String>,
    /// Not to be claimed before.
    pub wake_at: Option<Timestamp>,
    /// The worker that has it now, and until when.
    pub claimed_by: Option<String>,
    /// End of that claim, unless renewed.
    pub claim_until: Option<Timestamp>,
    /// Grows with each claim.
    pub epoch: u64,
    /// Grows with each journal entry.
    pub version: u64,
    /// When it was inserted.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// What a trigger or a person inserts.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// The flow's name.
    pub flow: String,
    /// Digest of its text.
    pub flow_digest: String,
    /// Name and digest of each plugin.
    pub plugins: Vec<(String, String)>,
    /// The account it is about.
    pub account: AccountName,
    /// Who or what started it.
    pub trigger: String,
}

/// Proof of a claim. Everything a worker writes for a run needs it; a write whose fence is stale
/// (another worker has claimed the run since) changes nothing and is [`crate::Error::Fenced`].
/// Only the store makes one.
#[derive(Debug)]
pub struct Fence {
    pub(crate) run: RunId,
    pub(crate) epoch: u64,
    /// The journal's last version that this claim knows; moves with each append.
    pub(crate) version: std::sync::atomic::AtomicU64,
}

impl Fence {
    /// The run it is for.
    pub fn run(&self) -> &RunId {
        &self.run
    }

    /// The claim's epoch.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }
}

/// One line of a run's journal. `entry` is the flow machine's event, as JSON; the store doesn't
/// look inside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// From 1, without gaps.
    pub version: u64,
    /// The claim that wrote it.
    pub epoch: u64,
    /// When.
    pub at: Timestamp,
    /// The event.
    pub entry: serde_json::Value,
}

/// What becomes of the run's row with a journal append, in the same transaction.
#[derive(Clone, Debug, PartialEq)]
pub enum RunChange {
    /// Still running under this claim.
    Keep,
    /// Back to `Ready`, not before that time; the claim ends.
    Sleep(Timestamp),
    /// To `Parked` with that note; the claim ends.
    Park(String),
    /// To `Succeeded`; the claim ends.
    Succeed,
    /// To `Failed` with that note; the claim ends.
    Fail(String),
}

/// What becomes of the account with a journal append, in the same transaction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountChange {
    /// New status. Stamps `created_at`/`closed_at` as it fits; a note that isn't set with it goes.
    pub status: Option<crate::AccountStatus>,
    /// Account number. Never another than the one known, nor one of another account.
    pub id: Option<String>,
    /// Role ARN.
    pub role_arn: Option<String>,
    /// Note.
    pub note: Option<String>,
}

/// What is known of an effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EffectState {
    /// Not begun before.
    Fresh,
    /// Done, with this result.
    Done(String),
    /// Intended by an earlier claim or try that never finished it.
    Unknown,
}

/// The row of an effect, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// `<plugin>/<name>`.
    pub name: String,
    /// When it was intended (last).
    pub intended_at: Timestamp,
    /// When it was finished.
    pub finished_at: Option<Timestamp>,
    /// Its public result.
    pub result: Option<String>,
}
