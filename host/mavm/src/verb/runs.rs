//! `mavm runs`: what ran, what it waits for, and what a person can do about it.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use mavm_flow::{FlowTexts, RunView};
use mavm_store::{RunId, RunStatus};

use super::table::{or_dash, table, when};
use super::{ACTOR, open, report};
use crate::config::flow_view;
use crate::host::parts;

/// Lists runs, shows one, resumes or decides one.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Lists the newest (also without a word).
    List,
    /// Shows a run: its steps, what each found out, what went wrong, where its trace is.
    Show {
        /// The run.
        id: String,
    },
    /// Puts a parked or failed run back to work.
    Resume {
        /// The run.
        id: String,
    },
    /// Says what became of an effect that nobody could tell; then resume the run.
    Decide {
        /// The run.
        id: String,
        /// The effect, as `mavm runs show` names it.
        effect: String,
        /// It happened; the result to keep for it may be empty.
        #[arg(long, value_name = "RESULT", num_args = 0..=1, default_missing_value = "",
              conflicts_with = "had_not", required_unless_present = "had_not")]
        happened: Option<String>,
        /// It had not happened: it may be done.
        #[arg(long)]
        had_not: bool,
    },
}

pub async fn run(path: Option<&Path>, args: Args) -> miette::Result<ExitCode> {
    super::log_to_stderr("warn");
    let (config, folders) = open(path)?;
    match args.what.unwrap_or(What::List) {
        What::List => {
            let store = folders.store().await.map_err(report)?;
            let mut rows = table(["RUN", "FLOW", "ACCOUNT", "STATUS", "STARTED", "NOTE"]);
            for run in store.runs(None, 50).await.map_err(report)? {
                rows.add_row([
                    run.id.0,
                    run.flow,
                    run.account.0,
                    status(run.status).to_owned(),
                    when(Some(run.started_at)),
                    or_dash(run.note.map(|note| first_line(&note))),
                ]);
            }
            println!("{rows}");
        }
        What::Show { id } => {
            let store = folders.store().await.map_err(report)?;
            let texts =
                FlowTexts::open(&folders.flow_texts(), flow_view(&config)).map_err(report)?;
            let id = RunId(id);
            let view =
                RunView::load(&*store, &texts, &id).await.map_err(report)?.ok_or_else(|| {
                    miette::miette!(help = "`mavm runs` lists them", "there is no run {id}")
                })?;
            show(&view);
            let mut rows = table(["EFFECT", "INTENDED", "FINISHED", "RESULT"]);
            for effect in store.effects(&id).await.map_err(report)? {
                rows.add_row([
                    effect.name,
                    when(Some(effect.intended_at)),
                    when(effect.finished_at),
                    or_dash(effect.result),
                ]);
            }
            println!("{rows}");
            let trace = folders.traces().join(&id.0);
            if trace.is_dir() {
                println!("\ntrace: mavm trace open {}", trace.display());
            }
        }
        What::Resume { id } => {
            let parts = parts::open(&config, &folders).await.map_err(report)?;
            let starter = parts.starter(&config).map_err(report)?;
            starter.resume(&RunId(id.clone()), ACTOR).await.map_err(report)?;
            println!("{id} goes on");
        }
        What::Decide { id, effect, happened, .. } => {
            let store = folders.store().await.map_err(report)?;
            let run = RunId(id.clone());
            let now = jiff::Timestamp::now();
            store
                .effect_resolve(&run, now, &effect, happened.as_deref(), ACTOR)
                .await
                .map_err(report)?;
            println!("noted; now: mavm runs resume {id}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(view: &RunView) {
    let run = &view.run;
    println!("{} of {}, {}", run.id, run.flow, status(run.status));
    println!("account {}, started {} by {}", run.account, when(Some(run.started_at)), run.trigger);
    if let Some(note) = &run.note {
        println!("\n{note}");
    }
    let mut rows = table(["STEP", "STATUS", "TRIES", "TOOK", "FACTS"]);
    for step in &view.steps {
        let took = match (step.started_at, step.ended_at) {
            (Some(began), Some(ended)) => {
                format!("{:.1} s", ended.duration_since(began).as_secs_f64())
            }
            _ => "-".into(),
        };
        let facts: Vec<_> =
            step.facts.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let word = serde_json::to_value(step.status).unwrap_or_default();
        rows.add_row([
            step.id.clone(),
            word.as_str().unwrap_or("?").to_owned(),
            step.attempts.to_string(),
            took,
            facts.join(" "),
        ]);
    }
    println!("\n{rows}\n");
}

fn status(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Ready => "under way",
        RunStatus::Parked => "parked",
        RunStatus::Succeeded => "succeeded",
        RunStatus::Failed => "failed",
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(80).collect()
}
