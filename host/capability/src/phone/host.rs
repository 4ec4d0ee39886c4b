//! The WIT side of `phone`: reserves a number for the run and has the provider key in digits.

use std::any::Any;
use std::collections::HashSet;
use std::sync::Arc;

use mavm_plugin::bindings::mavm::plugin::phone;
use mavm_plugin::bindings::words::mavm::plugin::types::Duration;
use mavm_plugin::resource::Line;
use mavm_plugin::sealed::Code;
use mavm_plugin::{Capability, Failure, StepRequest, StepState};
use mavm_store::Store;
use secrecy::{ExposeSecret as _, SecretString};
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};

use super::error::Error;
use super::number::Number;
use super::provider::{Call, Phone};
use crate::waiting::{Clock, StepTime, Stop, StoreWait, answer, not_now};

const MAX_AVOID: usize = 100;
const MAX_DIGITS: usize = 16;

/// The capability: give it to the plugin runtime.
pub struct PhoneLines {
    phone: Arc<dyn Phone>,
    store: Arc<dyn Store>,
    clock: Clock,
}

impl PhoneLines {
    /// Calls go to `phone`; `store` says which run has which number.
    pub fn new(phone: Arc<dyn Phone>, store: Arc<dyn Store>, clock: Clock) -> Self {
        Self { phone, store, clock }
    }

    pub(super) fn begin(&self, step: &Arc<StepRequest>) -> PerStep {
        PerStep {
            phone: self.phone.clone(),
            store: self.store.clone(),
            clock: self.clock.clone(),
            time: StepTime::start(step),
            step: step.clone(),
            held: HashSet::new(),
        }
    }
}

struct Linked;

impl HasData for Linked {
    type Data<'a> = PhoneView<'a>;
}

impl Capability for PhoneLines {
    fn interface(&self) -> &'static str {
        "phone"
    }

    fn link(&self, linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
        phone::add_to_linker::<StepState, Linked>(linker, |state| {
            let (mine, table) = state.host::<PerStep>();
            PhoneView { mine, table }
        })
    }

    fn open(&self, step: &Arc<StepRequest>) -> Box<dyn Any + Send> {
        Box::new(self.begin(step))
    }
}

pub(super) struct PerStep {
    phone: Arc<dyn Phone>,
    store: Arc<dyn Store>,
    clock: Clock,
    time: StepTime,
    step: Arc<StepRequest>,
    /// Numbers that a line of this step stands for: another line gets another number.
    held: HashSet<Number>,
}

impl PerStep {
    async fn reserve(&mut self, avoid: &[String], within: Duration) -> Result<Number, Stop> {
        if avoid.len() > MAX_AVOID {
            return Err(Failure::Invalid(format!(
                "phone.reserve was told to avoid {} numbers, at most {MAX_AVOID} are allowed",
                avoid.len()
            ))
            .into());
        }
        let deadline = self.time.within(within);
        let numbers = self.phone.numbers().await?;
        let total = numbers.len();
        let wanted: Vec<Number> = numbers
            .into_iter()
            .filter(|number| !avoid.iter().any(|avoided| avoided == number.as_str()))
            .filter(|number| !self.held.contains(number))
            .collect();
        if wanted.is_empty() {
            return Err(Failure::Unsupported(format!(
                "no phone number is left: {total} configured, {} to avoid, {} in use by this step. Add a number that can be called to mavm.toml",
                avoid.len(),
                self.held.len()
            ))
            .into());
        }
        let mut wait = StoreWait::new(&*self.store, deadline);
        loop {
            for number in &wanted {
                let resource = resource(number);
                if self.store.reserve(&self.step.fence, (self.clock)(), &resource).await? {
                    self.held.insert(number.clone());
                    return Ok(number.clone());
                }
            }
            if !wait.again().await {
                return Err(deadline
                    .timed_out(
                        "a free phone number",
                        Some(format!("other runs hold all {} of them", wanted.len())),
                    )
                    .into());
            }
        }
    }

