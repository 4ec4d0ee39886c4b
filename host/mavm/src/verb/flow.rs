//! `mavm flow`: are they right, and what is there.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use mavm_flow::{Flow, Flows, embedded};

use super::table::table;
use super::{open, report};
use crate::host::parts;

/// Checks and lists flows.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Checks flows against the plugins and the configuration; every mistake with its line.
    Check {
        /// Files to check; without any, the flows that the host would use.
        files: Vec<PathBuf>,
    },
    /// Lists the flows that the host would use.
    List,
    /// Writes the flows that come with the host to a folder, to change them there.
    Export {
        /// The folder; set it as host.flows afterwards.
        folder: PathBuf,
    },
}

pub async fn run(path: Option<&Path>, args: Args) -> miette::Result<ExitCode> {
    super::log_to_stderr("warn");
    if let What::Export { folder } = &args.what {
        return export(folder);
    }
    let (config, folders) = open(path)?;
    let store = folders.store().await.map_err(report)?;
    let crypt = folders.crypt().map_err(report)?;
    let (runtime, _) = parts::runtime(&config, &folders, store, crypt).await.map_err(report)?;
    let catalogue = parts::flow_catalogue(&config, &runtime);
    match args.what {
        What::Check { files } if !files.is_empty() => {
            let mut right = true;
            for file in files {
                let text = std::fs::read_to_string(&file)
                    .map_err(|error| miette::miette!("can't read {}: {error}", file.display()))?;
                match Flow::parse(&file.display().to_string(), &text, &catalogue) {
                    Ok(flow) => {
                        println!("{}: all right ({} steps)", file.display(), flow.steps.len())
                    }
                    Err(problems) => {
                        right = false;
                        eprint!("{}", problems.render(parts::colour()));
                    }
                }
            }
            Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        What::Check { .. } => match load(&config, &catalogue) {
            Ok(flows) => {
                for flow in flows.iter() {
                    println!("{}: all right ({} steps)", flow.name, flow.steps.len());
                }
                Ok(ExitCode::SUCCESS)
            }
            Err(problems) => {
                eprint!("{}", problems.render(parts::colour()));
                Ok(ExitCode::FAILURE)
            }
        },
        What::List => {
            let flows = parts::flows(&config, &catalogue).map_err(report)?;
            let mut rows = table(["FLOW", "STEPS", "PLUGINS", "WHAT IT DOES"]);
            for flow in flows.iter() {
                let plugins: Vec<_> = flow.plugins().into_iter().collect();
                rows.add_row([
                    flow.name.clone(),
                    flow.steps.len().to_string(),
                    plugins.join(" "),
                    flow.description.clone(),
                ]);
            }
            println!("{rows}");
            Ok(ExitCode::SUCCESS)
        }
        What::Export { .. } => Ok(ExitCode::SUCCESS),
    }
}

fn load(
    config: &crate::config::Config,
    catalogue: &mavm_flow::Catalogue,
) -> Result<Flows, mavm_flow::Problems> {
    match &config.host.flows {
        Some(folder) => Flows::load(folder, catalogue),
        None => Flows::from_texts(embedded(), catalogue),
    }
}

fn export(folder: &Path) -> miette::Result<ExitCode> {
    std::fs::create_dir_all(folder).map_err(report)?;
    for (name, text) in embedded() {
        let file = folder.join(Path::new(&name).file_name().unwrap_or_default());
        if file.exists() {
            return Err(miette::miette!(
                help = "choose another folder, or move the file away",
                "{} is there already; nothing was overwritten",
                file.display()
            ));
        }
        std::fs::write(&file, text).map_err(report)?;
        println!("{}", file.display());
    }
    Ok(ExitCode::SUCCESS)
}
