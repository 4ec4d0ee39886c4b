//! Vending as clients see it.

use mavm_tests::{Machine, Setup};
use serde_json::{Value, json};

#[tokio::test]
async fn out_of_stock_is_a_clean_503() {
    let machine = Machine::start(Setup { target: 0, ..Setup::with(&[]) }).await;
    let response = reqwest::Client::new()
        .get(format!("{}/vend", machine.address("http")))
        .bearer_auth(machine.key())
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        body,
        json!({"errorMessage": "vending machine out of AWS accounts, please try again later."})
    );
}

#[tokio::test]
async fn an_old_client_gets_what_it_knows() {
    let machine = Machine::start(Setup::with(&[])).await;
    let run = machine.run_of("create-account").await;
    machine.ended(&run).await;
    let id = machine.account().await["id"].as_str().unwrap().to_owned();
    assert_eq!(
        machine.get("/vend").await,
        json!({
            "account_id": id,
            "cross_account_role": format!("arn:aws:iam::{id}:role/OVMCrossAccountRole"),
        })
    );
}

#[tokio::test]
async fn one_idempotency_key_one_account() {
    let machine = Machine::start(Setup::with(&[])).await;
    let run = machine.run_of("create-account").await;
    machine.ended(&run).await;
    let vend = || async {
        let response = reqwest::Client::new()
            .post(format!("{}/v1/vend", machine.address("http")))
            .bearer_auth(machine.key())
            .header("Idempotency-Key", "build-77")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        response.json::<Value>().await.unwrap()
    };
    let (first, second) = (vend().await, vend().await);
    assert_eq!(first["account_id"], second["account_id"]);
}
