//! Who may call: an API key is needed from the first start.

use mavm_tests::{Machine, Setup};

#[tokio::test]
async fn without_a_key_only_healthz_answers() {
    let machine = Machine::start(Setup { target: 0, ..Setup::with(&[]) }).await;
    let http = reqwest::Client::new();
    for path in ["/vend", "/v1/accounts", "/v1/runs", "/queue?text=123456", "/v1/challenges"] {
        let response = http.get(format!("{}{path}", machine.address("http"))).send().await.unwrap();
        assert_eq!(response.status(), 401, "{path}");
        assert!(response.headers().contains_key("www-authenticate"), "{path}");
    }
    let healthy = http.get(format!("{}/healthz", machine.address("http"))).send().await.unwrap();
    assert_eq!(healthy.status(), 200);
}

#[tokio::test]
async fn the_first_start_makes_a_key_and_shows_it_once() {
    let setup = Setup { target: 0, own_key: false, ..Setup::with(&[]) };
    let mut machine = Machine::start(setup).await;
    machine.kill();
    machine.serve().await;
    let log = machine.log();
    let shown: Vec<_> =
        log.lines().filter_map(|line| line.strip_prefix("API key (shown this once): ")).collect();
    let [key] = shown[..] else { panic!("shown {} times: {log}", shown.len()) };
    let accounts = reqwest::Client::new()
        .get(format!("{}/v1/accounts", machine.address("http")))
        .bearer_auth(key)
        .send()
        .await
        .unwrap();
    assert_eq!(accounts.status(), 200);
}
