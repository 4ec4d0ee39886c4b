//! `mavm keys`: API keys. Only their hashes are kept.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use mavm_store::AuditEntry;

use super::{ACTOR, open, report};
use crate::host::keys::new_key;

/// Makes API keys.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Makes a key and prints it, this once.
    Create {
        /// Who it is for; shown in the audit log.
        name: String,
    },
}

pub async fn run(path: Option<&Path>, args: Args) -> miette::Result<ExitCode> {
    let What::Create { name } = args.what;
    let (_, folders) = open(path)?;
    let store = folders.store().await.map_err(report)?;
    let (key, hash) = new_key();
    let now = jiff::Timestamp::now();
    store.put_key(&name, &hash, now).await.map_err(report)?;
    store
        .audit(AuditEntry {
            at: now,
            actor: ACTOR.into(),
            action: "key-created".into(),
            subject: name,
            detail: String::new(),
        })
        .await
        .map_err(report)?;
    println!("{key}");
    Ok(ExitCode::SUCCESS)
}
