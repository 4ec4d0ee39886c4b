//! From a locator to the document its element is in, and one try there.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::call::{GROUP, Lost, On, call, script};
use super::tries::Deed;
use crate::deadline::Over;
use crate::selector::{Path, Suggestion, wire};
use crate::session::{Inner, World};
use crate::{Deadline, Denied, Error, Locator, NetworkFailure, NotUnique, Sealed};

/// Why a try did not succeed, for the next one and for whoever is told at the end.
#[derive(Clone, Debug, Default)]
pub(crate) enum Miss {
    /// No try came to an answer yet.
    #[default]
    Nothing,
    /// No element matches: in the frame behind this many hops.
    Missing { hop: usize },
    /// It was there, but something kept it from being used.
    Obstructed { what: Option<String>, why: String },
    /// Something lies over it.
    Covered { what: Option<String>, by: String },
    /// Its frame is there, but not its document.
    Loading,
    /// Its frame shows an error page.
    Failed(NetworkFailure),
    /// The page doesn't answer.
    Hung,
}

/// What one try came to.
pub(super) enum Try {
    Done(Json),
    Miss(Miss),
    /// The document went away; at once again.
    Gone,
}

/// An iframe on the way: the element, in the document that holds it.
pub(super) struct Owner {
    pub(super) world: World,
    pub(super) object: String,
}

/// The document that a path leads to, and the iframes on the way, outermost first.
pub(super) struct Entered {
    pub(super) world: World,
    pub(super) owners: Vec<Owner>,
}

impl Entered {
    /// Lets go of the iframes.
    pub(super) fn leave(&self, inner: &Inner) {
        let mut sessions: Vec<&str> =
            self.owners.iter().map(|owner| owner.world.cdp.as_str()).collect();
        sessions.dedup();
        for cdp in sessions {
            inner.browser.connection.post(
                Some(cdp),
                "Runtime.releaseObjectGroup",
                json!({"objectGroup": GROUP}),
            );
        }
    }
}

