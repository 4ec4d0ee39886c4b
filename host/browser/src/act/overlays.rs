//! Overlays that were announced: a banner, a tooltip. When an action or a wait finds no way and one
//! of them is visible, it is clicked away, and the next try follows. Dismissing is an action itself,
//! during which no overlay is dismissed; and it ends: an overlay that stays, or that comes back again
//! and again, is left alone, and the time-out says so.

use std::time::Duration;

use serde_json::json;

use super::pointer::{ClickOptions, Press, Then};
use super::queries::{ElementState, visible_now, wait_for};
use super::resolve::Miss;
use crate::session::Inner;
use crate::{Deadline, Error, Locator};

/// How often one action dismisses overlays.
const MOST: u32 = 20;
/// How often none of those that are visible lets itself be dismissed.
const VAIN: u32 = 5;
/// How long one may take to be dismissed, and then to go, before the others and the action itself
/// have their turn again.
const PATIENCE: Duration = Duration::from_secs(1);

/// What one action has done about overlays.
pub(super) struct Clearing {
    /// None are dismissed by an action that can't be interrupted.
    pub(super) allowed: bool,
    /// The action has the mouse.
    pub(super) mouse: bool,
    dismissed: u32,
    vain: u32,
    /// One that stays, in words.
    stays: Option<String>,
}

impl Default for Clearing {
    fn default() -> Self {
        Self { allowed: true, mouse: false, dismissed: 0, vain: 0, stays: None }
    }
}

/// While it lives, no other overlay of the session is dismissed.
struct Busy<'a>(&'a Inner);

impl<'a> Busy<'a> {
    fn begin(inner: &'a Inner) -> Option<Self> {
        let mut state = inner.state();
        if state.overlays.is_empty() || state.clearing {
            return None;
        }
        state.clearing = true;
        Some(Self(inner))
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.state().clearing = false;
    }
}

impl Clearing {
    fn gave_up(&self) -> bool {
        !self.allowed || self.dismissed >= MOST || self.vain >= VAIN
    }

    /// Whether a try should end at once when something covers its element.
    pub(super) fn expects(&self, inner: &Inner) -> bool {
        let state = inner.state();
        !self.gave_up() && !state.overlays.is_empty() && !state.clearing
    }

    /// After a try that found no way: dismisses every known overlay that is visible.
    pub(super) async fn clear(
        &mut self,
        locator: &Locator,
        last: &Miss,
        deadline: &Deadline,
    ) -> Result<(), Error> {
        let in_the_way =
            matches!(last, Miss::Missing { .. } | Miss::Obstructed { .. } | Miss::Covered { .. });
        if !in_the_way || self.gave_up() {
            return Ok(());
        }
        let inner = locator.page.session().inner();
        let Some(_busy) = Busy::begin(inner) else { return Ok(()) };
        // Another action has the mouse; it dismisses what is in its own way.
        let turn = if self.mouse { None } else { inner.pointer.try_lock().ok() };
        if !self.mouse && turn.is_none() {
            return Ok(());
        }
        let overlays = inner.state().overlays.clone();
        let before = self.dismissed;
        let mut visible = false;
        for (overlay, dismiss) in overlays {
            let overlay = Locator { page: locator.page.clone(), path: overlay };
            let dismiss = Locator { page: locator.page.clone(), path: dismiss };
            if there(&overlay, deadline).await? {
                visible = true;
                self.dismiss(&overlay, &dismiss, deadline).await?;
            }
        }
        // One may lie over the button of another: some of them, not all, must go.
        self.vain = if visible && self.dismissed == before { self.vain + 1 } else { 0 };
        if !visible {
            self.stays = None;
        }
        Ok(())
    }

    async fn dismiss(
        &mut self,
        overlay: &Locator,
        dismiss: &Locator,
        deadline: &Deadline,
    ) -> Result<(), Error> {
        let inner = overlay.page.session().inner();
        tracing::debug!(%overlay, "dismissing an overlay that is in the way");
        let press = Press {
            options: ClickOptions::default(),
            body: json!({"op": "aim", "enabled": true, "guard": "press"}),
            overlays: false,
            then: Then::Click,
        };
        let clicked =
            press.on(dismiss, "dismissal of an overlay", &deadline.at_most(PATIENCE)).await;
        let fields = json!({"overlay": overlay.to_string(), "dismissed": clicked.is_ok()});
        inner.trace.note("overlay", &fields);
        match clicked {
            Ok(_) => self.dismissed += 1,
            // It may have gone by itself; whether it is still in the way shows in the next try.
            Err(Error::TimedOut(_) | Error::PageChanged(_)) => {
                self.stays =
                    Some(format!("the overlay {overlay} could not be dismissed by {dismiss}"));
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        // It may fade; clicked once more meanwhile, what lies below might get the click.
        let gone = wait_for(overlay, ElementState::Hidden, &deadline.at_most(PATIENCE)).await;
        let times = self.dismissed;
        self.stays = match gone {
            Ok(()) => None,
            Err(_) => Some(format!("the overlay {overlay} is there after {times} dismissals")),
        };
        Ok(())
    }

    /// What kept an action from its end, overlays included.
    pub(super) fn with(&self, last: &Miss) -> Miss {
        let stays = match &self.stays {
            None if self.dismissed >= MOST => {
                Some(format!("overlays were dismissed {MOST} times, and come back"))
            }
            stays => stays.clone(),
        };
        match (stays, last) {
            (Some(stays), Miss::Covered { what, by }) => {
                Miss::Obstructed { what: what.clone(), why: format!("covered by {by}; {stays}") }
            }
            (Some(stays), Miss::Obstructed { what, why }) => {
                Miss::Obstructed { what: what.clone(), why: format!("{why}; {stays}") }
            }
            (_, last) => last.clone(),
        }
    }
}

/// Whether an overlay is visible; where that can't be told in time, the action's own end tells why.
async fn there(overlay: &Locator, deadline: &Deadline) -> Result<bool, Error> {
    match visible_now(overlay, deadline).await {
        Err(Error::TimedOut(_) | Error::PageChanged(_)) => Ok(false),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_that_gives_up_on_overlays_says_so() {
        let covered = Miss::Covered { what: None, by: "<div>".to_owned() };
        let said = |clearing: &Clearing| match clearing.with(&covered) {
            Miss::Obstructed { why, .. } => Some(why),
            _ => None,
        };
        let mut clearing = Clearing { dismissed: MOST - 1, ..Clearing::default() };
        assert_eq!((clearing.gave_up(), said(&clearing)), (false, None));
        clearing.dismissed = MOST;
        let why = "covered by <div>; overlays were dismissed 20 times, and come back";
        assert_eq!((clearing.gave_up(), said(&clearing)), (true, Some(why.to_owned())));
        assert!(Clearing { vain: VAIN, ..Clearing::default() }.gave_up());
    }
}
