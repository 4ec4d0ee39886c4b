//! The keyboard: real key events to the element that has the focus. Sealed values never go this
//! way, because a key goes to whatever has the focus when it arrives.
//!
//! Chromium may answer for a key before the page has it, or when it has dropped it: one that comes while
//! the focus moves between processes, say. So the script counts the keys that come; those that don't
//! are sent again.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::deeds::put;
use super::keys::{Chord, Key};
use super::mark::look_before;
use super::resolve::{Way, enter};
use super::settle::Before;
use super::tries::{Tries, once};
use crate::act::resolve::Try;
use crate::cdp::{CallError, Pending};
use crate::deadline::Over;
use crate::session::World;
use crate::{Deadline, Error, Locator, Value};

/// Chromium answers for some keys before the page has them: how long they may still be on their way.
const LATE: Duration = Duration::from_secs(5);
/// How often a key is sent that does not arrive.
const SENDINGS: usize = 3;

pub(crate) async fn press(locator: &Locator, key: &str, deadline: &Deadline) -> Result<(), Error> {
    let chord: Chord = key.parse()?;
    if chord.is_clipboard() {
        return Err(Error::Invalid(format!(
            "{key:?} would use the clipboard, which all sessions share; read with `text` or `value` and \
             write with `fill`"
        )));
    }
    if let Some(sign) = key.rsplit('+').next().filter(|sign| sign.chars().count() == 1) {
        locator.page.session().inner().used.guess(sign)?;
    }
    let before = Before::of(locator);
    let names = chord.names();
    for _ in 0..SENDINGS {
        let world = take_focus(locator, "press", &names, deadline).await?;
        strike(locator, &world.cdp, &chord, deadline).await?;
        if !arrived(locator, &world, &names, deadline).await.is_empty() {
            return before.settle(locator, "press", deadline).await;
        }
        tracing::debug!(key, "a key did not arrive");
    }
    Err(lost(locator, "press", deadline))
}

pub(crate) async fn type_keys(
    locator: &Locator,
    value: &Value,
    deadline: &Deadline,
) -> Result<(), Error> {
    let Value::Plain(text) = value else {
        return put(locator, "type", "type", value, deadline).await;
    };
    locator.page.session().inner().used.guess(text)?;
    let before = Before::of(locator);
    let mut letters: Vec<char> = text.chars().collect();
    for _ in 0..SENDINGS {
        // Whatever they are, they go into the field.
        let world = take_focus(locator, "type", &["letters".to_owned()], deadline).await?;
        let mut names = Vec::new();
        for letter in &letters {
            // A key may take the document away; the others were meant for it.
            if !locator.page.session().inner().state().shows(&world) {
                return Err(lost(locator, "type", deadline));
            }
            match Key::of_letter(*letter) {
                Some(key) => {
                    let chord = Chord { held: Vec::new(), key };
                    names.extend(chord.names());
                    strike(locator, &world.cdp, &chord, deadline).await?;
                }
                None => {
                    let text = json!({"text": letter.to_string()});
                    let connection = &locator.page.session().inner().browser.connection;
                    let call = connection.start(Some(&world.cdp), "Input.insertText", text);
                    dealt_with(locator, call, deadline).await?;
                }
            }
        }
        let seen = arrived(locator, &world, &names, deadline).await.len();
        let all_keys = names.len() == letters.len();
        if seen == names.len() {
            return before.settle(locator, "type", deadline).await;
        }
        tracing::debug!(sent = names.len(), seen, "keys did not arrive");
        if !all_keys {
            break;
        }
        letters.drain(..seen);
    }
    Err(lost(locator, "type", deadline))
}

fn lost(locator: &Locator, what: &str, deadline: &Deadline) -> Error {
    let what = format!("the keys of a {what} into {locator}");
    let obstacle = Some("the page did not get all of them, though they were sent".to_owned());
    Error::over(Over::Passed, what, deadline, obstacle, locator.page.shown_url())
}

