//! Our side: the real host as a program, with its store, its plugins and its Chromium, asked over
//! its API. A flow's time is what its run's row says: from the row's insertion to its end.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use mavm_sandbox::{Delays, Options, Sandbox, Scenario};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use crate::shop::Shop;

const CARD: &str = "4111111111111111";

/// How long the host may take to be ready (it compiles its plugins), and a run to end.
const LIMIT: Duration = Duration::from_secs(180);

/// How often a run is asked whether it has ended: what it took stands in its row. Asking costs the host
/// processor time that would count as the flow's.
const EVERY: Duration = Duration::from_millis(250);

/// Flows that run at once.
pub const AT_ONCE: usize = 8;

/// Telephone numbers, one for each flow that runs at once.
pub fn numbers() -> Vec<String> {
    (0..AT_ONCE).map(|n| format!("+4917012345{n:02}")).collect()
}

/// A practice console without delays: nothing in the way but the issuer's question for a code.
pub async fn console() -> Result<Sandbox> {
    let mut scenario = Scenario::all_smooth();
    scenario.set("three-d-secure=code")?;
    Ok(Sandbox::start(Options { delays: Delays::Off, scenario, ..Options::default() }).await?)
}

/// Tells a practice console whether issuers ask for a code.
pub async fn challenge(console: &Sandbox, on: bool) -> Result<()> {
    let url = format!("{}/practice/scenario", console.addresses().control);
    let switch = json!({"three-d-secure": if on { "code" } else { "none" }});
    Client::new().put(url).json(&switch).send().await?.error_for_status()?;
    Ok(())
}

/// Where the host's parts are.
pub struct Parts<'a> {
    /// The `mavm` program.
    pub program: &'a Path,
    /// Folder with the plugins' components.
    pub plugins: &'a Path,
    /// Folder with the product's flows.
    pub flows: &'a Path,
    /// The browser.
    pub executable: &'a Path,
    /// What its traces show: a word of `[browser] trace`.
    pub trace: &'a str,
}

/// A running host; it ends when this is dropped.
pub struct Host {
    child: Child,
    client: Client,
    address: String,
    key: String,
    /// An account in stock, on which the journeys that need none are done.
    account: Option<String>,
    folder: TempDir,
}

