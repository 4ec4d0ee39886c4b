//! The practice console: stand-in sites that flows run against without AWS.
//!
//! It plays the sign-up, the sign-in, the billing and stack pages, a captcha host, a card issuer
//! on an origin of its own, and STS, as the public page scripts of 2021 to 2023 knew them, and
//! counts everything, so that a test can prove "signed up once, charged once, closed once". It
//! must never talk to AWS, never look like AWS to a person, and never listen beyond loopback
//! unless told to. All state is in memory and ends with it.

mod captcha;
mod counts;
mod mailer;
mod options;
mod phone;
mod scenario;
mod section;
mod site;
mod sms;
mod state;
mod targets;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use counts::Counts;
pub use options::{Addresses, Delays, Options, Ports, Public, SmsRelay};
pub use scenario::{
    CallMode, CaptchaKind, CaptchaMode, Card, MailCode, Numbers, PRESETS, Post, ResetLink,
    Scenario, ScenarioError, StackEnd, ThreeDSecure,
};
pub use section::Section;

/// Why the practice console could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A site's port can't be listened on.
    #[error(
        "the practice console's {site} site can't listen on {address}: {source}; give it another port, or 0 to pick one"
    )]
    Listen {
        /// The site.
        site: &'static str,
        /// Where it should listen.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The HTTP client for the SMS relay can't be made.
    #[error("the practice console can't make its HTTP client: {0}")]
    Http(#[from] reqwest::Error),
}

pub(crate) struct Inner {
    pub(crate) options: Options,
    pub(crate) addresses: Addresses,
    pub(crate) signin: String,
    pub(crate) http: reqwest::Client,
    world: Mutex<state::World>,
    targets: Mutex<targets::Targets>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Inner {
    pub(crate) fn world(&self) -> MutexGuard<'_, state::World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn targets(&self) -> MutexGuard<'_, targets::Targets> {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            tokio::select! { () = stop.cancelled() => {}, () = task => {} }
        });
    }

    /// Forgets everything; the scenario is again the one it was started with.
    pub(crate) fn reset(&self) {
        let mut world = self.world();
        let era = world.era + 1;
        *world =
            state::World { scenario: self.options.scenario.clone(), era, ..Default::default() };
    }
}

/// A running practice console; dropping it stops it too, without waiting.
pub struct Sandbox {
    inner: Arc<Inner>,
    listening: BTreeMap<&'static str, SocketAddr>,
}

impl Sandbox {
    /// Listens on one port per site and serves.
    ///
    /// # Errors
    ///
    /// When a port can't be had.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let p = options.ports;
        let sites = [
            ("signup", p.signup),
            ("console", p.console),
            ("captcha", p.captcha),
            ("issuer", p.issuer),
            ("sts", p.sts),
            ("control", p.control),
        ];
        let mut listeners = Vec::new();
        let mut listening = BTreeMap::new();
        for (site, port) in sites {
            let address = SocketAddr::new(options.bind, port);
            let refused = |source| Error::Listen { site, address, source };
            let listener = TcpListener::bind(address).await.map_err(refused)?;
            listening.insert(site, listener.local_addr().map_err(refused)?);
            listeners.push((site, listener));
        }
        let (addresses, signin) = addresses(&options, &listening);
        let world = state::World { scenario: options.scenario.clone(), ..Default::default() };
        let inner = Arc::new(Inner {
            targets: Mutex::new(targets::Targets::of(&options)),
            options,
            addresses,
            signin,
            http: reqwest::Client::builder().no_proxy().build()?,
            world: Mutex::new(world),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        for (site, listener) in listeners {
            let router = site::router(site, Arc::clone(&inner));
            let stop = inner.stop.clone();
            let listener = listener.tap_io(|tcp| {
                if let Err(error) = tcp.set_nodelay(true) {
                    tracing::debug!(%error, "a connection keeps its delay");
                }
            });
            inner.tasks.spawn(async move {
                let serving = axum::serve(listener, router)
                    .with_graceful_shutdown(stop.clone().cancelled_owned());
                // Browsers keep connections open; they get a moment, not for ever.
                let grace = async {
                    stop.cancelled().await;
                    tokio::time::sleep(Duration::from_millis(500)).await;
                };
                tokio::select! {
                    outcome = serving.into_future() => if let Err(error) = outcome {
                        tracing::error!(site, %error, "a site of the practice console ended");
                    },
                    () = grace => {}
                }
            });
        }
        Ok(Self { inner, listening })
    }

    /// Where the sites are, as the pages call them.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        &self.inner.addresses
    }

    /// Where the sites listen, by name.
    #[must_use]
    pub fn listening(&self) -> &BTreeMap<&'static str, SocketAddr> {
        &self.listening
    }

    /// Everything that happened, as `GET /practice/state` shows it.
    #[must_use]
    pub fn state(&self) -> serde_json::Value {
        self.inner.world().view()
    }

    /// Every secret that the console has seen or made: passwords, mailed codes, SMS codes, PINs of
    /// calls. For tests that search what a host wrote.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        self.inner.world().secrets()
    }

    /// The tallies of one address; zeros for one that was never seen.
    #[must_use]
    pub fn counts(&self, email: &str) -> Counts {
        let email = state::address(email);
        self.inner.world().people.get(&email).map(|p| p.counts.clone()).unwrap_or_default()
    }

    /// Stops serving and waits until every task has ended.
    pub async fn stop(self) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.inner.stop.cancel();
    }
}

fn addresses(
    options: &Options,
    listening: &BTreeMap<&'static str, SocketAddr>,
) -> (Addresses, String) {
    let host = match options.bind {
        IpAddr::V4(ip) if ip.is_unspecified() => "127.0.0.1".to_owned(),
        IpAddr::V6(ip) if ip.is_unspecified() => "[::1]".to_owned(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    let address = |site: &str, host: &str, public: &Option<url::Url>| match public {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None => format!("http://{host}:{}", listening.get(site).map_or(0, SocketAddr::port)),
    };
    let public = &options.public;
    let addresses = Addresses {
        signup: address("signup", &host, &public.signup),
        console: address("console", &host, &public.console),
        captcha: address("captcha", &host, &public.captcha),
        // A name, so that a browser takes it for another site than 127.0.0.1.
        issuer: address("issuer", "issuer.localhost", &public.issuer),
        sts: address("sts", &host, &public.sts),
        control: address("control", &host, &public.control),
    };
    let signin = match &public.signin {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None => addresses.console.clone(),
    };
    (addresses, signin)
}
