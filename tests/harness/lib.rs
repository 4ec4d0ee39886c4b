//! A whole machine for tests: the practice console in this process, the host as a program of its
//! own that can be killed, and everything it wrote in one folder that can be searched.
//!
//! Tests see only what a person outside sees: the HTTP API, the command line, the practice console's
//! state. Nothing here reaches into the host.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test support")]

mod chromium;
mod host;
mod machine;
mod search;
mod setup;

pub use host::demo;
pub use machine::Machine;
pub use search::files_that_hold;
pub use setup::{CARD_NUMBER, CARD_PIN, Setup};

use std::future::Future;
use std::time::Duration;

/// The longest that any wait in a test may take. Never reached where things work; a machine that is
/// ten times slower than usual still passes.
pub const LIMIT: Duration = Duration::from_secs(180);

/// Asks again and again until there is an answer; panics with `what` at the limit.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let look = async {
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        loop {
            tick.tick().await;
            if let Some(answer) = ask().await {
                return answer;
            }
        }
    };
    match tokio::time::timeout(LIMIT, look).await {
        Ok(answer) => answer,
        Err(_) => panic!("waited {LIMIT:?} for {what}"),
    }
}
