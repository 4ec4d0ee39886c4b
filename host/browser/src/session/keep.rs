//! What a session keeps so that another one can go on in its place: cookies, and what the sites have
//! stored in the pages that are open. Saved at will, put back into a new session before its first
//! page is opened.
//!
//! Whoever has it is logged in: it must never be shown, and is wiped when dropped. Putting it back
//! asks the network for nothing: the gate answers the requests itself (`gate.rs`).

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use zeroize::{Zeroize, Zeroizing};

use super::{Inner, World};
use crate::act::{Lost, On, script};
use crate::cdp::CallError;
use crate::{Deadline, Error, LoadState, Session};

/// Bytes (as UTF-16 units) that one origin may store; one that stores more is left out as a whole.
const MOST_OF_ORIGIN: usize = 1 << 20;
/// All origins together.
const MOST_IN_ALL: usize = 4 << 20;
/// Origins that are kept.
const MOST_ORIGINS: usize = 20;
/// Cookies that are kept: about as many as Chromium itself does.
const MOST_COOKIES: usize = 3000;
/// How long Chromium may take over one request.
const LIMIT: Duration = Duration::from_secs(30);

/// Both storages as lists of pairs; null where a document has none, or too much in it.
const READ: &str = "function (most) {
    const read = storage => {
        const items = [];
        let size = 0;
        for (let i = 0; i < storage.length; i++) {
            const key = storage.key(i), value = storage.getItem(key);
            size += key.length + value.length;
            if (size > most) return null;
            items.push([key, value]);
        }
        return items;
    };
    try {
        const local = read(localStorage), session = read(sessionStorage);
        return local && session ? { local, session } : { large: true };
    } catch { return null; }
}";

const WRITE: &str = "function ({ local, session }) {
    try {
        for (const [key, value] of local) localStorage.setItem(key, value);
        for (const [key, value] of session) sessionStorage.setItem(key, value);
        return true;
    } catch { return false; }
}";

/// Cookies and storage of a session. Never shown; wiped when dropped.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionState {
    cookies: Vec<Cookie>,
    origins: Vec<Stored>,
    /// A page didn't answer when this was saved.
    #[serde(skip)]
    hung: bool,
}

/// A cookie as Chromium gives it and takes it back.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cookie {
    name: String,
    value: String,
    domain: String,
    path: String,
    /// Seconds since 1970; of a cookie that ends with the session, -1.
    expires: f64,
    http_only: bool,
    secure: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    same_site: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    priority: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source_scheme: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source_port: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    partition_key: Option<Json>,
}

/// What one origin has stored.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Stored {
    origin: String,
    local: Vec<(String, String)>,
    session: Vec<(String, String)>,
}

/// What a page tells of its storage.
enum Told {
    /// There is nothing to be had.
    Nothing,
    Silence,
    Pairs(Stored),
}

impl Stored {
    fn size(&self) -> usize {
        let pairs = self.local.iter().chain(&self.session);
        pairs.map(|(name, value)| name.len() + value.len()).sum()
    }

    fn is_empty(&self) -> bool {
        self.local.is_empty() && self.session.is_empty()
    }
}

impl Drop for Cookie {
    fn drop(&mut self) {
        self.value.zeroize();
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        for (name, value) in self.local.iter_mut().chain(&mut self.session) {
            name.zeroize();
            value.zeroize();
        }
    }
}

impl fmt::Debug for SessionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origins: Vec<_> = self.origins.iter().map(|stored| &stored.origin).collect();
        write!(f, "SessionState({} cookies, storage of {origins:?})", self.cookies.len())
    }
}

impl SessionState {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.cookies.is_empty() && self.origins.iter().all(Stored::is_empty)
    }

    /// Whether a page didn't answer when this was saved: its script runs for ever, it may be, and so it
    /// will answer nothing else. What it stores is missing.
    pub fn page_hung(&self) -> bool {
        self.hung
    }

    /// As bytes, to be encrypted.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // Sized first: a buffer that grows leaves copies behind.
        let cookies = self.cookies.iter().map(|it| it.name.len() + it.value.len() + 600);
        let pairs = self.origins.iter().flat_map(|it| it.local.iter().chain(&it.session));
        let pairs = pairs.map(|(name, value)| name.len() + value.len() + 8);
        let size: usize = cookies.chain(pairs).sum();
        let mut bytes = Zeroizing::new(Vec::with_capacity(2 * size + 4096));
        // Plain data always becomes JSON; nothing at all would be read back as an error.
        if serde_json::to_writer(&mut *bytes, self).is_err() {
            bytes.clear();
        }
        bytes
    }

    /// From such bytes. The error says nothing of what is in them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(bytes)
            .map_err(|_| Error::Invalid("this is no saved state of a session".to_owned()))
    }

    /// Takes over what an earlier state knows of origins that this one has not seen. One that stores
    /// nothing any more was seen.
    #[must_use]
    pub fn with_earlier(mut self, earlier: &Self) -> Self {
        let is_new = |stored: &&Stored| self.origins.iter().all(|it| it.origin != stored.origin);
        let unseen: Vec<Stored> = earlier.origins.iter().filter(is_new).cloned().collect();
        self.origins.retain(|stored| !stored.is_empty());
        unseen.into_iter().for_each(|stored| self.add(stored));
        self
    }

    fn add(&mut self, stored: Stored) {
        let size: usize = self.origins.iter().map(Stored::size).sum();
        if self.origins.len() == MOST_ORIGINS || size + stored.size() > MOST_IN_ALL {
            tracing::warn!(
                origin = stored.origin,
                "a session stores more than is kept; what this site stores is left out"
            );
            return;
        }
        self.origins.push(stored);
    }
}

