//! What became of a try of a step, as the event that the journal tells it by.

use jiff::Timestamp;
use mavm_plugin::{Outcome, WaitFor};

use super::{after, signed};
use crate::definition::Step;
use crate::machine::{Event, FactEntry, MAX_FACT_BYTES, MAX_FACTS, Trouble, TroubleKind};

/// The shortest and the longest time a step may ask to wait.
const WAIT: (u64, u64) = (1000, 7 * 24 * 3600 * 1000);

/// Whether it tells that a page has changed.
pub(super) fn is_drift(event: &Event) -> bool {
    matches!(event, Event::StepFailed { trouble, .. } if trouble.kind == TroubleKind::PageChanged)
}

/// A try that came to nothing as an event.
pub(super) fn failed_event(step: &Step, attempt: u32, digest: &str, trouble: Trouble) -> Event {
    Event::StepFailed {
        step: step.id.clone(),
        attempt,
        trouble,
        plugin: step.plugin.clone(),
        digest: digest.to_owned(),
    }
}

/// A step's outcome as an event. Facts beyond the bounds are the plugin's fault.
pub(super) fn outcome_event(
    step: &Step,
    attempt: u32,
    digest: &str,
    outcome: Outcome,
    now: Timestamp,
) -> Event {
    let id = step.id.clone();
    let (facts, branch) = match outcome {
        Outcome::Done(facts) => (facts, None),
        Outcome::Branch((word, facts)) => (facts, Some(word)),
        Outcome::Wait(WaitFor::Time(time)) => {
            let time = time.milliseconds.clamp(WAIT.0, WAIT.1);
            let until = after(now, signed(std::time::Duration::from_millis(time)));
            return Event::StepWaiting { step: id, until: Some(until), approval: None };
        }
        Outcome::Wait(WaitFor::Approval(what)) => {
            return Event::StepWaiting { step: id, until: None, approval: Some(what) };
        }
    };
    let too_large = facts.iter().find(|it| it.name.len() + it.value.len() > MAX_FACT_BYTES);
    let why = if facts.len() > MAX_FACTS {
        format!("it gave {} facts, and a step may give {MAX_FACTS}", facts.len())
    } else if let Some(fact) = too_large {
        let name: String = fact.name.chars().take(64).collect();
        format!("its fact `{name}` is larger than {MAX_FACT_BYTES} bytes")
    } else {
        let entry = |fact: mavm_plugin::Fact| FactEntry { name: fact.name, value: fact.value };
        return Event::StepDone { step: id, facts: facts.into_iter().map(entry).collect(), branch };
    };
    failed_event(step, attempt, digest, Trouble::new(TroubleKind::Trapped, why))
}
