//! Plugins over HTTP.

use reqwest::Method;
use serde_json::json;

use crate::host::{Host, KEY, detail, host, read};

async fn install(host: &Host, bytes: Vec<u8>) -> (reqwest::StatusCode, serde_json::Value) {
    let request = host.open(Method::PUT, "/v1/plugins/card-otp").bearer_auth(KEY);
    read(request.body(bytes).send().await.unwrap()).await
}

#[tokio::test]
async fn plugins_are_listed_and_swapped() {
    let host = host().await;
    let (_, list) = host.get("/v1/plugins").await;
    assert_eq!(list["plugins"][0]["name"], "aws-signup");
    // Far larger than any other body may be.
    let (status, body) = install(&host, vec![0; 200_000]).await;
    assert_eq!((status.as_u16(), &body["name"]), (200, &json!("card-otp")));
    assert_eq!(host.noted.asked(), ["install card-otp 200000 bytes by ci"]);
}

#[tokio::test]
async fn what_is_no_plugin_is_refused() {
    let host = host().await;
    assert!(detail(&install(&host, b"bad".to_vec()).await, 422).contains("no WebAssembly"));
    detail(&install(&host, Vec::new()).await, 400);
    detail(&install(&host, vec![0; 18 * 1024 * 1024]).await, 413);
    assert!(host.noted.asked().is_empty());
}
