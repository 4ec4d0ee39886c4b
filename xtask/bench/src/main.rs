//! `cargo xtask bench`: measures, prints, and asserts no time.
//!
//! `browser` times the same journeys with our plugins in the real host, with Playwright, and with a
//! bare protocol client that knows exactly what to send; `soak` opens a thousand sessions and counts
//! what is left.

mod browser;
mod cdp;
mod floor;
mod host;
mod playwright;
mod process;
mod report;
mod shop;
mod soak;

use std::process::ExitCode;

use clap::Parser;

/// Measures the browser driver.
#[derive(Parser)]
#[command(name = "cargo xtask bench")]
enum Bench {
    /// Our page driver beside Playwright and a bare protocol client.
    Browser(browser::Args),
    /// Many sessions, and what is left after them.
    Soak(soak::Args),
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Bench::parse() {
        Bench::Browser(args) => browser::run(args).await,
        Bench::Soak(args) => soak::run(args).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
