//! The WIT side of `browser`: the capability, its state for one step, and what the handles of pages
//! (`page.rs`) and locators (`locator.rs`) share.

use std::any::Any;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration as StdDuration;

use async_trait::async_trait;
use mavm_browser::{self as b, Deadline, Launcher, Origin, Session, Source};
use mavm_plugin::bindings::mavm::plugin::browser as wit;
use mavm_plugin::bindings::words::mavm::plugin::types::Duration;
use mavm_plugin::resource::{Locator, Page};
use mavm_plugin::sealed::{Code, Secret};
use mavm_plugin::{Capability, Failure, StepError, StepRequest, StepState};
use mavm_store::{AccountName, RunId};
use secrecy::SecretString;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};

use super::bounds::{MAX_CANDIDATES, MAX_TEXT, short};
use super::failure::failure;
use super::handles::{LocatorHandle, PageHandle};
use super::sessions::{Seat, Sessions};
use super::{BrowserConfig, Sites};
use crate::waiting::StepTime;

/// How long `mavm-browser` may still gather pictures and words after a deadline: they have to be there
/// before the step's wall clock.
const EVIDENCE: StdDuration = StdDuration::from_secs(3);

/// What every function of the WIT gives: an error ends the step, a failure is the plugin's to see.
pub(super) type Answer<T> = wasmtime::Result<Result<T, Failure>>;

/// The capability.
#[derive(Clone)]
pub struct Browser {
    sessions: Arc<Sessions>,
    sites: Arc<Sites>,
}

impl Browser {
    /// Sessions in this browser, on these sites. Starts nothing yet.
    pub fn new(launcher: Launcher, sites: Sites, config: BrowserConfig) -> Self {
        let sites = Arc::new(sites);
        Self { sessions: Arc::new(Sessions::new(launcher, sites.clone(), config)), sites }
    }

    /// Its state for one step.
    pub fn step(&self, request: &StepRequest) -> BrowserStep {
        BrowserStep {
            sessions: self.sessions.clone(),
            sites: self.sites.clone(),
            run: request.run().clone(),
            account: request.account.name.clone(),
            session: request.session.clone(),
            source: Source {
                step: match request.attempt {
                    0 | 1 => request.id.clone(),
                    attempt => format!("{} (try {attempt})", request.id),
                },
                plugin: request.plugin.clone(),
                digest: request.digest.clone(),
                does: request.step.clone(),
                flow: request.flow.clone(),
                run: request.run().to_string(),
            },
            plugin: request.plugin.clone(),
            time: StepTime::start(request),
            evidence: EVIDENCE.min(request.timeout / 4),
            seat: None,
        }
    }

    /// How many sessions are kept.
    pub fn open_sessions(&self) -> usize {
        self.sessions.count()
    }

    /// Closes all sessions and the browser; for the host's end.
    pub async fn close(&self) {
        self.sessions.close().await;
    }
}

#[async_trait]
impl Capability for Browser {
    fn interface(&self) -> &'static str {
        "browser"
    }

    fn link(&self, linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
        wit::add_to_linker::<StepState, Self>(linker, |state| {
            let (step, table) = state.host();
            BrowserView { step, table }
        })
    }

    fn open(&self, step: &Arc<StepRequest>) -> Box<dyn Any + Send> {
        Box::new(self.step(step))
    }

    async fn end_step(&self, step: &StepRequest, well: bool) {
        self.sessions.end_step(step.run(), &step.session, well).await;
    }

    async fn end_run(&self, run: &RunId) {
        self.sessions.end_run(run).await;
    }

    async fn forget_run(&self, run: &RunId) {
        self.sessions.forget_run(run).await;
    }
}

impl HasData for Browser {
    type Data<'a> = BrowserView<'a>;
}

/// What the capability knows of the step that is being done.
pub struct BrowserStep {
    sessions: Arc<Sessions>,
    pub(super) sites: Arc<Sites>,
    run: RunId,
    account: AccountName,
    session: String,
    source: Source,
    pub(super) plugin: String,
    time: StepTime,
    evidence: StdDuration,
    /// Taken with the first use of the browser.
    seat: Option<Arc<Seat>>,
}

impl Drop for BrowserStep {
    fn drop(&mut self) {
        if let Some(seat) = &self.seat {
            seat.left();
        }
    }
}

impl BrowserStep {
    /// The run's session, opened if need be and told which step works in it.
    pub(super) async fn session(&mut self) -> Result<Session, b::Error> {
        if let Some(seat) = &self.seat {
            return self.sessions.session(seat).await;
        }
        let seat = self.sessions.seat(&self.run, &self.account, &self.session);
        let session = self.sessions.session(&seat).await?;
        session.set_source(&self.source);
        // What another plugin announced must not click in this step.
        session.hand_over(self.sites.only_for(&self.plugin));
        seat.forget_overlays();
        self.seat = Some(seat);
        Ok(session)
    }

    /// The run types this value, or has read it.
    pub(super) fn uses(&self, sealed: &b::Sealed) -> Result<(), b::Error> {
        self.sessions.uses(&self.run, sealed)
    }

    pub(super) fn seat(&self) -> Option<&Arc<Seat>> {
        self.seat.as_ref()
    }

    /// Until when a call may take: what the plugin says, but never so long that the step's wall clock
    /// would come before the reason.
    pub(super) fn deadline(&self, within: Option<Duration>) -> Deadline {
        let rest = self.time.rest().length().saturating_sub(self.evidence);
        let asked = within.map(|within| StdDuration::from_millis(within.milliseconds));
        Deadline::after(asked.map_or(rest, |asked| asked.min(rest)))
    }

