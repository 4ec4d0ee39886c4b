//! The WIT side of `codes`: a run reserves a channel, and takes the codes that come on it after.

use std::any::Any;
use std::collections::HashSet;
use std::sync::Arc;

use mavm_plugin::bindings::mavm::plugin::codes;
use mavm_plugin::bindings::words::mavm::plugin::types::Duration;
use mavm_plugin::sealed::Code;
use mavm_plugin::{Capability, Failure, StepRequest, StepState};
use mavm_store::Store;
use secrecy::{ExposeSecret as _, SecretString};
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};

use crate::crypt::Crypt;
use crate::pattern::Pattern;
use crate::waiting::{Clock, Deadline, StepTime, Stop, StoreWait, answer, not_now};

/// The capability: give it to the plugin runtime.
pub struct Codes {
    store: Arc<dyn Store>,
    crypt: Arc<Crypt>,
    clock: Clock,
}

impl Codes {
    /// Codes are looked for in `store`, where [`super::Intake`] puts them.
    pub fn new(store: Arc<dyn Store>, crypt: Arc<Crypt>, clock: Clock) -> Self {
        Self { store, crypt, clock }
    }

    pub(super) fn begin(&self, step: &Arc<StepRequest>) -> PerStep {
        PerStep {
            store: self.store.clone(),
            crypt: self.crypt.clone(),
            clock: self.clock.clone(),
            time: StepTime::start(step),
            step: step.clone(),
        }
    }
}

struct Linked;

impl HasData for Linked {
    type Data<'a> = CodesView<'a>;
}

impl Capability for Codes {
    fn interface(&self) -> &'static str {
        "codes"
    }

    fn link(&self, linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
        codes::add_to_linker::<StepState, Linked>(linker, |state| {
            let (mine, table) = state.host::<PerStep>();
            CodesView { mine, table }
        })
    }

    fn open(&self, step: &Arc<StepRequest>) -> Box<dyn Any + Send> {
        Box::new(self.begin(step))
    }
}

pub(super) struct PerStep {
    store: Arc<dyn Store>,
    crypt: Arc<Crypt>,
    clock: Clock,
    time: StepTime,
    step: Arc<StepRequest>,
}

impl PerStep {
    async fn reserve(&self, channel: &str, deadline: Deadline) -> Result<(), Stop> {
        check(channel)?;
        let mut wait = StoreWait::new(&*self.store, deadline);
        loop {
            // Under the channel's own name: that is where the store looks for when it was reserved.
            if self.store.reserve(&self.step.fence, (self.clock)(), channel).await? {
                return Ok(());
            }
            if !wait.again().await {
                return Err(deadline
                    .timed_out(
                        format!("the channel `{channel}`"),
                        Some("another run holds it".to_owned()),
                    )
                    .into());
            }
        }
    }

    async fn wait(
        &self,
        channel: &str,
        pattern: &Pattern,
        deadline: Deadline,
    ) -> Result<SecretString, Stop> {
        self.reserve(channel, deadline).await?;
        let mut wait = StoreWait::new(&*self.store, deadline);
        // Texts that are not what this wait is for: left to others, opened only once.
        let mut others = HashSet::new();
        loop {
            for code in self.store.untaken_codes(self.step.run(), channel).await? {
                if others.contains(&code.id) {
                    continue;
                }
                let text = match self.crypt.open_text(super::PURPOSE, &code.sealed) {
                    Ok(text) => text,
                    Err(error) => {
                        tracing::warn!(id = code.id, %error, "a code can't be read");
                        others.insert(code.id);
                        continue;
                    }
                };
                let Some(value) = pattern.find(text.expose_secret()).map(SecretString::from) else {
                    others.insert(code.id);
                    continue;
                };
                if self.store.take_code(&self.step.fence, code.id).await? {
                    return Ok(value);
                }
            }
            if !wait.again().await {
                let obstacle = (!others.is_empty())
                    .then(|| format!("{} text(s) came that don't match the pattern", others.len()));
                return Err(deadline
                    .timed_out(format!("a code on `{channel}` like `{pattern}`"), obstacle)
                    .into());
            }
        }
    }
}

/// One call's view of the step.
pub struct CodesView<'a> {
    pub(super) mine: Option<&'a mut PerStep>,
    pub(super) table: &'a mut ResourceTable,
}

impl CodesView<'_> {
    async fn code(
        &mut self,
        channel: String,
        pattern: String,
        within: Duration,
    ) -> Result<Resource<Code>, Stop> {
        let mine = self.mine.as_deref_mut().ok_or_else(|| not_now("codes.wait"))?;
        let pattern = Pattern::new(&pattern)?;
        let value = mine.wait(&channel, &pattern, mine.time.within(within)).await?;
        Ok(self.table.push(Code { source: channel, value })?)
    }
}

impl codes::Host for CodesView<'_> {
    async fn reserve(
        &mut self,
        channel: String,
        within: Duration,
    ) -> wasmtime::Result<Result<(), Failure>> {
        let mine = self.mine.as_deref_mut().ok_or_else(|| not_now("codes.reserve"))?;
        answer(mine.reserve(&channel, mine.time.within(within)).await)
    }

    async fn wait(
        &mut self,
        channel: String,
        pattern: String,
        within: Duration,
    ) -> wasmtime::Result<Result<Resource<Code>, Failure>> {
        answer(self.code(channel, pattern, within).await)
    }

    async fn release(&mut self, channel: String) -> wasmtime::Result<Result<(), Failure>> {
        let mine = self.mine.as_deref_mut().ok_or_else(|| not_now("codes.release"))?;
        answer(match check(&channel) {
            Ok(()) => mine.store.release(mine.step.run(), &channel).await.map_err(Stop::from),
            Err(failure) => Err(failure.into()),
        })
    }
}

fn check(channel: &str) -> Result<(), Failure> {
    if super::is_channel(channel) {
        return Ok(());
    }
    Err(Failure::Invalid(
        "a channel's name is lower-case letters, digits and hyphens, at most 64".to_owned(),
    ))
}
