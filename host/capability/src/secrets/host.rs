//! The WIT side of `secrets`: hands out handles to what a plugin is granted.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use mavm_plugin::bindings::mavm::plugin::secrets;
use mavm_plugin::sealed::Secret;
use mavm_plugin::{Capability, Failure, StepError, StepRequest, StepState};
use mavm_store::AccountName;
use secrecy::SecretString;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};

use super::{Error, SecretsConfig, Vault, account_secret, check_name, password};

/// The capability.
pub struct Secrets {
    vault: Arc<dyn Vault>,
    config: Arc<SecretsConfig>,
}

impl Secrets {
    /// Hands out what is in the vault, as the configuration allows.
    pub fn new(vault: Arc<dyn Vault>, config: SecretsConfig) -> Self {
        Self { vault, config: Arc::new(config) }
    }

    /// Its state for one step of a plugin on an account.
    pub fn step(&self, plugin: &str, account: &AccountName) -> SecretsStep {
        SecretsStep {
            vault: self.vault.clone(),
            config: self.config.clone(),
            plugin: plugin.to_owned(),
            account: account.clone(),
        }
    }
}

#[async_trait]
impl Capability for Secrets {
    fn interface(&self) -> &'static str {
        "secrets"
    }

    fn link(&self, linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
        secrets::add_to_linker::<StepState, Self>(linker, |state| {
            let (step, table) = state.host();
            SecretsView { step, table }
        })
    }

    fn open(&self, step: &Arc<StepRequest>) -> Box<dyn Any + Send> {
        Box::new(self.step(&step.plugin, &step.account.name))
    }
}

impl HasData for Secrets {
    type Data<'a> = SecretsView<'a>;
}

/// What the capability knows of the step that is being done.
pub struct SecretsStep {
    vault: Arc<dyn Vault>,
    config: Arc<SecretsConfig>,
    plugin: String,
    account: AccountName,
}

impl SecretsStep {
    async fn operators(&self, name: &str) -> Result<Result<Secret, Failure>, Error> {
        if let Err(error) = check_name(name) {
            return Ok(Err(Failure::Invalid(error.to_string())));
        }
        let origins = match self.config.origins(&self.plugin, name) {
            Ok(origins) => origins,
            Err(why) => return Ok(Err(Failure::Denied(why))),
        };
        Ok(match self.vault.get(name).await? {
            Some(value) => Ok(Secret { name: name.to_owned(), value, origins }),
            None => Err(Failure::Unsupported(format!(
                "the secret `{name}` has no value yet. Set it: mavm secrets set {name}"
            ))),
        })
    }

    async fn accounts(&self, name: &str) -> Result<Result<Secret, Failure>, Error> {
        let key = account_secret(&self.account, name);
        if name.contains('/') || check_name(name).and_then(|()| check_name(&key)).is_err() {
            let shown: String = name.chars().take(60).flat_map(char::escape_default).collect();
            return Ok(Err(Failure::Invalid(format!(
                "`{shown}` is no name for an account's secret: use letters, digits, `-`, `_` and `.`, \
                 such as `root-password`"
            ))));
        }
        let origins = match self.config.origins(&self.plugin, name) {
            Ok(origins) => origins,
            Err(why) => return Ok(Err(Failure::Denied(why))),
        };
        let value = match self.vault.get(&key).await? {
            Some(value) => value,
            // Kept before it is given out: a password that was typed and then lost would lock the
            // account's root user out for good.
            None => self.vault.set_once(&key, new_password()).await?,
        };
        Ok(Ok(Secret { name: name.to_owned(), value, origins }))
    }
}

fn new_password() -> SecretString {
    password::generate(&mut rand::rng())
}

/// The WIT side, for one call.
pub struct SecretsView<'a> {
    /// None while the plugin describes itself.
    pub step: Option<&'a mut SecretsStep>,
    /// The plugin's handles.
    pub table: &'a mut ResourceTable,
}

impl SecretsView<'_> {
    fn step(&self) -> wasmtime::Result<&SecretsStep> {
        self.step.as_deref().ok_or_else(|| {
            wasmtime::Error::msg("`secrets` was called outside a step: `describe` may call nothing")
        })
    }

    fn hand_out(
        &mut self,
        found: Result<Result<Secret, Failure>, Error>,
    ) -> wasmtime::Result<Result<Resource<Secret>, Failure>> {
        match found {
            Ok(Ok(secret)) => Ok(Ok(self.table.push(secret)?)),
            Ok(Err(failure)) => Ok(Err(failure)),
            // The vault itself failed: nothing the plugin could do about it.
            Err(error) => Err(wasmtime::Error::new(StepError::Host(error.to_string()))),
        }
    }
}

impl secrets::Host for SecretsView<'_> {
    async fn get(&mut self, name: String) -> wasmtime::Result<Result<Resource<Secret>, Failure>> {
        let found = self.step()?.operators(&name).await;
        self.hand_out(found)
    }

    async fn of_account(
        &mut self,
        name: String,
    ) -> wasmtime::Result<Result<Resource<Secret>, Failure>> {
        let found = self.step()?.accounts(&name).await;
        self.hand_out(found)
    }
}
