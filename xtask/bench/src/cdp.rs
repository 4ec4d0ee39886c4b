//! The barest client of the DevTools protocol: one thread, blocking, over a pair of pipes. It does
//! nothing that the floor's journeys don't need.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead as _, BufReader, PipeReader, PipeWriter, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use command_fds::{CommandFdExt as _, FdMapping};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A Chromium of its own; killed when this is dropped.
pub struct Cdp {
    child: Child,
    writer: PipeWriter,
    reader: BufReader<PipeReader>,
    next: u64,
    replies: HashMap<u64, Value>,
    events: VecDeque<Value>,
    _profile: TempDir,
}

impl Cdp {
    /// Starts Chromium.
    pub fn start(executable: &Path, shell: bool) -> Result<Self> {
        let profile = tempfile::Builder::new().prefix("mavm-bench-floor-").tempdir()?;
        let (its_in, writer) = std::io::pipe()?;
        let (reader, its_out) = std::io::pipe()?;
        let mut command = Command::new(executable);
        command.args([
            "--remote-debugging-pipe",
            "--no-startup-window",
            "--no-sandbox",
            "--site-per-process",
            // Input counts from the first moment of a page, as with the other two.
            "--allow-pre-commit-input",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-extensions",
            "--disable-background-networking",
            "--no-first-run",
            // As large as the other two show their pages.
            "--window-size=1280,720",
        ]);
        if !shell {
            command.arg("--headless=new");
        }
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        command.fd_mappings(vec![
            FdMapping { parent_fd: its_in.into(), child_fd: 3 },
            FdMapping { parent_fd: its_out.into(), child_fd: 4 },
        ])?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().with_context(|| format!("{}", executable.display()))?;
        drop(command);
        let mut cdp = Self {
            child,
            writer,
            reader: BufReader::with_capacity(1 << 16, reader),
            next: 0,
            replies: HashMap::new(),
            events: VecDeque::new(),
            _profile: profile,
        };
        cdp.call("", "Browser.getVersion", json!({}))?;
        Ok(cdp)
    }

    /// Chromium's process, or the script's around it.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a request and gives its number.
    pub fn send(&mut self, session: &str, method: &str, params: Value) -> Result<u64> {
        self.next += 1;
        let mut message = json!({"id": self.next, "method": method, "params": params});
        if !session.is_empty() {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.writer.write_all(&bytes)?;
        Ok(self.next)
    }

    /// Waits for the reply to a request.
    pub fn reply(&mut self, id: u64) -> Result<Value> {
        loop {
            if let Some(mut reply) = self.replies.remove(&id) {
                if !reply["error"].is_null() {
                    bail!("the floor's request was refused: {}", reply["error"]);
                }
                return Ok(reply["result"].take());
            }
            self.read().with_context(|| format!("no reply to request {id}"))?;
        }
    }

    /// Both.
    pub fn call(&mut self, session: &str, method: &str, params: Value) -> Result<Value> {
        let id = self.send(session, method, params)?;
        self.reply(id).with_context(|| method.to_owned())
    }

    /// Forgets the events so far.
    pub fn forget_events(&mut self) {
        self.events.clear();
    }

    /// Waits for an event of a session.
    pub fn event(&mut self, session: &str, method: &str) -> Result<Value> {
        loop {
            let found = self
                .events
                .iter()
                .position(|event| event["method"] == method && event["sessionId"] == session);
            if let Some(event) = found.and_then(|found| self.events.remove(found)) {
                return Ok(event);
            }
            self.read().with_context(|| format!("no {method}"))?;
        }
    }

    fn read(&mut self) -> Result<()> {
        let mut message = Vec::new();
        if self.reader.read_until(0, &mut message)? == 0 {
            bail!("the floor's Chromium is gone");
        }
        message.pop();
        let message: Value = serde_json::from_slice(&message)?;
        match message["id"].as_u64() {
            Some(id) => {
                self.replies.insert(id, message);
            }
            None => self.events.push_back(message),
        }
        Ok(())
    }
}

impl Drop for Cdp {
    fn drop(&mut self) {
        // Asked to, it closes with all its processes; killed, it could leave some for a moment.
        let closing = self.send("", "Browser.close", json!({})).is_ok();
        if !closing {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
