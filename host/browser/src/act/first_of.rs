//! Waiting for whichever of several elements shows up. Entries that live in one document are looked
//! at in one moment, by one call of the script; it must never look at them one after the other,
//! for a page may change in between and then an entry that says less would win. Overlays that were
//! announced are dismissed meanwhile: what is waited for may come only then.

use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;

use super::overlays::Clearing;
use super::resolve::{Miss, Try, Way, enter};
use super::tries::once;
use crate::evidence::tell_all;
use crate::selector::{Path, wire};
use crate::{Deadline, Error, Locator};

/// How long the script waits in one call.
const SLICE: Duration = Duration::from_millis(500);
/// How long frames that have shown nothing yet may take to be asked once more.
const ONCE_MORE: Duration = Duration::from_millis(250);

/// Entries of one document: the way to it, their places in the list, their steps.
struct Group {
    way: Locator,
    places: Vec<usize>,
    request: Json,
}

pub(crate) async fn first_of(candidates: &[Locator], deadline: &Deadline) -> Result<usize, Error> {
    let Some(first) = candidates.first() else {
        return Err(Error::Invalid("first_of needs at least one locator".to_owned()));
    };
    let groups = grouped(candidates);
    let page = &first.page;
    let inner = page.session().inner();
    let mut race: FuturesUnordered<_> = groups.iter().map(|group| group.appear(deadline)).collect();
    let astray =
        inner.until(deadline, |state| state.trouble(page.id()).or_else(|| state.misled(page.id())));
    let found = CancellationToken::new();
    let racing = async {
        let _found = found.clone().drop_guard();
        tokio::select! {
            biased;
            first = race.next() => match first {
                Some(first) => first.map_err(Some),
                None => Err(None),
            },
            trouble = astray => Err(trouble.ok().map(|error| error.hidden(inner))),
        }
    };
    let (first, ()) = tokio::join!(racing, clear_until(&found, first, deadline));
    drop(race);
    match first {
        Ok(place) => Ok(earliest(&groups, place, deadline).await),
        Err(Some(error)) => Err(error),
        Err(None) => {
            let over = deadline.over().await;
            Err(tell_all(candidates, deadline, over).await)
        }
    }
}

/// Dismisses overlays until something is found. A dismissal that has begun comes to its end: half a
/// click would leave the button down.
async fn clear_until(found: &CancellationToken, at: &Locator, deadline: &Deadline) {
    let mut clearing = Clearing::default();
    while found.run_until_cancelled(tokio::time::sleep(SLICE)).await.is_some() {
        if clearing.clear(at, &Miss::Missing { hop: 0 }, deadline).await.is_err() {
            // It is wrong with the page, or over; the race tells.
            return;
        }
    }
}

/// The entries by document, in the order of the list.
fn grouped(candidates: &[Locator]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (place, candidate) in candidates.iter().enumerate() {
        let same = |group: &&mut Group| {
            group.way.path.hops == candidate.path.hops && group.way.page.id() == candidate.page.id()
        };
        let steps = wire(&candidate.path.steps);
        if let Some(group) = groups.iter_mut().find(same) {
            group.places.push(place);
            if let Some(lists) = group.request["lists"].as_array_mut() {
                lists.push(steps);
            }
        } else {
            let path = Path { hops: candidate.path.hops.clone(), steps: Vec::new() };
            groups.push(Group {
                way: Locator { page: candidate.page.clone(), path },
                places: vec![place],
                request: json!({"op": "first", "lists": [steps]}),
            });
        }
    }
    groups
}

/// The first entry of the list that any document shows, when `place` is known to be shown.
async fn earliest(groups: &[Group], place: usize, deadline: &Deadline) -> usize {
    let deadline = deadline.at_most(ONCE_MORE);
    let before = groups.iter().filter(|group| {
        group.places.first().is_some_and(|first| *first < place) && !group.places.contains(&place)
    });
    let asked = before.map(|group| group.look(Duration::ZERO, &deadline));
    let found = join_all(asked).await.into_iter().flatten().flatten();
    found.chain([place]).min().unwrap_or(place)
}

impl Group {
    /// One look, which may wait for `slice`.
    async fn look(&self, slice: Duration, deadline: &Deadline) -> Result<Option<usize>, Error> {
        let inner = self.way.page.session().inner();
        let Way::Open(entered) = enter(&self.way, slice, deadline).await? else { return Ok(None) };
        let tried = once(&self.way, &entered, self.request.clone(), slice, deadline).await;
        entered.leave(inner);
        let Try::Done(which) = tried? else { return Ok(None) };
        let which = which.as_u64().and_then(|which| usize::try_from(which).ok());
        Ok(which.and_then(|which| self.places.get(which).copied()))
    }

    /// Waits until an entry is visible; for ever, if none is.
    async fn appear(&self, deadline: &Deadline) -> Result<usize, Error> {
        let inner = self.way.page.session().inner();
        loop {
            let begun = Instant::now();
            if let Some(place) = self.look(SLICE.min(deadline.remaining()), deadline).await? {
                return Ok(place);
            }
            if deadline.is_over().is_some() {
                return std::future::pending().await;
            }
            if begun.elapsed() < Duration::from_millis(15) {
                inner.next_change(&deadline.at_most(Duration::from_millis(50))).await;
            }
        }
    }
}
