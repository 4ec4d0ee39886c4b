//! What a flow may name: plugins with their steps, and values of the configuration.

use mavm_plugin::About;
use serde_json::Value;

/// What exists on this host, as far as flows can see it.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// None: plugins are not looked at.
    plugins: Option<Vec<About>>,
    config: Value,
}

impl Catalogue {
    /// `config` is the part of the configuration that flows may see: a JSON object of tables. Every
    /// key that may be set is in it, as null when it isn't, so that `config.billing.currency is not
    /// none` can be asked and a mistyped key is still found. It holds no secret.
    pub fn new(config: Value, plugins: Vec<About>) -> Self {
        Self { plugins: Some(plugins), config }
    }

    /// For the text that a run pinned: it was checked when the run began, and the plugins it was
    /// checked against may be gone since.
    pub(crate) fn pinned(config: Value) -> Self {
        Self { plugins: None, config }
    }

    /// The values that templates see as `config`.
    pub fn config(&self) -> &Value {
        &self.config
    }

    pub(crate) fn plugins(&self) -> Option<&[About]> {
        self.plugins.as_deref()
    }

    /// The names of a table in the configuration, or none if there is no table at that path.
    pub(crate) fn keys(&self, path: &[&str]) -> Option<Vec<&str>> {
        let mut value = &self.config;
        for key in path {
            value = value.get(key)?;
        }
        value.as_object().map(|table| table.keys().map(String::as_str).collect())
    }
}
