//! What the sessions of a run mask from their beginning. A site shows again what it was given, also to
//! a session that never typed it: one that was opened anew, or has another name.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use mavm_browser::{Error, Origin, Sealed};
use mavm_plugin::sealed::Secret;
use mavm_store::{AccountName, RunId};
use secrecy::{ExposeSecret as _, SecretString};

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

/// What runs have used so far, and where each may be typed.
#[derive(Default)]
pub struct UsedByRuns(Mutex<HashMap<RunId, Vec<Sealed>>>);

impl UsedByRuns {
    pub fn add(&self, run: &RunId, value: &SecretString, origins: &[Origin]) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let its = all.entry(run.clone()).or_default();
        let old = its.iter().any(|old| old.is(value, origins));
        if !old && its.len() < MOST {
            its.push(Sealed::new(value.clone(), origins.to_vec()));
        }
    }

    pub fn of(&self, run: &RunId) -> Vec<Sealed> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(run).cloned().unwrap_or_default()
    }

    pub fn forget(&self, run: &RunId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(run);
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