    /// What the browser gave, for the plugin. A session that is lost is forgotten here.
    pub(super) async fn answer<T>(&mut self, result: Result<T, b::Error>) -> Answer<T> {
        match result {
            Ok(value) => Ok(Ok(value)),
            Err(error) => {
                if matches!(error, b::Error::Crashed(_) | b::Error::Closed(_))
                    && let Some(seat) = &self.seat
                    && self.sessions.forget_if_lost(seat).await
                {
                    self.seat = None;
                }
                failure(error).map(Err)
            }
        }
    }
}

/// The WIT side, for one call.
pub struct BrowserView<'a> {
    /// None while the plugin describes itself.
    pub step: Option<&'a mut BrowserStep>,
    /// The plugin's handles.
    pub table: &'a mut ResourceTable,
}

impl BrowserView<'_> {
    pub(super) fn step(&mut self) -> wasmtime::Result<&mut BrowserStep> {
        self.step.as_deref_mut().ok_or_else(|| {
            wasmtime::Error::msg("`browser` was called outside a step: `describe` may call nothing")
        })
    }

    pub(super) fn page(&self, page: &Resource<Page>) -> wasmtime::Result<b::Page> {
        let handle = self.table.get(page)?.get::<PageHandle>();
        handle.map(|handle| handle.0.clone()).ok_or_else(foreign)
    }

    pub(super) fn locator(&self, locator: &Resource<Locator>) -> wasmtime::Result<LocatorHandle> {
        self.table.get(locator)?.get::<LocatorHandle>().cloned().ok_or_else(foreign)
    }

    pub(super) fn push_locator(
        &mut self,
        locator: LocatorHandle,
    ) -> wasmtime::Result<Resource<Locator>> {
        Ok(self.table.push(Locator::new(locator))?)
    }

    /// Does something with an element, within a time.
    pub(super) async fn act<T, F>(
        &mut self,
        locator: &Resource<Locator>,
        within: Option<Duration>,
        act: impl FnOnce(b::Locator, Deadline) -> F,
    ) -> Answer<T>
    where
        F: Future<Output = Result<T, b::Error>>,
    {
        let locator = match self.locator(locator)?.locator {
            Ok(locator) => locator,
            Err(failure) => return Ok(Err(failure)),
        };
        let step = self.step()?;
        let done = act(locator, step.deadline(within)).await;
        step.answer(done).await
    }

    /// A value to type: text as it is, handles with the origins they may be typed into.
    pub(super) fn value(&mut self, value: &wit::Value) -> Answer<b::Value> {
        match value {
            wit::Value::Text(text) => {
                Ok(short("a text to type", text, MAX_TEXT).map(|()| b::Value::plain(text)))
            }
            wit::Value::Secret(handle) => {
                let Secret { name, value, origins } = self.table.get(handle)?.clone();
                let origins: Result<Vec<Origin>, _> = origins.iter().map(|o| o.parse()).collect();
                // Without origins a sealed value would go anywhere.
                Ok(match origins {
                    Ok(origins) if !origins.is_empty() => return self.sealed(value, origins),
                    _ => Err(Failure::Denied(format!(
                        "the secret `{name}` is bound to no site, so it can't be typed anywhere; name \
                         its sites in secrets.{name}.sites in mavm.toml"
                    ))),
                })
            }
            wit::Value::Code(handle) => {
                let Code { source, value } = self.table.get(handle)?.clone();
                let step = self.step()?;
                let origins = step.sites.origins_for(&step.plugin);
                if origins.is_empty() {
                    return Ok(Err(Failure::Denied(format!(
                        "the code from `{source}` can't be typed anywhere: the plugin `{}` is granted \
                         no site",
                        step.plugin
                    ))));
                }
                self.sealed(value, origins)
            }
        }
    }

    /// A sealed value to type, which all sessions of the run mask from now on.
    fn sealed(&mut self, value: SecretString, origins: Vec<Origin>) -> Answer<b::Value> {
        let sealed = b::Sealed::new(value, origins);
        match self.step()?.uses(&sealed) {
            Ok(()) => Ok(Ok(b::Value::Sealed(sealed))),
            Err(error) => failure(error).map(Err),
        }
    }
}

/// A handle that another capability made: the engine's types rule it out.
pub(super) fn foreign() -> wasmtime::Error {
    wasmtime::Error::msg("a handle of the browser points at something that is not its own")
}

impl wit::Host for BrowserView<'_> {
    async fn current_page(&mut self) -> Answer<Resource<Page>> {
        let step = self.step()?;
        let session = match step.session().await {
            // Nothing the plugin said: the session's own options (its trace, its time zone).
            Err(b::Error::Invalid(why)) => {
                return Err(wasmtime::Error::new(StepError::Host(why)));
            }
            session => session,
        };
        Ok(match step.answer(session).await? {
            Ok(session) => Ok(self.table.push(Page::new(PageHandle(session.page())))?),
            Err(failure) => Err(failure),
        })
    }

    async fn first_of(
        &mut self,
        candidates: Vec<Resource<Locator>>,
        within: Option<Duration>,
    ) -> Answer<u32> {
        if !(1..=MAX_CANDIDATES).contains(&candidates.len()) {
            return Ok(Err(Failure::Invalid(format!(
                "first-of was given {} elements to wait for; it takes 1 to {MAX_CANDIDATES}",
                candidates.len()
            ))));
        }
        let mut locators = Vec::with_capacity(candidates.len());
        for candidate in &candidates {
            match self.locator(candidate)?.locator {
                Ok(locator) => locators.push(locator),
                Err(failure) => return Ok(Err(failure)),
            }
        }
        let step = self.step()?;
        let found = b::first_of(&locators, step.deadline(within)).await;
        Ok(step.answer(found).await?.map(|place| u32::try_from(place).unwrap_or(u32::MAX)))
    }
}
