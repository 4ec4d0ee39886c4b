//! Pictures and copies of pages without sealed values.
//!
//! For a picture, each document is asked what it displays; what matches a used value is looked for
//! here, so that no value travels to a page for this; the places are covered, the picture is taken,
//! and if they are not all where they were covered by then, it is thrown away. A picture that can't
//! be made safe is not made.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::PATIENCE;
use crate::act::{Area, Lost, On, script};
use crate::session::{Inner, World};
use crate::{Deadline, Error, Page};

const DISPLAYED: &str =
    "function (deep) { return globalThis.__mavm ? __mavm.displayed(deep) : { kind: 'bare' }; }";
const COVER: &str =
    "function (places) { return globalThis.__mavm ? __mavm.cover(places) : { kind: 'bare' }; }";
const COVERED: &str =
    "function (places) { return globalThis.__mavm ? __mavm.covered(places) : { kind: 'bare' }; }";
const UNCOVER: &str = "function () { return globalThis.__mavm && __mavm.uncover(); }";
pub(super) const SNAPSHOT: &str = "function (request) { return globalThis.__mavm ? __mavm.snapshot(request) : { kind: 'bare' }; }";
/// How long a picture may take.
const LONGEST: Duration = Duration::from_secs(10);
/// Characters of a document that are kept.
const DOM_LIMIT: usize = 1 << 20;

#[derive(Deserialize)]
struct Run {
    text: String,
    #[serde(default)]
    always: bool,
}

/// What a picture is made as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// PNG, each pixel as it was.
    Exact,
    /// JPEG, good enough to see what there was.
    Small,
}

/// A picture of a page, or of a part of it, as PNG.
pub(crate) async fn screenshot(
    page: &Page,
    area: Option<Area>,
    deadline: &Deadline,
) -> Result<Vec<u8>, Error> {
    let data = picture(page, area, Format::Exact, deadline).await?;
    base64::engine::general_purpose::STANDARD
        .decode(data)
        .map_err(|error| Error::Crashed(format!("Chromium sent a picture that is none ({error})")))
}

/// The same in Base64.
pub(super) async fn picture(
    page: &Page,
    area: Option<Area>,
    format: Format,
    deadline: &Deadline,
) -> Result<String, Error> {
    let inner = page.session().inner();
    let mut why = "no picture could be taken".to_owned();
    for _ in 0..3 {
        if let Some(trouble) = inner.state().trouble(page.id()) {
            return Err(trouble);
        }
        match attempt(page, area, format, deadline).await {
            Ok(picture) => return Ok(picture),
            Err(reason) => why = reason,
        }
        if let Some(over) = deadline.is_over() {
            return Err(Error::over(
                over,
                "a picture of the page",
                deadline,
                Some(why),
                page.shown_url(),
            ));
        }
    }
    Err(Error::timed_out("a picture of the page", deadline, Some(why), page.shown_url()))
}

async fn attempt(
    page: &Page,
    area: Option<Area>,
    format: Format,
    deadline: &Deadline,
) -> Result<String, String> {
    let inner = page.session().inner();
    let (veils, safe) = veil(inner, page, deadline).await;
    let mut shot = match safe {
        Ok(()) => capture(page, area, format, deadline).await,
        Err(why) => Err(why.to_owned()),
    };
    if shot.is_ok()
        && let Err(why) = still_veiled(inner, page, &veils, deadline).await
    {
        shot = Err(why.to_owned());
    }
    for veil in veils.values() {
        let on = On::World(&veil.world);
        let _ = script(inner, on, UNCOVER, &Json::Null, &deadline.at_most(PATIENCE)).await;
    }
    shot
}

/// A document in which something is covered.
struct Veil {
    world: World,
    /// Where, in its window.
    boxes: Json,
}

/// Covers what must not be seen, in every document; whatever was covered must be uncovered, also
/// when this failed.
async fn veil(
    inner: &Inner,
    page: &Page,
    deadline: &Deadline,
) -> (HashMap<String, Veil>, Result<(), &'static str>) {
    let mut veils = HashMap::new();
    for world in worlds(inner, page) {
        let places = match places(inner, &world, deadline).await {
            Ok(places) if places.is_empty() => continue,
            Ok(places) => json!(places),
            Err(why) => return (veils, Err(why)),
        };
        let said = script(inner, On::World(&world), COVER, &places, deadline).await;
        let boxes = said.as_ref().map_or(Json::Null, |said| said["boxes"].clone());
        veils.insert(world.id.clone(), Veil { world, boxes });
        if said.is_err() {
            return (veils, Err("a document could not be covered"));
        }
    }
    (veils, Ok(()))
}

