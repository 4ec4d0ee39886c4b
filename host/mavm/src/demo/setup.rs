//! The demo's folder: an operator's configuration, secrets and key, all made up for the practice
//! console.

use std::path::Path;

use anyhow::{Context, Result, bail};
use mavm_sandbox::{Scenario, ThreeDSecure};
use secrecy::SecretString;

use super::Options;
use super::programs::Addresses;
use crate::{config, host};

/// The practice console takes any card number with a right check digit, and this PIN.
const CARD_NUMBER: &str = "4111111111111111";
const CARD_PIN: &str = "8642";

/// The file that marks a folder as the demo's own, so that nothing else is ever emptied.
const MARK: &str = ".mavm-demo";

/// Makes the folder, or empties it if an earlier demo made it.
pub fn empty_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        let empty = std::fs::read_dir(folder)?.next().is_none();
        if !empty && !folder.join(MARK).exists() {
            bail!(
                "{} is not empty and no demo made it; choose another folder with --folder",
                folder.display()
            );
        }
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let removed = match (path.is_dir(), path.ends_with("data")) {
                (true, true) => remove_all_but_compiled_plugins(&path),
                (true, false) => std::fs::remove_dir_all(&path),
                (false, _) => std::fs::remove_file(&path),
            };
            removed.with_context(|| format!("can't empty {}", folder.display()))?;
        }
    }
    std::fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    std::fs::write(folder.join(MARK), "")?;
    Ok(())
}

/// Everything that a demo shows is new each time; only compiling the same plugins again would be
/// waiting for nothing.
fn remove_all_but_compiled_plugins(data: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(data)? {
        let path = entry?.path();
        match path.file_name().and_then(|name| name.to_str()) {
            Some("cache" | "plugins") => {}
            _ if path.is_dir() => std::fs::remove_dir_all(&path)?,
            _ => std::fs::remove_file(&path)?,
        }
    }
    Ok(())
}

/// Writes configuration and secrets, and gives the API key.
pub async fn write(options: &Options, sandbox: &Addresses) -> Result<String> {
    let path = options.folder.join("mavm.toml");
    let plugins = std::path::absolute(&options.plugins)?;
    std::fs::write(&path, configuration(options, sandbox, &plugins)?)?;
    let config = config::load(Some(&path)).map_err(|report| anyhow::anyhow!("{report:?}"))?.config;
    let folders = host::Folders::of(&config);
    let vault = folders.vault()?;
    vault.set("card-number", SecretString::from(CARD_NUMBER)).await?;
    vault.set("card-pin", SecretString::from(CARD_PIN)).await?;
    let store = folders.store().await?;
    let (key, hash) = host::keys::new_key();
    store.put_key("demo", &hash, jiff::Timestamp::now()).await?;
    Ok(key)
}

/// Tells the practice console where the host takes mail and SMS.
pub async fn connect(sandbox: &Addresses, host: &Addresses, key: &str) -> Result<()> {
    let control = sandbox.required("control")?.trim_end_matches('/').to_owned();
    let targets = serde_json::json!({
        "smtp": host.required("smtp")?,
        "sms_relay": format!("{}/queue", host.required("http")?.trim_end_matches('/')),
        "sms_relay_key": key,
    });
    let response = reqwest::Client::new()
        .put(format!("{control}/practice/targets"))
        .json(&targets)
        .send()
        .await
        .context("the practice console doesn't answer")?;
    if !response.status().is_success() {
        bail!("the practice console didn't take its targets: {}", response.text().await?);
    }
    Ok(())
}

/// The issuer's plugin that knows what the scenario's issuer asks.
fn issuer(scenario: &[String]) -> Result<&'static str> {
    let mut all = Scenario::usual();
    for switch in scenario {
        all.set(switch)?;
    }
    Ok(match all.three_d_secure {
        ThreeDSecure::CodeAndPin => "card-otp-pin",
        _ => "card-otp",
    })
}

fn configuration(options: &Options, sandbox: &Addresses, plugins: &Path) -> Result<String> {
    let (headed, issuer_plugin) = (options.headed, issuer(&options.scenario)?);
    let at = |name| sandbox.required(name);
    Ok(format!(
        r#"# Written by `mavm demo` for the practice console.
[host]
data = "data"
listen = "127.0.0.1:0"
plugins = '{plugins}'

[browser]
headed = {headed}

[account]
email = "root+%s@mavm.example"

[stock]
target = 1

[mail]
listen = "127.0.0.1:0"
domain = "mavm.example"

[captcha]
solver = "practice"

[phone]
provider = "practice"
numbers = ["+491701234567"]

[aws]
sts-endpoint = "{sts}"

[practice]
control = "{control}"

[company]
name = "Example Ltd"
full-name = "Erika Example"
phone = "+491701234567"
address = "Example Street 1"
city = "Berlin"
state = "Berlin"
postal-code = "10115"
country = "Germany"

[card]
issuer = "{issuer_plugin}"
holder = "Erika Example"
expiry-month = "March"
expiry-year = "2030"

[billing]
currency = "EUR"
contact-name = "Erika Example"
contact-title = "Accounting"
contact-email = "invoices@mavm.example"
contact-phone = "+491701234567"
pdf-invoices = true

[access]
principal = "123456789012"
template-url = "https://example-bucket.s3.amazonaws.com/crossaccountrole.yaml"

[sites.signup]
base = "{signup}"
origins = ["{console}", "{issuer}", "{captcha}"]

[sites.console]
base = "{console}"
origins = ["{signup}"]

[sites.issuer]
base = "{issuer}"

[secrets.card-number]
sites = ["signup"]

[secrets.card-pin]
sites = ["issuer"]
"#,
        plugins = plugins.display(),
        sts = at("sts")?,
        control = at("control")?,
        signup = at("signup")?,
        console = at("console")?,
        issuer = at("issuer")?,
        captcha = at("captcha")?,
    ))
}
