//! `mavm signups`: the switch that stops all sign-ups at once, on every host.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use super::{ACTOR, open, report};

/// Stops all sign-ups at once, or lets them go on.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum What {
    /// No new sign-up starts from now on, whatever asks for it. Runs that are under way go on.
    Stop,
    /// Sign-ups may start again, at the configured pace.
    Start,
    /// Says which it is.
    Status,
}

pub async fn run(path: Option<&Path>, args: Args) -> miette::Result<ExitCode> {
    let (_, folders) = open(path)?;
    let store = folders.store().await.map_err(report)?;
    let turn = match args.what {
        What::Stop => Some(true),
        What::Start => Some(false),
        What::Status => None,
    };
    if let Some(stopped) = turn {
        store.stop_signups(stopped, ACTOR, jiff::Timestamp::now()).await.map_err(report)?;
    }
    let stopped = store.signups_stopped().await.map_err(report)?;
    println!("{}", if stopped { "sign-ups are stopped" } else { "sign-ups may start" });
    Ok(ExitCode::SUCCESS)
}
