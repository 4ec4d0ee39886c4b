//! What the worker and the triggers work with in these tests: a real SQLite store in a folder of its
//! own, a clock that stands still until it is moved, and steps that do what a script says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use mavm_flow::{
    Catalogue, Clock, EmailPattern, Flow, FlowTexts, Flows, Parts, Plugins, RunView, Starter,
    Steps, Worker, WorkerOptions,
};
use mavm_plugin::{Fact, Failure, Outcome, PageChange, StepError, StepRequest, StepResult};
use mavm_store::sqlite::Sqlite;
use mavm_store::{Account, AccountName, Run, RunId, RunStatus, Store};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a condition may take to come true before a test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct ManualClock(watch::Sender<Timestamp>);

impl ManualClock {
    fn new() -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(Timestamp::from_second(1_800_000_000).unwrap())))
    }

    pub fn advance(&self, seconds: i64) {
        self.0.send_modify(|now| *now += SignedDuration::from_secs(seconds));
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    async fn sleep_until(&self, at: Timestamp) {
        let _ = self.0.subscribe().wait_for(|now| *now >= at).await;
    }
}

/// What a scripted step does.
pub enum Answer {
    Done(&'static [(&'static str, &'static str)]),
    Branch(&'static str),
    Outcome(Outcome),
    Fails(Failure),
    Error(StepError),
    /// Done, with a number and a role of the account's own.
    Known,
    /// Never ends by itself.
    Hangs,
}

pub fn drift() -> Answer {
    Answer::Fails(Failure::PageChanged(PageChange {
        looked_for: "button \"Continue\"".to_owned(),
        found: 0,
        url: "https://console.example/".to_owned(),
        nearest: vec!["button \"Go on\"".to_owned()],
    }))
}

/// Steps by script: the answers of a step are given one after the other; when there is none left, it
/// is done without facts.
#[derive(Default)]
pub struct Script {
    answers: Mutex<HashMap<String, VecDeque<Answer>>>,
    pub calls: Mutex<Vec<StepRequest>>,
    pub ended: Mutex<Vec<RunId>>,
    /// Runs that were over.
    pub forgotten: Mutex<Vec<RunId>>,
    /// Moves with each call, and when one is dropped.
    moved: watch::Sender<usize>,
    pub dropped: Mutex<Vec<String>>,
}

impl Script {
    pub fn say(&self, step: &str, answers: impl IntoIterator<Item = Answer>) {
        self.answers.lock().unwrap().entry(step.to_owned()).or_default().extend(answers);
    }

    /// The steps that were called so far: `id/attempt`.
    pub fn called(&self) -> Vec<String> {
        let calls = self.calls.lock().unwrap();
        calls.iter().map(|call| format!("{}/{}", call.id, call.attempt)).collect()
    }

    pub fn call(&self, step: &str) -> StepRequest {
        let calls = self.calls.lock().unwrap();
        calls.iter().rev().find(|call| call.id == step).expect("the step was called").clone()
    }

    /// Waits until a condition on this script holds.
    pub async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let mut moved = self.moved.subscribe();
        let wait = async {
            while !holds(self) {
                moved.changed().await.unwrap();
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("not yet: {what}"));
    }
}

struct Dropped<'a>(&'a Script, String);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        self.0.dropped.lock().unwrap().push(std::mem::take(&mut self.1));
        self.0.moved.send_modify(|count| *count += 1);
    }
}

