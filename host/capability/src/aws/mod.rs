//! The calls to AWS that a plugin may have the host make: trying whether a role can be assumed.
//!
//! The operator's credentials never leave the provider, and the ones that AWS hands out are dropped
//! where they arrive: what a plugin learns is yes or no.

mod arn;
mod error;
pub mod fake;
mod host;
mod provider;
mod sts;

#[cfg(test)]
mod tests;

pub use arn::RoleArn;
pub use error::Error;
pub use host::{AwsCalls, AwsView};
pub use provider::{Assumed, Aws};
pub use sts::{StaticCredentials, Sts, StsConfig};
