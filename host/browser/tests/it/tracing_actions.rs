//! The trace has every action, as it happens, in one file; and what the page looked like before.

use std::path::Path;

use base64::Engine as _;
use mavm_browser::{ClickOptions, Evidence, Selector, Source, TextMatch, TraceOptions};
use serde_json::Value as Json;

use crate::on_both;
use crate::stage::{BRIEF, SOON, Stage};

/// All lines, each of which must be whole.
pub fn lines(file: &Path) -> Vec<Json> {
    std::fs::read_to_string(file)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

pub fn of_kind<'a>(lines: &'a [Json], kind: &str) -> Vec<&'a Json> {
    lines.iter().filter(|line| line["kind"] == kind).collect()
}

/// What a line of a resource holds.
pub fn content(lines: &[Json], id: &Json) -> Vec<u8> {
    let line = lines.iter().find(|line| line["kind"] == "resource" && line["id"] == *id);
    let line = line.unwrap_or_else(|| panic!("no resource {id}"));
    if let Some(text) = line["text"].as_str() {
        return text.as_bytes().to_vec();
    }
    let data = line["data"].as_str().unwrap();
    base64::engine::general_purpose::STANDARD.decode(data).unwrap()
}

/// The document of a capture's n-th frame.
pub fn html(lines: &[Json], capture: &Json, frame: usize) -> String {
    String::from_utf8(content(lines, &capture["frames"][frame]["html"])).unwrap()
}

pub fn capture_before<'a>(lines: &'a [Json], action: &str) -> &'a Json {
    let action = lines.iter().find(|line| line["kind"] == "action" && line["action"] == action);
    let number = &action.unwrap_or_else(|| panic!("no {action:?}"))["before"];
    lines
        .iter()
        .find(|line| line["kind"] == "capture" && line["number"] == *number)
        .unwrap_or_else(|| panic!("no capture {number}"))
}

/// A stage with a trace, and its file.
pub async fn traced(stage: &Stage, options: TraceOptions) -> Stage {
    let mut session = Stage::options();
    session.trace = Some(options);
    Stage::with(stage.build, session).await
}

