//! Ways to say why a step did not come to its end.
//!
//! The kind decides what the host does next; see [`Failure`]'s variants.

use std::time::Duration;

use crate::bindings::mavm::plugin::types::{Failure, Waited};
use crate::time;

impl Failure {
    /// The site said no, in its own words. The run fails; nothing is tried again.
    pub fn rejected(words: impl Into<String>) -> Self {
        Self::Rejected(words.into())
    }

    /// Too slow. Tried again after a pause, as often as the flow allows.
    pub fn timed_out(waited_for: impl Into<String>, within: Duration) -> Self {
        Self::TimedOut(Waited {
            waited_for: waited_for.into(),
            within: time::to_wit(within),
            obstacle: None,
        })
    }

    /// A captcha or a call that nobody solved. Tried again, a bounded number of times.
    pub fn challenge_unsolved(words: impl Into<String>) -> Self {
        Self::ChallengeUnsolved(words.into())
    }

    /// An effect may have happened, and the plugin can't tell. A person decides.
    pub fn unresolved(words: impl Into<String>) -> Self {
        Self::Unresolved(words.into())
    }

    /// Inputs that make no sense. Not tried again.
    pub fn invalid(words: impl Into<String>) -> Self {
        Self::Invalid(words.into())
    }

    /// Whether a wait ended without what it waited for, or the page settled without it: the two
    /// ways in which "it isn't there" is said. Several where one is meant is not one of them.
    pub fn is_absence(&self) -> bool {
        match self {
            Self::TimedOut(_) => true,
            Self::PageChanged(change) => change.found == 0,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PageChange;

    #[test]
    fn two_that_fit_are_not_an_absence() {
        let changed = |found| {
            let (looked_for, url) = ("css(\"a\")".to_owned(), "https://a.example/".to_owned());
            Failure::PageChanged(PageChange { looked_for, found, url, nearest: Vec::new() })
        };
        assert!(changed(0).is_absence());
        assert!(!changed(2).is_absence());
        assert!(Failure::timed_out("a", Duration::ZERO).is_absence());
        assert!(!Failure::rejected("no").is_absence());
    }
}
