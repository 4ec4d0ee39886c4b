//! Asking about elements, and waiting for them.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::call::{On, script};
use super::resolve::{Entered, Miss, Try, Way, enter};
use super::tries::{Tries, insist, once};
use crate::pattern::read_pattern;
use crate::redact::MASK;
use crate::session::World;
use crate::{Deadline, Error, Locator, Origin, Page, TextMatch};

/// How long a look at an overlay may take, a navigation in between included.
const AT_ONCE: Duration = Duration::from_secs(5);

/// Characters of the shortest code: what is shorter is everywhere, and would mask all of a page.
const LEAST_OF_CODE: usize = 4;
/// And of the longest: each is looked for in all that the session shows from then on.
const MOST_OF_CODE: usize = 256;

/// What to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementState {
    /// In the document.
    Attached,
    /// Has a box and is not made invisible.
    Visible,
    /// Not in the document, or not visible.
    Hidden,
    /// Not in the document.
    Detached,
    /// Visible and enabled.
    Enabled,
}

impl fmt::Display for ElementState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attached => "attached",
            Self::Visible => "visible",
            Self::Hidden => "hidden",
            Self::Detached => "detached",
            Self::Enabled => "enabled",
        })
    }
}

pub(crate) async fn text(locator: &Locator, deadline: &Deadline) -> Result<String, Error> {
    let text = insist(locator, "text", json!({"op": "text"}), None, false, deadline).await?;
    Ok(text.as_str().unwrap_or_default().to_owned())
}

/// Reads the element's text anew whenever it has changed, until `take` makes something of it. What a
/// plugin asks of a text is asked here, where the text is masked: in the page the answers would tell
/// what is behind the mask. `seen`: what can't be seen has no text.
async fn reading<T>(
    locator: &Locator,
    seen: bool,
    deadline: &Deadline,
    mut take: impl FnMut(&World, &str) -> Result<Option<T>, Error>,
) -> Result<T, Error> {
    let inner = locator.page.session().inner();
    let mut tries = Tries::new(locator, "text", deadline);
    let mut last = None;
    loop {
        let (entered, slice) = tries.enter().await?;
        let body = json!({"op": "text", "unlike": last, "seen": seen});
        let tried = once(locator, &entered, body, slice, deadline).await;
        entered.leave(inner);
        match tried? {
            Try::Done(text) => {
                let text = text.as_str().unwrap_or_default();
                if let Some(found) = take(&entered.world, text)? {
                    return Ok(found);
                }
                let why = "its text does not match".to_owned();
                tries.last = Miss::Obstructed { what: None, why };
                last = Some(text.to_owned());
            }
            Try::Miss(miss) => tries.last = miss,
            Try::Gone => last = None,
        }
    }
}

pub(crate) async fn read_sealed(
    locator: &Locator,
    pattern: &str,
    deadline: &Deadline,
) -> Result<SecretString, Error> {
    let wanted = TextMatch::regex(pattern);
    let read = read_pattern(pattern)?;
    let used = &locator.page.session().inner().used;
    reading(locator, false, deadline, |world, text| {
        let text = used.hide_but_codes(text);
        let Some(found) = read.captures(&text) else { return Ok(None) };
        let found = found.get(1).or_else(|| found.get(0)).map_or("", |part| part.as_str());
        let length = found.chars().count();
        if !(LEAST_OF_CODE..=MOST_OF_CODE).contains(&length) {
            return Err(Error::Invalid(format!(
                "{locator}: what {wanted} finds has {length} characters, and a code has {LEAST_OF_CODE} to {MOST_OF_CODE}; write the pattern so that its group is the code and all of it"
            )));
        }
        // A secret is bound to its sites, and a code to none of them: it would go where the secret may not.
        if found.contains(MASK) {
            return Err(Error::Invalid(format!(
                "{locator}: what {wanted} finds holds a sealed value that this session has used, or a part of one; type that by its own handle"
            )));
        }
        let secret = SecretString::from(found);
        let origin: Option<Origin> = world.origin.parse().ok();
        used.remember_read(&secret, origin.as_slice())?;
        Ok(Some(secret))
    })
    .await
}

/// A field's value, and whether a sealed one was put into it.
pub(crate) async fn value(locator: &Locator, deadline: &Deadline) -> Result<(String, bool), Error> {
    let value = insist(locator, "value", json!({"op": "value"}), None, false, deadline).await?;
    let text = value["text"].as_str().unwrap_or_default().to_owned();
    Ok((text, value["sealed"].as_bool().unwrap_or(false)))
}

