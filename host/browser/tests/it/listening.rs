//! What a page says on its console, and errors of its scripts, are in the trace, masked and within
//! bounds.

use mavm_browser::{ClickOptions, Sealed, TextMatch, TraceOptions, Value};
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

on_both! {
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
}
