//! Sealed values: typed by the host where they are bound to, and seen by nobody else.

use super::*;

#[tokio::test]
async fn a_secret_is_typed_and_shows_nowhere() {
    let bench = bench().await;
    let mut guest = bench.guest().await;
    let page = guest.open("signup", "/form").await;
    let card = guest.find(&page, label("Card number")).await;
    let secret = guest.secret(CARD, &[bench.origin("127.0.0.1")]);
    guest.fill(&card, wit::Value::Secret(lent(&secret))).await.unwrap();
    until("the page has it", || bench.was_told(&format!("card {CARD}"))).await;

    // All that a plugin can read, after the page has shown the value in every way it can.
    let mirror = guest.css(&page, "#mirror").await;
    let mut seen = vec![guest.text(&mirror).await.unwrap()];
    assert!(seen[0].starts_with("You typed"), "{seen:?}");
    let mut view = guest.view();
    seen.push(wit::HostLocator::value(&mut view, lent(&card), SOON).await.unwrap().unwrap());
    let title = wit::HostLocator::attribute(&mut view, lent(&mirror), "title".into(), SOON).await;
    seen.push(title.unwrap().unwrap().unwrap());
    seen.push(wit::HostPage::title(&mut view, lent(&page), SOON).await.unwrap().unwrap());
    let gone = wit::HostPage::locate(&mut view, lent(&page), button("You typed")).await.unwrap();
    let options = wit::ClickOptions { within: Some(millis(800)), ..click() };
    let failure = wit::HostLocator::click(&mut view, lent(&gone), options).await.unwrap();
    seen.push(format!("{:?}", failure.unwrap_err()));
    for text in seen {
        assert!(!text.contains(&CARD[..8]), "{text}");
    }
    // The failure above left pictures and a copy of the page.
    assert!(!files_with(&bench.traces, "You typed").is_empty(), "no copy of the page was kept");
    bench.browser.close().await;
    assert_eq!(files_with(&bench.traces, CARD), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_secret_goes_only_to_the_origin_it_is_bound_to() {
    let bench = bench().await;
    let mut guest = bench.guest().await;
    let page = guest.open("signup", "/challenge").await;
    let own = guest.find(&page, label("Card number")).await;
    let frame = wit::Selector::Css("iframe[name=challenge]".into());
    let frame = wit::HostPage::frame(&mut guest.view(), lent(&page), frame).await.unwrap();
    let field = label("One-time password");
    let field = wit::HostFrame::locate(&mut guest.view(), lent(&frame), field).await.unwrap();

    let bound = guest.secret(CARD, &[bench.origin("issuer.localhost")]);
    let answer = guest.fill(&own, wit::Value::Secret(lent(&bound))).await;
    let Err(Failure::Denied(why)) = answer else { panic!("{answer:?}") };
    assert!(!why.contains(CARD), "{why}");
    let value = wit::Value::Secret(lent(&bound));
    let typed = wit::HostLocator::type_keys(&mut guest.view(), lent(&own), value, SOON).await;
    assert!(matches!(typed.unwrap(), Err(Failure::Denied(_))));
    guest.fill(&field, wit::Value::Secret(lent(&bound))).await.unwrap();
    until("the frame has it", || bench.was_told(&format!("acs {CARD}"))).await;
    assert!(!bench.was_told("own"), "{:?}", bench.told.lock().unwrap());

    let unbound = guest.secret(CARD, &[]);
    let answer = guest.fill(&field, wit::Value::Secret(lent(&unbound))).await;
    assert!(matches!(answer, Err(Failure::Denied(_))), "{answer:?}");
    let code = guest.code("123456");
    guest.fill(&field, wit::Value::Code(lent(&code))).await.unwrap();
    guest.fill(&own, wit::Value::Code(lent(&code))).await.unwrap();
    until("both have the code", || bench.was_told("acs 123456") && bench.was_told("own 123456"))
        .await;
}

#[tokio::test]
async fn a_plugin_with_sites_of_its_own_uses_no_others() {
    let plugins = BTreeMap::from([("card".to_owned(), BTreeSet::from(["issuer".to_owned()]))]);
    let bench = bench_granting(plugins, |_, _| {}).await;
    let request = bench.request(1).await;
    bench.guest_of(&request).open("signup", "/challenge").await;
    let mut guest = bench.guest_of(&StepRequest { plugin: "card".into(), ..request });
    let page = guest.page().await;
    let outer = guest.css(&page, "body").await;
    let denied = guest.text(&outer).await;
    assert!(matches!(&denied, Err(Failure::Denied(why)) if why.contains("sites")), "{denied:?}");
    let mut view = guest.view();
    let url = wit::HostPage::url(&mut view, lent(&page)).await.unwrap();
    assert!(matches!(url, Err(Failure::Denied(_))), "{url:?}");
    let picture = wit::HostPage::picture(&mut view, lent(&page), SOON).await.unwrap();
    assert!(matches!(picture, Err(Failure::Denied(_))));
    // Its own document in somebody else's.
    let frame = wit::Selector::Css("iframe[name=challenge]".into());
    let frame = wit::HostPage::frame(&mut view, lent(&page), frame).await.unwrap();
    let field = label("One-time password");
    let field = wit::HostFrame::locate(&mut view, lent(&frame), field).await.unwrap();
    guest.fill(&field, wit::Value::Text("123456".into())).await.unwrap();
    guest.open("issuer", "/form").await;
    let name = guest.find(&page, label("Name")).await;
    guest.fill(&name, wit::Value::Text("Erika".into())).await.unwrap();
}

#[tokio::test]
async fn a_code_is_read_off_a_page_without_being_shown() {
    let bench = bench().await;
    let mut guest = bench.guest().await;
    let page = guest.open("signup", "/later").await;
    let pin = guest.css(&page, "#pin").await;
    let pattern = r"Enter (\d{4})".to_owned();
    let code = wit::HostLocator::read_code(&mut guest.view(), lent(&pin), pattern, SOON).await;
    let code = code.unwrap().unwrap();
    assert_eq!(guest.text(&pin).await.unwrap(), "Enter •••• now");
    let field = guest.find(&page, label("PIN")).await;
    guest.fill(&field, wit::Value::Code(lent(&code))).await.unwrap();
    until("the page has it", || bench.was_told("pin 7391")).await;
    bench.browser.close().await;
    assert_eq!(files_with(&bench.traces, "7391"), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_code_is_read_again_in_another_session_of_the_run() {
    let bench = bench().await;
    let request = bench.request(1).await;
    let other = StepRequest { session: "other".into(), ..request.clone() };
    let read = async |request: &StepRequest| {
        let mut guest = bench.guest_of(request);
        let page = guest.open("signup", "/later").await;
        let pin = guest.css(&page, "#pin").await;
        let pattern = r"Enter (\d{4})".to_owned();
        let mut view = guest.view();
        let code = wit::HostLocator::read_code(&mut view, lent(&pin), pattern, SOON).await;
        code.unwrap().unwrap();
        assert_eq!(guest.text(&pin).await.unwrap(), "Enter •••• now");
    };
    read(&request).await;
    read(&other).await;
    // The try after a session that was lost.
    bench.browser.close().await;
    read(&request).await;
}

#[tokio::test]
async fn who_guesses_is_not_forgotten_with_the_session() {
    let bench = bench().await;
    let request = bench.request(1).await;
    let other = StepRequest { session: "other".into(), ..request.clone() };
    let guess = async |request: &StepRequest, part: &str| {
        let mut guest = bench.guest_of(request);
        let page = guest.open("signup", "/form").await;
        let card = guest.find(&page, label("Card number")).await;
        let secret = guest.secret(CARD, &[bench.origin("127.0.0.1")]);
        guest.fill(&card, wit::Value::Secret(lent(&secret))).await.unwrap();
        guest.fill(&card, wit::Value::Text(part.into())).await
    };
    guess(&request, &CARD[..6]).await.unwrap();
    guess(&other, &CARD[1..7]).await.unwrap();
    bench.browser.close().await;
    guess(&request, &CARD[2..8]).await.unwrap();
    let denied = guess(&other, &CARD[3..9]).await;
    assert!(matches!(denied, Err(Failure::Denied(_))), "{denied:?}");
    // Another run has guessed nothing.
    let foreign = bench.request(2).await;
    guess(&foreign, &CARD[3..9]).await.unwrap();
}

#[tokio::test]
async fn a_link_is_opened_where_it_may_lead_and_its_token_never_shows() {
    let bench = bench().await;
    let mut guest = bench.guest().await;
    let page = guest.page().await;
    let token = "q7Wx93kLmN5t";
    let link = format!("{}/form?token={token}", bench.origin("issuer.localhost"));
    let good = guest.code(&link);
    wit::HostPage::goto_link(&mut guest.view(), lent(&page), lent(&good), SOON)
        .await
        .unwrap()
        .unwrap();
    let url = wit::HostPage::url(&mut guest.view(), lent(&page)).await.unwrap().unwrap();
    assert_eq!(url, format!("{}/form", bench.origin("issuer.localhost")));
    let never = guest.css(&page, "#never").await;
    let state = wit::ElementState::Visible;
    let failed =
        wit::HostLocator::wait_for(&mut guest.view(), lent(&never), state, Some(millis(700))).await;
    assert!(failed.unwrap().is_err());

    for (text, kind) in [
        (format!("{}/form?token={token}", bench.origin("other.localhost")), "Denied"),
        (format!("file:///etc/passwd?{token}"), "Invalid"),
        (format!("javascript:{token}"), "Invalid"),
        (token.to_owned(), "Invalid"),
    ] {
        let code = guest.code(&text);
        let answer =
            wit::HostPage::goto_link(&mut guest.view(), lent(&page), lent(&code), SOON).await;
        let shown = format!("{:?}", answer.unwrap().unwrap_err());
        assert!(shown.contains(kind) && !shown.contains(token), "{shown}");
    }
    bench.browser.close().await;
    assert_eq!(files_with(&bench.traces, token), Vec::<PathBuf>::new());
}
