//! What a person at the desk does with challenges: looks at one, answers it. The command line and the
//! HTTP API both end here.

use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::Timestamp;
use mavm_capability::captcha::seal_answer;
use mavm_capability::crypt::Crypt;
use mavm_capability::phone::open_digits;
use mavm_store::{Challenge, ChallengeKind, Store};
use secrecy::ExposeSecret as _;

/// Challenges, for people.
#[derive(Clone)]
pub struct Desk {
    store: Arc<dyn Store>,
    crypt: Arc<Crypt>,
}

/// A challenge and, of a call, the digits to key in.
pub struct Shown {
    pub challenge: Challenge,
    pub digits: Option<String>,
}

impl Desk {
    pub fn new(store: Arc<dyn Store>, crypt: Arc<Crypt>) -> Self {
        Self { store, crypt }
    }

    pub async fn show(&self, id: &str) -> Result<Shown> {
        let challenge = self.store.challenge(id).await?.with_context(|| {
            format!("there is no challenge `{id}`; `mavm challenges` lists those that are open")
        })?;
        let digits = match challenge.kind {
            ChallengeKind::Call => {
                Some(open_digits(&self.crypt, &challenge)?.expose_secret().to_owned())
            }
            ChallengeKind::Image | ChallengeKind::Audio => None,
        };
        Ok(Shown { challenge, digits })
    }

    pub async fn answer(&self, id: &str, answer: &str, actor: &str) -> Result<()> {
        let now = Timestamp::now();
        let sealed = seal_answer(&self.crypt, answer)?;
        Ok(self.store.answer_challenge(id, now, sealed, actor).await?)
    }
}
