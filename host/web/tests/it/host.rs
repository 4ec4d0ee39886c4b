//! A host to talk to: the router on a port of its own, and actions that only note what was asked.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use mavm_store::sqlite::Sqlite;
use mavm_store::{
    Account, AccountChange, AccountName, AccountStatus, Claim, NewRun, Pace, RunChange, RunId,
    Started, Store, new_account_name,
};
use mavm_web::{ActionError, Actions, Api, Installed, Limits, router};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

pub const KEY: &str = "mavm_0123456789abcdef0123456789abcdef";

/// What the API asked of the host, in words.
pub struct Noted {
    pub asked: Mutex<Vec<String>>,
    /// `resume` of run `wait` waits for this.
    pub go_on: Semaphore,
    /// Told when it begins to wait.
    pub waiting: Semaphore,
    store: Arc<dyn Store>,
}

impl Noted {
    fn new(store: Arc<dyn Store>) -> Self {
        let (go_on, waiting) = (Semaphore::new(0), Semaphore::new(0));
        Self { asked: Mutex::default(), go_on, waiting, store }
    }

    fn note(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }

    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

pub struct Host {
    pub address: String,
    pub store: Arc<Sqlite>,
    pub noted: Arc<Noted>,
    pub client: Client,
    _folder: tempfile::TempDir,
}

pub async fn host() -> Host {
    host_with(false).await
}

pub async fn host_with(open_vend: bool) -> Host {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Sqlite::open(&folder.path().join("mavm.db")).await.unwrap());
    store.put_key("ci", &mavm_store::hash_key(KEY), Timestamp::now()).await.unwrap();
    let noted = Arc::new(Noted::new(store.clone()));
    let api = Api {
        store: store.clone(),
        actions: noted.clone(),
        clock: Arc::new(Timestamp::now),
        limits: Limits {
            lease: SignedDuration::from_hours(24),
            max_lease: SignedDuration::from_hours(7 * 24),
            open_vend,
        },
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router(api)).await.unwrap() });
    Host { address, store, noted, client: Client::new(), _folder: folder }
}

impl Host {
    /// With the key.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let mut request = self.open(method, path).bearer_auth(KEY);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    /// Without one.
    pub fn open(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.address))
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        read(self.send(Method::GET, path, None).await).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        read(self.send(Method::POST, path, Some(body)).await).await
    }

    /// A claimed run of a new account.
    pub async fn claimed(&self) -> Claim {
        let now = Timestamp::now();
        let account = new_account_name();
        let email = format!("root+{account}@example.com");
        let run = NewRun {
            flow: "create-account".into(),
            flow_digest: "f".into(),
            plugins: Vec::new(),
            account,
            trigger: "stock".into(),
        };
        let pace = Pace { every: SignedDuration::ZERO, max_per_day: 1_000, target: 1_000 };
        let started = self.store.start_signup(now, run, &email, &pace).await.unwrap();
        assert!(matches!(started, Started::Yes(_)), "{started:?}");
        let until = now + SignedDuration::from_mins(10);
        self.store.claim("worker", now, until).await.unwrap().unwrap()
    }

    /// Puts accounts in stock.
    pub async fn stock(&self, accounts: usize) -> Vec<AccountName> {
        let mut names = Vec::new();
        for number in 0..accounts {
            names.push(self.stock_one(Some(format!("{number:012}"))).await);
        }
        names
    }

    /// An account that a person has put in stock, though its number isn't known.
    pub async fn stock_without_number(&self) -> AccountName {
        self.stock_one(None).await
    }

    async fn stock_one(&self, id: Option<String>) -> AccountName {
        let Claim { fence, account, .. } = self.claimed().await;
        let role = |id: &String| format!("arn:aws:iam::{id}:role/OVMCrossAccountRole");
        let change = AccountChange {
            status: Some(AccountStatus::Created),
            role_arn: id.as_ref().map(role),
            id,
            note: None,
        };
        let (now, entry) = (Timestamp::now(), json!({"event": "finished"}));
        self.store.append(&fence, now, vec![entry], RunChange::Succeed, change).await.unwrap();
        account.name
    }

    pub async fn account(&self, name: &AccountName) -> Account {
        self.store.account(name).await.unwrap().unwrap()
    }
}

