//! Chromium's processes. They form a group of their own, which is killed as a whole; and since
//! Chromium is led through a pipe, it ends by itself when the host is killed and the pipe breaks.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use command_fds::{CommandFdExt, FdMapping};
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};

use super::executable;
use super::profile::Profile;
use crate::cdp::{CallError, Connection};
use crate::{Error, Options, locked};

/// How long Chromium may take to close by itself.
const PATIENCE: Duration = Duration::from_secs(5);
/// So long what was killed is waited for: an orphan that nobody asks for its result seems to stay.
const DYING: Duration = Duration::from_millis(500);

/// What to do where the sandbox can't be had.
const SANDBOX: &str = " (its sandbox needs unprivileged user namespaces: allow them with `sysctl kernel.unprivileged_userns_clone=1` and, on Ubuntu, `sysctl kernel.apparmor_restrict_unprivileged_userns=0`; in a container, by its seccomp profile. Debian's package chromium-sandbox does without them. As root, Chromium is started without a sandbox)";

/// Flags for every start. Nothing here changes how the browser presents itself to a site.
const FLAGS: [&str; 34] = [
    "--remote-debugging-pipe",
    "--enable-automation",
    "--no-startup-window",
    // A frame of another site is a process of its own on every build, as on a person's machine.
    "--site-per-process",
    // Input counts from the first moment of a page, not from its first paint on.
    "--allow-pre-commit-input",
    // Several sessions at once: none of them is "in the background".
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-back-forward-cache",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-extensions-with-background-pages",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-features=PaintHolding,Prerender2,RenderDocument,Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,AutofillServerCommunication,InterestFeedContentSuggestions",
    "--disable-gpu",
    // What a page has fetched ahead is shown without asking the gate for documents. There is no
    // switch for it; so it gets no time to arrive.
    "--enable-features=PrefetchUseContentRefactor:prefetch_timeout_ms/1",
    "--disable-hang-monitor",
    "--disable-ipc-flooding-protection",
    "--disable-popup-blocking",
    "--disable-prompt-on-repost",
    "--disable-quic",
    "--disable-search-engine-choice-screen",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--metrics-recording-only",
    "--mute-audio",
    "--no-default-browser-check",
    "--no-first-run",
    "--password-store=basic",
];

/// A running Chromium with its profile folder. Dropping it kills the one and removes the other.
pub(super) struct Process {
    child: Child,
    id: u32,
    said: Arc<Mutex<VecDeque<String>>>,
    profile: Option<Profile>,
}

