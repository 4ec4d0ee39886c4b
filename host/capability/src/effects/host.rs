//! The WIT side of `effects`: names and sizes are bounded here, the rest is the store's.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use mavm_plugin::bindings::mavm::plugin::effects;
use mavm_plugin::{Capability, Failure, StepError, StepRequest, StepState};
use mavm_store::{EffectState, Store};
use wasmtime::component::{HasData, Linker};

use crate::waiting::Clock;

/// The longest name, and the largest finding.
const MAX_NAME: usize = 100;
const MAX_FINDING: usize = 8 * 1024;

/// The capability.
pub struct Effects {
    store: Arc<dyn Store>,
    clock: Clock,
}

impl Effects {
    /// Journals in this store, with the times of this clock.
    pub fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// Its state for one step.
    pub fn step(&self, request: &Arc<StepRequest>) -> EffectsStep {
        EffectsStep {
            store: self.store.clone(),
            clock: self.clock.clone(),
            request: request.clone(),
        }
    }
}

#[async_trait]
impl Capability for Effects {
    fn interface(&self) -> &'static str {
        "effects"
    }

    fn link(&self, linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
        effects::add_to_linker::<StepState, Self>(linker, |state| EffectsView {
            step: state.host().0,
        })
    }

    fn open(&self, step: &Arc<StepRequest>) -> Box<dyn Any + Send> {
        Box::new(self.step(step))
    }
}

impl HasData for Effects {
    type Data<'a> = EffectsView<'a>;
}

/// What the capability knows of the step that is being done.
pub struct EffectsStep {
    store: Arc<dyn Store>,
    clock: Clock,
    request: Arc<StepRequest>,
}

impl EffectsStep {
    /// The effect's name in the run: two plugins' words never meet.
    fn full_name(&self, name: &str) -> Result<String, Failure> {
        let fine = (1..=MAX_NAME).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:".contains(c));
        if fine {
            return Ok(format!("{}/{name}", self.request.plugin));
        }
        let shown: String = name.chars().take(60).flat_map(char::escape_default).collect();
        Err(Failure::Invalid(format!(
            "`{shown}` is no name for an effect: use 1 to {MAX_NAME} letters, digits, `-`, `_`, `.` \
             and `:`, such as `close-account`"
        )))
    }
}

/// The WIT side, for one call.
pub struct EffectsView<'a> {
    /// None while the plugin describes itself.
    pub step: Option<&'a mut EffectsStep>,
}

impl EffectsView<'_> {
    fn step(&self) -> wasmtime::Result<&EffectsStep> {
        self.step.as_deref().ok_or_else(|| {
            wasmtime::Error::msg("`effects` was called outside a step: `describe` may call nothing")
        })
    }
}

/// What the plugin made of an effect wrongly is told to it; a lost claim or a broken store ends the
/// step.
fn answer<T>(result: mavm_store::Result<T>) -> wasmtime::Result<Result<T, Failure>> {
    use mavm_store::Error;
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Error::Fenced { .. }) => Err(wasmtime::Error::new(StepError::Fenced)),
        Err(error @ (Error::NotFound { .. } | Error::Conflict(_))) => {
            Ok(Err(Failure::Invalid(format!("{error}. Call begin first, and finish once"))))
        }
        Err(error @ Error::Database(_)) => {
            Err(wasmtime::Error::new(StepError::Host(error.to_string())))
        }
    }
}

impl effects::Host for EffectsView<'_> {
    async fn begin(&mut self, name: String) -> wasmtime::Result<Result<effects::State, Failure>> {
        let step = self.step()?;
        let name = match step.full_name(&name) {
            Ok(name) => name,
            Err(failure) => return Ok(Err(failure)),
        };
        let known = step.store.effect_begin(&step.request.fence, (step.clock)(), &name).await;
        Ok(answer(known)?.map(|known| match known {
            EffectState::Fresh => effects::State::Fresh,
            EffectState::Done(finding) => effects::State::Done(finding),
            EffectState::Unknown => effects::State::Unknown,
        }))
    }

    async fn finish(
        &mut self,
        name: String,
        finding: String,
    ) -> wasmtime::Result<Result<(), Failure>> {
        let step = self.step()?;
        let name = match step.full_name(&name) {
            Ok(name) => name,
            Err(failure) => return Ok(Err(failure)),
        };
        if finding.len() > MAX_FINDING {
            return Ok(Err(Failure::Invalid(format!(
                "the finding of the effect `{name}` is {} bytes long; at most {MAX_FINDING} are kept",
                finding.len()
            ))));
        }
        let done =
            step.store.effect_finish(&step.request.fence, (step.clock)(), &name, &finding).await;
        answer(done)
    }

    async fn begin_again(&mut self, name: String) -> wasmtime::Result<Result<(), Failure>> {
        let step = self.step()?;
        let name = match step.full_name(&name) {
            Ok(name) => name,
            Err(failure) => return Ok(Err(failure)),
        };
        let again = step.store.effect_begin_again(&step.request.fence, (step.clock)(), &name).await;
        answer(again)
    }
}
