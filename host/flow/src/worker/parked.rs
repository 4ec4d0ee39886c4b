//! Parked runs: how a person puts one back to work, and how those that wait because of drift go on
//! by themselves once a newer plugin is active.

use jiff::Timestamp;
use mavm_store::{Error, Run, RunId, RunStatus, Store};
use tracing::{info, warn};

use super::{Inner, Plugins};
use crate::flows::FlowTexts;
use crate::machine::{Drift, Event, TroubleKind};

/// How many parked runs are looked at.
const MOST: u32 = 1000;

/// Puts a parked or failed run back to work. If it stopped because of a plugin (drift, trap, gone),
/// it goes on with the plugin that is active now; plugins that it never pinned, because the
/// configuration named another one then, are pinned now.
///
/// # Errors
///
/// When there is no such run, or it is neither parked nor failed.
pub async fn resume(
    store: &dyn Store,
    plugins: &dyn Plugins,
    texts: &FlowTexts,
    id: &RunId,
    now: Timestamp,
    actor: &str,
) -> mavm_store::Result<()> {
    let run =
        store.run(id).await?.ok_or_else(|| Error::NotFound { what: "run", key: id.to_string() })?;
    let mut pins = run.plugins.clone();
    if let Some(stopped) = last_event(store, id).await?.as_ref().and_then(stopped_by)
        && let Some(active) = plugins.active(&stopped.plugin)
    {
        repin(&mut pins, &stopped.plugin, active);
    }
    if let Ok(flow) = texts.get(&run.flow_digest) {
        for plugin in flow.plugins() {
            if !pins.iter().any(|(name, _)| name == plugin)
                && let Some(active) = plugins.active(plugin)
            {
                repin(&mut pins, plugin, active);
            }
        }
    }
    let pins = (pins != run.plugins).then_some(pins);
    let entry = Event::Resumed { by: actor.to_owned() }.to_json();
    store.resume(id, now, pins, entry, actor).await
}

/// The plugin that a run stopped because of.
fn stopped_by(event: &Event) -> Option<Drift> {
    match event {
        Event::Held { step, plugin, digest } => Some((step, plugin, digest)),
        Event::StepFailed { step, trouble, plugin, digest, .. } => {
            let kinds = [TroubleKind::PageChanged, TroubleKind::Trapped, TroubleKind::NoPlugin];
            kinds.contains(&trouble.kind).then_some((step, plugin, digest))
        }
        _ => None,
    }
    .map(|(step, plugin, digest)| Drift {
        plugin: plugin.clone(),
        digest: digest.clone(),
        step: step.clone(),
    })
}

/// The drift that a run waits about, and whether it only heard of it from another.
fn drift_of(event: &Event) -> Option<(Drift, bool)> {
    let held = matches!(event, Event::Held { .. });
    let drifted = matches!(
        event,
        Event::StepFailed { trouble, .. } if trouble.kind == TroubleKind::PageChanged
    );
    (held || drifted).then(|| stopped_by(event)).flatten().map(|drift| (drift, held))
}

fn repin(pins: &mut Vec<(String, String)>, plugin: &str, digest: String) {
    match pins.iter_mut().find(|(name, _)| name == plugin) {
        Some(pin) => pin.1 = digest,
        None => pins.push((plugin.to_owned(), digest)),
    }
}

async fn last_event(store: &dyn Store, run: &RunId) -> mavm_store::Result<Option<Event>> {
    let journal = store.journal(run).await?;
    Ok(journal.last().and_then(|entry| Event::from_json(&entry.entry).ok()))
}

impl Inner {
    /// Opens the breakers that were open before a restart.
    pub(super) async fn remember_drift(&self) {
        for (run, drift, held) in self.drifted().await {
            if !held {
                self.breaker.open(&run.flow, &drift);
            }
        }
    }

    /// Resumes what waits because of drift: on a newer plugin if one is active, or on the same one
    /// if the breaker has closed.
    pub(super) async fn resume_parked(&self) {
        for (run, drift, held) in self.drifted().await {
            let active = self.parts.plugins.active(&drift.plugin);
            let (by, pins) = match active {
                Some(active) if active != drift.digest => {
                    let mut pins = run.plugins.clone();
                    let by = format!("plugin {} {}", drift.plugin, short(&active));
                    repin(&mut pins, &drift.plugin, active);
                    (by, Some(pins))
                }
                _ if held && !self.breaker.is_open(&run.flow, &drift.plugin, &drift.digest) => {
                    (format!("plugin {} works again", drift.plugin), None)
                }
                _ => continue,
            };
            let now = self.parts.clock.now();
            let entry = Event::Resumed { by: by.clone() }.to_json();
            match self.parts.store.resume(&run.id, now, pins, entry, "host").await {
                Ok(()) => info!(run = %run.id, by, "run goes on"),
                // Somebody else has resumed it.
                Err(Error::Conflict(_)) => {}
                Err(error) => warn!(run = %run.id, %error, "run could not be resumed"),
            }
        }
    }

    /// Parked runs that wait because of drift.
    async fn drifted(&self) -> Vec<(Run, Drift, bool)> {
        let store = &self.parts.store;
        let parked = match store.runs(Some(RunStatus::Parked), MOST).await {
            Ok(parked) => parked,
            Err(error) => {
                warn!(%error, "parked runs could not be looked at");
                return Vec::new();
            }
        };
        let mut drifted = Vec::new();
        for run in parked {
            if let Ok(Some(event)) = last_event(&**store, &run.id).await
                && let Some((drift, held)) = drift_of(&event)
            {
                drifted.push((run, drift, held));
            }
        }
        drifted
    }
}

/// A digest as people recognise it.
fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
