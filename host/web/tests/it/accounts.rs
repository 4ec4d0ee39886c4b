//! Looking at accounts.

use mavm_store::Store;
use reqwest::Method;
use serde_json::json;

use crate::host::{detail, host, read};

#[tokio::test]
async fn accounts_are_listed_by_status_and_shown_by_name() {
    let host = host().await;
    let names = host.stock(2).await;
    host.get("/vend").await;

    let (status, all) = host.get("/v1/accounts").await;
    assert_eq!(status, 200);
    assert_eq!(all["accounts"].as_array().unwrap().len(), 2);
    let (_, vended) = host.get("/v1/accounts?status=VENDED").await;
    assert_eq!(vended["accounts"].as_array().unwrap().len(), 1);
    assert_eq!(vended["accounts"][0]["name"], json!(names[0]));
    let (_, closed) = host.get("/v1/accounts?status=CLOSED").await;
    assert_eq!(closed["accounts"], json!([]));

    let (status, one) = host.get(&format!("/v1/accounts/{}", names[1])).await;
    assert_eq!(status, 200);
    assert_eq!(one["status"], "CREATED");
    assert_eq!(one["id"], "000000000001");

    assert!(detail(&host.get("/v1/accounts?status=GONE").await, 400).contains("QUARANTINED"));
    assert!(detail(&host.get("/v1/accounts?status=A&status=B").await, 400).contains("parameters"));
    assert!(detail(&host.get("/v1/accounts/ovm-none").await, 404).contains("GET /v1/accounts"));
    detail(&host.get("/v1/accounts/%FF").await, 400);
}

#[tokio::test]
async fn the_switch_stops_signups() {
    let host = host().await;
    assert_eq!(host.get("/v1/signups").await.1, json!({"stopped": false}));
    let turn = async |body| read(host.send(Method::PUT, "/v1/signups", Some(body)).await).await;
    assert_eq!(turn(json!({"stopped": true})).await.1, json!({"stopped": true}));
    assert!(host.store.signups_stopped().await.unwrap());
    for body in [json!({}), json!({"stopped": "no"}), json!({"stopped": false, "why": "x"})] {
        detail(&turn(body).await, 400);
    }
    assert!(host.store.signups_stopped().await.unwrap());
}

#[tokio::test]
async fn the_audit_log_says_who_did_what() {
    let host = host().await;
    host.stock(1).await;
    host.get("/vend").await;
    let (_, log) = host.get("/v1/audit").await;
    let line = &log["audit"][0];
    assert_eq!((&line["action"], &line["actor"]), (&json!("vend"), &json!("ci")), "{log}");
}
