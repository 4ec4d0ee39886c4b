//! Runs: looking, starting, going on, and effects that a person settles.

use jiff::{SignedDuration, Timestamp};
use mavm_store::{AccountChange, EffectState, RunChange, Store};
use reqwest::Method;
use serde_json::{Value, json};

use crate::host::{detail, host};

#[tokio::test]
async fn runs_are_listed_and_shown() {
    let host = host().await;
    host.stock(3).await;
    let ready = host.claimed().await;
    let (status, all) = host.get("/v1/runs").await;
    assert_eq!(status, 200);
    assert_eq!(all["runs"].as_array().unwrap().len(), 4);
    assert_eq!(all["runs"][0]["id"], json!(ready.run.id), "newest first");
    let (_, some) = host.get("/v1/runs?status=succeeded&limit=2").await;
    assert_eq!(some["runs"].as_array().unwrap().len(), 2);
    detail(&host.get("/v1/runs?status=asleep").await, 400);
    detail(&host.get("/v1/runs?limit=many").await, 400);
    let (_, one) = host.get(&format!("/v1/runs/{}", ready.run.id)).await;
    assert_eq!((&one["run"]["id"], &one["effects"]), (&json!(ready.run.id), &json!([])));
    detail(&host.get("/v1/runs/nothing").await, 404);
}

#[tokio::test]
async fn a_person_starts_a_run() {
    let host = host().await;
    let body = json!({"flow": "close-account", "account": "ovm-1"});
    let (status, body) = host.post("/v1/runs", body).await;
    assert_eq!((status.as_u16(), body), (202, json!({"run": "r2"})));
    host.post("/v1/runs", json!({"flow": "create-account"})).await;
    assert_eq!(
        host.noted.asked(),
        [
            "start close-account Some(AccountName(\"ovm-1\")) by ci",
            "start create-account None by ci"
        ]
    );
    for (flow, status) in [("unknown", 404), ("paced", 503), ("odd", 422)] {
        detail(&host.post("/v1/runs", json!({"flow": flow})).await, status);
    }
    detail(&host.post("/v1/runs", json!({"account": "ovm-1"})).await, 400);
    let paced = host.send(Method::POST, "/v1/runs", Some(json!({"flow": "paced"}))).await;
    assert_eq!(paced.headers()["retry-after"], "77");
}

#[tokio::test]
async fn a_person_lets_a_run_go_on() {
    let host = host().await;
    let (status, body) = host.post("/v1/runs/r9/resume", Value::Null).await;
    assert_eq!((status.as_u16(), body), (202, json!({"run": "r9"})));
    assert_eq!(host.noted.asked(), ["resume r9 by ci"]);
}

#[tokio::test]
async fn a_person_settles_an_effect() {
    let host = host().await;
    let claim = host.claimed().await;
    let now = Timestamp::now();
    for name in ["aws-signup/create-account", "aws-payment/submit-card"] {
        assert_eq!(
            host.store.effect_begin(&claim.fence, now, name).await.unwrap(),
            EffectState::Fresh
        );
    }
    let note = RunChange::Park("an effect is unknown".into());
    let (entry, none) = (json!({"event": "parked"}), AccountChange::default());
    host.store.append(&claim.fence, now, vec![entry], note, none).await.unwrap();
    let path = |name: &str| format!("/v1/runs/{}/effects/{name}", claim.run.id);

    let (status, body) = host
        .post(&path("aws-signup/create-account"), json!({"happened": true, "result": "ok"}))
        .await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["effect"], "aws-signup/create-account");
    let (status, _) = host.post(&path("aws-payment/submit-card"), json!({"happened": false})).await;
    assert_eq!(status, 200);
    let unknown = host.post(&path("no/such"), json!({"happened": true})).await;
    assert!((400..500).contains(&unknown.0.as_u16()), "{unknown:?}");

    host.store.resume(&claim.run.id, now, None, json!({"event": "resumed"}), "ci").await.unwrap();
    let until = now + SignedDuration::from_mins(10);
    let again = host.store.claim("worker", Timestamp::now(), until).await.unwrap().unwrap();
    let known = |name| host.store.effect_begin(&again.fence, now, name);
    assert_eq!(known("aws-signup/create-account").await.unwrap(), EffectState::Done("ok".into()));
    assert_eq!(known("aws-payment/submit-card").await.unwrap(), EffectState::Fresh);

    let name = "aws-payment/submit-card";
    detail(&host.post(&path(name), json!({})).await, 400);
    detail(
        &host.post(&path(name), json!({"happened": true, "result": "x".repeat(9_000)})).await,
        400,
    );
}
