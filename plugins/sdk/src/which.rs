//! Waiting for whichever of several things shows up.

use std::time::Duration;

use crate::bindings::mavm::plugin::browser as wit;
use crate::{Failure, Locator, Result, time};

/// Waits, at most half a minute, for whichever is visible first, and gives its place in the list.
/// `page-changed` if the page settles without any of them.
pub fn first_of<'a>(candidates: impl IntoIterator<Item = &'a Locator>) -> Result<usize> {
    wait(candidates, time::PATIENCE)
}

/// The same, waiting so long and no longer.
pub fn first_of_within<'a>(
    candidates: impl IntoIterator<Item = &'a Locator>,
    within: Duration,
) -> Result<usize> {
    wait(candidates, within)
}

/// Like [`first_of`], with a meaning for each: `which([(Next::Captcha, captcha), (Next::Card, card)])`.
///
/// Two candidates may have the same meaning. Where several are visible at once, the first of the
/// list counts.
pub fn which<T>(candidates: impl IntoIterator<Item = (T, Locator)>) -> Result<T> {
    pick(candidates, time::PATIENCE)
}

/// The same, waiting so long and no longer.
pub fn which_within<T>(
    candidates: impl IntoIterator<Item = (T, Locator)>,
    within: Duration,
) -> Result<T> {
    pick(candidates, within)
}

fn wait<'a>(candidates: impl IntoIterator<Item = &'a Locator>, within: Duration) -> Result<usize> {
    let handles = candidates.into_iter().map(Locator::handle).collect::<Result<Vec<_>>>()?;
    Ok(wit::first_of(&handles, Some(time::to_wit(within)))? as usize)
}

fn pick<T>(candidates: impl IntoIterator<Item = (T, Locator)>, within: Duration) -> Result<T> {
    let (meanings, locators): (Vec<T>, Vec<Locator>) = candidates.into_iter().unzip();
    let place = wait(&locators, within)?;
    meanings
        .into_iter()
        .nth(place)
        .ok_or_else(|| Failure::invalid("the host named a candidate that wasn't in the list"))
}
