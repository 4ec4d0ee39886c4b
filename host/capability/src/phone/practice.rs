//! The practice console's telephone exchange: answers the calls that the practice console makes.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::StatusCode;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use url::Url;

use super::error::Error;
use super::number::Number;
use super::provider::{Call, Phone};

/// Whether a phone rings can only be asked: soon at first, since it mostly does, then more seldom.
const ASK_AGAIN: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(320)];

/// Answers practice calls.
pub struct Practice {
    numbers: Vec<Number>,
    client: reqwest::Client,
    address: Url,
}

#[derive(Serialize)]
struct Keys<'a> {
    number: &'a str,
    digits: &'a str,
}

#[derive(Deserialize)]
struct Heard {
    accepted: bool,
}

impl Practice {
    /// `control`: the practice console's control address.
    pub fn new(numbers: Vec<Number>, control: &Url) -> Result<Self, Error> {
        let bad = |why: String| {
            Error::Unsupported(format!(
                "the practice console's control address `{control}` can't be used: {why}"
            ))
        };
        let address =
            control.join("/practice/phone/answer").map_err(|error| bad(error.to_string()))?;
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| bad(error.to_string()))?;
        Ok(Self { numbers, client, address })
    }

    /// One try: whether the digits were taken, or none if no call rings.
    async fn answer(&self, call: &Call) -> Result<Option<bool>, Error> {
        let unreachable = |error: reqwest::Error| {
            Error::Network(format!(
                "the practice console ({}) could not be asked for the call: {}",
                self.address,
                error.without_url()
            ))
        };
        let keys = Keys { number: call.number.as_str(), digits: call.digits.expose_secret() };
        let response =
            self.client.post(self.address.clone()).json(&keys).send().await.map_err(unreachable)?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let heard: Heard =
            response.error_for_status().map_err(unreachable)?.json().await.map_err(unreachable)?;
        Ok(Some(heard.accepted))
    }
}

#[async_trait]
impl Phone for Practice {
    fn name(&self) -> &'static str {
        "practice"
    }

    async fn numbers(&self) -> Result<Vec<Number>, Error> {
        Ok(self.numbers.clone())
    }

    async fn key_in(&self, call: &Call) -> Result<(), Error> {
        let end = call.deadline.instant();
        let [mut pause, longest] = ASK_AGAIN;
        loop {
            match tokio::time::timeout_at(end, self.answer(call)).await {
                Ok(Ok(Some(true))) => return Ok(()),
                Ok(Ok(Some(false))) => {
                    return Err(Error::Unsolved(format!(
                        "the call to {} was answered, but its digits were not the right ones",
                        call.number
                    )));
                }
                Ok(Err(error)) => return Err(error),
                Ok(Ok(None)) if Instant::now() < end => {
                    tokio::time::sleep_until((Instant::now() + pause).min(end)).await;
                    pause = (pause * 2).min(longest);
                }
                Ok(Ok(None)) | Err(_) => {
                    return Err(Error::Unsolved(format!(
                        "no call rang at {} within {}",
                        call.number,
                        call.deadline.in_words()
                    )));
                }
            }
        }
    }
}
