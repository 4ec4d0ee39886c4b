//! The file vault under several threads, processes, crashes and wrong keys, and the WIT side on it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::BufRead as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use mavm_plugin::bindings::mavm::plugin::secrets::Host as _;
use mavm_plugin::{Capability as _, Failure};
use mavm_store::AccountName;
use secrecy::{ExposeSecret as _, SecretString};
use wasmtime::component::ResourceTable;

use super::fake::MemoryVault;
use super::*;
use crate::crypt::Crypt;

const CARD: &str = "4929000000006";

fn vault(folder: &Path) -> FileVault {
    let crypt = Crypt::from_file(&folder.join("master.key")).unwrap();
    FileVault::open(folder.join("secrets.enc"), Arc::new(crypt)).unwrap()
}

async fn value(vault: &dyn Vault, name: &str) -> Option<String> {
    vault.get(name).await.unwrap().map(|value| value.expose_secret().to_owned())
}

#[tokio::test]
async fn both_vaults_keep_replace_list_and_remove() {
    let folder = tempfile::tempdir().unwrap();
    let vaults: [Box<dyn Vault>; 2] =
        [Box::new(vault(folder.path())), Box::new(MemoryVault::default())];
    for vault in vaults {
        let vault = vault.as_ref();
        assert_eq!(value(vault, "card-number").await, None);
        assert!(!vault.remove("card-number").await.unwrap());
        vault.set("card-number", CARD.into()).await.unwrap();
        vault.set("card-pin", "1".into()).await.unwrap();
        vault.set("card-pin", "ü\"\\\n".into()).await.unwrap();
        assert_eq!(value(vault, "card-pin").await.unwrap(), "ü\"\\\n");
        assert_eq!(vault.names().await.unwrap(), ["card-number", "card-pin"]);
        let kept = vault.set_once("card-pin", "other".into()).await.unwrap();
        assert_eq!(kept.expose_secret(), "ü\"\\\n");
        assert!(vault.remove("card-pin").await.unwrap());
        assert_eq!(
            vault.set_once("card-pin", "other".into()).await.unwrap().expose_secret(),
            "other"
        );
        assert!(matches!(vault.set("../x", "y".into()).await, Err(Error::Name(_))));
        assert!(matches!(vault.set("x", "".into()).await, Err(Error::Value { .. })));
        let long = SecretString::from("x".repeat(MAX_VALUE + 1));
        assert!(matches!(vault.set_once("x", long).await, Err(Error::Value { .. })));
        assert_eq!(value(vault, "card-number").await.unwrap(), CARD);
    }
}

#[tokio::test]
async fn the_file_shows_neither_values_nor_names_and_only_to_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path());
    vault.set("card-number", CARD.into()).await.unwrap();
    let mut files = 0;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for word in [CARD, "card-number"] {
            assert!(!bytes.windows(word.len()).any(|part| part == word.as_bytes()), "{path:?}");
        }
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600, "{path:?}");
        files += 1;
    }
    assert_eq!(files, 3, "key, secrets, lock");
    assert!(!format!("{vault:?}").contains(CARD));
}

#[tokio::test]
async fn another_key_or_a_changed_file_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let good = vault(folder.path());
    good.set("card-number", CARD.into()).await.unwrap();
    let path = folder.path().join("secrets.enc");
    let sealed = std::fs::read(&path).unwrap();

    let other = Arc::new(Crypt::ephemeral().unwrap());
    let error = FileVault::open(&path, other).unwrap_err().to_string();
    assert!(error.contains("another master key") && error.contains("secrets.enc"), "{error}");

    let mut changed = sealed.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    for bad in [changed, sealed[..last].to_vec(), Vec::new()] {
        std::fs::write(&path, &bad).unwrap();
        assert!(matches!(good.get("card-number").await, Err(Error::Sealed { .. })));
        assert!(matches!(good.set("card-pin", "1".into()).await, Err(Error::Sealed { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), bad);
    }
    std::fs::write(&path, &sealed).unwrap();
    assert_eq!(value(&good, "card-number").await.unwrap(), CARD);
}

/// Runs [`child`] in a process of its own.
fn start_child(folder: &Path, id: &str, count: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "secrets::tests::child", "--nocapture", "--ignored"])
        .env("MAVM_TEST_VAULT", folder)
        .env("MAVM_TEST_CHILD", id)
        .env("MAVM_TEST_COUNT", count)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[tokio::test]
