//! `mavm plugin`: what is loaded, whether a component could be, and installing one.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use mavm_plugin::{Installed, Runtime};

use super::table::table;
use super::{open, report};
use crate::host::parts;

/// Lists, checks and installs plugins.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Lists the plugins of the host's folder and what each can do.
    List,
    /// Checks a component and puts it into the host's plugin folder.
    Install {
        /// The component, named as the plugin that it is: `card-otp.wasm`. Grants go by name, so a
        /// plugin mustn't choose its own.
        file: PathBuf,
    },
    /// Says whether this host could run a component, and what it says of itself.
    Check {
        /// The component.
        file: PathBuf,
    },
}

pub async fn run(path: Option<&Path>, args: Args) -> miette::Result<ExitCode> {
    super::log_to_stderr("warn");
    let (config, folders) = open(path)?;
    let store = folders.store().await.map_err(report)?;
    let crypt = folders.crypt().map_err(report)?;
    let (runtime, _) = parts::runtime(&config, &folders, store, crypt).await.map_err(report)?;
    match args.what {
        What::List => {
            let mut rows = table(["PLUGIN", "VERSION", "DIGEST", "STEPS", "WHAT IT IS"]);
            for (name, plugin) in runtime.registry().active().iter() {
                let steps: Vec<_> = plugin.about.steps.iter().map(|step| &*step.name).collect();
                rows.add_row([
                    name.clone(),
                    plugin.about.version.clone(),
                    plugin.digest.chars().take(12).collect(),
                    steps.join(" "),
                    plugin.about.description.clone(),
                ]);
            }
            println!("{rows}");
        }
        What::Install { file } => {
            let (bytes, plugin) = read(&runtime, &file, file_name(&file)).await?;
            let place = config.host.plugins.join(format!("{}.wasm", plugin.about.name));
            std::fs::create_dir_all(&config.host.plugins).map_err(report)?;
            // Written beside its place and moved there: a host that starts now never reads half of it.
            let beside = place.with_extension("wasm.new");
            std::fs::write(&beside, bytes)
                .and_then(|()| std::fs::rename(&beside, &place))
                .map_err(|error| miette::miette!("can't write {}: {error}", place.display()))?;
            println!("{} {} is in {}", plugin.about.name, plugin.about.version, place.display());
            println!(
                "A host takes it at its next start; one that runs takes it now with:\n\n    curl -X PUT \
                 -H \"Authorization: Bearer $KEY\" --data-binary @{} http://{}/v1/plugins/{}",
                place.display(),
                config.host.listen,
                plugin.about.name
            );
        }
        What::Check { file } => {
            let (_, plugin) = read(&runtime, &file, None).await?;
            println!("{} {}, sha256 {}", plugin.about.name, plugin.about.version, plugin.digest);
            for step in &plugin.about.steps {
                println!("  {:<16} {}", step.name, step.description);
                for input in &step.inputs {
                    let needed = if input.required { "" } else { " (optional)" };
                    println!("    {:<14} {}{needed}", input.name, input.description);
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A component's bytes, and what it is if this host could run it.
async fn read(
    runtime: &Runtime,
    file: &Path,
    expected: Option<&str>,
) -> miette::Result<(Vec<u8>, Installed)> {
    let bytes = std::fs::read(file)
        .map_err(|error| miette::miette!("can't read {}: {error}", file.display()))?;
    let plugin = runtime
        .registry()
        .check(bytes.clone(), expected)
        .await
        .map_err(|error| miette::miette!("{}: {error}", file.display()))?;
    Ok((bytes, plugin))
}

/// The name that a component's file claims for it.
fn file_name(file: &Path) -> Option<&str> {
    Some(file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default())
}
