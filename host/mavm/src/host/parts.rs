//! Store, capabilities, plugins and flows, put together: what `serve` and `run` both work with.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use mavm_browser::{Launcher, Options};
use mavm_capability::Clock;
use mavm_capability::crypt::Crypt;
use mavm_flow::{
    Catalogue, EmailPattern, Flow, FlowTexts, Flows, Starter, SystemClock, WorkerOptions, embedded,
};
use mavm_plugin::{Bounds, Runtime, RuntimeOptions};
use mavm_store::Store;

use super::{Folders, capabilities, grants};
use crate::config::{Config, flow_view};

/// Everything that runs need.
pub struct Parts {
    pub store: Arc<dyn Store>,
    pub crypt: Arc<Crypt>,
    pub launcher: Launcher,
    pub runtime: Arc<Runtime>,
    pub flows: Arc<Flows>,
    pub worker: mavm_flow::Parts,
}

/// The system's clock, as the capabilities take it.
pub fn clock() -> Clock {
    Arc::new(Timestamp::now)
}

/// Puts it all together.
pub async fn open(config: &Config, folders: &Folders) -> Result<Parts> {
    let store = folders.store().await?;
    let crypt = folders.crypt()?;
    let (runtime, launcher) = runtime(config, folders, store.clone(), crypt.clone()).await?;
    let flows = Arc::new(flows(config, &flow_catalogue(config, &runtime))?);
    let texts = Arc::new(
        FlowTexts::open(&folders.flow_texts(), flow_view(config))
            .with_context(|| format!("can't use {}", folders.flow_texts().display()))?,
    );
    let worker = mavm_flow::Parts {
        store: store.clone(),
        steps: runtime.clone(),
        plugins: runtime.clone(),
        texts,
        clock: Arc::new(SystemClock),
    };
    Ok(Parts { store, crypt, launcher, runtime, flows, worker })
}

/// The plugin runtime with all capabilities, and the plugins of the folder in it.
pub async fn runtime(
    config: &Config,
    folders: &Folders,
    store: Arc<dyn Store>,
    crypt: Arc<Crypt>,
) -> Result<(Arc<Runtime>, Launcher)> {
    let launcher = Launcher::new(launch_options(config, folders.browser()));
    let vault = folders.vault()?;
    let shared = capabilities::Shared { store, crypt, vault, launcher: launcher.clone() };
    let runtime = Runtime::new(
        RuntimeOptions {
            data_dir: folders.data().to_owned(),
            cache_dir: folders.cache().to_owned(),
            grants: grants::interfaces(config),
            bounds: Bounds::default(),
        },
        capabilities::all(config, folders, &shared).await?,
    )
    .await?;
    let folder = &config.host.plugins;
    if !folder.is_dir() {
        bail!(
            "there is no plugin folder {}. `cargo xtask plugins` builds the plugins; host.plugins in \
             mavm.toml says where they are",
            folder.display()
        );
    }
    for entry in runtime.registry().load_dir(folder).await? {
        match entry.loaded {
            // The registry has said so.
            Ok(_) => {}
            Err(error) => tracing::error!("{} doesn't serve: {error}", entry.path.display()),
        }
    }
    Ok((Arc::new(runtime), launcher))
}

/// How Chromium is started. Its language is set there, for all sessions: it is what requests ask for.
fn launch_options(config: &Config, folder: PathBuf) -> Options {
    let mut options = Options::in_folder(folder);
    options.executable.clone_from(&config.browser.executable);
    options.headed = config.browser.headed;
    options.idle = Some(config.browser.idle.unsigned_abs());
    options.language.clone_from(&config.browser.locale);
    options
}

/// What flows may name on this host.
pub fn flow_catalogue(config: &Config, runtime: &Runtime) -> Catalogue {
    let about = runtime.registry().active().values().map(|plugin| plugin.about.clone()).collect();
    Catalogue::new(flow_view(config), about)
}

/// The flows of the configured folder, or those that come with the host, checked.
pub fn flows(config: &Config, catalogue: &Catalogue) -> Result<Flows> {
    let flows = match &config.host.flows {
        Some(folder) => Flows::load(folder, catalogue),
        None => Flows::from_texts(embedded(), catalogue),
    };
    flows.map_err(|problems| anyhow::anyhow!("{}", problems.render(colour())))
}

/// Whether messages may be coloured.
pub fn colour() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stderr()) && std::env::var_os("NO_COLOR").is_none()
}

/// How this host's worker works. Its name is the same after a restart, so that it takes up at once
/// what it held when it was killed; the folder's lock makes sure that there is only one.
pub fn worker_options(config: &Config) -> WorkerOptions {
    let mut options = WorkerOptions::new("host");
    options.at_once = config.host.workers.into();
    options.claim = config.host.claim.unsigned_abs();
    options
}

/// What a flow's plugins will ask for must be there before the first page is opened: an account that
/// is half signed up because the card was missing needs a person.
pub async fn check_secrets(config: &Config, folders: &Folders, flow: &Flow) -> Result<()> {
    let known = folders.vault()?.names().await?;
    let granted = grants::secrets(config).grants;
    let missing: Vec<String> = flow
        .plugins()
        .into_iter()
        .filter_map(|plugin| granted.get(plugin))
        .flatten()
        .filter(|name| *name != grants::ACCOUNT_SECRET)
        .filter(|name| config.secrets.contains_key(*name) && !known.contains(name))
        .map(|name| format!("`mavm secrets set {name}`"))
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    bail!(
        "the flow {} needs secrets that are not set yet: run {}",
        flow.name,
        missing.join(" and ")
    )
}

impl Parts {
    /// What starts and resumes runs.
    pub fn starter(&self, config: &Config) -> Result<Starter> {
        let email = EmailPattern::parse(&config.account.email)
            .map_err(|error| anyhow::anyhow!("account.email: {error}"))?;
        Ok(Starter {
            store: self.store.clone(),
            flows: self.flows.clone(),
            texts: self.worker.texts.clone(),
            plugins: self.runtime.clone(),
            email,
            clock: self.worker.clock.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::parse;

    #[test]
    fn chromium_asks_for_pages_in_the_configured_language() {
        let text = "[browser]\nlocale = \"de-DE\"\nheaded = true";
        let options = launch_options(&parse("mavm.toml", text).unwrap(), "browser".into());
        assert_eq!(options.language.as_deref(), Some("de-DE"));
        assert!(options.headed);
    }
}
