//! Captures: how a page looks at one moment, as picture and as copy of all its documents, for the
//! trace. Taken before a deed, with its target marked, and at the end of a session. A capture costs
//! the action time, so everything is asked at once and only what is new is sent and written. It
//! never fails an action, and it shows no sealed value.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use base64::Engine as _;
use futures::future::join_all;
use futures::stream::{self, StreamExt as _};
use regex::Regex;
use serde::Deserialize;
use serde_json::json;

use super::PATIENCE;
use super::picture::{Format, SNAPSHOT, picture, worlds};
use super::trace::Data;
use crate::act::{Area, Lost, On, script};
use crate::session::{Inner, World};
use crate::{Deadline, Page, locked};

/// Characters of one document that are kept, and of all that are asked at once.
const DOCUMENT: usize = 2 << 20;
const DOCUMENTS: usize = 8 << 20;
/// How many documents are asked: a page may have frames without end.
const MOST: usize = 64;
/// Bytes (in Base64) of one picture or font of a page that are kept, and of all that are asked for by one
/// capture; and how many of them are on their way at once. All sessions share the pipe they come through.
const RESOURCE: usize = 1 << 20;
const RESOURCES: usize = 16 << 20;
const AT_ONCE: usize = 8;
/// How long the last look may take: nobody waits for what it shows.
const LAST: Duration = Duration::from_secs(1);
/// How long a document may take to tell what it holds.
const ANSWER: Duration = Duration::from_secs(2);
/// How long all that a document needs from elsewhere may take.
const FETCHING: Duration = Duration::from_millis(500);

/// The element that is about to be used, marked in its document.
pub(crate) struct Target {
    /// The frame that it is in.
    pub(crate) frame: String,
    /// Where it is in the window.
    pub(crate) area: Area,
    /// Its own id, if it has one.
    pub(crate) id: String,
}

/// What was captured so far.
#[derive(Default)]
pub(crate) struct Captures {
    /// One at a time: each covers and uncovers what is secret.
    turn: tokio::sync::Mutex<()>,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    number: u64,
    at: Option<Instant>,
    /// Something was done since.
    stale: bool,
    known: HashMap<String, Known>,
    /// Documents that didn't answer once: they are not waited for again.
    silent: HashSet<String>,
}

/// What the trace has of a document's style sheets and pictures, by the script's numbers.
#[derive(Clone, Default)]
struct Known {
    styles: HashMap<u64, String>,
    urls: HashMap<u64, String>,
}

#[derive(Deserialize)]
struct Look {
    html: String,
    #[serde(default)]
    styles: Vec<Style>,
    #[serde(default)]
    urls: Vec<Url>,
    #[serde(default)]
    index: i64,
}

#[derive(Deserialize)]
struct Style {
    number: u64,
    text: String,
}

#[derive(Deserialize)]
struct Url {
    number: u64,
    url: String,
}

impl Captures {
    /// The capture that was taken since then, by its number.
    pub(super) fn since(&self, started: Instant) -> Option<u64> {
        let last = locked(&self.last);
        last.at.filter(|at| *at >= started).map(|_| last.number)
    }

    /// The page may look different from now on.
    pub(super) fn outdated(&self) {
        locked(&self.last).stale = true;
    }

    pub(super) fn is_stale(&self) -> bool {
        locked(&self.last).stale
    }
}