on_both! {
    every_action_is_written_as_it_ends: |stage| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/run.jsonl");
        let stage = traced(&stage, TraceOptions::file(&file)).await;
        let source = Source { step: "first step".into(), plugin: "console".into(), digest: "sha256:ab".into(), ..Source::default() };
        stage.session.set_source(&source);
        stage.settle("dialogs.html").await;
        stage.css("#ask").click(ClickOptions::default(), SOON).await.unwrap();
        let so_far = lines(&file);
        let actions = of_kind(&so_far, "action");
        assert_eq!(so_far[0]["kind"], "session");
        let step = of_kind(&so_far, "step")[0];
        assert_eq!((&step["plugin"], &step["digest"]), (&Json::from("console"), &Json::from("sha256:ab")));
        assert_eq!((actions[0]["action"].as_str(), actions[1]["action"].as_str()), (Some("go to"), Some("click")));
        assert_eq!(actions[1]["locator"], "css(\"#ask\")");
        assert_eq!((&actions[1]["outcome"], &actions[1]["step"]), (&Json::from("ok"), &Json::from("first step")));
        assert!(actions[1]["ms"].is_u64() && actions[1]["url"] == Stage::own("/pages/dialogs.html").as_str());
        assert_eq!(of_kind(&so_far, "dialog").len(), 3);
        stage.css("#nothing").fill("plain value", BRIEF).await.unwrap_err();
        stage.open("failing.html").await;
        stage.css("#log").filter_text(TextMatch::exact("failed")).text(SOON).await.unwrap();
        stage.session.close().await;
        let all = lines(&file);
        let failed = all.iter().find(|line| line["outcome"] == "page-changed").unwrap();
        assert_eq!(failed["value"], "\"plain value\"");
        assert!(of_kind(&all, "capture").iter().any(|capture| capture["number"] == failed["failed"]), "{failed}");
        let one = |kind: &str| of_kind(&all, kind)[0];
        assert_eq!(one("console")["text"], "a warning 1 object");
        assert!(one("page-error")["text"].as_str().unwrap().contains("broken"));
        assert!(one("network-failure")["url"].as_str().unwrap().ends_with("/x"));
        // One file, and nothing beside it.
        assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }

    the_page_before_a_deed_is_kept_with_its_target: |stage| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.jsonl");
        let stage = traced(&stage, TraceOptions::file(&file)).await;
        stage.settle("snapshots.html").await;
        stage.css("#name").fill("Erika", SOON).await.unwrap();
        let inside = stage.page.frame(Selector::css("#inner"));
        inside.locator(Selector::css("#button")).click(ClickOptions::default(), SOON).await.unwrap();
        stage.session.close().await;
        let all = lines(&file);

        let fill = capture_before(&all, "fill");
        let at = usize::try_from(fill["target"]["at"].as_u64().unwrap()).unwrap();
        let page = (0..2).map(|n| html(&all, fill, n)).find(|html| html.contains("The page")).unwrap();
        assert!(page[..at].ends_with("<input") && page[at..].starts_with(" id=\"name\""), "{page}");
        let picture = content(&all, &fill["picture"]);
        assert!(picture.starts_with(&[0xff, 0xd8]));
        let place = fill["target"]["box"].as_array().unwrap();
        assert!(place[2].as_f64().unwrap() > 50.0, "{place:?}");

        // The next one shows what was done, and the frame's own document has the mark.
        let click = capture_before(&all, "click");
        let pages: Vec<String> = (0..2).map(|n| html(&all, click, n)).collect();
        assert!(pages.iter().any(|html| html.contains(r#"value="Erika""#)), "{pages:?}");
        let frames = click["frames"].as_array().unwrap();
        let frame = frames.iter().position(|frame| frame["frame"] == click["target"]["frame"]).unwrap();
        assert_eq!(frames[frame]["index"], 0);
        let at = usize::try_from(click["target"]["at"].as_u64().unwrap()).unwrap();
        assert!(pages[frame][..at].ends_with("<button"), "{}", pages[frame]);
        assert!(pages[1 - frame].contains("mavm-frame:0;"));
        // The click's own box is in the window, not in the frame.
        assert!(click["target"]["box"][0].as_f64().unwrap() > 100.0);
        // The last capture shows what the click did.
        let last = *of_kind(&all, "capture").last().unwrap();
        assert!((0..2).any(|n| html(&all, last, n).contains("clicked")));
    }

    a_copy_of_a_page_holds_what_it_needs_and_does_nothing: |stage| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.jsonl");
        let stage = traced(&stage, TraceOptions::file(&file)).await;
        stage.settle("snapshots.html").await;
        stage.css("#name").fill("x", SOON).await.unwrap();
        stage.session.close().await;
        let all = lines(&file);
        let capture = capture_before(&all, "fill");
        let page = (0..2).map(|n| html(&all, capture, n)).find(|html| html.contains("The page")).unwrap();
        for wanted in ["<template shadowrootmode=\"open\">", "in the shadow", "checked=\"\"", "<option selected=\"\">two", "typed text"] {
            assert!(page.contains(wanted), "{wanted}: {page}");
        }
        for unwanted in ["<script", "onclick", "javascript:", "http-equiv", "action=", "token-in-a-hidden-field", "http://"] {
            assert!(!page.contains(unwanted), "{unwanted}: {page}");
        }
        let of_type = |kind: &str| all.iter().filter(|line| line["type"] == kind).count();
        assert_eq!(of_type("image/svg+xml"), 1, "the picture of the page");
        let styles: String = all.iter().filter(|line| line["type"] == "text/css").map(|line| String::from_utf8(content(&all, &line["id"])).unwrap()).collect();
        for rule in ["rgb(1, 2, 3)", "rgb(4, 5, 6)", "rgb(7, 8, 9)"] {
            assert!(styles.contains(rule), "{rule}: {styles}");
        }
    }

    what_has_not_changed_is_written_once: |stage| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.jsonl");
        let stage = traced(&stage, TraceOptions::file(&file)).await;
        stage.settle("plain.html").await;
        for _ in 0..5 {
            stage.css("h1").click(ClickOptions::default(), SOON).await.unwrap();
        }
        // Questions are told, but cost no capture.
        stage.css("h1").text(SOON).await.unwrap();
        stage.session.close().await;
        let all = lines(&file);
        assert_eq!(of_kind(&all, "capture").len(), 6, "one before each click, one at the end");
        let documents = all.iter().filter(|line| line["type"] == "text/html").count();
        assert_eq!(documents, 1);
    }

    styles_that_have_no_room_in_a_capture_come_with_the_next: |stage| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.jsonl");
        let stage = traced(&stage, TraceOptions::file(&file)).await;
        stage.settle("styled.html").await;
        for _ in 0..3 {
            stage.css("h1").click(ClickOptions::default(), SOON).await.unwrap();
        }
        stage.session.close().await;
        let all = lines(&file);
        let styles = |capture: &&Json| html(&all, capture, 0).matches("mavm-resource:").count();
        let captures = of_kind(&all, "capture");
        assert_eq!(captures.iter().map(styles).collect::<Vec<_>>(), [1, 2, 3, 3]);
    }

    actions_only_shows_the_page_where_one_failed: |stage| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.jsonl");
        let options = TraceOptions { evidence: Evidence::Actions, ..TraceOptions::file(&file) };
        let stage = traced(&stage, options).await;
        stage.settle("plain.html").await;
        stage.css("h1").click(ClickOptions::default(), SOON).await.unwrap();
        assert!(of_kind(&lines(&file), "capture").is_empty());
        stage.css("#nothing").click(ClickOptions::default(), BRIEF).await.unwrap_err();
        stage.session.close().await;
        let all = lines(&file);
        assert_eq!(of_kind(&all, "capture").len(), 1);
        assert_eq!(of_kind(&all, "action").len(), 3);
    }

    a_trace_ends_at_its_limit: |stage| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.jsonl");
        let options = TraceOptions { limit: 6_000, ..TraceOptions::file(&file) };
        let stage = traced(&stage, options).await;
        for _ in 0..60 {
            stage.open("plain.html").await;
        }
        stage.session.close().await;
        let all = lines(&file);
        assert_eq!(all.last().unwrap()["why"], "the trace has reached its limit");
        // Pictures go first, words last.
        let cuts = of_kind(&all, "cut");
        assert!(cuts.len() == 2 && cuts[0]["what"] == "pictures", "{cuts:?}");
        assert!(std::fs::metadata(&file).unwrap().len() < 6_200);
    }

    half_a_line_of_an_earlier_session_is_left_alone: |stage| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.jsonl");
        std::fs::write(&file, "{\"kind\":\"action\"}\n{\"kind\":\"act").unwrap();
        let stage = traced(&stage, TraceOptions::file(&file)).await;
        stage.session.close().await;
        let text = std::fs::read_to_string(&file).unwrap();
        let whole = text.lines().filter(|line| serde_json::from_str::<Json>(line).is_ok()).count();
        assert_eq!((whole, text.lines().count()), (2, 3));
    }

    a_full_disk_fails_no_action: |stage| {
        let stage = traced(&stage, TraceOptions::file("/dev/full")).await;
        stage.open("plain.html").await;
        stage.css("h1").click(ClickOptions::default(), SOON).await.unwrap();
        stage.session.close().await;
    }
}
