//! Where mail and SMS go. It may change while the console runs: a host that was restarted listens
//! elsewhere.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::options::{Options, SmsRelay};

/// Where mail and SMS go now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Targets {
    pub(crate) smtp: Option<SocketAddr>,
    pub(crate) sms_relay: Option<SmsRelay>,
}

/// What `PUT /practice/targets` takes; what isn't named stays as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    smtp: Option<SocketAddr>,
    sms_relay: Option<Url>,
    sms_relay_key: Option<String>,
}

/// What is shown of them: never the key.
#[derive(Serialize)]
pub(crate) struct View {
    smtp: Option<SocketAddr>,
    sms_relay: Option<Url>,
}

impl Targets {
    pub(crate) fn of(options: &Options) -> Self {
        Self { smtp: options.smtp, sms_relay: options.sms_relay.clone() }
    }

    pub(crate) fn change(&mut self, change: Change) {
        if let Some(smtp) = change.smtp {
            self.smtp = Some(smtp);
        }
        if let Some(base) = change.sms_relay {
            let bearer = self.sms_relay.take().and_then(|relay| relay.bearer);
            self.sms_relay = Some(SmsRelay { base, bearer });
        }
        if let (Some(relay), Some(key)) = (&mut self.sms_relay, change.sms_relay_key) {
            relay.bearer = Some(key);
        }
    }

    pub(crate) fn view(&self) -> View {
        View { smtp: self.smtp, sms_relay: self.sms_relay.as_ref().map(|relay| relay.base.clone()) }
    }
}
