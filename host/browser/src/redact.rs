//! Takes sealed values out of everything that leaves a session as text. Once a value was used, the
//! session remembers it until it is closed; a form that a page makes of it (grouped digits,
//! escaped, percent-encoded) counts too, and so do parts of it (`runs.rs`).

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::{Arc, RwLock};

use regex::Regex;
use secrecy::{ExposeSecret, SecretString};

use crate::Error;
use crate::runs::Runs;

/// What stands where a value was.
pub(crate) const MASK: &str = "••••";

/// Values that one session masks.
const MOST: usize = 256;
/// Letters of the shortest text that is looked for in UTF-16.
const LEAST_WIDE: usize = 4;

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
    pattern: Option<Regex>,
    /// Wherever it is, a run of it is found, too.
    has_runs: bool,
    /// It was read off a page as a code.
    read: bool,
}

impl Whole {
    fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let patterns = self.pattern.iter();
        patterns.flat_map(|pattern| pattern.find_iter(text).map(|found| found.range()))
    }
}

/// The session has used as many values as it can mask.
#[derive(Debug)]
pub(crate) struct Full;

impl From<Full> for Error {
    fn from(_: Full) -> Self {
        Self::Invalid(format!(
            "this session has used {MOST} sealed values, and can't mask more of them; use fewer, or a session of its own for a part of the flow"
        ))
    }
}

impl Used {
    pub(crate) fn new(outer: Option<Redactor>) -> Self {
        Self { known: RwLock::default(), outer }
    }

    /// From now on this value is masked, and parts of it. Called before it is sent anywhere.
    pub(crate) fn remember(&self, secret: &SecretString) -> Result<(), Full> {
        self.learn(secret, true, false)
    }

    /// The same for what was read off a page as a code, and may be read again.
    pub(crate) fn remember_read(&self, secret: &SecretString) -> Result<(), Full> {
        self.learn(secret, true, true)
    }

    /// The same for what holds words that anyone may write, such as the query of a link: its parts
    /// are shown.
    pub(crate) fn remember_whole(&self, secret: &SecretString) -> Result<(), Full> {
        self.learn(secret, false, false)
    }

