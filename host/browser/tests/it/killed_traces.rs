//! A host that is killed in the middle of its work leaves a trace that can be read up to there.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use mavm_browser::{ClickOptions, Launcher, Options, Selector, SessionOptions, TraceOptions};
use serde_json::Value as Json;

use crate::stage::{Build, RUNTIME, SOON, Stage};

const FOLDER: &str = "MAVM_TEST_TRACE_FOLDER";

#[test]
#[ignore = "not a test: the host that another test starts and kills"]
fn a_host() {
    let folder = std::path::PathBuf::from(std::env::var(FOLDER).unwrap());
    RUNTIME.block_on(async {
        let options = Options { data_dir: folder.clone(), ..Build::Shell.options() };
        let launcher = Launcher::new(options);
        let trace = Some(TraceOptions::file(folder.join("run.jsonl")));
        let session = SessionOptions { trace, ..Stage::options() };
        let session = launcher.session(session).await.unwrap();
        let page = session.page();
        page.goto(&Stage::own("/pages/plain.html"), SOON).await.unwrap();
        for count in 0.. {
            let heading = page.locator(Selector::css("h1"));
            heading.click(ClickOptions::default(), SOON).await.unwrap();
            if count == 3 {
                println!("at work");
            }
        }
    });
}

#[test]
fn a_killed_host_leaves_a_trace_up_to_the_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut host = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed_traces::a_host", "--ignored", "--nocapture"])
        .env(FOLDER, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(host.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.any(|line| line.contains("at work")), "the host did not start");
    host.kill().unwrap();
    host.wait().unwrap();
    let text = std::fs::read_to_string(folder.path().join("run.jsonl")).unwrap();
    let read: Vec<Option<Json>> =
        text.lines().map(|line| serde_json::from_str(line).ok()).collect();
    let (last, before) = read.split_last().unwrap();
    assert!(before.iter().all(Option::is_some), "only the last line may be cut");
    let all: Vec<&Json> = before.iter().chain([last]).flatten().collect();
    let clicks: Vec<&&Json> = all.iter().filter(|line| line["action"] == "click").collect();
    assert!(clicks.len() >= 4);
    let holds = |id: &Json| all.iter().any(|line| line["kind"] == "resource" && line["id"] == *id);
    let captures: Vec<_> = all.iter().filter(|line| line["kind"] == "capture").collect();
    assert!(captures.len() >= 4);
    for capture in captures {
        assert!(holds(&capture["picture"]) && holds(&capture["frames"][0]["html"]), "{capture}");
    }
}
