//! Driving pages: what a plugin says is done, and what goes wrong comes in the right kind.

use super::*;

#[tokio::test]
async fn a_step_drives_a_page() {
    let bench = bench().await;
    let mut guest = bench.guest().await;
    let page = guest.open("signup", "/form?who=x").await;

    let name = guest.find(&page, label("Name")).await;
    guest.fill(&name, wit::Value::Text("Erika".into())).await.unwrap();
    let mut view = guest.view();
    assert_eq!(
        wit::HostLocator::value(&mut view, lent(&name), SOON).await.unwrap().unwrap(),
        "Erika"
    );
    wit::HostLocator::press(&mut view, lent(&name), "Enter".into(), SOON).await.unwrap().unwrap();
    until("the key press", || bench.was_told("entered Erika")).await;

    let terms = guest.find(&page, label("I agree")).await;
    let mut view = guest.view();
    assert!(!wit::HostLocator::is_checked(&mut view, lent(&terms), SOON).await.unwrap().unwrap());
    wit::HostLocator::set_checked(&mut view, lent(&terms), true, SOON).await.unwrap().unwrap();
    assert!(wit::HostLocator::is_checked(&mut view, lent(&terms), SOON).await.unwrap().unwrap());

    let country = guest.find(&page, label("Country")).await;
    let austria = TextMatch::Exact("Austria".into());
    let mut view = guest.view();
    wit::HostLocator::select(&mut view, lent(&country), austria, SOON).await.unwrap().unwrap();
    assert_eq!(
        wit::HostLocator::value(&mut view, lent(&country), SOON).await.unwrap().unwrap(),
        "at"
    );
    assert!(wit::HostLocator::is_enabled(&mut view, lent(&country), SOON).await.unwrap().unwrap());
    let id = wit::HostLocator::attribute(&mut view, lent(&country), "id".into(), SOON);
    assert_eq!(id.await.unwrap().unwrap().as_deref(), Some("country"));

    let items = guest.css(&page, "li").await;
    let bold = guest.css(&page, "b").await;
    let mut view = guest.view();
    assert_eq!(wit::HostLocator::count(&mut view, lent(&items), SOON).await.unwrap().unwrap(), 2);
    let last = wit::HostLocator::nth(&mut view, lent(&items), -1).await.unwrap();
    let with_bold =
        wit::HostLocator::filter_has(&mut view, lent(&items), lent(&bold)).await.unwrap();
    let second = TextMatch::Contains("SECOND".into());
    let second = wit::HostLocator::filter_text(&mut view, lent(&items), second).await.unwrap();
    let either = wit::HostLocator::or(&mut view, lent(&bold), lent(&second)).await.unwrap();
    assert_eq!(wit::HostLocator::count(&mut view, lent(&either), SOON).await.unwrap().unwrap(), 2);
    let inner = wit::Selector::Css("b".into());
    let inner = wit::HostLocator::locate(&mut view, lent(&with_bold), inner).await.unwrap();
    assert_eq!(guest.text(&last).await.unwrap(), "second");
    assert_eq!(guest.text(&with_bold).await.unwrap(), "first one");
    assert_eq!(guest.text(&inner).await.unwrap(), "one");

    let go = guest.find(&page, button("Continue")).await;
    let picture = wit::HostLocator::picture(&mut guest.view(), lent(&go), SOON).await;
    assert!(picture.unwrap().unwrap().starts_with(b"\x89PNG"));
    guest.click(&go).await.unwrap();
    let done = guest.css(&page, "#done").await;
    let never = guest.css(&page, "#never").await;
    let candidates = vec![lent(&never), lent(&done)];
    assert_eq!(guest.view().first_of(candidates, SOON).await.unwrap().unwrap(), 1);
    let there = TextMatch::Contains("#/done".into());
    let mut view = guest.view();
    wit::HostPage::wait_for_url(&mut view, lent(&page), there, SOON).await.unwrap().unwrap();
    let url = wit::HostPage::url(&mut view, lent(&page)).await.unwrap().unwrap();
    assert_eq!(url, format!("{}/form#/done", bench.origin("127.0.0.1")));
    assert_eq!(
        wit::HostPage::title(&mut view, lent(&page), SOON).await.unwrap().unwrap(),
        "Sign up"
    );
    wit::HostPage::reload(&mut view, lent(&page), SOON).await.unwrap().unwrap();
    assert!(!wit::HostLocator::is_visible(&mut view, lent(&done), SOON).await.unwrap().unwrap());
}

#[tokio::test]
async fn a_response_is_caught_with_its_body_once() {
    let bench = bench().await;
    let mut guest = bench.guest().await;
    let page = guest.open("signup", "/form").await;
    let loud = guest.find(&page, button("Play Audio")).await;
    let sound = TextMatch::Contains("/sound".into());
    let waiter = wit::HostPage::expect_response(&mut guest.view(), lent(&page), sound).await;
    let waiter = waiter.unwrap().unwrap();
    guest.click(&loud).await.unwrap();
    let mut view = guest.view();
    let response = wit::HostResponseWaiter::wait(&mut view, lent(&waiter), SOON).await;
    let response = response.unwrap().unwrap();
    assert_eq!((response.status, response.mime_type.as_str()), (200, "audio/wav"));
    assert_eq!(response.body, [0, 159, 146, 150]);
    let again = wit::HostResponseWaiter::wait(&mut view, lent(&waiter), SOON).await.unwrap();
    assert!(matches!(again, Err(Failure::Invalid(_))), "{again:?}");
}

