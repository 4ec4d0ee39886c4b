//! What lies over the pages until somebody clicks it away.

use mavm_sdk::prelude::*;

/// From now on the cookie banner and the console's first-steps tooltip are dismissed when they are in
/// the way.
pub fn dismiss(page: &Page) -> Result<()> {
    let cookies = page.css("#awsccc-cb-buttons > button.awsccc-u-btn.awsccc-u-btn-primary");
    page.on_overlay(&cookies, &cookies)?;
    let tooltip = page.test_id("awsc-nav-services-tooltip-confirm-button");
    page.on_overlay(&tooltip, &tooltip)
}