pub async fn read(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// Proves that this is a problem, and gives its detail.
#[track_caller]
pub fn detail((status, body): &(StatusCode, Value), expected: u16) -> String {
    assert_eq!(status.as_u16(), expected, "{body}");
    assert_eq!(body["status"], expected);
    assert_eq!(body["type"], "about:blank", "{body}");
    assert!(body["title"].is_string(), "{body}");
    body["detail"].as_str().unwrap().to_owned()
}

#[async_trait]
impl Actions for Noted {
    async fn close(&self, account: &AccountName, actor: &str) -> Result<RunId, ActionError> {
        self.note(format!("close {account} by {actor}"));
        if self.asked().len() > 1 {
            return Err(ActionError::Conflict("It is being closed already by run r1.".into()));
        }
        Ok(RunId("r1".into()))
    }

    async fn start(
        &self,
        flow: &str,
        account: Option<&AccountName>,
        actor: &str,
    ) -> Result<RunId, ActionError> {
        match flow {
            "unknown" => Err(ActionError::NotFound("There is no flow `unknown`.".into())),
            "paced" => Err(ActionError::NotNow { why: "pace".into(), again_in: Some(77) }),
            "odd" => Err(ActionError::Invalid("Flow `odd` needs an account.".into())),
            _ => {
                self.note(format!("start {flow} {account:?} by {actor}"));
                Ok(RunId("r2".into()))
            }
        }
    }

    async fn resume(&self, run: &RunId, actor: &str) -> Result<(), ActionError> {
        match run.0.as_str() {
            "panic" => panic!("the database password is hunter2"),
            "fail" => Err(ActionError::Host("secret innards".into())),
            "wait" => {
                self.waiting.add_permits(1);
                self.go_on.acquire().await.unwrap().forget();
                Ok(())
            }
            _ => {
                self.note(format!("resume {run} by {actor}"));
                Ok(())
            }
        }
    }

    async fn run_view(&self, run: &RunId) -> Result<Option<Value>, ActionError> {
        let run = self.store.run(run).await.unwrap();
        Ok(run.map(|run| json!({"run": run, "steps": []})))
    }

    async fn code_arrived(&self, text: &str, channel: Option<&str>) -> Result<(), ActionError> {
        if text.len() > 1_024 {
            return Err(ActionError::Invalid("a text has 1 to 1024 bytes".into()));
        }
        self.note(format!("sms {channel:?} {text}"));
        Ok(())
    }

    async fn call_digits(&self, id: &str) -> Result<Option<String>, ActionError> {
        let challenge = self.store.challenge(id).await.unwrap().unwrap();
        Ok(Some(String::from_utf8(challenge.data).unwrap()))
    }

    async fn answer_challenge(
        &self,
        id: &str,
        answer: &str,
        actor: &str,
    ) -> Result<(), ActionError> {
        let sealed = answer.as_bytes().to_vec();
        self.store
            .answer_challenge(id, Timestamp::now(), sealed, actor)
            .await
            .map_err(|error| ActionError::Conflict(error.to_string()))
    }

    async fn plugins(&self) -> Vec<Installed> {
        vec![plugin("aws-signup")]
    }

    async fn install_plugin(
        &self,
        name: &str,
        bytes: Vec<u8>,
        actor: &str,
    ) -> Result<Installed, ActionError> {
        if bytes.starts_with(b"bad") {
            return Err(ActionError::Invalid("this is no WebAssembly".into()));
        }
        self.note(format!("install {name} {} bytes by {actor}", bytes.len()));
        Ok(plugin(name))
    }
}

fn plugin(name: &str) -> Installed {
    Installed {
        name: name.into(),
        version: "1.0.0".into(),
        digest: "d".repeat(64),
        description: "signs up".into(),
        steps: vec!["start".into()],
    }
}
