//! `bench browser`: each journey, ours, Playwright's and the floor's turn by turn, so that what the
//! machine does meanwhile hits all of them alike. Prints medians and ratios.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde_json::json;

use crate::cdp::Cdp;
use crate::floor::Practice;
use crate::host::{self, AT_ONCE, Host, Parts};
use crate::playwright::Playwright;
use crate::report::{Times, ms};
use crate::shop::Shop;
use crate::{floor, process};

/// Which Chromium.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Build {
    /// `chromium-headless-shell`.
    Shell,
    /// `chromium`.
    Full,
}

impl Build {
    fn name(self) -> &'static str {
        match self {
            Self::Shell => "chromium-headless-shell",
            Self::Full => "chromium",
        }
    }

    fn executable(self) -> Result<PathBuf> {
        let path = std::env::var_os("PATH").context("no PATH")?;
        std::env::split_paths(&path)
            .map(|folder| folder.join(self.name()))
            .find(|file| file.is_file())
            .with_context(|| format!("{} is not installed", self.name()))
    }
}

/// It knows the pages by heart, and no more: where it loses its way so often, there is no floor.
const MOST_LOSSES: u32 = 2;

const JOURNEYS: [&str; 4] = ["create", "form", "frame", "list"];

/// What to measure.
#[derive(clap::Args)]
pub struct Args {
    /// On which Chromium.
    #[arg(long, value_enum, default_value = "shell")]
    build: Build,
    /// Times each journey is done on each side; one more goes before and does not count.
    #[arg(long, default_value_t = 15)]
    runs: usize,
    /// Only these journeys.
    #[arg(long, value_delimiter = ',', value_parser = JOURNEYS)]
    journeys: Vec<String>,
    /// Flows of the measurement with eight at once; 0 leaves it out.
    #[arg(long, default_value_t = 32)]
    flows: usize,
    /// Also writes each time to this file, a JSON object per line.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Both sides keep full traces: screenshots and copies of the pages with each action.
    #[arg(long)]
    traces: bool,
    /// Another build of the host, which does the journeys turn by turn with this one, with the same plugins,
    /// flows and configuration.
    #[arg(long, value_name = "EXECUTABLE")]
    before: Option<PathBuf>,
    /// Also prints how long each step of one create flow took.
    #[arg(long)]
    steps: bool,
}

/// Measures and prints.
pub async fn run(args: Args) -> Result<()> {
    let here = std::env::current_dir()?;
    let program = std::env::current_exe()?.with_file_name("mavm");
    let target = program.ancestors().nth(2).context("no target folder")?.to_owned();
    let executable = args.build.executable()?;
    let parts = Parts {
        program: &program,
        plugins: &target.join("plugins-bench"),
        flows: &here.join("flows"),
        executable: &executable,
        trace: if args.traces { "full" } else { "off" },
    };
    let traces = tempfile::Builder::new().prefix("mavm-bench-traces-").tempdir()?;
    let trace_file = traces.path().join("trace");
    let their_trace = args.traces.then_some(trace_file.as_path());
    let shop = Shop::open().await?;
    let (ours, theirs) = (host::console().await?, host::console().await?);
    let floors = host::console().await?;
    let numbers = host::numbers();
    let practice = Practice {
        sites: floors.addresses(),
        number: numbers.first().context("no telephone number")?,
        client: reqwest::Client::new(),
    };
    let host = Host::start(&parts, &ours, &shop).await?;
    let console_before = host::console().await?;
    let before = match &args.before {
        Some(program) => {
            Some(Host::start(&Parts { program, ..parts }, &console_before, &shop).await?)
        }
        None => None,
    };
    let sites = theirs.addresses();
    let at = json!({
        "shop": shop.shop,
        "signup": sites.signup,
        "console": sites.console,
        "control": sites.control,
        "sts": sites.sts,
        "numbers": host::numbers(),
    });
    let scripts = here.join("xtask/bench/playwright");
    let mut playwright = Playwright::start(&scripts, &executable, at).await?;
    let mut bare = Cdp::start(&executable, args.build == Build::Shell)?;
    let mut json = args.json.as_deref().map(std::fs::File::create).transpose()?;

    let kept = if args.traces { "full traces" } else { "no traces" };
    println!("{}, {kept}, {} runs of each, medians\n", args.build.name(), args.runs);
    println!("{}", Times::HEADING);
    for journey in JOURNEYS {
        if !args.journeys.is_empty() && args.journeys.iter().all(|wanted| wanted != journey) {
            continue;
        }
        let mut times = Times::default();
        let mut losses = 0;
        for round in 0..=args.runs {
            let (our_cpu, their_cpu) =
                (process::cpu(host.pid()?)?, process::cpu(playwright.pid()?)?);
            let (our_time, time_before) =
                in_turn(&host, before.as_ref(), journey, round % 2 == 0).await?;
            process::rest().await?;
            let their_time = playwright.run(journey, their_trace).await?;
            process::rest().await?;
            let floor_time = match losses {
                MOST_LOSSES => None,
                _ => match walk_floor(&mut bare, &shop, &practice, journey) {
                    Ok(took) => Some(took),
                    Err(error) => {
                        eprintln!("the floor lost its way on {journey}: {error:#}");
                        bare = Cdp::start(&executable, args.build == Build::Shell)?;
                        losses += 1;
                        None
                    }
                },
            };
            if round == 0 {
                continue;
            }
            times.ours.push(our_time);
            times.before.extend(time_before);
            times.theirs.push(their_time);
            times.floor.extend(floor_time);
            times.our_cpu += process::cpu(host.pid()?)? - our_cpu;
            times.their_cpu += process::cpu(playwright.pid()?)? - their_cpu;
        }
        let runs = u32::try_from(args.runs.max(1))?;
        if losses == MOST_LOSSES {
            times.floor.clear();
        }
        times.our_cpu /= runs;
        times.their_cpu /= runs;
        println!("{}", times.line(journey));
        if let Some(line) = times.compared(journey) {
            println!("{line}");
        }
        if let Some(json) = &mut json {
            writeln!(json, "{}", times.json(journey, args.build.name()))?;
        }
    }
    if args.steps {
        println!("\nsteps of a create flow, ms");
        for (step, took) in host.steps("create").await? {
            println!("  {step:<16} {:>7.0}", ms(&took));
        }
    }
    if args.flows > 0 {
        host::challenge(&ours, false).await?;
        host::challenge(&theirs, false).await?;
        let line = together(&host, &mut playwright, args.flows).await?;
        if let Some(json) = &mut json {
            writeln!(json, "{line}")?;
        }
    }
    drop(bare);
    playwright.stop().await?;
    if let Some(before) = before {
        before.stop().await?;
    }
    host.stop().await
}