pub(crate) async fn attribute(
    locator: &Locator,
    name: &str,
    deadline: &Deadline,
) -> Result<Option<String>, Error> {
    let value = insist(
        locator,
        "attribute",
        json!({"op": "attribute", "name": name}),
        None,
        false,
        deadline,
    )
    .await?;
    Ok(value.as_str().map(str::to_owned))
}

pub(crate) async fn wait_for(
    locator: &Locator,
    state: ElementState,
    deadline: &Deadline,
) -> Result<(), Error> {
    match state {
        ElementState::Attached | ElementState::Visible | ElementState::Enabled => {
            insist(
                locator,
                "wait",
                json!({"op": "wait", "state": state.to_string()}),
                None,
                false,
                deadline,
            )
            .await?;
            Ok(())
        }
        ElementState::Hidden | ElementState::Detached => gone(locator, state, deadline).await,
    }
}

/// Waits until the element shows a text that fits.
pub(crate) async fn wait_for_text(
    locator: &Locator,
    text: &TextMatch,
    deadline: &Deadline,
) -> Result<(), Error> {
    let fits = text.folded().fitting()?;
    let used = &locator.page.session().inner().used;
    reading(locator, true, deadline, |_, text| Ok(fits(&used.hide(text)).then_some(()))).await
}

/// Gone is also what is in a frame that is gone.
async fn gone(locator: &Locator, state: ElementState, deadline: &Deadline) -> Result<(), Error> {
    let inner = locator.page.session().inner();
    let mut tries = Tries::new(locator, "disappearance", deadline);
    loop {
        let slice = tries.next().await?;
        let entered = match enter(locator, Duration::ZERO, deadline).await? {
            Way::Open(entered) => entered,
            Way::Miss(Miss::Missing { .. }) => return Ok(()),
            Way::Miss(miss) => {
                tries.last = miss;
                continue;
            }
            Way::Gone => continue,
        };
        let body = json!({"op": "gone", "state": state.to_string()});
        let tried = once(locator, &entered, body, slice, deadline).await;
        entered.leave(inner);
        match tried? {
            Try::Done(_) => return Ok(()),
            Try::Miss(miss) => tries.last = miss,
            Try::Gone => {}
        }
    }
}

/// One question, answered now; none if a frame on the way is not there.
async fn ask(locator: &Locator, body: Json, deadline: &Deadline) -> Result<Option<Json>, Error> {
    locator.path.check()?;
    let inner = locator.page.session().inner();
    let mut tries = Tries::new(locator, "question", deadline);
    loop {
        tries.next().await?;
        let entered = match enter(locator, Duration::ZERO, deadline).await? {
            Way::Open(entered) => entered,
            Way::Miss(Miss::Loading) if locator.path.hops.is_empty() => {
                tries.last = Miss::Loading;
                continue;
            }
            Way::Miss(_) => return Ok(None),
            Way::Gone => continue,
        };
        let tried = once(locator, &entered, body.clone(), Duration::ZERO, deadline).await;
        entered.leave(inner);
        match tried? {
            Try::Done(value) => return Ok(Some(value)),
            Try::Miss(Miss::Hung) => tries.last = Miss::Hung,
            Try::Miss(_) => return Ok(None),
            Try::Gone => {}
        }
    }
}

pub(crate) async fn count(locator: &Locator, deadline: &Deadline) -> Result<usize, Error> {
    let count = ask(locator, json!({"op": "count"}), deadline).await?;
    Ok(count
        .and_then(|count| count.as_u64())
        .and_then(|count| usize::try_from(count).ok())
        .unwrap_or(0))
}

/// Whether an element is there now and `visible`, `enabled`, `editable` or `checked`; an error where
/// its kind has no such state.
pub(crate) async fn is(locator: &Locator, state: &str, deadline: &Deadline) -> Result<bool, Error> {
    let answer = ask(locator, json!({"op": "state", "of": state}), deadline).await?;
    Ok(answer.is_some_and(|answer| answer == true))
}