#[tokio::test]
async fn drift_says_what_was_looked_for_and_what_is_near() {
    let bench = bench().await;
    let mut guest = bench.guest().await;
    let page = guest.open("signup", "/form?token=topsecret").await;
    let gone = guest.find(&page, button("Continue to the next step")).await;
    let mut options = click();
    options.within = Some(millis(800));
    let answer = wit::HostLocator::click(&mut guest.view(), lent(&gone), options).await.unwrap();
    let Err(Failure::PageChanged(change)) = answer else { panic!("{answer:?}") };
    assert!(change.looked_for.contains("Continue to the next step"), "{change:?}");
    assert_eq!(change.found, 0);
    assert_eq!(change.url, format!("{}/form", bench.origin("127.0.0.1")));
    assert!(change.nearest[0].contains("Continue") && change.nearest.len() <= 10, "{change:?}");
    assert!(!files_with(&bench.traces, "Continue to the next step").is_empty());

    let several = guest.css(&page, "li").await;
    let answer = guest.click(&several).await;
    let Err(Failure::PageChanged(change)) = answer else { panic!("{answer:?}") };
    assert_eq!((change.looked_for.as_str(), change.found), ("css(\"li\")", 2), "{change:?}");
    assert_eq!(change.url, format!("{}/form", bench.origin("127.0.0.1")));
    assert_eq!(change.nearest.len(), 2, "{change:?}");
}

#[tokio::test]
async fn a_failure_arrives_before_the_steps_wall_clock() {
    let bench = bench().await;
    let mut request = bench.request(1).await;
    request.timeout = StdDuration::from_secs(12);
    let mut guest = bench.guest_of(&request);
    let answer = tokio::time::timeout(request.timeout, async {
        let page = guest.open("signup", "/form").await;
        let never = guest.css(&page, "#never").await;
        let state = wit::ElementState::Visible;
        wit::HostLocator::wait_for(&mut guest.view(), lent(&never), state, None).await.unwrap()
    });
    let answer = answer.await.expect("the wall clock came first");
    // Which of the two depends on how busy the machine is.
    let told = matches!(answer, Err(Failure::PageChanged(_) | Failure::TimedOut(_)));
    assert!(told, "{answer:?}");
}

#[tokio::test]
async fn a_page_that_leads_elsewhere_is_stopped() {
    let bench = bench().await;
    let mut guest = bench.guest().await;
    let page = guest.open("signup", "/form").await;
    let leave = guest.find(&page, button("Leave")).await;
    let left = guest.click(&leave).await;
    // The click itself may have been over before the page was stopped.
    let denied = match left {
        Err(failure) => failure,
        Ok(()) => guest.text(&leave).await.unwrap_err(),
    };
    let Failure::Denied(why) = denied else { panic!("{denied:?}") };
    assert!(why.contains(&bench.origin("other.localhost")), "{why}");
    let page = guest.page().await;
    for (site, path) in [("bank", "/"), ("signup", "form"), ("issuer", "https://x.example/")] {
        let answer = guest.goto(&page, site, path).await;
        assert!(matches!(answer, Err(Failure::Denied(_) | Failure::Invalid(_))), "{answer:?}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_the_plugins_fault_and_needs_no_page() {
    let bench = bench().await;
    let mut guest = bench.guest().await;
    let page = guest.page().await;
    let pattern = |text: &str| wit::Selector::Text(TextMatch::Matches(text.into()));
    for how in [
        pattern("("),
        pattern(&"a".repeat(5000)),
        pattern("(((a{100}){100}){100}){100}"),
        wit::Selector::Css("x".repeat(5000)),
        wit::Selector::Css(String::new()),
        wit::Selector::Css("a[".into()),
    ] {
        let wrong = guest.find(&page, how.clone()).await;
        let answer = guest.click(&wrong).await;
        assert!(matches!(answer, Err(Failure::Invalid(_))), "{how:?}: {answer:?}");
    }
    let mut deep = guest.css(&page, "div").await;
    for _ in 0..100 {
        deep = wit::HostLocator::locate(&mut guest.view(), lent(&deep), label("x")).await.unwrap();
    }
    let answer = guest.click(&deep).await;
    assert!(matches!(answer, Err(Failure::Invalid(_))), "{answer:?}");
    // Each doubles: without a bound the last would be longer than memory.
    let mut wide = guest.css(&page, "div").await;
    for _ in 0..100 {
        wide = wit::HostLocator::or(&mut guest.view(), lent(&wide), lent(&wide)).await.unwrap();
    }
    let answer = guest.click(&wide).await;
    assert!(matches!(answer, Err(Failure::Invalid(_))), "{answer:?}");

    let fine = guest.css(&page, "html").await;
    let none = wit::ClickOptions { count: 0, ..click() };
    let answer = wit::HostLocator::click(&mut guest.view(), lent(&fine), none).await.unwrap();
    assert!(matches!(answer, Err(Failure::Invalid(_))), "{answer:?}");
    let long = wit::Value::Text("x".repeat(100_000));
    assert!(matches!(guest.fill(&fine, long).await, Err(Failure::Invalid(_))));
    let answer = guest.view().first_of(Vec::new(), SOON).await.unwrap();
    assert!(matches!(answer, Err(Failure::Invalid(_))), "{answer:?}");
    let many = (0..33).map(|_| lent(&fine)).collect();
    let answer = guest.view().first_of(many, SOON).await.unwrap();
    assert!(matches!(answer, Err(Failure::Invalid(_))), "{answer:?}");
    let bad = wit::HostLocator::read_code(&mut guest.view(), lent(&fine), "(".into(), SOON).await;
    assert!(matches!(bad.unwrap(), Err(Failure::Invalid(_))));
}

#[tokio::test]
async fn a_plugin_that_describes_itself_has_no_browser() {
    let mut table = ResourceTable::new();
    let mut view = BrowserView { step: None, table: &mut table };
    assert!(view.current_page().await.is_err());
}
