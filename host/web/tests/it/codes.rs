//! Codes that arrive by HTTP.

use serde_json::json;

use crate::host::{detail, host};

#[tokio::test]
async fn the_old_relay_is_served_word_for_word() {
    let host = host().await;
    for path in ["/queue?text=123456%20is%20your%20code&sender=x", "/prod/queue?text=%C3%A4+1"] {
        let (status, body) = host.get(path).await;
        assert_eq!((status.as_u16(), body), (200, json!({"done": true})));
    }
    assert_eq!(host.noted.asked(), ["sms None 123456 is your code", "sms None ä 1"]);
}

#[tokio::test]
async fn codes_are_posted_with_their_channel() {
    let host = host().await;
    let (status, body) =
        host.post("/v1/codes", json!({"channel": "card-sms", "text": "654321"})).await;
    assert_eq!((status.as_u16(), body), (200, json!({"done": true})));
    host.post("/v1/codes", json!({"text": "11"})).await;
    assert_eq!(host.noted.asked(), ["sms Some(\"card-sms\") 654321", "sms None 11"]);
}

#[tokio::test]
async fn floods_and_nonsense_go_nowhere() {
    let host = host().await;
    let long = "9".repeat(1_025);
    detail(&host.get(&format!("/queue?text={long}")).await, 422);
    detail(&host.get("/queue").await, 400);
    detail(&host.get("/queue?text=").await, 400);
    detail(&host.post("/v1/codes", json!({"text": long})).await, 422);
    detail(&host.post("/v1/codes", json!({"text": " "})).await, 400);
    detail(&host.post("/v1/codes", json!({"channel": "x"})).await, 400);
    assert!(host.noted.asked().is_empty());
}
