//! `mavm.toml`: everything an operator sets, with the defaults of the embedded set-up.
//!
//! Unknown keys are errors. Keys are written with `-`; templates in flows see them with `_`.
//! `mavm.example.toml` at the top of the repository documents every key; a test keeps the two equal.

mod check;
mod env;
mod flow_view;
mod load;
mod presentation;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use jiff::SignedDuration;
use mavm_browser::Viewport;
use serde::Deserialize;
use url::Url;

pub use check::check;
pub use flow_view::flow_view;
#[cfg(test)]
pub use load::parse;
pub use load::{EXAMPLE, load};

/// The whole file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Config {
    pub host: HostConfig,
    pub browser: BrowserConfig,
    pub account: AccountConfig,
    pub stock: StockConfig,
    pub vend: VendConfig,
    pub mail: MailConfig,
    pub captcha: CaptchaConfig,
    pub phone: PhoneConfig,
    pub aws: AwsConfig,
    pub practice: PracticeConfig,
    pub company: CompanyConfig,
    pub card: CardConfig,
    pub billing: BillingConfig,
    pub access: AccessConfig,
    pub sites: BTreeMap<String, SiteConfig>,
    pub secrets: BTreeMap<String, SecretConfig>,
    pub plugins: BTreeMap<String, PluginConfig>,
}

/// Where the host lives and listens.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct HostConfig {
    /// Folder of the database, traces, plugins, secrets and browser profiles.
    pub data: PathBuf,
    /// Address of the HTTP API.
    pub listen: SocketAddr,
    /// Folder with the plugins' components, read at start.
    pub plugins: PathBuf,
    /// Folder of compiled plugins; none: `cache` in `data`.
    pub cache: Option<PathBuf>,
    /// Folder with flows; none: the two that come with the host.
    pub flows: Option<PathBuf>,
    /// Runs at once.
    pub workers: u16,
    /// How long a crashed host's runs wait until another may take them.
    pub claim: SignedDuration,
    /// Days that traces are kept.
    pub keep_traces_days: u16,
}

impl Default for HostConfig {
    fn default() -> Self {
        Self {
            data: "data".into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            plugins: "target/plugins".into(),
            cache: None,
            flows: None,
            workers: 2,
            claim: SignedDuration::from_secs(30),
            keep_traces_days: 14,
        }
    }
}

/// The browser under the flows.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct BrowserConfig {
    /// The executable; none: `chromium-headless-shell`, then `chromium`, from the PATH.
    pub executable: Option<PathBuf>,
    /// Shows the browser; needs a display and full Chromium.
    pub headed: bool,
    /// It is closed when no run has used it for so long.
    pub idle: SignedDuration,
    /// How much the traces of runs show.
    pub trace: TraceLevel,
    /// Size of the window that pages see.
    #[serde(deserialize_with = "presentation::window")]
    pub window: Viewport,
    /// The language that pages are asked for, and that they format numbers and dates by; none: the
    /// machine's.
    #[serde(deserialize_with = "presentation::locale")]
    pub locale: Option<String>,
    /// The time zone that pages see; none: the machine's.
    #[serde(deserialize_with = "presentation::time_zone")]
    pub time_zone: Option<String>,
}

impl Default for BrowserConfig {
    fn default() -> Self {
        Self {
            executable: None,
            headed: false,
            idle: SignedDuration::from_mins(5),
            trace: TraceLevel::Full,
            window: Viewport::default(),
            locale: None,
            time_zone: None,
        }
    }
}

/// How much a trace shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TraceLevel {
    /// Every action, and the page before each.
    Full,
    /// Every action in words; the page only where one failed.
    Actions,
    /// Nothing.
    Off,
}

/// How accounts are named.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct AccountConfig {
    /// Pattern of the root address; `%s` becomes the account's eight hex digits.
    pub email: String,
}

impl Default for AccountConfig {
    fn default() -> Self {
        Self { email: "root+%s@mavm.example".into() }
    }
}

/// How many accounts are kept ready, and at what pace new ones are made.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct StockConfig {
    pub target: u32,
    pub every: SignedDuration,
    pub max_per_day: u32,
}

impl Default for StockConfig {
    fn default() -> Self {
        Self { target: 0, every: SignedDuration::from_hours(2), max_per_day: 12 }
    }
}

/// How accounts are vended.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct VendConfig {
    /// How long an account is lent when the caller doesn't say.
    pub lease: SignedDuration,
    /// The longest a caller may ask for.
    pub max_lease: SignedDuration,
    /// Opens `GET /vend` without a key, for old clients.
    pub open: bool,
}

