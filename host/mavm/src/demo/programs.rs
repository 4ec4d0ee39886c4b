//! The two programs of the demo, as children that go when the demo goes.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::process::{Child, Command};

/// Addresses that a program wrote once it was ready.
pub struct Addresses(Value);

impl Addresses {
    /// One address, by its name.
    pub fn required(&self, name: &str) -> Result<&str> {
        self.0[name].as_str().with_context(|| format!("no address `{name}` in {}", self.0))
    }
}

/// A running child.
pub struct Program {
    child: Child,
    addresses: Addresses,
    keep: std::cell::Cell<bool>,
}

/// Loading and compiling all plugins the first time is what takes longest.
const READY_LIMIT: Duration = Duration::from_secs(180);

/// Starts the practice console.
pub async fn sandbox(folder: &Path, scenario: &[String]) -> Result<Program> {
    let mut args = vec!["sandbox".to_owned(), "--any-port".into()];
    for switch in scenario {
        args.extend(["--scenario".into(), switch.clone()]);
    }
    Program::start("practice console", folder, "sandbox", &args).await
}

/// Starts the host.
pub async fn host(folder: &Path) -> Result<Program> {
    let config = folder.join("mavm.toml").display().to_string();
    Program::start("host", folder, "host", &["--config".into(), config, "serve".into()]).await
}

impl Program {
    /// Starts this very program with other words, its output to `<name>.log`, and waits until it has
    /// written its addresses.
    async fn start(what: &str, folder: &Path, name: &str, args: &[String]) -> Result<Self> {
        let log_path = folder.join(format!("{name}.log"));
        let addresses_path = folder.join(format!("{name}.addresses.json"));
        let log = std::fs::File::create(&log_path)
            .with_context(|| format!("can't write {}", log_path.display()))?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(args)
            .arg("--addresses-file")
            .arg(&addresses_path)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(false)
            .spawn()
            .with_context(|| format!("can't start the {what}"))?;
        let read = async {
            let mut tick = tokio::time::interval(Duration::from_millis(20));
            loop {
                tick.tick().await;
                if let Ok(text) = std::fs::read_to_string(&addresses_path) {
                    break Ok(Addresses(serde_json::from_str(&text)?));
                }
                if let Some(status) = child.try_wait()? {
                    let log = std::fs::read_to_string(&log_path).unwrap_or_default();
                    bail!("the {what} ended with {status}:\n{log}");
                }
            }
        };
        match tokio::time::timeout(READY_LIMIT, read).await {
            Ok(addresses) => Ok(Self { child, addresses: addresses?, keep: false.into() }),
            Err(_) => {
                child.start_kill().ok();
                bail!("the {what} was not ready after {READY_LIMIT:?}; see {}", log_path.display())
            }
        }
    }

    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    pub fn id(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// Leaves it running when the demo ends.
    pub fn keep(&self) {
        self.keep.set(true);
    }

    /// Asks it to stop, as an operator would, and waits for it.
    pub async fn stop(mut self) {
        let pid = self.child.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
        if let Some(pid) = pid {
            rustix::process::kill_process(pid, rustix::process::Signal::TERM).ok();
        }
        if tokio::time::timeout(Duration::from_secs(20), self.child.wait()).await.is_err() {
            self.child.kill().await.ok();
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if !self.keep.get() {
            self.child.start_kill().ok();
        }
    }
}
