//! Does steps: one fresh, bounded store each, with the capabilities that the plugin was granted.
//! Nothing of a step outlives it but what its outcome says and what capabilities journaled.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mavm_store::{AccountStatus, RunId};

use crate::bindings::StepContext;
use crate::bindings::words::mavm::plugin::types;
use crate::bounds::Bounds;
use crate::cache::Cache;
use crate::engine::Engine;
use crate::error::LoadError;
use crate::load::{Grants, Loader, Plugin};
use crate::registry::Registry;
use crate::step::{Capability, StepError, StepRequest, StepResult, StepState};
use crate::{Failure, INTERFACES, Outcome, Waited, outcome, trap};

/// What the runtime needs to know.
#[derive(Clone, Debug)]
pub struct RuntimeOptions {
    /// Plugins are kept in its folder `plugins`, and the key that our own cache is proven with.
    pub data_dir: PathBuf,
    /// For compiled plugins; may be emptied at any time.
    pub cache_dir: PathBuf,
    /// Interfaces that each plugin is granted, by the plugin's name.
    pub grants: Grants,
    /// What a plugin may use.
    pub bounds: Bounds,
}

/// Loads plugins and does steps with them.
pub struct Runtime {
    loader: Arc<Loader>,
    registry: Registry,
}

impl Runtime {
    /// Starts the engine and loads the plugins that were active. `capabilities` are all that this
    /// host offers; what each plugin gets of them is up to the grants.
    ///
    /// # Errors
    ///
    /// When a grant names no interface, two capabilities have the same one, or the folders can't be
    /// used.
    pub async fn new(
        options: RuntimeOptions,
        capabilities: Vec<Arc<dyn Capability>>,
    ) -> Result<Self, LoadError> {
        check_grants(&options.grants)?;
        check_capabilities(&capabilities)?;
        let plugins = options.data_dir.join("plugins");
        std::fs::create_dir_all(&plugins).map_err(|error| LoadError::disk(&plugins, error))?;
        let engine = Engine::new().map_err(|error| LoadError::Host(error.to_string()))?;
        let cache = Cache::open(&options.cache_dir, &plugins.join("cache.key"), engine.version())?;
        let loader =
            Arc::new(Loader::new(engine, cache, options.bounds, options.grants, capabilities));
        let registry = Registry::open(Arc::clone(&loader), &plugins).await?;
        Ok(Self { loader, registry })
    }

    /// The plugins of this host.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Does one step with the plugin whose digest the run pinned.
    ///
    /// # Errors
    ///
    /// [`StepError`]. A plugin's failure is `Failed`; too slow is `Failed` with
    /// [`Failure::TimedOut`] that names the step; what a capability ends the step with (see
    /// [`StepError`]) comes as it is.
    pub async fn run_step(&self, request: StepRequest) -> StepResult {
        let plugin = self.plugin(&request).await?;
        let Some(step) = plugin.about().steps.iter().find(|step| step.name == request.step) else {
            return Err(StepError::Failed(no_such_step(&plugin, &request)));
        };
        let context = context(&request);
        let timeout = request.timeout;
        let request = Arc::new(request);
        let state =
            StepState::new(Some(Arc::clone(&request)), &self.loader.bounds, &plugin.capabilities);
        let (mut store, meter) = self.loader.store(state, self.loader.bounds.cpu);
        let ticking = self.loader.engine.tick();
        let call = async {
            let instance = plugin.pre.instantiate_async(&mut store).await?;
            instance.call_run(&mut store, &request.step, &context).await
        };
        // When time is up the call is dropped where it stands, and with it every host call in it.
        let called = tokio::time::timeout(timeout, meter.measure(call)).await;
        drop(ticking);
        let result = match called {
            Err(_) => Err(StepError::Failed(timed_out(&request, timeout))),
            Ok(Err(panic)) => Err(StepError::Host(format!(
                "a capability panicked in step `{}` of `{}`: {panic}. This is a fault of mavm: \
                 please report it",
                request.step, request.plugin
            ))),
            Ok(Ok(Err(error))) => {
                let last_error = store.data_mut().last_error().take();
                Err(trap::step_error(error, last_error))
            }
            Ok(Ok(Ok(Err(failure)))) => Err(StepError::Failed(outcome::bounded(failure))),
            Ok(Ok(Ok(Ok(outcome)))) => outcome::check(step, outcome).map_err(StepError::Failed),
        };
        drop(store);
        // What would go on from here is not kept for a run that ends here.
        let over = request.last && matches!(result, Ok(Outcome::Done(_)));
        for capability in plugin.capabilities.iter().filter(|_| !over) {
            capability.end_step(&request, result.is_ok()).await;
        }
        result
    }

