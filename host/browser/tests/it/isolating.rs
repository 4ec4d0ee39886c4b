//! Two sessions of one Chromium, at work at the same time: what belongs to one never comes to the other.

use mavm_browser::{ClickOptions, DialogPolicy, SessionOptions, TraceOptions};
use serde_json::Value as Json;

use crate::on_both;
use crate::stage::{Build, SOON, Stage};

async fn click(stage: &Stage, css: &str) {
    stage.css(css).click(ClickOptions::default(), SOON).await.unwrap();
}

async fn another(stage: &Stage) -> Stage {
    Stage::with(stage.build, Stage::options()).await
}

on_both! {
    each_session_gets_its_own_downloads: |stage| {
        let other = another(&stage).await;
        tokio::join!(stage.open("downloads.html"), other.open("downloads.html"));
        let (mine, others) = (stage.page.expect_download().unwrap(), other.page.expect_download().unwrap());
        // The other's comes first, while both wait for one.
        click(&other, "#file").await;
        assert_eq!(others.wait(SOON).await.unwrap().file_name, "bill.txt");
        let others = other.page.expect_download().unwrap();
        tokio::join!(click(&stage, "#blank"), click(&other, "#redirected"));
        let (mine, others) = tokio::join!(mine.wait(SOON), others.wait(SOON));
        assert_eq!(mine.unwrap().file_name, "blank.txt");
        assert_eq!(others.unwrap().file_name, "moved.txt");
        other.session.close().await;
    }

    a_session_that_expects_no_download_gets_none_while_another_does: |stage| {
        let other = another(&stage).await;
        tokio::join!(stage.open("downloads.html"), other.open("downloads.html"));
        let mine = stage.page.expect_download().unwrap();
        let refused = other.page.goto(&Stage::own("/download/refused.txt"), SOON).await;
        assert!(refused.is_err());
        click(&stage, "#file").await;
        assert_eq!(mine.wait(SOON).await.unwrap().file_name, "bill.txt");
        other.session.close().await;
    }

    each_session_sees_and_answers_its_own_dialogs: |stage| {
        let other = another(&stage).await;
        other.session.on_dialog(DialogPolicy::Dismiss);
        let shows = async |side: &Stage, text: &str| {
            side.css("#text").fill(text, SOON).await.unwrap();
            click(side, "#show").await;
        };
        tokio::join!(stage.open("dialogs.html"), other.open("dialogs.html"));
        let (mine, others) = (stage.page.expect_dialog(), other.page.expect_dialog());
        tokio::join!(shows(&other, "over there"), shows(&stage, "here"));
        let others = others.wait(SOON).await.unwrap();
        assert!(others.message.starts_with("You typed over there") && !others.accepted, "{others:?}");
        // Nothing of the other's comes before, or in between.
        shows(&stage, "here again").await;
        for text in ["You typed here;", "You typed here again;"] {
            let dialog = mine.wait(SOON).await.unwrap();
            // Full Chromium itself dismisses those of a window that is not in front.
            assert!(dialog.accepted || stage.build == Build::Full, "{dialog:?}");
            assert!(dialog.message.starts_with(text), "{dialog:?}");
        }
        other.session.close().await;
    }

    each_trace_has_what_its_own_pages_say: |stage| {
        let folder = tempfile::tempdir().unwrap();
        let traced = async |name: &str| {
            let trace = Some(TraceOptions::file(folder.path().join(name)));
            Stage::with(stage.build, SessionOptions { trace, ..Stage::options() }).await
        };
        let says = async |name: &str| {
            let side = traced(name).await;
            side.open("talking.html").await;
            side.css("#secret").fill(name, SOON).await.unwrap();
            click(&side, "#say").await;
            side
        };
        let (one, two) = tokio::join!(says("one"), says("two"));
        tokio::join!(one.session.close(), two.session.close());
        for (name, other) in [("one", "two"), ("two", "one")] {
            let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
            let lines = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
            let said: Vec<String> = lines
                .filter(|line| line["kind"] == "console")
                .map(|line| line["text"].as_str().unwrap().to_owned())
                .collect();
            assert!(said.iter().any(|text| text.starts_with(&format!("typed {name}"))), "{said:?}");
            assert!(!said.iter().any(|text| text.starts_with(&format!("typed {other}"))), "{said:?}");
        }
    }

    sessions_that_open_while_a_page_is_made_for_one_all_get_their_own: |stage| {
        for _ in 0..3 {
            // Now a page is made ahead.
            another(&stage).await.session.close().await;
            let (one, two, three) = tokio::join!(another(&stage), another(&stage), another(&stage));
            tokio::join!(one.open("plain.html"), two.open("boxes.html"), three.open("plain.html"));
            for (session, page) in [(&one, "plain"), (&two, "boxes"), (&three, "plain")] {
                assert!(session.page.url().unwrap().contains(page));
            }
            tokio::join!(one.session.close(), two.session.close(), three.session.close());
        }
    }
}
