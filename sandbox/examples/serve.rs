//! Serves a practice console until it is interrupted, and prints its addresses as JSON.
//!
//! Arguments are scenario switches (`captcha-phone=on`, `earlier-machine`), `no-delays`, and
//! `public-SITE=URL` where a site is reached under another address.
//! `SMTP`, `SMS_RELAY`: where mails and SMS go.

use mavm_sandbox::{Delays, Options, Sandbox, SmsRelay};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut options = Options::default();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "no-delays" => options.delays = Delays::Off,
            public if public.starts_with("public-") => {
                let (site, url) =
                    public["public-".len()..].split_once('=').ok_or("public-SITE=URL")?;
                let url = Some(url.parse()?);
                match site {
                    "signup" => options.public.signup = url,
                    "console" => options.public.console = url,
                    "signin" => options.public.signin = url,
                    "captcha" => options.public.captcha = url,
                    "issuer" => options.public.issuer = url,
                    _ => return Err(format!("no site {site}").into()),
                }
            }
            switch => options.scenario.set(switch)?,
        }
    }
    options.smtp = std::env::var("SMTP").ok().map(|a| a.parse()).transpose()?;
    if let Ok(base) = std::env::var("SMS_RELAY") {
        options.sms_relay = Some(SmsRelay { base: base.parse()?, bearer: None });
    }
    let sandbox = Sandbox::start(options).await?;
    println!(
        "{}",
        serde_json::json!({"addresses": sandbox.addresses(), "listening": sandbox.listening()})
    );
    tokio::signal::ctrl_c().await?;
    sandbox.stop().await;
    Ok(())
}
