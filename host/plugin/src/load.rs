//! From bytes to a plugin that can do steps: check, compile, describe, grant, link. Gives either a
//! whole plugin or an error; nothing is kept in between.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use wasmtime::Store;
use wasmtime::component::{Component, Linker};

use crate::About;
use crate::bindings::PluginPre;
use crate::bounds::{Bounds, CpuMeter};
use crate::cache::Cache;
use crate::check::{Outline, check};
use crate::digests::digest;
use crate::engine::{Engine, HOST_CALL_BYTES};
use crate::error::LoadError;
use crate::outcome::is_word;
use crate::step::{Capability, StepState};
use crate::{link, trap};

/// Interfaces that each plugin is granted, by the plugin's name.
pub type Grants = BTreeMap<String, BTreeSet<String>>;

/// `describe` has nothing to wait for, so this only matters on a machine that is very busy.
const DESCRIBE_WALL: Duration = Duration::from_secs(30);

const STEPS: usize = 64;
const INPUTS: usize = 64;
const TEXT_BYTES: usize = 4 * 1024;

/// A plugin that is ready to do steps.
pub struct Plugin {
    digest: String,
    about: About,
    pub(crate) pre: PluginPre<StepState>,
    /// Those that it imports, all of them granted.
    pub(crate) capabilities: Vec<Arc<dyn Capability>>,
}

impl Plugin {
    /// SHA-256 of its bytes, in hex.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What it says of itself.
    pub fn about(&self) -> &About {
        &self.about
    }
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.about.name)
            .field("version", &self.about.version)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

pub(crate) struct Loader {
    pub(crate) engine: Engine,
    pub(crate) bounds: Bounds,
    cache: Cache,
    grants: Grants,
    capabilities: Vec<Arc<dyn Capability>>,
}

impl Loader {
    pub(crate) fn new(
        engine: Engine,
        cache: Cache,
        bounds: Bounds,
        grants: Grants,
        capabilities: Vec<Arc<dyn Capability>>,
    ) -> Self {
        Self { engine, bounds, cache, grants, capabilities }
    }

    pub(crate) fn capabilities(&self) -> &[Arc<dyn Capability>] {
        &self.capabilities
    }

    /// `expected` is the name that it is installed under, if there is one.
    pub(crate) async fn load(
        self: &Arc<Self>,
        bytes: Vec<u8>,
        expected: Option<&str>,
    ) -> Result<Plugin, LoadError> {
        let (digest, outline, component) = self.compile(bytes).await?;
        let about = self.describe(&component).await?;
        check_manifest(&about)?;
        if let Some(expected) = expected
            && expected != about.name
        {
            return Err(LoadError::OtherName { expected: expected.to_owned(), says: about.name });
        }
        let capabilities = self.granted(&about.name, &outline)?;
        let linker = link::granted(self.engine.wasm(), &capabilities)
            .map_err(|error| LoadError::Host(chain(&error)))?;
        let pre = prepare(&linker, &component)?;
        Ok(Plugin { digest, about, pre, capabilities })
    }

    /// On a thread of its own: it takes seconds of CPU for a large component.
    async fn compile(
        self: &Arc<Self>,
        bytes: Vec<u8>,
    ) -> Result<(String, Outline, Component), LoadError> {
        let loader = Arc::clone(self);
        let task = tokio::task::spawn_blocking(move || {
            let offered = loader.capabilities.iter().map(|c| c.interface()).collect();
            let outline = check(&bytes, loader.bounds.component_bytes, &offered)?;
            let digest = digest(&bytes);
            let engine = loader.engine.wasm();
            if let Some(component) = loader.cache.get(engine, &digest) {
                return Ok((digest, outline, component));
            }
            let component = Component::from_binary(engine, &bytes)
                .map_err(|error| LoadError::Compile(chain(&error)))?;
            loader.cache.put(&digest, &component);
            Ok((digest, outline, component))
        });
        task.await.map_err(|error| LoadError::Host(error.to_string()))?
    }

    async fn describe(&self, component: &Component) -> Result<About, LoadError> {
        let linker = link::nothing(self.engine.wasm(), component)
            .map_err(|error| LoadError::Types(chain(&error)))?;
        let pre = prepare(&linker, component)?;
        let (mut store, meter) =
            self.store(StepState::new(None, &self.bounds, &[]), self.bounds.describe_cpu);
        let _ticking = self.engine.tick();
        let call = async {
            let instance = pre.instantiate_async(&mut store).await?;
            instance.call_describe(&mut store).await
        };
        let described = match tokio::time::timeout(DESCRIBE_WALL, meter.measure(call)).await {
            Ok(Ok(described)) => described,
            Ok(Err(panic)) => return Err(LoadError::Host(panic)),
            Err(_) => {
                return Err(LoadError::Describe {
                    message: format!("it took longer than {DESCRIBE_WALL:?}"),
                    backtrace: String::new(),
                });
            }
        };
        described.map_err(|error| {
            let last_error = store.data_mut().last_error().take();
            let (message, backtrace) = trap::describe(&error, last_error);
            LoadError::Describe { message, backtrace }
        })
    }

