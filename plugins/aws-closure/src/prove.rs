//! The proof: nobody can enter the account any more.
//!
//! Both ways in have to be shut, the role's and the root user's. Anything less is `timed-out`, so that
//! it is looked at again: an account is never called closed because a page said so once.

use aws_pages::{Arrival, sign_in, sign_out};
use mavm_sdk::Assumed;
use mavm_sdk::prelude::*;

#[derive(Deserialize, Inputs)]
pub(crate) struct Proof {
    /// The role that must not be assumable any more; none for an account that never got one.
    role_arn: Option<String>,
}

/// Proves that the account is closed: its role can't be assumed, and its sign-in says suspended.
#[step("prove")]
pub(crate) fn prove(run: &Run, input: Proof) -> Result<Outcome> {
    if let Some(role) = &input.role_arn
        && let Assumed::Allowed(_) = run.aws().assume_role(role)?
    {
        return Err(still_open("AWS to refuse the account's role, which can still be assumed"));
    }
    match fresh_sign_in(run)? {
        Arrival::Suspended => Ok(Outcome::done()),
        Arrival::Console => {
            Err(still_open("the sign-in to say suspended; it still lets the root user in"))
        }
        Arrival::SignUp(_) => {
            Err(still_open("the sign-in to say suspended; it leads to the sign-up"))
        }
        Arrival::Nobody => {
            Err(Failure::rejected("the sign-in says that there is no account with this address"))
        }
    }
}

/// A session from before the closing proves nothing: it is ended first.
fn fresh_sign_in(run: &Run) -> Result<Arrival> {
    match sign_in(run)? {
        Arrival::Console => {
            sign_out(run)?;
            sign_in(run)
        }
        arrival => Ok(arrival),
    }
}

fn still_open(waited_for: &str) -> Failure {
    Failure::timed_out(waited_for, seconds(0))
}
