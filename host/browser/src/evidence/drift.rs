//! The judgement at the end of an action that found no way: was the page slow, did the network
//! fail, or has the page changed? A page that has loaded, fetches nothing, and has no element that
//! fits has changed; so has one that stood still for ten seconds and fetches only what it can do
//! without (`session/held.rs`). Everything else is slowness, and worth another run.

use serde_json::Value as Json;

use super::PATIENCE;
use super::picture::{dom_of, screenshot};
use crate::act::{Miss, On, TITLE, place, script};
use crate::deadline::Over;
use crate::error::PageChange;
use crate::selector::{Path, Steps, Suggestion, wire};
use crate::session::{FrameState, HELD_OPEN, World};
use crate::{Candidate, Deadline, Error, Locator, NetworkFailure, Page};

const NEAREST: &str =
    "function (steps) { return globalThis.__mavm ? __mavm.nearest(steps) : { kind: 'bare' }; }";

/// For how many milliseconds nothing was seen to change in a document.
const QUIET_FOR: &str =
    "function () { return globalThis.__mavm ? __mavm.quietFor() : { kind: 'bare' }; }";

/// The error for an action whose time is over.
pub(crate) async fn tell(
    locator: &Locator,
    what: &str,
    deadline: &Deadline,
    over: Over,
    miss: &Miss,
) -> Error {
    let inner = locator.page.session().inner();
    // The plugin's own words are left as they are: where they are masked, what was guessed is right.
    let for_what = format!("{what} of {locator}");
    if over == Over::Cancelled {
        return Error::Cancelled(for_what);
    }
    let named = |what: &Option<String>, why: String| match what {
        Some(what) => format!("{what}: {why}"),
        None => why,
    };
    let obstacle = match miss {
        Miss::Failed(failure) => return Error::Network(Box::new(failure.clone())).hidden(inner),
        Miss::Missing { hop } => match busy(locator, *hop).await {
            Some(busy) => Some(format!("nothing matches yet; {busy}")),
            None => return missing(&[(locator, *hop)], lost(&locator.path, *hop)).await,
        },
        Miss::Obstructed { what, why } => Some(named(what, why.clone())),
        Miss::Covered { what, by } => Some(named(what, format!("covered by {by}"))),
        Miss::Loading => Some("its frame has no document yet".to_owned()),
        // While a page navigates, Chromium holds back what is asked of its document.
        Miss::Hung if locator.page.is_moving() => locator.page.obstacle(),
        Miss::Hung => {
            Some("the page does not answer: one of its scripts runs without a pause".to_owned())
        }
        Miss::Nothing => locator.page.obstacle(),
    };
    let hung = matches!(miss, Miss::Hung);
    Error::timed_out(for_what, deadline, obstacle, showed(locator, hung).await)
}

/// The same where any of several would have done.
pub(crate) async fn tell_all(candidates: &[Locator], deadline: &Deadline, over: Over) -> Error {
    let names: Vec<String> = candidates.iter().map(ToString::to_string).collect();
    let Some(first) = candidates.first() else {
        return Error::Invalid("nothing was waited for".to_owned());
    };
    let names = names.join(" or ");
    if over == Over::Cancelled {
        return Error::Cancelled(names);
    }
    let obstacle = match busy(first, first.path.hops.len()).await {
        Some(busy) => Some(busy),
        None => hidden_one(candidates).await,
    };
    match obstacle {
        Some(obstacle) => Error::timed_out(
            format!("any of {names}"),
            deadline,
            Some(obstacle),
            showed(first, false).await,
        ),
        None => {
            let places: Vec<_> =
                candidates.iter().map(|candidate| (candidate, candidate.path.hops.len())).collect();
            missing(&places, names).await
        }
    }
}

/// What the page is still busy with; none if it has settled. A page whose script holds requests
/// open has settled, too, once it stands still: see `session/held.rs`.
async fn busy(locator: &Locator, hop: usize) -> Option<String> {
    let busy = locator.page.obstacle()?;
    let inner = locator.page.session().inner();
    if !inner.state().only_held_open(locator.page.id()) {
        return Some(busy);
    }
    let (hops, _) = split(&locator.path, hop);
    let way = Locator { page: locator.page.clone(), path: Path { hops, steps: Vec::new() } };
    let deadline = Deadline::after(PATIENCE);
    let Some(world) = place(&way, &deadline).await else { return Some(busy) };
    // Of the frames, only the one that was searched has to be there for good.
    if inner.state().frames.get(&world.frame).is_none_or(FrameState::is_moving) {
        return Some(busy);
    }
    let quiet = script(inner, On::World(&world), QUIET_FOR, &Json::Null, &deadline).await;
    let quiet = quiet.ok().and_then(|quiet| quiet.as_f64()).unwrap_or_default();
    (quiet < HELD_OPEN.as_secs_f64() * 1000.0).then_some(busy)
}

/// The first of them that is there, but not to be seen.
async fn hidden_one(candidates: &[Locator]) -> Option<String> {
    let deadline = Deadline::after(PATIENCE);
    for candidate in candidates {
        if matches!(crate::act::count(candidate, &deadline).await, Ok(1..)) {
            return Some(format!("{candidate} is there, but not visible"));
        }
    }
    None
}

