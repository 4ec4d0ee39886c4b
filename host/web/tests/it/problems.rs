//! Every error is a problem, whoever made it, and one bad request hurts no other.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use crate::host::{KEY, detail, host, read};

#[tokio::test]
async fn axums_own_rejections_are_problems_too() {
    let host = host().await;
    let post = |path: &str, body: &'static [u8]| {
        host.open(Method::POST, path).bearer_auth(KEY).body(body).send()
    };
    let cases = [
        (host.send(Method::GET, "/nowhere", None).await, 404),
        (host.send(Method::GET, "/v1", None).await, 404),
        (host.send(Method::GET, "/v1/accounts/%FF", None).await, 400),
        (host.send(Method::DELETE, "/v1/accounts", None).await, 405),
        (host.send(Method::GET, "/v1/vend", None).await, 405),
        (host.open(Method::POST, "/healthz").send().await.unwrap(), 405),
        (post("/v1/runs", b"{\"flow\": ").await.unwrap(), 400),
        (post("/v1/runs", b"\xff\xfe").await.unwrap(), 400),
        (post("/v1/runs", b"[1]").await.unwrap(), 400),
        (post("/v1/codes", &[b' '; 70_000]).await.unwrap(), 413),
    ];
    for (response, status) in cases {
        let (url, headers) = (response.url().clone(), response.headers().clone());
        assert_eq!(headers["content-type"], "application/problem+json", "{url}");
        assert_eq!(headers.contains_key("allow"), status == 405, "{url}");
        assert!(!detail(&read(response).await, status).is_empty(), "{url}");
    }
}

#[tokio::test]
async fn a_panic_or_failure_tells_nothing_of_the_inside() {
    let host = host().await;
    for run in ["panic", "fail"] {
        let failed = host.post(&format!("/v1/runs/{run}/resume"), Value::Null).await;
        let said = failed.1.to_string();
        assert!(detail(&failed, 500).contains("log"));
        assert!(!said.contains("hunter2") && !said.contains("innards"), "{said}");
    }
    assert_eq!(host.get("/v1/accounts").await.0, 200, "the host goes on");
}

#[tokio::test]
async fn what_is_said_of_an_account_is_kept_by_nobody_on_the_way() {
    let host = host().await;
    for path in ["/vend", "/v1/accounts", "/nowhere"] {
        let response = host.send(Method::GET, path, None).await;
        assert_eq!(response.headers()["cache-control"], "no-store", "{path}");
    }
}

#[tokio::test]
async fn only_so_many_at_once_and_health_all_the_same() {
    let host = Arc::new(host().await);
    let slow: Vec<_> = (0..256)
        .map(|_| {
            let host = Arc::clone(&host);
            tokio::spawn(async move { host.post("/v1/runs/wait/resume", Value::Null).await.0 })
        })
        .collect();
    for _ in 0..256 {
        host.noted.waiting.acquire().await.unwrap().forget();
    }
    let response = host.send(Method::GET, "/v1/accounts", None).await;
    assert_eq!(response.headers()["retry-after"], "1");
    assert!(detail(&read(response).await, 503).contains("at once"));
    let health = read(host.open(Method::GET, "/healthz").send().await.unwrap()).await;
    assert_eq!(health.1, json!({"status": "ok"}));
    host.noted.go_on.add_permits(256);
    for slow in slow {
        assert_eq!(slow.await.unwrap(), 202);
    }
    assert_eq!(host.get("/v1/accounts").await.0, 200);
}