impl Session {
    /// The session's cookies, and the storage of the origins of its open pages. Storage of frames of
    /// other origins is not in it: browsers keep that apart for each site around the frame.
    ///
    /// A page that doesn't answer within the deadline, or stores more than 1 MiB, is left out; so are
    /// cookies and stored values that hold a sealed value which this session has used, or a part of
    /// one.
    pub async fn save_state(&self, deadline: impl Into<Deadline>) -> Result<SessionState, Error> {
        #[derive(Deserialize)]
        struct Cookies {
            cookies: Vec<Cookie>,
        }
        let deadline = deadline.into();
        let inner = self.inner();
        inner.usable()?;
        let asked = inner.browser.connection.start(
            None,
            "Storage.getCookies",
            json!({"browserContextId": inner.context}),
        );
        let mut state = SessionState::default();
        for world in inner.documents() {
            match inner.stored(&world, &deadline).await? {
                Told::Nothing => {}
                Told::Silence => state.hung = true,
                Told::Pairs(stored) => state.add(stored),
            }
        }
        let within = deadline.remaining().max(Duration::from_millis(100));
        let Cookies { mut cookies } = asked.reply(within).await.map_err(unanswered)?;
        cookies
            .retain(|cookie| !inner.used.holds(&cookie.name) && !inner.used.holds(&cookie.value));
        if cookies.len() > MOST_COOKIES {
            tracing::warn!("a session has more cookies than are kept; the rest is left out");
            cookies.truncate(MOST_COOKIES);
        }
        cookies.sort_by(|a, b| (&a.domain, &a.path, &a.name).cmp(&(&b.domain, &b.path, &b.name)));
        state.cookies = cookies;
        Ok(state)
    }

    /// Puts cookies and storage back. Meant for a new session, before its first page is opened; its
    /// page is empty again afterwards. Storage of origins that are not granted stays out.
    ///
    /// What a site's own rules refuse (a cookie that has expired) is left out, too.
    pub async fn restore_state(
        &self,
        state: &SessionState,
        deadline: impl Into<Deadline>,
    ) -> Result<(), Error> {
        let deadline = deadline.into();
        let inner = self.inner();
        inner.usable()?;
        inner.set_cookies(&state.cookies, &deadline).await?;
        let wanted = |stored: &&Stored| !stored.is_empty() && inner.allows(&stored.origin);
        let granted: Vec<&Stored> = state.origins.iter().filter(wanted).collect();
        if !granted.is_empty() {
            let put = self.put_back(&granted, &deadline).await;
            inner.state().serving = None;
            put?;
        }
        let origins: Vec<&str> = granted.iter().map(|stored| stored.origin.as_str()).collect();
        tracing::info!(cookies = state.cookies.len(), ?origins, "a session's state was put back");
        inner.trace.note("restored", &json!({"cookies": state.cookies.len(), "origins": origins}));
        Ok(())
    }

    /// Opens an empty page of each origin, which the gate answers, and stores there.
    async fn put_back(&self, origins: &[&Stored], deadline: &Deadline) -> Result<(), Error> {
        let inner = self.inner();
        let page = self.page();
        for stored in origins {
            let address = format!("{}/", stored.origin);
            inner.state().serving = Some(address.clone());
            page.open(&address, LoadState::DomContentLoaded, deadline).await?;
            let world = inner
                .until(deadline, |state| {
                    if let Some(trouble) = state.trouble(page.id()) {
                        return Some(Err(trouble));
                    }
                    let world = state.frames.get(page.id())?.world.clone()?;
                    (world.origin == stored.origin).then_some(Ok(world))
                })
                .await
                .map_err(|over| late(over, deadline))??;
            let pairs = json!({"local": stored.local, "session": stored.session});
            let written = script(inner, On::World(&world), WRITE, &pairs, deadline).await;
            if written.map_err(|lost| told(lost, deadline))? != Json::Bool(true) {
                tracing::warn!(origin = stored.origin, "a site's storage could not be put back");
            }
        }
        inner.state().serving = Some(String::new());
        page.open("about:blank", LoadState::DomContentLoaded, deadline).await?;
        // Going back must not lead to the empty pages.
        if let Some(cdp) = inner.state().page(page.id()).map(|page| page.cdp.clone()) {
            inner.browser.connection.post(Some(&cdp), "Page.resetNavigationHistory", json!({}));
        }
        Ok(())
    }
}

