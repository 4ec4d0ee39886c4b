//! Flows that are right are read; of flows that are wrong every mistake is told, with its place and
//! what to do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::time::Duration;

use mavm_flow::definition::{Target, Trigger};
use mavm_flow::{Flow, Flows, embedded};

use crate::catalogue::{catalogue, of_the_docs};

/// Each `bad/<case>.toml` gives the report in `bad/<case>.txt`. After a wanted change, run with
/// `UPDATE_EXPECTED=1` and read the difference.
#[test]
fn every_mistake_is_told_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad");
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let mut cases = 0;
    let mut wrong = Vec::new();
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|path| path.extension().is_some_and(|it| it == "toml")) {
        cases += 1;
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let found = match Flow::parse(name, &text, &catalogue()) {
            Ok(_) => "no mistake found\n".to_owned(),
            Err(problems) => format!("{problems}\n\n{}", problems.render(false)),
        };
        let found: String = found.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        let expected_path = path.with_extension("txt");
        if update {
            std::fs::write(&expected_path, &found).unwrap();
            continue;
        }
        let expected = std::fs::read_to_string(&expected_path).unwrap_or_default();
        if found != expected {
            wrong.push(format!("--- {name}: expected\n{expected}--- found\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases >= 15, "only {cases} cases were found");
}

#[test]
fn the_flows_of_this_repository_are_right() {
    let flows = Flows::from_texts(embedded(), &catalogue()).unwrap_or_else(|problems| {
        panic!("{}", problems.render(false));
    });
    let create = flows.get("create-account").unwrap();
    assert_eq!(create.steps.len(), 15);
    assert_eq!(
        create.triggers[0],
        Trigger::StockBelow { target: 2, every: Duration::from_secs(7200), max_per_day: 12 }
    );
    let card = &create.steps[create.position("card").unwrap()];
    assert_eq!(card.on["none"], Target::Step(create.position("identity").unwrap()));
    let challenge = &create.steps[create.position("challenge").unwrap()];
    assert_eq!(challenge.plugin, "card-otp", "from the configuration");
    let close = flows.get("close-account").unwrap();
    assert_eq!(close.steps[0].on["suspended"], Target::Step(3));
    assert_eq!(close.steps[3].next, Target::End);
}

#[test]
fn the_digest_is_of_the_text() {
    let (path, text) = embedded().remove(1);
    let flow = Flow::parse(&path, &text, &catalogue()).unwrap();
    let changed = Flow::parse(&path, &format!("{text}\n# more"), &catalogue()).unwrap();
    assert_eq!(flow.digest.len(), 64);
    assert_ne!(flow.digest, changed.digest);
}

#[test]
fn a_folder_of_flows_reports_all_of_them_together() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.toml"), "name = \"a\"\nnonsense = 1\n").unwrap();
    std::fs::write(folder.path().join("b.toml"), "name = ").unwrap();
    std::fs::write(folder.path().join("notes.txt"), "not a flow").unwrap();
    let problems = Flows::load(folder.path(), &catalogue()).unwrap_err().to_string();
    for expected in
        ["a.toml:2:1: a flow has no `nonsense`", "a.toml:1:1: a flow needs", "b.toml:1:"]
    {
        assert!(problems.contains(expected), "{expected} is not in\n{problems}");
    }
    let missing = Flows::load(&folder.path().join("nosuch"), &catalogue()).unwrap_err();
    assert!(missing.to_string().contains("can't be read"), "{missing}");
}

#[test]
fn two_flows_of_one_name_are_refused() {
    let (path, text) = embedded().remove(1);
    let twice = vec![(path, text.clone()), ("other.toml".to_owned(), text)];
    let problems = Flows::from_texts(twice, &catalogue()).unwrap_err().to_string();
    assert!(problems.contains("both call their flow `close-account`"), "{problems}");
}

/// No text, however cut or mangled, breaks the reader.
#[test]
fn mangled_texts_never_panic() {
    for (path, text) in embedded() {
        let cuts = (0..text.len()).step_by(17).filter(|at| text.is_char_boundary(*at));
        for at in cuts {
            let _ = Flow::parse(&path, &text[..at], &catalogue());
            let _ = Flow::parse(&path, &text[at..], &catalogue());
        }
        for (from, to) in
            [("\"", "'"), ("=", "= ="), ("{{", "{%"), ("id", "when"), ("step", "with")]
        {
            let broken = text.replace(from, to);
            if let Err(problems) = Flow::parse(&path, &broken, &catalogue()) {
                assert!(!problems.render(false).is_empty());
            }
        }
    }
}

#[test]
fn the_flow_that_the_docs_show_for_a_page_of_ones_own_is_right() {
    let docs = include_str!("../../../../docs/browser.md");
    let shown = docs.split("```toml\n").filter_map(|rest| rest.split("```").next());
    let shown = shown.filter(|block| block.contains("[[step]]")).collect::<Vec<_>>();
    let [shown] = shown[..] else { panic!("{} flows", shown.len()) };
    let flow = Flow::parse("try.toml", shown, &of_the_docs()).unwrap_or_else(|problems| {
        panic!("{}", problems.render(false));
    });
    assert_eq!((flow.name.as_str(), flow.steps.len()), ("try", 1));
    assert!(flow.triggers.contains(&Trigger::Person));
}