#[ignore = "only as a child process of the tests below"]
async fn child() {
    let Ok(folder) = std::env::var("MAVM_TEST_VAULT") else { return };
    let id = std::env::var("MAVM_TEST_CHILD").unwrap();
    let count: u64 = std::env::var("MAVM_TEST_COUNT").unwrap().parse().unwrap();
    let vault = vault(Path::new(&folder));
    let shared = vault.set_once("shared", id.as_str().into()).await.unwrap();
    println!("\nshared {}", shared.expose_secret());
    for n in 0..count {
        vault.set(&format!("{id}/{n}"), format!("value {n}").into()).await.unwrap();
        println!("\nkept {id}/{n}");
    }
}

#[tokio::test]
async fn processes_and_threads_that_write_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let children: Vec<_> =
        ["one", "two"].map(|id| start_child(folder.path(), id, "25")).into_iter().collect();
    let here = vault(folder.path());
    let tasks: Vec<_> = (0..25)
        .map(|n| {
            let here = here.clone();
            tokio::spawn(async move { here.set(&format!("here/{n}"), "x".into()).await.unwrap() })
        })
        .collect();
    let mut shared = HashSet::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("shared ")).unwrap();
        shared.insert(line.to_owned());
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(shared.len(), 1, "two processes got different values of one secret: {shared:?}");
    assert_eq!(here.names().await.unwrap().len(), 3 * 25 + 1);
}

