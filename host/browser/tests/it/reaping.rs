//! Nothing of Chromium outlives the host: no process, no profile folder.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::task::Poll;
use std::time::{Duration, Instant};

use mavm_browser::{Error, Launcher, Options, Sealed, Session, SessionOptions};
use secrecy::SecretString;

use crate::crashing::processes_of;
use crate::stage::{Build, RUNTIME, SOON, Stage};

pub const FOLDER: &str = "MAVM_TEST_HOST_FOLDER";
pub const FULL: &str = "MAVM_TEST_HOST_FULL";

/// Polls until it is so.
pub fn eventually(what: &str, so: impl Fn() -> bool) {
    let until = Instant::now() + SOON;
    while !so() {
        assert!(Instant::now() < until, "{what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

pub fn profiles(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("chromium")).map_or(0, Iterator::count)
}

#[test]
#[ignore = "not a test: the host that another test starts and kills"]
fn a_host() {
    let folder = std::env::var(FOLDER).unwrap();
    let build = if std::env::var(FULL).is_ok() { Build::Full } else { Build::Shell };
    RUNTIME.block_on(async {
        let launcher = Launcher::new(Options { data_dir: folder.into(), ..build.options() });
        let session = launcher.session(Stage::options()).await.unwrap();
        session.page().goto("about:blank", SOON).await.unwrap();
        println!("up {}", launcher.process_id().await.unwrap());
        std::future::pending::<()>().await;
    });
}

fn a_killed_host(build: Build) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "reaping::a_host", "--ignored", "--nocapture"])
        .env(FOLDER, folder.path())
        .stdout(Stdio::piped());
    if build == Build::Full {
        command.env(FULL, "1");
    }
    let mut host = command.spawn().unwrap();
    let said = BufReader::new(host.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap)
        .find(|line| line.contains("up "));
    let said = said.expect("the host did not start");
    let group: u32 = said.rsplit(' ').next().unwrap().parse().unwrap();
    assert!(processes_of(group, folder.path()).len() > 1);
    host.kill().unwrap();
    host.wait().unwrap();
    eventually("Chromium outlives a killed host", || processes_of(group, folder.path()).is_empty());
    // Its profile folder goes with the next start.
    assert_eq!(profiles(folder.path()), 1);
    RUNTIME.block_on(async {
        let launcher =
            Launcher::new(Options { data_dir: folder.path().to_owned(), ..build.options() });
        launcher.version().await.unwrap();
        assert_eq!(profiles(folder.path()), 1);
        launcher.close().await;
    });
    assert_eq!(profiles(folder.path()), 0);
}

#[test]
fn the_headless_shell_is_gone_when_the_host_is_killed() {
    a_killed_host(Build::Shell);
}

#[test]
fn full_chromium_is_gone_when_the_host_is_killed() {
    a_killed_host(Build::Full);
}

fn a_dropped_launcher(build: Build) {
    let folder = tempfile::tempdir().unwrap();
    let group = RUNTIME.block_on(async {
        let launcher =
            Launcher::new(Options { data_dir: folder.path().to_owned(), ..build.options() });
        let session = launcher.session(Stage::options()).await.unwrap();
        let group = launcher.process_id().await.unwrap();
        drop(launcher);
        let page = session.page();
        let result = page.goto("about:blank", SOON).await;
        assert!(matches!(result, Err(Error::Crashed(_))), "{result:?}");
        group
    });
    eventually("Chromium outlives its launcher", || processes_of(group, folder.path()).is_empty());
    eventually("the profile outlives its launcher", || profiles(folder.path()) == 0);
}

#[test]
fn a_dropped_launcher_takes_chromium_along() {
    a_dropped_launcher(Build::Shell);
    a_dropped_launcher(Build::Full);
}

/// A Chromium with one session, and what else may be there: two pages that were made ahead, and a process
/// that only ever waits.
struct Kept {
    folder: tempfile::TempDir,
    launcher: Launcher,
    session: Session,
    group: u32,
}

impl Kept {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let launcher =
            Launcher::new(Options { data_dir: folder.path().to_owned(), ..Build::Shell.options() });
        let session = launcher.session(Stage::options()).await.unwrap();
        let group = launcher.process_id().await.unwrap();
        Self { folder, launcher, session, group }
    }

    fn nothing_else_stays(&self, what: &str) {
        let renderers = || {
            let processes = processes_of(self.group, self.folder.path());
            processes.iter().filter(|(_, line)| line.contains("--type=renderer")).count()
        };
        eventually(what, || renderers() <= 4);
    }
}

#[test]
fn a_dropped_session_takes_its_pages_along() {
    RUNTIME.block_on(async {
        let kept = Kept::new().await;
        for _ in 0..20 {
            let session = kept.launcher.session(Stage::options()).await.unwrap();
            let overlay = session.page().locator(mavm_browser::Selector::css("x"));
            session.page().on_overlay(&overlay, &overlay);
            session.page().goto("about:blank", SOON).await.unwrap();
        }
        kept.nothing_else_stays("renderers of dropped sessions stay");
        kept.session.close().await;
        let late = kept.session.page().goto("about:blank", SOON).await;
        assert!(matches!(late, Err(Error::Closed(_))), "{late:?}");
        kept.launcher.close().await;
    });
}

#[test]
fn a_session_that_is_called_off_while_it_opens_leaves_no_page() {
    RUNTIME.block_on(async {
        let kept = Kept::new().await;
        let mut called_off = 0;
        for _ in 0..10 {
            // Each time it gets a little further.
            for polls in 1.. {
                let mut opening = Box::pin(kept.launcher.session(Stage::options()));
                let mut polled = 0;
                let session = std::future::poll_fn(|cx| {
                    polled += 1;
                    match polled > polls {
                        true => Poll::Ready(None),
                        false => opening.as_mut().poll(cx).map(Some),
                    }
                })
                .await;
                if let Some(session) = session {
                    session.unwrap().close().await;
                    break;
                }
                called_off += 1;
            }
        }
        assert!(called_off >= 20, "{called_off}");
        kept.nothing_else_stays("pages of sessions that never were stay");
        kept.launcher.close().await;
    });
}

#[test]
fn a_session_that_is_refused_leaves_no_page() {
    RUNTIME.block_on(async {
        let kept = Kept::new().await;
        let sealed = |number: usize| {
            Sealed::new(SecretString::from(format!("s3cret-{number:06}")), Vec::new())
        };
        let options =
            SessionOptions { masked: (0..1000).map(sealed).collect(), ..Stage::options() };
        for _ in 0..20 {
            let refused = kept.launcher.session(options.clone()).await.err().unwrap();
            assert!(matches!(refused, Error::Invalid(_)), "{refused}");
        }
        kept.nothing_else_stays("pages of refused sessions stay");
        kept.launcher.close().await;
    });
}

#[test]
fn a_chromium_that_is_not_there_is_told() {
    RUNTIME.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            executable: Some("/nowhere/chromium".into()),
            ..Options::in_folder(folder.path())
        };
        let error = Launcher::new(options).session(Stage::options()).await.err().unwrap();
        assert!(error.to_string().contains("/nowhere/chromium does not exist"), "{error}");
        let options =
            Options { executable: Some("/bin/false".into()), ..Options::in_folder(folder.path()) };
        let error = Launcher::new(options).session(Stage::options()).await.err().unwrap();
        assert!(matches!(&error, Error::Launch(text) if text.contains("did not start")), "{error}");
    });
}
