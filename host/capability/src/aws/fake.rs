//! A provider for tests: allows the roles it was told of and denies all others.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::arn::RoleArn;
use super::error::Error;
use super::provider::{Assumed, Aws};
use crate::waiting::Deadline;

/// Allows what it was told to.
#[derive(Debug, Default)]
pub struct FakeAws {
    allowed: Mutex<HashSet<String>>,
}

impl FakeAws {
    /// From now on, this role can be assumed.
    pub fn allow(&self, arn: &str) {
        self.allowed.lock().unwrap_or_else(PoisonError::into_inner).insert(arn.to_owned());
    }

    /// From now on, it can't.
    pub fn deny(&self, arn: &str) {
        self.allowed.lock().unwrap_or_else(PoisonError::into_inner).remove(arn);
    }
}

#[async_trait]
impl Aws for FakeAws {
    async fn assume_role(
        &self,
        role: &RoleArn,
        session: &str,
        _deadline: Deadline,
    ) -> Result<Assumed, Error> {
        let allowed = self.allowed.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(if allowed.contains(role.as_str()) {
            Assumed::Allowed(format!("{}/{session}", role.as_str()))
        } else {
            Assumed::AccessDenied(format!("not authorized to assume {}", role.as_str()))
        })
    }
}
