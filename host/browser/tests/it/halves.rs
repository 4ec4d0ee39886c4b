//! Half a letter (an emoji that a page has cut in two) is read as a sign for one, and keeps nothing
//! from being read.

use mavm_browser::{ClickOptions, TraceOptions};

use crate::on_both;
use crate::stage::{SOON, Stage};

on_both! {
    half_a_letter_keeps_nothing_from_being_read: |stage| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trace");
        let mut options = Stage::options();
        options.trace = Some(TraceOptions::file(&file));
        let stage = Stage::with(stage.build, options).await;
        stage.open("halves.html").await;
        let dialogs = stage.page.expect_dialog();
        stage.css("#cut").click(ClickOptions::default(), SOON).await.unwrap();
        let mended = "Ann \u{fffd}";
        assert_eq!(dialogs.wait(SOON).await.unwrap().message, mended);
        assert_eq!(stage.log().await, mended);
        assert_eq!(stage.css("#log").attribute("title", SOON).await.unwrap().unwrap(), mended);
        assert_eq!(stage.page.title(SOON).await.unwrap(), mended);
        let saved = stage.session.save_state(SOON).await.unwrap();
        assert!(String::from_utf8_lossy(&saved.to_bytes()).contains(mended));
        stage.session.close().await;
        let said = std::fs::read_to_string(&file).unwrap();
        let line = said.lines().find(|line| line.contains("\"console\""));
        assert!(line.is_some_and(|line| line.contains(mended)), "{said}");
    }
}