impl Host {
    /// Starts it on a practice console and a shop.
    pub async fn start(parts: &Parts<'_>, console: &Sandbox, shop: &Shop) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("mavm-bench-").tempdir()?;
        let flows = folder.path().join("flows");
        write_flows(parts.flows, &flows)?;
        let path = |path: &Path| path.display().to_string();
        let mut config = include_str!("host.toml").to_owned();
        let sites = console.addresses();
        for (word, value) in [
            ("\"DATA\"", json!(path(&folder.path().join("data")))),
            ("\"PLUGINS\"", json!(path(parts.plugins))),
            ("\"CACHE\"", json!(path(&parts.plugins.with_extension("cache")))),
            ("\"FLOWS\"", json!(path(&flows))),
            ("\"EXECUTABLE\"", json!(path(parts.executable))),
            ("\"TRACE\"", json!(parts.trace)),
            ("NUMBERS", json!(numbers())),
            ("\"STS\"", json!(sites.sts)),
            ("\"CONTROL\"", json!(sites.control)),
            ("\"SIGNUP\"", json!(sites.signup)),
            ("\"CONSOLE\"", json!(sites.console)),
            ("\"ISSUER\"", json!(sites.issuer)),
            ("\"SHOP\"", json!(shop.shop)),
            ("\"BANK\"", json!(shop.bank)),
        ] {
            config = config.replace(word, &value.to_string());
        }
        let file = folder.path().join("mavm.toml");
        std::fs::write(&file, config)?;
        // What was compiled for an earlier start is trusted by this key: loading is not what is timed.
        let trusted = folder.path().join("data/plugins");
        std::fs::create_dir_all(&trusted)?;
        std::fs::write(trusted.join("cache.key"), [7; 32])?;

        verb(parts.program, &file, &["secrets", "set", "card-number"], CARD).await?;
        let key = verb(parts.program, &file, &["keys", "create", "bench"], "").await?;
        let log = std::fs::File::create(folder.path().join("host.log"))?;
        let ready = folder.path().join("addresses.json");
        let mut child = Command::new(parts.program)
            .arg("--config")
            .arg(&file)
            .args(["serve", "--addresses-file"])
            .arg(&ready)
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let addresses: Value = loop {
            if let Some(status) = child.try_wait()? {
                let log = std::fs::read_to_string(folder.path().join("host.log"))?;
                bail!("the host ended with {status}:\n{log}");
            }
            let text = std::fs::read_to_string(&ready).unwrap_or_default();
            if let Ok(addresses) = serde_json::from_str(&text) {
                break addresses;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let mut host = Self {
            child,
            client: Client::new(),
            address: addresses["http"].as_str().context("no address")?.to_owned(),
            key: key.trim().to_owned(),
            account: None,
            folder,
        };
        let targets = json!({
            "smtp": addresses["smtp"],
            "sms_relay": format!("{}/queue", host.address),
            "sms_relay_key": host.key,
        });
        let url = format!("{}/practice/targets", sites.control);
        host.client.put(url).json(&targets).send().await?.error_for_status()?;
        // The first run starts Chromium, and leaves an account for the other journeys.
        let run = host.begin("create-account").await?;
        let ended = host.ended(&run).await?;
        host.account = ended["account"].as_str().map(str::to_owned);
        Ok(host)
    }

    /// The host's own process.
    pub fn pid(&self) -> Result<u32> {
        self.child.id().context("the host has ended")
    }

    /// Does a journey once.
    pub async fn run(&self, journey: &str) -> Result<Duration> {
        let flow = match journey {
            "create" => "create-account".to_owned(),
            other => format!("bench-{other}"),
        };
        let run = self.begin(&flow).await?;
        took(&self.ended(&run).await?)
    }

    /// Signs up `count` accounts, some at once.
    pub async fn many(&self, count: usize) -> Result<Duration> {
        let began = std::time::Instant::now();
        let left = std::sync::atomic::AtomicUsize::new(count);
        let worker = async |n: usize| -> Result<()> {
            use std::sync::atomic::Ordering::Relaxed;
            while left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
                let run = self.begin(&format!("create-{n}")).await?;
                self.ended(&run).await?;
            }
            Ok(())
        };
        let [a, b, c, d, e, f, g, h] = std::array::from_fn(worker);
        tokio::try_join!(a, b, c, d, e, f, g, h)?;
        Ok(began.elapsed())
    }

    /// How long each step of a run took, in their order.
    pub async fn steps(&self, journey: &str) -> Result<Vec<(String, Duration)>> {
        let run = self.begin(if journey == "create" { "create-account" } else { journey }).await?;
        let ended = self.ended(&run).await?;
        let steps = ended["steps"].as_array().cloned().unwrap_or_default();
        steps
            .iter()
            .filter(|step| !step["ended_at"].is_null())
            .map(|step| Ok((step["id"].as_str().unwrap_or_default().to_owned(), took(step)?)))
            .collect()
    }

    async fn begin(&self, flow: &str) -> Result<String> {
        let account = self.account.as_ref().filter(|_| flow.starts_with("bench-"));
        let url = format!("{}/v1/runs", self.address);
        let start = json!({"flow": flow, "account": account});
        let request = self.client.post(url).bearer_auth(&self.key).json(&start);
        let answer: Value = request.send().await?.json().await?;
        answer["run"].as_str().map(str::to_owned).with_context(|| format!("{flow}: {answer}"))
    }

    async fn ended(&self, run: &str) -> Result<Value> {
        let url = format!("{}/v1/runs/{run}", self.address);
        let look = async {
            loop {
                tokio::time::sleep(EVERY).await;
                let request = self.client.get(&url).bearer_auth(&self.key);
                let view: Value = request.send().await?.json().await?;
                match view["status"].as_str() {
                    Some("succeeded") => return Ok(view),
                    Some("failed" | "parked") => bail!("the run did not go well: {view:#}"),
                    _ => {}
                }
            }
        };
        tokio::time::timeout(LIMIT, look).await.with_context(|| {
            let log = std::fs::read_to_string(self.folder.path().join("host.log"));
            format!("the run {run} does not end; the host's log:\n{}", log.unwrap_or_default())
        })?
    }

    /// Stops it as an operator would.
    pub async fn stop(mut self) -> Result<()> {
        let pid = self.pid()?.to_string();
        Command::new("kill").args(["-TERM", &pid]).status().await?;
        self.child.wait().await?;
        Ok(())
    }
}

/// From `started_at` to `ended_at`.
fn took(row: &Value) -> Result<Duration> {
    let at = |name: &str| -> Result<Timestamp> {
        let time = row[name].as_str().with_context(|| format!("no {name}: {row:#}"))?;
        time.parse().with_context(|| format!("{name} is no time: {time}"))
    };
    Ok(at("ended_at")?.duration_since(at("started_at")?).try_into()?)
}

/// The product's flow, a copy of it for each that runs at once (one code channel serves one run at a
/// time), and a flow for each of the bench's own journeys.
fn write_flows(product: &Path, folder: &PathBuf) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let create = std::fs::read_to_string(product.join("create-account.toml"))?;
    std::fs::write(folder.join("create-account.toml"), &create)?;
    for n in 0..AT_ONCE {
        let copy = create
            .replace("name = \"create-account\"", &format!("name = \"create-{n}\""))
            .replace("{{ config.card.code_channel }}", &format!("card-sms-{n}"));
        std::fs::write(folder.join(format!("create-{n}.toml")), copy)?;
    }
    for journey in ["form", "frame", "list"] {
        let flow = format!(
            r#"name = "bench-{journey}"
description = "A journey of the bench."

[account]
from = ["CREATED"]
during = "IN_PROGRESS"
done = "CREATED"
failed = "QUARANTINED"

[[trigger]]
on = "person"

[[step]]
id = "{journey}"
plugin = "bench-journeys"
session = "shop"
"#
        );
        std::fs::write(folder.join(format!("bench-{journey}.toml")), flow)?;
    }
    Ok(())
}

async fn verb(program: &Path, config: &Path, words: &[&str], input: &str) -> Result<String> {
    let mut child = Command::new(program)
        .arg("--config")
        .arg(config)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{}", program.display()))?;
    child.stdin.take().context("no input")?.write_all(input.as_bytes()).await?;
    let output = child.wait_with_output().await?;
    if !output.status.success() {
        bail!("mavm {words:?} failed");
    }
    Ok(String::from_utf8(output.stdout)?)
}
