//! `mavm sandbox`: the practice console as a program of its own.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use mavm_sandbox::{Delays, Options, Ports, Public, Sandbox, Scenario, SmsRelay};
use url::Url;

use super::report;
use crate::host::{addresses_file, stop_signal};

/// Runs the practice console: stand-in sites that flows run against without AWS.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address to listen on. Beyond loopback only if you mean it.
    #[arg(long, default_value = "127.0.0.1")]
    bind: IpAddr,
    /// Port of the control site; the others follow it.
    #[arg(long, default_value_t = 9000)]
    port: u16,
    /// Lets the system pick free ports.
    #[arg(long, conflicts_with = "port")]
    any_port: bool,
    /// A scenario switch, `key=value`, or a preset (usual, all-smooth, earlier-machine); may be given more
    /// than once.
    #[arg(long, value_name = "KEY=VALUE")]
    scenario: Vec<String>,
    /// Lists the scenario switches and ends.
    #[arg(long)]
    scenarios: bool,
    /// Sets every delay to zero.
    #[arg(long)]
    no_delays: bool,
    /// Mail server to deliver to, such as the host's `mail.listen`.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:2525")]
    smtp: SocketAddr,
    /// Where SMS go: `GET URL?text=…`.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080/queue")]
    sms_relay: Url,
    /// API key for the SMS relay.
    #[arg(long, value_name = "KEY", env = "MAVM_SMS_RELAY_KEY", hide_env_values = true)]
    sms_relay_key: Option<String>,
    /// The AWS account that STS takes its caller for; without it, whoever the role trusts.
    #[arg(long, value_name = "ACCOUNT")]
    caller_account: Option<String>,
    /// The right PIN of every card.
    #[arg(long, value_name = "PIN", default_value = "8642", hide = true)]
    card_pin: String,
    /// What the pages call the sign-up site, where that isn't where it listens.
    #[arg(long, value_name = "URL")]
    public_signup: Option<Url>,
    /// The same for the console.
    #[arg(long, value_name = "URL")]
    public_console: Option<Url>,
    /// The same for the sign-in; without it, the console's.
    #[arg(long, value_name = "URL")]
    public_signin: Option<Url>,
    /// The same for the captcha host.
    #[arg(long, value_name = "URL")]
    public_captcha: Option<Url>,
    /// The same for the card issuer.
    #[arg(long, value_name = "URL")]
    public_issuer: Option<Url>,
    /// The same for STS.
    #[arg(long, value_name = "URL")]
    public_sts: Option<Url>,
    /// Writes the sites' addresses to this file, as JSON, once they serve.
    #[arg(long, value_name = "FILE")]
    addresses_file: Option<PathBuf>,
}

pub async fn run(args: Args) -> miette::Result<ExitCode> {
    super::log_to_stderr("info");
    if args.scenarios {
        for (key, allowed, help) in Scenario::describe() {
            println!("{key}\n    {help}\n    {allowed}");
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut scenario = Scenario::usual();
    for switch in &args.scenario {
        scenario.set(switch).map_err(report)?;
    }
    let file = args.addresses_file.clone();
    let sandbox = Sandbox::start(options(args, scenario)).await.map_err(report)?;
    let addresses = serde_json::to_value(sandbox.addresses()).map_err(report)?;
    println!("practice console, not AWS\n");
    for (site, address) in addresses.as_object().into_iter().flatten() {
        println!("  {site:<9} {}", address.as_str().unwrap_or_default());
    }
    println!("\nCtrl-C stops it.");
    if let Some(file) = file {
        addresses_file::write(&file, &addresses).map_err(report)?;
    }
    stop_signal().await;
    sandbox.stop().await;
    Ok(ExitCode::SUCCESS)
}

fn options(args: Args, scenario: Scenario) -> Options {
    let port = |n| if args.any_port { 0 } else { args.port.saturating_add(n) };
    Options {
        bind: args.bind,
        ports: Ports {
            control: port(0),
            signup: port(1),
            console: port(2),
            captcha: port(3),
            issuer: port(4),
            sts: port(5),
        },
        delays: if args.no_delays { Delays::Off } else { Delays::On },
        scenario,
        smtp: Some(args.smtp),
        sms_relay: Some(SmsRelay { base: args.sms_relay, bearer: args.sms_relay_key }),
        card_pin: args.card_pin,
        caller_account: args.caller_account,
        public: Public {
            signup: args.public_signup,
            console: args.public_console,
            signin: args.public_signin,
            captcha: args.public_captcha,
            issuer: args.public_issuer,
            sts: args.public_sts,
            control: None,
        },
        ..Options::default()
    }
}