impl Default for VendConfig {
    fn default() -> Self {
        Self {
            lease: SignedDuration::from_hours(24),
            max_lease: SignedDuration::from_hours(24 * 30),
            open: false,
        }
    }
}

/// Mail that comes in for root addresses.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct MailConfig {
    /// Address of the SMTP listener.
    pub listen: SocketAddr,
    /// The root mail domain.
    pub domain: String,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 2525)), domain: "mavm.example".into() }
    }
}

/// Who solves captchas.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct CaptchaConfig {
    pub solver: Solver,
}

/// Who solves captchas or answers the phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Solver {
    /// A person, through `mavm challenges`.
    #[default]
    Operator,
    /// The practice console's own answer key.
    Practice,
}

/// Who answers verification calls, on which numbers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct PhoneConfig {
    pub provider: Solver,
    /// International form: `+491701234567`.
    pub numbers: Vec<String>,
}

/// AWS as the host calls it.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct AwsConfig {
    pub region: String,
    /// Another address for STS (the practice console's); none: AWS.
    pub sts_endpoint: Option<Url>,
}

impl Default for AwsConfig {
    fn default() -> Self {
        Self { region: "us-east-1".into(), sts_endpoint: None }
    }
}

/// The practice console, where one is used.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct PracticeConfig {
    /// Its control address.
    pub control: Option<Url>,
}

/// The organisation that signs up.
#[derive(Clone, Debug, Default, Deserialize, serde::Serialize)]
#[serde(default, rename_all(deserialize = "kebab-case"), deny_unknown_fields)]
pub struct CompanyConfig {
    pub name: String,
    pub full_name: String,
    pub phone: String,
    pub address: String,
    pub city: String,
    pub state: String,
    pub postal_code: String,
    /// English name, as the sign-up page lists it.
    pub country: String,
}

/// The card that pays, without its number (`mavm secrets set card-number`).
#[derive(Clone, Debug, Deserialize, serde::Serialize)]
#[serde(default, rename_all(deserialize = "kebab-case"), deny_unknown_fields)]
pub struct CardConfig {
    /// The issuer's plugin.
    pub issuer: String,
    pub holder: String,
    /// English name of the month.
    pub expiry_month: String,
    pub expiry_year: String,
    /// The channel on which its codes arrive.
    pub code_channel: String,
}

impl Default for CardConfig {
    fn default() -> Self {
        Self {
            issuer: "card-otp".into(),
            holder: String::new(),
            expiry_month: String::new(),
            expiry_year: String::new(),
            code_channel: "card-sms".into(),
        }
    }
}

/// What is set on the billing pages of a new account.
#[derive(Clone, Debug, Default, Deserialize, serde::Serialize)]
#[serde(default, rename_all(deserialize = "kebab-case"), deny_unknown_fields)]
pub struct BillingConfig {
    pub currency: String,
    pub contact_name: String,
    pub contact_title: String,
    pub contact_email: String,
    pub contact_phone: String,
    pub pdf_invoices: bool,
}

/// The role through which a vended account is used.
#[derive(Clone, Debug, Deserialize, serde::Serialize)]
#[serde(default, rename_all(deserialize = "kebab-case"), deny_unknown_fields)]
pub struct AccessConfig {
    pub stack_name: String,
    pub role_name: String,
    /// The AWS account (or ARN) that may assume the role.
    pub principal: String,
    pub template_url: String,
    pub region: String,
}

impl Default for AccessConfig {
    fn default() -> Self {
        Self {
            stack_name: "ovm-role".into(),
            role_name: "OVMCrossAccountRole".into(),
            principal: String::new(),
            template_url: String::new(),
            region: "us-east-1".into(),
        }
    }
}

/// A named site: where its pages are.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SiteConfig {
    /// Base address, such as `https://portal.aws.amazon.com`.
    pub base: Url,
    /// More origins that its pages lead to or embed.
    #[serde(default)]
    pub origins: Vec<Url>,
    /// For a site that asks for a user and password by HTTP authentication.
    #[serde(default)]
    pub login: Option<LoginConfig>,
}

/// A user and password for HTTP authentication.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LoginConfig {
    /// The user's name.
    pub user: String,
    /// The name of the secret that is the password.
    pub secret: String,
}

/// Where a secret may be typed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SecretConfig {
    /// Names of sites.
    pub sites: Vec<String>,
}

/// What one plugin may use.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct PluginConfig {
    /// Interfaces of `mavm:plugin`: `browser`, `mail`, ...
    pub grants: Vec<String>,
    /// The operator's secrets that it may use by handle.
    pub secrets: Vec<String>,
    /// Sites that it may open and type codes into; none: all.
    pub sites: Option<Vec<String>>,
}