/// Address and title of the page, as far as it answers.
async fn showed(locator: &Locator, hung: bool) -> String {
    let lacking: String = lacking(&locator.page).iter().map(|part| format!("; {part}")).collect();
    let url = locator.page.shown_url();
    if hung {
        return url;
    }
    let inner = locator.page.session().inner();
    let deadline = Deadline::after(PATIENCE);
    let root = Locator { page: locator.page.clone(), path: Path::default() };
    let Some(world) = place(&root, &deadline).await else { return url };
    match script(inner, On::World(&world), TITLE, &Json::Null, &deadline).await {
        Ok(Json::String(title)) if !title.is_empty() => {
            format!("{url}, {:?}{lacking}", inner.used.hide(&title))
        }
        _ => format!("{url}{lacking}"),
    }
}

/// Nothing fits, on a page that has settled: drift, unless the server had said that it failed.
async fn missing(wanted: &[(&Locator, usize)], name: String) -> Error {
    let deadline = Deadline::after(PATIENCE);
    let page = &wanted[0].0.page;
    let inner = page.session().inner();
    let mut nearest: Vec<Candidate> = Vec::new();
    let mut first: Option<World> = None;
    for (locator, hop) in wanted {
        let Some((way, steps, world)) = nearest_place(locator, *hop, &deadline).await else {
            continue;
        };
        if let Some(failure) = served_badly(inner.state().frames.get(&world.frame)) {
            return Error::Network(Box::new(failure)).hidden(inner);
        }
        if let Ok(found) = script(inner, On::World(&world), NEAREST, &wire(&steps), &deadline).await
        {
            let found: Vec<Suggestion> = serde_json::from_value(found).unwrap_or_default();
            let hops = &way.path.hops;
            let told = |found: Suggestion| found.told(hops, |text| inner.used.hide(text));
            nearest.extend(found.into_iter().map(told));
        }
        first = first.or(Some(world));
    }
    // Without a part of its own a page is not what it was made to be; a foreign one may be anything.
    let lacking = lacking(page);
    let own =
        |part: &&NetworkFailure| inner.allows(&part.url) && !part.reason.starts_with("HTTP 4");
    if let Some(part) = lacking.iter().find(own) {
        return Error::Network(Box::new(part.clone()));
    }
    nearest.dedup();
    nearest.truncate(10);
    let url = first
        .as_ref()
        .and_then(|world| inner.state().frames.get(&world.frame).map(|frame| frame.url.clone()))
        .unwrap_or_default();
    let dom = match &first {
        Some(world) => dom_of(inner, world, &deadline).await,
        None => None,
    };
    Error::PageChanged(Box::new(PageChange {
        locator: name,
        url: inner.shown(&url),
        lacking,
        nearest,
        screenshot: screenshot(page, None, &deadline).await.ok(),
        dom,
    }))
}

/// The innermost document on the way that is there, the way to it, and the steps that go on from it: of
/// a frame that is not there, those to the frame.
async fn nearest_place(
    locator: &Locator,
    hop: usize,
    deadline: &Deadline,
) -> Option<(Locator, Steps, World)> {
    for hop in (0..=hop).rev() {
        let (hops, steps) = split(&locator.path, hop);
        let way = Locator { page: locator.page.clone(), path: Path { hops, steps: Vec::new() } };
        if let Some(world) = place(&way, deadline).await {
            return Some((way, steps, world));
        }
    }
    None
}

/// Scripts and styles of a page that could not be loaded, as they may be shown.
fn lacking(page: &Page) -> Vec<NetworkFailure> {
    let inner = page.session().inner();
    let lacking = inner.state().page(page.id()).map(|page| page.lacking.clone());
    let shown = lacking
        .unwrap_or_default()
        .into_iter()
        .map(|part| NetworkFailure { url: inner.shown(&part.url), ..part });
    shown.collect()
}

/// What found nothing, in words: the frame that is not there, if it is one.
fn lost(path: &Path, hop: usize) -> String {
    match path.hops.get(..=hop) {
        Some(hops) => {
            let frame = Path { hops: hops.to_vec(), steps: Vec::new() };
            format!("{frame} (needed for {path})")
        }
        None => path.to_string(),
    }
}

/// The frames to enter, and the steps that found nothing there.
fn split(path: &Path, hop: usize) -> (Vec<Steps>, Steps) {
    let entered = path.hops[..hop.min(path.hops.len())].to_vec();
    let steps = path.hops.get(hop).unwrap_or(&path.steps).clone();
    (entered, steps)
}

fn served_badly(frame: Option<&FrameState>) -> Option<NetworkFailure> {
    let frame = frame?;
    let status = frame.status.filter(|status| *status >= 500 || *status == 429)?;
    Some(NetworkFailure::of(frame.url.clone(), format!("HTTP {status}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Selector;

    #[test]
    fn what_was_missing_is_looked_for_where_it_was_missing() {
        let path = Path::default().find(Selector::css("iframe")).enter().find(Selector::css("b"));
        let (entered, steps) = split(&path, 0);
        assert_eq!((entered.len(), wire(&steps)), (0, json!([{"k": "css", "v": "iframe"}])));
        let (entered, steps) = split(&path, 1);
        assert_eq!((entered.len(), wire(&steps)), (1, json!([{"k": "css", "v": "b"}])));
    }
}
