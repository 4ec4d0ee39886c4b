//! `mavm serve`: the host.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{open, report};
use crate::host::serve;

/// Runs the host: HTTP API, mail listener, triggers and workers.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Writes the addresses it listens on to this file, as JSON, once it is ready.
    #[arg(long, value_name = "FILE")]
    addresses_file: Option<PathBuf>,
}

pub async fn run(path: Option<&Path>, args: Args) -> miette::Result<ExitCode> {
    super::log_to_stderr("info");
    let (config, folders) = open(path)?;
    super::must_be_right(&config)?;
    serve::run(&config, &folders, args.addresses_file.as_deref()).await.map_err(report)?;
    Ok(ExitCode::SUCCESS)
}
