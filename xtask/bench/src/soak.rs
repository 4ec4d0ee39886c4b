//! `bench soak`: many sessions, one after the other, some of which end badly: nothing of them may
//! be left. Counts before, at each hundred and after; ends in failure if something is left.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use mavm_browser::{
    ClickOptions, Error, Launcher, Options, Selector, SessionOptions, TextMatch, Value,
};

use crate::process;
use crate::shop::Shop;

const PATIENCE: Duration = Duration::from_secs(30);

/// How much.
#[derive(clap::Args)]
pub struct Args {
    /// Sessions to open.
    #[arg(long, default_value_t = 1000)]
    sessions: usize,
    /// The browser; none: whichever the product would take.
    #[arg(long)]
    executable: Option<std::path::PathBuf>,
}

/// How a session ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// Its form is sent and it is closed.
    Well,
    /// Its handles are dropped half-way.
    Dropped,
    /// Its page's process crashes.
    RendererCrash,
    /// Its page's script never ends.
    Hang,
    /// Chromium is killed.
    Killed,
}

impl End {
    fn of(number: usize) -> Self {
        match number {
            n if n % 250 == 125 => Self::Killed,
            n if n % 20 == 5 => Self::RendererCrash,
            n if n % 20 == 10 => Self::Dropped,
            n if n % 50 == 17 => Self::Hang,
            _ => Self::Well,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Counts {
    processes: usize,
    files: usize,
    entries: usize,
    memory: u64,
}

impl Counts {
    fn now(folder: &Path) -> Result<Self> {
        let own = std::process::id();
        Ok(Self {
            processes: process::below(own).len(),
            files: process::open_files()?,
            entries: process::entries(folder),
            memory: process::memory(own, "VmRSS")?,
        })
    }

    fn print(self, when: &str) {
        println!(
            "{when:>9} {:>11} {:>11} {:>11} {:>11}",
            self.processes,
            self.files,
            self.entries,
            self.memory / 1024
        );
    }
}

/// Opens the sessions, counts, and fails if something is left.
pub async fn run(args: Args) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("mavm-soak-").tempdir()?;
    let shop = Shop::open().await?;
    let options = Options { executable: args.executable, ..Options::in_folder(folder.path()) };
    // The folder that profile folders are made in stays, and is empty.
    std::fs::create_dir(folder.path().join("chromium"))?;
    let before = Counts::now(folder.path())?;
    println!(
        "{:>9} {:>11} {:>11} {:>11} {:>11}",
        "sessions", "processes", "open files", "on disk", "MiB"
    );
    before.print("before");
    let launcher = Launcher::new(options);
    for number in 1..=args.sessions {
        let end = End::of(number);
        one(&launcher, &shop, end).await.with_context(|| format!("session {number}, {end:?}"))?;
        if number % 100 == 0 {
            Counts::now(folder.path())?.print(&number.to_string());
        }
    }
    launcher.close().await;
    drop(launcher);
    let after = settled(folder.path(), before).await?;
    after.print("after");
    if after.processes > before.processes {
        bail!("{} processes are left", after.processes - before.processes);
    }
    if after.files > before.files {
        bail!("{} open files are left", after.files - before.files);
    }
    if after.entries > before.entries {
        bail!("{} files or folders are left in the data folder", after.entries - before.entries);
    }
    Ok(())
}

/// The counts once they are what they were; as they are if that does not come to be. The shop's side
/// of the browser's connections closes a moment after the browser's.
async fn settled(folder: &Path, before: Counts) -> Result<Counts> {
    let mut counts = Counts::now(folder)?;
    for _ in 0..100 {
        let same = counts.processes <= before.processes
            && counts.files <= before.files
            && counts.entries <= before.entries;
        if same {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        counts = Counts::now(folder)?;
    }
    Ok(counts)
}

async fn one(launcher: &Launcher, shop: &Shop, end: End) -> Result<()> {
    let allowed = [shop.shop.parse()?];
    let session = launcher.session(SessionOptions::only(allowed)).await?;
    let page = session.page();
    page.goto(&format!("{}/form", shop.shop), PATIENCE).await?;
    let name = page.locator(Selector::Label(TextMatch::exact("Full name")));
    name.fill(Value::plain("Erika Example"), PATIENCE).await?;
    match end {
        End::Well => {
            let terms = page.locator(Selector::Label(TextMatch::exact("I agree to the terms")));
            terms.check(PATIENCE).await?;
            let order = page.locator(Selector::role_named("button", "Order"));
            order.click(ClickOptions::default(), PATIENCE).await?;
            let thanks = page.locator(Selector::Text(TextMatch::exact("Thank you")));
            thanks.text(PATIENCE).await?;
            session.close().await;
        }
        End::Dropped => {}
        End::RendererCrash => {
            let browser = launcher.process_id().await.context("no browser runs")?;
            for renderer in process::below(browser) {
                if process::command_line(renderer).contains("--type=renderer") {
                    process::kill(renderer);
                }
            }
            lost(name.text(PATIENCE).await)?;
            session.close().await;
        }
        End::Hang => {
            page.goto(&format!("{}/hang", shop.shop), PATIENCE).await?;
            let button = page.locator(Selector::role_named("button", "Hang"));
            let hung = button.click(ClickOptions::default(), Duration::from_millis(300)).await;
            if !matches!(hung, Err(Error::TimedOut(_))) {
                bail!("a click on a page that hangs gave {hung:?}");
            }
            session.close().await;
        }
        End::Killed => {
            process::kill(launcher.process_id().await.context("no browser runs")?);
            lost(name.text(PATIENCE).await)?;
        }
    }
    Ok(())
}

/// What a call on a session without its browser or page must give.
fn lost(result: Result<String, Error>) -> Result<()> {
    match result {
        Err(Error::Crashed(_) | Error::Closed(_)) => Ok(()),
        other => bail!("a page whose process was killed gave {other:?}"),
    }
}
