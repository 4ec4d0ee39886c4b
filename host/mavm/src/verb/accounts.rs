//! `mavm accounts`: what is tracked.

use std::path::Path;
use std::process::ExitCode;

use mavm_store::AccountStatus;

use super::table::{or_dash, table, when};
use super::{open, report};

/// Lists accounts.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only those of one status, such as CREATED.
    #[arg(long)]
    status: Option<String>,
}

pub async fn run(path: Option<&Path>, args: Args) -> miette::Result<ExitCode> {
    let (_, folders) = open(path)?;
    let status: Option<AccountStatus> = match args.status {
        Some(word) => Some(serde_json::from_value(word.to_uppercase().into()).map_err(|_| {
            miette::miette!(
                help =
                    "there are PLANNED, IN_PROGRESS, CREATED, VENDED, CLOSING, CLOSED, QUARANTINED",
                "`{word}` is no status of an account"
            )
        })?),
        None => None,
    };
    let store = folders.store().await.map_err(report)?;
    let mut rows = table(["NAME", "STATUS", "ACCOUNT", "EMAIL", "LEASE UNTIL", "NOTE"]);
    for account in store.accounts(status).await.map_err(report)? {
        let word = serde_json::to_value(account.status).map_err(report)?;
        rows.add_row([
            account.name.0,
            word.as_str().unwrap_or_default().to_owned(),
            or_dash(account.id),
            account.email,
            when(account.lease_until),
            or_dash(account.note),
        ]);
    }
    println!("{rows}");
    Ok(ExitCode::SUCCESS)
}
