//! The mouse: real events at a point, sent only when the element is the one that gets them, and
//! checked again by the guards when they arrive. A click is sent once; it is sent again only if the
//! guards saw that nothing of it reached the page's scripts, or have seen nothing of it for seconds
//! (`guard.rs`).

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::call::{Lost, On, script};
use super::guard::{Armed, Round, Verdict, passed, passed_beyond};
use super::mark::look_before;
use super::resolve::{Entered, Miss, Try};
use super::settle::Before;
use super::tries::{Tries, once};
use crate::cdp::{CallError, Pending};
use crate::session::World;
use crate::{Deadline, Error, Locator};

/// A button of the mouse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MouseButton {
    /// The main one.
    #[default]
    Left,
    /// The wheel.
    Middle,
    /// The one for menus.
    Right,
}

/// How to click.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClickOptions {
    /// With which button.
    pub button: MouseButton,
    /// 1, or 2 for a double click.
    pub count: u8,
    /// Where, in CSS pixels from the element's upper left corner; none: its middle.
    pub at: Option<(f64, f64)>,
    /// Keys that are held down meanwhile.
    pub modifiers: Modifiers,
}

impl Default for ClickOptions {
    fn default() -> Self {
        Self { button: MouseButton::Left, count: 1, at: None, modifiers: Modifiers::default() }
    }
}

/// Keys that are held down during a click.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modifiers {
    /// Alt.
    pub alt: bool,
    /// Control.
    pub control: bool,
    /// Meta (Command, the Windows key).
    pub meta: bool,
    /// Shift.
    pub shift: bool,
}

impl Modifiers {
    /// As Chromium counts them.
    fn bits(self) -> i32 {
        i32::from(self.alt)
            + 2 * i32::from(self.control)
            + 4 * i32::from(self.meta)
            + 8 * i32::from(self.shift)
    }
}

/// A point of a page or frame, in CSS pixels.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

const FRAME_POINT: &str = "function (request) { return __mavm.framePoint(this, request); }";
pub(crate) async fn click(
    locator: &Locator,
    options: &ClickOptions,
    deadline: &Deadline,
) -> Result<(), Error> {
    if !(1..=3).contains(&options.count) {
        return Err(Error::Invalid(format!(
            "{locator}: a click count of {} makes no sense; use 1 to 3",
            options.count
        )));
    }
    let _turn = turn(locator, deadline).await?;
    let press = Press {
        options: *options,
        body: json!({"op": "aim", "enabled": true, "guard": "press"}),
        overlays: true,
        then: Then::Click,
    };
    press.on(locator, "click", deadline).await.map(drop)
}

pub(crate) async fn hover(locator: &Locator, deadline: &Deadline) -> Result<(), Error> {
    let _turn = turn(locator, deadline).await?;
    let options = ClickOptions { count: 0, ..ClickOptions::default() };
    let press = Press {
        options,
        body: json!({"op": "aim", "enabled": false, "guard": "move"}),
        overlays: true,
        then: Then::Click,
    };
    press.on(locator, "hover", deadline).await.map(drop)
}

pub(super) async fn turn<'a>(
    locator: &'a Locator,
    deadline: &Deadline,
) -> Result<tokio::sync::MutexGuard<'a, ()>, Error> {
    tokio::select! {
        turn = locator.page.session().inner().pointer.lock() => Ok(turn),
        over = deadline.over() => Err(Error::over(over, "the mouse", deadline, Some("another action of this session has it".to_owned()), locator.page.shown_url())),
    }
}

pub(super) struct Press {
    pub(super) options: ClickOptions,
    pub(super) body: Json,
    /// Whether overlays are dismissed; not while one is being dismissed.
    pub(super) overlays: bool,
    pub(super) then: Then,
}

/// What follows when the point is known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// The mouse goes there and clicks, as often as the options say.
    Click,
    /// The mouse goes there, presses, and keeps its button down.
    Hold,
    /// Nothing: whoever asked only wants to know the point.
    Tell,
}

