//! Pages go where they may, and nowhere else; and what failed is told by its kind.

use mavm_browser::{
    ClickOptions, Deadline, Error, LoadState, NetworkProblem, Sealed, Selector, SessionOptions,
    TextMatch, Value,
};
use tokio_util::sync::CancellationToken;

use crate::on_both;
use crate::stage::{BRIEF, SOON, Stage};

on_both! {
    a_page_is_opened: |stage| {
        stage.page.goto_until(&Stage::own("/pages/plain.html#part"), LoadState::NetworkIdle, SOON).await.unwrap();
        assert_eq!(stage.page.url().unwrap(), Stage::own("/pages/plain.html#part"));
        assert_eq!(stage.page.title(SOON).await.unwrap(), "Plain");
        stage.page.goto(&Stage::own("/pages/plain.html#other"), SOON).await.unwrap();
        assert_eq!(stage.page.url().unwrap(), Stage::own("/pages/plain.html#other"));
        stage.page.reload(SOON).await.unwrap();
        stage.page.wait_for_load(LoadState::Load, SOON).await.unwrap();
        assert_eq!(stage.log().await, "arrived");
        let redirect = Stage::own(&format!("/redirect?to={}", Stage::other("/pages/plain.html")));
        stage.page.goto(&redirect, SOON).await.unwrap();
        assert_eq!(stage.page.url().unwrap(), Stage::other("/pages/plain.html"));
    }

    an_app_may_replace_the_address_that_was_opened: |stage| {
        stage.open("routing.html").await;
        stage.page.goto(&Stage::own("/pages/routing.html#part"), SOON).await.unwrap();
        stage.page.wait_for_url(&TextMatch::regex("#/routed$"), SOON).await.unwrap();
    }

    no_way_leads_to_an_origin_that_is_not_granted: |stage| {
        let foreign = Stage::foreign("/count/foreign");
        let redirect = Stage::own(&format!("/redirect?to={foreign}"));
        let twice = Stage::own(&format!("/redirect?to={redirect}"));
        for url in [&foreign, &redirect, &twice] {
            let error = stage.page.goto(url, SOON).await.unwrap_err();
            let Error::Denied(denied) = &error else { panic!("{url}: {error}") };
            assert_eq!(denied.origin, Stage::foreign(""), "{url}");
            assert!(error.to_string().contains(&format!("add \"{}\"", Stage::foreign(""))), "{error}");
        }
        for url in ["file:///etc/passwd", "chrome://version", "data:text/html,x", "javascript:1"] {
            assert!(matches!(stage.page.goto(url, SOON).await, Err(Error::Denied(_))), "{url}");
        }
        stage.open("astray.html").await;
        let clicked = stage.css("#link").click(ClickOptions::default(), SOON).await;
        assert!(matches!(clicked, Err(Error::Denied(_))), "{clicked:?}");
        let then = stage.css("#link").click(ClickOptions::default(), SOON).await;
        assert!(matches!(then, Err(Error::Denied(_))), "{then:?}");
        stage.open("astray.html").await;
        let script = stage.css("#script").click(ClickOptions::default(), SOON).await;
        assert!(matches!(script, Err(Error::Denied(_))), "{script:?}");
        stage.open("opener.html").await;
        let popup = stage.page.expect_popup();
        stage.css("#evil").click(ClickOptions::default(), SOON).await.unwrap();
        let popup = popup.wait(SOON).await.unwrap();
        let inside = popup.locator(Selector::css("h1")).text(SOON).await;
        assert!(matches!(inside, Err(Error::Denied(_))), "{inside:?}");
        assert_eq!(stage.site.count("foreign") + stage.site.count("foreign-popup"), 0);
    }

    an_origin_that_is_denied_is_masked: |stage| {
        stage.open("filling.html").await;
        let secret = Sealed::new("foreign.localhost".to_owned().into(), Vec::new());
        stage.css("input").first().fill(Value::Sealed(secret), SOON).await.unwrap();
        let error = stage.page.goto(&Stage::foreign("/"), SOON).await.unwrap_err();
        assert!(matches!(error, Error::Denied(_)) && !error.to_string().contains("foreign"), "{error}");
    }

    a_session_without_grants_goes_nowhere: |stage| {
        let closed = Stage::with(stage.build, SessionOptions::default()).await;
        assert!(matches!(closed.page.goto(&Stage::own("/pages/plain.html"), SOON).await, Err(Error::Denied(_))));
        closed.session.close().await;
    }

    a_failing_network_is_told_by_its_kind: |stage| {
        let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let refused = format!("http://{dead}");
        let nowhere = "http://nowhere.invalid".to_owned();
        let tls = Stage::own("").replace("http:", "https:");
        let origins = [&refused, &nowhere, &tls].map(|url| Stage::origin(url));
        let astray = Stage::with(stage.build, SessionOptions::only(origins)).await;
        for (url, problem) in [(refused, NetworkProblem::Connection), (nowhere, NetworkProblem::Dns), (tls, NetworkProblem::Tls)] {
            let error = astray.page.goto(&format!("{url}/x"), SOON).await.unwrap_err();
            let Error::Network(failure) = &error else { panic!("{url}: {error}") };
            assert_eq!(failure.problem, problem, "{error}");
            let then = astray.css("h1").click(ClickOptions::default(), SOON).await;
            assert!(matches!(then, Err(Error::Network(_))), "{then:?}");
        }
        astray.session.close().await;
    }

    a_page_that_does_not_come_is_timed_out: |stage| {
        let error = stage.page.goto(&Stage::own("/slow/never"), BRIEF).await.unwrap_err();
        assert!(matches!(error, Error::TimedOut(_)), "{error}");
        // A second try is one: Chromium must not take it for the first, which is still under way.
        let never = Stage::own("/slow/never");
        let again = stage.page.goto(&never, BRIEF).await.unwrap_err();
        assert!(matches!(again, Error::TimedOut(_)), "{again}");
        let token = CancellationToken::new();
        let deadline = Deadline::after(SOON).cancelled_by(token.clone());
        let (result, ()) = tokio::join!(stage.page.goto(&never, deadline), async { token.cancel() });
        assert!(matches!(result, Err(Error::Cancelled(_))), "{result:?}");
        stage.open("plain.html").await;
    }

    a_page_goes_through_its_history: |stage| {
        let page = &stage.page;
        stage.open("plain.html").await;
        page.goto(&Stage::own("/pages/plain.html#part"), SOON).await.unwrap();
        page.goto(&Stage::other("/pages/spa.html"), SOON).await.unwrap();
        stage.css("#next").click(ClickOptions::default(), SOON).await.unwrap();
        page.wait_for_url(&TextMatch::regex("#/two$"), SOON).await.unwrap();
        let two = page.url().unwrap();
        assert!(!page.go_forward(SOON).await.unwrap());
        assert_eq!(page.url().unwrap(), two);
        for url in [Stage::other("/pages/spa.html"), Stage::own("/pages/plain.html#part"), Stage::own("/pages/plain.html")] {
            assert!(page.go_back(SOON).await.unwrap());
            assert_eq!(page.url().unwrap(), url);
        }
        assert_eq!(stage.log().await, "arrived");
        for url in [Stage::own("/pages/plain.html#part"), Stage::other("/pages/spa.html"), two] {
            assert!(page.go_forward(SOON).await.unwrap());
            assert_eq!(page.url().unwrap(), url);
        }
        assert!(!page.go_forward(SOON).await.unwrap());
        // What every session begins with.
        for _ in 0..4 {
            assert!(page.go_back(SOON).await.unwrap());
        }
        assert_eq!(page.url().unwrap(), "about:blank");
        assert!(!page.go_back(SOON).await.unwrap());
    }

    the_history_leads_to_no_origin_that_is_not_granted: |stage| {
        stage.open("plain.html").await;
        let foreign = Stage::foreign("/count/history");
        assert!(matches!(stage.page.goto(&Stage::own(&format!("/redirect?to={foreign}")), SOON).await, Err(Error::Denied(_))));
        stage.open("spa.html").await;
        let back = stage.page.go_back(SOON).await;
        assert!(matches!(back, Ok(true) | Err(Error::Denied(_))), "{back:?}");
        assert_eq!(stage.site.count("history"), 0);
    }

    who_has_the_session_now_is_held_to_its_sites: |stage| {
        let page = &stage.page;
        page.goto(&Stage::other("/pages/plain.html"), SOON).await.unwrap();
        stage.open("plain.html").await;
        stage.session.hand_over(Some(vec![Stage::origin(&Stage::own(""))]));
        let back = page.go_back(SOON).await;
        assert!(matches!(back, Err(Error::Denied(_))), "{back:?}");
        // Nor is it told what others answer on a page of its own.
        let others = page.expect_response(TextMatch::contains("issuer.localhost")).unwrap();
        let own = page.expect_response(TextMatch::contains("/pages/inner.html")).unwrap();
        stage.open("frames.html").await;
        assert!(own.wait(SOON).await.unwrap().url.contains("127.0.0.1"));
        assert!(others.wait(BRIEF).await.is_err());
    }

    addresses_are_awaited: |stage| {
        stage.open("spa.html").await;
        let waiting = TextMatch::regex(r"#/two$");
        let (arrived, ()) = tokio::join!(stage.page.wait_for_url(&waiting, SOON), async {
            stage.css("#next").click(ClickOptions::default(), SOON).await.unwrap();
        });
        arrived.unwrap();
        let error = stage.page.wait_for_url(&TextMatch::contains("three"), BRIEF).await.unwrap_err();
        assert!(error.to_string().contains("#/two"), "{error}");
    }
}
