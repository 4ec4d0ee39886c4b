//! Vending: the old words, the new ones, races, idempotency, leases.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use mavm_store::{AccountStatus, Store};
use reqwest::Method;
use serde_json::{Value, json};

use crate::host::{KEY, detail, host, read};

const OUT_OF_STOCK: &str = "vending machine out of AWS accounts, please try again later.";

#[tokio::test]
async fn the_old_path_answers_word_for_word() {
    let host = host().await;
    host.stock(2).await;
    for path in ["/vend", "/prod/vend"] {
        let response = host.send(Method::GET, path, None).await;
        assert_eq!(response.headers()["content-type"], "application/json");
        let (status, body) = read(response).await;
        let number = body["account_id"].as_str().unwrap().to_owned();
        assert_eq!(status, 200);
        assert_eq!(number.len(), 12);
        assert_eq!(
            body,
            json!({
                "account_id": number,
                "cross_account_role": format!("arn:aws:iam::{number}:role/OVMCrossAccountRole"),
            })
        );
    }
    let response = host.send(Method::GET, "/vend", None).await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "120");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(read(response).await.1, json!({"errorMessage": OUT_OF_STOCK}));
}

#[tokio::test]
async fn a_head_request_vends_nothing() {
    let host = host().await;
    let names = host.stock(1).await;
    let response = host.send(Method::HEAD, "/vend", None).await;
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "GET");
    assert_eq!(host.account(&names[0]).await.status, AccountStatus::Created);
}

