//! Dragging: the mouse presses on one element and lets go over another. Where the page uses the
//! browser's own drag and drop, Chromium hands the drag over instead of asking the desktop, and it is
//! carried on by events of its own.
//!
//! What is dragged must never hold a sealed value, nor a part of one: it would be dropped into
//! whatever is there.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::call::{On, script};
use super::pointer::{ClickOptions, Down, MouseEvent, Point, Press, Then, handled, turn};
use super::queries::visible_now;
use super::settle::Before;
use crate::cdp::Pending;
use crate::session::{Inner, World};
use crate::{Deadline, Error, Locator};

const OPEN_POINT: &str = "function () { return globalThis.__mavm ? __mavm.openPoint() : null; }";
const STARTED: &str = "function () { return globalThis.__mavm ? __mavm.dragStarted() : null; }";
/// So many CSS pixels are a movement, not a shaking hand.
const NUDGE: f64 = 6.0;
/// How long Chromium may take to hand over a drag that has begun.
const HAND_OVER: Duration = Duration::from_secs(10);

pub(crate) async fn drag(from: &Locator, to: &Locator, deadline: &Deadline) -> Result<(), Error> {
    if from.page.id() != to.page.id() {
        return Err(Error::Invalid(format!("{from} and {to} are on different pages")));
    }
    to.path.check()?;
    let _turn = turn(from, deadline).await?;
    let before = Before::of(from);
    // Whether the mouse reaches the target is asked before anything happens: what a page puts over
    // everything while something is dragged belongs to the drag. A target may also come only then.
    let there = visible_now(to, deadline).await.is_ok_and(|seen| seen.is_some());
    if there {
        aim(to, "drop", Then::Tell, false, deadline).await?;
    }
    let mut held = Held::begin(from)?;
    let (start, source) = aim(from, "drag", Then::Hold, false, deadline).await?;
    held.down = Some(start);
    // The page takes it up here, before the way to the target may scroll it away from the mouse.
    let nudged = Point { x: start.x + NUDGE, y: start.y + NUDGE };
    held.mouse("mouseMoved", nudged, 1, deadline).await?;
    let mut data = held.taken_up(&source, deadline).await?;
    let (end, target) = aim(to, "drop", Then::Tell, there, deadline).await?;
    // On its way the page sees two movements, as of a hand; a drag may need the first of them to begin.
    let middle = Point { x: f64::midpoint(start.x, end.x), y: f64::midpoint(start.y, end.y) };
    for at in [middle, end] {
        if data.is_none() {
            held.mouse("mouseMoved", at, 1, deadline).await?;
            data = held.taken_up(&source, deadline).await?;
        }
    }
    if let Some(data) = data {
        held.drop_at(end, &target, &data, deadline).await?;
        held.over();
        return before.settle(from, "drag", deadline).await;
    }
    held.mouse("mouseReleased", end, 0, deadline).await?;
    held.over();
    before.settle(from, "drag", deadline).await
}

/// A point of an element, and the document it is in. Only the `place`, where what may lie over it
/// doesn't matter.
async fn aim(
    locator: &Locator,
    what: &'static str,
    then: Then,
    place: bool,
    deadline: &Deadline,
) -> Result<(Point, World), Error> {
    let hold = then == Then::Hold;
    let guard = hold.then_some("press");
    let body = json!({"op": "aim", "enabled": false, "drag": hold, "guard": guard, "place": place});
    let press = Press { options: ClickOptions::default(), body, overlays: true, then };
    let pressed = press.on(locator, what, deadline).await?;
    let at = pressed.at;
    let at = at.ok_or_else(|| Error::Invalid(format!("{locator} has no place to {what}")))?;
    Ok((at, pressed.world))
}

/// What has become of a drag of the browser's own kind.
#[derive(PartialEq, Eq)]
enum Began {
    Nothing,
    Drag,
    /// With what a field holds that keeps a sealed value.
    Refused,
}

async fn began(inner: &Inner, source: &World, deadline: &Deadline) -> Began {
    let limit = deadline.at_most(HAND_OVER);
    let answer = script(inner, On::World(source), STARTED, &Json::Null, &limit).await;
    match answer.as_ref().ok().and_then(Json::as_str) {
        Some("started") => Began::Drag,
        Some("refused") => Began::Refused,
        _ => Began::Nothing,
    }
}

/// Where a drag began, for Chromium: a protocol session, and any point of it at which no other one
/// lives. The events of a drag are for whoever is at their point.
struct Source {
    cdp: String,
    at: Point,
}

impl Source {
    async fn of(inner: &Inner, world: &World, deadline: &Deadline) -> Option<Self> {
        let outermost = {
            let state = inner.state();
            let mut frame = state.frames.get(&world.frame)?;
            while let Some(around) = frame.parent.as_ref().and_then(|id| state.frames.get(id)) {
                if around.cdp != frame.cdp {
                    break;
                }
                frame = around;
            }
            frame.world.clone()?
        };
        let point = script(inner, On::World(&outermost), OPEN_POINT, &Json::Null, deadline).await;
        let at = serde_json::from_value(point.ok()?).ok()?;
        Some(Self { cdp: outermost.cdp, at })
    }

