//! A sealed value as a whole, however a page writes it: escaped, or with signs between its letters.
//!
//! Its places in a text are found by walking along it. (A regular expression for the same takes
//! milliseconds to be compiled and most of a megabyte, for each value of each session.)

use std::ops::Range;

use secrecy::{ExposeSecret as _, SecretString};

use crate::Origin;

/// Letters of the longest value that is found in pieces: a long token is never shown so.
const LONGEST_APART: usize = 64;
/// Signs, entities and tags together between two of its letters.
const MOST_BETWEEN: usize = 8;
/// Places that a letter of the value may have at once.
const MOST_PLACES: usize = 32;
/// Characters of the longest entity.
const ENTITY: usize = 8;
/// Characters of the shortest value that is found within a longer number, too. A given four digits are
/// in one account number of a thousand by chance.
const IN_NUMBERS: usize = 6;

/// A value, found as a whole.
pub(crate) struct Whole {
    pub(crate) value: SecretString,
    /// As it is, and escaped in each way that makes a difference.
    forms: Vec<SecretString>,
    /// The first letters of these, small and large.
    first: Vec<char>,
    /// None if it is not looked for in pieces.
    between: Option<Between>,
    /// It is so short that a longer number which has it by chance doesn't show it.
    short: bool,
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
        let forms = forms_of(value.expose_secret());
        let mut first = Vec::new();
        for letter in forms.iter().filter_map(|form| form.expose_secret().chars().next()) {
            first.extend(
                [letter].into_iter().chain(letter.to_lowercase()).chain(letter.to_uppercase()),
            );
        }
        first.sort_unstable();
        first.dedup();
        Self {
            value: value.clone(),
            forms,
            first,
            between: Between::in_value(value.expose_secret()),
            short: value.expose_secret().chars().count() < IN_NUMBERS,
            has_runs: false,
            parts: false,
            read: false,
            origins: Vec::new(),
        }
    }

    /// Where it is in a text: byte ranges, in order and apart.
    pub(crate) fn find(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut free = 0;
        for (at, letter) in text.char_indices() {
            if at < free || !self.begins(letter) {
                continue;
            }
            if let Some(end) = self.end(text, at)
                && !(self.short && in_number(text, at..end))
            {
                found.push(at..end);
                free = end;
            }
        }
        found
    }

    /// Few letters that are not ASCII are written otherwise than small or large: the sign for Kelvin is a K.
    fn begins(&self, letter: char) -> bool {
        self.first.contains(&letter)
            || !letter.is_ascii() && self.first.iter().any(|first| same(*first, letter))
    }

    /// Where the longest form that begins here ends.
    fn end(&self, text: &str, at: usize) -> Option<usize> {
        let written = |form: &SecretString| {
            let mut here = text[at..].char_indices();
            let mut end = at;
            for letter in form.expose_secret().chars() {
                let (offset, found) = here.next().filter(|(_, found)| same(*found, letter))?;
                end = at + offset + found.len_utf8();
            }
            Some(end)
        };
        let apart =
            self.between.and_then(|between| between.end_of(self.value.expose_secret(), text, at));
        self.forms.iter().filter_map(written).chain(apart).max()
    }
}

/// Whether a place that begins or ends with a digit is a part of a longer number: `42` in `1425` or `14-25`.
fn in_number(text: &str, place: Range<usize>) -> bool {
    let digit = |sign: Option<char>| sign.is_some_and(|sign| sign.is_ascii_digit());
    let within = &text[place.clone()];
    let mut after = text[place.end..].chars();
    let goes_on = match after.next() {
        Some('-') => digit(after.next()),
        next => digit(next),
    };
    let before = &text[..place.start];
    let mut back = before.chars().rev();
    let went_before = match back.next() {
        Some('-') => digit(back.next()),
        last => digit(last) && !ends_with_escape(before),
    };
    digit(within.chars().next()) && went_before || digit(within.chars().next_back()) && goes_on
}