/// Where the mouse was, or would have been.
pub(super) struct Pressed {
    /// In the page's own coordinates; none if there was nothing to do.
    pub(super) at: Option<Point>,
    /// The document that the element is in.
    pub(super) world: World,
}

impl Press {
    pub(super) async fn on(
        &self,
        locator: &Locator,
        what: &'static str,
        deadline: &Deadline,
    ) -> Result<Pressed, Error> {
        let inner = locator.page.session().inner();
        let mut tries = Tries::new(locator, what, deadline);
        // Not while a button is held.
        tries.clearing.allowed = self.overlays && self.then != Then::Tell;
        tries.clearing.mouse = true;
        // A page is left alone while a button is held.
        tries.seen = self.then == Then::Tell;
        loop {
            let (entered, slice) = tries.enter().await?;
            let overlays = tries.clearing.expects(inner);
            let mut body = self.body.clone();
            body["attempt"] = json!(tries.count - 1);
            body["overlays"] = json!(overlays);
            if let Some((x, y)) = self.options.at {
                body["offset"] = json!({"x": x, "y": y});
            }
            if let Some(miss) = look_before(locator, &entered, &mut tries, &body, deadline).await? {
                entered.leave(inner);
                tries.last = miss;
                continue;
            }
            let before = Before::of(locator);
            let tried = self.once(locator, &entered, body, slice, deadline).await;
            let tried = match tried {
                Ok(Try::Done(_)) if self.hovers() && tries.clearing.expects(inner) => {
                    self.stays(locator, &entered, &mut tries, tried, deadline).await
                }
                tried => tried,
            };
            entered.leave(inner);
            if tried.is_err() && self.options.count > 1 {
                // The first click may have reached the element, and made the page move.
                let _ = before.settle(locator, what, deadline).await;
            }
            match tried? {
                Try::Done(point) => {
                    if self.then == Then::Click {
                        before.settle(locator, what, deadline).await?;
                    }
                    let at = serde_json::from_value(point).ok();
                    return Ok(Pressed { at, world: entered.world });
                }
                Try::Miss(miss) => tries.last = miss,
                Try::Gone => {}
            }
        }
    }

    fn hovers(&self) -> bool {
        self.options.count == 0 && self.then == Then::Click
    }

    /// An overlay may have come up when the mouse came: it is dismissed, and then the mouse comes anew.
    /// Anything else that lies over the element now is what the page does when it is hovered over.
    async fn stays(
        &self,
        locator: &Locator,
        entered: &Entered,
        tries: &mut Tries<'_>,
        hovered: Result<Try, Error>,
        deadline: &Deadline,
    ) -> Result<Try, Error> {
        let body = json!({"op": "aim", "overlays": true});
        let look = Press { options: self.options, body, overlays: false, then: Then::Tell };
        let body = look.body.clone();
        let now = Box::pin(look.once(locator, entered, body, Duration::ZERO, deadline)).await;
        let Ok(Try::Miss(miss @ Miss::Covered { .. })) = now else { return hovered };
        let before = tries.clearing.dismissed;
        Box::pin(tries.clearing.clear(locator, &miss, deadline)).await?;
        if tries.clearing.dismissed > before { Ok(Try::Miss(miss)) } else { hovered }
    }