#[tokio::test]
async fn a_killed_writer_leaves_a_sound_file_with_all_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    for round in ["a", "b", "c"] {
        let mut child = start_child(folder.path(), round, "1000000");
        let lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
        let mut kept = Vec::new();
        for line in lines.map_while(Result::ok) {
            if let Some(name) = line.strip_prefix("kept ") {
                kept.push(name.to_owned());
            }
            if kept.len() == 10 {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        let after = vault(folder.path());
        for name in &kept {
            assert!(value(&after, name).await.is_some(), "{name} was acknowledged and is gone");
        }
        // The dead writer's lock must not keep others out.
        after.set("after", round.into()).await.unwrap();
    }
}

fn config(grants: &[&str], bound: &[&str]) -> SecretsConfig {
    let grants: BTreeSet<_> = grants.iter().map(|&name| name.to_owned()).collect();
    let origins = vec!["https://signup.example".to_owned()];
    SecretsConfig {
        grants: BTreeMap::from([("aws-payment".to_owned(), grants)]),
        bindings: bound.iter().map(|&name| (name.to_owned(), origins.clone())).collect(),
    }
}

fn account() -> AccountName {
    AccountName("ovm-0123abcd".into())
}

#[tokio::test]
async fn a_granted_secret_comes_as_a_handle_with_its_origins() {
    let vault = Arc::new(MemoryVault::with(&[("card-number", CARD)]));
    let secrets = Secrets::new(vault, config(&["card-number"], &["card-number"]));
    let mut step = secrets.step("aws-payment", &account());
    let mut table = ResourceTable::new();
    let handle = SecretsView { step: Some(&mut step), table: &mut table }
        .get("card-number".into())
        .await
        .unwrap()
        .unwrap();
    let kept = table.get(&handle).unwrap().clone();
    assert_eq!(kept.value.expose_secret(), CARD);
    assert_eq!(kept.origins, ["https://signup.example"]);
    assert!(!format!("{kept:?}").contains(CARD));
}

#[tokio::test]
async fn what_is_missing_says_what_to_do() {
    let cases: [(&[&str], &[&str], &str, &str); 4] = [
        (
            &[],
            &["card-number"],
            "card-number",
            "Denied|[plugins.aws-payment]\nsecrets = [\"card-number\"]",
        ),
        (&["card-number"], &[], "card-number", "Denied|[secrets.card-number]\nsites = "),
        (
            &["card-number"],
            &["card-number"],
            "card-number",
            "Unsupported|mavm secrets set card-number",
        ),
        (&["card-number"], &["card-number"], "card number", "Invalid|no name for a secret"),
    ];
    for (grants, bound, name, wanted) in cases {
        let secrets = Secrets::new(Arc::new(MemoryVault::default()), config(grants, bound));
        let mut step = secrets.step("aws-payment", &account());
        let mut table = ResourceTable::new();
        let mut view = SecretsView { step: Some(&mut step), table: &mut table };
        let shown = match view.get(name.into()).await.unwrap().unwrap_err() {
            Failure::Denied(text) => format!("Denied|{text}"),
            Failure::Unsupported(text) => format!("Unsupported|{text}"),
            Failure::Invalid(text) => format!("Invalid|{text}"),
            other => panic!("{other:?}"),
        };
        let (kind, text) = wanted.split_once('|').unwrap();
        assert!(shown.starts_with(kind) && shown.contains(text), "{shown}");
    }
}

#[tokio::test]
async fn an_accounts_password_is_made_once_and_kept_before_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let kept = vault(folder.path());
    let secrets = Arc::new(Secrets::new(
        Arc::new(kept.clone()),
        config(&["root-password"], &["root-password"]),
    ));
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let secrets = secrets.clone();
            tokio::spawn(async move {
                let mut step = secrets.step("aws-payment", &account());
                let mut table = ResourceTable::new();
                let mut view = SecretsView { step: Some(&mut step), table: &mut table };
                let handle = view.of_account("root-password".into()).await.unwrap().unwrap();
                table.get(&handle).unwrap().value.expose_secret().to_owned()
            })
        })
        .collect();
    let mut passwords = HashSet::new();
    for task in tasks {
        passwords.insert(task.await.unwrap());
    }
    assert_eq!(passwords.len(), 1, "racing steps got different passwords");
    let password = passwords.into_iter().next().unwrap();
    assert!(password::follows_policy(&password));
    let name = account_secret(&account(), "root-password");
    assert_eq!(name, "account/ovm-0123abcd/root-password");
    assert_eq!(value(&vault(folder.path()), &name).await.unwrap(), password);
}

#[tokio::test]
async fn an_accounts_secret_needs_a_grant_and_reaches_no_other_account() {
    let vault = Arc::new(MemoryVault::default());
    let secrets = Secrets::new(vault.clone(), config(&["root-password"], &["root-password"]));
    let mut table = ResourceTable::new();
    let mut step = secrets.step("card-otp", &account());
    let mut view = SecretsView { step: Some(&mut step), table: &mut table };
    let answer = view.of_account("root-password".into()).await.unwrap();
    assert!(matches!(answer, Err(Failure::Denied(_))), "{answer:?}");
    let mut step = secrets.step("aws-payment", &account());
    for name in ["../ovm-ffffffff/root-password", "x/root-password", ""] {
        let mut view = SecretsView { step: Some(&mut step), table: &mut table };
        let answer = view.of_account(name.into()).await.unwrap();
        assert!(matches!(answer, Err(Failure::Invalid(_))), "{name}: {answer:?}");
    }
    assert!(vault.names().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_plugin_that_describes_itself_gets_no_secret() {
    let mut table = ResourceTable::new();
    let mut view = SecretsView { step: None, table: &mut table };
    assert!(view.get("card-number".into()).await.is_err());
    assert!(view.of_account("root-password".into()).await.is_err());
}

#[test]
fn the_interface_is_linked() {
    let secrets = Secrets::new(Arc::new(MemoryVault::default()), SecretsConfig::default());
    let mut linker = wasmtime::component::Linker::new(&wasmtime::Engine::default());
    secrets.link(&mut linker).unwrap();
    assert!(secrets.link(&mut linker).is_err(), "nothing was there before");
}
