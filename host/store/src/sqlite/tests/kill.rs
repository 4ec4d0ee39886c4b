//! `kill -9` at any moment: whatever the store had answered for is there afterwards.
//!
//! The child is this same test, told by a variable to be it. It appends to several runs at once and
//! prints each version once the store has answered; the parent kills it and looks.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::json;

use crate::sqlite::Sqlite;
use crate::tests::fixture::{at, claim, signup};
use crate::{AccountChange, RunChange, Store};

const CHILD: &str = "MAVM_STORE_TEST_APPENDS_TO";
const RUNS: u32 = 8;
const ROUNDS: i64 = 4;
const ACKNOWLEDGED: usize = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_acknowledged_survives() {
    if let Some(path) = std::env::var_os(CHILD) {
        return append_until_killed(Path::new(&path)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mavm.db");
    {
        let store = Sqlite::open(&path).await.unwrap();
        for number in 0..RUNS {
            signup(&store, number, at(0)).await;
        }
    }
    for round in 1..=ROUNDS {
        let acknowledged = tokio::task::block_in_place(|| kill_after(&path, ACKNOWLEDGED));
        let store = Sqlite::open(&path).await.unwrap();
        for run in store.runs(None, RUNS).await.unwrap() {
            let journal = store.journal(&run.id).await.unwrap();
            assert!((1..).zip(&journal).all(|(version, line)| line.version == version), "a gap");
            assert!(journal.iter().all(|line| line.entry == json!({"version": line.version})));
            assert_eq!(run.version, journal.len() as u64, "run and journal agree");
            let known = acknowledged.get(&run.id.0).copied().unwrap_or(0);
            assert!(run.version >= known, "round {round}: {known} was lost of {}", run.version);
        }
        store.release_claims("child").await.unwrap();
    }
}

/// Starts the child, kills it after so many lines, and gives the last version of each run that it
/// had printed by then.
fn kill_after(path: &Path, lines: usize) -> HashMap<String, u64> {
    let this = format!("{}::what_was_acknowledged_survives", module_path!());
    let (_, this) = this.split_once("::").unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", this, "--nocapture", "--test-threads=1"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut acknowledged = HashMap::new();
    let mut seen = 0;
    let mut line = String::new();
    while output.read_line(&mut line).unwrap() > 0 {
        // A line that the kill has cut short doesn't count.
        let words: Vec<&str> = line.split(' ').collect();
        if let (["acknowledged", run, version, _], true) = (&words[..], line.ends_with('\n')) {
            acknowledged.insert((*run).to_owned(), version.parse().unwrap());
            seen += 1;
        }
        if seen == lines {
            child.kill().unwrap();
        }
        line.clear();
    }
    let status = child.wait().unwrap();
    assert!(status.code().is_none(), "it was killed, and didn't end by itself: {status}");
    assert!(seen >= lines);
    acknowledged
}

async fn append_until_killed(path: &Path) {
    let store = Arc::new(Sqlite::open(path).await.unwrap());
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..RUNS {
        let claim = claim(&*store, "child", at(1)).await;
        let store = Arc::clone(&store);
        workers.spawn(async move {
            for version in claim.run.version + 1.. {
                let entry = json!({"version": version});
                let keep = AccountChange::default();
                store
                    .append(&claim.fence, at(2), vec![entry], RunChange::Keep, keep)
                    .await
                    .unwrap();
                // Ends when the parent is gone and the pipe with it.
                writeln!(std::io::stdout(), "acknowledged {} {version} .", claim.run.id).unwrap();
            }
        });
    }
    workers.join_all().await;
}
