//! The WIT side of `captcha`: checks the puzzle, writes the audit line, asks the solver.

use std::any::Any;
use std::collections::HashSet;
use std::sync::Arc;

use mavm_plugin::bindings::mavm::plugin::captcha;
use mavm_plugin::bindings::words::mavm::plugin::types::Duration;
use mavm_plugin::{Capability, Failure, StepRequest, StepState};
use mavm_store::{AuditEntry, Store};
use wasmtime::component::{HasData, Linker};

use super::error::Error;
use super::provider::{Puzzle, Solution, Solver, Task};
use crate::waiting::{Clock, StepTime, Stop, answer, not_now};

const MAX_ANSWER: usize = 256;

/// The capability: give it to the plugin runtime.
pub struct Captcha {
    solver: Arc<dyn Solver>,
    store: Arc<dyn Store>,
    clock: Clock,
}

impl Captcha {
    /// Puzzles go to `solver`; `store` has the audit log.
    pub fn new(solver: Arc<dyn Solver>, store: Arc<dyn Store>, clock: Clock) -> Self {
        Self { solver, store, clock }
    }

    pub(super) fn begin(&self, step: &Arc<StepRequest>) -> PerStep {
        PerStep {
            solver: self.solver.clone(),
            store: self.store.clone(),
            clock: self.clock.clone(),
            time: StepTime::start(step),
            step: step.clone(),
            given: HashSet::new(),
        }
    }
}

struct Linked;

impl HasData for Linked {
    type Data<'a> = CaptchaView<'a>;
}

impl Capability for Captcha {
    fn interface(&self) -> &'static str {
        "captcha"
    }

    fn link(&self, linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
        captcha::add_to_linker::<StepState, Linked>(linker, |state| CaptchaView {
            mine: state.host::<PerStep>().0,
        })
    }

    fn open(&self, step: &Arc<StepRequest>) -> Box<dyn Any + Send> {
        Box::new(self.begin(step))
    }
}

pub(super) struct PerStep {
    solver: Arc<dyn Solver>,
    store: Arc<dyn Store>,
    clock: Clock,
    time: StepTime,
    step: Arc<StepRequest>,
    /// Ids of the answers given in this step: a plugin may report on its own only.
    given: HashSet<String>,
}

impl PerStep {
    async fn solve(&mut self, puzzle: captcha::Puzzle, within: Duration) -> Result<Solution, Stop> {
        let puzzle =
            Puzzle::new(puzzle.kind, puzzle.data, puzzle.source).map_err(Failure::Invalid)?;
        let task = Task::new(&self.step, self.time.within(within));
        if self.solver.automatic() {
            self.store
                .audit(AuditEntry {
                    at: (self.clock)(),
                    actor: "host".to_owned(),
                    action: "captcha-solver-used".to_owned(),
                    subject: self.step.account.name.to_string(),
                    detail: format!(
                        "{} was given the {} of {} for run {}",
                        self.solver.name(),
                        puzzle.mime_type,
                        puzzle.place(),
                        task.run
                    ),
                })
                .await?;
        }
        let solution = self.solver.solve(&puzzle, &task).await?;
        if solution.text.trim().is_empty() || solution.text.len() > MAX_ANSWER {
            return Err(Failure::ChallengeUnsolved(format!(
                "the solver `{}` gave an answer of {} bytes, which is none",
                self.solver.name(),
                solution.text.len()
            ))
            .into());
        }
        self.given.insert(solution.id.clone());
        Ok(solution)
    }

    async fn report(&mut self, id: &str, accepted: bool) -> Result<(), Stop> {
        if !self.given.contains(id) {
            return Err(Failure::Invalid(
                "captcha.report was called with an id that captcha.solve did not give in this step"
                    .to_owned(),
            )
            .into());
        }
        Ok(self.solver.report(id, accepted).await?)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        match error {
            Error::Unsolved(why) => Failure::ChallengeUnsolved(why).into(),
            Error::Unsupported(why) => Failure::Unsupported(why).into(),
            Error::Network(why) => Failure::Network(why).into(),
            Error::Store(error) => error.into(),
            Error::Seal(error) => error.into(),
        }
    }
}

/// One call's view of the step.
pub struct CaptchaView<'a> {
    pub(super) mine: Option<&'a mut PerStep>,
}

impl captcha::Host for CaptchaView<'_> {
    async fn solve(
        &mut self,
        puzzle: captcha::Puzzle,
        within: Duration,
    ) -> wasmtime::Result<Result<captcha::Solution, Failure>> {
        let mine = self.mine.as_deref_mut().ok_or_else(|| not_now("captcha.solve"))?;
        let solution = mine.solve(puzzle, within).await;
        answer(solution.map(|Solution { id, text }| captcha::Solution { id, text }))
    }

    async fn report(
        &mut self,
        id: String,
        accepted: bool,
    ) -> wasmtime::Result<Result<(), Failure>> {
        let mine = self.mine.as_deref_mut().ok_or_else(|| not_now("captcha.report"))?;
        answer(mine.report(&id, accepted).await)
    }
}
