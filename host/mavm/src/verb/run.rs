//! `mavm run`: starts a run and follows it to its end. Where a host works on the data folder, it does
//! the work; otherwise this process is the host until the run is over: with its API and its mail
//! listener, because codes and mails must be able to arrive.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use mavm_flow::RunView;
use mavm_flow::machine::StepStatus;
use mavm_store::{AccountName, RunId, RunStatus};

use super::{ACTOR, open, report};
use crate::config::Config;
use crate::host::parts::{self, Parts};
use crate::host::serve::Host;
use crate::host::{Folders, stop_signal};

/// Starts a run of a flow and follows it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The flow; `mavm flow list` shows them.
    flow: String,
    /// The account it works on, such as ovm-1a2b3c4d; none for a flow that makes one.
    #[arg(long)]
    account: Option<String>,
    /// Starts it and doesn't wait. Needs a host that runs.
    #[arg(long)]
    detach: bool,
}

pub async fn run(path: Option<&Path>, args: Args) -> miette::Result<ExitCode> {
    super::log_to_stderr("warn");
    let (config, folders) = open(path)?;
    super::must_be_right(&config)?;
    let Some(lock) = folders.lock().map_err(report)? else {
        let parts = parts::open(&config, &folders).await.map_err(report)?;
        let id = start(&config, &folders, &parts, &args).await?;
        return if args.detach { Ok(ExitCode::SUCCESS) } else { follow(&parts, &id).await };
    };
    if args.detach {
        return Err(miette::miette!(
            help = "start `mavm serve`, or leave out --detach",
            "--detach needs a host that does the work, and none runs on {}",
            folders.data().display()
        ));
    }
    let host = Host::start(&config, &folders, lock).await.map_err(report)?;
    let end = match start(&config, &folders, &host.parts, &args).await {
        Ok(id) => follow(&host.parts, &id).await,
        Err(error) => Err(error),
    };
    host.stop().await;
    end
}

async fn start(
    config: &Config,
    folders: &Folders,
    parts: &Parts,
    args: &Args,
) -> miette::Result<RunId> {
    if let Some(flow) = parts.flows.get(&args.flow) {
        parts::check_secrets(config, folders, flow).await.map_err(report)?;
    }
    let starter = parts.starter(config).map_err(report)?;
    let account = args.account.clone().map(AccountName);
    let id = starter.by_person(&args.flow, account.as_ref(), ACTOR).await.map_err(report)?;
    println!("run {id}");
    Ok(id)
}

/// Prints each step as it ends, then how the run did.
async fn follow(parts: &Parts, id: &RunId) -> miette::Result<ExitCode> {
    let mut shown = 0;
    let mut look = tokio::time::interval(Duration::from_millis(200));
    loop {
        tokio::select! {
            _ = look.tick() => {}
            () = stop_signal() => {
                println!("stopped watching; the run goes on where a host works");
                return Ok(ExitCode::FAILURE);
            }
        }
        let view = RunView::load(&*parts.store, &parts.worker.texts, id).await.map_err(report)?;
        let Some(view) = view else { continue };
        while let Some(step) = view.steps.get(shown) {
            match step.status {
                StepStatus::Done => println!("  ✓ {}", step.id),
                StepStatus::Skipped => println!("  - {}", step.id),
                _ => break,
            }
            shown += 1;
        }
        match view.run.status {
            RunStatus::Ready => {}
            RunStatus::Succeeded => {
                println!("succeeded: {}", view.run.account);
                return Ok(ExitCode::SUCCESS);
            }
            RunStatus::Failed | RunStatus::Parked => {
                let word = if view.run.status == RunStatus::Failed { "failed" } else { "parked" };
                println!("{word}: {}", view.run.note.unwrap_or_default());
                println!("mavm runs show {id}\nmavm trace open {id}");
                return Ok(ExitCode::FAILURE);
            }
        }
    }
}