/// `%20`, `\x20` or `\u0020`: its digits are none of what follows.
fn ends_with_escape(text: &str) -> bool {
    [("%", 2), ("\\x", 2), ("\\u", 4)].iter().any(|(mark, digits)| {
        text.len().checked_sub(*digits).is_some_and(|at| {
            text.is_char_boundary(at)
                && text[..at].ends_with(mark)
                && text[at..].chars().all(|sign| sign.is_ascii_hexdigit())
        })
    })
}

fn same(one: char, other: char) -> bool {
    one == other || one.to_lowercase().eq(other.to_lowercase())
}

/// The value and its escaped forms.
fn forms_of(text: &str) -> Vec<SecretString> {
    let html =
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let json = serde_json::to_string(text)
        .map(|quoted| quoted[1..quoted.len() - 1].to_owned())
        .unwrap_or_default();
    let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let percent = form.replace('+', "%20");
    let mut forms = vec![text.to_owned()];
    for escaped in [html, json, form, percent] {
        if !escaped.is_empty() && !forms.contains(&escaped) {
            forms.push(escaped);
        }
    }
    forms.into_iter().map(SecretString::from).collect()
}

/// What may stand between the letters of a value that is split over elements or by signs, as pages do
/// with card numbers.
#[derive(Clone, Copy)]
enum Between {
    /// White space, `-`, `.` and tags: four digits with anything between them are found anywhere by
    /// chance.
    Little,
    /// Whatever is neither a letter nor a digit, entities and tags.
    Anything,
}

impl Between {
    /// None if a value is not looked for in pieces.
    fn in_value(value: &str) -> Option<Self> {
        match value.chars().count() {
            4..=5 if value.chars().all(char::is_alphanumeric) => Some(Self::Little),
            6..=LONGEST_APART => Some(Self::Anything),
            _ => None,
        }
    }

    /// Where the value ends in the text if its first letter is here.
    fn end_of(self, value: &str, text: &str, at: usize) -> Option<usize> {
        // A sign may be one of the value's or one between: all that it can be is followed at once.
        let mut here = vec![at];
        for (index, letter) in value.chars().enumerate() {
            if index > 0 {
                here = self.within_reach(text, here);
            }
            here.retain_mut(|at| match text[*at..].chars().next() {
                Some(found) if same(found, letter) => {
                    *at += found.len_utf8();
                    true
                }
                _ => false,
            });
            // Signs in a row may be the value's or not in ever more ways: then all of them are taken for it.
            if here.is_empty() || here.len() > MOST_PLACES {
                break;
            }
        }
        here.into_iter().max()
    }

    /// The places themselves, and those behind what may stand between.
    fn within_reach(self, text: &str, from: Vec<usize>) -> Vec<usize> {
        let mut reached = from.clone();
        let mut last = from;
        for _ in 0..MOST_BETWEEN {
            let known = reached.len();
            for at in last.into_iter().flat_map(|at| self.behind(text, at)).flatten() {
                if !reached.contains(&at) {
                    reached.push(at);
                }
            }
            last = reached[known..].to_vec();
        }
        reached
    }

    /// Behind the sign, and behind the entity or tag, that is here.
    fn behind(self, text: &str, at: usize) -> [Option<usize>; 2] {
        let rest = &text[at..];
        let Some(sign) = rest.chars().next() else { return [None, None] };
        let next = Some(at + sign.len_utf8());
        let tag = || {
            let end = rest[1..].find(['<', '>'])? + 1;
            rest[end..].starts_with('>').then_some(at + end + 1)
        };
        match (sign, self) {
            ('<', _) => [None, tag()],
            ('>', _) => [None, None],
            ('&', Self::Anything) => [next, entity(rest).map(|length| at + length)],
            ('&', Self::Little) => {
                let space = rest.get(..6).is_some_and(|it| it.eq_ignore_ascii_case("&nbsp;"));
                [None, space.then_some(at + 6)]
            }
            (_, Self::Anything) => [next.filter(|_| !sign.is_ascii_alphanumeric()), None],
            (_, Self::Little) => {
                [next.filter(|_| sign.is_whitespace() || "-.".contains(sign)), None]
            }
        }
    }
}

