//! Holds what a plugin returns against the bounds of the WIT before anyone keeps it: it goes into
//! journals, logs and pages.

use crate::bindings::words::mavm::plugin::manifest::Step;
use crate::{Fact, Failure, Outcome, WaitFor};

const FACTS: usize = 64;
const FACT_BYTES: usize = 8 * 1024;
const NAME_BYTES: usize = 64;
const TEXT_BYTES: usize = 4 * 1024;
const NEAREST: usize = 10;
const WAIT_MILLISECONDS: u64 = 366 * 24 * 3_600 * 1_000;

/// The outcome, if it keeps to what the WIT and the plugin's own manifest say.
pub(crate) fn check(step: &Step, outcome: Outcome) -> Result<Outcome, Failure> {
    let facts = facts(&outcome);
    if facts.len() > FACTS {
        return Err(invalid(step, format!("gave {} facts; at most {FACTS} are kept", facts.len())));
    }
    for fact in facts {
        if !is_word(&fact.name, '_') {
            let name: String = fact.name.chars().take(NAME_BYTES).collect();
            return Err(invalid(
                step,
                format!("gave a fact named {name:?}; a name is lower-case letters, digits and `_`"),
            ));
        }
        if fact.value.len() > FACT_BYTES {
            return Err(invalid(
                step,
                format!(
                    "gave a fact `{}` of {} bytes; at most {FACT_BYTES}",
                    fact.name,
                    fact.value.len()
                ),
            ));
        }
    }
    match &outcome {
        Outcome::Branch((word, _)) if !step.branches.contains(word) => {
            let word: String = word.chars().take(NAME_BYTES).collect();
            Err(invalid(
                step,
                format!(
                    "branched on {word:?}, which its manifest doesn't name: {:?}",
                    step.branches
                ),
            ))
        }
        Outcome::Wait(WaitFor::Time(time)) if time.milliseconds > WAIT_MILLISECONDS => {
            Err(invalid(step, "asked to wait more than a year".to_owned()))
        }
        Outcome::Wait(WaitFor::Approval(what)) if what.len() > TEXT_BYTES => {
            Ok(Outcome::Wait(WaitFor::Approval(cut(what.clone()))))
        }
        _ => Ok(outcome),
    }
}

/// The failure, with its texts cut to what a journal keeps.
pub(crate) fn bounded(failure: Failure) -> Failure {
    match failure {
        Failure::PageChanged(mut change) => {
            change.looked_for = cut(change.looked_for);
            change.url = cut(change.url);
            change.nearest.truncate(NEAREST);
            change.nearest = change.nearest.into_iter().map(cut).collect();
            Failure::PageChanged(change)
        }
        Failure::TimedOut(mut waited) => {
            waited.waited_for = cut(waited.waited_for);
            waited.obstacle = waited.obstacle.map(cut);
            Failure::TimedOut(waited)
        }
        Failure::Rejected(text) => Failure::Rejected(cut(text)),
        Failure::ChallengeUnsolved(text) => Failure::ChallengeUnsolved(cut(text)),
        Failure::Denied(text) => Failure::Denied(cut(text)),
        Failure::Unsupported(text) => Failure::Unsupported(cut(text)),
        Failure::Network(text) => Failure::Network(cut(text)),
        Failure::SessionLost(text) => Failure::SessionLost(cut(text)),
        Failure::Unresolved(text) => Failure::Unresolved(cut(text)),
        Failure::Invalid(text) => Failure::Invalid(cut(text)),
    }
}

fn facts(outcome: &Outcome) -> &[Fact] {
    match outcome {
        Outcome::Done(facts) | Outcome::Branch((_, facts)) => facts,
        Outcome::Wait(_) => &[],
    }
}

pub(crate) fn invalid(step: &Step, what: String) -> Failure {
    Failure::Invalid(format!("step `{}` {what}", step.name))
}

/// Lower-case words: letters and digits, joined by `joint`, beginning with a letter.
pub(crate) fn is_word(text: &str, joint: char) -> bool {
    text.len() <= NAME_BYTES
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == joint)
        && !text.ends_with(joint)
}

fn cut(mut text: String) -> String {
    if text.len() > TEXT_BYTES {
        text.truncate(text.floor_char_boundary(TEXT_BYTES));
        text.push('…');
    }
    text
}
