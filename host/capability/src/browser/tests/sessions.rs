//! Sessions: one for the steps of a run, none for others, none after the run.

use mavm_plugin::Capability as _;

use mavm_browser::Viewport;

use super::*;

/// How often this session has seen the page.
pub async fn visits(guest: &mut Guest) -> String {
    let page = guest.open("signup", "/form").await;
    let body = guest.css(&page, "body").await;
    let mut view = guest.view();
    let visits = wit::HostLocator::attribute(&mut view, lent(&body), "data-visits".into(), SOON);
    visits.await.unwrap().unwrap().unwrap()
}

#[tokio::test]
async fn steps_of_a_run_share_a_session_until_it_ends() {
    let bench = bench().await;
    let one = bench.request(1).await;
    let other = bench.request(2).await;
    assert_eq!(visits(&mut bench.guest_of(&one)).await, "1");
    assert_eq!(visits(&mut bench.guest_of(&one)).await, "2");
    assert_eq!(visits(&mut bench.guest_of(&other)).await, "1");
    let second = StepRequest { session: "second".into(), ..one.clone() };
    assert_eq!(visits(&mut bench.guest_of(&second)).await, "1");
    bench.browser.end_run(one.run()).await;
    assert_eq!(visits(&mut bench.guest_of(&one)).await, "1");
    assert_eq!(visits(&mut bench.guest_of(&second)).await, "1");
    assert_eq!(visits(&mut bench.guest_of(&other)).await, "2");
}

#[tokio::test]
async fn the_trace_names_run_session_step_and_try() {
    let bench = bench().await;
    let mut request = bench.request(1).await;
    request.id = "sign-up".into();
    visits(&mut bench.guest_of(&request)).await;
    request.attempt = 2;
    visits(&mut bench.guest_of(&request)).await;
    bench.browser.end_run(request.run()).await;
    let folder = bench.traces.join(request.run().to_string());
    assert!(!files_with(&folder, "\"sign-up\"").is_empty());
    assert!(!files_with(&folder, "sign-up (try 2)").is_empty());
}

#[tokio::test]
async fn a_lost_session_is_told_and_the_next_try_gets_a_new_one() {
    let bench = bench().await;
    let request = bench.request(1).await;
    let mut guest = bench.guest_of(&request);
    let page = guest.open("signup", "/form").await;
    let name = guest.find(&page, label("Name")).await;
    bench.browser.close().await;
    let answer = guest.fill(&name, wit::Value::Text("x".into())).await;
    assert!(matches!(answer, Err(Failure::SessionLost(_))), "{answer:?}");
    assert_eq!(visits(&mut bench.guest_of(&request)).await, "1");
}

#[tokio::test]
async fn a_popup_that_closes_itself_takes_no_session_with_it() {
    let bench = bench().await;
    let mut guest = bench.guest().await;
    let first = guest.open("signup", "/form").await;
    let call = guest.find(&first, button("Call me")).await;
    guest.click(&call).await.unwrap();
    let opened = async {
        loop {
            let page = guest.page().await;
            let pin = guest.css(&page, "#pin").await;
            let seen = wit::HostLocator::is_visible(&mut guest.view(), lent(&pin), SOON).await;
            if seen.unwrap().unwrap() {
                break (page, pin);
            }
        }
    };
    let (popup, pin) = tokio::time::timeout(StdDuration::from_secs(20), opened).await.unwrap();
    let close = guest.find(&popup, button("Close")).await;
    let _ = guest.click(&close).await;
    let answer = guest.text(&pin).await;
    assert!(matches!(answer, Err(Failure::SessionLost(_))), "{answer:?}");
    assert_eq!(visits(&mut guest).await, "2");
}

#[tokio::test]
async fn a_site_that_is_down_is_a_network_failure() {
    let bench = bench().await;
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let base = format!("http://127.0.0.1:{port}").parse().unwrap();
    let down = SiteConfig { base, origins: Vec::new() };
    let sites =
        SitesConfig { sites: BTreeMap::from([("down".into(), down)]), ..Default::default() };
    let folder = tempfile::tempdir().unwrap();
    let launcher = Launcher::new(Options::in_folder(folder.path().join("browser")));
    let config = BrowserConfig::traces_in(folder.path().join("traces"));
    let browser = Browser::new(launcher, Sites::new(&sites).unwrap(), config);
    let mut guest =
        Guest { step: browser.step(&bench.request(1).await), table: ResourceTable::new() };
    let page = guest.page().await;
    let answer = guest.goto(&page, "down", "/x?t=s").await;
    let Err(Failure::Network(why)) = answer else { panic!("{answer:?}") };
    assert!(why.contains("/x ") && !why.contains("t=s"), "{why}");
}

