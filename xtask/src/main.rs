//! `cargo xtask <verb>`: the work around the build.
//!
//! Compiled before anything else, so it has few dependencies, and none of the product's crates.

mod bench;
mod browser;
mod build;
mod demo;
mod install;
mod plugins;
mod test;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask <verb>

  demo      builds everything and shows the main job on the practice console
            (--keep, --headed, --scenario key=value)
  test      builds everything and passes the whole test suite
            (--retry: a few that fail run once more, alone, and are told as flaky)
  plugins   builds every plugin of plugins/ to target/plugins/<name>.wasm
  bench     browser: our page driver beside Playwright and a bare protocol client, in a table
            soak: a thousand sessions, and what is left after them
            (`cargo xtask bench browser --help`; docs/benchmarks.md)
  ci        what a change must pass: .ci/run
";

fn main() -> ExitCode {
    match dispatch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let rest = words.get(1..).unwrap_or_default();
    match words.first().map(String::as_str) {
        Some("demo") => demo::run(rest),
        Some("test") => test::run(rest),
        Some("plugins") => plugins::run(&build::root()),
        Some("bench") => bench::run(rest),
        Some("ci") => build::run(build::bash().arg(".ci/run")),
        Some("help" | "--help" | "-h") | None => {
            print!("{HELP}");
            Ok(())
        }
        Some(verb) => bail!("there is no verb `{verb}`\n\n{HELP}"),
    }
}
