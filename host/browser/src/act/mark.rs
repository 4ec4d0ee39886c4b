//! Before a deed, if the trace wants to see it: the element is found and marked, and the page is
//! captured. One more call for the mark; an action without a trace pays nothing.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::queries::{Area, outwards};
use super::resolve::{Entered, Miss, Try};
use super::tries::{Tries, once};
use crate::evidence::{Target, capture};
use crate::{Deadline, Error, Locator};

/// How long the script waits for the element; the action tries again as it does for its deed.
const SLICE: Duration = Duration::from_millis(500);

#[derive(Deserialize)]
struct Marked {
    #[serde(flatten)]
    area: Area,
    id: String,
}

/// Captures the page once for each action, when its target is there. A miss if it isn't yet.
pub(super) async fn look_before(
    locator: &Locator,
    entered: &Entered,
    tries: &mut Tries<'_>,
    body: &Json,
    deadline: &Deadline,
) -> Result<Option<Miss>, Error> {
    let inner = locator.page.session().inner();
    if tries.seen || !inner.trace.is_full() {
        return Ok(None);
    }
    // Files are put into fields that nobody sees.
    let visible = body["op"] != "upload";
    let slice = SLICE.min(deadline.remaining());
    let marked = json!({"op": "mark", "visible": visible, "boxless": body["boxless"]});
    let marked = match once(locator, entered, marked, slice, deadline).await? {
        Try::Done(marked) => serde_json::from_value::<Marked>(marked).ok(),
        Try::Miss(miss) => return Ok(Some(miss)),
        Try::Gone => None,
    };
    tries.seen = true;
    let target = match marked {
        Some(Marked { area, id }) => outwards(locator, entered, area, deadline)
            .await
            .map(|area| Target { frame: entered.world.frame.clone(), area, id }),
        None => None,
    };
    capture(&locator.page, target, deadline).await;
    Ok(None)
}
