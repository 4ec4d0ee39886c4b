//! The state of a run, made from its journal, and what it says to do next.

use jiff::{SignedDuration, Timestamp};
use mavm_store::JournalEntry;
use serde::Serialize;

use super::event::{Event, FactEntry};
use super::trouble::{Policy, Trouble, TroubleKind};
use super::{MAX_CRASHES, MAX_WAITS};
use crate::definition::{Flow, Retry, Target};

/// What to do with a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Journal [`Event::Started`], then ask again.
    Start,
    /// Do the step at this place of the flow (or leave it out, if its `when` says so).
    Run {
        /// Its place in [`Flow::steps`].
        step: usize,
        /// 1 for the first try.
        attempt: u32,
    },
    /// Nothing before that time.
    SleepUntil(Timestamp),
    /// Wait for a person or a newer plugin; the text says which.
    Park(String),
    /// Give the account its final status and journal [`Event::Succeeded`].
    Succeed,
    /// It has failed; the text says why.
    Fail(String),
    /// It has ended; there is nothing to do.
    Nothing,
}

/// Where a step of a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepStatus {
    /// Not reached yet.
    #[default]
    Pending,
    /// Being done, or was when the host died.
    Running,
    /// To be tried again after a pause.
    Retrying,
    /// Waits for a time, a person or a newer plugin.
    Waiting,
    /// Done.
    Done,
    /// Left out by its `when`, or jumped over.
    Skipped,
    /// Failed for good.
    Failed,
}

/// What is known of one step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepRecord {
    /// Where it is.
    pub status: StepStatus,
    /// Tries that were begun.
    pub starts: u32,
    /// Tries that failed in a way that counts, since it was last resumed.
    pub failures: u32,
    /// Tries in a row that have begun and not ended: one while it runs.
    pub unended: u32,
    /// Times that it handed its place back, since it was last resumed.
    pub waits: u32,
    /// When the first try began.
    pub started_at: Option<Timestamp>,
    /// When it came to its end.
    pub ended_at: Option<Timestamp>,
    /// What it found out.
    pub facts: Vec<FactEntry>,
    /// The word it branched on.
    pub branch: Option<String>,
    /// The last trouble.
    pub trouble: Option<Trouble>,
}

/// A digest of a plugin that met a changed page.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Drift {
    /// The plugin.
    pub plugin: String,
    /// The digest.
    pub digest: String,
    /// The step's id.
    pub step: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Halt {
    Sleep(Timestamp),
    Park(String),
    Fail(String),
    Succeeded,
}

/// A run, as its journal tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    started: bool,
    at: Target,
    /// Id, retry rule and ways on of each step: what of the flow decides.
    rules: Vec<Rule>,
    /// What is known of each step, in the flow's order.
    pub steps: Vec<StepRecord>,
    halt: Option<Halt>,
    drift: Option<Drift>,
    approval_asked: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    id: String,
    retry: Retry,
    next: Target,
    on: std::collections::BTreeMap<String, Target>,
}

impl State {
    /// A run of this flow that hasn't begun.
    pub fn new(flow: &Flow) -> Self {
        let rules: Vec<Rule> = flow
            .steps
            .iter()
            .map(|step| Rule {
                id: step.id.clone(),
                retry: step.retry.clone(),
                next: step.next,
                on: step.on.clone(),
            })
            .collect();
        Self {
            started: false,
            at: if rules.is_empty() { Target::End } else { Target::Step(0) },
            steps: vec![StepRecord::default(); rules.len()],
            rules,
            halt: None,
            drift: None,
            approval_asked: false,
        }
    }

    /// The state that a journal tells of. An entry that can't be read, or that doesn't fit, parks
    /// the run: guessing could repeat what can't be taken back.
    pub fn fold(flow: &Flow, journal: &[JournalEntry]) -> Self {
        let mut state = Self::new(flow);
        for entry in journal {
            match Event::from_json(&entry.entry) {
                Ok(event) => state.apply(entry.at, &event),
                Err(error) => state.park(format!(
                    "journal entry {} can't be read ({error}): it was written by a newer version",
                    entry.version
                )),
            }
        }
        state
    }

