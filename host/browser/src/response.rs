//! Responses that a page script asked to see. Bodies are bounded, and used sealed values masked in
//! those that are text.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use serde::Deserialize;
use serde_json::json;

use crate::cdp::{CallError, Pending};
use crate::selector::Fits;
use crate::session::{Inner, State};
use crate::{Deadline, Error, NetworkFailure, Page, TextMatch};

/// Larger bodies are refused.
const BODY_LIMIT: usize = 4 << 20;
/// The same as Chromium counts, which has no body of what is much larger.
const SIZE_LIMIT: f64 = 4_194_304.0;
/// Who waits is asked about every answer of a page.
const MOST_WATCHES: usize = 16;
/// How long Chromium may take to hand over a body that it has.
const BODY_PATIENCE: Duration = Duration::from_secs(30);
/// How long the page may take to read the body of a fetch before it is looked for without that; then less
/// and less often. Chromium has no word for when it is all there.
const READ_WITHIN: Duration = Duration::from_secs(1);
const ASKED_AT_LEAST: Duration = Duration::from_secs(10);
/// How long a frame may take to move to another process.
const MOVE_PATIENCE: Duration = Duration::from_secs(10);

/// What answered a request of a page.
#[derive(Clone, Debug)]
pub struct Response {
    /// Its address.
    pub url: String,
    /// HTTP status.
    pub status: u16,
    /// Its type without parameters, such as `audio/wav`.
    pub mime_type: String,
    /// At most 4 MiB.
    pub body: Vec<u8>,
}

/// Somebody waits for a response; kept in the page's state.
pub(crate) struct Watch {
    id: u64,
    fits: Fits,
    pub(crate) found: Option<Found>,
    /// The document that asked for what was found is gone: it may end or not, and another one counts
    /// as well.
    orphaned: bool,
    /// One that came, and that the page itself broke off.
    broken_off: bool,
}

impl Watch {
    /// Whether the request, by any of the addresses it was redirected through, is the awaited one.
    /// The addresses come as they would be shown: a yes or no must not tell what is masked.
    pub(crate) fn wants(&self, url: &str, before: &[String]) -> bool {
        (self.found.is_none() || self.orphaned)
            && ((self.fits)(url) || before.iter().any(|before| (self.fits)(before)))
    }

    pub(crate) fn takes(&mut self, found: Found) {
        self.found = Some(found);
        self.orphaned = false;
    }

    /// Nobody is there any more who asked for these; one that ends all the same still counts.
    pub(crate) fn lost(&mut self, requests: &[String]) {
        if let Some(found) = self.found.as_ref().filter(|found| found.end.is_none())
            && requests.contains(&found.request)
        {
            self.orphaned = true;
            self.broken_off = true;
        }
    }

    /// A request came to its end. What the page itself broke off is no answer; it may ask again. Only the
    /// first end counts: a body that is had already stays, whatever becomes of the request.
    pub(crate) fn ended(&mut self, request: &str, end: &End) {
        let open = |found: &&mut Found| found.request == request && found.end.is_none();
        if let Some(found) = self.found.as_mut().filter(open) {
            match end {
                // Chromium calls it so where there is nothing to be read.
                End::BrokenOff if found.bodyless => found.end = Some(End::nothing()),
                End::BrokenOff => {
                    self.found = None;
                    self.broken_off = true;
                }
                end => found.end = Some(end.clone()),
            }
        }
    }
}

/// The response that a watch was waiting for.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) cdp: String,
    /// Nameless if a worker asked.
    pub(crate) frame: String,
    pub(crate) request: String,
    pub(crate) url: String,
    pub(crate) status: u16,
    pub(crate) mime_type: String,
    /// A service worker of the page made it; it was not on the network.
    pub(crate) by_worker: bool,
    /// It has none by nature: the answer to HEAD, or 204.
    pub(crate) bodyless: bool,
    /// Bytes as they came, compressed or not, when it has ended.
    pub(crate) size: f64,
    /// Where its body comes to, once it was asked for.
    pub(crate) end: Option<End>,
}

/// How a request ended.
#[derive(Clone)]
pub(crate) enum End {
    /// All of it is there, and Chromium's word for its body, or why it was not kept.
    Whole(Arc<Result<Body, String>>),
    Failed(String),
    BrokenOff,
}

