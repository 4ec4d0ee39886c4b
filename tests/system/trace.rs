//! What the browser did in a run is listed, and shown, by command.

use mavm_tests::{LIMIT, Machine, Setup};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};

/// Runs a verb that must refuse, and gives what it says, on one line.
async fn refused(machine: &Machine, words: &[&str]) -> String {
    // One that doesn't refuse would show the trace for ever.
    let output = tokio::time::timeout(LIMIT, machine.verb(words, "")).await.unwrap();
    assert!(!output.status.success(), "{words:?}");
    let said = String::from_utf8_lossy(&output.stderr).replace('│', " ");
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn is_listed_and_opened_by_command() {
    let machine = Machine::start(Setup::with(&[])).await;
    let run = machine.run_of("create-account").await;
    assert_eq!(machine.ended(&run).await["status"], "succeeded");

    let list = machine.verb_ok(&["trace", "list"], "").await;
    let listed = |session: &str| {
        let ending = format!("{run}/{session}.jsonl");
        list.lines().any(|line| line.contains(&run) && line.trim_end().ends_with(&ending))
    };
    assert!(listed("signup") && listed("root"), "{list}");

    let signup = machine.folder().join("data/traces").join(&run).join("signup.jsonl");
    for what in [run.as_str(), signup.to_str().unwrap()] {
        shows(&machine, what, &run).await;
    }

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = refused(&machine, &["trace", "open", &run, "--port", &port]).await;
    assert!(said.contains("another --port may be free"), "{said}");
}

/// Opens a trace, looks at what is served, and ends it as a person does.
async fn shows(machine: &Machine, what: &str, run: &str) {
    let mut viewer = machine.begin(&["trace", "open", what]);
    let mut said = BufReader::new(viewer.stdout.take().unwrap()).lines();
    let file = said.next_line().await.unwrap().unwrap();
    assert!(file.contains(run) && file.ends_with(".jsonl"), "{file}");
    let address = said.next_line().await.unwrap().unwrap();

    let page = reqwest::get(&address).await.unwrap().text().await.unwrap();
    assert!(page.contains("viewer.js"), "{page}");
    let lines = reqwest::get(format!("{address}trace.json")).await.unwrap().text().await.unwrap();
    let lines: Vec<Value> = serde_json::from_str(&lines).unwrap();
    let is_of_run = |line: &Value| line["kind"] == "step" && line["run"] == run;
    assert!(lines.iter().any(is_of_run), "no step of {run}");
    assert!(lines.iter().any(|line| line["kind"] == "action"), "no action");
    // Who doesn't know the path gets nothing.
    let guess = address.trim_end_matches('/').rsplit_once('/').unwrap().0;
    assert_eq!(reqwest::get(format!("{guess}/guess/")).await.unwrap().status(), 404);

    let pid = i32::try_from(viewer.id().unwrap()).unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert!(viewer.wait().await.unwrap().success());
}

#[tokio::test]
async fn is_told_when_there_is_none() {
    let machine = Machine::start(Setup { target: 0, ..Setup::with(&[]) }).await;
    let list = machine.verb_ok(&["trace", "list"], "").await;
    assert!(list.contains("SESSION") && !list.contains(".jsonl"), "{list}");
    let said = refused(&machine, &["trace", "open", "no-such-run"]).await;
    assert!(said.contains("there is no trace no-such-run"), "{said}");
    assert!(said.contains("mavm trace list"), "{said}");
    let letter = machine.folder().join("letter.txt");
    std::fs::write(&letter, "Dear reader,\n{\"kind\": \n").unwrap();
    let said = refused(&machine, &["trace", "open", letter.to_str().unwrap()]).await;
    assert!(said.contains("is no trace"), "{said}");
}
