//! The wasmtime engine, and the thread that ticks its epoch so that no plugin can keep a worker
//! thread to itself.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use wasmtime::{Config, WasmBacktraceDetails, WasmFeatures};

/// How often a running plugin is interrupted: to let others run, and to look at its bounds.
const TICK: Duration = Duration::from_millis(10);

/// Data that a plugin may hand the host in one call. Four times what the largest argument in the
/// WIT (a captcha's picture) may have.
pub(crate) const HOST_CALL_BYTES: usize = 8 * 1024 * 1024;

/// The engine that compiles and runs all plugins of this host.
pub(crate) struct Engine {
    wasm: wasmtime::Engine,
    ticker: Ticker,
}

impl Engine {
    pub(crate) fn new() -> wasmtime::Result<Self> {
        let mut config = Config::new();
        config
            .epoch_interruption(true)
            .wasm_component_model(true)
            .wasm_backtrace_details(WasmBacktraceDetails::Enable)
            // Shared memory would grow without asking the store's limiter.
            .wasm_features(WasmFeatures::THREADS, false)
            .wasm_features(WasmFeatures::SHARED_EVERYTHING_THREADS, false)
            .wasm_features(WasmFeatures::MEMORY64, false);
        let wasm = wasmtime::Engine::new(&config)?;
        let ticker = Ticker::start(wasm.clone())?;
        Ok(Self { wasm, ticker })
    }

    pub(crate) fn wasm(&self) -> &wasmtime::Engine {
        &self.wasm
    }

    /// The epoch moves while at least one of these lives: an idle host doesn't wake a hundred times
    /// a second.
    pub(crate) fn tick(&self) -> Ticking {
        self.ticker.hold()
    }

    /// Changes whenever compiled code of one engine can't be used by the other.
    pub(crate) fn version(&self) -> String {
        use std::hash::{Hash, Hasher};
        let mut hasher = std::collections::hash_map::DefaultHasher::new();
        self.wasm.precompile_compatibility_hash().hash(&mut hasher);
        format!("wasmtime-{:016x}", hasher.finish())
    }
}

#[derive(Default)]
struct TickState {
    live: usize,
    stop: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<TickState>,
    changed: Condvar,
}

impl Shared {
    fn change(&self, change: impl FnOnce(&mut TickState)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }
}

struct Ticker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    fn start(engine: wasmtime::Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let thread = std::thread::Builder::new().name("mavm-epoch".into()).spawn({
            let shared = Arc::clone(&shared);
            move || tick(&shared, &engine)
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    fn hold(&self) -> Ticking {
        self.shared.change(|state| state.live += 1);
        Ticking(Arc::clone(&self.shared))
    }
}

fn tick(shared: &Shared, engine: &wasmtime::Engine) {
    let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
    while !state.stop {
        if state.live == 0 {
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            continue;
        }
        state = match shared.changed.wait_timeout(state, TICK) {
            Ok((state, waited)) => {
                if waited.timed_out() {
                    engine.increment_epoch();
                }
                state
            }
            Err(poisoned) => poisoned.into_inner().0,
        };
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.change(|state| state.stop = true);
        if let Some(thread) = self.thread.take() {
            // The thread holds no lock that it could have poisoned and nothing to save.
            let _ = thread.join();
        }
    }
}

/// Keeps the epoch moving.
pub(crate) struct Ticking(Arc<Shared>);

impl Drop for Ticking {
    fn drop(&mut self) {
        self.0.change(|state| state.live -= 1);
    }
}