pub(super) enum Way {
    Open(Entered),
    Miss(Miss),
    Gone,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
enum Answer {
    Done {
        #[serde(default)]
        value: Json,
    },
    None,
    Many {
        count: usize,
        candidates: Vec<Suggestion>,
    },
    Wait {
        why: String,
        what: Option<String>,
    },
    Covered {
        by: String,
        what: Option<String>,
    },
    Invalid {
        why: String,
    },
    Refused {
        origin: String,
    },
    Cut {
        typed: usize,
    },
}

const RUN: &str =
    "function (request) { return globalThis.__mavm ? __mavm.run(request) : { kind: 'bare' }; }";
const FRAME: &str = "function (request) { return globalThis.__mavm ? __mavm.frameElement(request) : '{\"kind\":\"bare\"}'; }";

/// Enters the frames of a path.
pub(super) async fn enter(
    locator: &Locator,
    slice: Duration,
    deadline: &Deadline,
) -> Result<Way, Error> {
    let inner = locator.page.session().inner();
    let mut owners: Vec<Owner> = Vec::new();
    let mut frame = locator.page.id().to_owned();
    for hop in 0..=locator.path.hops.len() {
        let world = match world_of(inner, &frame, slice, deadline).await {
            Ok(world) => world,
            Err(miss) => return Ok(Way::Miss(miss)),
        };
        // A document that has just come may be the error page of a navigation that was stopped.
        if hop == 0
            && let Some(astray) = inner.state().misled(&frame)
        {
            return Err(astray.hidden(inner));
        }
        if hop > 0
            && let Some(stop) = barred(inner, &frame)
        {
            return stop.map(Way::Miss);
        }
        let Some(steps) = locator.path.hops.get(hop) else {
            inner.may_use(&frame)?;
            return Ok(Way::Open(Entered { world, owners }));
        };
        let request = json!({"steps": wire(steps), "slice": millis(slice)});
        let found = match call(inner, &On::World(&world), FRAME, &request, false, deadline).await {
            Ok(found) => found,
            Err(lost) => return lost_way(lost).map(|gone| gone.map_or(Way::Gone, Way::Miss)),
        };
        let Some(object) = found.object_id else {
            let said = found.value.as_ref().and_then(Json::as_str).unwrap_or_default();
            if said.contains("\"bare\"") {
                // `run` installs the script on the way.
                let probe = json!({"op": "count", "steps": [], "slice": 0});
                let _ = script(inner, On::World(&world), RUN, &probe, deadline).await;
                return Ok(Way::Gone);
            }
            let way = Path { hops: locator.path.hops[..hop].to_vec(), steps: steps.clone() };
            let said = serde_json::from_str(said).unwrap_or(Json::Null);
            return match judge(inner, &world, &way, said, hop)? {
                Try::Miss(miss) => Ok(Way::Miss(miss)),
                Try::Done(_) | Try::Gone => Ok(Way::Gone),
            };
        };
        owners.push(Owner { world: world.clone(), object: object.clone() });
        let Some(inside) = behind(inner, &world, &object, deadline).await else {
            return Ok(Way::Miss(Miss::Loading));
        };
        if let Some(stop) = barred(inner, &inside) {
            return stop.map(Way::Miss);
        }
        frame = inside;
    }
    Ok(Way::Gone)
}

/// The frame behind an iframe element.
async fn behind(inner: &Inner, world: &World, object: &str, deadline: &Deadline) -> Option<String> {
    #[derive(Deserialize)]
    struct Described {
        node: Node,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Node {
        frame_id: Option<String>,
    }
    let call = inner.browser.connection.start(
        Some(&world.cdp),
        "DOM.describeNode",
        json!({"objectId": object, "depth": 0}),
    );
    let limit = deadline.remaining().max(Duration::from_millis(100));
    call.reply::<Described>(limit).await.ok()?.node.frame_id
}

/// Why a frame can't be used for good: its document was denied, or could not be loaded.
fn barred(inner: &Inner, frame: &str) -> Option<Result<Miss, Error>> {
    let state = inner.state();
    let id = frame;
    let frame = state.frames.get(id)?;
    if frame.is_moving() {
        return None;
    }
    if let Some(denied) = &frame.denied {
        return Some(Err(Error::Denied(Box::new(denied.clone()))));
    }
    state.unusable(id).map(|error| match error {
        Error::Network(failure) => Ok(Miss::Failed(*failure)),
        other => Err(other),
    })
}

/// The place for our script in a frame; waits for it for a slice, then asks for one.
async fn world_of(
    inner: &Inner,
    frame: &str,
    slice: Duration,
    deadline: &Deadline,
) -> Result<World, Miss> {
    let ready = |state: &mut crate::session::State| {
        state.frames.get(frame).filter(|frame| !frame.initial)?.world.clone()
    };
    if let Ok(world) = inner.until(&deadline.at_most(slice), ready).await {
        return Ok(world);
    }
    let cdp = inner.state().frames.get(frame).and_then(|frame| frame.cdp.clone());
    if slice.is_zero() {
        return Err(Miss::Loading);
    }
    if let Some(cdp) = cdp {
        let params = json!({"frameId": frame, "worldName": "mavm", "grantUniveralAccess": false});
        inner.browser.connection.post(Some(&cdp), "Page.createIsolatedWorld", params);
    }
    inner.until(&deadline.at_most(slice), ready).await.map_err(|_| Miss::Loading)
}

fn lost_way(lost: Lost) -> Result<Option<Miss>, Error> {
    match lost {
        Lost::Gone => Ok(None),
        Lost::Over(Over::Passed | Over::Cancelled) => Ok(Some(Miss::Hung)),
        Lost::Trouble(error) => Err(error),
    }
}

/// One request to the script, on the element of the locator.
pub(super) struct Request<'a> {
    pub(super) body: Json,
    pub(super) slice: Duration,
    /// If a sealed value is in the body.
    pub(super) sealed: Option<&'a Sealed>,
    /// If it is one.
    pub(super) deed: Option<&'a Deed<'a>>,
}

/// One try: the request in an entered document.
pub(super) async fn try_in(
    locator: &Locator,
    entered: &Entered,
    request: &Request<'_>,
    deadline: &Deadline,
) -> Result<Try, Error> {
    let inner = locator.page.session().inner();
    let hop = locator.path.hops.len();
    let mut body = request.body.clone();
    body["steps"] = wire(&locator.path.steps);
    body["slice"] = json!(millis(request.slice));
    if let Some(deed) = request.deed {
        body["token"] = json!(deed.token);
    }
    if let Some(sealed) = request.sealed {
        let origin = &entered.world.origin;
        let bound = sealed.bound(&inner.allowed);
        if !bound.iter().any(|allowed| allowed.holds(origin)) {
            // The value stays here. Whether the element is there at all is asked without it.
            let probe = json!({"op": "count", "steps": body["steps"], "slice": 0});
            return match script(inner, On::World(&entered.world), RUN, &probe, deadline).await {
                Ok(answer) if answer["value"].as_u64().unwrap_or(0) > 0 => {
                    Err(unbound(locator, origin, sealed))
                }
                Ok(_) => Ok(Try::Miss(Miss::Missing { hop })),
                Err(lost) => lost_way(lost).map(|miss| miss.map_or(Try::Gone, Try::Miss)),
            };
        }
        body["origins"] = json!([origin]);
    }
    match script(inner, On::World(&entered.world), RUN, &body, deadline).await {
        Ok(answer) => match judge(inner, &entered.world, &locator.path, answer, hop) {
            Err(Error::Denied(denied)) => match request.sealed {
                Some(sealed) => Err(unbound(locator, &denied.origin, sealed)),
                None => Err(Error::Denied(denied)),
            },
            other => other,
        },
        Err(Lost::Gone) if request.deed.is_some_and(Deed::has_begun) => Ok(Try::Done(Json::Null)),
        Err(lost) => lost_way(lost).map(|miss| miss.map_or(Try::Gone, Try::Miss)),
    }
}

fn unbound(locator: &Locator, origin: &str, sealed: &Sealed) -> Error {
    let bound: Vec<String> = sealed.origins.iter().map(ToString::to_string).collect();
    let remedy = if bound.is_empty() {
        "only the session's granted origins may receive it".to_owned()
    } else {
        format!(
            "the value is bound to {}; if it belongs there, bind it to this origin too",
            bound.join(", ")
        )
    };
    Error::Denied(Box::new(Denied {
        origin: origin.to_owned(),
        what: format!("typing a sealed value into {locator}"),
        remedy,
    }))
}

/// An answer of the script, redacted. The plugin's own words are left as they are: where they are
/// masked, what was guessed is right. The trace masks them.
fn judge(
    inner: &Inner,
    world: &World,
    path: &Path,
    answer: Json,
    hop: usize,
) -> Result<Try, Error> {
    let hide = |text: String| inner.used.hide(&text);
    let answer = match serde_json::from_value::<Answer>(answer) {
        Ok(answer) => answer,
        Err(error) => {
            tracing::debug!(%error, "an answer of the script could not be read");
            return Ok(Try::Gone);
        }
    };
    Ok(match answer {
        Answer::Done { value } => Try::Done(value),
        Answer::None => Try::Miss(Miss::Missing { hop }),
        Answer::Wait { why, what } => {
            Try::Miss(Miss::Obstructed { what: what.map(hide), why: hide(why) })
        }
        Answer::Covered { by, what } => {
            Try::Miss(Miss::Covered { what: what.map(hide), by: hide(by) })
        }
        Answer::Many { count, candidates } => {
            let candidates = candidates
                .into_iter()
                .map(|found| found.told(&path.hops, |text| inner.used.hide(text)))
                .collect();
            let url = inner.state().frames.get(&world.frame).map(|frame| frame.url.clone());
            return Err(Error::NotUnique(Box::new(NotUnique {
                locator: path.to_string(),
                count,
                url: inner.shown(&url.unwrap_or_default()),
                candidates,
            })));
        }
        Answer::Invalid { why } => return Err(Error::Invalid(format!("{path}: {}", hide(why)))),
        Answer::Refused { origin } => {
            return Err(Error::Denied(Box::new(Denied {
                origin,
                what: String::new(),
                remedy: String::new(),
            })));
        }
        Answer::Cut { typed } => {
            return Err(Error::Invalid(format!(
                "{path}: after {typed} characters the page took no more: no field had the focus, or it was full; what was typed is taken out again. Use fill, or type into each field by itself"
            )));
        }
    })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The document that the hops of a path lead to, if it is there now.
pub(crate) async fn place(locator: &Locator, deadline: &Deadline) -> Option<World> {
    match enter(locator, Duration::ZERO, deadline).await {
        Ok(Way::Open(entered)) => {
            entered.leave(locator.page.session().inner());
            Some(entered.world)
        }
        _ => None,
    }
}
