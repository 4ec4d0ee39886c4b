//! From a site's name to its addresses. A path never leads out of its site, and a plugin sees no
//! site that it isn't granted.

use std::collections::{BTreeMap, BTreeSet};

use mavm_browser::Origin;
use mavm_plugin::Failure;
use url::Url;

use super::bounds::{MAX_PATH, shown};
use super::{Error, SitesConfig};

/// Sites that were checked.
#[derive(Clone, Debug, Default)]
pub struct Sites {
    sites: BTreeMap<String, Site>,
    plugins: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Clone, Debug)]
struct Site {
    /// Without a slash at its end.
    base: String,
    origins: Vec<Origin>,
}

impl Sites {
    /// Checks every address, and that plugins name sites which are there.
    pub fn new(config: &SitesConfig) -> Result<Self, Error> {
        let mut sites = BTreeMap::new();
        for (name, site) in &config.sites {
            let base = &site.base;
            let plain = base.query().is_none()
                && base.fragment().is_none()
                && base.username().is_empty()
                && base.password().is_none();
            let bad = || Error::Base { site: name.clone(), base: base.to_string() };
            let own: Origin = base.origin().ascii_serialization().parse().map_err(|_| bad())?;
            if !plain {
                return Err(bad());
            }
            let mut origins = vec![own];
            for text in &site.origins {
                let origin =
                    text.trim_end_matches('/').parse().map_err(|error: mavm_browser::Error| {
                        Error::Origin { site: name.clone(), why: error.to_string() }
                    })?;
                if !origins.contains(&origin) {
                    origins.push(origin);
                }
            }
            let base = base.as_str().trim_end_matches('/').to_owned();
            sites.insert(name.clone(), Site { base, origins });
        }
        let sites = Self { sites, plugins: config.plugins.clone() };
        for (plugin, names) in &config.plugins {
            sites.origins_of(&format!("plugins.{plugin}.sites"), names)?;
        }
        Ok(sites)
    }

    /// The origins of these sites, as secrets are bound to them. `key` names the setting that names
    /// the sites, for the error.
    pub fn origins_of<S: AsRef<str>>(
        &self,
        key: &str,
        names: impl IntoIterator<Item = S>,
    ) -> Result<Vec<String>, Error> {
        let mut origins = Vec::new();
        for name in names {
            let site = self.sites.get(name.as_ref()).ok_or_else(|| Error::NoSite {
                key: key.to_owned(),
                site: name.as_ref().to_owned(),
                known: self.names(|_| true),
            })?;
            origins.extend(site.origins.iter().map(ToString::to_string));
        }
        origins.sort();
        origins.dedup();
        Ok(origins)
    }

    /// Every origin of every site: what a run's session may visit.
    pub(super) fn all_origins(&self) -> Vec<Origin> {
        collect(self.sites.values())
    }

    /// The origins of the sites that this plugin may open.
    pub(super) fn origins_for(&self, plugin: &str) -> Vec<Origin> {
        let granted = self.sites.iter().filter(|(name, _)| self.may_open(plugin, name));
        collect(granted.map(|(_, site)| site))
    }

    /// The same for a plugin that is granted some sites; none for one that may open all.
    pub(super) fn only_for(&self, plugin: &str) -> Option<Vec<Origin>> {
        self.plugins.contains_key(plugin).then(|| self.origins_for(plugin))
    }

    /// The address of a path on a site.
    pub(super) fn address(&self, plugin: &str, site: &str, path: &str) -> Result<Url, Failure> {
        let Some(place) = self.sites.get(site).filter(|_| self.may_open(plugin, site)) else {
            let site = shown(site);
            if self.sites.contains_key(&site) {
                return Err(Failure::Denied(format!(
                    "the plugin `{plugin}` is not granted the site `{site}`; add it to \
                     plugins.{plugin}.sites in mavm.toml and restart the host"
                )));
            }
            let known = self.names(|name| self.may_open(plugin, name));
            return Err(Failure::Denied(format!(
                "there is no site `{site}`; there are: {known}. If it is meant to be one, put this \
                 into mavm.toml and restart the host:\n[sites.{site}]\nbase = \"https://...\""
            )));
        };
        let invalid = |why: &str| {
            let path = shown(path);
            Err(Failure::Invalid(format!("the path `{path}` on the site `{site}` {why}")))
        };
        if !path.starts_with('/') {
            return invalid("doesn't start with `/`");
        }
        if path.len() > MAX_PATH {
            return invalid(&format!("is {} bytes long; at most {MAX_PATH} are taken", path.len()));
        }
        if path.chars().any(char::is_control) {
            return invalid("has control characters in it");
        }
        let (Ok(base), Ok(url)) =
            (Url::parse(&place.base), Url::parse(&format!("{}{path}", place.base)))
        else {
            return invalid("makes no address");
        };
        // `..` is resolved by now: what is compared is where the browser would go.
        let prefix = base.path().trim_end_matches('/');
        let inside = url.path().strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'));
        if url.origin() != base.origin() || !inside {
            return invalid("leads out of the site");
        }
        Ok(url)
    }