/// Captures a page and gives the capture's number; none if nothing could be had.
pub(crate) async fn capture(
    page: &Page,
    target: Option<Target>,
    deadline: &Deadline,
) -> Option<u64> {
    let inner = page.session().inner();
    let deadline = &deadline.at_most(PATIENCE);
    if !inner.trace.is_on() || inner.state().trouble(page.id()).is_some() {
        return None;
    }
    let captures = &inner.trace.captures;
    let turn = tokio::select! {
        turn = captures.turn.lock() => turn,
        _ = deadline.over() => return None,
    };
    let begun = Instant::now();
    let mut worlds = worlds(inner, page);
    let all = worlds.len();
    {
        let mut last = locked(&captures.last);
        last.silent.retain(|id| worlds.iter().any(|world| world.id == *id));
        worlds.retain(|world| !last.silent.contains(&world.id));
    }
    worlds.sort_by_key(|world| world.frame != page.id());
    worlds.truncate(MOST);
    let limit = DOCUMENT.min(DOCUMENTS / worlds.len().max(1));
    let looks = join_all(worlds.iter().map(|world| look(inner, world, limit, deadline)));
    // Covering changes the document; then one comes after the other.
    let (looks, shot) = if inner.used.is_empty() {
        let (looks, shot) = tokio::join!(looks, picture(page, None, Format::Small, deadline));
        (looks, shot.ok())
    } else {
        let looks = looks.await;
        // What doesn't say what it shows can't be covered.
        let answered = looks.iter().flatten().count() == all;
        let shot = match answered {
            true => picture(page, None, Format::Small, deadline).await.ok(),
            false => None,
        };
        (looks, shot)
    };
    let shot = shot.and_then(|data| inner.trace.keep("image/jpeg", Data::Base64(&data)));
    let mut frames = Vec::new();
    let mut mark = None;
    let mut room = RESOURCES;
    for (world, look) in worlds.iter().zip(looks) {
        let Some(look) = look else { continue };
        let index = look.index;
        let Some((id, at)) = keep(inner, world, look, &mut room, deadline).await else { continue };
        let state = inner.state();
        let frame = state.frames.get(&world.frame);
        frames.push(json!({
            "frame": world.frame,
            "parent": frame.and_then(|frame| frame.parent.clone()),
            "index": index,
            "url": frame.map(|frame| inner.shown(&frame.url)),
            "html": id,
        }));
        if let Some(target) = &target
            && target.frame == world.frame
        {
            mark = at;
        }
    }
    locked(&captures.last).known.retain(|id, _| worlds.iter().any(|world| world.id == *id));
    if shot.is_none() && frames.is_empty() {
        return None;
    }
    let number = {
        let mut last = locked(&captures.last);
        last.number += 1;
        last.at = Some(Instant::now());
        last.stale = false;
        last.number
    };
    let size = inner.viewport();
    let target = target.map(|target| {
        let area = target.area;
        json!({
            "frame": target.frame,
            "at": mark,
            "anchor": if target.id.is_empty() { "mavm-target".to_owned() } else { inner.used.hide(&target.id) },
            "box": [area.x, area.y, area.width, area.height],
        })
    });
    inner.trace.note(
        "capture",
        &json!({
            "number": number,
            "page": page.id(),
            "url": page.shown_url(),
            "window": [size.width, size.height],
            "picture": shot,
            "frames": frames,
            "target": target,
            "ms": u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        }),
    );
    drop(turn);
    Some(number)
}

/// What the script says of one document.
async fn look(inner: &Inner, world: &World, limit: usize, deadline: &Deadline) -> Option<Look> {
    let (styles, urls) = {
        let last = locked(&inner.trace.captures.last);
        let known = last.known.get(&world.id);
        let most = |of: fn(&Known) -> &HashMap<u64, String>| {
            known.and_then(|known| of(known).keys().max().copied()).unwrap_or(0)
        };
        (most(|known| &known.styles), most(|known| &known.urls))
    };
    let request = json!({"limit": limit, "styles": styles, "urls": urls});
    let patience = deadline.at_most(ANSWER);
    let had_time = patience.remaining() > ANSWER / 2;
    match script(inner, On::World(world), SNAPSHOT, &request, &patience).await {
        Ok(said) => serde_json::from_value(said).ok(),
        Err(Lost::Over(_)) if had_time => {
            locked(&inner.trace.captures.last).silent.insert(world.id.clone());
            None
        }
        Err(_) => None,
    }
}

