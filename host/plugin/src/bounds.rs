//! What a plugin may use: memory, tables, instances, handles, CPU time. Whoever goes beyond is
//! stopped with an error that names the bound.
//!
//! CPU time is the thread's own clock while the plugin's future is polled, so waiting in a host
//! call costs nothing, nor does a machine that is busy with something else. It is looked at
//! whenever the epoch moves.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use wasmtime::{ResourceLimiter, Store, UpdateDeadline};

use crate::StepState;

/// The bounds of one step.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// Bytes of a component file. Default 16 MiB.
    pub component_bytes: usize,
    /// Bytes of memory, all memories of the plugin together. Default 64 MiB.
    pub memory_bytes: usize,
    /// Entries of all tables together. Default 65 536.
    pub table_entries: usize,
    /// Core instances, which is how many parts a component may be made of. Default 64.
    pub instances: usize,
    /// Handles held at the same time: locators, frames, secrets, ... Default 10 000.
    pub handles: usize,
    /// CPU time of one step. Default 10 s.
    pub cpu: Duration,
    /// CPU time of `describe`. Default 1 s.
    pub describe_cpu: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            component_bytes: 16 * 1024 * 1024,
            memory_bytes: 64 * 1024 * 1024,
            table_entries: 65_536,
            instances: 64,
            handles: 10_000,
            cpu: Duration::from_secs(10),
            describe_cpu: Duration::from_secs(1),
        }
    }
}

/// A bound that a plugin went beyond.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Exceeded {
    #[error(
        "it asked for {} of memory; a plugin may have {}. If it needs that much, raise \
         `memory-bytes` in the plugin bounds", megabytes(*.asked), megabytes(*.bound)
    )]
    Memory { asked: usize, bound: usize },
    #[error("it asked for tables of {asked} entries; a plugin may have {bound}")]
    Table { asked: usize, bound: usize },
    #[error(
        "it used more than {:?} of CPU time, which waiting doesn't count towards. It is most likely \
         in an endless loop", .0
    )]
    Cpu(Duration),
}

fn megabytes(bytes: usize) -> String {
    format!("{:.1} MiB", bytes as f64 / (1024.0 * 1024.0))
}

/// The bounds of one store, and what it has used of them.
pub struct Limits {
    bounds: Bounds,
    memory: usize,
    memory_growth: usize,
    table: usize,
    table_growth: usize,
}

impl Limits {
    pub(crate) fn new(bounds: &Bounds) -> Self {
        Self { bounds: bounds.clone(), memory: 0, memory_growth: 0, table: 0, table_growth: 0 }
    }
}

impl ResourceLimiter for Limits {
    // An error traps, while `false` would only make the plugin's allocator fail: it would stop just
    // the same, and nobody could tell why.
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let growth = desired.saturating_sub(current);
        let asked = self.memory.saturating_add(growth);
        let bound = self.bounds.memory_bytes;
        if asked > bound {
            return Err(Exceeded::Memory { asked, bound }.into());
        }
        (self.memory, self.memory_growth) = (asked, growth);
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.memory -= std::mem::take(&mut self.memory_growth);
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let growth = desired.saturating_sub(current);
        let asked = self.table.saturating_add(growth);
        let bound = self.bounds.table_entries;
        if asked > bound {
            return Err(Exceeded::Table { asked, bound }.into());
        }
        (self.table, self.table_growth) = (asked, growth);
        Ok(true)
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.table -= std::mem::take(&mut self.table_growth);
        Ok(())
    }

    fn instances(&self) -> usize {
        self.bounds.instances
    }

    fn tables(&self) -> usize {
        self.bounds.instances
    }

    fn memories(&self) -> usize {
        self.bounds.instances
    }
}

/// Counts the CPU time of one store's calls.
#[derive(Clone, Default)]
pub(crate) struct CpuMeter(Arc<Used>);

#[derive(Default)]
struct Used {
    /// Nanoseconds in polls that are over.
    before: AtomicU64,
    /// The thread's clock when the present poll began.
    since: AtomicU64,
}

impl CpuMeter {
    /// Puts the store under the bound: it yields to the other tasks at every tick, and traps once
    /// it has used up its time.
    pub(crate) fn bound(&self, store: &mut Store<StepState>, cpu: Duration) {
        let used = Arc::clone(&self.0);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |_| {
            if used.now() > cpu {
                Err(Exceeded::Cpu(cpu).into())
            } else {
                Ok(UpdateDeadline::Yield(1))
            }
        });
    }

    /// Runs a call of that store under this meter. A panic of the host's own code comes back as
    /// its message instead of taking the worker with it.
    pub(crate) async fn measure<F: Future>(&self, call: F) -> Result<F::Output, String> {
        let mut call = pin!(call);
        std::future::poll_fn(|context| self.poll(call.as_mut(), context)).await
    }

    fn poll<F: Future>(
        &self,
        call: Pin<&mut F>,
        context: &mut Context<'_>,
    ) -> Poll<Result<F::Output, String>> {
        self.0.since.store(thread_cpu(), Ordering::Relaxed);
        let polled = catch_unwind(AssertUnwindSafe(|| call.poll(context)));
        self.0.end_poll();
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(panic_message(&*panic))),
        }
    }
}

impl Used {
    fn now(&self) -> Duration {
        let poll = thread_cpu().saturating_sub(self.since.load(Ordering::Relaxed));
        Duration::from_nanos(self.before.load(Ordering::Relaxed).saturating_add(poll))
    }

    fn end_poll(&self) {
        let total = self.now().as_nanos().try_into().unwrap_or(u64::MAX);
        self.before.store(total, Ordering::Relaxed);
    }
}

/// Nanoseconds of CPU time that this thread has used.
fn thread_cpu() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanoseconds = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds)
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}