    /// Until it is told that its drag is over, it takes no event of the mouse.
    fn end(&self, inner: &Inner) -> Pending {
        let nothing = json!({"items": [], "dragOperationsMask": 1});
        let params = json!({"type": "dragCancel", "x": self.at.x, "y": self.at.y, "data": nothing});
        inner.browser.connection.start(Some(&self.cdp), "Input.dispatchDragEvent", params)
    }
}

/// The mouse, its button down. Lets go of it, and of Chromium's drags, however this ends.
struct Held<'a> {
    locator: &'a Locator,
    cdp: String,
    down: Option<Point>,
    /// Of a drag of the browser's own kind.
    source: Option<Source>,
}

impl<'a> Held<'a> {
    fn begin(locator: &'a Locator) -> Result<Self, Error> {
        let inner = locator.page.session().inner();
        let mut state = inner.state();
        state.dragged = None;
        let cdp = state.page(locator.page.id()).map(|page| page.cdp.clone());
        drop(state);
        let cdp = cdp.ok_or_else(|| Error::Closed("the page is closed".to_owned()))?;
        let held = Self { locator, cdp, down: None, source: None };
        held.post("Input.setInterceptDrags", json!({"enabled": true}));
        Ok(held)
    }

    fn post(&self, method: &'static str, params: Json) {
        let inner = self.locator.page.session().inner();
        inner.browser.connection.post(Some(&self.cdp), method, params);
    }

    async fn mouse(
        &mut self,
        kind: &'static str,
        at: Point,
        buttons: i32,
        deadline: &Deadline,
    ) -> Result<(), Error> {
        self.down = Some(at);
        let event = MouseEvent { kind, at, button: "left", buttons, count: 1, modifiers: 0 };
        let gone = || Error::Closed("the page is closed".to_owned());
        let reply = event.send(self.locator).ok_or_else(gone)?;
        handled(self.locator, reply, deadline).await?;
        Ok(())
    }

    /// What is dragged, as Chromium tells it, if the page has begun a drag.
    async fn taken_up(
        &mut self,
        source: &World,
        deadline: &Deadline,
    ) -> Result<Option<Json>, Error> {
        let inner = self.locator.page.session().inner();
        match began(inner, source, deadline).await {
            Began::Drag => {}
            Began::Nothing => return Ok(None),
            Began::Refused => return Err(self.secret()),
        }
        self.source = Source::of(inner, source, deadline).await;
        let page = self.locator.page.id();
        let came = inner
            .until(&deadline.at_most(HAND_OVER), |state| match state.trouble(page) {
                Some(trouble) => Some(Err(trouble)),
                None => state.dragged.take().map(Ok),
            })
            .await;
        let data = match came {
            Ok(data) => data?,
            Err(over) => {
                let what = format!("the drag of {}", self.locator);
                let url = self.locator.page.shown_url();
                let why = Some("the page began a drag that Chromium did not hand over".to_owned());
                return Err(Error::over(over, what, deadline, why, url));
            }
        };
        let items = data["items"].as_array().into_iter().flatten();
        let texts = items.flat_map(|item| ["data", "title"].map(|part| item[part].as_str()));
        if inner.used.shows(&data.to_string()) || texts.flatten().any(|text| inner.used.shows(text))
        {
            return Err(self.secret());
        }
        Ok(Some(data))
    }

    fn secret(&self) -> Error {
        Error::Invalid(format!(
            "what {} drags holds a secret value or a part of one, which goes only where it is typed",
            self.locator
        ))
    }

    async fn drop_at(
        &self,
        at: Point,
        target: &World,
        data: &Json,
        deadline: &Deadline,
    ) -> Result<(), Error> {
        let inner = self.locator.page.session().inner();
        for kind in ["dragEnter", "dragOver", "dragOver", "drop"] {
            let params = json!({"type": kind, "x": at.x, "y": at.y, "data": data, "modifiers": 0});
            let reply =
                inner.browser.connection.start(Some(&self.cdp), "Input.dispatchDragEvent", params);
            handled(self.locator, reply, deadline).await?;
        }
        // Only the process that it is dropped in learns that it is over.
        if let Some(source) = self.source.as_ref().filter(|source| source.cdp != target.cdp) {
            handled(self.locator, source.end(inner), deadline).await?;
        }
        Ok(())
    }

    /// The button is up.
    fn over(&mut self) {
        self.down = None;
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Some(at) = self.down {
            let inner = self.locator.page.session().inner();
            let source = self.source.take();
            let source = source.unwrap_or_else(|| Source { cdp: self.cdp.clone(), at });
            drop(source.end(inner));
            drop(Down::new(self.locator, at));
        }
        self.post("Input.setInterceptDrags", json!({"enabled": false}));
    }
}