    async fn key_in(
        &self,
        number: Number,
        digits: SecretString,
        within: Duration,
    ) -> Result<(), Stop> {
        let keys = digits.expose_secret();
        let sound = (1..=MAX_DIGITS).contains(&keys.len())
            && keys.bytes().all(|key| key.is_ascii_digit() || matches!(key, b'*' | b'#'));
        if !sound {
            return Err(Failure::Invalid(format!(
                "what is keyed in on a phone is 1 to {MAX_DIGITS} digits, * or #; this code of {} bytes is something else",
                keys.len()
            ))
            .into());
        }
        let call = Call {
            run: self.step.run().clone(),
            account: self.step.account.name.clone(),
            number,
            digits,
            deadline: self.time.within(within),
        };
        Ok(self.phone.key_in(&call).await?)
    }

    /// Frees a number. A step that is cut off (its time is over, its plugin trapped) never comes
    /// here, and its run keeps the number until it reserves again or ends: freeing it later, from
    /// the side, could take it away from the run's next try.
    async fn free(&mut self, number: &Number) {
        self.held.remove(number);
        if let Err(error) = self.store.release(self.step.run(), &resource(number)).await {
            tracing::warn!(%error, "a phone number is freed only when its run ends");
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        match error {
            Error::Unsolved(why) => Failure::ChallengeUnsolved(why).into(),
            Error::Unsupported(why) => Failure::Unsupported(why).into(),
            Error::Network(why) => Failure::Network(why).into(),
            Error::Store(error) => error.into(),
            Error::Seal(error) => error.into(),
        }
    }
}

/// One call's view of the step.
pub struct PhoneView<'a> {
    pub(super) mine: Option<&'a mut PerStep>,
    pub(super) table: &'a mut ResourceTable,
}

impl PhoneView<'_> {
    fn number_of(&self, line: &Resource<Line>) -> wasmtime::Result<Number> {
        let line = self.table.get(line)?;
        line.get::<Number>()
            .cloned()
            .ok_or_else(|| wasmtime::Error::msg("this line was not made by phone.reserve"))
    }

    async fn line(&mut self, avoid: Vec<String>, within: Duration) -> Result<Resource<Line>, Stop> {
        let mine = self.mine.as_deref_mut().ok_or_else(|| not_now("phone.reserve"))?;
        let number = mine.reserve(&avoid, within).await?;
        Ok(self.table.push(Line::new(number))?)
    }

    async fn call(
        &mut self,
        line: Resource<Line>,
        digits: Resource<Code>,
        within: Duration,
    ) -> Result<(), Stop> {
        let number = self.number_of(&line)?;
        let digits = self.table.get(&digits)?.value.clone();
        let mine = self.mine.as_deref_mut().ok_or_else(|| not_now("line.key-in"))?;
        mine.key_in(number, digits, within).await
    }
}

impl phone::HostLine for PhoneView<'_> {
    async fn number(&mut self, line: Resource<Line>) -> wasmtime::Result<String> {
        Ok(self.number_of(&line)?.to_string())
    }

    async fn key_in(
        &mut self,
        line: Resource<Line>,
        digits: Resource<Code>,
        within: Duration,
    ) -> wasmtime::Result<Result<(), Failure>> {
        answer(self.call(line, digits, within).await)
    }

    async fn drop(&mut self, line: Resource<Line>) -> wasmtime::Result<()> {
        let line = self.table.delete(line)?;
        if let (Some(mine), Some(number)) = (self.mine.as_deref_mut(), line.get::<Number>()) {
            mine.free(number).await;
        }
        Ok(())
    }
}

impl phone::Host for PhoneView<'_> {
    async fn reserve(
        &mut self,
        avoid: Vec<String>,
        within: Duration,
    ) -> wasmtime::Result<Result<Resource<Line>, Failure>> {
        answer(self.line(avoid, within).await)
    }
}

fn resource(number: &Number) -> String {
    format!("phone:{number}")
}
