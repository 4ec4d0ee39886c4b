//! `cargo xtask test`: builds everything and passes the whole suite. Words are passed on to
//! `cargo test`.
//!
//! With `--retry` (what `.ci/run` says) a few tests that fail are run once more, alone. What then
//! passes is told as flaky, which is a bug to be fixed at its cause, but does not keep a whole
//! day's work from landing on a machine that nobody can look at.

mod outcome;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use outcome::Outcome;

use crate::{browser, build, plugins};

/// More than this many failures are no accident.
const MOST_RETRIED: usize = 4;

pub fn run(words: &[String]) -> Result<()> {
    browser::ensure_both()?;
    plugins::run(&build::root())?;
    build::host()?;
    match words.split_first() {
        Some((first, rest)) if first == "--retry" => retrying(rest)?,
        _ => build::run(suite().args(words))?,
    }
    // What of the SDK and the plugins' shared page knowledge needs no host.
    let folder = build::target()?.join("plugins-build");
    build::run(
        build::cargo()
            .args(["test", "--locked", "--manifest-path", "plugins/Cargo.toml", "--workspace"])
            .arg("--target-dir")
            .arg(folder),
    )
}

fn suite() -> Command {
    let mut suite = build::cargo();
    suite.args(["test", "--locked", "--workspace"]);
    suite
}

fn retrying(words: &[String]) -> Result<()> {
    let (status, first) = heard(suite().arg("--no-fail-fast").args(words))?;
    if status.success() {
        return Ok(());
    }
    let failed = first.worth_a_retry(MOST_RETRIED)?;
    println!("\nonce more, alone: {}\n", failed.join(", "));
    let (status, second) =
        heard(suite().args(["--", "--exact", "--test-threads=1"]).args(&failed))?;
    if !status.success() {
        bail!("failed twice: {}", second.failed.join(", "));
    }
    if second.passed < failed.len() {
        bail!("{} tests failed and only {} of them ran again", failed.len(), second.passed);
    }
    println!("\nFLAKY, failed and then passed alone; to be fixed at the cause:");
    for name in failed {
        println!("    {name}");
    }
    Ok(())
}

/// Runs a test command, shows its output and hears what came of it.
fn heard(command: &mut Command) -> Result<(ExitStatus, Outcome)> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("can't start {command:?}"))?;
    let mut outcome = Outcome::default();
    if let Some(output) = child.stdout.take() {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        // Bytes, since a test may print what is no text.
        while output.read_until(b'\n', &mut line)? > 0 {
            std::io::stdout().write_all(&line)?;
            outcome.hear(String::from_utf8_lossy(&line).trim_end());
            line.clear();
        }
    }
    Ok((child.wait()?, outcome))
}
