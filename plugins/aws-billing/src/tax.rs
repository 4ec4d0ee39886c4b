//! Tax settings.

use aws_pages::console::{open_at, saved};
use mavm_sdk::prelude::*;

/// Lets member accounts take over the tax settings of this one.
#[step("tax-inheritance")]
pub(crate) fn tax_inheritance(run: &Run) -> Result<Outcome> {
    let wanted = |page: &Page| page.label(contains("tax inheritance"));
    let page = open_at(run, "/billing/home?#/tax", wanted)?;
    wanted(&page).check()?;
    page.role(Button, "Save tax inheritance").click()?;
    saved(&page)?;
    Ok(Outcome::done())
}
