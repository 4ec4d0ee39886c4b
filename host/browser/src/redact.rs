//! Takes sealed values out of everything that leaves a session as text. Once a value was used, the
//! session remembers it until it is closed; a form that a page makes of it (grouped digits,
//! escaped, percent-encoded) counts too, and so do parts of it (`runs.rs`).

use std::fmt::Write as _;
use std::sync::{Arc, RwLock};

use regex::Regex;
use secrecy::{ExposeSecret, SecretString};

use crate::runs::Runs;

/// What stands where a value was.
pub(crate) const MASK: &str = "••••";

/// The host's own redaction, applied after the session's: secrets that this crate never saw.
pub type Redactor = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// The sealed values that a session has used.
#[derive(Default)]
pub(crate) struct Used {
    known: RwLock<Known>,
    outer: Option<Redactor>,
}

#[derive(Default)]
struct Known {
    wholes: Vec<Whole>,
    runs: Runs,
}

/// A value, found as a whole.
struct Whole {
    value: SecretString,
    pattern: Regex,
    /// Wherever it is, a run of it is found, too.
    has_runs: bool,
}

impl Used {
    pub(crate) fn new(outer: Option<Redactor>) -> Self {
        Self { known: RwLock::default(), outer }
    }

    /// From now on this value is masked, and parts of it. Called before it is sent anywhere.
    pub(crate) fn remember(&self, secret: &SecretString) {
        self.learn(secret, true);
    }

    /// The same for what holds words that anyone may write, such as the query of a link: its parts
    /// are shown.
    pub(crate) fn remember_whole(&self, secret: &SecretString) {
        self.learn(secret, false);
    }

    fn learn(&self, secret: &SecretString, parts: bool) {
        let text = secret.expose_secret();
        let mut known = self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if text.trim().is_empty() {
            return;
        }
        let has_runs = parts && known.runs.add(text);
        if known.wholes.iter().any(|whole| whole.value.expose_secret() == text) {
            return;
        }
        match Regex::new(&pattern_of(text)) {
            Ok(pattern) => known.wholes.push(Whole { value: secret.clone(), pattern, has_runs }),
            // Escaped literals always compile; only a huge value could be refused.
            Err(_) => tracing::warn!(
                "a sealed value is too long to be masked in text as a whole; parts of it and its own field are masked"
            ),
        }
    }

    fn known(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.known().wholes.is_empty()
    }

    /// The text without any of the values.
    pub(crate) fn hide(&self, text: &str) -> String {
        let mut hidden = String::with_capacity(text.len());
        let mut at = 0;
        for place in self.places(text) {
            hidden.push_str(&text[at..place.start]);
            hidden.push_str(MASK);
            at = place.end;
        }
        hidden.push_str(&text[at..]);
        match &self.outer {
            Some(outer) => outer(&hidden),
            None => hidden,
        }
    }

    /// The same for what may be text; what is not stays as it is.
    pub(crate) fn hide_bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        match String::from_utf8(bytes) {
            Ok(text) => self.hide(&text).into_bytes(),
            Err(other) => other.into_bytes(),
        }
    }

    /// Whether the text shows one of the values, or a part of one.
    pub(crate) fn shows(&self, text: &str) -> bool {
        !self.places(text).is_empty()
    }

    /// Byte ranges of `text` that show one of the values or a part of one, in order and apart.
    pub(crate) fn places(&self, text: &str) -> Vec<std::ops::Range<usize>> {
        let known = self.known();
        let mut found = known.runs.find(text);
        let some = !found.is_empty();
        for whole in known.wholes.iter().filter(|whole| some || !whole.has_runs) {
            found.extend(whole.pattern.find_iter(text).map(|found| found.range()));
        }
        found.sort_unstable_by_key(|range| range.start);
        found.dedup_by(|next, last| {
            let one = next.start <= last.end;
            if one {
                last.end = last.end.max(next.end);
            }
            one
        });
        found
    }
}

