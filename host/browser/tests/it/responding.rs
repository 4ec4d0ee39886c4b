//! Responses that were waited for come with their bodies, also when the page leaves at once; and a
//! request that fails is told as what it is.

use mavm_browser::{
    ClickOptions, Error, LoadState, NetworkProblem, Response, Sealed, Selector, SessionOptions,
    TextMatch, Value,
};
use secrecy::SecretString;

use crate::on_both;
use crate::stage::{BRIEF, SOON, Stage};

/// An address where nobody listens.
fn dead() -> String {
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    format!("http://{address}/dead.js")
}

async fn get(stage: &Stage, css: &str, url: &str) -> Result<Response, Error> {
    let waiter = stage.page.expect_response(TextMatch::contains(url)).unwrap();
    stage.css(css).click(ClickOptions::default(), SOON).await.unwrap();
    waiter.wait(SOON).await
}

fn text(response: &Response) -> &str {
    std::str::from_utf8(&response.body).unwrap()
}

on_both! {
    a_page_that_leaves_at_once_does_not_take_the_body_along: |stage| {
        for _ in 0..10 {
            stage.open("responses.html").await;
            let answer = get(&stage, "#leave", "/count/before-leaving").await.unwrap();
            assert_eq!((answer.status, text(&answer)), (200, "<h1>counted</h1>"));
            assert_eq!(answer.url, Stage::own("/count/before-leaving?a=1"));
            stage.page.wait_for_url(&TextMatch::contains("issuer.localhost"), SOON).await.unwrap();
        }
    }

    the_body_of_a_document_is_given: |stage| {
        stage.open("responses.html").await;
        for url in [Stage::own("/pages/plain.html"), Stage::other("/pages/plain.html")] {
            let waiter = stage.page.expect_response(TextMatch::exact(&url)).unwrap();
            stage.page.goto(&url, SOON).await.unwrap();
            assert!(text(&waiter.wait(SOON).await.unwrap()).contains("Plain page"));
        }
    }

    of_redirects_the_last_is_given: |stage| {
        stage.open("responses.html").await;
        let answer = get(&stage, "#moved", "/redirect?to=/redirect").await.unwrap();
        assert_eq!((answer.url, answer.status), (Stage::own("/count/arrived"), 200));
    }

    an_empty_response_and_one_of_the_cache_are_responses: |stage| {
        stage.open("responses.html").await;
        let empty = get(&stage, "#empty", "/status/204").await.unwrap();
        assert_eq!((empty.status, empty.body.as_slice()), (204, &b""[..]));
        stage.css("#cached").click(ClickOptions::default(), SOON).await.unwrap();
        stage.css("#log").filter_text(TextMatch::contains("200 200")).text(SOON).await.unwrap();
        let cached = get(&stage, "#cached", "/cached").await.unwrap();
        assert_eq!(text(&cached), "from the cache");
    }

    a_request_that_fails_is_a_network_failure: |stage| {
        stage.open(&format!("responses.html?dead={}", dead())).await;
        let error = get(&stage, "#refused", "/dead.js").await.unwrap_err();
        let Error::Network(failure) = &error else { panic!("{error}") };
        assert_eq!((failure.problem, failure.reason.as_str()), (NetworkProblem::Connection, "net::ERR_CONNECTION_REFUSED"));
    }

    what_the_page_breaks_off_is_no_answer: |stage| {
        stage.open("responses.html").await;
        let waiter = stage.page.expect_response(TextMatch::contains("/given-up")).unwrap();
        stage.css("#broken").click(ClickOptions::default(), SOON).await.unwrap();
        let error = waiter.wait(BRIEF).await.unwrap_err();
        assert!(error.to_string().contains("broken off by the page itself"), "{error}");
        let answer = get(&stage, "#again", "/given-up").await.unwrap();
        assert_eq!(answer.url, Stage::own("/count/given-up"));
    }

    one_that_went_with_its_page_does_not_stand_in_the_way_of_the_next: |stage| {
        stage.open("responses.html").await;
        let waiter = stage.page.expect_response(TextMatch::regex("/stream|/count/later")).unwrap();
        stage.css("#abandon").click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(waiter.wait(SOON).await.unwrap().url, Stage::other("/count/later"));
        // Nor one that the network counts as quiet with: its head says that it is short.
        stage.open("responses.html").await;
        let waiter = stage.page.expect_response(TextMatch::regex("/drip|/count/later")).unwrap();
        stage.css("#begin").click(ClickOptions::default(), SOON).await.unwrap();
        stage.page.wait_for_load(LoadState::NetworkIdle, SOON).await.unwrap();
        stage.css("#depart").click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(waiter.wait(SOON).await.unwrap().url, Stage::other("/count/later"));
    }

    what_a_worker_fetches_is_its_pages: |stage| {
        stage.open("responses.html").await;
        let answer = get(&stage, "#worker", "/count/by-worker").await.unwrap();
        assert_eq!(text(&answer), "<h1>counted</h1>");
    }

    one_that_is_too_large_is_refused: |stage| {
        stage.open("responses.html").await;
        let error = get(&stage, "#large", "/download/large").await.unwrap_err();
        assert!(matches!(&error, Error::Invalid(why) if why.contains("at most 4194304")), "{error}");
    }

    a_page_has_so_many_waiters_and_no_more: |stage| {
        let wait = || stage.page.expect_response(TextMatch::contains("x"));
        let mut waiters: Vec<_> = (0..16).map(|_| wait().unwrap()).collect();
        assert!(matches!(wait().map(drop), Err(Error::Invalid(_))));
        waiters.pop();
        assert!(wait().is_ok());
    }

    service_workers_run_and_what_they_answer_is_told_to_be_theirs: |stage| {
        stage.open("serving.html").await;
        stage.css("#log").filter_text(TextMatch::exact("controlled")).text(SOON).await.unwrap();
        let error = get(&stage, "#ask", "/pages/made-up").await.unwrap_err();
        assert!(matches!(&error, Error::Network(failure) if failure.reason.contains("a service worker")), "{error}");
        stage.css("#log").filter_text(TextMatch::exact("by the worker")).text(SOON).await.unwrap();
    }

    sealed_values_in_a_body_are_masked: |stage| {
        stage.open("responses.html").await;
        let secret = Sealed::new(SecretString::from("4000 secret 3"), Vec::new());
        stage.css("#secret").fill(Value::Sealed(secret), SOON).await.unwrap();
        let answer = get(&stage, "#text", "/echo").await.unwrap();
        assert_eq!(text(&answer), "you said ••••");
        assert!(answer.url.ends_with("/echo?••••"), "{}", answer.url);
    }

    a_failure_does_not_tell_what_is_masked: |stage| {
        stage.open(&format!("responses.html?dead={}", dead())).await;
        let secret = Sealed::new(SecretString::from("4000 secret 3"), Vec::new());
        stage.css("#secret").fill(Value::Sealed(secret), SOON).await.unwrap();
        let spying = stage.page.expect_response(TextMatch::contains("secret")).unwrap();
        let error = get(&stage, "#lost", "/dead.js?••••").await.unwrap_err();
        assert!(matches!(error, Error::Network(_)), "{error}");
        assert!(matches!(spying.wait(BRIEF).await, Err(Error::TimedOut(_))));
    }

    a_page_without_its_own_script_is_a_network_failure_and_not_drift: |stage| {
        let dead = dead();
        let own = Stage::origin(dead.trim_end_matches("/dead.js"));
        let options = SessionOptions { allowed: vec![Stage::origin(&Stage::own("")), own], ..Stage::options() };
        let granted = Stage::with(stage.build, options).await;
        granted.settle(&format!("lacking.html?script={dead}")).await;
        let error = granted.css("#made").text(BRIEF).await.unwrap_err();
        let Error::Network(failure) = &error else { panic!("{error}") };
        assert_eq!(failure.url, dead);
        granted.session.close().await;
        // One of somebody else's, or one that isn't there any more, may matter or not.
        for script in [dead, Stage::own("/pages/no-such.js?token=1")] {
            stage.settle(&format!("lacking.html?script={}", script.replace('?', "%3F"))).await;
            let error = stage.css("#made").text(BRIEF).await.unwrap_err();
            assert!(matches!(&error, Error::PageChanged(change) if change.lacking.len() == 1), "{error}");
            assert!(!error.to_string().contains("token"), "{error}");
        }
    }

    a_time_out_says_what_the_page_lacks: |stage| {
        stage.settle(&format!("lacking.html?script={}", dead())).await;
        let hidden = stage.page.locator(Selector::css("script")).first();
        let error = hidden.click(ClickOptions::default(), BRIEF).await.unwrap_err();
        let Error::TimedOut(waited) = &error else { panic!("{error}") };
        assert!(waited.showed.contains("/dead.js could not be loaded (net::ERR_CONNECTION_REFUSED)"), "{error}");
    }

    an_answer_without_a_body_is_one: |stage| {
        stage.open("unread.html").await;
        for (css, url, status) in [("#head", "plain.html?head", 200), ("#none", "/empty", 204)] {
            let answer = get(&stage, css, url).await.unwrap();
            assert_eq!((answer.status, text(&answer)), (status, ""));
        }
    }

    an_answer_that_the_page_does_not_read_is_there_all_the_same: |stage| {
        stage.open("unread.html").await;
        for _ in 0..2 {
            let answer = get(&stage, "#small", "/saved").await.unwrap();
            assert_eq!((answer.status, text(&answer)), (200, "all is saved"));
        }
        let garbled = get(&stage, "#garbled", "/garbled").await.unwrap();
        assert_eq!(garbled.body, b"all \xff is saved");
        let broken = get(&stage, "#half", "/half").await.err().unwrap();
        assert!(matches!(broken, Error::Network(_)), "{broken}");
        // But not before it has come.
        for css in ["#drip", "#read-drip"] {
            let waiter = stage.page.expect_response(TextMatch::contains("/drip")).unwrap();
            stage.css(css).click(ClickOptions::default(), SOON).await.unwrap();
            let error = waiter.wait(3 * BRIEF).await.unwrap_err();
            assert!(matches!(&error, Error::TimedOut(waited) if waited.last_obstacle.as_ref().unwrap().contains("HTTP 200 came, but not all of its body")), "{error}");
        }
    }
}