    /// Takes in one event. Never panics, whatever the event.
    pub fn apply(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::Started => self.started = true,
            Event::Resumed { by } => self.resume(by),
            Event::Blocked { why } => self.park(why.clone()),
            Event::Succeeded => {
                self.at = Target::End;
                self.halt = Some(Halt::Succeeded);
            }
            Event::StepStarted { step, .. } => self.with_step(step, |state, index| {
                let record = &mut state.steps[index];
                record.status = StepStatus::Running;
                record.starts = record.starts.saturating_add(1);
                record.unended = record.unended.saturating_add(1);
                record.started_at.get_or_insert(at);
                record.ended_at = None;
            }),
            Event::StepDone { step, facts, branch } => self.with_step(step, |state, index| {
                state.done(at, index, facts, branch.as_deref());
            }),
            Event::StepSkipped { step } => self.with_step(step, |state, index| {
                state.steps[index].status = StepStatus::Skipped;
                state.go(state.rules[index].next);
            }),
            Event::StepWaiting { step, until, approval } => self.with_step(step, |state, index| {
                state.waiting(index, *until, approval.as_deref());
            }),
            Event::StepFailed { step, trouble, plugin, digest, .. } => {
                self.with_step(step, |state, index| {
                    let drift = Drift {
                        plugin: plugin.clone(),
                        digest: digest.clone(),
                        step: step.clone(),
                    };
                    state.failed(at, index, trouble, drift);
                });
            }
            Event::StepInterrupted { step } => self.with_step(step, |state, index| {
                let record = &mut state.steps[index];
                record.unended = 0;
                record.status = StepStatus::Pending;
            }),
            Event::Held { step, plugin, digest } => self.with_step(step, |state, index| {
                state.steps[index].status = StepStatus::Waiting;
                state.park(format!(
                    "another run found that a page has changed for plugin `{plugin}`; this run goes \
                     on by itself once a newer one is installed"
                ));
                state.drift = Some(Drift {
                    plugin: plugin.clone(),
                    digest: digest.clone(),
                    step: step.clone(),
                });
            }),
        }
    }

    /// What to do now.
    pub fn next(&self, now: Timestamp) -> Command {
        match &self.halt {
            Some(Halt::Succeeded) => return Command::Nothing,
            Some(Halt::Fail(why)) => return Command::Fail(why.clone()),
            Some(Halt::Park(why)) => return Command::Park(why.clone()),
            Some(Halt::Sleep(until)) if *until > now => return Command::SleepUntil(*until),
            Some(Halt::Sleep(_)) | None => {}
        }
        if !self.started {
            return Command::Start;
        }
        match self.at {
            Target::End => Command::Succeed,
            Target::Step(index) => match self.steps.get(index) {
                Some(record) if record.unended >= MAX_CRASHES => Command::Park(format!(
                    "step `{}` ended the host {} times in a row; look at its log, then resume the \
                     run",
                    self.rules[index].id, record.unended
                )),
                Some(record) => {
                    Command::Run { step: index, attempt: record.starts.saturating_add(1) }
                }
                None => Command::Succeed,
            },
        }
    }

    /// The drift that the run waits for a newer plugin about.
    pub fn drift(&self) -> Option<&Drift> {
        self.drift.as_ref()
    }

    /// Where the run is: the place of a step.
    pub fn position(&self) -> Option<usize> {
        match self.at {
            Target::Step(index) => Some(index),
            Target::End => None,
        }
    }

    /// All facts so far: step id, name, value.
    pub fn facts(&self) -> impl Iterator<Item = (&str, &FactEntry)> {
        self.rules
            .iter()
            .zip(&self.steps)
            .flat_map(|(rule, record)| record.facts.iter().map(|fact| (rule.id.as_str(), fact)))
    }

    /// Runs `change` if the event is about the step that the run is at; otherwise the journal
    /// doesn't fit the flow.
    fn with_step(&mut self, id: &str, change: impl FnOnce(&mut Self, usize)) {
        if matches!(self.halt, Some(Halt::Sleep(_))) {
            self.halt = None;
        }
        match self.at {
            Target::Step(index)
                if self.halt.is_none() && self.rules.get(index).is_some_and(|it| it.id == id) =>
            {
                change(self, index);
            }
            _ => self.park(format!(
                "the journal doesn't fit the flow: it tells of step `{id}`, where the run can't be"
            )),
        }
    }

    /// Parks, unless the run has ended.
    fn park(&mut self, why: String) {
        if !matches!(self.halt, Some(Halt::Succeeded | Halt::Fail(_))) {
            self.halt = Some(Halt::Park(why));
        }
    }

    fn go(&mut self, to: Target) {
        let from = self.at;
        self.at = to;
        let (Target::Step(from), end) = (from, self.steps.len()) else { return };
        let to = if let Target::Step(to) = to { to } else { end };
        for record in self.steps.iter_mut().take(to).skip(from + 1) {
            record.status = StepStatus::Skipped;
        }
    }

    fn resume(&mut self, by: &str) {
        if matches!(self.halt, Some(Halt::Succeeded)) {
            return;
        }
        self.halt = None;
        self.drift = None;
        if let Target::Step(index) = self.at
            && let Some(record) = self.steps.get_mut(index)
        {
            record.failures = 0;
            record.unended = 0;
            record.waits = 0;
            record.status = StepStatus::Pending;
            if self.approval_asked {
                // The step starts again from its top: this is how it learns that it may go on.
                record.facts.retain(|fact| fact.name != "approved_by");
                record
                    .facts
                    .push(FactEntry { name: "approved_by".to_owned(), value: by.to_owned() });
            }
        }
        self.approval_asked = false;
    }

    fn done(&mut self, at: Timestamp, index: usize, facts: &[FactEntry], branch: Option<&str>) {
        let record = &mut self.steps[index];
        record.unended = 0;
        record.ended_at = Some(at);
        record.branch = branch.map(str::to_owned);
        for fact in facts.iter().take(super::MAX_FACTS) {
            record.facts.retain(|known| known.name != fact.name);
            record.facts.push(fact.clone());
        }
        let rule = &self.rules[index];
        let to = match branch {
            None => Some(rule.next),
            Some(word) => rule.on.get(word).copied(),
        };
        let id = &rule.id;
        match (to, branch) {
            (Some(to), _) => {
                record.status = StepStatus::Done;
                record.trouble = None;
                self.go(to);
            }
            (None, word) => {
                record.status = StepStatus::Failed;
                let word = word.unwrap_or_default();
                let why = format!(
                    "step `{id}` answered `{word}`, and the flow names no way on from there"
                );
                record.trouble = Some(Trouble::new(TroubleKind::Rejected, why.clone()));
                self.halt = Some(Halt::Fail(why));
            }
        }
    }

    fn waiting(&mut self, index: usize, until: Option<Timestamp>, approval: Option<&str>) {
        let record = &mut self.steps[index];
        record.unended = 0;
        record.waits = record.waits.saturating_add(1);
        record.status = StepStatus::Waiting;
        let id = self.rules[index].id.clone();
        let waits = record.waits;
        match (until, approval) {
            (_, Some(what)) => {
                self.approval_asked = true;
                self.park(format!("step `{id}` waits for approval: {what}"));
            }
            _ if waits >= MAX_WAITS => {
                self.park(format!("step `{id}` has waited {waits} times without getting on"));
            }
            (Some(until), None) => self.halt = Some(Halt::Sleep(until)),
            (None, None) => {}
        }
    }

    fn failed(&mut self, at: Timestamp, index: usize, trouble: &Trouble, drift: Drift) {
        let rule = &self.rules[index];
        let record = &mut self.steps[index];
        record.unended = 0;
        record.trouble = Some(trouble.clone());
        let why = format!("step `{}`: {trouble}", rule.id);
        match trouble.kind.policy() {
            Policy::Fail => {
                record.status = StepStatus::Failed;
                record.ended_at = Some(at);
                self.halt = Some(Halt::Fail(why));
            }
            Policy::Park => {
                record.status = StepStatus::Waiting;
                self.park(why);
            }
            Policy::AwaitPlugin => {
                record.status = StepStatus::Waiting;
                self.drift = Some(drift);
                self.park(why);
            }
            Policy::Retry => {
                record.failures = record.failures.saturating_add(1);
                if record.failures >= rule.retry.attempts {
                    record.status = StepStatus::Waiting;
                    let failures = record.failures;
                    self.park(format!("{why} (tried {failures} times)"));
                } else {
                    record.status = StepStatus::Retrying;
                    let pause = pause(&rule.retry, record.failures);
                    self.halt =
                        Some(Halt::Sleep(at.saturating_add(pause).unwrap_or(Timestamp::MAX)));
                }
            }
        }
    }
}

/// The pause after so many failures: doubled each time, up to the longest.
fn pause(retry: &Retry, failures: u32) -> SignedDuration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1).min(30));
    let pause = retry.backoff.saturating_mul(doubled).min(retry.max_backoff);
    SignedDuration::try_from(pause).unwrap_or(SignedDuration::from_secs(3600))
}

impl std::fmt::Display for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Start => f.write_str("start"),
            Self::Run { step, attempt } => write!(f, "step {step}, try {attempt}"),
            Self::SleepUntil(at) => write!(f, "sleep until {at}"),
            Self::Park(why) => write!(f, "park: {why}"),
            Self::Succeed => f.write_str("succeed"),
            Self::Fail(why) => write!(f, "fail: {why}"),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}
