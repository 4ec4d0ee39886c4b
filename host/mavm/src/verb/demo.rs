//! `mavm demo`: the main job, from end to end.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::demo::{self, Options};

/// Shows the main job from end to end on the practice console.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Leaves practice console and host running, and prints their addresses.
    #[arg(long)]
    keep: bool,
    /// Shows the browser; needs a display.
    #[arg(long)]
    headed: bool,
    /// A scenario switch of the practice console, `key=value`; may be given more than once.
    #[arg(long, value_name = "KEY=VALUE")]
    scenario: Vec<String>,
    /// Folder for all that the demo writes; emptied first.
    #[arg(long, default_value = "target/demo")]
    folder: PathBuf,
    /// Folder with the plugins' components.
    #[arg(long, default_value = "target/plugins")]
    plugins: PathBuf,
}

pub async fn run(args: Args) -> miette::Result<ExitCode> {
    let Args { keep, headed, scenario, folder, plugins } = args;
    if headed
        && std::env::var_os("DISPLAY").is_none()
        && std::env::var_os("WAYLAND_DISPLAY").is_none()
    {
        return Err(miette::miette!(
            help = "run it on a desktop, or without --headed",
            "--headed needs a display, and there is none (DISPLAY and WAYLAND_DISPLAY are unset)"
        ));
    }
    demo::run(Options { keep, headed, scenario, folder, plugins }).await.map_err(super::report)?;
    Ok(ExitCode::SUCCESS)
}
