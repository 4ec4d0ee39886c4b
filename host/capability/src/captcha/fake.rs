//! A solver for tests: gives the answers it was made with, one after the other, and remembers what
//! it was told of them.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::error::Error;
use super::provider::{Puzzle, Solution, Solver, Task};

/// Answers from a list.
#[derive(Debug, Default)]
pub struct FakeSolver {
    answers: Mutex<VecDeque<String>>,
    reports: Mutex<Vec<(String, bool)>>,
}

impl FakeSolver {
    /// Gives these answers in turn, and then none.
    pub fn new<S: Into<String>>(answers: impl IntoIterator<Item = S>) -> Self {
        let answers = answers.into_iter().map(Into::into).collect();
        Self { answers: Mutex::new(answers), reports: Mutex::default() }
    }

    /// What was reported so far: the answer's id (`fake-` and the answer), whether it was taken.
    pub fn reports(&self) -> Vec<(String, bool)> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Solver for FakeSolver {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn automatic(&self) -> bool {
        true
    }

    async fn solve(&self, _puzzle: &Puzzle, _task: &Task) -> Result<Solution, Error> {
        let next = self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let text = next.ok_or_else(|| Error::Unsolved("no answer is left".to_owned()))?;
        Ok(Solution { id: format!("fake-{text}"), text })
    }

    async fn report(&self, id: &str, accepted: bool) -> Result<(), Error> {
        let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        reports.push((id.to_owned(), accepted));
        Ok(())
    }
}
