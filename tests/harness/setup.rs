//! What a machine is set up with.

use mavm_sandbox::{Addresses, Scenario};

/// Passes the check digit, belongs to nobody.
pub const CARD_NUMBER: &str = "4111111111111111";

/// Longer than real ones, so that finding it somewhere can't be chance.
pub const CARD_PIN: &str = "86420975";

/// What may differ between tests.
pub struct Setup {
    /// The practice console's scenario for every account.
    pub scenario: Scenario,
    /// The issuer's plugin.
    pub issuer: &'static str,
    /// `captcha.solver`.
    pub captcha: &'static str,
    /// Accounts to keep in stock.
    pub target: u32,
    /// The pace of sign-ups; so long by default that there is only one.
    pub every: &'static str,
    /// `phone.provider`.
    pub phone: &'static str,
    /// Whether a key is made by command before the first start, or the first start makes one.
    pub own_key: bool,
    /// Numbers that can be called.
    pub numbers: Vec<&'static str>,
}

impl Setup {
    /// All smooth, one account in stock, with these scenario switches.
    pub fn with(switches: &[&str]) -> Self {
        let mut scenario = Scenario::all_smooth();
        for switch in switches {
            scenario.set(switch).unwrap();
        }
        Self {
            scenario,
            issuer: "card-otp",
            captcha: "practice",
            target: 1,
            every: "1h",
            phone: "practice",
            own_key: true,
            numbers: vec!["+491701234567"],
        }
    }

    /// The host's configuration.
    pub(crate) fn toml(&self, sites: &Addresses, listen: &str, smtp: &str) -> String {
        let Self { issuer, captcha, target, every, phone, numbers, .. } = self;
        let Addresses { signup, console, captcha: captcha_site, issuer: issuer_site, sts, control } =
            sites;
        let target_folder = crate::host::target();
        let plugins = target_folder.join("plugins");
        let cache = target_folder.join("plugin-cache");
        format!(
            r#"
[host]
listen = "{listen}"
plugins = {plugins:?}
cache = {cache:?}
claim = "5s"

[stock]
target = {target}
every = "{every}"

[mail]
listen = "{smtp}"

[captcha]
solver = "{captcha}"

[phone]
provider = "{phone}"
numbers = {numbers:?}

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
issuer = "{issuer}"
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
origins = ["{console}", "{issuer_site}", "{captcha_site}"]

[sites.console]
base = "{console}"
origins = ["{signup}"]

[sites.issuer]
base = "{issuer_site}"

[secrets.card-number]
sites = ["signup"]

[secrets.card-pin]
sites = ["issuer"]

[secrets.root-password]
sites = ["signup", "console"]
"#
        )
    }
}
