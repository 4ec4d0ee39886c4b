//! Signing in as the root user: what every later step would do by itself, as a step of its own, so
//! that a flow can tell an account that is closed already.

use aws_pages::{Arrival, sign_in};
use mavm_sdk::AccountStatus;
use mavm_sdk::prelude::*;

/// Signs in to the console as the root user. An account that is being closed and turns out to be
/// suspended branches to `suspended`.
#[step("login", branches = ["suspended"])]
fn login(run: &Run) -> Result<Outcome> {
    match sign_in(run)? {
        Arrival::Console => Ok(Outcome::done()),
        Arrival::Suspended => match run.account().status {
            AccountStatus::Closing | AccountStatus::Closed => Ok(Outcome::branch("suspended")),
            _ => Err(Failure::rejected("the sign-in says that the account is suspended")),
        },
        Arrival::SignUp(section) => Err(Failure::rejected(format!(
            "the sign-up isn't finished: {} is open",
            section.name()
        ))),
        Arrival::Nobody => {
            Err(Failure::rejected("the sign-in says that there is no account with this address"))
        }
    }
}

plugin!(login);