impl Process {
    pub(super) fn start(
        options: &Options,
    ) -> Result<(Self, Arc<Connection>, pipe::Receiver), Error> {
        let executable = executable::find(options)?;
        let failed =
            |what: &str, error: &dyn std::fmt::Display| Error::Launch(format!("{what}: {error}"));
        let profile = Profile::make(&options.data_dir).map_err(|error| {
            failed(
                &format!(
                    "no profile folder could be made under {}; check that it can be written to",
                    options.data_dir.display()
                ),
                &error,
            )
        })?;

        let mut command = Command::new(&executable.path);
        command.args(FLAGS);
        if !options.headed {
            command.arg("--hide-scrollbars");
            if !executable.shell {
                command.arg("--headless=new");
            }
        }
        if rustix::process::geteuid().is_root() {
            static SAID: Once = Once::new();
            SAID.call_once(|| {
                tracing::warn!(
                    "running as root: Chromium is started without its sandbox; run the host as an ordinary user to have it"
                );
            });
            command.arg("--no-sandbox");
        }
        if let Some(language) = &options.language {
            command.arg(format!("--lang={language}")).arg(format!("--accept-lang={language}"));
        }
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        command.args(&options.extra_args);
        // Full Chromium writes what was in the memory of a process that crashed: not where it stays.
        command.env("BREAKPAD_DUMP_LOCATION", profile.path().join("crashes"));

        let pipes = || -> Result<_, Box<dyn std::error::Error>> {
            let (its_in, our_out) = std::io::pipe()?;
            let (our_in, its_out) = std::io::pipe()?;
            let writer = pipe::Sender::from_owned_fd(OwnedFd::from(our_out))?;
            let reader = pipe::Receiver::from_owned_fd(OwnedFd::from(our_in))?;
            Ok((its_in, its_out, writer, reader))
        };
        let (its_in, its_out, writer, reader) =
            pipes().map_err(|error| failed("no pipe could be made", &error))?;
        command
            .fd_mappings(vec![
                FdMapping { parent_fd: its_in.into(), child_fd: 3 },
                FdMapping { parent_fd: its_out.into(), child_fd: 4 },
            ])
            .map_err(|error| failed("the pipes could not be handed over", &error))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.process_group(0).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| {
            failed(&format!("{} could not be started", executable.path.display()), &error)
        })?;
        // The command holds the other ends of the pipes, which must close when Chromium does.
        drop(command);
        let said = Arc::new(Mutex::new(VecDeque::new()));
        if let Some(stderr) = child.stderr.take() {
            let said = said.clone();
            tokio::spawn(async move {
                let mut lines = BufReader::new(stderr).lines();
                while let Ok(Some(line)) = lines.next_line().await {
                    tracing::trace!(target: "mavm_browser::chromium", "{line}");
                    let mut said = locked(&said);
                    if said.len() == 10 {
                        said.pop_front();
                    }
                    said.push_back(line.chars().take(300).collect());
                }
            });
        }
        let Some(id) = child.id() else {
            return Err(Error::Launch(format!("{} ended at once", executable.path.display())));
        };
        let connection = Connection::over(writer);
        Ok((Self { child, id, said, profile: Some(profile) }, connection, reader))
    }

    /// A folder for what sessions download; it goes with the profile.
    pub(super) fn downloads(&self) -> PathBuf {
        self.profile.as_ref().map(|profile| profile.path().join("downloads")).unwrap_or_default()
    }

    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// Waits until Chromium has ended, kills what is left of it, removes its profile folder.
    pub(super) async fn wind_down(mut self) {
        if tokio::time::timeout(PATIENCE, self.child.wait()).await.is_err() {
            tracing::warn!(pid = self.id, "Chromium did not close by itself; it is killed");
        }
        self.kill();
        let _ = self.child.wait().await;
        let _ = tokio::time::timeout(DYING, self.all_ended()).await;
        let profile = self.profile.take();
        // Many small files: not on a thread that others wait for.
        let _ = tokio::task::spawn_blocking(move || drop(profile)).await;
    }

    /// The error for a start that failed, with what Chromium said about it.
    pub(super) async fn did_not_start(self, error: &CallError) -> Error {
        let said = self.said.clone();
        self.wind_down().await;
        let said: Vec<String> = locked(&said).iter().cloned().collect();
        let hint = if said.iter().any(|line| line.contains("sandbox")) { SANDBOX } else { "" };
        Error::Launch(format!(
            "Chromium did not start{hint}: {error}; it said:\n{}",
            said.join("\n")
        ))
    }

    /// What was killed is not gone at once.
    async fn all_ended(&self) {
        while self.group().is_some_and(|group| test_kill_process_group(group).is_ok()) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    fn group(&self) -> Option<Pid> {
        i32::try_from(self.id).ok().and_then(Pid::from_raw)
    }

    fn kill(&self) {
        if let Some(group) = self.group() {
            // An error means that none of them is left.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Without a profile it was wound down already, and its id may be another's by now.
        if let Some(profile) = self.profile.take() {
            self.kill();
            // Removing takes until the last process is gone; whoever drops must not wait for it.
            let _ = std::thread::Builder::new()
                .name("profile removal".to_owned())
                .spawn(move || drop(profile));
        }
    }
}
