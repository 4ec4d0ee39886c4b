//! What a page says on its console, and errors of its scripts, are in the trace and in the log,
//! masked and within bounds.

use std::io::Write;
use std::sync::{LazyLock, Mutex};

use mavm_browser::{ClickOptions, Error, Sealed, Source, TextMatch, TraceOptions, Value};
use secrecy::SecretString;
use serde_json::Value as Json;

use crate::on_both;
use crate::stage::{SOON, Stage};

async fn traced(stage: &Stage, file: &std::path::Path) -> Stage {
    let mut options = Stage::options();
    options.trace = Some(TraceOptions::file(file));
    Stage::with(stage.build, options).await
}

fn lines(file: &std::path::Path, kind: &str) -> Vec<Json> {
    let text = std::fs::read_to_string(file).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    lines.filter(|line| line["kind"] == kind).collect()
}

async fn click(stage: &Stage, css: &str) {
    stage.css(css).click(ClickOptions::default(), SOON).await.unwrap();
}

/// What all sessions of these tests log for an operator, line by line.
static LOG: LazyLock<&Mutex<Vec<u8>>> = LazyLock::new(|| {
    static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

    struct Lines;
    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            LINES.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .with_ansi(false)
        .with_writer(|| Lines)
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    &LINES
});

/// The logged lines of this run.
fn logged(run: &str) -> Vec<String> {
    let text = String::from_utf8(LOG.lock().unwrap().clone()).unwrap();
    text.lines().filter(|line| line.contains(run)).map(str::to_owned).collect()
}

on_both! {
    what_does_not_work_on_a_page_is_logged_also_without_a_trace: |stage| {
        LazyLock::force(&LOG);
        let run = format!("run-of-{:?}", stage.build);
        let source = Source { run: run.clone(), step: "sign".to_owned(), ..Source::default() };
        stage.session.set_source(&source);
        stage.settle("talking.html?token=1").await;
        let secret = Sealed::new(SecretString::from("4000-secret-4"), Vec::new());
        stage.css("#secret").fill(Value::Sealed(secret), SOON).await.unwrap();
        for button in ["#say", "#fail", "#miss"] {
            click(&stage, button).await;
        }
        stage.css("#log").filter_text(TextMatch::exact("missed")).text(SOON).await.unwrap();
        let lines = logged(&run);
        let one = |level: &str, text: &str| {
            let found = lines.iter().filter(|line| line.contains(level) && line.contains(text));
            assert_eq!(found.count(), 1, "{level} {text}: {lines:#?}");
        };
        one(" WARN ", "typed ••••");
        one(" WARN ", "Uncaught Error: with ••••");
        one(" INFO ", "a request failed");
        assert!(lines.iter().all(|line| line.contains("sign")), "{lines:#?}");
        // What a page only mentions is no news.
        assert!(!lines.iter().any(|line| line.contains("from the frame")), "{lines:#?}");
        let all = lines.join("\n");
        assert!(!all.contains("secret-4") && !all.contains("token=1"), "{all}");
    }

    what_a_page_says_is_kept_with_its_place_and_masked: |stage| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trace");
        let stage = traced(&stage, &file).await;
        stage.settle("talking.html?token=1").await;
        let secret = Sealed::new(SecretString::from("4000-secret-4"), Vec::new());
        stage.css("#secret").fill(Value::Sealed(secret), SOON).await.unwrap();
        click(&stage, "#say").await;
        click(&stage, "#fail").await;
        stage.session.close().await;
        let said = lines(&file, "console");
        let of = |level: &str| said.iter().find(|line| line["level"] == level).unwrap();
        let page = Stage::own("/pages/talking.html?…:");
        assert_eq!(of("error")["text"], format!("typed •••• {}", Stage::own("/x?…")));
        assert!(of("error")["place"].as_str().unwrap().starts_with(&page), "{said:?}");
        assert_eq!(of("warning")["text"], "from the frame");
        let failed = &lines(&file, "page-error")[0];
        assert!(failed["text"].as_str().unwrap().starts_with("Uncaught Error: with ••••"), "{failed}");
        assert!(failed["place"].as_str().unwrap().starts_with(&page), "{failed}");
        let whole = std::fs::read_to_string(&file).unwrap();
        assert!(!whole.contains("secret-4") && !whole.contains("token=1"), "{whole}");
    }

    what_is_too_long_is_left_unread: |stage| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trace");
        let stage = traced(&stage, &file).await;
        stage.settle("talking.html").await;
        click(&stage, "#shout").await;
        stage.css("#log").filter_text(TextMatch::exact("shouted")).text(SOON).await.unwrap();
        click(&stage, "#grow").await;
        let texts = [
            stage.css("#long").text(SOON).await.map(Some),
            stage.css("#long").attribute("title", SOON).await,
            stage.css("#secret").value(SOON).await.map(Some),
            stage.page.title(SOON).await.map(Some),
        ];
        for text in texts {
            assert!(matches!(&text, Err(Error::Invalid(why)) if why.contains("characters")));
        }
        assert!(stage.button("Grow").is_visible(SOON).await.unwrap());
        stage.session.close().await;
        let said = lines(&file, "console");
        let texts: Vec<&str> = said.iter().map(|line| line["text"].as_str().unwrap()).collect();
        let missed = "1 more lines were left out: there are too many";
        assert_eq!(texts, ["from the frame", missed, "and then"]);
    }

    a_page_that_says_too_much_is_not_heard_out: |stage| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trace");
        let stage = traced(&stage, &file).await;
        stage.settle("talking.html").await;
        click(&stage, "#talk").await;
        stage.css("#log").filter_text(TextMatch::exact("talked")).text(SOON).await.unwrap();
        stage.session.close().await;
        let said = lines(&file, "console");
        assert!((150..300).contains(&said.len()), "{}", said.len());
    }

    what_a_page_shows_and_what_chromium_says_of_it_is_told: |stage| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trace");
        let stage = traced(&stage, &file).await;
        stage.open("talking.html").await;
        click(&stage, "#show").await;
        stage.css("#log").filter_text(TextMatch::exact("shown")).text(SOON).await.unwrap();
        let told = || {
            let said = lines(&file, "console").into_iter().chain(lines(&file, "page-error"));
            said.map(|line| line["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join("\n")
        };
        let wanted = [
            r#"seen {count: 5, name: "Ann", list: Array(2)} [1, "two", null] null undefined"#,
            "from the worker",
            "Uncaught null",
            "Content Security Policy",
        ];
        let all = async {
            let mut ticks = tokio::time::interval(std::time::Duration::from_millis(20));
            while !wanted.iter().all(|text| told().contains(text)) {
                ticks.tick().await;
            }
        };
        assert!(tokio::time::timeout(SOON, all).await.is_ok(), "{}", told());
        stage.session.close().await;
    }

    what_a_page_causes_without_end_is_told_now_and_then: |stage| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trace");
        let stage = traced(&stage, &file).await;
        stage.open("talking.html").await;
        click(&stage, "#nag").await;
        stage.css("#log").filter_text(TextMatch::exact("nagged")).text(SOON).await.unwrap();
        stage.session.close().await;
        let told = lines(&file, "dialog").len();
        assert!((150..300).contains(&told), "{told}");
    }
}
