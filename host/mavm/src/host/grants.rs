//! Which plugin may use what. The plugins that come with mavm have their grants here, so that a new
//! operator starts with a machine that works; `[plugins.NAME]` in mavm.toml replaces them.

use std::collections::{BTreeMap, BTreeSet};

use mavm_capability::secrets::SecretsConfig;

use crate::config::Config;

/// Plugin, interfaces, secrets. The issuers have the card's number too: a payment whose page was lost
/// begins again with the card, on the sign-up site alone, where it is bound to.
const COMES_WITH_MAVM: [(&str, &[&str], &[&str]); 9] = [
    ("aws-signup", &[], &[]),
    ("aws-payment", &["codes"], &["card-number"]),
    ("card-otp", &["codes"], &["card-number"]),
    ("card-otp-pin", &["codes"], &["card-number", "card-pin"]),
    ("aws-identity", &["phone"], &[]),
    ("aws-root-login", &[], &[]),
    ("aws-billing", &[], &[]),
    ("aws-access", &["aws"], &[]),
    ("aws-closure", &["aws"], &[]),
];

/// What each of them has besides: any of their steps may find itself signed out, and signing in may
/// ask for the password, a captcha and a mailed code.
const TO_SIGN_IN: [&str; 6] = ["browser", "mail", "captcha", "secrets", "effects", "log"];
/// Each account has its own, made by the host: nobody sets it.
pub const ACCOUNT_SECRET: &str = "root-password";

/// Where each account's own root password may be typed.
const ROOT_PASSWORD_SITES: [&str; 3] = ["signup", "console", "signin"];

/// Interfaces by plugin.
pub fn interfaces(config: &Config) -> BTreeMap<String, BTreeSet<String>> {
    let mut grants: BTreeMap<_, BTreeSet<String>> = COMES_WITH_MAVM
        .into_iter()
        .map(|(name, interfaces, _)| {
            (name.to_owned(), strings(&[interfaces, &TO_SIGN_IN].concat()))
        })
        .collect();
    for (name, plugin) in &config.plugins {
        grants.insert(name.clone(), plugin.grants.iter().cloned().collect());
    }
    grants
}

/// Secrets by plugin, and the origins each may be typed into: the base of each site it is bound to,
/// not what that site's pages lead to or embed.
pub fn secrets(config: &Config) -> SecretsConfig {
    let mut grants: BTreeMap<_, BTreeSet<String>> = COMES_WITH_MAVM
        .into_iter()
        .map(|(name, _, secrets)| {
            (name.to_owned(), strings(&[secrets, &[ACCOUNT_SECRET]].concat()))
        })
        .collect();
    for (name, plugin) in &config.plugins {
        grants.insert(name.clone(), plugin.secrets.iter().cloned().collect());
    }
    let origins = |sites: &mut dyn Iterator<Item = &str>| -> Vec<String> {
        let known = sites.filter_map(|name| config.sites.get(name));
        known.map(|site| site.base.origin().ascii_serialization()).collect()
    };
    let mut bindings: BTreeMap<_, _> = config
        .secrets
        .iter()
        .map(|(name, secret)| (name.clone(), origins(&mut secret.sites.iter().map(String::as_str))))
        .collect();
    bindings
        .entry(ACCOUNT_SECRET.into())
        .or_insert_with(|| origins(&mut ROOT_PASSWORD_SITES.into_iter()));
    SecretsConfig { grants, bindings }
}

fn strings(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
