//! A key is needed everywhere but for `/healthz` and, where the configuration opens it, `/vend`.

use reqwest::Method;
use serde_json::json;

use crate::host::{Host, KEY, detail, host, host_with, read};

const PATHS: [(&str, &str); 24] = [
    ("GET", "/vend"),
    ("GET", "/prod/vend"),
    ("GET", "/queue?text=1"),
    ("GET", "/prod/queue?text=1"),
    ("POST", "/v1/vend"),
    ("GET", "/v1/accounts"),
    ("GET", "/v1/accounts/ovm-1"),
    ("POST", "/v1/accounts/ovm-1/close"),
    ("POST", "/v1/accounts/ovm-1/lease"),
    ("GET", "/v1/runs"),
    ("POST", "/v1/runs"),
    ("GET", "/v1/runs/r1"),
    ("POST", "/v1/runs/r1/resume"),
    ("POST", "/v1/runs/r1/effects/a/b"),
    ("GET", "/v1/challenges"),
    ("GET", "/v1/challenges/c"),
    ("POST", "/v1/challenges/c"),
    ("GET", "/v1/challenges/c/data"),
    ("POST", "/v1/codes"),
    ("GET", "/v1/plugins"),
    ("PUT", "/v1/plugins/p"),
    ("PUT", "/v1/signups"),
    ("GET", "/v1/audit"),
    ("GET", "/no/such/path"),
];

#[tokio::test]
async fn nothing_goes_without_a_valid_key() {
    let host = host().await;
    for (method, path) in PATHS {
        let request = || host.open(method.parse().unwrap(), path);
        let wrong = [
            ("none", request()),
            ("wrong", request().bearer_auth("mavm_wrong")),
            ("wrong x-api-key", request().header("x-api-key", "mavm_wrong")),
            ("empty", request().bearer_auth("")),
            ("basic", request().basic_auth("ci", Some(KEY))),
            ("its name", request().bearer_auth("ci")),
            ("its hash", request().bearer_auth(mavm_store::hash_key(KEY))),
            ("in the address", request().query(&[("key", KEY), ("api_key", KEY)])),
            ("too long", request().bearer_auth("x".repeat(5_000))),
        ];
        for (case, request) in wrong {
            let response = request.send().await.unwrap();
            let challenge = response.headers().get("www-authenticate").cloned();
            assert_eq!(challenge.unwrap(), "Bearer", "{case} {path}");
            let detail = detail(&read(response).await, 401);
            assert!(detail.contains("mavm keys create"), "{detail}");
        }
        for request in [request().bearer_auth(KEY), request().header("X-API-KEY", KEY)] {
            let status = request.send().await.unwrap().status();
            assert_ne!(status, 401, "{method} {path}");
            assert!(!status.is_server_error() || path.contains("vend"), "{method} {path} {status}");
        }
    }
    assert!(host.noted.asked().iter().all(|asked| !asked.contains("anonymous")));
}

#[tokio::test]
async fn healthz_is_open() {
    let host = host().await;
    let health = read(host.open(Method::GET, "/healthz").send().await.unwrap()).await;
    assert_eq!((health.0.as_u16(), health.1), (200, json!({"status": "ok"})));
}

async fn opened(host: &Host) -> Vec<&'static str> {
    let mut opened = Vec::new();
    for (method, path) in PATHS {
        if host.open(method.parse().unwrap(), path).send().await.unwrap().status() != 401 {
            opened.push(path);
        }
    }
    opened
}

#[tokio::test]
async fn opening_the_old_vend_opens_nothing_else() {
    assert_eq!(opened(&host_with(true).await).await, ["/vend", "/prod/vend"]);
    assert_eq!(opened(&host_with(false).await).await, [""; 0]);
}

#[tokio::test]
async fn an_open_path_still_knows_who_has_a_key() {
    let host = host_with(true).await;
    host.stock(3).await;
    let vend = || host.open(Method::GET, "/vend");
    let aws = vend().header("authorization", "AWS4-HMAC-SHA256 Credential=x");
    assert_eq!(vend().send().await.unwrap().status(), 200);
    assert_eq!(vend().bearer_auth(KEY).send().await.unwrap().status(), 200);
    assert_eq!(aws.send().await.unwrap().status(), 200, "an old client's own signature");
    let log = mavm_store::Store::audit_log(&*host.store, 100).await.unwrap();
    let actors: Vec<_> =
        log.iter().filter(|line| line.action == "vend").map(|line| line.actor.as_str()).collect();
    assert_eq!(actors, ["open", "ci", "open"]);
}