/// Focuses the element and gives its document. Keys sent to the protocol session of its process reach
/// no other process.
async fn take_focus(
    locator: &Locator,
    what: &'static str,
    keys: &[String],
    deadline: &Deadline,
) -> Result<World, Error> {
    let inner = locator.page.session().inner();
    let mut tries = Tries::new(locator, what, deadline);
    loop {
        let (entered, slice) = tries.enter().await?;
        let editable = what == "type";
        // What is typed into must be seen; a key may go to what has no size.
        let body = json!({"op": "focus", "keys": keys, "editable": editable, "boxless": !editable});
        if let Some(miss) = look_before(locator, &entered, &mut tries, &body, deadline).await? {
            entered.leave(inner);
            tries.last = miss;
            continue;
        }
        let tried = once(locator, &entered, body, slice, deadline).await;
        entered.leave(inner);
        match tried? {
            Try::Done(_) => return Ok(entered.world),
            Try::Miss(miss) => tries.last = miss,
            Try::Gone => {}
        }
    }
}

async fn strike(
    locator: &Locator,
    cdp: &str,
    chord: &Chord,
    deadline: &Deadline,
) -> Result<(), Error> {
    // Press and release go together. The next key waits: a page may move the focus after this one.
    let connection = &locator.page.session().inner().browser.connection;
    let method = "Input.dispatchKeyEvent";
    let sent: Vec<_> = chord
        .events()
        .into_iter()
        .map(|event| connection.start(Some(cdp), method, event))
        .collect();
    for call in sent {
        dealt_with(locator, call, deadline).await?;
    }
    Ok(())
}

/// Waits until the page has dealt with a key.
async fn dealt_with(
    locator: &Locator,
    mut call: Pending,
    deadline: &Deadline,
) -> Result<(), Error> {
    let inner = locator.page.session().inner();
    let page_over = inner.until(deadline, |state| state.trouble(locator.page.id()).map(|_| ()));
    tokio::select! {
        biased;
        answer = call.raw(Duration::from_secs(3600)) => match answer {
            // The key took its page away: it was pressed.
            Ok(_) | Err(CallError::Refused { .. }) => Ok(()),
            Err(_) => Err(Error::Crashed("Chromium died".to_owned())),
        },
        ended = page_over => match ended {
            Ok(()) => Ok(()),
            Err(over) => {
                let obstacle = "a key was pressed, but the page has not dealt with it".to_owned();
                Err(Error::over(over, format!("typing into {locator}"), deadline, Some(obstacle), locator.page.shown_url()))
            }
        },
    }
}

/// Which of the keys the document has seen, at the latest after a moment. All of them if it can't
/// tell: it is gone, or the focus is in another one by now.
///
/// It is a round trip through the page's own thread: after it, what a key caused has been told.
async fn arrived<'a>(
    locator: &Locator,
    world: &World,
    names: &'a [String],
    deadline: &Deadline,
) -> &'a [String] {
    let Ok(Way::Open(entered)) = enter(locator, Duration::ZERO, deadline).await else {
        return names;
    };
    if entered.world != *world {
        entered.leave(locator.page.session().inner());
        return names;
    }
    let deadline = deadline.at_most(2 * LATE);
    let ask = async |count: usize| {
        let body = json!({"op": "struck", "count": count});
        once(locator, &entered, body, LATE, &deadline).await
    };
    let mut answer = ask(names.len()).await;
    if matches!(answer, Ok(Try::Miss(_))) {
        answer = ask(0).await;
    }
    entered.leave(locator.page.session().inner());
    let Ok(Try::Done(Json::Array(seen))) = answer else { return names };
    // In another order they are not these keys: a page may press keys of its own, as far as we know.
    let same = seen.iter().zip(names).take_while(|(seen, name)| *seen == *name).count();
    if same == seen.len() { &names[..same] } else { names }
}