#[async_trait]
impl Steps for Script {
    async fn run_step(&self, request: StepRequest) -> StepResult {
        let id = request.id.clone();
        let account_id = account_id(&request.account.name);
        self.calls.lock().unwrap().push(request);
        let answer = self.answers.lock().unwrap().get_mut(&id).and_then(VecDeque::pop_front);
        self.moved.send_modify(|count| *count += 1);
        match answer.unwrap_or(Answer::Done(&[])) {
            Answer::Done(facts) => {
                let fact = |(name, value): &(&str, &str)| Fact {
                    name: (*name).to_owned(),
                    value: (*value).to_owned(),
                };
                Ok(Outcome::Done(facts.iter().map(fact).collect()))
            }
            Answer::Known => {
                let role_arn = format!("arn:aws:iam::{account_id}:role/x");
                let fact = |name: &str, value: String| Fact { name: name.to_owned(), value };
                Ok(Outcome::Done(vec![fact("account_id", account_id), fact("role_arn", role_arn)]))
            }
            Answer::Branch(word) => Ok(Outcome::Branch((word.to_owned(), Vec::new()))),
            Answer::Outcome(outcome) => Ok(outcome),
            Answer::Fails(failure) => Err(StepError::Failed(failure)),
            Answer::Error(error) => Err(error),
            Answer::Hangs => {
                let _dropped = Dropped(self, id);
                std::future::pending().await
            }
        }
    }

    async fn end_run(&self, run: &RunId) {
        self.ended.lock().unwrap().push(run.clone());
    }

    async fn forget_run(&self, run: &RunId) {
        self.forgotten.lock().unwrap().push(run.clone());
    }
}

/// Which digest is active, by plugin; anything that isn't named is `<plugin>-1`.
#[derive(Default)]
pub struct Active(Mutex<HashMap<String, Option<String>>>);

impl Active {
    pub fn set(&self, plugin: &str, digest: Option<&str>) {
        self.0.lock().unwrap().insert(plugin.to_owned(), digest.map(str::to_owned));
    }
}

impl Plugins for Active {
    fn active(&self, plugin: &str) -> Option<String> {
        let active = self.0.lock().unwrap();
        active.get(plugin).cloned().unwrap_or_else(|| Some(format!("{plugin}-1")))
    }
}

/// A flow with three steps, one after the other; the second gives number and role.
pub const MAKE: &str = r#"
name = "make"
[account]
from = ["PLANNED"]
during = "IN_PROGRESS"
done = "CREATED"
failed = "QUARANTINED"
id = "{{ facts.second.account_id }}"
role-arn = "{{ facts.second.role_arn }}"
[[trigger]]
on = "stock-below"
target = 2
max-per-day = 30
[[trigger]]
on = "person"
[[step]]
id = "first"
plugin = "alpha"
session = "s"
with = { name = "{{ account.name }}", count = 3, nothing = "{{ config.nothing }}" }
[[step]]
id = "second"
plugin = "beta"
session = "s"
retry = { attempts = 3, backoff = "5s", max-backoff = "1m" }
[[step]]
id = "third"
plugin = "alpha"
session = "s"
with.number = "{{ facts.second.account_id }}"
"#;

pub use Answer::Known as KNOWN;

/// The number that [`KNOWN`] gives: no two accounts have the same.
pub fn account_id(account: &AccountName) -> String {
    let digits = account.0.strip_prefix("ovm-").unwrap();
    format!("{:012}", u32::from_str_radix(digits, 16).unwrap())
}

/// Closes what [`MAKE`] made.
pub const CLOSE: &str = r#"
name = "close"
[account]
from = ["VENDED", "CREATED"]
during = "CLOSING"
done = "CLOSED"
failed = "QUARANTINED"
[[trigger]]
on = "lease-over"
[[trigger]]
on = "person"
[[step]]
id = "close"
plugin = "gamma"
"#;

pub fn config() -> Value {
    json!({ "nothing": null, "yes": true, "card": { "issuer": "alpha" } })
}

pub struct House {
    pub store: Arc<dyn Store>,
    pub clock: Arc<ManualClock>,
    pub script: Arc<Script>,
    pub active: Arc<Active>,
    pub texts: Arc<FlowTexts>,
    pub starter: Arc<Starter>,
    pub folder: tempfile::TempDir,
}

pub struct Working {
    pub worker: Worker,
    pub stop: CancellationToken,
    pub task: JoinHandle<()>,
}

impl Working {
    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }

    /// As if the host had been killed: nothing more is written, nothing is given up.
    pub async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

