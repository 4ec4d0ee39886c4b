//! The keyboard: real key events to the element that has the focus. Sealed values never go this
//! way, because a key goes to whatever has the focus when it arrives.

use std::time::Duration;

use serde_json::json;

use super::deeds::put;
use super::keys::{Chord, Key};
use super::mark::look_before;
use super::resolve::{Entered, Way, enter};
use super::settle::Before;
use super::tries::{Tries, once};
use crate::act::resolve::Try;
use crate::cdp::{CallError, Pending};
use crate::{Deadline, Error, Locator, Value};

pub(crate) async fn press(locator: &Locator, key: &str, deadline: &Deadline) -> Result<(), Error> {
    let chord: Chord = key.parse()?;
    if chord.is_clipboard() {
        return Err(Error::Invalid(format!(
            "{key:?} would use the clipboard, which all sessions share; read with `text` or `value` and \
             write with `fill`"
        )));
    }
    let before = Before::of(locator);
    let cdp = take_focus(locator, "press", deadline).await?;
    strike(locator, &cdp, &chord, deadline).await?;
    sync(locator, deadline).await;
    before.settle(locator, "press", deadline).await
}

pub(crate) async fn type_keys(
    locator: &Locator,
    value: &Value,
    deadline: &Deadline,
) -> Result<(), Error> {
    let Value::Plain(text) = value else {
        return put(locator, "type", "type", value, deadline).await;
    };
    let before = Before::of(locator);
    let cdp = take_focus(locator, "type", deadline).await?;
    for letter in text.chars() {
        match Key::of_letter(letter) {
            Some(key) => strike(locator, &cdp, &Chord { modifiers: 0, key }, deadline).await?,
            None => {
                let text = json!({"text": letter.to_string()});
                let connection = &locator.page.session().inner().browser.connection;
                let call = connection.start(Some(&cdp), "Input.insertText", text);
                dealt_with(locator, call, deadline).await?;
            }
        }
    }
    sync(locator, deadline).await;
    before.settle(locator, "type", deadline).await
}

/// Focuses the element and gives the protocol session of its process: keys sent there reach no
/// other process.
async fn take_focus(
    locator: &Locator,
    what: &'static str,
    deadline: &Deadline,
) -> Result<String, Error> {
    let inner = locator.page.session().inner();
    let mut tries = Tries::new(locator, what, deadline);
    loop {
        let slice = tries.next().await?;
        let entered: Entered = match enter(locator, slice, deadline).await? {
            Way::Open(entered) => entered,
            Way::Miss(miss) => {
                tries.last = miss;
                continue;
            }
            Way::Gone => continue,
        };
        let body = json!({"op": "focus", "visible": true});
        if let Some(miss) = look_before(locator, &entered, &mut tries, &body, deadline).await? {
            entered.leave(inner);
            tries.last = miss;
            continue;
        }
        let tried = once(locator, &entered, body, slice, deadline).await;
        entered.leave(inner);
        match tried? {
            Try::Done(_) => return Ok(entered.world.cdp),
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

/// A round trip through the page's own thread: after it, what a key caused has been told.
async fn sync(locator: &Locator, deadline: &Deadline) {
    if let Ok(Way::Open(entered)) = enter(locator, Duration::ZERO, deadline).await {
        let _ = once(
            locator,
            &entered,
            json!({"op": "count"}),
            Duration::ZERO,
            &deadline.at_most(Duration::from_secs(2)),
        )
        .await;
        entered.leave(locator.page.session().inner());
    }
}
