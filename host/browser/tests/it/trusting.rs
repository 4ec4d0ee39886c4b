//! A certificate that can't be trusted is a network failure of its own kind, wherever it is met, and
//! nothing of the site is shown.

use std::sync::Arc;
use std::time::Duration;

use mavm_browser::{
    ClickOptions, Error, LoadState, NetworkFailure, NetworkProblem, Selector, SessionOptions,
    TextMatch,
};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::on_both;
use crate::stage::{SOON, Stage};

/// A site on this machine with a certificate for a name, of its own making. Gives its origin.
async fn site(name: &str, expired: bool) -> String {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    if expired {
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
    }
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.serialize_der().try_into().unwrap())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await.ok()?;
                let _ = stream.read(&mut [0; 1024]).await.ok()?;
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nshown";
                stream.write_all(answer).await.ok()
            });
        }
    });
    origin
}

/// For what must fail by its own time, long after the failure that it is told of has come.
const LATE: Duration = Duration::from_secs(5);

async fn granted(stage: &Stage, origin: &str) -> Stage {
    let mut options = Stage::options();
    options.allowed.push(Stage::origin(origin));
    Stage::with(stage.build, SessionOptions { ..options }).await
}

fn untrusted<T: std::fmt::Debug>(result: Result<T, Error>) -> NetworkFailure {
    match result {
        Err(Error::Network(failure)) if failure.problem == NetworkProblem::Tls => *failure,
        other => panic!("{other:?}"),
    }
}

on_both! {
    a_page_with_a_bad_certificate_is_not_opened: |stage| {
        for (name, expired) in [("127.0.0.1", false), ("127.0.0.1", true), ("elsewhere.example", false)] {
            let origin = site(name, expired).await;
            let stage = granted(&stage, &origin).await;
            let failure = untrusted(stage.page.goto(&format!("{origin}/x?token=1"), SOON).await);
            assert_eq!(failure.url, format!("{origin}/x?…"));
            assert!(failure.to_string().contains("check the site's certificate"), "{failure}");
            untrusted(stage.css("body").text(SOON).await);
            let redirect = Stage::own(&format!("/redirect?to={origin}/y"));
            untrusted(stage.page.goto(&redirect, SOON).await);
            // A good page after it is as good as ever.
            stage.open("plain.html").await;
            assert_eq!(stage.log().await, "arrived");
            stage.session.close().await;
        }
    }

    parts_with_a_bad_certificate_are_told: |stage| {
        let origin = site("127.0.0.1", false).await;
        let stage = granted(&stage, &origin).await;
        stage.open("switch.html").await;
        let document = stage.page.expect_response(TextMatch::contains(&origin)).unwrap();
        stage.css("#url").fill(format!("{origin}/frame").as_str(), SOON).await.unwrap();
        stage.css("#go").click(ClickOptions::default(), SOON).await.unwrap();
        untrusted(document.wait(SOON).await);
        let inside = stage.page.frame(Selector::css("iframe")).locator(Selector::css("body"));
        assert_eq!(untrusted(inside.text(LATE).await).url, format!("{origin}/frame"));
        let url = Stage::own(&format!("/pages/lacking.html?script={origin}/made.js"));
        stage.page.goto_until(&url, LoadState::NetworkIdle, SOON).await.unwrap();
        assert_eq!(untrusted(stage.css("#made").text(LATE).await).url, format!("{origin}/made.js"));
        stage.session.close().await;
    }
}
