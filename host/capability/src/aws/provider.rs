//! What an AWS provider is.

use async_trait::async_trait;

use super::arn::RoleArn;
use super::error::Error;
use crate::waiting::Deadline;

/// Whether the role could be assumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assumed {
    /// Yes; the ARN of the session.
    Allowed(String),
    /// AWS answered AccessDenied; its words.
    AccessDenied(String),
}

/// Calls AWS.
#[async_trait]
pub trait Aws: Send + Sync + 'static {
    /// Tries to assume a role under a session name, and forgets the credentials at once.
    async fn assume_role(
        &self,
        role: &RoleArn,
        session: &str,
        deadline: Deadline,
    ) -> Result<Assumed, Error>;
}
