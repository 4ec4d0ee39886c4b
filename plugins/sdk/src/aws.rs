//! AWS calls that the host makes.

use crate::Result;
use crate::bindings::mavm::plugin::aws as wit;
pub use crate::bindings::mavm::plugin::aws::Assumed;

/// Calls made with the operator's own credentials. Got by [`crate::Run::aws`].
#[derive(Clone, Copy)]
pub struct Aws(pub(crate) ());

impl Aws {
    /// Tries to assume a role: the proof that an account is usable, or closed.
    pub fn assume_role(self, role_arn: &str) -> Result<Assumed> {
        wit::assume_role(role_arn)
    }
}