/// The value, its escaped forms, and, if it is a word of at least four letters and digits, the
/// same letters with separators or tags between them.
fn pattern_of(text: &str) -> String {
    let html =
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let json = serde_json::to_string(text)
        .map(|quoted| quoted[1..quoted.len() - 1].to_owned())
        .unwrap_or_default();
    let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let percent = form.replace('+', "%20");
    let mut forms: Vec<String> = Vec::new();
    for form in [text, &html, &json, &form, &percent] {
        let escaped = regex::escape(form);
        if !escaped.is_empty() && !forms.contains(&escaped) {
            forms.push(escaped);
        }
    }
    // Split over elements or by signs, as pages do with card numbers; a long token is never shown
    // so, and its pattern would outgrow what a regex may be. Four digits with anything between them
    // are found anywhere by chance.
    let length = text.chars().count();
    let between = match length {
        4..=5 if text.chars().all(char::is_alphanumeric) => {
            Some(r"(?:[\s\-.]|&nbsp;|<[^<>]*>){0,8}")
        }
        6..=64 => Some(r"(?:[^0-9A-Za-z<>]|&[a-z0-9#]{1,8};|<[^<>]*>){0,8}"),
        _ => None,
    };
    if let Some(between) = between {
        let mut apart = String::new();
        for (index, letter) in text.chars().enumerate() {
            let between = if index == 0 { "" } else { between };
            let _ = write!(apart, "{between}{}", regex::escape(letter.encode_utf8(&mut [0; 4])));
        }
        forms.push(apart);
    }
    // Longest first: of two forms where one begins with the other, all of it must go.
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    format!("(?i:{})", forms.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_used_value_is_hidden() {
        let used = Used::new(None);
        used.remember(&SecretString::from("4111111111111111"));
        used.remember(&SecretString::from("p&\"w <d"));
        for text in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "4111 / 1111 • 1111_1111",
            "4111&nbsp;&#8211;&nbsp;1111&emsp;11111111",
            "<b>4111</b> <b>1111</b><i>11111111</i>",
            "p&\"w <d",
            "p&amp;&quot;w &lt;d",
            "p&\\\"w <d",
            "?q=p%26%22w+%3Cd",
            "?q=p%26%22w%20%3cd",
        ] {
            let hidden = used.hide(text);
            assert!(
                hidden.contains(MASK) && !hidden.contains("11") && !hidden.contains("w"),
                "{text} -> {hidden}"
            );
        }
        assert_eq!(used.hide("41112"), "41112");
    }

    #[test]
    fn a_long_value_in_pieces_is_hidden_too() {
        let used = Used::new(None);
        let long = "aB3$".repeat(16);
        used.remember(&SecretString::from(long.as_str()));
        let pieces: String = long.chars().map(|letter| format!("<i>{letter}</i> ")).collect();
        assert!(!used.hide(&pieces).contains('B'), "{}", used.hide(&pieces));
        assert_eq!(used.hide(&long.to_lowercase()), MASK);
    }

    #[test]
    fn parts_are_hidden_and_few_digits_are_not() {
        let used = Used::new(None);
        used.remember(&SecretString::from("4539578763621486"));
        used.remember(&SecretString::from("4539578763621486"));
        for (text, hidden) in [
            ("453957876362148", "••••"),
            ("<p>4539 5787 6362</p>", "<p>••••</p>"),
            ("?q=4539578&n=1", "?q=••••&n=1"),
            ("539578, 453957", "••••, ••••"),
            ("539578 and 453957", "•••• and ••••"),
            ("ends in 1486", "ends in 1486"),
        ] {
            assert_eq!(used.hide(text), hidden, "{text}");
        }
        assert!(used.shows("6362148") && !used.shows("62148"));
    }

    #[test]
    fn what_is_remembered_whole_has_no_parts() {
        let used = Used::new(None);
        used.remember_whole(&SecretString::from("step=verify&token=q7Wx93kLmN5t"));
        assert_eq!(used.hide("verify: token=q7Wx93"), "verify: token=q7Wx93");
        assert_eq!(used.hide("?step=verify&token=q7Wx93kLmN5t#a"), "?••••#a");
    }

    #[test]
    fn the_hosts_own_redaction_comes_after() {
        let used = Used::new(Some(Arc::new(|text: &str| text.replace("token", "(gone)"))));
        assert_eq!(used.hide("a token"), "a (gone)");
    }
}
