//! The host's HTTP API, as any client would call it.

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// A client with a key.
pub struct Api {
    base: String,
    key: String,
    http: reqwest::Client,
}

impl Api {
    pub fn new(base: &str, key: String) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), key, http: reqwest::Client::new() }
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    /// A line that a person can repeat.
    pub fn curl(&self, method: &str, path: &str) -> String {
        format!("curl -X {method} -H 'Authorization: Bearer {}' {}{path}", self.key, self.base)
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        self.send(self.http.get(format!("{}{path}", self.base))).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(self.http.post(format!("{}{path}", self.base)).json(body)).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Value> {
        let response =
            request.bearer_auth(&self.key).send().await.context("the host doesn't answer")?;
        let (status, url) = (response.status(), response.url().clone());
        let text = response.text().await?;
        if !status.is_success() {
            bail!("{url} answered {status}: {text}");
        }
        serde_json::from_str(&text).with_context(|| format!("{url} answered no JSON: {text}"))
    }
}
