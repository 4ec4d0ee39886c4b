//! What is wrong with a configuration of sites.

/// Why sites can't be used as they are configured. Each says the key and what to write.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The base address of a site is none.
    #[error(
        "sites.{site}.base: `{base}` is not an address that paths can be put behind; write it as \
         https://host or https://host/prefix, without user, query or fragment"
    )]
    Base {
        /// The site.
        site: String,
        /// What is configured.
        base: String,
    },
    /// An origin of a site is none.
    #[error("sites.{site}.origins: {why}")]
    Origin {
        /// The site.
        site: String,
        /// What is wrong with it.
        why: String,
    },
    /// A site that isn't there.
    #[error("{key} names the site `{site}`, but there is no [sites.{site}]; there are: {known}")]
    NoSite {
        /// The key that names it.
        key: String,
        /// The site.
        site: String,
        /// The sites that are there.
        known: String,
    },
}
