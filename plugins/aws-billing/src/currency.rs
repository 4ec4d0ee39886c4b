//! The currency that invoices are paid in.

use aws_pages::console::{open_at, saved};
use mavm_sdk::prelude::*;

#[derive(Deserialize, Inputs)]
pub(crate) struct Currency {
    /// Its ISO 4217 code: `EUR`.
    currency: String,
}

/// Chooses the currency that invoices are paid in.
#[step("currency")]
pub(crate) fn currency(run: &Run, input: Currency) -> Result<Outcome> {
    let edit = |page: &Page| page.css("#account__edit-currency-preference");
    let page = open_at(run, "/billing/home?#/account", edit)?;
    edit(&page).click()?;
    page.css("#account__select-currencies-list").select(input.currency)?;
    // The billing contact's button has one class more; only one of the two can show.
    page.css("#billing-console-root .account-information-update-buttons.margin-top-10:not(.ng-scope) > button.btn-primary")
        .click()?;
    saved(&page)?;
    Ok(Outcome::done())
}
