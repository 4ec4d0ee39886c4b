//! What a practice console is started with.
//!
//! Everything has a default that works on one machine; nothing is read from the environment.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::Serialize;
use url::Url;

use crate::scenario::Scenario;

/// The port of each site; 0 lets the system pick one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ports {
    /// Sign-up.
    pub signup: u16,
    /// Console and sign-in.
    pub console: u16,
    /// Captcha pictures and sounds.
    pub captcha: u16,
    /// The card issuer.
    pub issuer: u16,
    /// STS.
    pub sts: u16,
    /// State, scenarios and provider endpoints.
    pub control: u16,
}

/// How long the pages take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delays {
    /// Like a single-page application: some hundred milliseconds per section, seconds where a
    /// bank or CloudFormation works.
    #[default]
    On,
    /// None: everything answers at once.
    Off,
}

impl Delays {
    fn of(self, milliseconds: u64) -> Duration {
        match self {
            Self::On => Duration::from_millis(milliseconds),
            Self::Off => Duration::ZERO,
        }
    }

    pub(crate) fn section(self) -> Duration {
        self.of(350)
    }

    /// Page scripts of 2023 wait a second after submitting the card before they look for the
    /// navigation: it must not be over by then.
    pub(crate) fn card(self) -> Duration {
        self.of(2500)
    }

    /// The same scripts look for the frame's navigation only after the click returned.
    pub(crate) fn confirm(self) -> Duration {
        self.of(800)
    }

    pub(crate) fn ring(self) -> Duration {
        self.of(700)
    }

    pub(crate) fn stack(self) -> Duration {
        self.of(3000)
    }

    pub(crate) fn poll(self) -> Duration {
        match self {
            Self::On => Duration::from_millis(1000),
            Self::Off => Duration::from_millis(100),
        }
    }
}

/// What the pages call each other, where that isn't where they listen: behind a proxy, or when
/// host names are mapped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Public {
    /// Sign-up.
    pub signup: Option<Url>,
    /// Console.
    pub console: Option<Url>,
    /// Sign-in, as mails name it; the console's where not given.
    pub signin: Option<Url>,
    /// Captcha pictures and sounds.
    pub captcha: Option<Url>,
    /// The card issuer.
    pub issuer: Option<Url>,
    /// STS.
    pub sts: Option<Url>,
    /// Control.
    pub control: Option<Url>,
}

/// Where SMS go: `GET {base}?text=…`, as the earlier vending machine's relay takes them.
#[derive(Clone, PartialEq, Eq)]
pub struct SmsRelay {
    /// The relay's address, for example `http://127.0.0.1:8080/queue`.
    pub base: Url,
    /// Sent as `Authorization: Bearer …` where given.
    pub bearer: Option<String>,
}

impl std::fmt::Debug for SmsRelay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmsRelay")
            .field("base", &self.base.as_str())
            .field("bearer", &self.bearer.as_ref().map(|_| "[hidden]"))
            .finish()
    }
}

/// What a practice console is started with.
#[derive(Clone)]
pub struct Options {
    /// The address to listen on; loopback unless told otherwise.
    pub bind: IpAddr,
    /// One port per site.
    pub ports: Ports,
    /// Whether the pages take their time.
    pub delays: Delays,
    /// The scenario of accounts that have none of their own.
    pub scenario: Scenario,
    /// The mail server that mails are delivered to; without one they stay undelivered.
    pub smtp: Option<SocketAddr>,
    /// Where SMS are delivered to; without one they stay undelivered.
    pub sms_relay: Option<SmsRelay>,
    /// The issuer's SMS. `{code}`, `{amount}` and `{merchant}` are replaced; the code comes
    /// first because old relays take the first six characters.
    pub sms_template: String,
    /// What the pages call each other.
    pub public: Public,
    /// The right PIN of every card.
    pub card_pin: String,
    /// How long a verification call rings.
    pub call_time_limit: Duration,
    /// The AWS account that STS takes its caller for, unless the access key is itself an account
    /// number of 12 digits. Without it, a caller is whoever the role trusts.
    pub caller_account: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            ports: Ports::default(),
            delays: Delays::On,
            scenario: Scenario::usual(),
            smtp: None,
            sms_relay: None,
            sms_template: "{code} is your code for the payment of {amount} to {merchant}"
                .to_owned(),
            public: Public::default(),
            card_pin: "8642".to_owned(),
            call_time_limit: Duration::from_secs(60),
            caller_account: None,
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("bind", &self.bind)
            .field("ports", &self.ports)
            .field("delays", &self.delays)
            .field("scenario", &self.scenario.to_string())
            .field("smtp", &self.smtp)
            .field("sms_relay", &self.sms_relay)
            .finish_non_exhaustive()
    }
}

/// Where the sites are, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Addresses {
    /// Sign-up.
    pub signup: String,
    /// Console and sign-in.
    pub console: String,
    /// Captcha pictures and sounds.
    pub captcha: String,
    /// The card issuer: a host name of its own, so that its frame is cross-site.
    pub issuer: String,
    /// STS.
    pub sts: String,
    /// State, scenarios and provider endpoints.
    pub control: String,
}