    fn may_open(&self, plugin: &str, site: &str) -> bool {
        self.plugins.get(plugin).is_none_or(|granted| granted.contains(site))
    }

    fn names(&self, which: impl Fn(&str) -> bool) -> String {
        let names: Vec<_> = self.sites.keys().map(String::as_str).filter(|n| which(n)).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    }
}

fn collect<'a>(sites: impl Iterator<Item = &'a Site>) -> Vec<Origin> {
    let mut origins: Vec<Origin> = Vec::new();
    for origin in sites.flat_map(|site| &site.origins) {
        if !origins.contains(origin) {
            origins.push(origin.clone());
        }
    }
    origins
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;
    use crate::browser::SiteConfig;

    fn config() -> SitesConfig {
        let site = |base: &str, origins: &[&str]| SiteConfig {
            base: base.parse().unwrap(),
            origins: origins.iter().map(|&origin| origin.to_owned()).collect(),
        };
        SitesConfig {
            sites: BTreeMap::from([
                (
                    "console".to_owned(),
                    site("https://console.example/", &["https://*.aws.example"]),
                ),
                ("issuer".to_owned(), site("http://127.0.0.1:4003/acs/", &["https://a.example/"])),
            ]),
            plugins: BTreeMap::from([(
                "card-otp".to_owned(),
                BTreeSet::from(["issuer".to_owned()]),
            )]),
        }
    }

    #[test]
    fn a_path_becomes_an_address_within_its_site() {
        let sites = Sites::new(&config()).unwrap();
        for (site, path, wanted) in [
            ("console", "/", "https://console.example/"),
            ("console", "/a?b=c#/start", "https://console.example/a?b=c#/start"),
            ("console", "/a/../b", "https://console.example/b"),
            ("console", "/../../b", "https://console.example/b"),
            ("console", "//evil.example/", "https://console.example//evil.example/"),
            ("console", "/\\evil.example/", "https://console.example//evil.example/"),
            ("console", "/@evil.example", "https://console.example/@evil.example"),
            ("issuer", "/x", "http://127.0.0.1:4003/acs/x"),
        ] {
            assert_eq!(sites.address("p", site, path).unwrap().as_str(), wanted, "{site} {path}");
        }
        for (site, path) in [
            ("console", ""),
            ("console", ".evil.example/"),
            ("console", "@evil.example/"),
            ("console", ":8443/"),
            ("console", "https://evil.example/"),
            ("console", "/a\n"),
            ("issuer", "/../x"),
            ("issuer", "/%2e%2e/x"),
            ("issuer", "/..\\x"),
            ("console", &format!("/{}", "a".repeat(MAX_PATH))),
        ] {
            let answer = sites.address("p", site, path);
            assert!(matches!(answer, Err(Failure::Invalid(_))), "{site} {path}: {answer:?}");
        }
    }

    #[test]
    fn a_plugin_opens_only_its_sites() {
        let sites = Sites::new(&config()).unwrap();
        sites.address("card-otp", "issuer", "/").unwrap();
        let Err(Failure::Denied(why)) = sites.address("card-otp", "console", "/") else { panic!() };
        assert!(why.contains("plugins.card-otp.sites"), "{why}");
        let Err(Failure::Denied(why)) = sites.address("p", "bank", "/") else { panic!() };
        assert!(why.contains("console, issuer") && why.contains("[sites.bank]"), "{why}");
        assert_eq!(sites.origins_for("card-otp").len(), 2);
        assert_eq!(sites.origins_for("p").len(), 4);
    }

    #[test]
    fn wrong_addresses_name_their_key() {
        for (base, origin, key) in [
            ("https://u:p@a.example", "https://b.example", "sites.x.base"),
            ("https://a.example/?q", "https://b.example", "sites.x.base"),
            ("file:///etc", "https://b.example", "sites.x.base"),
            ("https://a.example", "https://b.example/path", "sites.x.origins"),
            ("https://a.example", "b.example", "sites.x.origins"),
        ] {
            let site = SiteConfig { base: base.parse().unwrap(), origins: vec![origin.to_owned()] };
            let config =
                SitesConfig { sites: BTreeMap::from([("x".into(), site)]), ..Default::default() };
            let error = Sites::new(&config).unwrap_err().to_string();
            assert!(error.starts_with(key), "{error}");
        }
        let sites = Sites::new(&config()).unwrap();
        let error = sites.origins_of("secrets.card-pin.sites", ["bank"]).unwrap_err().to_string();
        assert!(error.starts_with("secrets.card-pin.sites") && error.contains("console, issuer"));
        assert_eq!(
            sites.origins_of("x", ["issuer"]).unwrap(),
            ["http://127.0.0.1:4003", "https://a.example"]
        );
    }
}
