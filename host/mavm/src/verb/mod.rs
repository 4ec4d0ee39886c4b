//! The commands: one file per verb. A verb reads its words, asks the store, the vault or the host,
//! and prints; what it does for a living is elsewhere.

pub mod accounts;
pub mod challenges;
pub mod config;
pub mod demo;
pub mod flow;
pub mod keys;
pub mod plugin;
pub mod run;
pub mod runs;
pub mod sandbox;
pub mod secrets;
pub mod serve;
pub mod signups;
mod table;
pub mod trace;

use std::path::Path;

use crate::config::{Config, check, load};
use crate::host::Folders;

/// What most verbs need: the configuration and its folders.
fn open(path: Option<&Path>) -> miette::Result<(Config, Folders)> {
    let config = load(path)?.config;
    let folders = Folders::of(&config);
    Ok((config, folders))
}

/// Stops before anything is done with a configuration that can't work.
fn must_be_right(config: &Config) -> miette::Result<()> {
    let wrong = check(config);
    if wrong.is_empty() {
        return Ok(());
    }
    Err(miette::miette!(
        help = "`mavm config check` says it again, `mavm config example` prints every key",
        "the configuration is not right:\n{}",
        wrong.join("\n")
    ))
}

/// Any error as a report, its causes below it.
fn report(error: impl Into<anyhow::Error>) -> miette::Report {
    miette::miette!("{:#}", error.into())
}

/// Who acts when a person uses the command line.
const ACTOR: &str = "person:cli";

/// Logs to standard error; `RUST_LOG` chooses what, without it `level` and above.
fn log_to_stderr(level: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .try_init()
        .ok();
}
