//! What the worker needs of the plugin runtime, and no more.

use async_trait::async_trait;
use mavm_plugin::{Registry, Runtime, StepRequest, StepResult};
use mavm_store::RunId;

/// Does steps.
#[async_trait]
pub trait Steps: Send + Sync + 'static {
    /// Does one step. Dropping the future cancels it.
    async fn run_step(&self, request: StepRequest) -> StepResult;
    /// A run has ended, is parked, or goes on elsewhere: what is kept for it in memory can go.
    async fn end_run(&self, run: &RunId);
    /// A run has succeeded or failed: what is kept for it on disk can go, too.
    async fn forget_run(&self, run: &RunId);
}

/// Knows which plugins are active.
pub trait Plugins: Send + Sync + 'static {
    /// The digest that new runs take, by the plugin's name.
    fn active(&self, plugin: &str) -> Option<String>;
}

#[async_trait]
impl Steps for Runtime {
    async fn run_step(&self, request: StepRequest) -> StepResult {
        Runtime::run_step(self, request).await
    }

    async fn end_run(&self, run: &RunId) {
        Runtime::end_run(self, run).await;
    }

    async fn forget_run(&self, run: &RunId) {
        Runtime::forget_run(self, run).await;
    }
}

impl Plugins for Registry {
    fn active(&self, plugin: &str) -> Option<String> {
        Registry::active(self).get(plugin).map(|installed| installed.digest.clone())
    }
}

impl Plugins for Runtime {
    fn active(&self, plugin: &str) -> Option<String> {
        Plugins::active(self.registry(), plugin)
    }
}
