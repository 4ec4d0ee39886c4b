//! As an ordinary user Chromium has its sandbox; where it can't have one, or has no room on the disk,
//! that is told. The host of `reaping.rs` is started as somebody else for this, in a user namespace
//! of its own: so it needs no rights of ours.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use mavm_browser::TraceOptions;

use crate::crashing::processes_of;
use crate::on_both;
use crate::reaping::{FOLDER, FULL, eventually};
use crate::stage::{Build, SOON, Stage};

/// Nobody, with all rights over the new namespace until the host is started.
const NOBODY: [&str; 4] = ["--user", "--map-user=65534", "--map-group=65534", "--keep-caps"];
const ROOT: [&str; 3] = ["--user", "--map-root-user", "--mount"];
/// Ends a shell's preparations: the host itself has no rights but its user's.
const HOST: &str = "exec setpriv --ambient-caps=-all --inh-caps=-all \"$0\" --exact reaping::a_host --ignored --nocapture";

/// Set where a machine permits no namespaces: these tests are left out then, and never by themselves.
const WITHOUT: &str = "MAVM_TEST_NO_NAMESPACES";

/// A host in a namespace; none where they are left out.
fn host(build: Build, folder: &Path, who: &[&str], prepare: &str) -> Option<Child> {
    if std::env::var_os(WITHOUT).is_some() {
        return None;
    }
    let may = Command::new("unshare").args(who).arg("true").output();
    assert!(
        may.is_ok_and(|output| output.status.success()),
        "this machine permits no user namespaces: permit them, or leave these tests out by {WITHOUT}=1"
    );
    let mut command = Command::new("unshare");
    command
        .args(who)
        .args(["sh", "-c", &format!("{prepare}{HOST}")])
        .arg(std::env::current_exe().unwrap())
        .env(FOLDER, folder)
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if build == Build::Full {
        command.env(FULL, "1");
    }
    Some(command.spawn().unwrap())
}

/// The process group of its Chromium, once a page is open.
fn up(host: &mut Child) -> u32 {
    let said = BufReader::new(host.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap)
        .find(|line| line.contains("up "));
    let Some(said) = said else {
        let mut why = String::new();
        host.stderr.take().unwrap().read_to_string(&mut why).unwrap();
        panic!("the host did not start: {why}");
    };
    said.rsplit(' ').next().unwrap().parse().unwrap()
}

/// What it says when it can't start.
fn refusal(host: Child) -> String {
    let output = host.wait_with_output().unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn ends(mut host: Child, group: u32, folder: &Path) {
    host.kill().unwrap();
    host.wait().unwrap();
    eventually("Chromium outlives its host", || processes_of(group, folder).is_empty());
}

fn an_ordinary_user(build: Build) {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut host) = host(build, folder.path(), &NOBODY, "") else { return };
    let group = up(&mut host);
    let processes = processes_of(group, folder.path());
    assert!(processes.iter().any(|(_, line)| line.contains("--type=renderer")));
    let unguarded = processes.iter().find(|(_, line)| {
        line.contains("--no-sandbox") || line.contains("--disable-setuid-sandbox")
    });
    assert_eq!(unguarded, None);
    ends(host, group, folder.path());
}

#[test]
fn an_ordinary_user_has_the_sandbox_in_the_headless_shell() {
    an_ordinary_user(Build::Shell);
}

#[test]
fn an_ordinary_user_has_the_sandbox_in_full_chromium() {
    an_ordinary_user(Build::Full);
}

fn no_sandbox_to_be_had(build: Build) {
    let folder = tempfile::tempdir().unwrap();
    let none = "echo 0 > /proc/sys/user/max_user_namespaces && ";
    let Some(host) = host(build, folder.path(), &NOBODY, none) else { return };
    let why = refusal(host);
    for part in ["Chromium did not start", "unprivileged user namespaces", "sysctl"] {
        assert!(why.contains(part), "no {part:?} in: {why}");
    }
}

#[test]
fn without_namespaces_the_headless_shell_says_what_to_do() {
    no_sandbox_to_be_had(Build::Shell);
}

#[test]
fn without_namespaces_full_chromium_says_what_to_do() {
    no_sandbox_to_be_had(Build::Full);
}

/// Chromium does with a profile that it can't write to.
fn a_full_disk(build: Build) {
    let folder = tempfile::tempdir().unwrap();
    let full = format!("mount -t tmpfs -o size=64k tmpfs \"${FOLDER}\" && ");
    let Some(mut host) = host(build, folder.path(), &ROOT, &full) else { return };
    let group = up(&mut host);
    ends(host, group, folder.path());
}

#[test]
fn a_full_disk_does_not_stop_the_headless_shell() {
    a_full_disk(Build::Shell);
}

#[test]
fn a_full_disk_does_not_stop_full_chromium() {
    a_full_disk(Build::Full);
}

#[test]
fn a_data_folder_that_can_not_be_written_to_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let sealed = format!("mount -t tmpfs -o ro tmpfs \"${FOLDER}\" && ");
    let Some(host) = host(Build::Shell, folder.path(), &ROOT, &sealed) else { return };
    let why = refusal(host);
    assert!(why.contains("no profile folder could be made under"), "{why}");
    assert!(why.contains(&*folder.path().to_string_lossy()), "{why}");
}

on_both! {
    a_trace_on_a_full_disk_fails_no_action: |stage| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trace.jsonl");
        std::os::unix::fs::symlink("/dev/full", &file).unwrap();
        let mut options = Stage::options();
        options.trace = Some(TraceOptions::file(&file));
        let traced = Stage::with(stage.build, options).await;
        traced.open("storing.html").await;
        traced.button("Store").click(mavm_browser::ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(traced.log().await, ", here");
        traced.session.close().await;
    }
}
