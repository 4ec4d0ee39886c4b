//! How a step ends well.

use std::time::Duration;

use crate::bindings::mavm::plugin::types::{Fact, Outcome, WaitFor};
use crate::time;

/// What a run waits for when a step hands its place back instead of blocking.
pub enum Wait {
    /// A time from now.
    Time(Duration),
    /// A person's approval; the text says of what.
    Approval(String),
}

impl Outcome {
    /// On to the next step.
    pub fn done() -> Self {
        Self::Done(Vec::new())
    }

    /// On to the step that the flow's `on` table names for this word.
    pub fn branch(word: impl Into<String>) -> Self {
        Self::Branch((word.into(), Vec::new()))
    }

    /// Come back to this step later: it starts again from its top.
    pub fn wait(until: Wait) -> Self {
        Self::Wait(match until {
            Wait::Time(duration) => WaitFor::Time(time::to_wit(duration)),
            Wait::Approval(what) => WaitFor::Approval(what),
        })
    }

    /// Adds a fact: public, for later steps, templates and people. A `wait` keeps none.
    #[must_use]
    pub fn fact(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let fact = Fact { name: name.into(), value: value.into() };
        match &mut self {
            Self::Done(facts) | Self::Branch((_, facts)) => facts.push(fact),
            Self::Wait(_) => {}
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_go_with_done_and_branch() {
        let Outcome::Branch((word, facts)) =
            Outcome::branch("challenge").fact("bank", "A").fact("try", "2")
        else {
            unreachable!("a branch stays a branch");
        };
        assert_eq!(word, "challenge");
        assert_eq!(
            facts.iter().map(|fact| (fact.name.as_str(), fact.value.as_str())).collect::<Vec<_>>(),
            [("bank", "A"), ("try", "2")]
        );
        assert!(
            matches!(Outcome::wait(Wait::Time(time::seconds(2))).fact("a", "b"), Outcome::Wait(WaitFor::Time(d)) if d.milliseconds == 2000)
        );
    }
}
