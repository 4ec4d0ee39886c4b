//! What the sessions of a run share: what they mask from their beginning, and how much was guessed of it.
//! A site shows again what it was given, also to a session that never typed it: one that was opened anew,
//! or has another name.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use mavm_browser::{Error, Guesses, Origin, Sealed};
use mavm_plugin::sealed::Secret;
use mavm_store::{AccountName, RunId};
use secrecy::ExposeSecret as _;

/// Characters of the shortest secret that is masked before a run has used it: what is shorter is found
/// by chance in many a text, such as the number of an account.
const LEAST: usize = 6;
/// Values of one run; a session takes no more either.
const MOST: usize = 256;

/// Secrets that pages may show: sites got them from other runs, or from a host that is no more.
#[async_trait]
pub trait KnownSecrets: fmt::Debug + Send + Sync + 'static {
    /// Those that steps on this account may be given, each with the origins it is bound to; or why they
    /// can't be told, which keeps a session from being opened.
    async fn of(&self, account: &AccountName) -> Result<Vec<Secret>, String>;
}

/// What one run has used so far, and where each may be typed; and what it has guessed.
#[derive(Clone, Default)]
pub struct UsedByRun {
    pub masked: Vec<Sealed>,
    pub guesses: Guesses,
}

/// The same of all runs.
#[derive(Default)]
pub struct UsedByRuns(Mutex<HashMap<RunId, UsedByRun>>);

impl UsedByRuns {
    pub fn add(&self, run: &RunId, sealed: &Sealed) {
        let mut all = self.locked();
        let its = &mut all.entry(run.clone()).or_default().masked;
        let old = its.iter().any(|old| old.is_like(sealed));
        if !old && its.len() < MOST {
            its.push(sealed.clone());
        }
    }

    pub fn of(&self, run: &RunId) -> UsedByRun {
        self.locked().entry(run.clone()).or_default().clone()
    }

    pub fn forget(&self, run: &RunId) {
        self.locked().remove(run);
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<RunId, UsedByRun>> {
        // Nothing panics while it holds this; what is inside is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Those that are known, as a session takes them.
pub async fn known(
    secrets: &dyn KnownSecrets,
    account: &AccountName,
) -> Result<Vec<Sealed>, Error> {
    let secrets = secrets.of(account).await.map_err(Error::Invalid)?;
    let long =
        secrets.into_iter().filter(|secret| secret.value.expose_secret().chars().count() >= LEAST);
    long.map(|Secret { value, origins, .. }| {
        let origins: Result<Vec<Origin>, _> = origins.iter().map(|origin| origin.parse()).collect();
        Ok(Sealed::new(value, origins?))
    })
    .collect()
}
