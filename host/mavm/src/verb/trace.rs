//! `mavm trace`: what the browser did in a run, to look at.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::SystemTime;

use clap::Subcommand;
use mavm_trace::{Viewer, serve};

use super::table::table;
use super::{open, report};
use crate::host::stop_signal;

/// Shows what the browser did in a run, and lists the runs of which that is kept.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Shows a trace in your browser, until Ctrl-C.
    Open {
        /// A trace's file, or a run.
        #[arg(value_name = "FILE")]
        trace: PathBuf,
        /// Port on this machine; any free one without it.
        #[arg(long, default_value_t = 0)]
        port: u16,
    },
    /// Lists the traces that are kept, newest first.
    List,
}

pub async fn run(path: Option<&Path>, args: Args) -> miette::Result<ExitCode> {
    super::log_to_stderr("warn");
    match args.what {
        What::Open { trace, port } => {
            let file = file_of(path, &trace)?;
            let viewer = Viewer::open(&file, port).await.map_err(|error| {
                miette::miette!(
                    help = "`mavm trace list` says what there is; another --port may be free",
                    "{} can't be shown: {error}",
                    file.display()
                )
            })?;
            if viewer.lines() == 0 {
                return Err(miette::miette!(
                    "{} is no trace: it has no line of one",
                    file.display()
                ));
            }
            let address = viewer.address().map_err(report)?;
            println!("{}\n{address}\nCtrl-C ends it.", file.display());
            show(&address);
            tokio::select! {
                served = serve(viewer) => served.map_err(report)?,
                () = stop_signal() => {}
            }
        }
        What::List => {
            let (_, folders) = open(path)?;
            let mut rows = table(["RUN", "SESSION", "SIZE", "WRITTEN", "FILE"]);
            for (file, size, at) in traces(&folders.traces()) {
                let run = file.parent().and_then(Path::file_name).unwrap_or_default();
                let session = file.file_stem().unwrap_or_default();
                rows.add_row([
                    run.to_string_lossy().into_owned(),
                    session.to_string_lossy().into_owned(),
                    in_words(size),
                    ago(at),
                    file.display().to_string(),
                ]);
            }
            println!("{rows}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The file itself, or the newest of a run.
fn file_of(path: Option<&Path>, named: &Path) -> miette::Result<PathBuf> {
    if named.is_file() {
        return Ok(named.to_owned());
    }
    let folder = if named.is_dir() { named.to_owned() } else { open(path)?.1.traces().join(named) };
    let mut found = files_in(&folder);
    found.sort_by_key(|(_, _, at)| std::cmp::Reverse(*at));
    let newest = found.into_iter().next().map(|(file, ..)| file);
    newest.ok_or_else(|| {
        miette::miette!(
            help = "`mavm trace list` says what there is. Traces go after host.keep-traces-days, and \
                    there are none with browser.trace = \"off\"",
            "there is no trace {}",
            named.display()
        )
    })
}

type Found = (PathBuf, u64, SystemTime);

/// All traces, newest first.
fn traces(folder: &Path) -> Vec<Found> {
    let Ok(runs) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<Found> = runs.flatten().flat_map(|run| files_in(&run.path())).collect();
    found.sort_by_key(|(_, _, at)| std::cmp::Reverse(*at));
    found
}

fn files_in(folder: &Path) -> Vec<Found> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let found = entries.flatten().filter_map(|entry| {
        let (path, data) = (entry.path(), entry.metadata().ok()?);
        let is_trace = path.extension().is_some_and(|ending| ending == "jsonl");
        is_trace.then_some((path, data.len(), data.modified().ok()?))
    });
    found.collect()
}

fn in_words(size: u64) -> String {
    match size {
        0..10_000 => format!("{size} B"),
        10_000..10_000_000 => format!("{} kB", size / 1000),
        _ => format!("{} MB", size / 1_000_000),
    }
}

fn ago(at: SystemTime) -> String {
    let minutes = at.elapsed().unwrap_or_default().as_secs() / 60;
    match minutes {
        0..120 => format!("{minutes} min ago"),
        120..2880 => format!("{} h ago", minutes / 60),
        _ => format!("{} days ago", minutes / 1440),
    }
}

/// Opens the person's browser where there is a display. Without one the address is enough.
fn show(address: &str) {
    if std::env::var_os("DISPLAY").is_none() && std::env::var_os("WAYLAND_DISPLAY").is_none() {
        return;
    }
    let opened = Command::new("xdg-open")
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Ok(mut child) = opened {
        // It ends by itself; somebody has to take note of that.
        std::thread::spawn(move || child.wait());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_trace_of_a_folder_is_found() {
        let folder = std::env::temp_dir().join(format!("mavm-trace-list-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("run-1")).unwrap();
        for name in ["run-1/main.jsonl", "run-1/other.txt"] {
            std::fs::write(folder.join(name), "x").unwrap();
        }
        let found = traces(&folder);
        assert_eq!(found.len(), 1);
        assert_eq!(file_of(None, &folder.join("run-1")).unwrap(), folder.join("run-1/main.jsonl"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
