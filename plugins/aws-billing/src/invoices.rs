//! Invoices by mail.

use aws_pages::console::{open_at, saved};
use mavm_sdk::prelude::*;

/// Has AWS send its invoices by mail, as PDF.
#[step("pdf-invoices")]
pub(crate) fn pdf_invoices(run: &Run) -> Result<Outcome> {
    let wanted = |page: &Page| page.label(contains("PDF Invoice By Email"));
    let page = open_at(run, "/billing/home?#/preferences", wanted)?;
    wanted(&page).check()?;
    page.css("#billing-console-root div.aws-billing-console-span10 > div.plutonium button")
        .click()?;
    saved(&page)?;
    Ok(Outcome::done())
}
