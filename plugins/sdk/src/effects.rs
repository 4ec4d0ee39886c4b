//! Acts that can't be taken back, journaled around.
//!
//! The life of an effect:
//!
//! 1. `begin` writes the intent into the run's journal. `fresh`: go on to 2. `done`: the finding of
//!    the earlier time is the answer; nothing is done. `unknown`: go on to 3.
//! 2. The act is done. If it fails, the failure goes up and the intent stays open: the act may have
//!    reached the site all the same, so the next try finds `unknown`. If it succeeds, `finish`
//!    writes its finding.
//! 3. The site is looked at. It had happened: `finish`. It had not: `begin-again`, then 2. Nobody
//!    can tell: the failure `unresolved`, and a person decides.

use crate::bindings::mavm::plugin::effects as wit;
use crate::{Failure, Result};

/// What a look at the site says of an act that was intended and then interrupted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened<T> {
    /// It happened, with this finding.
    Yes(T),
    /// It did not: it is safe to do it now.
    No,
}

/// What an act finds out, as the journal keeps it: public, at most 8 KiB.
pub trait Finding: Sized {
    /// As text for the journal.
    fn write(&self) -> String;
    /// From the journal's text.
    fn read(text: &str) -> Result<Self>;
}

impl Finding for () {
    fn write(&self) -> String {
        String::new()
    }

    fn read(_: &str) -> Result<Self> {
        Ok(())
    }
}

impl Finding for String {
    fn write(&self) -> String {
        self.clone()
    }

    fn read(text: &str) -> Result<Self> {
        Ok(text.to_owned())
    }
}

/// The journal of effects, as far as an effect needs it.
pub(crate) trait Journal {
    fn begin(&self, name: &str) -> Result<State>;
    fn finish(&self, name: &str, finding: &str) -> Result<()>;
    fn begin_again(&self, name: &str) -> Result<()>;
}

pub(crate) use wit::State;

/// The host's journal.
pub(crate) struct Host;

impl Journal for Host {
    fn begin(&self, name: &str) -> Result<State> {
        wit::begin(name)
    }

    fn finish(&self, name: &str, finding: &str) -> Result<()> {
        wit::finish(name, finding)
    }

    fn begin_again(&self, name: &str) -> Result<()> {
        wit::begin_again(name)
    }
}

/// Does an act at most once. See the module's prose.
pub(crate) fn carry_out<T: Finding>(
    journal: &impl Journal,
    name: &str,
    reconcile: impl FnOnce() -> Result<Happened<T>>,
    act: impl FnOnce() -> Result<T>,
) -> Result<T> {
    match journal.begin(name)? {
        State::Done(finding) => return T::read(&finding),
        State::Fresh => {}
        State::Unknown => match reconcile()? {
            Happened::Yes(finding) => {
                journal.finish(name, &finding.write())?;
                return Ok(finding);
            }
            Happened::No => journal.begin_again(name)?,
        },
    }
    let finding = act()?;
    journal.finish(name, &finding.write())?;
    Ok(finding)
}

/// What a reconciliation says that can't look.
pub(crate) fn nobody_can_tell<T>(name: &str) -> Result<Happened<T>> {
    Err(Failure::unresolved(format!(
        "the run was interrupted during `{name}`: it may have happened. Look at the site, then tell the run"
    )))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    struct Scripted {
        state: RefCell<Option<State>>,
        told: RefCell<Vec<String>>,
    }

    impl Scripted {
        fn at(state: State) -> Self {
            Self { state: RefCell::new(Some(state)), told: RefCell::default() }
        }

        fn tell(&self, word: impl Into<String>) {
            self.told.borrow_mut().push(word.into());
        }
    }

    impl Journal for Scripted {
        fn begin(&self, name: &str) -> Result<State> {
            self.tell(format!("begin {name}"));
            self.state.borrow_mut().take().ok_or_else(|| Failure::invalid("begun twice"))
        }

        fn finish(&self, name: &str, finding: &str) -> Result<()> {
            self.tell(format!("finish {name} {finding}"));
            Ok(())
        }

        fn begin_again(&self, name: &str) -> Result<()> {
            self.tell(format!("begin-again {name}"));
            Ok(())
        }
    }

    /// Runs one effect and gives what was told to the journal and what was done, in order.
    fn life(
        state: State,
        happened: Result<Happened<String>>,
        act: Result<String>,
    ) -> (Vec<String>, Result<String>) {
        let journal = Scripted::at(state);
        let result = carry_out(
            &journal,
            "pay",
            || {
                journal.tell("look");
                happened
            },
            || {
                journal.tell("act");
                act
            },
        );
        (journal.told.into_inner(), result)
    }

    #[test]
    fn an_effect_happens_at_most_once() {
        let act = || Ok("new".to_owned());
        let slow = || Failure::timed_out("the bank", crate::seconds(1));
        let cases = [
            (
                "fresh",
                State::Fresh,
                Ok(Happened::No),
                act(),
                vec!["begin pay", "act", "finish pay new"],
                Some("new"),
            ),
            (
                "done",
                State::Done("old".into()),
                Ok(Happened::No),
                act(),
                vec!["begin pay"],
                Some("old"),
            ),
            (
                "it had happened",
                State::Unknown,
                Ok(Happened::Yes("seen".into())),
                act(),
                vec!["begin pay", "look", "finish pay seen"],
                Some("seen"),
            ),
            (
                "it had not",
                State::Unknown,
                Ok(Happened::No),
                act(),
                vec!["begin pay", "look", "begin-again pay", "act", "finish pay new"],
                Some("new"),
            ),
            (
                "nobody can tell",
                State::Unknown,
                nobody_can_tell("pay"),
                act(),
                vec!["begin pay", "look"],
                None,
            ),
            (
                "the act fails",
                State::Fresh,
                Ok(Happened::No),
                Err(slow()),
                vec!["begin pay", "act"],
                None,
            ),
        ];
        for (case, state, happened, act, told, finding) in cases {
            let (heard, result) = life(state, happened, act);
            assert_eq!(heard, told, "{case}");
            assert_eq!(result.ok().as_deref(), finding, "{case}");
        }
    }
}
