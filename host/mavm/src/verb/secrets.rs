//! `mavm secrets`: values go in by prompt or standard input, never as words on the command line,
//! and never come out again.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use secrecy::SecretString;

use super::{open, report};

/// Sets, lists and removes secrets.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Asks for a value (or reads one line from standard input) and keeps it encrypted.
    Set {
        /// Such as `card-number`, `card-pin`.
        name: String,
    },
    /// Lists names, never values.
    List,
    /// Forgets one.
    Remove {
        /// Its name.
        name: String,
    },
}

pub async fn run(path: Option<&Path>, args: Args) -> miette::Result<ExitCode> {
    let (config, folders) = open(path)?;
    let vault = folders.vault().map_err(report)?;
    match args.what {
        What::Set { name } => {
            vault.set(&name, ask(&name)?).await.map_err(report)?;
            println!("{name} is set");
            let logins = config.sites.values().filter_map(|site| site.login.as_ref());
            let of_login = logins.into_iter().any(|login| login.secret == name);
            if !of_login && !config.secrets.contains_key(&name) {
                println!(
                    "It can't be used yet: add to mavm.toml where it may be typed:\n\n\
                     [secrets.{name}]\nsites = [\"signup\"]"
                );
            }
        }
        What::List => {
            for name in vault.names().await.map_err(report)? {
                println!("{name}");
            }
        }
        What::Remove { name } => {
            if !vault.names().await.map_err(report)?.contains(&name) {
                return Err(miette::miette!(
                    help = "`mavm secrets list` shows what is set",
                    "there is no secret {name}"
                ));
            }
            vault.remove(&name).await.map_err(report)?;
            println!("{name} is removed");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn ask(name: &str) -> miette::Result<SecretString> {
    let value = if std::io::stdin().is_terminal() {
        rpassword::prompt_password(format!("{name}: ")).map_err(report)?
    } else {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map_err(report)?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    if value.is_empty() {
        return Err(miette::miette!(
            help = format!(
                "type the value, or pipe it: printf %s \"$VALUE\" | mavm secrets set {name}"
            ),
            "nothing was entered, so {name} was not changed"
        ));
    }
    Ok(value.into())
}