/// Writes a document with what it needs, as far as there is room; gives its id and where in it the target
/// is marked.
async fn keep(
    inner: &Inner,
    world: &World,
    look: Look,
    room: &mut usize,
    deadline: &Deadline,
) -> Option<(String, Option<usize>)> {
    const MARK: &str = r#" data-mavm-target="""#;
    let mut known =
        locked(&inner.trace.captures.last).known.get(&world.id).cloned().unwrap_or_default();
    let patience = deadline.at_most(FETCHING);
    let fetches: Vec<_> =
        look.urls.iter().map(|url| fetch(inner, world, &url.url, &patience)).collect();
    let mut fetched = stream::iter(fetches).buffered(AT_ONCE);
    for url in &look.urls {
        // What there is no room for is left out, now and later.
        let content = if *room > 0 { fetched.next().await.flatten() } else { None };
        *room = room.saturating_sub(content.as_ref().map_or(0, |content| content.content.len()));
        let id = content.and_then(|content| content.keep(inner));
        known.urls.insert(url.number, id.unwrap_or_default());
    }
    drop(fetched);
    for style in look.styles {
        let text = placed(&inner.used.hide(&style.text), &known);
        let id = inner.trace.keep("text/css", Data::Text(&text));
        known.styles.insert(style.number, id.unwrap_or_default());
    }
    let mut html = placed(&inner.used.hide(&look.html), &known);
    locked(&inner.trace.captures.last).known.insert(world.id.clone(), known);
    // The document without the mark is the same as before, as long as nothing else has changed.
    let at = html.find(MARK);
    if let Some(at) = at {
        html.replace_range(at..at + MARK.len(), "");
    }
    inner.trace.keep("text/html", Data::Text(&html)).map(|id| (id, at))
}

/// Names of resources for the script's placeholders.
fn placed(text: &str, known: &Known) -> String {
    use std::sync::LazyLock;
    static PLACE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"mavm-(url|style):(\d{1,6});").ok());
    let Some(place) = PLACE.as_ref() else { return text.to_owned() };
    place
        .replace_all(text, |found: &regex::Captures<'_>| {
            let of = if &found[1] == "url" { &known.urls } else { &known.styles };
            let id = found[2].parse().ok().and_then(|number: u64| of.get(&number));
            match id {
                Some(id) if !id.is_empty() => format!("mavm-resource:{id};"),
                _ => String::new(),
            }
        })
        .into_owned()
}

/// Something that the document has loaded, from Chromium's memory.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    content: String,
    base64_encoded: bool,
}

async fn fetch(inner: &Inner, world: &World, url: &str, deadline: &Deadline) -> Option<Content> {
    // Nobody would wait for it, but it would come all the same.
    if deadline.is_over().is_some() {
        return None;
    }
    let params = json!({"frameId": world.frame, "url": url});
    let call = inner.browser.connection.start(Some(&world.cdp), "Page.getResourceContent", params);
    call.reply(deadline.remaining()).await.ok()
}

impl Content {
    /// Writes it; none if it is too large, or nothing that a page shows.
    fn keep(self, inner: &Inner) -> Option<String> {
        if self.content.len() > RESOURCE {
            return None;
        }
        if self.base64_encoded
            && let Some(kind) = kind_of(&self.content)
        {
            return inner.trace.keep(kind, Data::Base64(&self.content));
        }
        let text = if self.base64_encoded {
            let bytes = base64::engine::general_purpose::STANDARD.decode(self.content).ok()?;
            String::from_utf8(bytes).ok()?
        } else {
            self.content
        };
        let kind = if text.contains("<svg") { "image/svg+xml" } else { "text/css" };
        inner.trace.keep(kind, Data::Text(&inner.used.hide(&text)))
    }
}

/// What the first bytes say; none for what is text, or neither picture nor font.
fn kind_of(base64: &str) -> Option<&'static str> {
    let kinds = [
        ("iVBORw0KGgo", "image/png"),
        ("/9j/", "image/jpeg"),
        ("R0lGOD", "image/gif"),
        ("UklGR", "image/webp"),
        ("AAABAA", "image/x-icon"),
        ("d09GMg", "font/woff2"),
        ("d09GRg", "font/woff"),
        ("AAEAAAA", "font/ttf"),
        ("T1RUTw", "font/otf"),
    ];
    kinds.iter().find(|(start, _)| base64.starts_with(start)).map(|(_, kind)| *kind)
}

/// Captures what the last deed has left, when the session ends.
pub(crate) async fn last_look(page: &Page) {
    let inner = page.session().inner();
    if inner.trace.is_full() && inner.trace.captures.is_stale() && !page.is_moving() {
        capture(page, None, &Deadline::after(LAST)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_become_names_and_unknown_ones_nothing() {
        let mut known = Known::default();
        known.urls.insert(2, "ab".into());
        known.styles.insert(1, String::new());
        let text = r#"<img src="mavm-url:2;"><link href="mavm-style:1;"><i title="mavm-url:99;">"#;
        assert_eq!(
            placed(text, &known),
            r#"<img src="mavm-resource:ab;"><link href=""><i title="">"#
        );
    }
}
