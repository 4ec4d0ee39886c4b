//! SMS: handed to a relay as `GET {base}?text=…`, tried again on the mailer's schedule.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::Inner;
use crate::options::SmsRelay;
use crate::scenario::Post;
use crate::state::{Message, World};

/// Keeps an SMS in the state and sees to its delivery.
pub(crate) fn send(
    app: &Arc<Inner>,
    world: &mut World,
    email: &str,
    to: &str,
    kind: &'static str,
    text: String,
) {
    let id = world.next_id();
    let post = world.scenario_of(email).sms;
    let lost = post == Post::LostFirst && world.once(email, &format!("sms {kind}"));
    world.sms.push(Message {
        id,
        to: to.to_owned(),
        email: email.to_owned(),
        kind,
        subject: String::new(),
        source: text.clone(),
        delivered: false,
        attempts: 0,
        last_error: lost.then(|| "lost on purpose (scenario sms=lost-first)".to_owned()),
        at: Timestamp::now(),
    });
    world.person(email).counts.sms_sent += 1;
    if lost {
        return;
    }
    if app.targets().sms_relay.is_none() {
        if let Some(sms) = world.sms.last_mut() {
            sms.last_error = Some("no SMS relay is configured".to_owned());
        }
        return;
    }
    let wait = if let Post::Late(time) = post { time } else { Duration::ZERO };
    let (app2, era, email) = (Arc::clone(app), world.era, email.to_owned());
    app.spawn(async move {
        tokio::time::sleep(wait).await;
        for pause in crate::mailer::RETRIES {
            tokio::time::sleep(Duration::from_secs(pause)).await;
            let Some(relay) = app2.targets().sms_relay.clone() else { return };
            let outcome = deliver(&app2.http, &relay, &text).await;
            let done = outcome.is_ok();
            let mut world = app2.world();
            if world.era != era {
                return;
            }
            let Some(sms) = world.sms.iter_mut().find(|m| m.id == id) else { return };
            sms.attempts += 1;
            sms.delivered = done;
            sms.last_error = outcome.err();
            if done {
                world.person(&email).counts.sms_delivered += 1;
                return;
            }
        }
    });
}

async fn deliver(http: &reqwest::Client, relay: &SmsRelay, text: &str) -> Result<(), String> {
    let mut url = relay.base.clone();
    url.query_pairs_mut().append_pair("text", text);
    let mut request = http.get(url).timeout(Duration::from_secs(10));
    if let Some(key) = &relay.bearer {
        request = request.bearer_auth(key);
    }
    // The address holds the code, so it must not get into the state with the error.
    let response = request.send().await.map_err(|e| e.without_url().to_string())?;
    if response.status().is_success() {
        Ok(())
    } else {
        Err(format!("the relay answered {}", response.status()))
    }
}