impl End {
    fn nothing() -> Self {
        Self::Whole(Arc::new(Ok(Body { body: String::new(), base64_encoded: false })))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Body {
    body: String,
    base64_encoded: bool,
}

impl Body {
    fn bytes(&self) -> Result<Vec<u8>, base64::DecodeError> {
        match self.base64_encoded {
            true => base64::engine::general_purpose::STANDARD.decode(&self.body),
            false => Ok(self.body.clone().into_bytes()),
        }
    }

    fn length(&self) -> Option<u64> {
        self.bytes().ok().and_then(|bytes| u64::try_from(bytes.len()).ok())
    }
}

/// Asks for the body of a response that has just ended. At once: the page may be about to leave, and
/// its bodies go with it.
pub(crate) fn grab(inner: &Arc<Inner>, found: Found) {
    let inner = inner.clone();
    let asked = ask(&inner, &found.cdp, &found.request);
    tokio::spawn(async move {
        let mut body = asked.reply::<Body>(BODY_PATIENCE).await;
        if matches!(body, Err(CallError::Refused { .. })) && !found.frame.is_empty() {
            // The document of a frame that moves to another process is kept there.
            let soon = Deadline::after(MOVE_PATIENCE);
            let moved = inner.until(&soon, |state| {
                let frame = state.frames.get(&found.frame)?;
                let cdp = frame.cdp.as_ref().filter(|_| !frame.is_moving())?;
                Some((*cdp != found.cdp).then(|| cdp.clone()))
            });
            if let Ok(Some(cdp)) = moved.await {
                body = ask(&inner, &cdp, &found.request).reply::<Body>(BODY_PATIENCE).await;
            }
        }
        inner.ended(&found.request, body.map_err(|error| error.to_string()));
    });
}

impl Inner {
    fn ended(&self, request: &str, body: Result<Body, String>) {
        let end = End::Whole(Arc::new(body));
        let mut state = self.state();
        for watch in state.pages.iter_mut().flat_map(|page| &mut page.watches) {
            watch.ended(request, &end);
        }
        drop(state);
        self.touch();
    }
}

impl State {
    fn still_awaited(&self, request: &str) -> Option<Found> {
        if self.closed {
            return None;
        }
        let mut watches = self.open_pages().flat_map(|page| &page.watches);
        let open = |found: &&Found| found.request == request && found.end.is_none();
        watches.find_map(|watch| watch.found.as_ref().filter(open)).cloned()
    }
}

/// The same for one whose end nobody may ever tell of, since it must not be stored and the page doesn't read
/// it: what waits for a response has Chromium keep bodies apart from what reads them. All of it is there when
/// it has the `length` that its head says: Chromium hands over the first part, too, when a connection has
/// broken, and the page may not have told yet. What is longer is not what its head says.
pub(crate) fn grab_unread(inner: &Arc<Inner>, request: String, length: u64) {
    let inner = inner.clone();
    tokio::spawn(async move {
        let mut pause = READ_WITHIN;
        loop {
            tokio::time::sleep(pause).await;
            let Some(found) = inner.state().still_awaited(&request) else { return };
            match ask(&inner, &found.cdp, &request).reply::<Body>(BODY_PATIENCE).await {
                Ok(body) if body.length() == Some(length) => {
                    return inner.ended(&request, Ok(body));
                }
                Ok(body) if body.length().is_none_or(|had| had > length) => return,
                Err(CallError::Closed) => return,
                Ok(_) | Err(_) => pause = (2 * pause).min(ASKED_AT_LEAST),
            }
        }
    });
}

fn ask(inner: &Inner, cdp: &str, request: &str) -> Pending {
    let which = json!({"requestId": request});
    inner.browser.connection.start(Some(cdp), "Network.getResponseBody", which)
}

/// Listens from its making on, until it is dropped.
pub struct ResponseWaiter {
    page: Page,
    url: TextMatch,
    id: u64,
}

impl ResponseWaiter {
    pub(crate) fn new(page: Page, url: TextMatch) -> Result<Self, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let fits = url.fitting()?;
        let watch = Watch { id, fits, found: None, orphaned: false, broken_off: false };
        let inner = page.session().inner();
        {
            let mut state = inner.state();
            if let Some(trouble) = state.trouble(page.id()) {
                return Err(trouble);
            }
            if let Some(page) = state.page_mut(page.id()) {
                if page.watches.len() >= MOST_WATCHES {
                    return Err(Error::Invalid(format!(
                        "{MOST_WATCHES} responses are expected on this page already; wait for one of them, or drop it"
                    )));
                }
                page.watches.push(watch);
            }
        }
        inner.keep_bodies(page.id());
        Ok(Self { page, url, id })
    }

    /// The first response that matched, by its address or by one that it was redirected from, with
    /// its body. What comes is the last of the redirects.
    ///
    /// [`Error::Network`] if the request failed, or its body was not kept, as Chromium does with
    /// those that a service worker makes; [`Error::Invalid`] if it
    /// is larger than 4 MiB. A request that the page itself breaks off is no answer.
    pub async fn wait(self, deadline: impl Into<Deadline>) -> Result<Response, Error> {
        let deadline = deadline.into();
        let inner = self.page.session().inner();
        let ended = inner
            .until(&deadline, |state| {
                let watch = state
                    .page(self.page.id())
                    .and_then(|page| page.watches.iter().find(|watch| watch.id == self.id));
                let found = watch.and_then(|watch| watch.found.clone());
                match found.filter(|found| found.end.is_some()) {
                    Some(found) => Some(Ok(found)),
                    None => state.trouble(self.page.id()).map(Err),
                }
            })
            .await;
        match ended {
            Ok(found) => self.read(found?),
            Err(over) => {
                let what = format!("a response from {}", self.url);
                let obstacle = self.obstacle().or_else(|| self.page.obstacle());
                Err(Error::over(over, what, &deadline, obstacle, self.page.shown_url()))
            }
        }
    }

    fn obstacle(&self) -> Option<String> {
        let state = self.page.session().inner().state();
        let page = state.page(self.page.id())?;
        let watch = page.watches.iter().find(|watch| watch.id == self.id)?;
        match &watch.found {
            Some(found) if !watch.orphaned => Some(format!(
                "HTTP {} came, but not all of its body: the site is slow, or the page doesn't read it",
                found.status
            )),
            _ if watch.broken_off => Some("one was broken off by the page itself".to_owned()),
            _ => None,
        }
    }

    fn read(&self, found: Found) -> Result<Response, Error> {
        let inner = self.page.session().inner();
        let failed = |reason: String| {
            Error::Network(Box::new(NetworkFailure::of(inner.shown(&found.url), reason)))
        };
        let too_large = |bytes: String| {
            let url = inner.shown(&found.url);
            Error::Invalid(format!(
                "the response from {url} has {bytes} bytes; at most {BODY_LIMIT} can be taken"
            ))
        };
        let whole = match found.end {
            Some(End::Whole(whole)) => whole,
            Some(End::Failed(reason)) => return Err(failed(reason)),
            Some(End::BrokenOff) | None => return Err(failed("it was broken off".to_owned())),
        };
        let bytes = match whole.as_ref() {
            Ok(body) => {
                body.bytes().map_err(|_| failed("its body could not be read".to_owned()))?
            }
            // These have none by nature.
            Err(_) if found.bodyless => Vec::new(),
            Err(_) if found.by_worker => {
                return Err(failed(
                    "a service worker of the page made it; its body is not kept".to_owned(),
                ));
            }
            Err(_) if found.size > SIZE_LIMIT => return Err(too_large(found.size.to_string())),
            Err(reason) => return Err(failed(format!("its body was not kept: {reason}"))),
        };
        if bytes.len() > BODY_LIMIT {
            return Err(too_large(bytes.len().to_string()));
        }
        Ok(Response {
            url: inner.used.hide(&found.url),
            status: found.status,
            mime_type: inner.used.hide(&found.mime_type),
            body: inner.used.hide_bytes(bytes),
        })
    }
}

impl Drop for ResponseWaiter {
    fn drop(&mut self) {
        if let Some(page) = self.page.session().inner().state().page_mut(self.page.id()) {
            page.watches.retain(|watch| watch.id != self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn body(text: &str, base64_encoded: bool) -> Body {
        Body { body: text.to_owned(), base64_encoded }
    }

    #[test]
    fn the_first_end_of_a_request_is_the_one_that_counts() {
        let found = Found {
            cdp: String::new(),
            frame: String::new(),
            request: "1".to_owned(),
            url: String::new(),
            status: 200,
            mime_type: String::new(),
            by_worker: false,
            bodyless: false,
            size: 0.0,
            end: None,
        };
        let mut watch = Watch {
            id: 1,
            fits: Box::new(|_| true),
            found: Some(found),
            orphaned: false,
            broken_off: false,
        };
        let had = End::Whole(Arc::new(Ok(body("had", false))));
        let evicted = End::Whole(Arc::new(Err("evicted".to_owned())));
        watch.ended("2", &End::BrokenOff);
        for end in [had, End::BrokenOff, End::Failed("late".to_owned()), evicted] {
            watch.ended("1", &end);
            let found = watch.found.as_ref().unwrap();
            assert!(matches!(
                &found.end,
                Some(End::Whole(whole)) if whole.as_ref().as_ref().is_ok_and(|it| it.body == "had")
            ));
        }
    }

    #[test]
    fn bodies_are_as_long_as_their_bytes() {
        assert_eq!(body("ä!", false).length(), Some(3));
        assert_eq!(body("AAEC", true).length(), Some(3));
        assert_eq!(body("no base64", true).length(), None);
    }
}