#[tokio::test]
async fn a_browser_that_does_not_start_ends_the_step() {
    let bench = bench().await;
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::in_folder(folder.path().join("browser"));
    options.executable = Some("/nowhere/chromium".into());
    let config = BrowserConfig::traces_in(folder.path().join("traces"));
    let browser = Browser::new(Launcher::new(options), Sites::default(), config);
    let mut guest =
        Guest { step: browser.step(&bench.request(1).await), table: ResourceTable::new() };
    let error = guest.view().current_page().await.unwrap_err();
    let Some(mavm_plugin::StepError::Host(why)) = error.downcast_ref() else { panic!("{error:?}") };
    assert!(why.contains("/nowhere/chromium"), "{why}");
}

#[tokio::test]
async fn a_session_that_nobody_uses_is_closed() {
    let bench = bench_with(|config, _| config.idle = StdDuration::from_millis(40)).await;
    let request = bench.request(1).await;
    let mut guest = bench.guest_of(&request);
    assert_eq!(visits(&mut guest).await, "1");
    // In use, however long nothing happens.
    assert_eq!(visits(&mut guest).await, "2");
    assert_eq!(bench.browser.open_sessions(), 1);
    drop(guest);
    until("the end of the session", || bench.browser.open_sessions() == 0).await;
    assert_eq!(visits(&mut bench.guest_of(&request)).await, "1");
}

#[test]
fn the_interface_is_linked() {
    let folder = tempfile::tempdir().unwrap();
    let launcher = Launcher::new(Options::in_folder(folder.path()));
    let browser = Browser::new(launcher, Sites::default(), BrowserConfig::traces_in(folder.path()));
    let mut linker = wasmtime::component::Linker::new(&wasmtime::Engine::default());
    browser.link(&mut linker).unwrap();
    assert!(browser.link(&mut linker).is_err(), "nothing was there before");
}

#[tokio::test]
async fn a_site_that_asks_for_a_password_gets_the_configured_one() {
    let login = |port: u16, password: &str| mavm_browser::Credentials {
        origin: format!("http://127.0.0.1:{port}").parse().unwrap(),
        user: "erika".into(),
        password: password.to_owned().into(),
    };
    let bench =
        bench_with(|config, port| config.credentials.push(login(port, "open sesame"))).await;
    let mut guest = bench.guest().await;
    let page = guest.open("signup", "/locked").await;
    let heading = guest.css(&page, "h1").await;
    assert_eq!(guest.text(&heading).await.unwrap(), "Inside");
    bench.browser.close().await;
    assert_eq!(files_with(&bench.traces, "open sesame"), Vec::<PathBuf>::new());

    let wrong = bench_with(|config, port| config.credentials.push(login(port, "wrong"))).await;
    for (bench, what) in [(wrong, "refused"), (self::bench().await, "none are configured")] {
        let mut guest = bench.guest().await;
        let page = guest.page().await;
        let answer = guest.goto(&page, "signup", "/locked").await;
        let Err(Failure::Denied(why)) = answer else { panic!("{what}: {answer:?}") };
        assert!(why.contains(what) && why.contains("the vault"), "{why}");
        assert!(why.contains("login"), "{why}");
    }
}

#[tokio::test]
async fn pages_see_the_window_the_language_and_the_time_zone_that_are_set() {
    let bench = bench_with(|config, _| {
        config.window = Viewport { width: 1000, height: 700 };
        config.locale = Some("de-DE".into());
        config.time_zone = Some("Asia/Tokyo".into());
    })
    .await;
    let mut guest = bench.guest().await;
    let page = guest.open("signup", "/seen").await;
    let (log, asked) = (guest.css(&page, "#log").await, guest.css(&page, "#asked").await);
    assert_eq!(guest.text(&log).await.unwrap(), "1000x700 de-DE 1.234,5 Asia/Tokyo");
    let asked = guest.text(&asked).await.unwrap();
    assert!(asked.starts_with("de-DE"), "{asked}");
}
