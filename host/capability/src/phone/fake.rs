//! A provider for tests: takes every call at once and remembers what was keyed in where.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use secrecy::ExposeSecret as _;

use super::error::Error;
use super::number::Number;
use super::provider::{Call, Phone};

/// Takes every call.
#[derive(Default)]
pub struct FakePhone {
    numbers: Vec<Number>,
    keyed: Mutex<Vec<(Number, String)>>,
}

impl FakePhone {
    /// Owns these numbers.
    pub fn new(numbers: Vec<Number>) -> Self {
        Self { numbers, keyed: Mutex::default() }
    }

    /// What was keyed in so far.
    pub fn keyed(&self) -> Vec<(Number, String)> {
        self.keyed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Phone for FakePhone {
    fn name(&self) -> &'static str {
        "fake"
    }

    async fn numbers(&self) -> Result<Vec<Number>, Error> {
        Ok(self.numbers.clone())
    }

    async fn key_in(&self, call: &Call) -> Result<(), Error> {
        let mut keyed = self.keyed.lock().unwrap_or_else(PoisonError::into_inner);
        keyed.push((call.number.clone(), call.digits.expose_secret().to_owned()));
        Ok(())
    }
}
