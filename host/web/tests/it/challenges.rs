//! What waits for a person.

use jiff::{SignedDuration, Timestamp};
use mavm_store::{Challenge, ChallengeKind, Store};
use reqwest::Method;
use serde_json::json;

use crate::host::{Host, detail, host};

async fn put(host: &Host, id: &str, kind: ChallengeKind, mime_type: &str, data: &[u8]) {
    let run = host.claimed().await.run.id;
    let now = Timestamp::now();
    let challenge = Challenge {
        id: id.into(),
        run,
        kind,
        prompt: "what to do".into(),
        mime_type: mime_type.into(),
        data: data.to_vec(),
        at: now,
        until: now + SignedDuration::from_mins(5),
        answer: None,
        accepted: None,
    };
    host.store.put_challenge(challenge).await.unwrap();
}

#[tokio::test]
async fn a_captcha_is_seen_and_answered_once() {
    let host = host().await;
    put(&host, "c1", ChallengeKind::Image, "image/png", b"\x89PNG picture").await;
    let (_, list) = host.get("/v1/challenges").await;
    assert_eq!(list["challenges"][0]["id"], "c1");
    assert!(list["challenges"][0].get("data").is_none());
    let (_, one) = host.get("/v1/challenges/c1").await;
    assert_eq!(one["kind"], "image");
    assert!(one.get("digits").is_none());

    let picture = host.send(Method::GET, one["data"].as_str().unwrap(), None).await;
    assert_eq!(picture.headers()["content-type"], "image/png");
    assert_eq!(picture.headers()["x-content-type-options"], "nosniff");
    assert_eq!(picture.bytes().await.unwrap().as_ref(), b"\x89PNG picture");

    detail(&host.post("/v1/challenges/c1", json!({})).await, 400);
    detail(&host.post("/v1/challenges/c1", json!({"answer": "x".repeat(300)})).await, 400);
    let (status, body) = host.post("/v1/challenges/c1", json!({"answer": "g8ky2"})).await;
    assert_eq!((status.as_u16(), &body["answered"]), (200, &json!(true)));
    detail(&host.post("/v1/challenges/c1", json!({"answer": "again"})).await, 409);
    let answer = host.store.challenge("c1").await.unwrap().unwrap().answer;
    assert_eq!(answer.as_deref(), Some(b"g8ky2".as_slice()));
    assert_eq!(host.get("/v1/challenges").await.1["challenges"], json!([]));
}

#[tokio::test]
async fn a_call_shows_its_digits_until_it_is_done() {
    let host = host().await;
    put(&host, "call", ChallengeKind::Call, "text/plain", b"4711").await;
    assert_eq!(host.get("/v1/challenges/call").await.1["digits"], "4711");
    detail(&host.get("/v1/challenges/call/data").await, 400);
    assert_eq!(host.post("/v1/challenges/call", json!({"answer": "done"})).await.0, 200);
    let (_, one) = host.get("/v1/challenges/call").await;
    assert!(one["digits"].is_null(), "{one}");
}

#[tokio::test]
async fn what_a_site_sent_is_never_shown_as_a_page() {
    let host = host().await;
    put(&host, "evil", ChallengeKind::Image, "text/html", b"<script>alert(1)</script>").await;
    let picture = host.send(Method::GET, "/v1/challenges/evil/data", None).await;
    assert_eq!(picture.headers()["content-type"], "application/octet-stream");
    assert_eq!(picture.headers()["content-security-policy"], "sandbox; default-src 'none'");
}

#[tokio::test]
async fn a_challenge_that_does_not_exist() {
    let host = host().await;
    for path in ["/v1/challenges/none", "/v1/challenges/none/data"] {
        assert!(detail(&host.get(path).await, 404).contains("none"));
    }
    detail(&host.post("/v1/challenges/none", json!({"answer": "x"})).await, 404);
}
