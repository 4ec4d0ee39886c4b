//! `mavm config`: is it right, and what could be in it.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use crate::config::{EXAMPLE, check, load};

/// Checks the configuration, or prints a commented one.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Looks the configuration over and says everything that is wrong.
    Check,
    /// Prints a commented configuration with every key.
    Example,
}

pub fn run(path: Option<&Path>, args: Args) -> miette::Result<ExitCode> {
    match args.what {
        What::Example => {
            print!("{EXAMPLE}");
            Ok(ExitCode::SUCCESS)
        }
        What::Check => {
            let loaded = load(path)?;
            let name = loaded.path.map_or_else(
                || "the defaults (there is no mavm.toml)".to_owned(),
                |path| path.display().to_string(),
            );
            let wrong = check(&loaded.config);
            if wrong.is_empty() {
                println!("{name}: all right");
                return Ok(ExitCode::SUCCESS);
            }
            for line in &wrong {
                eprintln!("{name}: {line}");
            }
            Ok(ExitCode::FAILURE)
        }
    }
}
