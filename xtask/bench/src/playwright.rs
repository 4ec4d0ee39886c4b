//! Playwright, as a Node.js process that is told what to do a line at a time.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// How long it may be busy with one order, of many flows too.
const LIMIT: Duration = Duration::from_secs(600);

/// The process; it and its Chromium end when this is stopped or dropped.
pub struct Playwright {
    child: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Playwright {
    /// Starts it, and a Chromium. `at` says where the sites are.
    pub async fn start(scripts: &Path, executable: &Path, at: Value) -> Result<Self> {
        let mut child = Command::new("node")
            .arg(scripts.join("driver.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("node can't be started")?;
        let orders = child.stdin.take().context("node has no input")?;
        let answers = BufReader::new(child.stdout.take().context("node has no output")?).lines();
        let mut driver = Self { child, orders, answers };
        driver.order(json!({"do": "start", "executable": executable, "at": at})).await?;
        Ok(driver)
    }

    /// Node's own process, without the browser.
    pub fn pid(&self) -> Result<u32> {
        self.child.id().context("node has ended")
    }

    /// Does a journey once.
    pub async fn run(&mut self, journey: &str, trace: Option<&Path>) -> Result<Duration> {
        self.timed(json!({"do": "run", "journey": journey, "trace": trace})).await
    }

    /// Does a journey `count` times, some at once.
    pub async fn many(&mut self, journey: &str, at_once: usize, count: usize) -> Result<Duration> {
        let order = json!({"do": "many", "journey": journey, "at_once": at_once, "count": count});
        self.timed(order).await
    }

    /// Ends it.
    pub async fn stop(mut self) -> Result<()> {
        self.order(json!({"do": "stop"})).await?;
        // Node goes on for as long as somebody could still give it an order.
        drop(self.orders);
        self.child.wait().await?;
        Ok(())
    }

    async fn timed(&mut self, order: Value) -> Result<Duration> {
        let answer = self.order(order).await?;
        let milliseconds = answer["ms"].as_f64().context("Playwright gave no time")?;
        Ok(Duration::from_secs_f64(milliseconds / 1000.0))
    }

    async fn order(&mut self, order: Value) -> Result<Value> {
        self.orders.write_all(format!("{order}\n").as_bytes()).await?;
        let answer = tokio::time::timeout(LIMIT, self.answers.next_line()).await;
        let answer =
            answer.with_context(|| format!("Playwright's side of {order} does not end"))?;
        let line = answer?.context("the Playwright process ended")?;
        let answer: Value = serde_json::from_str(&line)?;
        if let Some(error) = answer["error"].as_str() {
            bail!("Playwright's side of {order} failed:\n{error}");
        }
        Ok(answer)
    }
}
