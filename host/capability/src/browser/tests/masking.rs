//! A site shows again what it was given: the sessions of a run mask that, whoever typed it.

use async_trait::async_trait;
use mavm_store::AccountName;

use super::*;

/// What the page says where it shows what was typed, as a site would that knew it from before.
async fn shown(guest: &mut Guest, value: &str) -> String {
    let page = guest.open("signup", "/form").await;
    let card = guest.find(&page, label("Card number")).await;
    guest.fill(&card, wit::Value::Text(value.into())).await.unwrap();
    let mirror = guest.css(&page, "#mirror").await;
    guest.text(&mirror).await.unwrap()
}

#[tokio::test]
async fn what_a_run_has_used_all_its_sessions_mask() {
    let bench = bench().await;
    let request = bench.request(1).await;
    let other = StepRequest { session: "other".into(), ..request.clone() };
    let later = StepRequest { session: "later".into(), ..request.clone() };
    let mut already = bench.guest_of(&other);
    assert_eq!(shown(&mut already, CARD).await, format!("You typed {CARD}"));
    {
        let mut guest = bench.guest_of(&request);
        let page = guest.open("signup", "/form").await;
        let card = guest.find(&page, label("Card number")).await;
        let secret = guest.secret(CARD, &[bench.origin("127.0.0.1")]);
        guest.fill(&card, wit::Value::Secret(lent(&secret))).await.unwrap();
    }
    assert_eq!(shown(&mut already, CARD).await, "You typed ••••");
    assert_eq!(shown(&mut bench.guest_of(&later), CARD).await, "You typed ••••");
    bench.browser.close().await;
    assert_eq!(shown(&mut bench.guest_of(&request), CARD).await, "You typed ••••");
    let foreign = bench.request(2).await;
    assert_eq!(shown(&mut bench.guest_of(&foreign), CARD).await, format!("You typed {CARD}"));
}

#[derive(Debug)]
struct Known(String);

#[async_trait]
impl KnownSecrets for Known {
    async fn of(&self, account: &AccountName) -> Result<Vec<Secret>, String> {
        let secret = |value: &str| Secret {
            name: account.to_string(),
            value: value.to_owned().into(),
            origins: vec![self.0.clone()],
        };
        Ok(vec![secret(CARD), secret("12345")])
    }
}

#[tokio::test]
async fn what_the_vault_holds_is_masked_before_anyone_uses_it() {
    let bench = bench_with(|config, port| {
        config.known = Some(Arc::new(Known(format!("http://127.0.0.1:{port}"))));
    })
    .await;
    let mut guest = bench.guest().await;
    assert_eq!(shown(&mut guest, CARD).await, "You typed ••••");
    // So few signs would be found in what is no secret at all.
    assert_eq!(shown(&mut guest, "12345").await, "You typed 12345");
}

#[tokio::test]
async fn a_session_can_not_be_ended_by_closing_its_page() {
    let bench = bench().await;
    let mut guest = bench.guest().await;
    let page = guest.open("signup", "/form").await;
    let closed = wit::HostPage::close(&mut guest.view(), lent(&page), SOON).await.unwrap();
    assert!(matches!(&closed, Err(Failure::Invalid(why)) if why.contains("popup")), "{closed:?}");
    assert_eq!(shown(&mut guest, "x").await, "You typed x");
}