/// After the picture was taken: whether all that must not be seen is where it was covered. What came,
/// went or moved meanwhile may have been seen.
async fn still_veiled(
    inner: &Inner,
    page: &Page,
    veils: &HashMap<String, Veil>,
    deadline: &Deadline,
) -> Result<(), &'static str> {
    const CHANGED: &str = "the page changed while the picture was taken";
    if inner.used.is_empty() && veils.is_empty() {
        return Ok(());
    }
    let mut seen = 0;
    for world in worlds(inner, page) {
        let places = places(inner, &world, deadline).await?;
        let veil = match veils.get(&world.id) {
            Some(veil) if !places.is_empty() => veil,
            None if places.is_empty() => continue,
            _ => return Err(CHANGED),
        };
        seen += 1;
        let on = On::World(&world);
        let now = script(inner, on, COVERED, &json!(places), deadline).await;
        let now = now.map_err(|_| CHANGED)?;
        if now["lies"] != true || now["boxes"] != veil.boxes {
            return Err(CHANGED);
        }
    }
    if seen == veils.len() { Ok(()) } else { Err(CHANGED) }
}

/// The documents that a page shows.
pub(super) fn worlds(inner: &Inner, page: &Page) -> Vec<World> {
    let state = inner.state();
    let frames = state.frames.values().filter(|frame| frame.page == page.id());
    frames.filter_map(|frame| frame.world.clone()).collect()
}

/// Which of the things that a document displays must be covered.
async fn places(
    inner: &Inner,
    world: &World,
    deadline: &Deadline,
) -> Result<Vec<usize>, &'static str> {
    let deep = json!(!inner.used.is_empty());
    let shown = script(inner, On::World(world), DISPLAYED, &deep, deadline).await;
    let shown = shown.map_err(|lost| match lost {
        Lost::Gone => "a document went away while it was looked through",
        _ => "a document did not tell what it shows",
    })?;
    if shown.is_null() {
        return Err("a document shows too much to be looked through");
    }
    let runs: Vec<Run> =
        serde_json::from_value(shown).map_err(|_| "a document did not tell what it shows")?;
    let mut text = String::new();
    let mut ends = Vec::with_capacity(runs.len());
    for run in &runs {
        text.push_str(&run.text);
        text.push('\n');
        ends.push(text.len());
    }
    let mut places: Vec<usize> =
        runs.iter().enumerate().filter(|(_, run)| run.always).map(|(index, _)| index).collect();
    for range in inner.used.places(&text) {
        let first = ends.partition_point(|end| *end <= range.start);
        let last = ends.partition_point(|end| *end < range.end);
        places.extend(first..=last.min(runs.len().saturating_sub(1)));
    }
    places.sort_unstable();
    places.dedup();
    Ok(places)
}

async fn capture(
    page: &Page,
    area: Option<Area>,
    format: Format,
    deadline: &Deadline,
) -> Result<String, String> {
    #[derive(Deserialize)]
    struct Picture {
        data: String,
    }
    let inner = page.session().inner();
    let cdp =
        inner.state().page(page.id()).map(|page| page.cdp.clone()).ok_or("the page is closed")?;
    let mut params = match format {
        Format::Exact => json!({"format": "png", "optimizeForSpeed": true}),
        Format::Small => json!({"format": "jpeg", "quality": 60, "optimizeForSpeed": true}),
    };
    if let Some(area) = area {
        params["clip"] = json!({"x": area.x, "y": area.y, "width": area.width, "height": area.height, "scale": 1});
    }
    let pose = inner.pose(page.id());
    let call = inner.browser.connection.start(Some(&cdp), "Page.captureScreenshot", params);
    // By itself, for who is called off: the page is drawn until Chromium has done with it.
    let taken = tokio::spawn(async move {
        let picture = call.reply::<Picture>(LONGEST).await;
        drop(pose);
        picture
    });
    let limit = deadline.remaining().clamp(Duration::from_millis(200), LONGEST);
    let picture = match tokio::time::timeout(limit, taken).await {
        Ok(Ok(picture)) => picture.map_err(|error| error.to_string())?,
        Ok(Err(_)) => return Err("the host is ending".to_owned()),
        Err(_) => return Err("Chromium did not give a picture in time".to_owned()),
    };
    Ok(picture.data)
}

/// A document as HTML, redacted.
pub(super) async fn dom_of(inner: &Inner, world: &World, deadline: &Deadline) -> Option<String> {
    let request = json!({"limit": DOM_LIMIT, "plain": true});
    let said = script(inner, On::World(world), SNAPSHOT, &request, deadline).await.ok()?;
    Some(inner.used.hide(said["html"].as_str()?))
}
