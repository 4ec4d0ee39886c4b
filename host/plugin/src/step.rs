//! One step to do, what the capabilities are told of it, and what came of it.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use mavm_store::{Account, Fence, RunId};
use wasmtime::component::{Linker, ResourceTable};

use crate::bindings::words::mavm::plugin::types::{EarlierFact, Failure, Outcome};
use crate::bounds::{Bounds, Limits};

/// As long as a log line may be.
const LAST_ERROR_BYTES: usize = 4 * 1024;

/// What the flow's worker asks the runtime to do.
#[derive(Clone, Debug)]
pub struct StepRequest {
    /// The flow's name.
    pub flow: String,
    /// The step's id in the flow, for people, traces and facts.
    pub id: String,
    /// The plugin's name.
    pub plugin: String,
    /// The digest that the run pinned.
    pub digest: String,
    /// The step's name in the plugin.
    pub step: String,
    /// 1 for the first try.
    pub attempt: u32,
    /// The account, as of now.
    pub account: Account,
    /// The flow's `with` table, templates filled in: a JSON object.
    pub inputs: serde_json::Value,
    /// Facts of earlier steps.
    pub facts: Vec<EarlierFact>,
    /// Steps that name the same session share a browser context.
    pub session: String,
    /// Wall-clock limit for the whole step.
    pub timeout: Duration,
    /// The flow ends with it, once it is done.
    pub last: bool,
    /// The claim under which it runs.
    pub fence: Arc<Fence>,
}

impl StepRequest {
    /// The run it belongs to.
    pub fn run(&self) -> &RunId {
        self.fence.run()
    }
}

/// Why a step gave no outcome.
///
/// A host function that must end the whole step returns one of these as its error
/// (`Err(StepError::Fenced.into())`): the plugin stops where it is, and [`crate::Runtime::run_step`]
/// gives just that value. Use it for what the plugin can't answer: `Fenced` when the store says so,
/// `Host` when the store or disk failed. What a plugin may act on is a [`Failure`] in the function's
/// own result.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The plugin says why, in a failure of a known kind.
    #[error("{}", crate::describe_failure(.0))]
    Failed(Failure),
    /// The plugin broke: a panic, a bound that was exceeded, a wrong component. Its run is parked.
    #[error("the plugin trapped: {message}")]
    Trapped {
        /// What happened, with the panic's message and place where known.
        message: String,
        /// The backtrace with names, one frame a line.
        backtrace: String,
    },
    /// The pinned digest can't be loaded.
    #[error("{0}")]
    NoPlugin(String),
    /// Another worker has the run: stop, write nothing.
    #[error("another worker has the run")]
    Fenced,
    /// The host itself failed (store, disk). Tried again later.
    #[error("{0}")]
    Host(String),
}

/// What a step gives.
pub type StepResult = Result<Outcome, StepError>;

/// The last line that a plugin logged as an error. Should it trap, this line says why: the SDK's
/// panic hook logs message and place.
#[derive(Debug, Default)]
pub struct LastError(Option<String>);

impl LastError {
    /// Keeps this line instead of the one before.
    pub fn note(&mut self, line: &str) {
        let end = line.floor_char_boundary(line.len().min(LAST_ERROR_BYTES));
        self.0 = line.get(..end).map(str::to_owned);
    }

    pub(crate) fn take(&mut self) -> Option<String> {
        self.0.take()
    }
}

/// The state of a plugin's store: handles, and each capability's own per-step state.
pub struct StepState {
    /// All handles that the plugin holds.
    pub table: ResourceTable,
    /// The step that is being done; none while `describe` is called.
    pub step: Option<Arc<StepRequest>>,
    pub(crate) limits: Limits,
    last_error: LastError,
    hosts: HashMap<TypeId, Box<dyn Any + Send>>,
}

impl StepState {
    pub(crate) fn new(
        step: Option<Arc<StepRequest>>,
        bounds: &Bounds,
        capabilities: &[Arc<dyn Capability>],
    ) -> Self {
        let mut hosts: HashMap<TypeId, Box<dyn Any + Send>> = HashMap::new();
        if let Some(step) = &step {
            for capability in capabilities {
                let host = capability.open(step);
                hosts.insert((*host).type_id(), host);
            }
        }
        let mut table = ResourceTable::new();
        table.set_max_capacity(bounds.handles);
        Self { table, step, limits: Limits::new(bounds), last_error: LastError::default(), hosts }
    }

    /// Where the `log` capability leaves error lines, and its own per-step state.
    pub fn host_and_last_error<T: Any>(&mut self) -> (Option<&mut T>, &mut LastError) {
        let host = self.hosts.get_mut(&TypeId::of::<T>()).and_then(|host| host.downcast_mut());
        (host, &mut self.last_error)
    }

    pub(crate) fn last_error(&mut self) -> &mut LastError {
        &mut self.last_error
    }

    /// A capability's per-step state and the handle table, to build its WIT view from. `None` while
    /// `describe` is called: a plugin that uses a capability there traps.
    pub fn host<T: Any>(&mut self) -> (Option<&mut T>, &mut ResourceTable) {
        let host = self.hosts.get_mut(&TypeId::of::<T>()).and_then(|host| host.downcast_mut());
        (host, &mut self.table)
    }
}

/// One ability of the host, as the runtime sees it.
///
/// `sealed`, `types` and `manifest` are linked by the runtime itself: a capability links its own
/// interface and nothing else.
#[async_trait::async_trait]
pub trait Capability: Send + Sync + 'static {
    /// Its WIT interface, without package and version: `browser`. This is also what the operator
    /// grants.
    fn interface(&self) -> &'static str;

    /// Adds its functions to the linker.
    fn link(&self, linker: &mut Linker<StepState>) -> wasmtime::Result<()>;

    /// Its state for one step: the type that its WIT side asks [`StepState::host`] for.
    fn open(&self, step: &Arc<StepRequest>) -> Box<dyn Any + Send>;

    /// A step has ended, well or not: what the run's later steps build on can be saved. Must not take
    /// long: the run waits. Not called when the run is over with it.
    async fn end_step(&self, _step: &StepRequest, _well: bool) {}

    /// A run has ended, slept or parked: whatever it kept for it in memory can go.
    async fn end_run(&self, _run: &RunId) {}

    /// A run has succeeded or failed: what was kept for it on disk can go, too.
    async fn forget_run(&self, _run: &RunId) {}
}
