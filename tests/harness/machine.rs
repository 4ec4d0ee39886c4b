//! One whole machine.

use std::process::{Child, Output};

use mavm_sandbox::{Delays, Options, Sandbox};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::setup::{CARD_NUMBER, CARD_PIN, Setup};
use crate::{chromium, host, until};

/// Practice console, host, and the folder with all that the host writes.
pub struct Machine {
    folder: TempDir,
    sandbox: Sandbox,
    host: Option<Child>,
    key: String,
    http: reqwest::Client,
    addresses: Value,
}

impl Machine {
    /// Starts everything; the host signs up accounts if the set-up's target says so.
    pub async fn start(setup: Setup) -> Self {
        let sandbox = Sandbox::start(Options {
            delays: Delays::Off,
            scenario: setup.scenario.clone(),
            card_pin: CARD_PIN.into(),
            ..Options::default()
        })
        .await
        .unwrap();
        let folder = tempfile::Builder::new().prefix("mavm-test-").tempdir().unwrap();
        let toml = setup.toml(sandbox.addresses(), "127.0.0.1:0", "127.0.0.1:0");
        std::fs::write(folder.path().join("mavm.toml"), toml).unwrap();
        host::share_compiled_plugins(folder.path());
        let mut machine = Self {
            folder,
            sandbox,
            host: None,
            key: String::new(),
            http: reqwest::Client::new(),
            addresses: Value::Null,
        };
        machine.verb_ok(&["secrets", "set", "card-number"], CARD_NUMBER).await;
        machine.verb_ok(&["secrets", "set", "card-pin"], CARD_PIN).await;
        if setup.own_key {
            machine.key = machine.verb_ok(&["keys", "create", "tests"], "").await.trim().to_owned();
        }
        machine.serve().await;
        machine
    }

    /// Starts the host (again) and tells the practice console where it listens now.
    pub async fn serve(&mut self) {
        let mut child = host::serve(self.folder.path());
        let file = self.folder.path().join("addresses.json");
        self.addresses = until("the host to be ready", || {
            if let Some(status) = child.try_wait().unwrap() {
                panic!("the host ended with {status}:\n{}", self.log());
            }
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            async move { serde_json::from_str::<Value>(&text).ok() }
        })
        .await;
        self.host = Some(child);
        let targets = json!({
            "smtp": self.addresses["smtp"],
            "sms_relay": format!("{}/queue", self.addresses["http"].as_str().unwrap()),
            "sms_relay_key": self.key,
        });
        self.control_put("/practice/targets", &targets).await;
    }

    /// kill -9.
    pub fn kill(&mut self) {
        let mut child = self.host.take().expect("the host runs");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// kill -9 to its Chromium, the host goes on.
    pub fn kill_chromium(&self) {
        chromium::kill(self.folder.path());
    }

    /// The API key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Runs a verb beside the host, while the practice console in this process goes on serving.
    pub async fn verb(&self, words: &[&str], input: &str) -> Output {
        host::verb(self.folder.path(), words, input).await
    }

    /// Runs a verb that must end well, and gives what it printed.
    pub async fn verb_ok(&self, words: &[&str], input: &str) -> String {
        let output = self.verb(words, input).await;
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "mavm {words:?} failed:\n{error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts a verb that goes on until it is ended, or dropped.
    pub fn begin(&self, words: &[&str]) -> tokio::process::Child {
        host::begin(self.folder.path(), words)
    }

    /// What the host printed so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("host.log")).unwrap_or_default()
    }

    /// Everything that the host and its browser wrote.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The practice console.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// One of the host's addresses: `http`, `smtp`.
    pub fn address(&self, name: &str) -> &str {
        self.addresses[name].as_str().unwrap()
    }

    /// A request to the host's API with the key.
    pub async fn request(&self, method: reqwest::Method, path: &str, body: &Value) -> (u16, Value) {
        let request = self
            .http
            .request(method, format!("{}{path}", self.address("http")))
            .bearer_auth(&self.key);
        let request = if body.is_null() { request } else { request.json(body) };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// GET that must succeed.
    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.request(reqwest::Method::GET, path, &Value::Null).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// POST that must succeed.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let (status, body) = self.request(reqwest::Method::POST, path, body).await;
        assert!((200..300).contains(&status), "{path}: {status} {body}");
        body
    }

    /// The newest run of a flow, once there is one.
    pub async fn run_of(&self, flow: &str) -> String {
        until(&format!("a run of {flow}"), || async {
            let runs = self.get("/v1/runs").await;
            let runs = runs["runs"].as_array().unwrap().clone();
            let run = runs.into_iter().find(|run| run["flow"] == flow)?;
            Some(run["id"].as_str().unwrap().to_owned())
        })
        .await
    }

    /// A run in full, once it is over or parked.
    pub async fn ended(&self, run: &str) -> Value {
        until(&format!("the run {run} to end; the host's log:\n{}", self.log()), || async {
            let view = self.get(&format!("/v1/runs/{run}")).await;
            let status = view["status"].as_str().unwrap();
            matches!(status, "succeeded" | "failed" | "parked").then_some(view)
        })
        .await
    }

    /// The only account.
    pub async fn account(&self) -> Value {
        let accounts = self.get("/v1/accounts").await;
        let accounts = accounts["accounts"].as_array().unwrap().clone();
        assert_eq!(accounts.len(), 1, "{accounts:?}");
        accounts.into_iter().next().unwrap()
    }

    /// What the practice console knows of the only address: status, counts, charges, ...
    pub async fn practice(&self) -> Value {
        let state = self.control_get("/practice/state").await;
        let accounts = state["accounts"].as_array().unwrap();
        assert_eq!(accounts.len(), 1, "{accounts:?}");
        accounts[0].clone()
    }

    /// GET at the practice console's control address.
    pub async fn control_get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.sandbox.addresses().control);
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    /// POST at the practice console's control address; its answer, whatever its status.
    pub async fn control_post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.sandbox.addresses().control);
        self.http.post(url).json(body).send().await.unwrap().json().await.unwrap()
    }

    /// PUT at the practice console's control address.
    pub async fn control_put(&self, path: &str, body: &Value) {
        let url = format!("{}{path}", self.sandbox.addresses().control);
        let response = self.http.put(url).json(body).send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.text().await.unwrap());
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Some(mut child) = self.host.take() {
            child.kill().ok();
            child.wait().ok();
        }
        if std::thread::panicking() {
            eprintln!("--- the host's log ---\n{}", self.log());
        }
    }
}
