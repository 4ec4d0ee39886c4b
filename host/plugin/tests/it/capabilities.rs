//! Capabilities to test with, and a host that has them.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mavm_plugin::bindings::mavm::plugin::{aws, secrets};
use mavm_plugin::sealed::Secret;
use mavm_plugin::{
    Bounds, Capability, Failure, Outcome, Runtime, RuntimeOptions, StepError, StepRequest,
    StepResult, StepState,
};
use mavm_store::sqlite::Sqlite;
use mavm_store::{Fence, NewRun, Pace, RunId, Started, Store, new_account_name};
use tokio::sync::Notify;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};

/// What `aws.assume-role` does.
#[derive(Clone)]
pub enum Answer {
    Ok,
    Fenced,
    Fail(Failure),
    Panic,
    Never(Arc<Waits>),
    /// Waits that long.
    After(Duration),
}

/// Tells when a host call waits, and when it was dropped.
#[derive(Default)]
pub struct Waits {
    pub waiting: Notify,
    pub dropped: AtomicUsize,
}

struct CountDrop(Arc<Waits>);

impl Drop for CountDrop {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

pub struct Aws(pub Answer);

struct AwsStep(Answer);

pub struct AwsView<'a>(Option<&'a mut AwsStep>);

impl HasData for Aws {
    type Data<'a> = AwsView<'a>;
}

#[async_trait::async_trait]
impl Capability for Aws {
    fn interface(&self) -> &'static str {
        "aws"
    }

    fn link(&self, linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
        aws::add_to_linker::<_, Aws>(linker, |state: &mut StepState| AwsView(state.host().0))
    }

    fn open(&self, _step: &Arc<StepRequest>) -> Box<dyn Any + Send> {
        Box::new(AwsStep(self.0.clone()))
    }
}

impl aws::Host for AwsView<'_> {
    async fn assume_role(
        &mut self,
        _arn: String,
    ) -> wasmtime::Result<Result<aws::Assumed, Failure>> {
        match &self.0.as_ref().unwrap().0 {
            Answer::Ok => {}
            Answer::Fenced => return Err(StepError::Fenced.into()),
            Answer::Fail(failure) => return Err(StepError::Failed(failure.clone()).into()),
            Answer::Panic => panic!("no such luck"),
            Answer::Never(waits) => {
                let _count = CountDrop(Arc::clone(waits));
                waits.waiting.notify_one();
                std::future::pending::<()>().await;
            }
            Answer::After(time) => tokio::time::sleep(*time).await,
        }
        Ok(Ok(aws::Assumed::Allowed("arn".into())))
    }
}

/// Gives a new handle with each call.
pub struct Secrets;

pub struct SecretsView<'a>(&'a mut ResourceTable);

impl HasData for Secrets {
    type Data<'a> = SecretsView<'a>;
}

impl Capability for Secrets {
    fn interface(&self) -> &'static str {
        "secrets"
    }

    fn link(&self, linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
        secrets::add_to_linker::<_, Secrets>(linker, |state: &mut StepState| {
            SecretsView(state.host::<()>().1)
        })
    }

    fn open(&self, _step: &Arc<StepRequest>) -> Box<dyn Any + Send> {
        Box::new(())
    }
}

impl secrets::Host for SecretsView<'_> {
    async fn get(&mut self, name: String) -> wasmtime::Result<Result<Resource<Secret>, Failure>> {
        let value = "hunter2".to_owned().into();
        Ok(Ok(self.0.push(Secret { name, value, origins: Vec::new() })?))
    }

    async fn of_account(
        &mut self,
        name: String,
    ) -> wasmtime::Result<Result<Resource<Secret>, Failure>> {
        self.get(name).await
    }
}

/// A runtime in folders of its own, with a claimed run to do steps for.
pub struct Host {
    pub runtime: Runtime,
    pub folder: tempfile::TempDir,
    answer: Answer,
    bounds: Bounds,
    fence: Option<Arc<Fence>>,
}

pub fn grants(plugin: &str, interfaces: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let interfaces = interfaces.iter().map(|interface| (*interface).to_owned()).collect();
    BTreeMap::from([(plugin.to_owned(), interfaces)])
}

pub fn capabilities(answer: &Answer) -> Vec<Arc<dyn Capability>> {
    vec![Arc::new(Aws(answer.clone())), Arc::new(Secrets)]
}

pub fn options(folder: &tempfile::TempDir, bounds: Bounds) -> RuntimeOptions {
    RuntimeOptions {
        data_dir: folder.path().join("data"),
        cache_dir: folder.path().join("cache"),
        grants: grants("guest", &["aws", "secrets"]),
        bounds,
    }
}

impl Host {
    pub async fn new() -> Self {
        Self::with(Answer::Ok, Bounds::default()).await
    }

    pub async fn with(answer: Answer, bounds: Bounds) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime =
            Runtime::new(options(&folder, bounds.clone()), capabilities(&answer)).await.unwrap();
        Self { runtime, folder, answer, bounds, fence: None }
    }

    /// Stops it and starts it again on the same folders.
    pub async fn restart(&mut self) {
        self.runtime =
            Runtime::new(options(&self.folder, self.bounds.clone()), capabilities(&self.answer))
                .await
                .unwrap();
    }

    /// Installs a guest and does its step `go`.
    pub async fn run(&mut self, component: Vec<u8>) -> StepResult {
        let installed = self.runtime.registry().install(component, None).await.unwrap();
        let request = self.request(&installed.digest).await;
        self.runtime.run_step(request).await
    }

    pub async fn request(&mut self, digest: &str) -> StepRequest {
        let fence = match &self.fence {
            Some(fence) => Arc::clone(fence),
            None => {
                let fence = Arc::new(claimed(&self.folder).await);
                self.fence = Some(Arc::clone(&fence));
                fence
            }
        };
        StepRequest {
            flow: "create-account".into(),
            id: "first".into(),
            plugin: "guest".into(),
            digest: digest.into(),
            step: "go".into(),
            attempt: 1,
            account: account(),
            inputs: serde_json::json!({"full_name": "Erika Mustermann"}),
            facts: Vec::new(),
            session: "main".into(),
            timeout: Duration::from_secs(60),
            last: false,
            fence,
        }
    }
}

fn account() -> mavm_store::Account {
    mavm_store::Account {
        name: mavm_store::AccountName("ovm-0123abcd".into()),
        email: "root+0123abcd@example.com".into(),
        id: None,
        role_arn: None,
        status: mavm_store::AccountStatus::InProgress,
        note: None,
        planned_at: Timestamp::UNIX_EPOCH,
        created_at: None,
        vended_at: None,
        lease_until: None,
        closed_at: None,
    }
}

/// A fence comes only from a store.
async fn claimed(folder: &tempfile::TempDir) -> Fence {
    let store = Sqlite::open(&folder.path().join("data/mavm.db")).await.unwrap();
    let now = Timestamp::now();
    let run = NewRun {
        flow: "create-account".into(),
        flow_digest: "f".into(),
        plugins: Vec::new(),
        account: new_account_name(),
        trigger: "stock".into(),
    };
    let pace = Pace { every: SignedDuration::ZERO, max_per_day: 10, target: 10 };
    let started = store.start_signup(now, run, "root@example.com", &pace).await.unwrap();
    assert!(matches!(started, Started::Yes(RunId(_))), "{started:?}");
    let until = now + SignedDuration::from_mins(10);
    store.claim("worker", now, until).await.unwrap().unwrap().fence
}

pub fn done() -> Outcome {
    Outcome::Done(Vec::new())
}
