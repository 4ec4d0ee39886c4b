//! The host as a program: started, asked by command line, killed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tokio::io::AsyncWriteExt as _;

/// The built program, beside this test binary's folder.
fn program() -> PathBuf {
    let path = target().join("debug/mavm");
    assert!(
        path.exists(),
        "{} is not built: run `cargo xtask test`, which builds it first",
        path.display()
    );
    path
}

/// The target folder that this test binary is in: `<target>/debug/deps/<binary>`.
pub(crate) fn target() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned()
}

/// Lets all hosts of the suite share what was compiled: a host trusts compiled code by a key in its
/// data folder, so they all get the same.
pub(crate) fn share_compiled_plugins(folder: &Path) {
    let plugins = folder.join("data/plugins");
    std::fs::create_dir_all(&plugins).unwrap();
    std::fs::write(plugins.join("cache.key"), [7; 32]).unwrap();
}

/// Runs a verb to its end with this text as standard input, and gives what it printed.
pub(crate) async fn verb(folder: &Path, words: &[&str], input: &str) -> std::process::Output {
    let mut child = tokio::process::Command::new(program())
        .arg("--config")
        .arg(folder.join("mavm.toml"))
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
    child.wait_with_output().await.unwrap()
}

/// Starts a verb that goes on until it is ended; what it prints can be read.
pub(crate) fn begin(folder: &Path, words: &[&str]) -> tokio::process::Child {
    tokio::process::Command::new(program())
        .arg("--config")
        .arg(folder.join("mavm.toml"))
        .args(words)
        // Nothing comes up on the screen of whoever runs the tests.
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Runs `mavm demo` to its end.
pub async fn demo(folder: &Path) -> std::process::Output {
    tokio::process::Command::new(program())
        .args(["demo", "--folder"])
        .arg(folder)
        .arg("--plugins")
        .arg(target().join("plugins"))
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap()
}

/// Starts `mavm serve`; its output is appended to `host.log`.
pub(crate) fn serve(folder: &Path) -> Child {
    let log =
        std::fs::File::options().create(true).append(true).open(folder.join("host.log")).unwrap();
    std::fs::remove_file(folder.join("addresses.json")).ok();
    Command::new(program())
        .arg("--config")
        .arg(folder.join("mavm.toml"))
        .args(["serve", "--addresses-file"])
        .arg(folder.join("addresses.json"))
        .env("RUST_LOG", "info,mavm=debug,mavm_browser=debug,mavm_capability=debug,mavm_flow=debug")
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}
