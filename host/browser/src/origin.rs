//! Origins that a session may visit or a value may be typed into. Comparing them is done here and
//! nowhere else; an address that has no such origin (file, data, blob) is never allowed.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::Error;

/// `https://host`, `http://host:port`, or `https://*.host` for every name below `host`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: String,
    /// Without the `*.` of a pattern.
    host: String,
    below: bool,
    port: u16,
}

impl FromStr for Origin {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || {
            Error::Invalid(format!(
                "{text:?} is not an origin; write it as https://host, http://host:port or https://*.host"
            ))
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(bad)?;
        let (below, rest) = match rest.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let url = Url::parse(&format!("{scheme}://{rest}")).map_err(|_| bad())?;
        let plain = url.path().trim_end_matches('/').is_empty()
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty();
        if !plain || !matches!(scheme, "http" | "https") {
            return Err(bad());
        }
        Ok(Self {
            scheme: scheme.to_owned(),
            host: url.host_str().ok_or_else(bad)?.to_owned(),
            below,
            port: url.port_or_known_default().ok_or_else(bad)?,
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.below { "*." } else { "" };
        write!(f, "{}://{star}{}", self.scheme, self.host)?;
        match (self.scheme.as_str(), self.port) {
            ("http", 80) | ("https", 443) => Ok(()),
            (_, port) => write!(f, ":{port}"),
        }
    }
}

impl Origin {
    /// Whether `url` belongs to it. False for anything that is not http or https.
    pub fn holds(&self, url: &str) -> bool {
        let Ok(url) = Url::parse(url) else { return false };
        let Some(host) = url.host_str() else { return false };
        let named = if self.below {
            host.strip_suffix(&self.host).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        } else {
            host == self.host
        };
        named && url.scheme() == self.scheme && url.port_or_known_default() == Some(self.port)
    }
}

/// The origin of an address as a person would write it down to allow it.
pub(crate) fn origin_of(url: &str) -> String {
    match Url::parse(url) {
        Ok(parsed) if parsed.origin().is_tuple() => parsed.origin().ascii_serialization(),
        Ok(parsed) => format!("{}:", parsed.scheme()),
        Err(_) => "an address that can't be read".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_origin_holds_its_own_addresses_only() {
        for (origin, url, held) in [
            ("https://a.example", "https://a.example/x?y#z", true),
            ("https://a.example", "https://a.example:443/", true),
            ("https://a.example", "http://a.example/", false),
            ("https://a.example", "https://a.example:8443/", false),
            ("https://a.example", "https://a.example.evil.test/", false),
            ("https://a.example", "https://a.example@evil.test/", false),
            ("https://*.a.example", "https://b.a.example/", true),
            ("https://*.a.example", "https://c.b.a.example/", true),
            ("https://*.a.example", "https://a.example/", false),
            ("https://*.a.example", "https://evila.example/", false),
            ("http://127.0.0.1:80", "http://127.0.0.1/", true),
            ("http://127.0.0.1:81", "file:///etc/passwd", false),
            ("http://127.0.0.1:81", "data:text/html,x", false),
        ] {
            assert_eq!(origin.parse::<Origin>().unwrap().holds(url), held, "{origin} {url}");
        }
    }

    #[test]
    fn what_is_not_an_origin_is_refused() {
        for text in [
            "",
            "example.org",
            "https://a.example/path",
            "ftp://a.example",
            "https://u@a.example",
            "https://",
            "*",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