    /// A bounded store.
    pub(crate) fn store(&self, state: StepState, cpu: Duration) -> (Store<StepState>, CpuMeter) {
        let mut store = Store::new(self.engine.wasm(), state);
        store.limiter(|state| &mut state.limits);
        store.set_hostcall_fuel(HOST_CALL_BYTES);
        let meter = CpuMeter::default();
        meter.bound(&mut store, cpu);
        (store, meter)
    }

    /// The capabilities that it imports, if all of them are granted.
    fn granted(
        &self,
        name: &str,
        outline: &Outline,
    ) -> Result<Vec<Arc<dyn Capability>>, LoadError> {
        let none = BTreeSet::new();
        let grants = self.grants.get(name).unwrap_or(&none);
        // Without a grant for the log, lines go nowhere: nothing to trust anyone with.
        let missing: Vec<String> = outline
            .interfaces
            .iter()
            .filter(|interface| !grants.contains(*interface) && *interface != "log")
            .cloned()
            .collect();
        if !missing.is_empty() {
            let grants = grants.iter().chain(&missing).collect::<BTreeSet<_>>();
            return Err(LoadError::NotGranted {
                plugin: name.to_owned(),
                grants: grants.into_iter().cloned().collect(),
                missing,
            });
        }
        Ok(self
            .capabilities
            .iter()
            .filter(|capability| {
                let interface = capability.interface();
                outline.interfaces.contains(interface) && grants.contains(interface)
            })
            .cloned()
            .collect())
    }
}

fn prepare(
    linker: &Linker<StepState>,
    component: &Component,
) -> Result<PluginPre<StepState>, LoadError> {
    linker
        .instantiate_pre(component)
        .and_then(PluginPre::new)
        .map_err(|error| LoadError::Types(chain(&error)))
}

fn chain(error: &wasmtime::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Names and texts go into paths, configuration, pages and logs.
fn check_manifest(about: &About) -> Result<(), LoadError> {
    let mut faults = Faults::default();
    faults.word("the plugin's name", &about.name, '-');
    if let Err(error) = semver::Version::parse(&about.version) {
        let version = about.version.chars().take(80).collect::<String>();
        faults.add(format!("version {version:?} is no semantic version such as 1.0.0: {error}"));
    }
    faults.text("the plugin's description", &about.description);
    match about.steps.len() {
        0 => faults.add("it has no step; mark a function with `#[step(\"name\")]`".to_owned()),
        1..=STEPS => {}
        many => faults.add(format!("it has {many} steps; at most {STEPS}")),
    }
    let mut steps = BTreeSet::new();
    for step in about.steps.iter().take(STEPS) {
        faults.word("a step's name", &step.name, '-');
        if !steps.insert(&step.name) {
            faults.add(format!("two steps are named `{}`", step.name));
        }
        faults.text("a step's description", &step.description);
        if step.inputs.len().max(step.branches.len()) > INPUTS {
            faults.add(format!("step `{}` has more than {INPUTS} inputs or branches", step.name));
        }
        let mut inputs = BTreeSet::new();
        for input in step.inputs.iter().take(INPUTS) {
            faults.word("an input's name", &input.name, '_');
            faults.text("an input's description", &input.description);
            if !inputs.insert(&input.name) {
                faults.add(format!("step `{}` has two inputs named `{}`", step.name, input.name));
            }
        }
        for branch in step.branches.iter().take(INPUTS) {
            faults.word("a branch word", branch, '-');
        }
    }
    if faults.0.is_empty() { Ok(()) } else { Err(LoadError::Manifest(faults.0)) }
}

#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn add(&mut self, fault: String) {
        self.0.push(fault);
    }

    fn word(&mut self, what: &str, word: &str, joint: char) {
        if !is_word(word, joint) {
            let word: String = word.chars().take(80).collect();
            self.add(format!(
                "{what} is {word:?}; it must be lower-case words joined by `{joint}`, at most 64 \
                 characters, beginning with a letter"
            ));
        }
    }

    fn text(&mut self, what: &str, text: &str) {
        if text.len() > TEXT_BYTES {
            self.add(format!("{what} has {} bytes; at most {TEXT_BYTES}", text.len()));
        }
    }
}