/// Bytes of the entity that a text begins with.
fn entity(text: &str) -> Option<usize> {
    let length = text[1..].find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '#')?;
    ((1..=ENTITY).contains(&length) && text[1 + length..].starts_with(';')).then_some(length + 2)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fmt::Write as _;

    use regex::Regex;

    use super::*;

    /// The same, said as a regular expression.
    fn pattern(value: &str) -> Regex {
        let between = match value.chars().count() {
            4..=5 if value.chars().all(char::is_alphanumeric) => {
                Some(r"(?:[\s\-.]|&nbsp;|<[^<>]*>){0,8}")
            }
            6..=64 => Some(r"(?:[^0-9A-Za-z<>]|&[a-z0-9#]{1,8};|<[^<>]*>){0,8}"),
            _ => None,
        };
        let mut forms: Vec<String> =
            forms_of(value).iter().map(|form| regex::escape(form.expose_secret())).collect();
        if let Some(between) = between {
            let mut apart = String::new();
            for (index, letter) in value.chars().enumerate() {
                let between = if index == 0 { "" } else { between };
                write!(apart, "{between}{}", regex::escape(&letter.to_string())).unwrap();
            }
            forms.push(apart);
        }
        Regex::new(&format!("(?i:{})", forms.join("|"))).unwrap()
    }

    #[test]
    fn it_begins_with_its_first_letter_in_whatever_form() {
        let whole = Whole::new(&SecretString::from("kilo-word"));
        for text in ["kilo-word", "KILO-WORD", "\u{212a}ILO-WORD"] {
            assert_eq!(whole.find(text).first(), Some(&(0..text.len())), "{text}");
        }
    }

    #[test]
    fn a_short_value_is_none_within_a_longer_number() {
        let shown =
            |value: &str, text: &str| !Whole::new(&SecretString::from(value)).find(text).is_empty();
        for text in ["042342258942", "0423-4225-8942", "14225", "42251", "4225-1", "1-4225"] {
            assert!(!shown("4225", text), "{text}");
        }
        for text in [
            "4225",
            "PIN4225",
            "(4225)",
            "42-25",
            "4 2 2 5",
            "x-4225-x",
            "1.4225",
            "4225 1",
            "%204225",
            r"\u00204225",
            r"\x204225",
            "&#32;4225",
            "10 4225",
            "4225%20",
        ] {
            assert!(shown("4225", text), "{text}");
        }
        assert!(shown("422589", "042342258942"));
        assert!(shown("a225", "1a225b"));
        assert!(!shown("123", "042341238942"));
    }

    #[test]
    fn it_finds_what_a_regular_expression_would() {
        const PIECES: [&str; 20] = [
            "a", "B", "1", "1", "2", "é", "É", "-", ".", " ", "&", "&nbsp;", "&NBSP;", "&#12;",
            "<", ">", "<b>", "</b >", "%", "\"",
        ];
        // Always the same numbers: a failure can be repeated.
        let mut state = 1_u64;
        let mut piece = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            PIECES[(state >> 33) as usize % PIECES.len()]
        };
        let mut found = 0;
        for round in 0..80 {
            let value: String = (0..1 + round % 8).map(|_| piece()).collect();
            let (whole, pattern) =
                (Whole::new(&SecretString::from(value.as_str())), pattern(&value));
            for between in 0..40 {
                let mut text: String = (0..4).map(|_| piece()).collect();
                for letter in value.chars() {
                    text.push(letter);
                    text.extend((0..between % 4).map(|_| piece()));
                }
                let places = whole.find(&text);
                let pattern_finds = pattern
                    .find_iter(&text)
                    .find(|wanted| !(whole.short && in_number(&text, wanted.range())));
                found += places.len();
                // An expression takes the first form that fits, this the longest.
                match (pattern_finds, places.first()) {
                    (Some(wanted), Some(place)) => {
                        assert_eq!(wanted.start(), place.start, "{value} in {text}");
                        assert!(place.end >= wanted.end(), "{value} in {text}");
                    }
                    (wanted, place) => {
                        assert!(wanted.is_none() && place.is_none(), "{value} in {text}");
                    }
                }
            }
        }
        assert!(found > 1000, "{found}");
    }
}
