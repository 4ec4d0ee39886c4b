//! However a page shows a sealed value again, its pictures and the trace don't.

use base64::Engine as _;
use mavm_browser::{ClickOptions, Sealed, TextMatch, TraceOptions, Value};

use crate::on_both;
use crate::stage::{SOON, Stage};
use crate::tracing_actions::{lines, of_kind, traced};

fn sealed(secret: &str) -> Value {
    Value::Sealed(Sealed::new(secret.into(), vec![Stage::origin(&Stage::own(""))]))
}

async fn shown(stage: &Stage, secret: &str) -> Vec<u8> {
    stage.css("#card").fill(sealed(secret), SOON).await.unwrap();
    stage.css("#go").click(ClickOptions::default(), SOON).await.unwrap();
    stage.page.screenshot(SOON).await.unwrap()
}

on_both! {
    pictures_are_the_same_whatever_was_typed: |stage| {
        stage.settle("showing.html").await;
        let plain = stage.page.screenshot(SOON).await.unwrap();
        let first = shown(&stage, "qWqW4242qWqW4242").await;
        let second = shown(&stage, "qWqW4343qWqW4343").await;
        assert!(first == second, "a digit shows in the picture");
        assert!(first != plain);
    }

    whatever_a_page_draws_it_with_is_covered: |stage| {
        for page in ["drawing.html", "drawing.html?behind"] {
            stage.settle(page).await;
            let first = shown(&stage, "qWqW4242qWqW4242").await;
            stage.settle(page).await;
            let second = shown(&stage, "qWqW4343qWqW4343").await;
            assert!(first == second, "a digit shows in the picture of {page}");
        }
    }

    what_covers_it_can_not_be_hidden: |stage| {
        let mut pictures = Vec::new();
        for secret in ["qWqW4242qWqW4242", "qWqW4343qWqW4343"] {
            stage.settle("tampering.html?hiding").await;
            pictures.push(shown(&stage, secret).await);
        }
        assert!(pictures[0] == pictures[1], "a digit shows in the picture");
    }

    of_a_page_that_tampers_with_it_there_is_no_picture: |stage| {
        for way in ["removing", "moving", "swapping"] {
            stage.open(&format!("tampering.html?{way}")).await;
            stage.css("#card").fill(sealed("qWqW4242qWqW4242"), SOON).await.unwrap();
            let picture = stage.page.screenshot(SOON).await;
            assert!(matches!(&picture, Err(error) if error.to_string().contains("changed while")), "{way}: {:?}", picture.err());
        }
    }

    a_whole_trace_shows_nothing_of_it: |stage| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.jsonl");
        let stage = traced(&stage, TraceOptions::file(&file)).await;
        stage.settle("showing.html").await;
        let secret = "qWqW4242qWqW4242";
        shown(&stage, secret).await;
        stage.session.close().await;
        let all = lines(&file);
        assert!(of_kind(&all, "capture").len() >= 3);
        let mut texts = vec![std::fs::read_to_string(&file).unwrap()];
        for data in all.iter().filter_map(|line| line["data"].as_str()) {
            let bytes = base64::engine::general_purpose::STANDARD.decode(data).unwrap();
            texts.push(String::from_utf8_lossy(&bytes).into_owned());
        }
        let inner = base64::engine::general_purpose::STANDARD.encode(format!("x>{secret}</text>"));
        for text in texts {
            // Letters, digits, and nothing else of it.
            let bare: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
            let bare = bare.to_lowercase();
            assert!(!bare.contains(&secret.to_lowercase()), "the value, apart or not");
            assert!(!bare.contains("b4bb2bb4bb2b"), "the value in elements");
            assert!(!text.contains(&inner[4..20]), "the value in an image of the page's own");
        }
    }

    parts_of_it_are_not_shown_either: |stage| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.jsonl");
        let stage = traced(&stage, TraceOptions::file(&file)).await;
        let secret = "4539578763621486";
        let value = || Value::Sealed(Sealed::new(secret.into(), vec![Stage::origin(&Stage::own(""))]));
        for typed in [true, false] {
            stage.settle("parts.html").await;
            let answer = stage.page.expect_response(TextMatch::contains("so-far=")).unwrap();
            let card = stage.css("#card");
            if typed { card.type_keys(value(), SOON).await } else { card.fill(value(), SOON).await }.unwrap();
            assert_eq!(stage.page.url().unwrap(), Stage::own("/pages/parts.html?q=••••"));
            assert_eq!(stage.css("#cut").value(SOON).await.unwrap(), "••••");
            assert_eq!(stage.css("#middle").text(SOON).await.unwrap(), "has •••• in it");
            assert_eq!(stage.css("#last").text(SOON).await.unwrap(), "ends in 1486");
            assert_eq!(stage.page.title(SOON).await.unwrap(), "••••");
            for name in ["value", "Value", "VALUE"] {
                let shown = card.attribute(name, SOON).await.unwrap().unwrap();
                assert!(!shown.contains(|sign: char| sign.is_ascii_digit()), "{name}: {shown}");
            }
            assert!(!answer.wait(SOON).await.unwrap().url.contains(&secret[..6]));
        }
        stage.session.close().await;
        let all = std::fs::read_to_string(&file).unwrap();
        assert!(all.contains("so far ••••"), "{all}");
        // Fewer digits are found by chance: in the nanoseconds of a time, say.
        for start in 0..=secret.len() - 8 {
            let part = &secret[start..start + 8];
            assert!(!all.contains(part), "{part}");
        }
    }
}
