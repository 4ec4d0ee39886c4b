//! Overlays that were announced: a banner, a tooltip. When an action or a wait finds no way and one
//! of them is visible, it is clicked away, and the next try follows. Dismissing is an action itself,
//! during which no overlay is dismissed. One that was clicked may take its time to go, and one whose
//! button is not ready yet is tried again, less and less often; one that comes back again and again is
//! left alone in the end. The time-out says so.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::json;

use super::pointer::{ClickOptions, Press, Then};
use super::queries::{ElementState, visible_now, wait_for};
use super::resolve::Miss;
use crate::session::Inner;
use crate::{Deadline, Error, Locator};

/// How often one action dismisses overlays.
const MOST: u32 = 20;
/// How long one may take to be dismissed, and then to go, before the others and the action itself
/// have their turn again.
const PATIENCE: Duration = Duration::from_secs(1);
/// The longest pause after none of those that are visible has let itself be dismissed.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// How long one that was clicked may take to go before it is clicked again: a second click might undo
/// the first.
const FADES_WITHIN: Duration = Duration::from_secs(10);

/// What one action has done about overlays.
pub(super) struct Clearing {
    /// None are dismissed by an action that can't be interrupted.
    pub(super) allowed: bool,
    /// The action has the mouse.
    pub(super) mouse: bool,
    pub(super) dismissed: u32,
    /// How often none let itself be dismissed, one time after the other, and when to try again.
    vain: u32,
    not_before: Option<Instant>,
    /// Those that were clicked and have not gone yet, by the marks of their elements.
    clicked: HashMap<String, Instant>,
    /// One that stays, in words.
    stays: Option<String>,
}

impl Default for Clearing {
    fn default() -> Self {
        Self {
            allowed: true,
            mouse: false,
            dismissed: 0,
            vain: 0,
            not_before: None,
            clicked: HashMap::new(),
            stays: None,
        }
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
    fn rests(&self) -> bool {
        let pausing = self.not_before.is_some_and(|at| Instant::now() < at);
        !self.allowed || self.dismissed >= MOST || pausing
    }

    /// Whether a try should end at once when something covers its element.
    pub(super) fn expects(&self, inner: &Inner) -> bool {
        let state = inner.state();
        !self.rests() && self.clicked.is_empty() && !state.overlays.is_empty() && !state.clearing
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
        if !in_the_way || self.rests() {
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
        let (mut visible, mut tried) = (false, false);
        for (overlay, dismiss) in overlays {
            let overlay = Locator { page: locator.page.clone(), path: overlay };
            let dismiss = Locator { page: locator.page.clone(), path: dismiss };
            let Some(element) = there(&overlay, deadline).await? else { continue };
            visible = true;
            if self.clicked.get(&element).is_none_or(|at| at.elapsed() >= FADES_WITHIN) {
                tried = true;
                self.dismiss(&overlay, element, &dismiss, deadline).await?;
            }
        }
        // One may lie over the button of another: some of them, not all, must go.
        let in_vain = tried && self.dismissed == before;
        self.vain = if in_vain { self.vain + 1 } else { 0 };
        self.not_before =
            in_vain.then(|| Instant::now() + (PATIENCE * (self.vain - 1)).min(LONGEST_PAUSE));
        if !visible {
            self.stays = None;
            self.clicked.clear();
        }
        Ok(())
    }

    async fn dismiss(
        &mut self,
        overlay: &Locator,
        element: String,
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
            Ok(_) => {
                self.dismissed += 1;
                self.clicked.insert(element.clone(), Instant::now());
            }
            // It may have gone by itself; whether it is still in the way shows in the next try.
            Err(error) if is_its_own(&error) => {
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
            Ok(()) => {
                self.clicked.remove(&element);
                None
            }
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

/// The overlay's element, if it is visible; where that can't be told in time, the action's own end tells why.
async fn there(overlay: &Locator, deadline: &Deadline) -> Result<Option<String>, Error> {
    match visible_now(overlay, deadline).await {
        Err(error) if is_its_own(&error) => Ok(None),
        other => other,
    }
}

/// What is wrong with an overlay, its button or its frame, and not with the page: no failure of the
/// action that it is in the way of.
fn is_its_own(error: &Error) -> bool {
    !matches!(error, Error::Crashed(_) | Error::Closed(_) | Error::Cancelled(_))
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
        assert_eq!((clearing.rests(), said(&clearing)), (false, None));
        clearing.dismissed = MOST;
        let why = "covered by <div>; overlays were dismissed 20 times, and come back";
        assert_eq!((clearing.rests(), said(&clearing)), (true, Some(why.to_owned())));
    }
}
