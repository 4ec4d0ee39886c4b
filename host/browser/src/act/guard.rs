//! What the guards in the page saw of the mouse's events, told to the host. A click is sent once: it is
//! sent again only when it is certain, or all but certain, that nothing of it reached the page.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::call::{Lost, On, script};
use super::pointer::handled;
use super::resolve::Entered;
use crate::cdp::Pending;
use crate::session::Inner;
use crate::{Deadline, Error, Locator};

const PASSED: &str = "function (times) { return globalThis.__mavm ? __mavm.passed(times) : null; }";
const SEEN: &str = "function () { return globalThis.__mavm ? __mavm.seen() : null; }";
const ENDED: &str = "function (times) { return globalThis.__mavm ? __mavm.ended(times) : null; }";
const DISARM: &str = "function () { return globalThis.__mavm ? __mavm.disarm() : null; }";

/// How long Chromium's own answer may take before the document is asked, too.
const HEAD_START: Duration = Duration::from_millis(100);
/// Chromium answers for some events before the page has them: how long they may still be on their way,
/// mostly, and on a machine under load.
const SOON: Duration = Duration::from_millis(100);
const LATE: Duration = Duration::from_secs(5);
/// How often a document is asked that can't wait by itself.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// What became of the events.
pub(super) enum Verdict {
    Reached,
    /// And with it, its document went away.
    Gone,
    /// By what lay over the target.
    Blocked(String),
    Unseen,
}

impl Verdict {
    fn of(seen: &Json) -> Self {
        match (seen["blocked"].as_str(), seen["seen"].as_u64()) {
            (Some(by), _) => Self::Blocked(by.to_owned()),
            (None, Some(0)) => Self::Unseen,
            (None, _) => Self::Reached,
        }
    }
}

/// One movement, press or click of those that a guard is for.
#[derive(Clone, Copy)]
pub(super) struct Round {
    pub(super) first: bool,
    /// How often the button has gone up when its events have come (0: it stays down, or is not pressed).
    pub(super) times: u8,
    /// Nothing of ours comes after it: a button that stays down goes up some time.
    pub(super) last: bool,
}

/// What became of the events that were `sent`.
/// Two ways to know run beside each other:
///
/// 1. Chromium answers for all of them; then one look tells whether the guard has seen as much. If not,
///    the rest is on its way ([`late`]) or lost.
/// 2. A little later the document itself is asked to tell when it has: Chromium may not answer for as long
///    as the page is busy in its handlers.
pub(super) async fn passed(
    locator: &Locator,
    armed: &Armed<'_>,
    sent: Vec<Pending>,
    round: Round,
    deadline: &Deadline,
) -> Result<Verdict, Error> {
    let (inner, entered, times) = (armed.inner, armed.entered, round.times);
    let told = async {
        match answered(locator, sent, deadline).await? {
            true => Ok::<_, Error>(all_seen(armed, round, deadline).await),
            // A page that is no more has got them.
            false => Ok(Some(Verdict::Gone)),
        }
    };
    let seen = async {
        tokio::time::sleep(HEAD_START).await;
        waited_for(inner, entered, times, deadline).await
    };
    let first = tokio::select! {
        biased;
        told = told => told?,
        verdict = seen => Some(verdict),
    };
    let verdict = match first {
        Some(verdict) => verdict,
        None => late(inner, entered, times, deadline).await,
    };
    Ok(match verdict {
        // The document went before it was hit, and what is around its frame was: nothing reached it.
        Verdict::Gone if round.first => {
            blocked_around(inner, entered, deadline).await.unwrap_or(Verdict::Gone)
        }
        Verdict::Unseen => last_word(armed, round, deadline).await,
        verdict => verdict,
    })
}

/// The same for events to a frame beyond the document, whose guard never sees them: Chromium's answer has
/// to do.
pub(super) async fn passed_beyond(
    locator: &Locator,
    armed: &Armed<'_>,
    sent: Vec<Pending>,
    round: Round,
    deadline: &Deadline,
) -> Result<Verdict, Error> {
    if !answered(locator, sent, deadline).await? {
        return Ok(Verdict::Gone);
    }
    Ok(match last_word(armed, round, deadline).await {
        Verdict::Unseen => Verdict::Reached,
        told => told,
    })
}

