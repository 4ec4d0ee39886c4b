//! Whatever happens to Chromium, the host stays up, is told, and has nothing left to clean up.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mavm_browser::{ClickOptions, Error, Launcher, Options, Selector};
use rustix::process::{Pid, Signal, kill_process};

use crate::crashing::{kill, own_launcher, processes_of};
use crate::reaping::{eventually, profiles};
use crate::stage::{BRIEF, Build, RUNTIME, SOON, Stage};

/// Chromium itself, without the processes that it has started.
fn main_process(group: u32, folder: &Path) -> i32 {
    let processes = processes_of(group, folder);
    let found = processes.iter().find(|(_, line)| {
        line.contains("--user-data-dir=") && !line.contains("--type=") && !line.contains("/bin/sh")
    });
    found.unwrap_or_else(|| panic!("no Chromium among {processes:?}")).0
}

/// The folder of its sockets, among the temporary files.
fn sockets(folder: &Path) -> Option<PathBuf> {
    let profile = fs::read_dir(folder.join("chromium")).unwrap().next().unwrap().unwrap().path();
    Some(fs::read_link(profile.join("SingletonSocket")).ok()?.parent()?.to_owned())
}

/// Nobody asks for another session: what is left of a dead Chromium goes all the same.
fn a_dead_chromium_leaves_nothing(build: Build) {
    let folder = tempfile::tempdir().unwrap();
    let launcher = own_launcher(build, folder.path());
    let (group, sockets) = RUNTIME.block_on(async {
        let session = launcher.session(Stage::options()).await.unwrap();
        session.page().goto("about:blank", SOON).await.unwrap();
        (launcher.process_id().await.unwrap(), sockets(folder.path()))
    });
    assert_eq!(sockets.is_some(), build == Build::Full, "only full Chromium has sockets");
    kill(main_process(group, folder.path()));
    eventually("processes stay", || processes_of(group, folder.path()).is_empty());
    eventually("the profile stays", || profiles(folder.path()) == 0);
    eventually("the sockets stay", || sockets.as_ref().is_none_or(|folder| !folder.exists()));
}

#[test]
fn a_dead_headless_shell_leaves_nothing() {
    a_dead_chromium_leaves_nothing(Build::Shell);
}

#[test]
fn a_dead_full_chromium_leaves_nothing() {
    a_dead_chromium_leaves_nothing(Build::Full);
}

/// What was in the memory of a process that crashed may hold a secret: it goes with the profile.
#[test]
fn what_full_chromium_writes_of_a_crash_goes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let launcher = own_launcher(Build::Full, folder.path());
    let _session = RUNTIME.block_on(async {
        let session = launcher.session(Stage::options()).await.unwrap();
        session.page().goto(&Stage::own("/pages/plain.html"), SOON).await.unwrap();
        session
    });
    let group = RUNTIME.block_on(launcher.process_id()).unwrap();
    let profile =
        fs::read_dir(folder.path().join("chromium")).unwrap().next().unwrap().unwrap().path();
    for (pid, line) in processes_of(group, folder.path()) {
        if line.contains("--type=renderer") {
            let _ = kill_process(Pid::from_raw(pid).unwrap(), Signal::SEGV);
        }
    }
    let dumps = profile.join("crashes/pending");
    eventually("the crash is not written down here", || {
        fs::read_dir(&dumps).is_ok_and(|files| files.count() > 0)
    });
    RUNTIME.block_on(launcher.close());
    assert!(!profile.exists());
}

/// One build is enough: what finds out and what kills is the same.
#[test]
fn a_chromium_that_is_stuck_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let launcher = own_launcher(Build::Shell, folder.path());
    RUNTIME.block_on(async {
        let session = launcher.session(Stage::options()).await.unwrap();
        let page = session.page();
        page.goto("about:blank", SOON).await.unwrap();
        let group = launcher.process_id().await.unwrap();
        let stuck = Pid::from_raw(main_process(group, folder.path())).unwrap();
        kill_process(stuck, Signal::STOP).unwrap();
        // Found out by nobody's call: this one would wait for ever.
        let never = page.locator(Selector::css("#never"));
        let result = never.click(ClickOptions::default(), Duration::from_secs(600)).await;
        assert!(matches!(result, Err(Error::Crashed(_))), "{result:?}");
        let again = launcher.session(Stage::options()).await.unwrap();
        again.page().goto("about:blank", SOON).await.unwrap();
        tokio::task::block_in_place(|| {
            eventually("the stuck one stays", || {
                processes_of(group, Path::new("/of/no/host")).is_empty()
            });
        });
        launcher.close().await;
    });
    assert_eq!(profiles(folder.path()), 0);
}

