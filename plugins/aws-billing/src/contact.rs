//! Who gets the invoices.

use aws_pages::console::{open_at, saved};
use mavm_sdk::prelude::*;

use crate::CONTENT;

#[derive(Deserialize, Inputs)]
pub(crate) struct Contact {
    /// The contact's name.
    name: String,
    /// Title or department.
    title: String,
    /// Mail address.
    email: String,
    /// Telephone number.
    #[serde(deserialize_with = "mavm_sdk::number_or_text")]
    phone: String,
}

/// Gives name, title, mail address and telephone number of the billing contact.
#[step("contact")]
pub(crate) fn contact(run: &Run, input: Contact) -> Result<Outcome> {
    let block = format!(
        "{CONTENT} > div.animation-content.animation-fade > div:nth-child(1) > div:nth-child(8)"
    );
    let edit = |page: &Page| page.css(&format!("{block} > a"));
    let page = open_at(run, "/billing/home?#/account", edit)?;
    edit(&page).click()?;
    for (line, value) in (1..).zip([&input.name, &input.title, &input.email, &input.phone]) {
        let field = format!(
            "{block} > div > div > div:nth-child(1) > div:nth-child(3) > div:nth-child({line}) > input"
        );
        page.css(&field).fill(value)?;
    }
    page.css("#billing-console-root .account-information-update-buttons.margin-top-10.ng-scope > button.btn-primary")
        .click()?;
    saved(&page)?;
    Ok(Outcome::done())
}