    fn learn(&self, secret: &SecretString, parts: bool, read: bool) -> Result<(), Full> {
        let text = secret.expose_secret();
        let mut known = self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if text.trim().is_empty() {
            return Ok(());
        }
        let is_new = known.wholes.iter().all(|whole| whole.value.expose_secret() != text);
        if is_new && known.wholes.len() >= MOST {
            return Err(Full);
        }
        let has_runs = parts && known.runs.add(text);
        if !is_new {
            return Ok(());
        }
        let pattern = Regex::new(&pattern_of(text));
        if pattern.is_err() {
            // Escaped literals always compile; only a huge value could be refused.
            tracing::warn!(
                "a sealed value is too long to be masked in text as a whole; parts of it and its own field are masked"
            );
        }
        let value = secret.clone();
        known.wholes.push(Whole { value, pattern: pattern.ok(), has_runs, read });
        Ok(())
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

    /// The same for what may be text, or has text in it. What is not text stays as it is.
    pub(crate) fn hide_bytes(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        if self.is_empty() && self.outer.is_none() {
            return bytes;
        }
        self.hide_wide(&mut bytes);
        match String::from_utf8(bytes) {
            Ok(text) => self.hide(&text).into_bytes(),
            Err(other) => {
                let parts = other
                    .as_bytes()
                    .utf8_chunks()
                    .map(|part| [self.hide(part.valid()).as_bytes(), part.invalid()].concat());
                parts.collect::<Vec<_>>().concat()
            }
        }
    }

    /// Takes the values out of text in UTF-16, in place: letters with zeros between them.
    fn hide_wide(&self, bytes: &mut [u8]) {
        let letter = |byte: u8| matches!(byte, 0x20..0x7f);
        let mut start = 0;
        while start < bytes.len() {
            let mut end = start;
            while end < bytes.len() && letter(bytes[end]) && (end == start || bytes[end - 1] == 0) {
                end += 2;
            }
            if end - start >= 2 * LEAST_WIDE {
                let text: String = bytes[start..end.min(bytes.len())]
                    .iter()
                    .step_by(2)
                    .map(|byte| char::from(*byte))
                    .collect();
                for place in self.places(&text) {
                    for at in place {
                        bytes[start + 2 * at] = b'*';
                    }
                }
                // Where the last letter was, another text may begin.
                start = end - 1;
            } else {
                start += 1;
            }
        }
    }

    /// Whether the text shows one of the values, or a part of one.
    pub(crate) fn shows(&self, text: &str) -> bool {
        !self.places(text).is_empty()
    }

    /// Whether the text holds one of the values, or a part of one, and not by chance: three digits
    /// are found in many a number, and then they are no value.
    pub(crate) fn holds(&self, text: &str) -> bool {
        let known = self.known();
        let alone = |place: Range<usize>| {
            let before = text[..place.start].chars().next_back();
            let after = text[place.end..].chars().next();
            ![before, after].into_iter().flatten().any(char::is_alphanumeric)
        };
        !known.runs.find(text).is_empty()
            || known.wholes.iter().any(|whole| whole.find(text).any(alone))
    }

    /// Whether just this was read off a page before.
    pub(crate) fn was_read(&self, text: &str) -> bool {
        self.known().wholes.iter().any(|whole| whole.read && whole.value.expose_secret() == text)
    }

    /// Byte ranges of `text` that show one of the values or a part of one, in order and apart.
    pub(crate) fn places(&self, text: &str) -> Vec<Range<usize>> {
        let known = self.known();
        let mut found = known.runs.find(text);
        let some = !found.is_empty();
        for whole in known.wholes.iter().filter(|whole| some || !whole.has_runs) {
            found.extend(whole.find(text));
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
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_form_of_a_used_value_is_hidden() {
        let used = Used::new(None);
        used.remember(&SecretString::from("4111111111111111")).unwrap();
        used.remember(&SecretString::from("p&\"w <d")).unwrap();
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
        used.remember(&SecretString::from(long.as_str())).unwrap();
        let pieces: String = long.chars().map(|letter| format!("<i>{letter}</i> ")).collect();
        assert!(!used.hide(&pieces).contains('B'), "{}", used.hide(&pieces));
        assert_eq!(used.hide(&long.to_lowercase()), MASK);
    }

    #[test]
    fn parts_are_hidden_and_few_digits_are_not() {
        let used = Used::new(None);
        used.remember(&SecretString::from("4539578763621486")).unwrap();
        used.remember(&SecretString::from("4539578763621486")).unwrap();
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
        used.remember_whole(&SecretString::from("step=verify&token=q7Wx93kLmN5t")).unwrap();
        assert_eq!(used.hide("verify: token=q7Wx93"), "verify: token=q7Wx93");
        assert_eq!(used.hide("?step=verify&token=q7Wx93kLmN5t#a"), "?••••#a");
    }

    #[test]
    fn the_hosts_own_redaction_comes_after() {
        let used = Used::new(Some(Arc::new(|text: &str| text.replace("token", "(gone)"))));
        assert_eq!(used.hide("a token"), "a (gone)");
    }

    #[test]
    fn bytes_that_are_no_text_hide_nothing() {
        let used = Used::new(None);
        used.remember(&SecretString::from("4539578763621486")).unwrap();
        used.remember(&SecretString::from("p4ss wörd")).unwrap();
        let hidden =
            used.hide_bytes(b"\xff card 4539578763621486 \xfe\x80 p4ss w\xc3\xb6rd".to_vec());
        assert_eq!(
            hidden,
            "\u{1} card •••• \u{1}\u{2} ••••".bytes().fold(Vec::new(), |mut all, byte| {
                match byte {
                    1 if all.is_empty() => all.push(0xff),
                    1 => all.push(0xfe),
                    2 => all.push(0x80),
                    other => all.push(other),
                }
                all
            })
        );
        let wide =
            |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        let big =
            |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
        let (shown, masked) = ("\u{feff}ö is 4539578763621486", "\u{feff}ö is ****************");
        assert_eq!(used.hide_bytes(wide(shown)), wide(masked));
        assert_eq!(used.hide_bytes(big(shown)), big(masked));
        let picture: Vec<u8> = (0..=255).cycle().take(5000).collect();
        assert_eq!(used.hide_bytes(picture.clone()), picture);
    }

    #[test]
    fn a_value_that_is_there_by_chance_is_not_held() {
        let used = Used::new(None);
        used.remember(&SecretString::from("123")).unwrap();
        used.remember(&SecretString::from("4539578763621486")).unwrap();
        for (text, held) in [
            ("session=81234", false),
            ("{\"cvv\":\"123\"}", true),
            ("123", true),
            ("is 4539 57", true),
            ("1486", false),
        ] {
            assert_eq!(used.holds(text), held, "{text}");
        }
    }

    #[test]
    fn there_is_an_end_to_what_is_masked() {
        let used = Used::new(None);
        for number in 0..MOST {
            used.remember(&SecretString::from(format!("value-{number}"))).unwrap();
        }
        used.remember(&SecretString::from("value-7")).unwrap();
        let full = Error::from(used.remember(&SecretString::from("one more")).unwrap_err());
        assert!(full.to_string().contains("256"), "{full}");
    }
}