    async fn once(
        &self,
        locator: &Locator,
        entered: &Entered,
        body: Json,
        slice: Duration,
        deadline: &Deadline,
    ) -> Result<Try, Error> {
        let inner = locator.page.session().inner();
        let armed = (self.then != Then::Tell).then(|| Armed::new(inner, entered));
        let (mut point, beyond) = match once(locator, entered, body, slice, deadline).await? {
            Try::Done(Json::Null) => return Ok(Try::Done(Json::Null)),
            Try::Done(value) => {
                let beyond = value["beyond"] == true;
                match serde_json::from_value::<Point>(value) {
                    Ok(point) => (point, beyond),
                    Err(_) => return Ok(Try::Gone),
                }
            }
            other => return Ok(other),
        };
        // Outwards: each frame must be what is hit in the document around it.
        for owner in entered.owners.iter().rev() {
            let (guard, place) = (&self.body["guard"], &self.body["place"]);
            let request = json!({"x": point.x, "y": point.y, "guard": guard, "place": place});
            let answer = script(
                inner,
                On::Object(&owner.world, &owner.object),
                FRAME_POINT,
                &request,
                deadline,
            )
            .await;
            let miss = match answer {
                Ok(answer) if answer["kind"] == "done" => {
                    match serde_json::from_value::<Point>(answer["value"].clone()) {
                        Ok(outer) => {
                            point = outer;
                            continue;
                        }
                        Err(_) => None,
                    }
                }
                Ok(answer) if answer["kind"] == "covered" => Some(Miss::Covered {
                    what: None,
                    by: inner.used.hide(answer["by"].as_str().unwrap_or_default()),
                }),
                Ok(answer) => answer["why"]
                    .as_str()
                    .map(|why| Miss::Obstructed { what: None, why: why.to_owned() }),
                Err(Lost::Trouble(error)) => return Err(error),
                Err(_) => None,
            };
            return Ok(miss.map_or(Try::Gone, Try::Miss));
        }
        let there = json!({"x": point.x, "y": point.y});
        let Some(armed) = armed else { return Ok(Try::Done(there)) };
        // The document that was looked at may have given way meanwhile to one that has no guard.
        if !inner.state().shows(&entered.world) {
            return Ok(Try::Gone);
        }
        let down = (self.then == Then::Hold).then(|| Down::new(locator, point));
        let (verdict, reached) = self.send(locator, &armed, point, beyond, deadline).await?;
        match (down, &verdict) {
            (Some(down), Verdict::Reached | Verdict::Gone) => down.goes_on(),
            // The guard is there until the page has that, too: it isn't for what lies over the element.
            (Some(down), Verdict::Blocked(_) | Verdict::Unseen) => down.let_go(deadline).await?,
            (None, _) => {}
        }
        // What has reached the element is not repeated.
        let cut_short = |why: String| {
            let what = format!("click {} of {} on {locator}", reached + 1, self.options.count);
            let why = format!("{why}, and not tried again: what came before it has reached it");
            Error::timed_out(what, deadline, Some(why), locator.page.shown_url())
        };
        Ok(match verdict {
            Verdict::Blocked(by) if reached > 0 => {
                return Err(cut_short(format!("covered by {}", inner.used.hide(&by))));
            }
            Verdict::Unseen if reached > 0 => {
                return Err(cut_short("it did not arrive".to_owned()));
            }
            Verdict::Reached => Try::Done(there),
            // A page that has crashed tells nobody what it has got.
            Verdict::Gone => match inner.state().trouble(locator.page.id()) {
                Some(crashed @ Error::Crashed(_)) => return Err(crashed),
                _ => Try::Done(there),
            },
            Verdict::Blocked(by) => {
                Try::Miss(Miss::Covered { what: None, by: inner.used.hide(&by) })
            }
            Verdict::Unseen => Try::Miss(Miss::Obstructed {
                what: None,
                why: "the event did not arrive".to_owned(),
            }),
        })
    }

    /// The events, those of one click without a pause; waits until the page has them. Gives how many clicks
    /// reached the element, too.
    async fn send(
        &self,
        locator: &Locator,
        armed: &Armed<'_>,
        point: Point,
        beyond: bool,
        deadline: &Deadline,
    ) -> Result<(Verdict, u8), Error> {
        let (button, buttons) = match self.options.button {
            MouseButton::Left => ("left", 1),
            MouseButton::Right => ("right", 2),
            MouseButton::Middle => ("middle", 4),
        };
        let modifiers = self.options.modifiers.bits();
        let event = |kind, button, buttons, count| {
            MouseEvent { kind, at: point, button, buttons, count, modifiers }
                .send(locator)
                .ok_or_else(|| Error::Closed("the page is closed".to_owned()))
        };
        let mut sent = vec![event("mouseMoved", "none", 0, 0)?];
        let (mut verdict, mut reached) = (Verdict::Unseen, 0);
        // Each click of a double click goes by itself. A movement is one round without any.
        for count in self.options.count.min(1)..=self.options.count {
            if count > 0 {
                sent.push(event("mousePressed", button, buttons, count)?);
            }
            let release = count > 0 && self.then == Then::Click;
            if release {
                sent.push(event("mouseReleased", button, 0, count)?);
            }
            let last = count == self.options.count && self.then != Then::Hold;
            let round = Round { first: count <= 1, times: if release { count } else { 0 }, last };
            let sent = std::mem::take(&mut sent);
            verdict = match beyond {
                true => passed_beyond(locator, armed, sent, round, deadline).await?,
                false => passed(locator, armed, sent, round, deadline).await?,
            };
            // Another document that has come meanwhile is not what is clicked.
            if !matches!(verdict, Verdict::Reached) {
                break;
            }
            reached = count;
        }
        Ok((verdict, reached))
    }
}