/// Ours and the other build's, if there is one, each when the machine rests; whoever comes first finds it
/// as Playwright has left it.
async fn in_turn(
    ours: &Host,
    before: Option<&Host>,
    journey: &str,
    first: bool,
) -> Result<(Duration, Option<Duration>)> {
    let run = async |host: &Host| -> Result<Duration> {
        process::rest().await?;
        host.run(journey).await
    };
    Ok(match before {
        None => (run(ours).await?, None),
        Some(before) if first => (run(ours).await?, Some(run(before).await?)),
        Some(before) => {
            let time_before = run(before).await?;
            (run(ours).await?, Some(time_before))
        }
    })
}

/// The floor waits for what it knows must come; if it does not come, its browser is ended, which ends
/// the wait.
fn walk_floor(
    bare: &mut Cdp,
    shop: &Shop,
    practice: &Practice<'_>,
    journey: &str,
) -> Result<Duration> {
    let pid = bare.pid();
    let watchdog = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(20)).await;
        // What is below first: once its parent has ended, nobody could tell whose it was.
        for process in process::below(pid).into_iter().chain([pid]) {
            process::kill(process);
        }
    });
    let walked = tokio::task::block_in_place(|| floor::run(bare, shop, practice, journey));
    watchdog.abort();
    walked.with_context(|| format!("the floor's {journey}"))
}

/// Eight create flows at once in one Chromium, on either side; the host's memory meanwhile.
async fn together(
    host: &Host,
    playwright: &mut Playwright,
    flows: usize,
) -> Result<serde_json::Value> {
    let per_minute = |took: Duration| flows as f64 / took.as_secs_f64() * 60.0;
    forget_peak(host.pid()?)?;
    let cpu = process::cpu(host.pid()?)?;
    let ours = host.many(flows).await?;
    let our_cpu = process::cpu(host.pid()?)? - cpu;
    let peak = process::memory(host.pid()?, "VmHWM")?;
    let resident = process::memory(host.pid()?, "VmRSS")?;
    let cpu = process::cpu(playwright.pid()?)?;
    let theirs = playwright.many("create", AT_ONCE, flows).await?;
    let their_cpu = process::cpu(playwright.pid()?)? - cpu;
    let (ours, theirs) = (per_minute(ours), per_minute(theirs));
    println!("\n{AT_ONCE} create flows at once, {flows} in all, no challenge by the issuer");
    println!(
        "  flows per minute: ours {ours:.0}, Playwright {theirs:.0}, ratio {:.2}",
        ours / theirs
    );
    println!(
        "  CPU per flow: host {:.0} ms, node {:.0} ms",
        our_cpu.as_secs_f64() * 1000.0 / flows as f64,
        their_cpu.as_secs_f64() * 1000.0 / flows as f64
    );
    println!("  memory of the host: {} MiB now, {} MiB at most", resident / 1024, peak / 1024);
    Ok(json!({
        "at_once": AT_ONCE,
        "flows": flows,
        "ours_per_minute": ours,
        "playwright_per_minute": theirs,
        "host_rss_kib": resident,
        "host_peak_kib": peak,
    }))
}

/// The peak counts from now on; before, the host has compiled plugins.
fn forget_peak(pid: u32) -> Result<()> {
    let file = format!("/proc/{pid}/clear_refs");
    std::fs::write(Path::new(&file), "5").with_context(|| file)
}
