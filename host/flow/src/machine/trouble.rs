//! Why a step gave no outcome, as the journal keeps it, and the one question about it: try again,
//! wait for a person, or give up?

use mavm_plugin::{Failure, StepError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What kind of trouble. The words are those of the plugin API, and a few of the host's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TroubleKind {
    /// Drift: the page no longer looks as the plugin expects.
    PageChanged,
    /// The site said no.
    Rejected,
    /// Too slow.
    TimedOut,
    /// A captcha or call that nobody solved.
    ChallengeUnsolved,
    /// Grants, bounds or origins forbid it.
    Denied,
    /// The host or its provider can't do this.
    Unsupported,
    /// The network or a server failed.
    Network,
    /// The browser or its session died.
    SessionLost,
    /// An effect may have happened; nobody can tell.
    Unresolved,
    /// Inputs that make no sense.
    Invalid,
    /// The plugin broke.
    Trapped,
    /// The pinned plugin isn't there any more.
    NoPlugin,
    /// The host itself failed: store, disk.
    Host,
}

/// What to do about a kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Again after a pause, as often as the flow allows; then a person.
    Retry,
    /// The run keeps its place and its tries, and waits for a newer plugin.
    AwaitPlugin,
    /// A person decides.
    Park,
    /// The run has failed.
    Fail,
}

impl TroubleKind {
    /// Retry, park or fail?
    pub fn policy(self) -> Policy {
        match self {
            Self::TimedOut
            | Self::Network
            | Self::SessionLost
            | Self::ChallengeUnsolved
            | Self::Host => Policy::Retry,
            Self::PageChanged => Policy::AwaitPlugin,
            Self::Unresolved | Self::Trapped | Self::NoPlugin => Policy::Park,
            Self::Rejected | Self::Denied | Self::Unsupported | Self::Invalid => Policy::Fail,
        }
    }

    /// The kind as people read it.
    pub fn words(self) -> &'static str {
        match self {
            Self::PageChanged => "the page has changed",
            Self::Rejected => "rejected",
            Self::TimedOut => "timed out",
            Self::ChallengeUnsolved => "challenge unsolved",
            Self::Denied => "denied",
            Self::Unsupported => "unsupported",
            Self::Network => "network",
            Self::SessionLost => "session lost",
            Self::Unresolved => "an effect is unresolved",
            Self::Invalid => "invalid",
            Self::Trapped => "the plugin trapped",
            Self::NoPlugin => "no plugin",
            Self::Host => "the host failed",
        }
    }
}

/// Trouble with one try of a step. Public: never holds a secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trouble {
    /// The kind, which decides what happens next.
    pub kind: TroubleKind,
    /// What happened, for people.
    pub message: String,
    /// More, by kind: of drift what was looked for, where, and what came nearest; of a trap the
    /// backtrace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Value>,
}

impl Trouble {
    /// Trouble without detail.
    pub fn new(kind: TroubleKind, message: impl Into<String>) -> Self {
        Self { kind, message: bounded(message.into()), detail: None }
    }

    fn detailed(kind: TroubleKind, message: String, detail: Value) -> Self {
        Self { kind, message: bounded(message), detail: Some(detail) }
    }

    /// What a step's error is, for the journal; none when the run is no longer ours.
    pub fn of(error: StepError) -> Option<Self> {
        Some(match error {
            StepError::Failed(failure) => failure.into(),
            StepError::Trapped { message, backtrace } => {
                let detail = json!({ "backtrace": bounded(backtrace) });
                Self::detailed(TroubleKind::Trapped, message, detail)
            }
            StepError::NoPlugin(why) => Self::new(TroubleKind::NoPlugin, why),
            StepError::Host(why) => Self::new(TroubleKind::Host, why),
            StepError::Fenced => return None,
        })
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.kind.words(), self.message)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::PageChanged(change) => {
                let mut message = format!("looked for {} on {}", change.looked_for, change.url);
                if change.found > 0 {
                    message.push_str(&format!(", and found {} where one is meant", change.found));
                }
                let nearest: Vec<String> =
                    change.nearest.into_iter().take(10).map(bounded).collect();
                let detail = json!({
                    "looked_for": bounded(change.looked_for),
                    "found": change.found,
                    "url": bounded(change.url),
                    "nearest": nearest,
                });
                Self::detailed(TroubleKind::PageChanged, message, detail)
            }
            Failure::TimedOut(waited) => {
                let within = std::time::Duration::from_millis(waited.within.milliseconds);
                let within = crate::definition::write_duration(within);
                let mut message = format!("waited {within} for {}", waited.waited_for);
                if let Some(obstacle) = waited.obstacle {
                    message.push_str(&format!(" ({obstacle})"));
                }
                Self::new(TroubleKind::TimedOut, message)
            }
            Failure::Rejected(why) => Self::new(TroubleKind::Rejected, why),
            Failure::ChallengeUnsolved(why) => Self::new(TroubleKind::ChallengeUnsolved, why),
            Failure::Denied(why) => Self::new(TroubleKind::Denied, why),
            Failure::Unsupported(why) => Self::new(TroubleKind::Unsupported, why),
            Failure::Network(why) => Self::new(TroubleKind::Network, why),
            Failure::SessionLost(why) => Self::new(TroubleKind::SessionLost, why),
            Failure::Unresolved(why) => Self::new(TroubleKind::Unresolved, why),
            Failure::Invalid(why) => Self::new(TroubleKind::Invalid, why),
        }
    }
}

/// A plugin's words are bounded before they reach a journal.
fn bounded(mut text: String) -> String {
    const MOST: usize = 8 * 1024;
    if text.len() > MOST {
        let end = (0..=MOST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        text.truncate(end);
        text.push('…');
    }
    text
}
