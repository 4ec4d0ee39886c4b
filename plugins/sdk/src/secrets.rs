//! Secrets, by handle.

use crate::bindings::mavm::plugin::secrets as wit;
use crate::{Result, Secret};

/// The operator's and the account's secrets. Got by [`crate::Run::secrets`].
#[derive(Clone, Copy)]
pub struct Secrets(pub(crate) ());

impl Secrets {
    /// One of the operator's secrets that this plugin is granted, such as `card-number`.
    pub fn get(self, name: &str) -> Result<Secret> {
        wit::get(name)
    }

    /// A secret of the run's own account, such as `root-password`: made on first use, the same one
    /// ever after.
    pub fn of_account(self, name: &str) -> Result<Secret> {
        wit::of_account(name)
    }
}
