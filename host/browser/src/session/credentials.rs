//! HTTP authentication: a site that asks for a user and password by its protocol gets those that
//! were configured for its origin, once. No other origin and no proxy ever gets them; a site that
//! refuses them, or has none, is told "cancelled", so that its page shows what it has to say.

use std::collections::HashMap;

use base64::Engine as _;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::wire::{Challenged, ResponseReceived};
use super::{Inner, State};
use crate::origin::origin_of;
use crate::redact::{Full, Used};
use crate::{LockedBy, Origin, Unauthorized};

/// A user and password for the sites of one origin. The password is masked from the start in
/// whatever leaves the session.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Who may ask for them.
    pub origin: Origin,
    /// The user's name.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

impl Credentials {
    pub(super) fn mask(&self, used: &Used) -> Result<(), Full> {
        let own = std::slice::from_ref(&self.origin);
        used.remember(&self.password, own)?;
        // As it travels: a site may show the headers that it was sent.
        let pair = format!("{}:{}", self.user, self.password.expose_secret());
        let pair = base64::engine::general_purpose::STANDARD.encode(pair);
        used.remember(&SecretString::from(pair), own)
    }
}

impl State {
    /// A request asks again when what it was given is wrong.
    fn asks_again(&mut self, asked: &Challenged) -> bool {
        const KEPT: usize = 1000;
        if self.answered.len() > KEPT {
            self.answered.clear();
        }
        // Chromium counts the stages of a request behind the dot.
        let request = asked.request_id.split('.').next().unwrap_or_default();
        !self.answered.insert((request.to_owned(), origin_of(&asked.auth_challenge.origin)))
    }
}

impl Inner {
    /// Which requests Chromium holds until the gate has answered: documents, and for origins with
    /// credentials all, since only a request that is held asks for them. With one that is not held,
    /// full Chromium asks a person, who is not there, and the page waits for ever: so it holds what
    /// scripts fetch, too.
    pub(super) fn held(&self) -> serde_json::Value {
        let of_kind = |kind: &str| json!({"urlPattern": "*", "resourceType": kind});
        let mut patterns = vec![of_kind("Document")];
        if !self.browser.version.starts_with("HeadlessChrome") {
            patterns.extend([of_kind("XHR"), of_kind("Fetch")]);
        }
        for credentials in &self.credentials {
            patterns.push(json!({"urlPattern": format!("{}/*", credentials.origin)}));
        }
        json!({"patterns": patterns, "handleAuthRequests": true})
    }

    pub(super) fn challenged(&self, cdp: &str, params: &RawValue) {
        let asked = match serde_json::from_str::<Challenged>(params.get()) {
            Ok(asked) => asked,
            Err(error) => {
                tracing::error!(%error, "a request for a password could not be read; its page will hang");
                return;
            }
        };
        let challenge = &asked.auth_challenge;
        let of_server = challenge.source.as_deref() == Some("Server");
        let known = self.credentials.iter().find(|known| {
            of_server
                && known.origin.holds(&challenge.origin)
                && known.origin.holds(&asked.request.url)
        });
        let again = self.state().asks_again(&asked);
        let answer = match known {
            Some(known) if !again => json!({
                "response": "ProvideCredentials",
                "username": known.user,
                "password": known.password.expose_secret(),
            }),
            _ => json!({"response": "CancelAuth"}),
        };
        self.browser.connection.post(
            Some(cdp),
            "Fetch.continueWithAuth",
            json!({"requestId": asked.request_id, "authChallengeResponse": answer}),
        );
    }

    /// A document came with "unauthorized": if it was locked, it is not the one that was meant.
    pub(super) fn locked_out(&self, event: &ResponseReceived, params: &RawValue) {
        let Some(frame) = &event.frame_id else { return };
        let Some(realm) = realm_of(params) else { return };
        let url = &event.response.url;
        let origin = origin_of(url);
        let known = self.credentials.iter().any(|known| known.origin.holds(url));
        let mut state = self.state();
        let asked = state.answered.iter().any(|(_, by)| *by == origin);
        let problem = match (known, asked) {
            (false, _) => LockedBy::NoCredentials,
            (true, true) => LockedBy::Refused,
            (true, false) => LockedBy::NotAsked,
        };
        let origin = self.used.hide(&origin);
        let why = Unauthorized { origin: origin.clone(), realm: self.used.hide(&realm), problem };
        state.locked_out.insert(frame.clone(), (event.loader_id.clone(), why));
        drop(state);
        if self.caused() {
            tracing::warn!(origin, ?problem, "a site wants a user and password");
            let fields = json!({"url": self.shown(url), "problem": problem.to_string()});
            self.trace.note("unauthorized", &fields);
        }
    }
}

/// What a site calls the place that it has locked; none if it doesn't ask by HTTP authentication.
fn realm_of(params: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Event {
        response: Headers,
    }
    #[derive(Deserialize)]
    struct Headers {
        headers: HashMap<String, String>,
    }
    let event: Event = serde_json::from_str(params.get()).ok()?;
    let mut headers = event.response.headers.into_iter();
    let (_, asks) = headers.find(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"))?;
    let realm = asks.split_once("realm=\"").and_then(|(_, rest)| rest.split('"').next());
    Some(realm.unwrap_or_default().chars().take(200).collect())
}
