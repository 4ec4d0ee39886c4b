//! How an address is shown to people: in logs, traces and errors. Queries carry tokens, and so do
//! fragments that are no route: neither is ever shown. And how much of one is kept.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use url::Url;

/// Bytes of an address that are kept of a document: a page can make them of any length.
const LONGEST: usize = 64 << 10;

/// The address of a document, as much of it as is kept.
pub(crate) fn kept(mut url: String) -> String {
    if url.len() > LONGEST {
        url.truncate(url.floor_char_boundary(LONGEST));
        url.shrink_to_fit();
    }
    url
}

/// Origin and path; a query, and a fragment that is not a route, only as a sign that it is there.
pub(crate) fn shown(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else { return String::new() };
    if url.cannot_be_a_base() {
        // What follows the scheme is the content itself (data:) or names nothing (blob:).
        return if url.as_str() == "about:blank" || url.as_str() == "about:srcdoc" {
            url.into()
        } else {
            format!("{}:…", url.scheme())
        };
    }
    let query = url.query().is_some();
    let fragment = url.fragment().map(route).unwrap_or_default();
    url.set_query(None);
    url.set_fragment(None);
    // Refused only for addresses that have neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    format!("{url}{}{fragment}", if query { "?…" } else { "" })
}

/// `#/account` tells where a page of one document is; anything else may be a token.
fn route(fragment: &str) -> String {
    if !fragment.starts_with('/') && !fragment.starts_with("!/") {
        return "#…".to_owned();
    }
    match fragment.split_once(['?', '&', '=', ';']) {
        Some((route, _)) => format!("#{route}…"),
        None => format!("#{fragment}"),
    }
}

/// A text of a page's with every address in it as [`shown`].
pub(crate) fn in_text(text: &str) -> Cow<'_, str> {
    static ADDRESS: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"(?:https?|blob|wss?)://[^\s"'<>()\\`]+"#).ok());
    // In a stack, a place follows: `http://a/x.js?v=1:10:5`.
    static PLACE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?::\d+){1,2}$").ok());
    let (Some(address), Some(place)) = (ADDRESS.as_ref(), PLACE.as_ref()) else {
        return Cow::Borrowed(text);
    };
    address.replace_all(text, |found: &Captures<'_>| {
        let whole = &found[0];
        let cut = place.find(whole).map_or(whole.len(), |place| place.start());
        // The colon and number of a bare origin are its port.
        let cut = if whole[..cut].matches('/').count() < 3 { whole.len() } else { cut };
        format!("{}{}", shown(&whole[..cut]), &whole[cut..])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_and_tokens_are_not_shown() {
        for (url, seen) in [
            ("https://a.example", "https://a.example/"),
            ("https://a.example/x/y", "https://a.example/x/y"),
            ("http://a.example:81/x?token=1", "http://a.example:81/x?…"),
            ("https://user:word@a.example/x", "https://a.example/x"),
            ("https://a.example/x#/account", "https://a.example/x#/account"),
            ("https://a.example/x#/account?t=1", "https://a.example/x#/account…"),
            ("https://a.example/x?a#access_token=1", "https://a.example/x?…#…"),
            ("about:blank", "about:blank"),
            ("data:text/html,secret", "data:…"),
            ("blob:https://a.example/9a", "blob:…"),
            ("no address", ""),
            ("", ""),
        ] {
            assert_eq!(shown(url), seen, "{url}");
        }
    }

    #[test]
    fn of_an_address_without_end_the_beginning_is_kept() {
        for (url, length) in [
            ("https://a.example/x".to_owned(), 19),
            (format!("https://a.example/{}", "x".repeat(LONGEST)), LONGEST),
            (format!("https://a.example/?{}", "ä".repeat(LONGEST)), LONGEST - 1),
        ] {
            assert_eq!(kept(url).len(), length);
        }
    }

    #[test]
    fn addresses_in_a_text_are_cut_too() {
        for (text, seen) in [
            ("plain", "plain"),
            ("GET https://a.example/x?t=1 failed", "GET https://a.example/x?… failed"),
            ("at f (http://a.example:81/x.js?v=1:10:5)", "at f (http://a.example:81/x.js?…:10:5)"),
            ("http://a.example:81", "http://a.example:81/"),
            ("\"https://u:p@a.example/\",", "\"https://a.example/\","),
        ] {
            assert_eq!(in_text(text), seen);
        }
    }
}
