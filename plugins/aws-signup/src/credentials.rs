//! The root password: the moment from which the account exists.

use aws_pages::form::Form;
use aws_pages::{Arrival, Section, sign_in};
use mavm_sdk::prelude::*;

use crate::start::reach_credentials;

/// Sets the root password, with which the account comes into being.
#[step("credentials")]
pub(crate) fn credentials(run: &Run) -> Result<Outcome> {
    run.effect_or("create-account", || exists(run), || create(run))?;
    Ok(Outcome::done())
}

/// Whether somebody with our address and password can sign in.
fn exists(run: &Run) -> Result<Happened<()>> {
    match sign_in(run)? {
        Arrival::Nobody => Ok(Happened::No),
        Arrival::SignUp(section) if section <= Section::Credentials => Ok(Happened::No),
        Arrival::SignUp(_) | Arrival::Console => Ok(Happened::Yes(())),
        Arrival::Suspended => {
            Err(Failure::rejected("the sign-in says that the account is suspended"))
        }
    }
}

fn create(run: &Run) -> Result<()> {
    let page = reach_credentials(run)?;
    let password = run.secrets().of_account("root-password")?;
    let form = Form::new(&page, "CredentialCollection");
    form.css("input[name=password]").fill(&password)?;
    form.css("input[name=rePassword]").fill(&password)?;
    // The first button checks the two; the one that continues appears after that.
    form.css("button:first-child").first().click()?;
    form.submit_for(run, Section::Contact)
}
