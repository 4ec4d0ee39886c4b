//! The pages' own dropdowns: a box that opens a list, not a `<select>`.

use mavm_sdk::prelude::*;

/// Opens the dropdown `id` and picks the option that shows this text.
pub fn pick(page: &Page, id: &str, option: impl Into<mavm_sdk::TextMatch>) -> Result<()> {
    open(page, id)?;
    page.css(&format!("#{id}-dropdown-options")).showing(option).first().click()
}

/// The same, where the list has a field that filters it, with this label.
pub fn filter_and_pick(page: &Page, id: &str, filter: &str, option: &str) -> Result<()> {
    open(page, id)?;
    page.label(filter).last().fill(option)?;
    page.css(&format!("#{id}-dropdown-options")).showing(option).first().click()
}

fn open(page: &Page, id: &str) -> Result<()> {
    page.css(&format!("#{id} > div > awsui-icon > span")).click()
}
