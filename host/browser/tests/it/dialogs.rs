//! Dialogs are answered by a policy, and stop nothing.

use mavm_browser::{
    ClickOptions, DialogKind, DialogPolicy, Error, Launcher, Options, Sealed, Selector, TextMatch,
    Value,
};
use secrecy::SecretString;

use crate::on_both;
use crate::stage::{BRIEF, Build, SOON, Stage};

async fn click(stage: &Stage, css: &str) {
    stage.css(css).click(ClickOptions::default(), SOON).await.unwrap();
}

/// In a browser of its own: full Chromium cancels dialogs of a window that is not in front.
async fn alone<F: Future<Output = ()>>(build: Build, story: impl FnOnce(Stage) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let launcher = Launcher::new(Options { data_dir: folder.path().to_owned(), ..build.options() });
    story(Stage::of(launcher.session(Stage::options()).await.unwrap(), build)).await;
    launcher.close().await;
}

/// Lets the page ask, until alert, confirm and prompt have given what is wanted. Full Chromium dismisses
/// dialogs by itself when it takes another window for the active one, as it may do while a window is still
/// new: then, and only then, they are asked for again.
async fn asks(stage: &Stage, wanted: &str) {
    let asking = async {
        loop {
            let dialogs = stage.page.expect_dialog();
            click(stage, "#ask").await;
            let log = stage.css("#log").filter_text(TextMatch::regex("^undefined "));
            let log = log.text(SOON).await.unwrap();
            if log == wanted {
                return;
            }
            let mut dismissed = false;
            for _ in 0..3 {
                dismissed |= !dialogs.wait(SOON).await.unwrap().accepted;
            }
            assert!(dismissed && stage.build == Build::Full, "{log}, and not {wanted}");
        }
    };
    let asked = tokio::time::timeout(SOON, asking).await;
    assert!(asked.is_ok(), "{}, and not {wanted}", stage.log().await);
}

async fn policies(stage: Stage) {
    for (policy, log) in [
        (DialogPolicy::Accept, "undefined true d"),
        (DialogPolicy::AcceptWith("mine".to_owned()), "undefined true mine"),
        (DialogPolicy::Dismiss, "undefined false null"),
    ] {
        stage.session.on_dialog(policy);
        // Leaving a page is never prevented.
        stage.open("dialogs.html").await;
        asks(&stage, log).await;
    }
    stage.page.on_dialog(DialogPolicy::Accept);
    asks(&stage, "undefined true d").await;
}

async fn one_after_the_other(stage: Stage) {
    stage.open("dialogs.html").await;
    stage.page.on_dialog(DialogPolicy::Accept);
    // From here on the window is the active one.
    asks(&stage, "undefined true d").await;
    let dialogs = stage.page.expect_dialog();
    click(&stage, "#ask").await;
    for (kind, message, proposed) in [
        (DialogKind::Alert, "a", ""),
        (DialogKind::Confirm, "b", ""),
        (DialogKind::Prompt, "c", "d"),
    ] {
        let dialog = dialogs.wait(SOON).await.unwrap();
        assert_eq!(
            (dialog.kind, dialog.message.as_str(), dialog.proposed.as_str()),
            (kind, message, proposed)
        );
        assert!(dialog.accepted, "{dialog:?}");
    }
    assert!(matches!(dialogs.wait(BRIEF).await, Err(Error::TimedOut(_))));
    click(&stage, "#late").await;
    assert_eq!(dialogs.wait(SOON).await.unwrap().message, "late");
}

on_both! {
    without_a_policy_what_informs_is_confirmed_and_what_asks_is_declined: |stage| {
        stage.open("dialogs.html").await;
        click(&stage, "#ask").await;
        assert_eq!(stage.log().await, "undefined false null");
        // It asks whether it may be left.
        stage.open("plain.html").await;
        assert_eq!(stage.log().await, "arrived");
    }

    a_policy_says_what_becomes_of_dialogs: |stage| {
        alone(stage.build, policies).await;
    }

    dialogs_are_awaited_one_after_the_other: |stage| {
        alone(stage.build, one_after_the_other).await;
    }

    what_a_dialog_says_is_masked: |stage| {
        stage.open("dialogs.html").await;
        let secret = Sealed::new(SecretString::from("4000-secret-1"), Vec::new());
        stage.css("#text").fill(Value::Sealed(secret), SOON).await.unwrap();
        let dialogs = stage.page.expect_dialog();
        click(&stage, "#show").await;
        let said = dialogs.wait(SOON).await.unwrap().message;
        assert_eq!(said, "You typed ••••; go on at https://a.example/x?…");
    }

    dialogs_in_frames_and_popups_are_answered: |stage| {
        stage.open("dialogs.html").await;
        stage.session.on_dialog(DialogPolicy::Accept);
        let dialogs = stage.page.expect_dialog();
        let inside = stage.page.frame(Selector::css("#frame")).locator(Selector::css("#inside"));
        inside.click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(dialogs.wait(SOON).await.unwrap().message, "from the frame");
        // See `asks`: here the window of the popup may be the active one.
        let accepted = if stage.build == Build::Full { "(true|false)" } else { "true" };
        let frame = TextMatch::regex(format!("^frame {accepted}$"));
        stage.css("#log").filter_text(frame).text(SOON).await.unwrap();
        let popup = stage.page.expect_popup();
        click(&stage, "#popup").await;
        let popup = popup.wait(SOON).await.unwrap();
        assert_eq!(dialogs.wait(SOON).await.unwrap().message, "from the popup");
        let said = TextMatch::regex(format!("^popup {accepted}$"));
        let said = popup.locator(Selector::css("#log")).filter_text(said);
        said.text(SOON).await.unwrap();
        // A page with a policy of its own keeps to it.
        popup.on_dialog(DialogPolicy::Dismiss);
        popup.reload(SOON).await.unwrap();
        let said = popup.locator(Selector::css("#log")).filter_text(TextMatch::exact("popup false"));
        said.text(SOON).await.unwrap();
    }
}
