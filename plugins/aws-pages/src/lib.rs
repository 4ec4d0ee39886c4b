//! What the AWS plugins know of the pages: which section shows, how to sign in, captchas, overlays,
//! dropdowns, the card form.
//!
//! Written for the pages of 2023. Elements are found by what is known of the real pages: names of
//! fields, ids, the words that are on record. It holds what two plugins would otherwise both know. It
//! never decides what a step means: that is the plugin's part.

mod captcha;
pub mod console;
pub mod dropdown;
pub mod form;
pub mod issuer;
mod overlay;
pub mod payment;
mod section;
mod sign_in;
pub mod sign_up;
mod wording;

pub use section::{Section, marker};
pub use sign_in::{Arrival, sign_in, sign_out};
pub use sign_up::{Place, reach};
pub use wording::words_of;

use std::time::Duration;

use mavm_sdk::prelude::*;

/// How long a page may take to answer a click: the pages are slow. A step's own time-out is the outer
/// bound.
pub const PATIENCE: Duration = seconds(45);

/// The page, with what may lie over it dealt with: the cookie banner and the first-steps tooltip.
pub fn page(run: &Run) -> Result<Page> {
    let page = run.page();
    overlay::dismiss(&page)?;
    Ok(page)
}

/// Loads a path of a site, also where only the fragment would change: what an earlier step left on the
/// page (the word that something was saved, a session that is over) must not be taken for the answer
/// to this one.
pub(crate) fn load(page: &Page, site: &str, path: &str) -> Result<()> {
    let document = |address: &str| address.split(['?', '#']).next().unwrap_or_default().to_owned();
    let loaded = document(&page.url()?).ends_with(&document(path));
    page.goto(site, path)?;
    if !loaded {
        return Ok(());
    }
    if let Some((_, fragment)) = path.split_once('#') {
        page.wait_for_url(ends_with(&format!("#{fragment}")))?;
    }
    page.reload()
}
