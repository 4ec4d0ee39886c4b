//! Checkboxes, radio buttons and switches: pressed if they are not as they should be, and looked at
//! afterwards. What is looked at is what was pressed: the locator may by then lead elsewhere.

use serde_json::json;

use super::pointer::{ClickOptions, Press, Then, turn};
use super::resolve::{Entered, Try};
use super::tries::{Tries, once};
use crate::session::World;
use crate::{Deadline, Error, Locator};

pub(crate) async fn set_checked(
    locator: &Locator,
    checked: bool,
    deadline: &Deadline,
) -> Result<(), Error> {
    let _turn = turn(locator, deadline).await?;
    let what = if checked { "check" } else { "uncheck" };
    let body = json!({"op": "aim", "enabled": true, "guard": "press", "unchecked": checked});
    let press = Press { options: ClickOptions::default(), body, overlays: true, then: Then::Click };
    let pressed = press.on(locator, what, deadline).await?;
    if pressed.at.is_none() {
        return Ok(());
    }
    match arrival(locator, what, pressed.world, checked, deadline).await {
        // The page closed itself when it was pressed.
        Err(Error::Closed(_)) => Ok(()),
        other => other,
    }
}

/// The state may follow late, where a framework holds it. It may also be gone, with its page or alone.
async fn arrival(
    locator: &Locator,
    what: &'static str,
    world: World,
    checked: bool,
    deadline: &Deadline,
) -> Result<(), Error> {
    let pressed = Entered { world, owners: Vec::new() };
    let body = json!({"op": "checked", "state": checked});
    let mut tries = Tries::new(locator, what, deadline);
    loop {
        let slice = tries.next().await?;
        match once(locator, &pressed, body.clone(), slice, deadline).await? {
            Try::Done(_) | Try::Gone => return Ok(()),
            Try::Miss(miss) => tries.last = miss,
        }
    }
}
