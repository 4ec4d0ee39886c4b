//! What the guards in the page saw of the mouse's events, told to the host. A click is sent once: it is
//! sent again only when it is certain, or all but certain, that nothing of it reached the page.

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
const DISARM: &str = "function () { return globalThis.__mavm ? __mavm.disarm() : null; }";

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

/// Waits until the guard has seen the events that were `sent`, with the button going up so many
/// `times`, or is not going to; it never is if they go to a frame `beyond` its document.
pub(super) async fn passed(
    locator: &Locator,
    entered: &Entered,
    sent: Vec<Pending>,
    times: u8,
    beyond: bool,
    deadline: &Deadline,
) -> Result<Verdict, Error> {
    let inner = locator.page.session().inner();
    let answered = async {
        for reply in sent {
            if !handled(locator, reply, deadline).await? {
                return Ok(false);
            }
        }
        Ok::<_, Error>(true)
    };
    if beyond {
        if !answered.await? {
            return Ok(Verdict::Gone);
        }
        return Ok(match disarm(inner, entered, deadline).await {
            Verdict::Unseen => Verdict::Reached,
            told => told,
        });
    }
    let told = async {
        // A page that is no more has got them.
        if !answered.await? {
            return Ok(Some(Verdict::Gone));
        }
        Ok::<_, Error>(all_seen(inner, entered, times, deadline).await)
    };
    // What Chromium doesn't answer for may well have reached the page.
    let seen = async {
        tokio::time::sleep(SOON).await;
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
        Verdict::Reached | Verdict::Gone => {
            // The frames around have seen nothing of it; nobody needs to wait for them.
            for owner in &entered.owners {
                let disarm =
                    json!({"functionDeclaration": DISARM, "uniqueContextId": owner.world.id});
                let connection = &inner.browser.connection;
                connection.post(Some(&owner.world.cdp), "Runtime.callFunctionOn", disarm);
            }
            verdict
        }
        Verdict::Blocked(by) => {
            disarm(inner, entered, deadline).await;
            Verdict::Blocked(by)
        }
        Verdict::Unseen => disarm(inner, entered, deadline).await,
    })
}

/// What the guard has seen now that Chromium has answered, if that is all of it: mostly the page has had
/// the events by then, with all that their handlers did at once.
async fn all_seen(
    inner: &Inner,
    entered: &Entered,
    times: u8,
    deadline: &Deadline,
) -> Option<Verdict> {
    match script(inner, On::World(&entered.world), SEEN, &Json::Null, deadline).await {
        Ok(seen) => {
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

/// What is still on its way to the page.
async fn late(inner: &Inner, entered: &Entered, times: u8, deadline: &Deadline) -> Verdict {
    let seen = waited_for(inner, entered, times, deadline);
    tokio::pin!(seen);
    match tokio::time::timeout(SOON, &mut seen).await {
        Ok(verdict) => verdict,
        Err(_) => match so_far(inner, entered, deadline).await {
            Verdict::Unseen => {
                tokio::time::timeout(LATE, &mut seen).await.unwrap_or(Verdict::Unseen)
            }
            told => told,
        },
    }
}

/// What the document itself waits for. Never resolves if that does not come.
async fn waited_for(inner: &Inner, entered: &Entered, times: u8, deadline: &Deadline) -> Verdict {
    let times = json!(times);
    loop {
        match script(inner, On::World(&entered.world), PASSED, &times, deadline).await {
            Ok(seen) if seen["seen"] == 0 => tokio::time::sleep(ASK_AGAIN).await,
            Ok(seen) if !seen.is_null() => return Verdict::of(&seen),
            // Its document went away: that is what clicks are for.
            Err(Lost::Gone | Lost::Trouble(_)) => return Verdict::Gone,
            Ok(_) | Err(Lost::Over(_)) => return std::future::pending().await,
        }
    }
}

/// What the guards have seen until now: the button may go up elsewhere, and a frame around may have
/// what the one inside waits for.
async fn so_far(inner: &Inner, entered: &Entered, deadline: &Deadline) -> Verdict {
    let within = &deadline.at_most(Duration::from_secs(10));
    for owner in &entered.owners {
        let seen = script(inner, On::World(&owner.world), SEEN, &Json::Null, within).await;
        if let Some(by) = seen.ok().as_ref().and_then(|seen| seen["blocked"].as_str()) {
            return Verdict::Blocked(by.to_owned());
        }
    }
    match script(inner, On::World(&entered.world), SEEN, &Json::Null, within).await {
        Ok(seen) => Verdict::of(&seen),
        Err(_) => Verdict::Unseen,
    }
}

/// Takes the guards away and asks what they saw.
pub(super) async fn disarm(inner: &Inner, entered: &Entered, deadline: &Deadline) -> Verdict {
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
