//! Keys, codes and answers never reach the log, at any level.

use std::io::Write;
use std::sync::{Arc, Mutex};

use reqwest::Method;
use serde_json::json;

use crate::host::{KEY, host};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn secrets_are_not_logged() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_env_filter("trace,hyper=off,hyper_util=off,reqwest=off,h2=off")
        .with_writer({
            let lines = lines.clone();
            move || lines.clone()
        })
        .finish();
    // For the whole binary: what the other tests' servers log must be as clean.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let host = host().await;
    host.get("/queue?text=code-314159").await;
    host.get("/nowhere?token=code-314159").await;
    host.post("/v1/codes", json!({"text": "code-271828", "channel": "UPPER"})).await;
    host.post("/v1/codes", json!({"text": "code-271828"})).await;
    host.post("/v1/challenges/none", json!({"answer": "code-161803"})).await;
    host.open(Method::GET, "/v1/runs").bearer_auth("mavm_wrong_key").send().await.unwrap();
    host.open(Method::GET, &format!("/v1/runs?key={KEY}")).send().await.unwrap();
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("path=\"/queue\""), "nothing was logged: {log}");
    assert!(log.contains("status=401"), "{log}");
    for secret in ["314159", "271828", "161803", KEY, "mavm_wrong_key"] {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
}
