//! Links and other one-time values that must not show: which parts of an address give it away, and
//! what of an address a plugin may see.

use secrecy::SecretString;
use url::Url;

/// What of a link that came by mail must be masked: each part that could let someone else use it.
/// Not its site and its plain words, without which no trace could be read.
pub fn telling_parts(url: &Url) -> Vec<SecretString> {
    let mut parts: Vec<String> = url.query().map(str::to_owned).into_iter().collect();
    parts.extend(url.fragment().filter(|f| has_digit(f) || f.contains('=')).map(str::to_owned));
    parts.extend(url.query_pairs().map(|(_, value)| value.into_owned()).filter(|v| v.len() >= 6));
    let segments = url.path_segments().into_iter().flatten();
    let token = |part: &&str| part.len() >= 24 || (part.len() >= 8 && has_digit(part));
    parts.extend(segments.filter(token).map(str::to_owned));
    parts.retain(|part| part.len() >= 3);
    parts.into_iter().map(SecretString::from).collect()
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

/// An address without its query, nor the query that a fragment may have.
pub fn without_query(address: &str) -> String {
    let (front, fragment) = match address.split_once('#') {
        Some((front, fragment)) => (front, Some(fragment)),
        None => (address, None),
    };
    let before = |text: &str| text.split('?').next().unwrap_or_default().to_owned();
    match fragment {
        Some(fragment) => format!("{}#{}", before(front), before(fragment)),
        None => before(front),
    }
}

/// A message whose addresses are without queries.
pub fn scrubbed(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        if bare.contains("://") {
            // What closes the sentence or the bracket is none of the address.
            let address = bare.trim_end_matches(|sign| "\"'),.;:]}>`".contains(sign));
            clean.push_str(&without_query(address));
            clean.push_str(word.get(address.len()..).unwrap_or_default());
        } else {
            clean.push_str(word);
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn tokens_of_a_link_are_masked_and_plain_words_are_not() {
        let link =
            "https://a.example/resetpassword/9f8e7d6c5b?token=abc%2Bdefgh&type=root#k=12345678";
        let parts = telling_parts(&link.parse().unwrap());
        let parts: Vec<_> = parts.iter().map(|part| part.expose_secret()).collect();
        for part in ["9f8e7d6c5b", "abc+defgh", "token=abc%2Bdefgh&type=root", "k=12345678"] {
            assert!(parts.contains(&part), "{part} is not in {parts:?}");
        }
        assert!(!parts.contains(&"resetpassword") && !parts.contains(&"root"));
    }

    #[test]
    fn a_message_keeps_its_words_and_loses_queries() {
        assert_eq!(
            scrubbed("covered (the page: https://a.example/card?x=1, \"Payment\"), (http://b?c)."),
            "covered (the page: https://a.example/card, \"Payment\"), (http://b)."
        );
        assert_eq!(
            scrubbed("is it?  https://a.example/x?token=1 was slow\n\"http://b?c\" too?"),
            "is it?  https://a.example/x was slow\n\"http://b\" too?"
        );
    }

    #[test]
    fn an_address_is_shown_without_queries() {
        for (address, wanted) in [
            ("https://a.example/x", "https://a.example/x"),
            ("https://a.example/x?token=1", "https://a.example/x"),
            ("https://a.example/x?token=1#/start", "https://a.example/x#/start"),
            ("https://a.example/x#/start?token=1", "https://a.example/x#/start"),
            ("", ""),
        ] {
            assert_eq!(without_query(address), wanted);
        }
    }
}