    /// A run has ended, slept or parked: tells every capability.
    pub async fn end_run(&self, run: &RunId) {
        for capability in self.loader.capabilities() {
            capability.end_run(run).await;
        }
    }

    /// A run has succeeded or failed: tells every capability.
    pub async fn forget_run(&self, run: &RunId) {
        for capability in self.loader.capabilities() {
            capability.forget_run(run).await;
        }
    }

    async fn plugin(&self, request: &StepRequest) -> Result<Arc<Plugin>, StepError> {
        let plugin = self.registry.get(&request.digest).await.map_err(|error| {
            StepError::NoPlugin(format!("plugin `{}` can't be loaded: {error}", request.plugin))
        })?;
        if plugin.about().name != request.plugin {
            return Err(StepError::NoPlugin(format!(
                "the run pinned digest {} for plugin `{}`, but that is plugin `{}`",
                request.digest,
                request.plugin,
                plugin.about().name
            )));
        }
        Ok(plugin)
    }
}

fn no_such_step(plugin: &Plugin, request: &StepRequest) -> Failure {
    let steps: Vec<&str> = plugin.about().steps.iter().map(|step| step.name.as_str()).collect();
    Failure::Invalid(format!(
        "plugin `{}` {} has no step `{}`; it has {}",
        request.plugin,
        plugin.about().version,
        request.step,
        steps.join(", ")
    ))
}

fn timed_out(request: &StepRequest, timeout: Duration) -> Failure {
    Failure::TimedOut(Waited {
        waited_for: format!("step `{}` of plugin `{}`", request.step, request.plugin),
        within: types::Duration {
            milliseconds: timeout.as_millis().try_into().unwrap_or(u64::MAX),
        },
        obstacle: None,
    })
}

fn context(request: &StepRequest) -> StepContext {
    let account = &request.account;
    StepContext {
        run: request.run().to_string(),
        flow: request.flow.clone(),
        step: request.id.clone(),
        attempt: request.attempt,
        account: types::Account {
            name: account.name.to_string(),
            email: account.email.clone(),
            id: account.id.clone(),
            status: status(account.status),
            role_arn: account.role_arn.clone(),
        },
        inputs: request.inputs.to_string(),
        facts: request.facts.clone(),
    }
}

fn status(status: AccountStatus) -> types::AccountStatus {
    match status {
        AccountStatus::Planned => types::AccountStatus::Planned,
        AccountStatus::InProgress => types::AccountStatus::InProgress,
        AccountStatus::Created => types::AccountStatus::Created,
        AccountStatus::Vended => types::AccountStatus::Vended,
        AccountStatus::Closing => types::AccountStatus::Closing,
        AccountStatus::Closed => types::AccountStatus::Closed,
        AccountStatus::Quarantined => types::AccountStatus::Quarantined,
    }
}

/// A misspelt grant would otherwise show only as a plugin that lacks one.
fn check_grants(grants: &Grants) -> Result<(), LoadError> {
    let mut faults = Vec::new();
    for (plugin, interfaces) in grants {
        for interface in interfaces {
            if !INTERFACES.contains(&interface.as_str()) {
                faults.push(format!(
                    "[plugins.{plugin}] grants {interface:?}, which is no capability. There are: {}",
                    INTERFACES.join(", ")
                ));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(LoadError::Grants(faults)) }
}

fn check_capabilities(capabilities: &[Arc<dyn Capability>]) -> Result<(), LoadError> {
    let mut seen = std::collections::BTreeSet::new();
    for capability in capabilities {
        let interface = capability.interface();
        if !INTERFACES.contains(&interface) || !seen.insert(interface) {
            return Err(LoadError::Host(format!(
                "capability `{interface}` is given twice or is none of mavm:plugin's"
            )));
        }
    }
    Ok(())
}
