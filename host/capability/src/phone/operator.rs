//! The provider that is a person: the call becomes a challenge that says which phone rings; the
//! digits are shown only to whoever asks for that challenge.

use std::sync::Arc;

use async_trait::async_trait;
use mavm_store::{Challenge, ChallengeKind, Store};
use secrecy::{ExposeSecret as _, SecretString};

use super::error::Error;
use super::number::Number;
use super::provider::{Call, Phone};
use crate::crypt::Crypt;
use crate::waiting::{Clock, StoreWait};

/// Hands calls to people.
pub struct Operator {
    numbers: Vec<Number>,
    store: Arc<dyn Store>,
    crypt: Arc<Crypt>,
    clock: Clock,
}

impl Operator {
    /// `numbers`: the phones that people here answer. Challenges go into `store`.
    pub fn new(
        numbers: Vec<Number>,
        store: Arc<dyn Store>,
        crypt: Arc<Crypt>,
        clock: Clock,
    ) -> Self {
        Self { numbers, store, crypt, clock }
    }
}

/// The digits to key in for a challenge of kind `Call`, for the person who answers it. Its answer
/// (any sealed bytes, also none) means: done.
pub fn open_digits(crypt: &Crypt, challenge: &Challenge) -> Result<SecretString, Error> {
    if challenge.kind != ChallengeKind::Call {
        return Err(Error::Unsupported(format!(
            "challenge {} is no call, it has no digits to key in",
            challenge.id
        )));
    }
    Ok(crypt.open_text(super::PURPOSE, &challenge.data)?)
}

#[async_trait]
impl Phone for Operator {
    fn name(&self) -> &'static str {
        "operator"
    }

    async fn numbers(&self) -> Result<Vec<Number>, Error> {
        Ok(self.numbers.clone())
    }

    async fn key_in(&self, call: &Call) -> Result<(), Error> {
        let id = uuid::Uuid::now_v7().to_string();
        let data = self.crypt.seal(super::PURPOSE, call.digits.expose_secret().as_bytes())?;
        let mut wait = StoreWait::new(&*self.store, call.deadline);
        self.store
            .put_challenge(Challenge {
                id: id.clone(),
                run: call.run.clone(),
                kind: ChallengeKind::Call,
                prompt: format!(
                    "The phone {} rings now or soon (account {}). Answer it, key in the digits that `mavm challenges show {id}` prints, then say so: `mavm challenges answer {id} done`",
                    call.number, call.account
                ),
                mime_type: "text/plain".to_owned(),
                data,
                at: (self.clock)(),
                until: call.deadline.timestamp(&self.clock),
                answer: None,
                accepted: None,
            })
            .await?;
        tracing::info!(run = %call.run, challenge = id, "a call waits for a person");
        loop {
            if self.store.challenge(&id).await?.is_some_and(|row| row.answer.is_some()) {
                return Ok(());
            }
            if !wait.again().await {
                return Err(Error::Unsolved(format!(
                    "nobody answered the call to {} within {}. Open calls are listed by `mavm challenges`",
                    call.number,
                    call.deadline.in_words()
                )));
            }
        }
    }
}
