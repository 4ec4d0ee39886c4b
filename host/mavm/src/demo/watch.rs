//! Follows a run over the API and shows its steps as they come.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde_json::Value;

use super::api::Api;
use super::report::{Report, finish, spinner};

/// How often the API is asked; it has no stream yet.
const LOOK: Duration = Duration::from_millis(100);

/// Waits until there is a run of this flow, and gives its id.
pub async fn first_run(api: &Api, flow: &str, limit: Duration) -> Result<String> {
    let look = async {
        let mut tick = tokio::time::interval(LOOK);
        loop {
            tick.tick().await;
            let runs = api.get("/v1/runs").await?;
            let found =
                runs["runs"].as_array().into_iter().flatten().find(|run| run["flow"] == flow);
            if let Some(id) = found.and_then(|run| run["id"].as_str()) {
                return Ok(id.to_owned());
            }
        }
    };
    tokio::time::timeout(limit, look)
        .await
        .unwrap_or_else(|_| bail!("no run of {flow} was started within {limit:?}"))
}

/// Shows each step of the run until it has ended; an error if it ended badly or parked.
pub async fn run_to_end(
    api: &Api,
    report: &mut Report,
    part: &str,
    id: &str,
    limit: Duration,
) -> Result<()> {
    let look = async {
        let mut tick = tokio::time::interval(LOOK);
        let mut shown = 0;
        let mut bar = None;
        loop {
            tick.tick().await;
            let run = api.get(&format!("/v1/runs/{id}")).await?;
            let steps = run["steps"].as_array().cloned().unwrap_or_default();
            while let Some(step) = steps.get(shown) {
                let name = step["id"].as_str().unwrap_or("?");
                let Some(took) = took(step) else {
                    if step["started_at"].is_string() && bar.is_none() {
                        bar = Some(spinner(name));
                    }
                    break;
                };
                let bar = bar.take().unwrap_or_else(|| spinner(name));
                let outcome = step["status"].as_str().unwrap_or("?");
                finish(&bar, if outcome == "skipped" { "-" } else { "✓" }, name, took);
                report.add(part, name, took, outcome);
                shown += 1;
            }
            let status = run["status"].as_str().or(run["run"]["status"].as_str()).unwrap_or("?");
            if matches!(status, "succeeded" | "failed" | "parked") {
                if let Some(bar) = bar.take() {
                    bar.finish_and_clear();
                }
                if status == "succeeded" {
                    return Ok(());
                }
                bail!("the run {id} {status}:\n{}", serde_json::to_string_pretty(&run)?);
            }
        }
    };
    tokio::time::timeout(limit, look)
        .await
        .unwrap_or_else(|_| bail!("the run {id} was not over after {limit:?}"))
        .context("the flow didn't come to its end")
}

/// How long a step took, once it has ended.
fn took(step: &Value) -> Option<Duration> {
    let status = step["status"].as_str()?;
    if status == "skipped" {
        return Some(Duration::ZERO);
    }
    let began: Timestamp = step["started_at"].as_str()?.parse().ok()?;
    let ended: Timestamp = step["ended_at"].as_str()?.parse().ok()?;
    Duration::try_from(ended.duration_since(began)).ok()
}
