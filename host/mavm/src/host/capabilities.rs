//! The list of what this host can do, each with the provider that the configuration names.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use async_trait::async_trait;
use mavm_browser::{Credentials, Evidence, Launcher};
use mavm_capability::crypt::Crypt;
use mavm_capability::secrets::{Vault, account_secret};
use mavm_capability::{aws, browser, captcha, codes, effects, log, mail, phone, secrets};
use mavm_plugin::Capability;
use mavm_plugin::sealed::Secret;
use mavm_store::{AccountName, Store};
use url::Url;

use super::{Folders, clock, grants};
use crate::config::{Config, Solver, TraceLevel};

/// What the capabilities share.
pub struct Shared {
    pub store: Arc<dyn Store>,
    pub crypt: Arc<Crypt>,
    pub vault: Arc<dyn Vault>,
    pub launcher: Launcher,
}

/// All capabilities of this host.
pub async fn all(
    config: &Config,
    folders: &Folders,
    shared: &Shared,
) -> Result<Vec<Arc<dyn Capability>>> {
    let Shared { store, crypt, vault, launcher } = shared;
    let sites = browser::Sites::new(&sites(config))?;
    let mut pages = pages(config, folders.traces());
    pages.credentials = credentials(config, &**vault).await?;
    pages.known = Some(Arc::new(KnownSecrets {
        vault: vault.clone(),
        bindings: grants::secrets(config).bindings,
    }));
    pages.kept = Some(browser::KeptSessions::in_folder(folders.sessions(), crypt.clone()));
    Ok(vec![
        Arc::new(browser::Browser::new(launcher.clone(), sites, pages)),
        Arc::new(mail::MailIn::new(store.clone(), crypt.clone())),
        Arc::new(codes::Codes::new(store.clone(), crypt.clone(), clock())),
        Arc::new(captcha::Captcha::new(solver(config, shared)?, store.clone(), clock())),
        Arc::new(phone::PhoneLines::new(phone_provider(config, shared)?, store.clone(), clock())),
        Arc::new(secrets::Secrets::new(vault.clone(), grants::secrets(config))),
        Arc::new(aws::AwsCalls::new(Arc::new(aws::Sts::new(sts(config))))),
        Arc::new(effects::Effects::new(store.clone(), clock())),
        Arc::new(log::Log),
    ])
}

/// Every secret that is bound to sites, the operator's and the account's own: what a page may show.
struct KnownSecrets {
    vault: Arc<dyn Vault>,
    bindings: BTreeMap<String, Vec<String>>,
}

impl std::fmt::Debug for KnownSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KnownSecrets").finish_non_exhaustive()
    }
}

#[async_trait]
impl browser::KnownSecrets for KnownSecrets {
    async fn of(&self, account: &AccountName) -> Result<Vec<Secret>, String> {
        let mut all = Vec::new();
        for (name, origins) in &self.bindings {
            for key in [name.clone(), account_secret(account, name)] {
                let value = self.vault.get(&key).await.map_err(|error| error.to_string())?;
                let secret = |value| Secret { name: name.clone(), value, origins: origins.clone() };
                all.extend(value.map(secret));
            }
        }
        Ok(all)
    }
}

/// What pages see of the browser, and what is kept of them.
fn pages(config: &Config, traces: PathBuf) -> browser::BrowserConfig {
    let mut pages = browser::BrowserConfig::traces_in(traces);
    pages.evidence = evidence(config);
    pages.window = config.browser.window;
    pages.locale.clone_from(&config.browser.locale);
    pages.time_zone.clone_from(&config.browser.time_zone);
    pages
}

fn sites(config: &Config) -> browser::SitesConfig {
    let sites = config.sites.iter().map(|(name, site)| {
        let origins = site.origins.iter().map(|url| url.origin().ascii_serialization()).collect();
        (name.clone(), browser::SiteConfig { base: site.base.clone(), origins })
    });
    let plugins = config.plugins.iter().filter_map(|(name, plugin)| {
        Some((name.clone(), plugin.sites.as_ref()?.iter().cloned().collect()))
    });
    browser::SitesConfig { sites: sites.collect(), plugins: plugins.collect() }
}

/// What sites get that ask by HTTP authentication. One whose password is not set yet stays locked,
/// which its first use tells.
async fn credentials(config: &Config, vault: &dyn Vault) -> Result<Vec<Credentials>> {
    let mut all = Vec::new();
    for (name, site) in &config.sites {
        let Some(login) = &site.login else { continue };
        match vault.get(&login.secret).await? {
            Some(password) => all.push(Credentials {
                origin: site.base.origin().ascii_serialization().parse()?,
                user: login.user.clone(),
                password,
            }),
            None => tracing::warn!(
                "sites.{name}.login: its password is not set; `mavm secrets set {}`, then start the \
                 host again",
                login.secret
            ),
        }
    }
    Ok(all)
}

fn evidence(config: &Config) -> Option<Evidence> {
    match config.browser.trace {
        TraceLevel::Full => Some(Evidence::Full),
        TraceLevel::Actions => Some(Evidence::Actions),
        TraceLevel::Off => None,
    }
}

fn solver(config: &Config, shared: &Shared) -> Result<Arc<dyn captcha::Solver>> {
    Ok(match config.captcha.solver {
        Solver::Operator => {
            Arc::new(captcha::Operator::new(shared.store.clone(), shared.crypt.clone(), clock()))
        }
        Solver::Practice => Arc::new(captcha::Practice::new(practice(config)?)?),
    })
}

fn phone_provider(config: &Config, shared: &Shared) -> Result<Arc<dyn phone::Phone>> {
    let numbers = config
        .phone
        .numbers
        .iter()
        .map(|number| phone::Number::new(number))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| anyhow::anyhow!("phone.numbers: {error}"))?;
    Ok(match config.phone.provider {
        Solver::Operator => Arc::new(phone::Operator::new(
            numbers,
            shared.store.clone(),
            shared.crypt.clone(),
            clock(),
        )),
        Solver::Practice => Arc::new(phone::Practice::new(numbers, practice(config)?)?),
    })
}

fn practice(config: &Config) -> Result<&Url> {
    config.practice.control.as_ref().context(
        "captcha.solver or phone.provider is \"practice\", but practice.control is missing; set it \
         to the practice console's control address",
    )
}

fn sts(config: &Config) -> aws::StsConfig {
    let endpoint = config.aws.sts_endpoint.clone();
    // The practice console takes anyone's word; real credentials must not go to another address.
    let credentials = endpoint.is_some().then(|| aws::StaticCredentials {
        access_key_id: "PRACTICE".into(),
        secret_access_key: "practice".to_owned().into(),
    });
    aws::StsConfig { endpoint, region: Some(config.aws.region.clone()), credentials }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::parse;

    #[test]
    fn sessions_present_themselves_as_configured() {
        let text = "[browser]\nwindow = \"1600x900\"\nlocale = \"de-DE\"\n\
                    time-zone = \"Europe/Berlin\"\ntrace = \"off\"";
        let pages = pages(&parse("mavm.toml", text).unwrap(), "traces".into());
        assert_eq!((pages.window.width, pages.window.height), (1600, 900));
        assert_eq!(pages.locale.as_deref(), Some("de-DE"));
        assert_eq!(pages.time_zone.as_deref(), Some("Europe/Berlin"));
        assert!(pages.evidence.is_none());
    }
}
