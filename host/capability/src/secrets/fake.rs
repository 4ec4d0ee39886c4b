//! A vault in memory, for the tests of other crates. Keeps nothing.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use secrecy::SecretString;

use super::{Error, Vault, check_name, check_value};

/// A vault that is gone with the process.
#[derive(Debug, Default)]
pub struct MemoryVault(Mutex<BTreeMap<String, SecretString>>);

impl MemoryVault {
    /// A vault with these secrets in it.
    pub fn with(secrets: &[(&str, &str)]) -> Self {
        let kept = secrets.iter().map(|(name, value)| ((*name).to_owned(), (*value).into()));
        Self(Mutex::new(kept.collect()))
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, SecretString>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Vault for MemoryVault {
    async fn get(&self, name: &str) -> Result<Option<SecretString>, Error> {
        Ok(self.kept().get(name).cloned())
    }

    async fn set(&self, name: &str, value: SecretString) -> Result<(), Error> {
        check_name(name)?;
        check_value(name, &value)?;
        self.kept().insert(name.to_owned(), value);
        Ok(())
    }

    async fn set_once(&self, name: &str, value: SecretString) -> Result<SecretString, Error> {
        check_name(name)?;
        check_value(name, &value)?;
        Ok(self.kept().entry(name.to_owned()).or_insert(value).clone())
    }

    async fn names(&self) -> Result<Vec<String>, Error> {
        Ok(self.kept().keys().cloned().collect())
    }

    async fn remove(&self, name: &str) -> Result<bool, Error> {
        Ok(self.kept().remove(name).is_some())
    }
}
