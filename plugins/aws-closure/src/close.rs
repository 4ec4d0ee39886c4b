//! The account page's last part.

use aws_pages::console::open;
use aws_pages::{Arrival, sign_in};
use mavm_sdk::prelude::*;

const ACCOUNT: &str = "/billing/home?#/account";

/// How many statements have to be agreed to.
const STATEMENTS: i32 = 4;

/// Closes the account.
#[step("close")]
pub(crate) fn close(run: &Run) -> Result<Outcome> {
    run.effect_or("close-account", || closed(run), || submit(run))?;
    Ok(Outcome::done())
}

fn statements(page: &Page) -> Locator {
    page.css(".close-account-checkbox > input")
}

fn says_closed(page: &Page) -> Locator {
    page.showing(contains("account is closed")).first()
}

fn either(page: &Page) -> Vec<(bool, Locator)> {
    vec![(true, says_closed(page)), (false, statements(page).first())]
}

/// Whether it is closed already: the sign-in or the account page says so.
fn closed(run: &Run) -> Result<Happened<()>> {
    if sign_in(run)? == Arrival::Suspended {
        return Ok(Happened::Yes(()));
    }
    let (_, closed) = open(run, ACCOUNT, either)?;
    Ok(if closed { Happened::Yes(()) } else { Happened::No })
}

fn submit(run: &Run) -> Result<()> {
    let (page, closed) = open(run, ACCOUNT, either)?;
    if closed {
        return Ok(());
    }
    for place in 0..STATEMENTS {
        statements(&page).nth(place).check()?;
    }
    page.css("#billing-console-root .btn-danger").click()?;
    page.css(".modal-footer > button.btn-danger").click()?;
    let complaint = page.css("#billing-console-root [role=alert]").first();
    if which_within([(true, says_closed(&page)), (false, complaint.clone())], aws_pages::PATIENCE)?
    {
        return Ok(());
    }
    Err(Failure::rejected(format!("the account was not closed: {}", complaint.text()?)))
}
