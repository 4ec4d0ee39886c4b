//! What the tests of mail, codes, captcha and phone share: a real store with claimed runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::time::Duration as StdDuration;

use jiff::{SignedDuration, Timestamp};
use mavm_plugin::bindings::words::mavm::plugin::types::Duration;
use mavm_plugin::{Capability, StepRequest, StepState};
use mavm_store::sqlite::Sqlite;
use mavm_store::{AccountName, NewRun, Pace, Started, Store};

use wasmtime::Engine;
use wasmtime::component::Linker;

use crate::crypt::Crypt;
use crate::waiting::Clock;

pub struct World {
    pub store: Arc<dyn Store>,
    pub crypt: Arc<Crypt>,
    pub clock: Clock,
    folder: tempfile::TempDir,
}

pub async fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("mavm.db")).await.unwrap();
    World {
        store: Arc::new(store),
        crypt: Arc::new(Crypt::ephemeral().unwrap()),
        clock: Arc::new(Timestamp::now),
        folder,
    }
}

impl World {
    /// The store as another host sees it: its writes don't move this one's counter.
    pub async fn other_host(&self) -> Arc<dyn Store> {
        Arc::new(Sqlite::open(&self.folder.path().join("mavm.db")).await.unwrap())
    }

    /// Breaks the store: from now on, nothing can be written to this table.
    pub fn break_table(&self, table: &str) {
        let database = rusqlite::Connection::open(self.folder.path().join("mavm.db")).unwrap();
        database.execute_batch(&format!("ALTER TABLE {table} RENAME TO broken_{table}")).unwrap();
    }

    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// A claimed run for a new account `ovm-0000000<n>` with the address `root+<n>@vend.example`.
    pub async fn step(&self, n: u8) -> Arc<StepRequest> {
        self.step_within(n, StdDuration::from_secs(60)).await
    }

    pub async fn step_within(&self, n: u8, timeout: StdDuration) -> Arc<StepRequest> {
        let name = AccountName(format!("ovm-{n:08x}"));
        let run = NewRun {
            flow: "create-account".into(),
            flow_digest: "digest".into(),
            plugins: Vec::new(),
            account: name.clone(),
            trigger: "stock".into(),
        };
        let pace = Pace { every: SignedDuration::ZERO, max_per_day: 1000, target: 1000 };
        let email = format!("root+{n}@vend.example");
        let started = self.store.start_signup(self.now(), run, &email, &pace).await.unwrap();
        let Started::Yes(id) = started else { panic!("no run: {started:?}") };
        let until = self.now() + SignedDuration::from_secs(600);
        let claim = self.store.claim("test", self.now(), until).await.unwrap().unwrap();
        assert_eq!(claim.run.id, id);
        Arc::new(StepRequest {
            flow: "create-account".into(),
            id: "step".into(),
            plugin: "test-plugin".into(),
            digest: "digest".into(),
            step: "step".into(),
            attempt: 1,
            account: claim.account,
            inputs: serde_json::json!({}),
            facts: Vec::new(),
            session: "main".into(),
            timeout,
            last: false,
            fence: Arc::new(claim.fence),
        })
    }

    /// Ends the claim of a step's run, as if another worker had taken it.
    pub async fn steal(&self, step: &StepRequest) {
        self.store.release_claims("test").await.unwrap();
        let until = self.now() + SignedDuration::from_secs(600);
        let claim = self.store.claim("thief", self.now(), until).await.unwrap().unwrap();
        assert_eq!(&claim.run.id, step.run());
    }
}

/// Puts a capability into a linker of its own, and opens it for a step.
pub fn link_and_open(capability: &dyn Capability, step: &Arc<StepRequest>, interface: &str) {
    assert_eq!(capability.interface(), interface);
    let mut linker = Linker::<StepState>::new(&Engine::default());
    capability.link(&mut linker).unwrap();
    drop(capability.open(step));
}

/// What must come to pass, and fails the test if it does not.
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(StdDuration::from_secs(60), what).await.expect("it never came to pass")
}

pub fn millis(milliseconds: u64) -> Duration {
    Duration { milliseconds }
}
