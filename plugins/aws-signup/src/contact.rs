//! Who the account is for.

use aws_pages::dropdown::filter_and_pick;
use aws_pages::form::Form;
use aws_pages::{Section, reach};
use mavm_sdk::prelude::*;

#[derive(Deserialize, Inputs)]
pub(crate) struct Contact {
    /// The person responsible.
    full_name: String,
    /// The company.
    company: String,
    /// Its telephone number, in international form.
    #[serde(deserialize_with = "mavm_sdk::number_or_text")]
    phone: String,
    /// Street and number.
    address: String,
    /// City.
    city: String,
    /// State, province or region.
    state: String,
    /// Postal code.
    #[serde(deserialize_with = "mavm_sdk::number_or_text")]
    postal_code: String,
    /// The country's name in English.
    country: String,
}

/// Gives the company's name, address and telephone number.
#[step("contact")]
pub(crate) fn contact(run: &Run, input: Contact) -> Result<Outcome> {
    let Some(page) = reach(run, Section::Contact)?.here(Section::Contact)? else {
        return Ok(Outcome::done());
    };
    let form = Form::new(&page, "ContactInformation");
    form.css("#awsui-radio-button-1").check()?;
    for (name, value) in [
        ("address.fullName", &input.full_name),
        ("address.company", &input.company),
        ("address.phoneNumber", &input.phone),
        ("address.addressLine1", &input.address),
        ("address.city", &input.city),
        ("address.state", &input.state),
        ("address.postalCode", &input.postal_code),
    ] {
        form.css(&format!("input[name='{name}']")).fill(value)?;
    }
    filter_and_pick(&page, "awsui-select-2", "Country or Region", &input.country)?;
    form.css("input[name=agreement]").check()?;
    form.submit_for(run, Section::Card)?;
    Ok(Outcome::done())
}
