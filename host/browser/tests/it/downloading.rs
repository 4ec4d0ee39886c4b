//! Downloads come to whoever waits for them, and to nobody else; nothing of them stays on the disk.

use std::path::PathBuf;

use mavm_browser::{
    ClickOptions, Download, Error, Launcher, Options, Sealed, Selector, SessionOptions,
    TraceOptions, Value,
};
use secrecy::SecretString;

use crate::on_both;
use crate::stage::{BRIEF, RUNTIME, SOON, Stage};

async fn fetch(stage: &Stage, css: &str) -> Result<Download, Error> {
    let waiter = stage.page.expect_download().unwrap();
    stage.css(css).click(ClickOptions::default(), SOON).await?;
    waiter.wait(SOON).await
}

/// Everything that lies in download folders below a folder.
fn files(folder: &std::path::Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .filter(|path| path.components().any(|part| part.as_os_str() == "downloads"))
        .collect()
}

on_both! {
    a_download_is_given_with_its_name: |stage| {
        stage.open("downloads.html").await;
        for (css, name, text, path) in [
            ("#file", "bill.txt", "content of bill.txt", "/download/bill.txt"),
            ("#blank", "blank.txt", "content of blank.txt", "/download/blank.txt"),
            ("#redirected", "moved.txt", "content of moved.txt", "/download/moved.txt"),
        ] {
            let file = fetch(&stage, css).await.unwrap();
            assert_eq!((file.file_name.as_str(), file.bytes.as_slice()), (name, text.as_bytes()));
            assert_eq!(file.url, Stage::own(path));
        }
        let copy = fetch(&stage, "#named").await.unwrap();
        assert_eq!(copy.file_name, "a copy.html");
        assert!(String::from_utf8(copy.bytes).unwrap().contains("Plain page"));
        let waiter = stage.page.expect_download().unwrap();
        let inside = stage.page.frame(Selector::css("#frame")).locator(Selector::css("#inside"));
        inside.click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(waiter.wait(SOON).await.unwrap().file_name, "inside.txt");
        // The page is where it was.
        assert_eq!(stage.page.title(SOON).await.unwrap(), "Downloads");
    }

    an_address_that_is_a_download_is_opened_with_a_waiter: |stage| {
        let url = Stage::own("/download/opened.txt");
        let error = stage.page.goto(&url, SOON).await.unwrap_err();
        assert!(matches!(&error, Error::Invalid(why) if why.contains("expect_download")), "{error}");
        let waiter = stage.page.expect_download().unwrap();
        stage.page.goto(&url, SOON).await.unwrap();
        assert_eq!(waiter.wait(SOON).await.unwrap().file_name, "opened.txt");
    }

    what_a_page_makes_of_a_sealed_value_is_masked: |stage| {
        stage.open("downloads.html").await;
        let secret = Sealed::new(SecretString::from("4000-secret-2"), Vec::new());
        stage.css("#text").fill(Value::Sealed(secret), SOON).await.unwrap();
        let made = fetch(&stage, "#made").await.unwrap();
        assert_eq!(made.file_name, "made.txt");
        assert_eq!(String::from_utf8(made.bytes).unwrap(), "made of ••••");
        // A byte that is no text switches nothing off.
        let mixed = fetch(&stage, "#mixed").await.unwrap();
        assert_eq!(mixed.bytes, [b"\xffmade of ", "••••".as_bytes(), b"\xfe\0"].concat());
    }

    a_download_of_an_origin_that_is_not_granted_is_denied: |stage| {
        stage.open("downloads.html").await;
        let error = fetch(&stage, "#astray").await.unwrap_err();
        let Error::Denied(denied) = &error else { panic!("{error}") };
        assert_eq!(denied.origin, Stage::foreign(""));
        // A link to another origin is a navigation, whatever it says of itself.
        stage.open("downloads.html").await;
        let clicked = stage.css("#foreign").click(ClickOptions::default(), SOON).await;
        assert!(matches!(clicked, Err(Error::Denied(_))), "{clicked:?}");
        assert_eq!(stage.site.count("download/foreign.txt"), 0);
    }

    what_does_not_fit_or_breaks_off_is_told_by_its_kind: |stage| {
        stage.open("downloads.html").await;
        for css in ["#large", "#endless"] {
            let error = fetch(&stage, css).await.unwrap_err();
            assert!(matches!(&error, Error::Invalid(why) if why.contains("at most 16777216")), "{css}: {error}");
        }
        let broken = fetch(&stage, "#broken").await.unwrap_err();
        assert!(matches!(&broken, Error::Network(_)), "{broken}");
        let never = stage.page.expect_download().unwrap();
        assert!(matches!(never.wait(BRIEF).await, Err(Error::TimedOut(_))));
    }

    a_page_that_saves_much_gives_what_was_waited_for: |stage| {
        stage.open("downloads.html").await;
        let one = fetch(&stage, "#many").await.unwrap();
        assert!(one.file_name.starts_with("many-"), "{}", one.file_name);
    }
}

/// With a browser of its own, so that its folder is known.
fn leaves_nothing(build: crate::stage::Build) {
    RUNTIME.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { data_dir: folder.path().to_owned(), ..build.options() };
        let launcher = Launcher::new(options);
        let trace = folder.path().join("trace");
        let traced = SessionOptions { trace: Some(TraceOptions::file(&trace)), ..Stage::options() };
        let stage = Stage::of(launcher.session(traced).await.unwrap(), build);
        stage.open("downloads.html").await;
        // Nobody waits: it is not even begun to be kept. Once it is refused, it is not taken for the next.
        stage.css("#file").click(ClickOptions::default(), SOON).await.unwrap();
        let refused = async {
            let mut ticks = tokio::time::interval(std::time::Duration::from_millis(10));
            while !std::fs::read_to_string(&trace).unwrap().contains("\"allowed\":false") {
                ticks.tick().await;
            }
        };
        tokio::time::timeout(SOON, refused).await.unwrap();
        assert_eq!(fetch(&stage, "#blank").await.unwrap().file_name, "blank.txt");
        assert_eq!(files(folder.path()), Vec::<PathBuf>::new());
        // Given up on in the middle, and the session closed on one that is under way.
        let endless = stage.page.expect_download().unwrap();
        stage.css("#endless").click(ClickOptions::default(), SOON).await.unwrap();
        assert!(matches!(endless.wait(BRIEF).await, Err(Error::TimedOut(_) | Error::Invalid(_))));
        let other = Stage::of(
            launcher.session(SessionOptions { ..Stage::options() }).await.unwrap(),
            build,
        );
        other.open("downloads.html").await;
        let waiting = other.page.expect_download().unwrap();
        other.css("#endless").click(ClickOptions::default(), SOON).await.unwrap();
        other.session.close().await;
        let ended = waiting.wait(SOON).await.unwrap_err();
        assert!(
            matches!(ended, Error::Closed(_) | Error::Network(_) | Error::Invalid(_)),
            "{ended}"
        );
        stage.session.close().await;
        launcher.close().await;
        assert_eq!(files(folder.path()), Vec::<PathBuf>::new());
    });
}

#[test]
fn nothing_stays_on_the_disk_with_the_headless_shell() {
    leaves_nothing(crate::stage::Build::Shell);
}

#[test]
fn nothing_stays_on_the_disk_with_full_chromium() {
    leaves_nothing(crate::stage::Build::Full);
}