impl House {
    pub async fn new(texts: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            Arc::new(Sqlite::open(&folder.path().join("mavm.db")).await.unwrap());
        let clock = ManualClock::new();
        let active = Arc::new(Active::default());
        let pinned = Arc::new(FlowTexts::open(&folder.path().join("flows"), config()).unwrap());
        let starter = starter(&store, &clock, &active, &pinned, texts);
        Self {
            store,
            clock,
            script: Arc::new(Script::default()),
            active,
            texts: pinned,
            starter,
            folder,
        }
    }

    /// The same house with other flows.
    pub fn with_flows(&self, texts: &[&str]) -> Arc<Starter> {
        starter(&self.store, &self.clock, &self.active, &self.texts, texts)
    }

    pub fn work(&self, name: &str) -> Working {
        let parts = Parts {
            store: Arc::clone(&self.store),
            steps: Arc::clone(&self.script) as Arc<dyn Steps>,
            plugins: Arc::clone(&self.active) as Arc<dyn Plugins>,
            texts: Arc::clone(&self.texts),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
        };
        let worker = Worker::new(parts, WorkerOptions::new(name));
        let stop = CancellationToken::new();
        let task = {
            let (worker, stop) = (worker.clone(), stop.clone());
            tokio::spawn(async move { worker.run(stop).await })
        };
        Working { worker, stop, task }
    }

    pub async fn make(&self) -> RunId {
        self.starter.by_person("make", None, "test").await.unwrap()
    }

    pub async fn run(&self, id: &RunId) -> Run {
        self.store.run(id).await.unwrap().unwrap()
    }

    pub async fn account(&self, id: &RunId) -> Account {
        let run = self.run(id).await;
        self.store.account(&run.account).await.unwrap().unwrap()
    }

    /// The events of a run's journal, by name, with the step where there is one.
    pub async fn events(&self, id: &RunId) -> Vec<String> {
        let journal = self.store.journal(id).await.unwrap();
        let name = |entry: &Value| match entry.get("step") {
            Some(step) => {
                format!("{} {}", entry["event"].as_str().unwrap(), step.as_str().unwrap())
            }
            None => entry["event"].as_str().unwrap().to_owned(),
        };
        journal.iter().map(|line| name(&line.entry)).collect()
    }

    pub async fn view(&self, id: &RunId) -> RunView {
        RunView::load(&*self.store, &self.texts, id).await.unwrap().unwrap()
    }

    /// Waits until a run is as it should be.
    pub async fn until(&self, id: &RunId, what: &str, holds: impl Fn(&Run) -> bool) -> Run {
        let mut changes = self.store.changes();
        let wait = async {
            loop {
                changes.borrow_and_update();
                let run = self.run(id).await;
                if holds(&run) {
                    return run;
                }
                changes.changed().await.unwrap();
            }
        };
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(run) => run,
            Err(_) => panic!("not yet: {what}: {:?}", self.run(id).await),
        }
    }

    pub async fn until_status(&self, id: &RunId, status: RunStatus) -> Run {
        self.until(id, &format!("{status:?}"), |run| run.status == status).await
    }
}

fn starter(
    store: &Arc<dyn Store>,
    clock: &Arc<ManualClock>,
    active: &Arc<Active>,
    pinned: &Arc<FlowTexts>,
    texts: &[&str],
) -> Arc<Starter> {
    // Which plugins there are is not what these tests are about: their manifests follow the flows.
    let texts: Vec<(String, String)> =
        texts.iter().map(|text| ("t.toml".to_owned(), (*text).to_owned())).collect();
    let catalogue = Catalogue::new(config(), crate::catalogue::for_flows(&texts));
    let flows = Flows::from_texts(texts, &catalogue)
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    Arc::new(Starter {
        store: Arc::clone(store),
        flows: Arc::new(flows),
        texts: Arc::clone(pinned),
        plugins: Arc::clone(active) as Arc<dyn Plugins>,
        email: EmailPattern::parse("root+%s@example.com").unwrap(),
        clock: Arc::clone(clock) as Arc<dyn Clock>,
    })
}

pub fn digest(text: &str) -> String {
    Flow::digest_of(text)
}