/// A script that runs for ever fails the actions on its page, and nobody else's.
fn a_hung_page(build: Build) {
    let folder = tempfile::tempdir().unwrap();
    let launcher = own_launcher(build, folder.path());
    RUNTIME.block_on(async {
        let hung = Stage::of(launcher.session(Stage::options()).await.unwrap(), build);
        let other = Stage::of(launcher.session(Stage::options()).await.unwrap(), build);
        for stage in [&hung, &other] {
            stage.open("storing.html").await;
        }
        hung.button("Hang").click(ClickOptions::default(), SOON).await.unwrap();
        while hung.css("#log").text(BRIEF).await.is_ok() {}
        let late = hung.button("Store").click(ClickOptions::default(), BRIEF).await;
        assert!(matches!(late, Err(Error::TimedOut(_))), "{late:?}");
        other.button("Store").click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(other.log().await, ", here");
        hung.session.close().await;
        let group = launcher.process_id().await.unwrap();
        other.button("Store").click(ClickOptions::default(), SOON).await.unwrap();
        launcher.close().await;
        assert_eq!(processes_of(group, folder.path()), Vec::new());
    });
    assert_eq!(profiles(folder.path()), 0);
}

#[test]
fn a_hung_page_of_the_headless_shell_harms_no_other() {
    a_hung_page(Build::Shell);
}

#[test]
fn a_hung_page_of_full_chromium_harms_no_other() {
    a_hung_page(Build::Full);
}

fn an_unused_chromium(build: Build) {
    let folder = tempfile::tempdir().unwrap();
    let idle = Some(Duration::from_millis(20));
    let options = Options { data_dir: folder.path().to_owned(), idle, ..build.options() };
    let launcher = Launcher::new(options);
    let used = RUNTIME.block_on(async {
        let session = launcher.session(Stage::options()).await.unwrap();
        let group = launcher.process_id().await.unwrap();
        let other = launcher.session(Stage::options()).await.unwrap();
        other.close().await;
        // Longer than the time, with a session that does nothing meanwhile.
        let waiter = session.page().locator(Selector::css("#never"));
        let _ = waiter.wait_for(mavm_browser::ElementState::Visible, BRIEF).await;
        assert_eq!(launcher.process_id().await, Some(group));
        session.close().await;
        group
    });
    eventually("an unused Chromium stays", || RUNTIME.block_on(launcher.process_id()).is_none());
    eventually("its processes stay", || processes_of(used, folder.path()).is_empty());
    eventually("its profile stays", || profiles(folder.path()) == 0);
    RUNTIME.block_on(async {
        let session = launcher.session(Stage::options()).await.unwrap();
        session.page().goto("about:blank", SOON).await.unwrap();
        launcher.close().await;
    });
}

#[test]
fn an_unused_headless_shell_is_closed_and_started_again() {
    an_unused_chromium(Build::Shell);
}

#[test]
fn an_unused_full_chromium_is_closed_and_started_again() {
    an_unused_chromium(Build::Full);
}

/// After a session a page is made ahead for the next one. Nobody sees it die.
fn a_prepared_page_may_die(build: Build) {
    let folder = tempfile::tempdir().unwrap();
    let launcher = own_launcher(build, folder.path());
    let group = RUNTIME.block_on(async {
        let session = launcher.session(Stage::options()).await.unwrap();
        session.close().await;
        launcher.process_id().await.unwrap()
    });
    let renderers = || -> Vec<i32> {
        let processes = processes_of(group, folder.path()).into_iter();
        processes.filter(|(_, line)| line.contains("--type=renderer")).map(|(pid, _)| pid).collect()
    };
    eventually("no page is prepared", || !renderers().is_empty());
    for renderer in renderers() {
        // One that ends by itself meanwhile is as good.
        let _ = kill_process(Pid::from_raw(renderer).unwrap(), Signal::KILL);
    }
    RUNTIME.block_on(async {
        let session = launcher.session(Stage::options()).await.unwrap();
        session.page().goto(&Stage::own("/pages/plain.html"), SOON).await.unwrap();
        launcher.close().await;
    });
}

#[test]
fn a_prepared_page_of_the_headless_shell_may_die() {
    a_prepared_page_may_die(Build::Shell);
}

#[test]
fn a_prepared_page_of_full_chromium_may_die() {
    a_prepared_page_may_die(Build::Full);
}
