//! What starts runs: stock below its target, a lease that is over, a person. Conditions are looked
//! at when the store changes or when a time has come, never in between; the store decides pace,
//! ceiling and switch, so that several hosts together keep to them.

mod email;
mod start;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use mavm_store::{AccountStatus, Pace, Started};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

pub use email::EmailPattern;
pub use start::{StartError, Starter};

use crate::definition::{Flow, Trigger};
use crate::worker::{after, signed};

/// Other hosts' writes may not be told of, so the conditions are looked at this often anyway.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(15);

/// Watches the conditions of all flows and starts runs.
pub struct Triggers {
    starter: Arc<Starter>,
    /// What was told last, by flow: a condition that repeats is told once.
    told: HashMap<String, String>,
    /// Sign-ups that were refused for now: when to ask again.
    not_before: HashMap<String, Timestamp>,
}

impl Triggers {
    /// Triggers for all flows that the starter knows.
    pub fn new(starter: Arc<Starter>) -> Self {
        Self { starter, told: HashMap::new(), not_before: HashMap::new() }
    }

    /// Watches until `stop` is cancelled.
    pub async fn run(mut self, stop: CancellationToken) {
        let starter = Arc::clone(&self.starter);
        let mut changes = starter.store.changes();
        while !stop.is_cancelled() {
            changes.borrow_and_update();
            let wake = self.look().await;
            tokio::select! {
                () = stop.cancelled() => {}
                changed = changes.changed() => {
                    if changed.is_err() {
                        error!("the store has closed; no more runs are started");
                        return;
                    }
                }
                () = starter.clock.sleep_until(wake) => {}
            }
        }
    }

    /// Looks at every condition once, starts what is due, and says when to look again at the latest.
    async fn look(&mut self) -> Timestamp {
        let starter = Arc::clone(&self.starter);
        let now = starter.clock.now();
        let mut wake = after(now, LOOK_AGAIN);
        for flow in starter.flows.iter() {
            for trigger in &flow.triggers {
                let next = match trigger {
                    Trigger::StockBelow { target, every, max_per_day } => {
                        let pace = Pace {
                            every: signed(*every),
                            max_per_day: *max_per_day,
                            target: *target,
                        };
                        self.stock(flow, &pace, now).await
                    }
                    Trigger::LeaseOver => self.leases(flow, now).await,
                    Trigger::Person => Ok(None),
                };
                match next {
                    Ok(next) => wake = next.unwrap_or(wake).min(wake),
                    Err(why) => self.tell(flow, &why.to_string(), true),
                }
            }
        }
        wake
    }

    /// Starts sign-ups until the stock is reached or the store says no.
    async fn stock(
        &mut self,
        flow: &Flow,
        pace: &Pace,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StartError> {
        if let Some(again) = self.not_before.get(&flow.name).filter(|again| **again > now) {
            return Ok(Some(*again));
        }
        self.not_before.remove(&flow.name);
        loop {
            // Asking costs a write, so what can be seen by reading is looked at first.
            if self.starter.store.in_stock().await? >= u64::from(pace.target) {
                return Ok(None);
            }
            if self.starter.store.signups_stopped().await? {
                self.tell(flow, "all sign-ups are stopped; no account is made", false);
                return Ok(None);
            }
            match self.starter.sign_up(flow, pace, "stock").await? {
                Started::Yes(run) => {
                    self.told.remove(&flow.name);
                    info!(flow = flow.name, %run, "stock is below its target: sign-up started");
                }
                Started::No { why, again_at } => {
                    self.tell(flow, &why, false);
                    if let Some(again) = again_at {
                        self.not_before.insert(flow.name.clone(), again);
                    }
                    return Ok(again_at);
                }
            }
        }
    }

    /// Starts a run for each account whose lease is over.
    async fn leases(
        &mut self,
        flow: &Flow,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StartError> {
        let store = Arc::clone(&self.starter.store);
        for account in store.leases_over(now).await? {
            // Only what the lease made due: a person may use the flow for other statuses, too.
            let from = [AccountStatus::Vended];
            match self.starter.work_on(flow, &account.name, &from, "lease").await {
                Ok(run) => {
                    info!(flow = flow.name, account = %account.name, %run, "lease over: run started");
                }
                // Another host was faster.
                Err(StartError::Store(mavm_store::Error::Conflict(_))) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(store.next_lease_end(now).await?)
    }

    fn tell(&mut self, flow: &Flow, why: &str, wrong: bool) {
        if self.told.get(&flow.name).is_some_and(|told| told == why) {
            return;
        }
        if wrong {
            warn!(flow = flow.name, why, "a trigger can't start its flow");
        } else {
            info!(flow = flow.name, why, "no sign-up for now");
        }
        self.told.insert(flow.name.clone(), why.to_owned());
    }
}