impl Inner {
    fn usable(&self) -> Result<(), Error> {
        let state = self.state();
        if state.browser_gone {
            Err(Error::Crashed("Chromium died".to_owned()))
        } else if state.closed {
            Err(Error::Closed("the session is closed".to_owned()))
        } else {
            Ok(())
        }
    }

    /// A document of each origin whose storage is the origin's own: those of the pages themselves.
    fn documents(&self) -> Vec<World> {
        let state = self.state();
        let mut seen = BTreeSet::new();
        let pages = state.open_pages().filter(|page| !page.crashed);
        let worlds = pages.filter_map(|page| state.frames.get(&page.id)?.world.clone());
        worlds
            .filter(|world| self.allows(&world.origin) && seen.insert(world.origin.clone()))
            .collect()
    }

    /// What a document's origin has stored.
    async fn stored(&self, world: &World, deadline: &Deadline) -> Result<Told, Error> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Read {
            local: Vec<(String, String)>,
            session: Vec<(String, String)>,
            large: bool,
        }
        let origin = world.origin.clone();
        let read = script(self, On::World(world), READ, &json!(MOST_OF_ORIGIN), deadline).await;
        let read = match read {
            Ok(read) => match serde_json::from_value::<Option<Read>>(read) {
                Ok(Some(read)) => read,
                _ => return Ok(Told::Nothing),
            },
            Err(Lost::Trouble(error @ (Error::Crashed(_) | Error::Closed(_)))) => {
                // One page may be gone and the session still be there.
                self.usable().map_err(|_| error)?;
                return Ok(Told::Nothing);
            }
            Err(Lost::Over(_)) => {
                tracing::warn!(origin, "a page doesn't answer; what it stores is left out");
                return Ok(Told::Silence);
            }
            Err(_) => return Ok(Told::Nothing),
        };
        if read.large {
            tracing::warn!(origin, "a site stores more than is kept; it is left out");
            return Ok(Told::Nothing);
        }
        let Read { mut local, mut session, .. } = read;
        // What a site keeps of a sealed value goes no further than the page that it was typed into.
        for pairs in [&mut local, &mut session] {
            pairs.retain(|(name, value)| !self.used.holds(name) && !self.used.holds(value));
        }
        Ok(Told::Pairs(Stored { origin, local, session }))
    }

    /// Each by itself: Chromium refuses all of a list for one that it doesn't like.
    async fn set_cookies(&self, cookies: &[Cookie], deadline: &Deadline) -> Result<(), Error> {
        let connection = &self.browser.connection;
        let sent: Vec<_> = cookies
            .iter()
            .map(|cookie| {
                let params = json!({"cookies": [cookie], "browserContextId": self.context});
                connection.start(None, "Storage.setCookies", params)
            })
            .collect();
        let mut refused = 0;
        for pending in sent {
            match pending.reply::<Json>(LIMIT.min(deadline.remaining())).await {
                Ok(_) => {}
                Err(CallError::Refused { .. }) => refused += 1,
                Err(error) => return Err(unanswered(error)),
            }
        }
        if refused > 0 {
            tracing::warn!(refused, "Chromium took some cookies not back");
        }
        Ok(())
    }
}

fn unanswered(error: CallError) -> Error {
    Error::Crashed(format!("Chromium doesn't answer ({error})"))
}

fn late(over: crate::deadline::Over, deadline: &Deadline) -> Error {
    Error::over(over, "the session's state to be put back", deadline, None, String::new())
}

fn told(lost: Lost, deadline: &Deadline) -> Error {
    match lost {
        Lost::Trouble(error) => error,
        Lost::Over(over) => late(over, deadline),
        Lost::Gone => Error::Crashed("an empty page went away by itself".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn stored(origin: &str, value: &str) -> Stored {
        let pairs = vec![("token".to_owned(), value.to_owned())];
        Stored { origin: origin.to_owned(), local: pairs.clone(), session: pairs }
    }

    #[test]
    fn a_state_shows_no_value_and_survives_as_bytes() {
        let state = SessionState {
            origins: vec![stored("https://a.example", "s3cr3t")],
            ..Default::default()
        };
        let shown = format!("{state:?}");
        assert!(shown.contains("https://a.example") && !shown.contains("s3cr3t"), "{shown}");
        assert!(SessionState::from_bytes(&state.to_bytes()).unwrap() == state);
        let cut = &state.to_bytes()[1..];
        assert!(matches!(SessionState::from_bytes(cut), Err(Error::Invalid(_))));
    }

    #[test]
    fn what_was_seen_last_counts_and_the_rest_is_not_forgotten() {
        let earlier = ["https://a.example", "https://b.example", "https://left.example"];
        let earlier = SessionState {
            origins: earlier.map(|origin| stored(origin, "old")).into(),
            ..Default::default()
        };
        // It stores nothing any more: it has logged the user out.
        let left = "https://left.example".to_owned();
        let left = Stored { origin: left, local: Vec::new(), session: Vec::new() };
        let now = SessionState {
            origins: vec![left, stored("https://a.example", "new")],
            ..Default::default()
        };
        let both = now.with_earlier(&earlier);
        assert!(
            both.origins
                == [stored("https://a.example", "new"), stored("https://b.example", "old")]
        );
    }
}
