//! `mavm demo`: the main job from end to end, on the practice console, with real parts.
//!
//! It starts two programs as an operator would (`mavm sandbox` and `mavm serve`), watches a sign-up
//! come into stock, vends it over HTTP, ends its lease and watches it being closed. It never calls
//! the host's insides: what it shows is what anyone can do from outside.

mod api;
mod programs;
mod report;
mod setup;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::json;

use api::Api;
use programs::Program;
use report::Report;

/// What the person asked for.
pub struct Options {
    /// Leaves everything running at the end.
    pub keep: bool,
    /// Shows the browser.
    pub headed: bool,
    /// Scenario switches for the practice console, `key=value`.
    pub scenario: Vec<String>,
    /// Folder for everything the demo writes; emptied first.
    pub folder: PathBuf,
    /// Folder with the plugins' components.
    pub plugins: PathBuf,
}

/// A whole flow, mail and call included, takes well under a minute on the practice console.
const FLOW_LIMIT: Duration = Duration::from_secs(600);

/// Does the main job, and prints what happened.
pub async fn run(options: Options) -> Result<()> {
    let mut report = Report::new();
    println!("mavm demo: a fresh account, signed up, vended and closed on the practice console\n");

    setup::empty_folder(&options.folder)?;
    let sandbox = report
        .phase("Practice console started", programs::sandbox(&options.folder, &options.scenario))
        .await?;
    let key = setup::write(&options, sandbox.addresses()).await?;
    let host =
        report.phase("Host started", programs::host(&options.folder)).await.with_context(|| {
            format!("the host's log is {}", options.folder.join("host.log").display())
        })?;
    let api = Api::new(host.addresses().required("http")?, key);
    setup::connect(sandbox.addresses(), host.addresses(), api.key()).await?;

    let outcome = tokio::select! {
        outcome = main_job(&api, &mut report) => outcome,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("stopped by Ctrl-C")),
    };
    report.print();
    where_to_look(&options, &api, &sandbox, &host)?;
    if options.keep && outcome.is_ok() {
        sandbox.keep();
        host.keep();
        println!("Left running (--keep). Stop with: kill {} {}", sandbox.id(), host.id());
    } else {
        host.stop().await;
        sandbox.stop().await;
    }
    outcome
}

async fn main_job(api: &Api, report: &mut Report) -> Result<()> {
    println!("\nThe stock is one short of its target, so the host signs up an account:");
    let run = watch::first_run(api, "create-account", FLOW_LIMIT).await?;
    watch::run_to_end(api, report, "create", &run, FLOW_LIMIT).await?;

    println!(
        "\nAnyone with a key can take it now. The demo does, as this would (repeat it with --keep):\n\n    {}\n",
        api.curl("POST", "/v1/vend")
    );
    let vended = report.phase("Vended", async { api.post("/v1/vend", &json!({})).await }).await?;
    println!("{}\n", serde_json::to_string_pretty(&vended)?);
    let name = vended["account_name"].as_str().context("/v1/vend gave no account_name")?.to_owned();

    println!("Its lease is ended now instead of in 24 hours, and the host closes it:");
    api.post(&format!("/v1/accounts/{name}/lease"), &json!({ "in": "0s" })).await?;
    let run = watch::first_run(api, "close-account", FLOW_LIMIT).await?;
    watch::run_to_end(api, report, "close", &run, FLOW_LIMIT).await?;

    let account = api.get(&format!("/v1/accounts/{name}")).await?;
    if account["status"] != "CLOSED" {
        bail!("{name} should be CLOSED and is {}", account["status"]);
    }
    println!(
        "\n{name} is CLOSED: AssumeRole into it is denied, and its root login says suspended."
    );
    Ok(())
}

fn where_to_look(options: &Options, api: &Api, sandbox: &Program, host: &Program) -> Result<()> {
    let data = options.folder.join("data");
    println!("\nWhere to look");
    println!("  traces            {}", data.join("traces").display());
    println!("  database          {}", data.join("mavm.db").display());
    println!("  host's log        {}", options.folder.join("host.log").display());
    println!("  configuration     {}", options.folder.join("mavm.toml").display());
    if options.keep {
        println!("  API               {}", api.base());
        println!("  root mail (SMTP)  {}", host.addresses().required("smtp")?);
        println!("  practice console  {}", sandbox.addresses().required("control")?);
        println!("  {}", api.curl("GET", "/v1/runs"));
    }
    Ok(())
}
