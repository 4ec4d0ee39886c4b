//! What can be wrong with a configuration although each key is well-formed. Everything is reported
//! at once, each with the key to change.

use super::{Config, Solver};
use crate::host::grants::ACCOUNT_SECRET;

/// What can be granted: the interfaces of `mavm:plugin`.
pub const GRANTABLE: [&str; 9] =
    ["browser", "mail", "codes", "captcha", "phone", "secrets", "aws", "effects", "log"];

/// One thing to mend: the key, and what to do.
pub fn check(config: &Config) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut say = |key: &str, what: String| wrong.push(format!("{key}: {what}"));

    match config.account.email.split_once('@') {
        Some((local, domain)) if local.matches("%s").count() == 1 => {
            if !domain.eq_ignore_ascii_case(&config.mail.domain) {
                say(
                    "account.email",
                    format!(
                        "its domain `{domain}` isn't mail.domain `{}`; mail to new accounts would not \
                         arrive here. Make the two equal",
                        config.mail.domain
                    ),
                );
            }
        }
        _ => say(
            "account.email",
            format!(
                "`{}` needs one `%s` before the `@`, such as `root+%s@example.com`",
                config.account.email
            ),
        ),
    }
    if config.vend.lease > config.vend.max_lease {
        say("vend.lease", "is longer than vend.max-lease; shorten it or raise the other".into());
    }
    if config.host.data.as_os_str().is_empty() {
        say("host.data", "is empty; name a folder on a local disk".into());
    }
    if !config.host.claim.is_positive() {
        say("host.claim", "must be longer than nothing; 30s is usual".into());
    }
    if config.host.listen == config.mail.listen && config.host.listen.port() != 0 {
        say("mail.listen", "is host.listen; give the two different ports".into());
    }
    for (key, folder) in
        [("host.plugins", Some(&config.host.plugins)), ("host.flows", config.host.flows.as_ref())]
    {
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            say(key, format!("there is no folder {}", folder.display()));
        }
    }
    if let Some(program) = config.browser.executable.as_ref().filter(|path| !path.is_file()) {
        say("browser.executable", format!("there is no program {}", program.display()));
    }
    for number in &config.phone.numbers {
        if let Err(error) = mavm_capability::phone::Number::new(number) {
            say("phone.numbers", error);
        }
    }
    if config.host.workers == 0 {
        say("host.workers", "0 runs at once would never do anything; set 1 or more".into());
    }
    if config.stock.target > 0 {
        for site in ["signup", "console"] {
            if !config.sites.contains_key(site) {
                say(
                    &format!("sites.{site}"),
                    format!("is missing; add [sites.{site}] with its `base`"),
                );
            }
        }
        if config.phone.numbers.is_empty() {
            say("phone.numbers", "is empty; a sign-up needs a number that can be called".into());
        }
    }
    for (name, site) in &config.sites {
        for url in std::iter::once(&site.base).chain(&site.origins) {
            if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
                say(&format!("sites.{name}"), format!("`{url}` is not an http or https address"));
            }
        }
        if let Some(login) = &site.login
            && let Err(error) = mavm_capability::secrets::check_name(&login.secret)
        {
            say(&format!("sites.{name}.login.secret"), error.to_string());
        }
    }
    for (name, secret) in &config.secrets {
        if secret.sites.is_empty() {
            say(
                &format!("secrets.{name}.sites"),
                "is empty; a secret bound to no site can't be used".into(),
            );
        }
        for site in &secret.sites {
            if !config.sites.contains_key(site) {
                say(
                    &format!("secrets.{name}.sites"),
                    format!("names `{site}`, but there is no [sites.{site}]"),
                );
            }
        }
    }
    for (name, plugin) in &config.plugins {
        for grant in &plugin.grants {
            if !GRANTABLE.contains(&grant.as_str()) {
                say(
                    &format!("plugins.{name}.grants"),
                    format!(
                        "`{grant}` is no capability of this host; there are {}",
                        GRANTABLE.join(", ")
                    ),
                );
            }
        }
        for site in plugin.sites.iter().flatten() {
            if !config.sites.contains_key(site) {
                say(
                    &format!("plugins.{name}.sites"),
                    format!("names `{site}`, but there is no [sites.{site}]"),
                );
            }
        }
        for secret in &plugin.secrets {
            // Each account's own; bound by itself to where root users sign up and in.
            if secret != ACCOUNT_SECRET && !config.secrets.contains_key(secret) {
                say(
                    &format!("plugins.{name}.secrets"),
                    format!(
                        "names `{secret}`, but there is no [secrets.{secret}] that says where it may be typed"
                    ),
                );
            }
        }
    }
    let practice =
        config.captcha.solver == Solver::Practice || config.phone.provider == Solver::Practice;
    if practice && config.practice.control.is_none() {
        say(
            "practice.control",
            "is missing, but captcha.solver or phone.provider is `practice`; set it to the practice \
             console's control address"
                .into(),
        );
    }
    wrong
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::load::{EXAMPLE, parse};
    use super::*;

    #[test]
    fn the_example_has_nothing_to_mend() {
        let mut example = parse("mavm.example.toml", EXAMPLE).unwrap();
        // Built by `cargo xtask plugins`, which tests of this crate don't need.
        example.host.plugins = ".".into();
        assert_eq!(check(&example), Vec::<String>::new());
    }

    #[test]
    fn what_the_docs_show_for_a_page_of_ones_own_has_nothing_to_mend() {
        let docs = include_str!("../../../../docs/browser.md");
        let shown = docs.split("```toml\n").filter_map(|rest| rest.split("```").next());
        let shown = shown.filter(|block| block.contains("[host]")).collect::<Vec<_>>();
        let [shown] = shown[..] else { panic!("{} configurations", shown.len()) };
        let mut config = parse("mavm.toml", shown).unwrap();
        // The folders of whoever follows the page.
        (config.host.plugins, config.host.flows) = (".".into(), Some(".".into()));
        assert_eq!(check(&config), Vec::<String>::new());
        assert!(config.sites.contains_key("mine") && config.plugins.contains_key("try-page"));
    }

    #[test]
    fn each_fault_names_its_key() {
        let faults = [
            ("[account]\nemail = \"root@x.example\"", "account.email"),
            ("[mail]\ndomain = \"other.example\"", "account.email"),
            ("[vend]\nlease = \"2160h\"", "vend.lease"),
            ("[host]\nworkers = 0", "host.workers"),
            ("[host]\ndata = \"\"", "host.data"),
            ("[host]\nclaim = \"0s\"", "host.claim"),
            ("[host]\nplugins = \"nope\"", "host.plugins"),
            ("[host]\nflows = \"nope\"", "host.flows"),
            ("[mail]\nlisten = \"127.0.0.1:8080\"", "mail.listen"),
            ("[browser]\nexecutable = \"/no/such/chromium\"", "browser.executable"),
            ("[phone]\nnumbers = [\"abc\"]", "phone.numbers"),
            ("[stock]\ntarget = 1", "sites.signup"),
            ("[sites.console]\nbase = \"ftp://console.example\"", "sites.console"),
            (
                "[sites.a]\nbase = \"https://a.example\"\nlogin = { user = \"u\", secret = \"a b\" }",
                "sites.a.login.secret",
            ),
            ("[secrets.card-number]\nsites = []", "secrets.card-number.sites"),
            ("[secrets.card-number]\nsites = [\"nowhere\"]", "secrets.card-number.sites"),
            ("[plugins.x]\ngrants = [\"browsr\"]", "plugins.x.grants"),
            ("[plugins.x]\nsecrets = [\"card-pin\"]", "plugins.x.secrets"),
            ("[captcha]\nsolver = \"practice\"", "practice.control"),
        ];
        for (text, key) in faults {
            let wrong = check(&parse("mavm.toml", text).unwrap());
            assert!(wrong.iter().any(|line| line.starts_with(key)), "{text}: {wrong:?}");
        }
    }
}
