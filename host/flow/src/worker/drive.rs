//! One claimed run, taken as far as it goes.
//!
//! 1. The journal is folded into the machine's state, and the machine says what to do.
//! 2. Before a try of a step its start is journaled, after it its end: together with what becomes of
//!    the run's row and the account, in one transaction. Where the next step starts at once, its start
//!    goes into that one, too.
//! 3. Every write carries the claim's fence. Once one is refused, another worker has the run, and
//!    this one stops at once and writes nothing more.
//! 4. The claim is renewed on a timer for as long as this takes.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use mavm_plugin::bindings::words::mavm::plugin::types::Duration as Milliseconds;
use mavm_plugin::{Failure, Outcome, StepError, Waited};
use mavm_store::{
    Account, AccountChange, AccountStatus, Claim, Error, Fence, Run, RunChange, RunId,
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::outcome::{failed_event, is_drift, outcome_event};
use super::{Inner, SOON, after, see, signed};
use crate::definition::{Flow, Step};
use crate::machine::{Command, Drift, Event, State, Trouble};
use crate::template::Evaluator;

/// A step that doesn't keep its own time limit is cut off this much later.
const GRACE: SignedDuration = SignedDuration::from_secs(60);

/// How a run was left.
#[derive(Debug)]
enum Left {
    /// It succeeded or failed.
    Over,
    /// It is parked.
    AtRest,
    /// It sleeps until then.
    Asleep(Timestamp),
    /// Another worker has it, or the store failed: nothing more was written.
    Lost(Error),
    /// The host stops.
    Stopped,
}

/// Takes a claimed run as far as it goes.
pub(super) async fn drive(worker: Arc<Inner>, claim: Claim, stop: CancellationToken) {
    let fence = Arc::new(claim.fence);
    let id = claim.run.id.clone();
    let flow = match worker.parts.texts.get(&claim.run.flow_digest) {
        Ok(flow) => flow,
        Err(error) => {
            let why = format!("{error}. Put it right, then resume the run.");
            park_unread(&worker, &fence, &id, why).await;
            return;
        }
    };
    let last = claim.journal.last().and_then(|entry| Event::from_json(&entry.entry).ok());
    let mut drive = Drive {
        state: State::fold(&flow, &claim.journal),
        resumed: matches!(last, Some(Event::Resumed { .. })),
        ended: None,
        worker: Arc::clone(&worker),
        run: claim.run,
        account: claim.account,
        fence: Arc::clone(&fence),
        flow,
        under_way: None,
    };
    let left = tokio::select! {
        left = drive.go() => left.unwrap_or_else(Left::Lost),
        error = keep_claim(&worker, &fence) => Left::Lost(error),
        () = stop.cancelled() => Left::Stopped,
    };
    match left {
        Left::Asleep(until) => worker.linger(&id, until).await,
        Left::AtRest => worker.parts.steps.end_run(&id).await,
        Left::Over => {
            worker.parts.steps.end_run(&id).await;
            worker.parts.steps.forget_run(&id).await;
        }
        Left::Stopped => {
            drive.interrupted().await;
            worker.parts.steps.end_run(&id).await;
        }
        Left::Lost(error) => {
            match error {
                Error::Fenced { .. } => info!(run = %id, "another worker has the run"),
                // Trying again would only meet it again.
                Error::Conflict(why) => {
                    park_unread(&worker, &fence, &id, format!("the store refuses: {why}")).await;
                }
                error => {
                    error!(run = %id, %error, "the run can't go on for now");
                    // It could not be written with what came next; by itself, perhaps.
                    drive.under_way = None;
                    drive.interrupted().await;
                }
            }
            worker.parts.steps.end_run(&id).await;
        }
    }
}

/// Renews the claim until that fails for good.
async fn keep_claim(worker: &Inner, fence: &Fence) -> Error {
    let clock = &worker.parts.clock;
    let mut pause = signed(worker.options.claim / 3);
    loop {
        clock.sleep_until(after(clock.now(), pause)).await;
        match worker.parts.store.renew(fence, worker.claim_until(clock.now())).await {
            Ok(()) => pause = signed(worker.options.claim / 3),
            Err(error @ Error::Fenced { .. }) => return error,
            Err(error) => {
                // The claim may still be good: the next write tells.
                warn!(run = %fence.run(), %error, "the claim could not be renewed");
                pause = SOON;
            }
        }
    }
}

/// Parks a run that the machine can't speak for: its flow can't be read, or the store refused.
async fn park_unread(worker: &Inner, fence: &Fence, id: &RunId, why: String) {
    warn!(run = %id, why, "run parked");
    let entry = Event::Blocked { why: why.clone() }.to_json();
    let now = worker.parts.clock.now();
    let parked = worker
        .parts
        .store
        .append(fence, now, vec![entry], RunChange::Park(why), AccountChange::default())
        .await;
    if let Err(error) = parked {
        error!(run = %id, %error, "the run could not be parked");
    }
}

struct Drive {
    worker: Arc<Inner>,
    run: Run,
    account: Account,
    fence: Arc<Fence>,
    flow: Arc<Flow>,
    state: State,
    /// A person has just resumed it: an open breaker doesn't stop its next step.
    resumed: bool,
    /// The step whose start is journaled and whose end is not; it may have ended (`ended`).
    under_way: Option<String>,
    /// The end of a step, as it goes into the journal, that waits for the start of the next one. Nothing is
    /// awaited in between but that write, which can't be refused for what it makes of the account.
    ended: Option<(Timestamp, serde_json::Value)>,
}

impl Drive {
    async fn go(&mut self) -> Result<Left, Error> {
        loop {
            let now = self.worker.parts.clock.now();
            match self.state.next(now) {
                Command::Start => {
                    self.write(Event::Started, AccountChange::default()).await?;
                }
                Command::Run { step, attempt } => {
                    if let Some(left) = self.step(step, attempt).await? {
                        return Ok(left);
                    }
                }
                // Claimed a moment early, by a clock that is ahead.
                Command::SleepUntil(until) => self.worker.parts.clock.sleep_until(until).await,
                Command::Succeed => return self.succeed().await,
                Command::Park(why) => return self.block(why).await,
                Command::Fail(why) => {
                    let change = self.failed(&why);
                    let entry = Event::Blocked { why: why.clone() };
                    self.append(entry, RunChange::Fail(why), change).await?;
                    return Ok(Left::Over);
                }
                Command::Nothing => return Ok(Left::AtRest),
            }
        }
    }

    /// Does one try of a step, or leaves it out, or finds that it can't be done.
    async fn step(&mut self, index: usize, attempt: u32) -> Result<Option<Left>, Error> {
        let flow = Arc::clone(&self.flow);
        let Some(step) = flow.steps.get(index) else {
            return self.block(format!("the flow has no step {index}")).await.map(Some);
        };
        let see = self.see(attempt);
        let first = self.state.steps.get(index).is_some_and(|record| record.starts == 0);
        if let Some(when) = step.when.as_deref().filter(|_| first) {
            match Evaluator::new().truth(when, &see) {
                Ok(true) => {}
                Ok(false) => {
                    let skipped = Event::StepSkipped { step: step.id.clone() };
                    return self.write(skipped, AccountChange::default()).await;
                }
                Err(error) => return self.cannot(step, &error.to_string()).await.map(Some),
            }
        }
        let pin = self.run.plugins.iter().find(|(name, _)| *name == step.plugin);
        let Some((_, digest)) = pin.cloned() else {
            let why = format!(
                "this run pinned no plugin `{}`; the configuration named another when it began",
                step.plugin
            );
            return self.cannot(step, &why).await.map(Some);
        };
        let breaker = &self.worker.breaker;
        if !self.resumed && breaker.is_open(&flow.name, &step.plugin, &digest) {
            let held = Event::Held { step: step.id.clone(), plugin: step.plugin.clone(), digest };
            let left = self.write(held, AccountChange::default()).await;
            self.worker.look_at_parked.notify_one();
            return left;
        }
        let inputs = match see::inputs(step, &see) {
            Ok(inputs) => inputs,
            Err(error) => return self.cannot(step, &error.to_string()).await.map(Some),
        };
        let started = Event::StepStarted {
            step: step.id.clone(),
            attempt,
            plugin: step.plugin.clone(),
            digest: digest.clone(),
        };
        self.write(started, AccountChange::default()).await?;
        self.under_way = Some(step.id.clone());
        let request = see::request(see::Try {
            flow: &flow,
            step,
            digest: &digest,
            attempt,
            account: &self.account,
            inputs,
            state: &self.state,
            fence: &self.fence,
        });
        info!(run = %self.run.id, step = step.id, attempt, "step begins");
        let result = self.run_step(step, request).await;
        let event = match result {
            Ok(outcome) => outcome_event(step, attempt, &digest, outcome, self.now()),
            Err(error) => match Trouble::of(error) {
                Some(trouble) => failed_event(step, attempt, &digest, trouble),
                None => return Ok(Some(Left::Lost(self.fenced()))),
            },
        };
        self.note_drift(step, &digest, &event);
        let drifted = is_drift(&event);
        let left = self.write(event, AccountChange::default()).await?;
        self.resumed = false;
        if drifted {
            // A newer plugin may be there already.
            self.worker.look_at_parked.notify_one();
        }
        Ok(left)
    }

    async fn run_step(
        &self,
        step: &Step,
        request: mavm_plugin::StepRequest,
    ) -> Result<Outcome, StepError> {
        let limit = after(self.now(), signed(step.timeout).saturating_add(GRACE));
        tokio::select! {
            result = self.worker.parts.steps.run_step(request) => result,
            () = self.worker.parts.clock.sleep_until(limit) => {
                let milliseconds = u64::try_from(step.timeout.as_millis()).unwrap_or(u64::MAX);
                Err(StepError::Failed(Failure::TimedOut(Waited {
                    waited_for: format!("step `{}` to end", step.id),
                    within: Milliseconds { milliseconds },
                    obstacle: None,
                })))
            }
        }
    }

    /// Opens or closes the breaker.
    fn note_drift(&self, step: &Step, digest: &str, event: &Event) {
        let drift =
            Drift { plugin: step.plugin.clone(), digest: digest.to_owned(), step: step.id.clone() };
        if is_drift(event) {
            warn!(run = %self.run.id, step = step.id, plugin = step.plugin, "a page has changed");
            self.worker.breaker.open(&self.flow.name, &drift);
        } else if matches!(event, Event::StepDone { .. })
            && self.worker.breaker.succeeded(&self.flow.name, &drift)
        {
            self.worker.look_at_parked.notify_one();
        }
    }

    async fn succeed(&mut self) -> Result<Left, Error> {
        match see::columns(&self.flow, &self.see(1), &self.account, true) {
            Ok(mut change) => {
                if let Some(why) = self.taken(change.id.as_deref()).await? {
                    return self.block(why).await;
                }
                change.status = Some(self.flow.account.done);
                change.note = self.account.note.is_some().then(String::new);
                self.append(Event::Succeeded, RunChange::Succeed, change).await?;
                info!(run = %self.run.id, account = %self.account.name, "run succeeded");
                Ok(Left::Over)
            }
            Err(why) => self.block(why).await,
        }
    }

    /// Nothing was tried, and a person has to put something right.
    async fn cannot(&mut self, step: &Step, why: &str) -> Result<Left, Error> {
        self.block(format!(
            "step `{}` can't begin: {why}. Put the configuration right, then resume the run.",
            step.id
        ))
        .await
    }

    async fn block(&mut self, why: String) -> Result<Left, Error> {
        warn!(run = %self.run.id, why, "run parked");
        let entry = Event::Blocked { why: why.clone() };
        self.append(entry, RunChange::Park(why), AccountChange::default()).await?;
        Ok(Left::AtRest)
    }

    /// The host stops in the middle of a step: that is no fault of the step.
    async fn interrupted(&mut self) {
        let (now, entry) = match (self.ended.take(), self.under_way.take()) {
            (Some(ended), _) => ended,
            (None, Some(step)) => (self.now(), Event::StepInterrupted { step }.to_json()),
            (None, None) => return,
        };
        let (store, keep) = (&self.worker.parts.store, RunChange::Keep);
        match store.append(&self.fence, now, vec![entry], keep, AccountChange::default()).await {
            // The end of the step was being written already: then that is what counts.
            Ok(()) | Err(Error::Fenced { .. }) => {}
            Err(error) => {
                warn!(run = %self.run.id, %error, "how its step ended is not written; it is done again");
            }
        }
    }

    /// Takes an event into the state, and journals it with all that follows from it for the run and
    /// its account. Gives how the run is left, if this is its end for now.
    ///
    /// The end of a step after which the next one starts is journaled together with that start, which
    /// is what comes next: one write, and one wait for the disk.
    async fn write(
        &mut self,
        event: Event,
        mut account: AccountChange,
    ) -> Result<Option<Left>, Error> {
        let now = self.moment();
        self.state.apply(now, &event);
        let next = self.state.next(now);
        let goes_on = matches!(next, Command::Run { .. });
        let (change, left) = match next {
            Command::SleepUntil(until) => (RunChange::Sleep(until), Some(Left::Asleep(until))),
            Command::Park(why) => {
                warn!(run = %self.run.id, why, "run parked");
                (RunChange::Park(why), Some(Left::AtRest))
            }
            Command::Fail(why) => {
                warn!(run = %self.run.id, why, "run failed");
                account = self.failed(&why);
                (RunChange::Fail(why), Some(Left::Over))
            }
            _ => (RunChange::Keep, None),
        };
        let mut taken = None;
        if matches!(event, Event::StepDone { .. })
            && let Ok(columns) = see::columns(&self.flow, &self.see(1), &self.account, false)
        {
            taken = self.taken(columns.id.as_deref()).await?;
            if taken.is_none() {
                account.id = columns.id;
                account.role_arn = columns.role_arn;
            }
        }
        let begins = matches!(event, Event::Started | Event::StepStarted { .. });
        if begins && self.account.status != self.flow.account.during {
            account.status = Some(self.flow.account.during);
        }
        let waits = matches!(event, Event::StepDone { .. } | Event::StepSkipped { .. })
            && goes_on
            && self.ended.is_none()
            && taken.is_none()
            && account == AccountChange::default()
            // Else the account changes with the start of the step, which may be refused.
            && self.account.status == self.flow.account.during;
        if waits {
            self.ended = Some((now, event.to_json()));
            return Ok(None);
        }
        self.append_at(now, event, change, account).await?;
        match (left, taken) {
            (None, Some(why)) => self.block(why).await.map(Some),
            (left, _) => Ok(left),
        }
    }

    /// No two accounts have the same number: if one turns up twice, a step has been in the wrong
    /// account, and nothing more may be done there.
    async fn taken(&self, id: Option<&str>) -> Result<Option<String>, Error> {
        let Some(id) = id else { return Ok(None) };
        let accounts = self.worker.parts.store.accounts(None).await?;
        let other = accounts
            .iter()
            .find(|other| other.id.as_deref() == Some(id) && other.name != self.account.name);
        Ok(other.map(|other| {
            format!(
                "account number {id} is that of {} already: a step has worked in the wrong account. \
                 See what it did (`mavm trace open RUN`) before you resume it.",
                other.name
            )
        }))
    }

    async fn append(
        &mut self,
        event: Event,
        run: RunChange,
        account: AccountChange,
    ) -> Result<(), Error> {
        self.append_at(self.moment(), event, run, account).await
    }

    async fn append_at(
        &mut self,
        now: Timestamp,
        event: Event,
        run: RunChange,
        account: AccountChange,
    ) -> Result<(), Error> {
        let store = &self.worker.parts.store;
        let ended = self.ended.iter().map(|(_, entry)| entry.clone());
        let entries = ended.chain([event.to_json()]).collect();
        store.append(&self.fence, now, entries, run, account.clone()).await?;
        (self.ended, self.under_way) = (None, None);
        if let Some(status) = account.status {
            self.account.status = status;
        }
        self.account.id = account.id.or(self.account.id.take());
        self.account.role_arn = account.role_arn.or(self.account.role_arn.take());
        Ok(())
    }

    fn failed(&self, why: &str) -> AccountChange {
        let status: AccountStatus = self.flow.account.failed;
        AccountChange {
            status: Some(status),
            note: Some(format!("{}: {why}", self.flow.name)),
            ..AccountChange::default()
        }
    }

    fn see(&self, attempt: u32) -> minijinja::Value {
        let config = self.worker.parts.texts.config();
        see::see(&self.run, &self.account, config, &self.flow, &self.state, attempt)
    }

    /// Now; what is journaled together is of one moment.
    fn moment(&self) -> Timestamp {
        self.ended.as_ref().map_or_else(|| self.now(), |(at, _)| *at)
    }

    fn now(&self) -> Timestamp {
        self.worker.parts.clock.now()
    }

    fn fenced(&self) -> Error {
        Error::Fenced { run: self.run.id.to_string(), epoch: self.fence.epoch() }
    }
}
