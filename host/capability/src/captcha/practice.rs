//! The practice console's own answer key. Knows the answers to the practice console's puzzles and
//! to no others, so it needs no permission; its uses are in the audit log all the same.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

use super::error::Error;
use super::provider::{Puzzle, Solution, Solver, Task};

/// Looks answers up.
pub struct Practice {
    client: reqwest::Client,
    address: Url,
}

#[derive(Deserialize)]
struct Key {
    answer: String,
}

impl Practice {
    /// `control`: the practice console's control address.
    pub fn new(control: &Url) -> Result<Self, Error> {
        let bad = |why: String| {
            Error::Unsupported(format!(
                "the practice console's control address `{control}` can't be used: {why}"
            ))
        };
        let address =
            control.join("/practice/captcha/answer").map_err(|error| bad(error.to_string()))?;
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| bad(error.to_string()))?;
        Ok(Self { client, address })
    }

    async fn look_up(&self, source: &str) -> Result<String, Error> {
        let unreachable = |error: reqwest::Error| {
            Error::Network(format!(
                "the practice console's answer key ({}) gave no answer: {}",
                self.address,
                error.without_url()
            ))
        };
        let response = self
            .client
            .get(self.address.clone())
            .query(&[("source", source)])
            .send()
            .await
            .map_err(unreachable)?;
        if response.status() == reqwest::StatusCode::NOT_FOUND {
            return Err(Error::Unsolved(
                "the practice console's answer key doesn't know this puzzle".to_owned(),
            ));
        }
        let key: Key =
            response.error_for_status().map_err(unreachable)?.json().await.map_err(unreachable)?;
        Ok(key.answer)
    }
}

#[async_trait]
impl Solver for Practice {
    fn name(&self) -> &'static str {
        "practice"
    }

    fn automatic(&self) -> bool {
        true
    }

    async fn solve(&self, puzzle: &Puzzle, task: &Task) -> Result<Solution, Error> {
        let Some(source) = &puzzle.source else {
            return Err(Error::Unsupported(
                "the practice console's answer key needs the puzzle's source address".to_owned(),
            ));
        };
        let text = tokio::time::timeout_at(task.deadline.instant(), self.look_up(source))
            .await
            .map_err(|_| {
            Error::Unsolved(format!(
                "the practice console's answer key was silent for {}",
                task.deadline.in_words()
            ))
        })??;
        Ok(Solution { id: uuid::Uuid::now_v7().to_string(), text })
    }

    async fn report(&self, _id: &str, _accepted: bool) -> Result<(), Error> {
        // The practice console counts right and wrong answers by itself.
        Ok(())
    }
}
