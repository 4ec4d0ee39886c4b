//! When Chromium dies, calls end with an error, and the next session has a new one.

use mavm_browser::{ClickOptions, Error, Launcher, Options};
use rustix::process::{Pid, Signal, kill_process};

use crate::cancelling::{blocked, blocking};
use crate::stage::{Build, RUNTIME, SOON, Stage};

/// Chromium's processes: those of its group, and those whose command line names its folder.
pub fn processes_of(group: u32, folder: &std::path::Path) -> Vec<(i32, String)> {
    let folder = folder.to_string_lossy().into_owned();
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let found = entries.filter_map(|entry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let line = String::from_utf8_lossy(&std::fs::read(entry.path().join("cmdline")).ok()?)
            .replace('\0', " ");
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        // What has ended and only waits to be asked for its result is gone; so is what has given back
        // its memory, and with it its command line, on the way there.
        let ended = fields.next()? == "Z" || line.is_empty();
        let in_group = fields.nth(1)? == group.to_string();
        (!ended
            && pid != i32::try_from(std::process::id()).unwrap()
            && (in_group || line.contains(&folder)))
        .then_some((pid, line))
    });
    found.collect()
}

pub fn own_launcher(build: Build, folder: &std::path::Path) -> Launcher {
    Launcher::new(Options { data_dir: folder.to_owned(), ..build.options() })
}

pub fn kill(pid: i32) {
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

fn a_dead_chromium(build: Build) {
    RUNTIME.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let launcher = own_launcher(build, folder.path());
        let session = launcher.session(Stage::options()).await.unwrap();
        let page = session.page();
        let never = page.locator(mavm_browser::Selector::css("#never"));
        let group = launcher.process_id().await.unwrap();
        let (result, ()) = tokio::join!(never.click(ClickOptions::default(), SOON), async {
            for (pid, line) in processes_of(group, folder.path()) {
                if !line.contains("--type=") {
                    kill(pid);
                }
            }
        });
        assert!(matches!(result, Err(Error::Crashed(_))), "{result:?}");
        assert!(matches!(page.goto("about:blank", SOON).await, Err(Error::Crashed(_))));
        let again = launcher.session(Stage::options()).await.unwrap();
        again.page().goto("about:blank", SOON).await.unwrap();
        session.close().await;
        launcher.close().await;
        assert_eq!(processes_of(group, folder.path()), Vec::new());
    });
}

fn a_dead_renderer(build: Build) {
    RUNTIME.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let launcher = own_launcher(build, folder.path());
        let session = launcher.session(Stage::options()).await.unwrap();
        let page = session.page();
        let never = page.locator(mavm_browser::Selector::css("#never"));
        let group = launcher.process_id().await.unwrap();
        let (result, ()) = tokio::join!(never.click(ClickOptions::default(), SOON), async {
            for (pid, line) in processes_of(group, folder.path()) {
                if line.contains("--type=renderer") {
                    kill(pid);
                }
            }
        });
        assert!(matches!(result, Err(Error::Crashed(_))), "{result:?}");
        let other = launcher.session(Stage::options()).await.unwrap();
        other.page().goto("about:blank", SOON).await.unwrap();
        launcher.close().await;
    });
}

#[test]
fn calls_end_when_the_headless_shell_dies() {
    a_dead_chromium(Build::Shell);
}

#[test]
fn calls_end_when_full_chromium_dies() {
    a_dead_chromium(Build::Full);
}

#[test]
fn calls_end_when_a_renderer_of_the_headless_shell_dies() {
    a_dead_renderer(Build::Shell);
}

#[test]
fn calls_end_when_a_renderer_of_full_chromium_dies() {
    a_dead_renderer(Build::Full);
}

/// The page dies while it deals with the click: nobody knows what became of it.
fn a_crash_in_the_middle_of_a_click(build: Build) {
    RUNTIME.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let launcher = own_launcher(build, folder.path());
        let stage = Stage::of(launcher.session(Stage::options()).await.unwrap(), build);
        let name = blocking(&stage, "crash").await;
        let group = launcher.process_id().await.unwrap();
        let down = stage.css("#down");
        let (clicked, ()) = tokio::join!(down.click(ClickOptions::default(), SOON), async {
            blocked(&stage, &name).await;
            for (pid, line) in processes_of(group, folder.path()) {
                if line.contains("--type=renderer") {
                    kill(pid);
                }
            }
        });
        assert!(matches!(clicked, Err(Error::Crashed(_))), "{clicked:?}");
        launcher.close().await;
    });
}

#[test]
fn a_crash_of_the_headless_shell_in_the_middle_of_a_click_is_an_error() {
    a_crash_in_the_middle_of_a_click(Build::Shell);
}

#[test]
fn a_crash_of_full_chromium_in_the_middle_of_a_click_is_an_error() {
    a_crash_in_the_middle_of_a_click(Build::Full);
}
