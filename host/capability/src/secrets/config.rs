//! Who may have which secret, and where it may be typed.

use std::collections::{BTreeMap, BTreeSet};

/// Grants and bindings of secrets, from the operator's configuration.
#[derive(Clone, Debug, Default)]
pub struct SecretsConfig {
    /// Plugin name -> names of the secrets that it may hold: the operator's (`card-number`) and the
    /// account's (`root-password`) alike.
    pub grants: BTreeMap<String, BTreeSet<String>>,
    /// Secret name -> origins (`https://host`, port only where it isn't the default) that it may be
    /// typed into. A secret without any can't be used.
    pub bindings: BTreeMap<String, Vec<String>>,
}

impl SecretsConfig {
    /// The origins of a secret for a plugin, or why it can't have it, with the TOML to add.
    pub(super) fn origins(&self, plugin: &str, name: &str) -> Result<Vec<String>, String> {
        let granted = self.grants.get(plugin);
        if !granted.is_some_and(|names| names.contains(name)) {
            let mut names: Vec<_> =
                granted.into_iter().flatten().map(|n| format!("{n:?}")).collect();
            names.push(format!("{name:?}"));
            return Err(format!(
                "the plugin `{plugin}` is not granted the secret `{name}`. To grant it, put this into \
                 mavm.toml and restart the host:\n[plugins.{plugin}]\nsecrets = [{}]",
                names.join(", ")
            ));
        }
        match self.bindings.get(name) {
            Some(origins) if !origins.is_empty() => Ok(origins.clone()),
            _ => Err(format!(
                "the secret `{name}` is bound to no site, so it can't be typed anywhere. Put this into \
                 mavm.toml, with the sites that it is for, and restart the host:\n[secrets.{name}]\n\
                 sites = [\"signup\"]"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn a_missing_grant_or_binding_says_what_to_add() {
        let mut config = SecretsConfig::default();
        config.grants.insert("aws-payment".into(), BTreeSet::from(["card-pin".into()]));
        let error = config.origins("aws-payment", "card-number").unwrap_err();
        assert!(
            error.ends_with("[plugins.aws-payment]\nsecrets = [\"card-pin\", \"card-number\"]"),
            "{error}"
        );
        let error = config.origins("aws-payment", "card-pin").unwrap_err();
        assert!(error.contains("[secrets.card-pin]\nsites = "), "{error}");
        config.bindings.insert("card-pin".into(), vec!["https://acs.example".into()]);
        assert_eq!(config.origins("aws-payment", "card-pin").unwrap(), ["https://acs.example"]);
    }
}
