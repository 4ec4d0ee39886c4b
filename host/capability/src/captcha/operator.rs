//! The solver that is a person: the puzzle becomes a challenge, the run waits for its answer.
//! People answer in the dashboard, over HTTP or with `mavm challenges`.

use std::sync::Arc;

use async_trait::async_trait;
use mavm_store::{Challenge, ChallengeKind, Store};
use secrecy::ExposeSecret as _;

use super::error::Error;
use super::provider::{Kind, Puzzle, Solution, Solver, Task};
use crate::crypt::Crypt;
use crate::waiting::{Clock, StoreWait};

const MAX_ANSWER: usize = 64;

/// Hands puzzles to people.
pub struct Operator {
    store: Arc<dyn Store>,
    crypt: Arc<Crypt>,
    clock: Clock,
}

impl Operator {
    /// Challenges go into `store`.
    pub fn new(store: Arc<dyn Store>, crypt: Arc<Crypt>, clock: Clock) -> Self {
        Self { store, crypt, clock }
    }
}

/// Checks and seals a person's answer, for [`Store::answer_challenge`]. The error says what is
/// wrong with it.
pub fn seal_answer(crypt: &Crypt, answer: &str) -> Result<Vec<u8>, Error> {
    let answer = answer.trim();
    if answer.is_empty() || answer.len() > MAX_ANSWER || answer.chars().any(char::is_control) {
        return Err(Error::Unsolved(format!(
            "an answer has 1 to {MAX_ANSWER} characters on one line. Type what the picture shows or the voice says"
        )));
    }
    Ok(crypt.seal(super::PURPOSE, answer.as_bytes())?)
}

#[async_trait]
impl Solver for Operator {
    fn name(&self) -> &'static str {
        "operator"
    }

    fn automatic(&self) -> bool {
        false
    }

    async fn solve(&self, puzzle: &Puzzle, task: &Task) -> Result<Solution, Error> {
        let id = uuid::Uuid::now_v7().to_string();
        let (kind, what) = match puzzle.kind {
            Kind::Image => (ChallengeKind::Image, "Type the characters in the picture"),
            Kind::Audio => (ChallengeKind::Audio, "Type what the voice says"),
        };
        let mut wait = StoreWait::new(&*self.store, task.deadline);
        self.store
            .put_challenge(Challenge {
                id: id.clone(),
                run: task.run.clone(),
                kind,
                prompt: format!("{what} (account {})", task.account),
                mime_type: puzzle.mime_type.to_owned(),
                data: puzzle.data.clone(),
                at: (self.clock)(),
                until: task.deadline.timestamp(&self.clock),
                answer: None,
                accepted: None,
            })
            .await?;
        tracing::info!(run = %task.run, challenge = id, "a captcha waits for a person");
        loop {
            if let Some(sealed) = self.store.challenge(&id).await?.and_then(|row| row.answer) {
                let text = self.crypt.open_text(super::PURPOSE, &sealed)?;
                return Ok(Solution { id, text: text.expose_secret().to_owned() });
            }
            if !wait.again().await {
                return Err(Error::Unsolved(format!(
                    "nobody answered the captcha within {}. Open ones are listed by `mavm challenges`",
                    task.deadline.in_words()
                )));
            }
        }
    }

    async fn report(&self, id: &str, accepted: bool) -> Result<(), Error> {
        Ok(self.store.report_challenge(id, accepted).await?)
    }
}