/// Waits until Chromium has answered for all of them; false if their page is no more.
async fn answered(
    locator: &Locator,
    sent: Vec<Pending>,
    deadline: &Deadline,
) -> Result<bool, Error> {
    for reply in sent {
        if !handled(locator, reply, deadline).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What the guards have at the end of a round. They are taken away only if nothing comes after it. A document
/// that doesn't answer may have got all of it.
async fn last_word(armed: &Armed<'_>, round: Round, deadline: &Deadline) -> Verdict {
    match round.last {
        true => disarm(armed.inner, armed.entered, deadline).await,
        false => {
            let told = so_far(armed.inner, armed.entered, deadline).await;
            told.unwrap_or(Verdict::Reached)
        }
    }
}

/// What the guard has seen now that Chromium has answered, if that is all of it: mostly the page has had
/// the events by then, with all that their handlers did at once.
async fn all_seen(armed: &Armed<'_>, round: Round, deadline: &Deadline) -> Option<Verdict> {
    let Round { times, last, .. } = round;
    let world = On::World(&armed.entered.world);
    let look = if last { ENDED } else { SEEN };
    match script(armed.inner, world, look, &json!(times), deadline).await {
        Ok(seen) => {
            if seen["ended"] == true {
                armed.ended.store(true, Ordering::Relaxed);
            }
            let all = seen["released"].as_u64().is_some_and(|released| released >= times.into());
            match Verdict::of(&seen) {
                Verdict::Reached if !all => None,
                // The press went elsewhere: it doesn't come any more.
                Verdict::Unseen if seen["halved"] == true => Some(Verdict::Unseen),
                Verdict::Unseen => None,
                verdict => Some(verdict),
            }
        }
        // Its document went away: that is what clicks are for.
        Err(Lost::Gone | Lost::Trouble(_)) => Some(Verdict::Gone),
        Err(Lost::Over(_)) => None,
    }
}

/// The verdict on what Chromium has answered for and the guard has not seen: soon, mostly; else what the
/// guards have so far; else what comes within seconds.
async fn late(inner: &Inner, entered: &Entered, times: u8, deadline: &Deadline) -> Verdict {
    let seen = waited_for(inner, entered, times, deadline);
    tokio::pin!(seen);
    match tokio::time::timeout(SOON, &mut seen).await {
        Ok(verdict) => verdict,
        Err(_) => match so_far(inner, entered, deadline).await {
            None | Some(Verdict::Unseen) => {
                tokio::time::timeout(LATE, &mut seen).await.unwrap_or(Verdict::Unseen)
            }
            Some(told) => told,
        },
    }
}

/// What the document itself waits for. Never resolves if that does not come.
async fn waited_for(inner: &Inner, entered: &Entered, times: u8, deadline: &Deadline) -> Verdict {
    let too_few = |seen: &Json| seen["released"].as_u64().is_none_or(|up| up < times.into());
    let times = json!(times);
    loop {
        match script(inner, On::World(&entered.world), PASSED, &times, deadline).await {
            Ok(seen) if seen.is_null() => return std::future::pending().await,
            // A document that can't wait tells what it has.
            Ok(seen) if seen["blocked"].is_null() && (seen["seen"] == 0 || too_few(&seen)) => {
                tokio::time::sleep(ASK_AGAIN).await;
            }
            Ok(seen) => return Verdict::of(&seen),
            // Its document went away: that is what clicks are for.
            Err(Lost::Gone | Lost::Trouble(_)) => return Verdict::Gone,
            Err(Lost::Over(_)) => return std::future::pending().await,
        }
    }
}

/// What the guards have seen until now: the button may go up elsewhere, and a frame around may have
/// what the one inside waits for. None if the one inside doesn't answer.
async fn so_far(inner: &Inner, entered: &Entered, deadline: &Deadline) -> Option<Verdict> {
    let within = &deadline.at_most(Duration::from_secs(10));
    let blocked = blocked_around(inner, entered, deadline).await;
    if blocked.is_some() {
        return blocked;
    }
    let seen = script(inner, On::World(&entered.world), SEEN, &Json::Null, within).await;
    seen.ok().as_ref().map(Verdict::of)
}

/// Whether a guard of the frames around has got what the one inside was to get.
async fn blocked_around(inner: &Inner, entered: &Entered, deadline: &Deadline) -> Option<Verdict> {
    let within = &deadline.at_most(Duration::from_secs(10));
    for owner in &entered.owners {
        let seen = script(inner, On::World(&owner.world), SEEN, &Json::Null, within).await;
        if let Some(by) = seen.ok().as_ref().and_then(|seen| seen["blocked"].as_str()) {
            return Some(Verdict::Blocked(by.to_owned()));
        }
    }
    None
}

/// Guards that a try may arm. However it ends, they are taken away: one that stays would stop what comes
/// later, such as the click that a key makes.
pub(super) struct Armed<'a> {
    inner: &'a Inner,
    entered: &'a Entered,
    /// That of the innermost document is taken away already.
    ended: AtomicBool,
}

impl<'a> Armed<'a> {
    pub(super) fn new(inner: &'a Inner, entered: &'a Entered) -> Self {
        Self { inner, entered, ended: AtomicBool::new(false) }
    }
}

impl Drop for Armed<'_> {
    fn drop(&mut self) {
        let around = self.entered.owners.iter().map(|owner| &owner.world);
        let innermost = (!*self.ended.get_mut()).then_some(&self.entered.world);
        for world in around.chain(innermost) {
            let disarm = json!({"functionDeclaration": DISARM, "uniqueContextId": world.id});
            let connection = &self.inner.browser.connection;
            connection.post(Some(&world.cdp), "Runtime.callFunctionOn", disarm);
        }
    }
}

/// Takes the guards away and asks what they saw.
async fn disarm(inner: &Inner, entered: &Entered, deadline: &Deadline) -> Verdict {
    // The events were sent: the answer is worth waiting for a little beyond the deadline.
    let within = &deadline.at_most(Duration::from_secs(10));
    let world = On::World(&entered.world);
    let mut verdict = match script(inner, world, DISARM, &Json::Null, within).await {
        Ok(seen) => Verdict::of(&seen),
        Err(_) => Verdict::Reached,
    };
    for owner in &entered.owners {
        let seen = script(inner, On::World(&owner.world), DISARM, &Json::Null, within).await;
        if let Some(by) = seen.ok().as_ref().and_then(|seen| seen["blocked"].as_str()) {
            verdict = Verdict::Blocked(by.to_owned());
        }
    }
    verdict
}
