//! `mavm`: keeps a stock of ready AWS accounts, vends one over HTTP, closes it when its lease ends.
//!
//! This crate is the only one that knows all the others: `config` reads `mavm.toml`, `host` wires
//! capabilities, plugins, flows and the web together, `verb` has one file per command, `demo` shows
//! the main job on the practice console.

mod config;
mod demo;
mod host;
mod verb;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The management-account vending machine.
///
/// Keeps a stock of ready AWS accounts, vends one over HTTP in milliseconds, and closes it when its
/// lease ends. `mavm demo` shows all of it on the practice console, without AWS.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    /// Configuration; without it `./mavm.toml`, or the defaults.
    #[arg(long, short, global = true, value_name = "FILE", env = "MAVM_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "parsed once")]
enum Verb {
    /// Runs the host: HTTP API, mail listener, triggers and workers.
    Serve(verb::serve::Args),
    /// Shows the main job from end to end on the practice console.
    Demo(verb::demo::Args),
    /// Runs the practice console: stand-in sites that flows run against without AWS.
    Sandbox(verb::sandbox::Args),
    /// Starts a run of a flow and follows it.
    Run(verb::run::Args),
    /// Lists runs, shows one, resumes or decides one.
    Runs(verb::runs::Args),
    /// Shows what the browser did in a run.
    Trace(verb::trace::Args),
    /// Lists accounts.
    Accounts(verb::accounts::Args),
    /// Checks and lists flows.
    Flow(verb::flow::Args),
    /// Lists, checks and installs plugins.
    Plugin(verb::plugin::Args),
    /// Captchas and calls that wait for a person.
    Challenges(verb::challenges::Args),
    /// Sets, lists and removes secrets.
    Secrets(verb::secrets::Args),
    /// Makes API keys.
    Keys(verb::keys::Args),
    /// Checks the configuration, or prints a commented one.
    Config(verb::config::Args),
    /// Stops all sign-ups at once, or lets them go on.
    Signups(verb::signups::Args),
}

fn main() -> ExitCode {
    end_quietly_when_nobody_reads();
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("mavm: can't start the async runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(run(cli));
    // What is still running (a browser that closes, a blocked read) must not hold up the end.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    match result {
        Ok(code) => code,
        Err(report) => {
            print_error(&report);
            ExitCode::FAILURE
        }
    }
}

/// `mavm runs | head -1` closes our output early; that is no fault of ours and needs no backtrace.
fn end_quietly_when_nobody_reads() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload().downcast_ref::<String>().map_or("", String::as_str);
        if text.starts_with("failed printing to std") && text.contains("Broken pipe") {
            std::process::exit(0);
        }
        usual(panic);
    }));
}

/// Errors that point into a file are drawn with its line; all others are plain text, whose own line
/// breaks stay as they are.
fn print_error(report: &miette::Report) {
    if report.labels().is_some() {
        eprintln!("{report:?}");
        return;
    }
    eprintln!("error: {report}");
    if let Some(help) = report.help() {
        eprintln!("help: {help}");
    }
}

async fn run(cli: Cli) -> miette::Result<ExitCode> {
    let path = cli.config.as_deref();
    match cli.verb {
        Verb::Serve(args) => verb::serve::run(path, args).await,
        Verb::Demo(args) => verb::demo::run(args).await,
        Verb::Sandbox(args) => verb::sandbox::run(args).await,
        Verb::Run(args) => verb::run::run(path, args).await,
        Verb::Runs(args) => verb::runs::run(path, args).await,
        Verb::Trace(args) => verb::trace::run(path, args).await,
        Verb::Accounts(args) => verb::accounts::run(path, args).await,
        Verb::Flow(args) => verb::flow::run(path, args).await,
        Verb::Plugin(args) => verb::plugin::run(path, args).await,
        Verb::Challenges(args) => verb::challenges::run(path, args).await,
        Verb::Secrets(args) => verb::secrets::run(path, args).await,
        Verb::Keys(args) => verb::keys::run(path, args).await,
        Verb::Config(args) => verb::config::run(path, args),
        Verb::Signups(args) => verb::signups::run(path, args).await,
    }
}