/// The button is down, and goes up with this: also if whoever pressed is called off before the page has
/// dealt with it.
pub(super) struct Down<'a> {
    locator: &'a Locator,
    at: Point,
    up: bool,
}

impl<'a> Down<'a> {
    pub(super) fn new(locator: &'a Locator, at: Point) -> Self {
        Self { locator, at, up: false }
    }

    /// It goes up now; waits until the page has dealt with that.
    async fn let_go(mut self, deadline: &Deadline) -> Result<(), Error> {
        let sent = self.release();
        self.up = true;
        match sent {
            Some(sent) => handled(self.locator, sent, deadline).await.map(drop),
            None => Ok(()),
        }
    }

    fn release(&self) -> Option<Pending> {
        let (kind, at, button) = ("mouseReleased", self.at, "left");
        let event = MouseEvent { kind, at, button, buttons: 0, count: 1, modifiers: 0 };
        event.send(self.locator)
    }

    /// It is up, or somebody else's to let go of.
    pub(super) fn goes_on(mut self) {
        self.up = true;
    }
}

impl Drop for Down<'_> {
    fn drop(&mut self) {
        if !self.up {
            drop(self.release());
        }
    }
}

/// One event of the mouse, as Chromium takes it.
pub(super) struct MouseEvent {
    pub(super) kind: &'static str,
    pub(super) at: Point,
    pub(super) button: &'static str,
    pub(super) buttons: i32,
    pub(super) count: u8,
    pub(super) modifiers: i32,
}

impl MouseEvent {
    /// Sends it to the page; none if that is closed.
    pub(super) fn send(&self, locator: &Locator) -> Option<Pending> {
        let inner = locator.page.session().inner();
        let cdp = inner.state().page(locator.page.id()).map(|page| page.cdp.clone())?;
        let Self { kind, at, button, buttons, count, modifiers } = self;
        let params = json!({
            "type": kind, "x": at.x, "y": at.y, "button": button, "buttons": buttons,
            "clickCount": count, "modifiers": modifiers, "force": if *buttons == 0 { 0.0 } else { 0.5 },
        });
        Some(inner.browser.connection.start(Some(&cdp), "Input.dispatchMouseEvent", params))
    }
}

/// Waits until the page has dealt with an event; false if the page is no more.
pub(super) async fn handled(
    locator: &Locator,
    mut reply: Pending,
    deadline: &Deadline,
) -> Result<bool, Error> {
    let inner = locator.page.session().inner();
    // A page that closes itself by the click never answers for it.
    let page_over = inner.until(deadline, |state| state.trouble(locator.page.id()).map(|_| ()));
    tokio::select! {
        biased;
        answer = reply.raw(Duration::from_secs(24 * 3600)) => Ok(matches!(answer, Ok(_) | Err(CallError::Refused { .. }))),
        ended = page_over => match ended {
            Ok(()) => Ok(false),
            Err(over) => {
                inner.state().grows_silent(locator.page.id());
                let obstacle = "the mouse event was sent, but the page has not dealt with it".to_owned();
                Err(Error::over(over, format!("a click on {locator}"), deadline, Some(obstacle), locator.page.shown_url()))
            }
        },
    }
}
