//! A sealed value as a whole, however a page writes it: escaped, or with signs between its letters.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};
use secrecy::{ExposeSecret as _, SecretString};

use crate::Origin;

/// Bytes that the search for one value may take: sessions have several of them, and texts are short.
const SEARCHED_IN: usize = 1 << 17;

/// A value, found as a whole.
pub(crate) struct Whole {
    pub(crate) value: SecretString,
    /// Compiled when it is first needed, which is seldom: a text without any of its parts hasn't got it.
    pub(crate) pattern: OnceLock<Option<Regex>>,
    /// Wherever it is, a run of it is found, too.
    pub(crate) has_runs: bool,
    /// Its parts are masked, too.
    pub(crate) parts: bool,
    /// It was read off a page as a code.
    pub(crate) read: bool,
    /// Whose documents may be told of it.
    pub(crate) origins: Vec<Origin>,
}

impl Whole {
    pub(crate) fn new(value: &SecretString) -> Self {
        Self {
            value: value.clone(),
            pattern: OnceLock::new(),
            has_runs: false,
            parts: false,
            read: false,
            origins: Vec::new(),
        }
    }

    fn pattern(&self) -> Option<&Regex> {
        let compiled = self.pattern.get_or_init(|| {
            let mut pattern = RegexBuilder::new(&pattern_of(self.value.expose_secret()));
            let pattern = pattern.dfa_size_limit(SEARCHED_IN).build();
            if pattern.is_err() {
                // Escaped literals always compile; only a huge value could be refused.
                tracing::warn!(
                    "a sealed value is too long to be masked in text as a whole; parts of it and its own field are masked"
                );
            }
            pattern.ok()
        });
        compiled.as_ref()
    }

    pub(crate) fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let patterns = self.pattern().into_iter();
        patterns.flat_map(|pattern| pattern.find_iter(text).map(|found| found.range()))
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
