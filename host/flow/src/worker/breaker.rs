//! The breaker: once a page has changed for a plugin, other runs of the flow stop before they run
//! into it. It opens with the first drift and closes when the same step succeeds again with the same
//! digest; a newer digest has a breaker of its own, closed at first.
//!
//! Kept in memory only: after a restart it is made again from the runs that wait because of drift.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::machine::Drift;

/// Flow, plugin, digest.
type Key = (String, String, String);

#[derive(Debug, Default)]
pub(crate) struct Breaker {
    /// The steps that drifted.
    open: Mutex<HashMap<Key, BTreeSet<String>>>,
}

impl Breaker {
    pub(crate) fn open(&self, flow: &str, drift: &Drift) {
        self.lock().entry(key(flow, drift)).or_default().insert(drift.step.clone());
    }

    pub(crate) fn is_open(&self, flow: &str, plugin: &str, digest: &str) -> bool {
        self.lock().contains_key(&(flow.to_owned(), plugin.to_owned(), digest.to_owned()))
    }

    /// A step went well. True if this closed the breaker.
    pub(crate) fn succeeded(&self, flow: &str, drift: &Drift) -> bool {
        let mut open = self.lock();
        let key = key(flow, drift);
        let Some(steps) = open.get_mut(&key) else { return false };
        steps.remove(&drift.step);
        let closed = steps.is_empty();
        if closed {
            open.remove(&key);
        }
        closed
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, BTreeSet<String>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(flow: &str, drift: &Drift) -> Key {
    (flow.to_owned(), drift.plugin.clone(), drift.digest.clone())
}
