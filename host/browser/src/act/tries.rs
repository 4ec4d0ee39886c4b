//! The rhythm of an action: when to try again, and when to give up. One for each action.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::mark::look_before;
use super::overlays::Clearing;
use super::resolve::{Entered, Miss, Request, Try, Way, enter, try_in};
use crate::evidence::tell;
use crate::session::Inner;
use crate::{Deadline, Error, Locator, Sealed};

use serde_json::Value as Json;

/// The script waits by itself for this long at most.
const SLICE: Duration = Duration::from_millis(500);
const PAUSES: [u64; 6] = [0, 20, 50, 100, 100, 500];
/// A try that took less didn't wait in the page; it waits here.
const SHORT: Duration = Duration::from_millis(15);

pub(super) struct Tries<'a> {
    locator: &'a Locator,
    what: &'static str,
    deadline: &'a Deadline,
    pub(super) count: u32,
    short: usize,
    begun: Instant,
    pub(super) last: Miss,
    pub(super) clearing: Clearing,
    /// The trace has seen the page before the deed.
    pub(super) seen: bool,
}

impl<'a> Tries<'a> {
    pub(super) fn new(locator: &'a Locator, what: &'static str, deadline: &'a Deadline) -> Self {
        Self {
            locator,
            what,
            deadline,
            count: 0,
            short: 0,
            begun: Instant::now(),
            last: Miss::Nothing,
            clearing: Clearing::default(),
            seen: false,
        }
    }

    /// Before each try: ends the action if the page is no more, was led astray, or the time is over.
    /// Gives how long the script may wait.
    pub(super) async fn next(&mut self) -> Result<Duration, Error> {
        if self.count > 0 {
            // Dismissing is an action, which tries, too.
            Box::pin(self.clearing.clear(self.locator, &self.last, self.deadline)).await?;
            self.short = if self.begun.elapsed() < SHORT { self.short + 1 } else { 0 };
            if self.short > 0 {
                let pause = PAUSES[self.short.min(PAUSES.len()) - 1];
                let inner = self.locator.page.session().inner();
                inner.next_change(&self.deadline.at_most(Duration::from_millis(pause))).await;
            }
        }
        self.count += 1;
        self.begun = Instant::now();
        self.look()?;
        if let Some(over) = self.deadline.is_over() {
            // Telling asks questions of its own, which end here, too.
            let last = self.clearing.with(&self.last);
            return Err(Box::pin(tell(self.locator, self.what, self.deadline, over, &last)).await);
        }
        Ok(SLICE.min(self.deadline.remaining()))
    }

    /// Tries until the document that the locator leads to can be entered; gives it, and how long the
    /// script may wait in it.
    pub(super) async fn enter(&mut self) -> Result<(Entered, Duration), Error> {
        loop {
            let slice = self.next().await?;
            match enter(self.locator, slice, self.deadline).await? {
                Way::Open(entered) => return Ok((entered, slice)),
                Way::Miss(miss) => self.last = miss,
                Way::Gone => {}
            }
        }
    }

    fn look(&self) -> Result<(), Error> {
        let inner = self.locator.page.session().inner();
        let state = inner.state();
        let id = self.locator.page.id();
        match state.trouble(id).or_else(|| state.misled(id)) {
            Some(error) => Err(error.hidden(inner)),
            None => Ok(()),
        }
    }
}

/// Tries until the script has done what is asked.
pub(super) async fn insist(
    locator: &Locator,
    what: &'static str,
    body: Json,
    sealed: Option<&Sealed>,
    deed: bool,
    deadline: &Deadline,
) -> Result<Json, Error> {
    let inner = locator.page.session().inner();
    let mut tries = Tries::new(locator, what, deadline);
    let named = deed.then(|| Deed::new(inner));
    loop {
        let (entered, slice) = tries.enter().await?;
        if deed
            && let Some(miss) = look_before(locator, &entered, &mut tries, &body, deadline).await?
        {
            entered.leave(inner);
            tries.last = miss;
            continue;
        }
        let request = Request { body: body.clone(), slice, sealed, deed: named.as_ref() };
        let tried = try_in(locator, &entered, &request, deadline).await;
        entered.leave(inner);
        match tried? {
            Try::Done(value) => return Ok(value),
            Try::Miss(miss) => tries.last = miss,
            Try::Gone => {}
        }
    }
}

/// One try in an entered document, with a body of the caller's.
pub(super) async fn once(
    locator: &Locator,
    entered: &Entered,
    body: Json,
    slice: Duration,
    deadline: &Deadline,
) -> Result<Try, Error> {
    let request = Request { body, slice, sealed: None, deed: None };
    try_in(locator, entered, &request, deadline).await
}

/// A deed that is being tried, by a token that no other has. The session listens for its beginning until
/// this is dropped, however the action ends.
pub(super) struct Deed<'a> {
    inner: &'a Inner,
    pub(super) token: String,
}

impl<'a> Deed<'a> {
    fn new(inner: &'a Inner) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let token = NEXT.fetch_add(1, Ordering::Relaxed).to_string();
        inner.state().deeds.insert(token.clone(), false);
        Self { inner, token }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.inner.state().deeds.get(&self.token).is_some_and(|begun| *begun)
    }
}

impl Drop for Deed<'_> {
    fn drop(&mut self) {
        self.inner.state().deeds.remove(&self.token);
    }
}
