//! The proof that the account can be entered.

use mavm_sdk::Assumed;
use mavm_sdk::prelude::*;

#[derive(Deserialize, Inputs)]
pub(crate) struct Check {
    /// The role to assume.
    role_arn: String,
}

/// Assumes the cross-account role. A role that is still new may be refused for a while: that is
/// tried again.
#[step("check")]
pub(crate) fn check(run: &Run, input: Check) -> Result<Outcome> {
    match run.aws().assume_role(&input.role_arn)? {
        Assumed::Allowed(_) => Ok(Outcome::done()),
        Assumed::AccessDenied(words) => {
            info!("AWS refuses the role so far: {words}");
            Err(Failure::timed_out(
                format!("AWS to let us assume {}; so far: {words}", input.role_arn),
                seconds(0),
            ))
        }
    }
}