#[tokio::test]
async fn the_new_path_says_more() {
    let host = host().await;
    let names = host.stock(1).await;
    let before = Timestamp::now();
    // As curl sends it: no body, or one that calls itself a form.
    let (status, body) = read(host.send(Method::POST, "/v1/vend", None).await).await;
    assert_eq!(status, 200);
    assert_eq!(body["account_id"], "000000000000");
    assert_eq!(body["cross_account_role"], "arn:aws:iam::000000000000:role/OVMCrossAccountRole");
    assert_eq!(body["account_name"], names[0].0);
    let until: Timestamp = body["lease_until"].as_str().unwrap().parse().unwrap();
    let lease = before.duration_until(until);
    assert!(
        (lease - SignedDuration::from_hours(24)).abs() < SignedDuration::from_mins(5),
        "{lease}"
    );

    let response = host.send(Method::POST, "/v1/vend", None).await;
    assert_eq!(response.headers()["retry-after"], "120");
    let (status, body) = read(response).await;
    assert_eq!((status.as_u16(), body), (503, json!({"errorMessage": OUT_OF_STOCK})));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_clients_racing_for_ten_accounts() {
    let host = Arc::new(host().await);
    host.stock(10).await;
    let clients: Vec<_> = (0..64)
        .map(|number| {
            let host = Arc::clone(&host);
            tokio::spawn(async move {
                let (method, path) = if number % 2 == 0 {
                    (Method::POST, "/v1/vend")
                } else {
                    (Method::GET, "/vend")
                };
                let response = host.send(method, path, None).await;
                let retry = response.headers().contains_key("retry-after");
                let (status, body) = read(response).await;
                (status.as_u16(), retry, body)
            })
        })
        .collect();
    let (mut numbers, mut out) = (BTreeSet::new(), 0);
    for client in clients {
        match client.await.unwrap() {
            (200, false, body) => {
                assert!(numbers.insert(body["account_id"].as_str().unwrap().to_owned()), "twice");
            }
            (503, true, body) => {
                assert_eq!(body["errorMessage"], OUT_OF_STOCK);
                out += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((numbers.len(), out), (10, 54));
    assert_eq!(host.store.accounts(Some(AccountStatus::Vended)).await.unwrap().len(), 10);
}

#[tokio::test]
async fn an_idempotency_key_gives_the_same_account_again() {
    let host = host().await;
    host.stock(3).await;
    let vend = async |api_key: &str, key: &str| {
        let request = host.open(Method::POST, "/v1/vend").bearer_auth(api_key);
        read(request.header("Idempotency-Key", key).send().await.unwrap()).await
    };
    let first = vend(KEY, "one").await;
    assert_eq!(first.0, 200);
    assert_eq!(vend(KEY, "one").await, first);
    let second = vend(KEY, "two").await;
    assert_ne!(second.1["account_id"], first.1["account_id"]);

    let other = "mavm_another_key";
    host.store.put_key("other", &mavm_store::hash_key(other), Timestamp::now()).await.unwrap();
    let third = vend(other, "one").await;
    assert_eq!(third.0, 200, "another client's key is another key");
    assert_ne!(third.1["account_id"], first.1["account_id"]);

    for bad in ["", "ä", &"x".repeat(256)] {
        assert!(detail(&vend(KEY, bad).await, 400).contains("Idempotency-Key"));
    }
}

#[tokio::test]
async fn a_lease_is_as_long_as_asked_within_bounds() {
    let host = host().await;
    host.stock(1).await;
    for (lease, status) in [
        (json!("8 days"), 400),
        (json!("0s"), 400),
        (json!("-1h"), 400),
        (json!("soon"), 400),
        (json!(3), 400),
    ] {
        detail(&host.post("/v1/vend", json!({"lease": lease})).await, status);
    }
    detail(&host.post("/v1/vend", json!({"leas": "2h"})).await, 400);
    let before = Timestamp::now();
    let (status, body) = host.post("/v1/vend", json!({"lease": "2h"})).await;
    assert_eq!(status, 200, "what was refused took nothing: {body}");
    let until: Timestamp = body["lease_until"].as_str().unwrap().parse().unwrap();
    let lease = before.duration_until(until);
    assert!(
        (lease - SignedDuration::from_hours(2)).abs() < SignedDuration::from_mins(5),
        "{lease}"
    );
}

#[tokio::test]
async fn a_vended_account_is_returned_early() {
    let host = host().await;
    let names = host.stock(1).await;
    let path = format!("/v1/accounts/{}/close", names[0]);
    let (status, body) = host.post(&path, Value::Null).await;
    assert_eq!((status.as_u16(), body), (202, json!({"account_name": names[0], "run": "r1"})));
    assert_eq!(host.noted.asked(), [format!("close {} by ci", names[0])]);
    assert!(detail(&host.post(&path, Value::Null).await, 409).contains("r1"));
    detail(&host.post("/v1/accounts/ovm-none/close", Value::Null).await, 404);
}

#[tokio::test]
async fn an_account_that_nobody_could_use_is_not_handed_out_as_if() {
    let host = host().await;
    host.stock_without_number().await;
    for (method, path) in [(Method::GET, "/vend"), (Method::POST, "/v1/vend")] {
        let (status, body) = read(host.send(method, path, None).await).await;
        assert_ne!(status, 200, "{path}: {body}");
    }
}

#[tokio::test]
async fn the_end_of_a_lease_can_be_moved() {
    let host = host().await;
    let names = host.stock(1).await;
    let path = format!("/v1/accounts/{}/lease", names[0]);
    let stocked = host.post(&path, json!({"in": "1h"})).await;
    detail(&stocked, 409);
    host.get("/vend").await;

    let (status, body) = host.post(&path, json!({"in": "1h"})).await;
    assert_eq!((status.as_u16(), &body["name"]), (200, &json!(names[0])));
    let until = Timestamp::now() + SignedDuration::from_hours(3);
    host.post(&path, json!({"until": until})).await;
    let kept = host.account(&names[0]).await.lease_until.unwrap();
    assert!((kept.duration_until(until)).abs() < SignedDuration::from_secs(1));

    for (body, status) in [
        (json!({}), 400),
        (json!({"in": "1h", "until": until}), 400),
        (json!({"in": "999999999h"}), 400),
        (json!({"in": "10 days"}), 400),
        (json!({"until": "tomorrow"}), 400),
    ] {
        detail(&host.post(&path, body).await, status);
    }
    assert_eq!(host.account(&names[0]).await.lease_until.unwrap(), kept);

    host.post(&path, json!({"until": "2020-01-01T00:00:00Z"})).await;
    let over = host.store.leases_over(Timestamp::now()).await.unwrap();
    assert_eq!(over.iter().map(|account| account.name.clone()).collect::<Vec<_>>(), names);
    let unknown = host.post("/v1/accounts/ovm-none/lease", json!({"in": "1h"})).await;
    assert!(detail(&unknown, 404).contains("ovm-none"));
}