/// A match that is visible, by a mark that no other element ever has.
pub(super) async fn visible_now(
    locator: &Locator,
    deadline: &Deadline,
) -> Result<Option<String>, Error> {
    let any = ask(locator, json!({"op": "any"}), &deadline.at_most(AT_ONCE)).await?;
    Ok(any.and_then(|any| any.as_str().filter(|mark| !mark.is_empty()).map(str::to_owned)))
}

/// A part of a page's document, in CSS pixels.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Area {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Area {
    /// What of it lies in another; without a size if nothing does.
    fn within(self, other: Self) -> Self {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let right = (self.x + self.width).min(other.x + other.width);
        let bottom = (self.y + self.height).min(other.y + other.height);
        Self { x, y, width: (right - x).max(0.0), height: (bottom - y).max(0.0) }
    }
}

/// Where an element is on the page, as far as the frames that it is in show it.
pub(crate) async fn area(locator: &Locator, deadline: &Deadline) -> Result<Area, Error> {
    const SCROLLED: &str = "function () { return { x: scrollX, y: scrollY }; }";
    let inner = locator.page.session().inner();
    let mut tries = Tries::new(locator, "picture", deadline);
    loop {
        let (entered, slice) = tries.enter().await?;
        let mut area: Area =
            match once(locator, &entered, json!({"op": "box"}), slice, deadline).await? {
                Try::Done(value) => match serde_json::from_value(value) {
                    Ok(area) => area,
                    Err(_) => continue,
                },
                Try::Miss(miss) => {
                    tries.last = miss;
                    continue;
                }
                Try::Gone => continue,
            };
        match outwards(locator, &entered, area, deadline).await {
            Some(outer) => area = outer,
            None => continue,
        }
        // What is around a frame may be nobody's business who asks for a picture of what is in it.
        if !entered.owners.is_empty() && (area.width < 1.0 || area.height < 1.0) {
            entered.leave(inner);
            let why = "it is outside of what its frame shows".to_owned();
            tries.last = Miss::Obstructed { what: None, why };
            continue;
        }
        let main = entered.owners.first().map_or(&entered.world, |owner| &owner.world);
        let scrolled = script(inner, On::World(main), SCROLLED, &Json::Null, deadline).await;
        entered.leave(inner);
        if let Ok(scrolled) = scrolled {
            area.x += scrolled["x"].as_f64().unwrap_or(0.0);
            area.y += scrolled["y"].as_f64().unwrap_or(0.0);
            return Ok(area);
        }
    }
}

/// A place in an entered frame as a place in the page's window: as much of it as the frames show.
pub(super) async fn outwards(
    locator: &Locator,
    entered: &Entered,
    mut area: Area,
    deadline: &Deadline,
) -> Option<Area> {
    const FRAME_POINT: &str = "function (request) { return __mavm.framePoint(this, request); }";
    let inner = locator.page.session().inner();
    for owner in entered.owners.iter().rev() {
        let request = json!({"x": area.x, "y": area.y, "plain": true});
        let on = On::Object(&owner.world, &owner.object);
        let answer = script(inner, on, FRAME_POINT, &request, deadline).await.ok()?;
        let value = &answer["value"];
        area.x = value["x"].as_f64()?;
        area.y = value["y"].as_f64()?;
        area.width *= value["scaleX"].as_f64().unwrap_or(1.0);
        area.height *= value["scaleY"].as_f64().unwrap_or(1.0);
        area = area.within(Area::deserialize(&value["opening"]).ok()?);
    }
    Some(area)
}

/// The page can't put something else in its place by the name of an element; nothing if it is too
/// long to be read.
pub(crate) const TITLE: &str = "function () { const title = Object.getOwnPropertyDescriptor(Document.prototype, 'title').get.call(document); return title.length > 1 << 20 ? null : title; }";

pub(crate) async fn title(page: &Page, deadline: &Deadline) -> Result<String, Error> {
    let root = Locator { page: page.clone(), path: crate::selector::Path::default() };
    let inner = page.session().inner();
    let mut tries = Tries::new(&root, "title", deadline);
    loop {
        let (entered, _) = tries.enter().await?;
        match script(inner, On::World(&entered.world), TITLE, &Json::Null, deadline).await {
            Ok(Json::String(title)) => return Ok(title),
            Ok(_) => {
                return Err(Error::Invalid(format!(
                    "the title of {} has more than 1 Mi characters, which can't be read",
                    page.shown_url()
                )));
            }
            Err(_) => {}
        }
    }
}
