//! Finds parts of sealed values in text. A page shows a value one key after the other, or keeps it
//! without its last digit: what is left of it says nearly as much as all of it.
//!
//! A part is a run of six characters with a digit or a sign among them, or of twelve letters: words
//! that anyone may write are no secret. Between letters and digits there may be other signs, tags
//! and entities, as in `4111 1111`. Kept fast, since every line of a trace comes through here: one
//! rolling hash over the text for all values at once.

use std::collections::HashSet;
use std::ops::Range;

/// Characters of a run with a digit or a sign.
const SHORT: usize = 6;
/// Letters of a run without.
const LONG: usize = 12;
/// Shorter values are looked for as a whole only: their parts are found anywhere by chance.
const LEAST: usize = 8;
/// Signs, tags and entities between two letters of a run.
const BETWEEN: usize = 8;

/// The runs of all values of a session.
pub(crate) struct Runs {
    /// Letters and digits, whatever signs are between them.
    words: Windows,
    letters: Windows,
    /// Characters as they follow each other, with signs that count.
    signs: Windows,
}

impl Default for Runs {
    fn default() -> Self {
        Self { words: Windows::new(SHORT), letters: Windows::new(LONG), signs: Windows::new(SHORT) }
    }
}

impl Runs {
    /// From now on parts of this value are found. True if every text that shows all of it shows a
    /// part, however it is written.
    pub(crate) fn add(&mut self, value: &str) -> bool {
        let all: Vec<char> = value.chars().map(folded).collect();
        if all.len() < LEAST {
            return false;
        }
        let words: Vec<char> =
            all.iter().copied().filter(|letter| letter.is_alphanumeric()).collect();
        let mut sure = false;
        for window in words.windows(SHORT) {
            if window.iter().any(|letter| letter.is_numeric()) {
                self.words.add(window);
                sure |= !monotonous(window);
            }
        }
        for window in words.windows(LONG) {
            if !window.iter().any(|letter| letter.is_numeric()) {
                self.letters.add(window);
                sure |= !monotonous(window);
            }
        }
        for window in all.windows(SHORT) {
            let sign = |letter: &char| !letter.is_alphanumeric() && !letter.is_whitespace();
            // A line of dashes is no secret.
            if window.iter().any(sign) && window.iter().collect::<HashSet<_>>().len() > 2 {
                self.signs.add(window);
            }
        }
        sure && words.len() == all.len()
    }

    /// Byte ranges that show a part of a value, in no order, overlapping ones too.
    pub(crate) fn find(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if [&self.words, &self.letters, &self.signs].iter().all(|windows| windows.known.is_empty())
        {
            return found;
        }
        self.scan(text, Reading { escapes: false, tags: false }, &mut found);
        if text.contains(['%', '&', '\\']) {
            self.scan(text, Reading { escapes: true, tags: false }, &mut found);
        }
        if text.contains('<') {
            self.scan(text, Reading { escapes: true, tags: true }, &mut found);
        }
        found
    }

    fn scan(&self, text: &str, reading: Reading, found: &mut Vec<Range<usize>>) {
        let mut rolls = [Roll::new(&self.words), Roll::new(&self.letters)];
        let mut signs = Roll::new(&self.signs);
        let mut between = 0;
        let mut at = 0;
        while let Some((unit, end)) = reading.next(text, at) {
            let token = Token { letter: unit.map_or('\0', folded), start: at, end };
            match unit {
                Some(letter) if letter.is_alphanumeric() => {
                    for roll in &mut rolls {
                        roll.push(token, between, found);
                    }
                    between = 0;
                }
                _ => between += 1,
            }
            match unit {
                Some(_) => signs.push(token, 0, found),
                None => signs.count = 0,
            }
            at = end;
        }
    }
}

/// Upper case is lower case, as far as one character goes.
fn folded(letter: char) -> char {
    if letter.is_ascii() {
        letter.to_ascii_lowercase()
    } else {
        letter.to_lowercase().next().unwrap_or(letter)
    }
}

fn monotonous(window: &[char]) -> bool {
    window.iter().all(|letter| *letter == window[0])
}

const BASE: u64 = 0x0000_0100_0000_01b3;

/// Runs of one length.
struct Windows {
    length: usize,
    known: HashSet<Box<[char]>>,
    /// By hash, whether there may be such a run: nearly every text is passed over by this alone.
    bits: Vec<u64>,
    /// What the oldest of a run's characters is worth in a hash.
    weight: u64,
}

impl Windows {
    fn new(length: usize) -> Self {
        let weight = (1..length).fold(1_u64, |weight, _| weight.wrapping_mul(BASE));
        Self { length, known: HashSet::new(), bits: Vec::new(), weight }
    }

    fn add(&mut self, window: &[char]) {
        const WORDS: usize = (1 << 16) / 64;
        self.bits.resize(WORDS, 0);
        let hash = window
            .iter()
            .fold(0_u64, |hash, letter| hash.wrapping_mul(BASE).wrapping_add(u64::from(*letter)));
        let (word, bit) = place(hash);
        self.bits[word] |= bit;
        self.known.insert(window.into());
    }
}

/// Where a hash has its bit.
fn place(hash: u64) -> (usize, u64) {
    let mixed = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48;
    // Sixteen bits fit everywhere.
    (usize::try_from(mixed / 64).unwrap_or(0), 1 << (mixed % 64))
}

#[derive(Clone, Copy, Default)]
struct Token {
    letter: char,
    start: usize,
    end: usize,
}

/// The last characters that were read, and their hash.
struct Roll<'a> {
    windows: &'a Windows,
    last: [Token; LONG],
    next: usize,
    /// So many belong together.
    count: usize,
    /// So many stand together, with nothing between them.
    joined: usize,
    hash: u64,
}

impl<'a> Roll<'a> {
    fn new(windows: &'a Windows) -> Self {
        Self { windows, last: [Token::default(); LONG], next: 0, count: 0, joined: 0, hash: 0 }
    }

    fn push(&mut self, token: Token, between: usize, found: &mut Vec<Range<usize>>) {
        let length = self.windows.length;
        if self.windows.known.is_empty() {
            return;
        }
        if self.count == 0 || between > BETWEEN {
            (self.count, self.hash) = (0, 0);
        }
        if between > 0 {
            self.joined = 0;
        }
        if self.count >= length {
            let oldest = u64::from(self.last[self.next].letter);
            self.hash = self.hash.wrapping_sub(oldest.wrapping_mul(self.windows.weight));
        }
        self.hash = self.hash.wrapping_mul(BASE).wrapping_add(u64::from(token.letter));
        self.last[self.next] = token;
        self.next = if self.next + 1 == length { 0 } else { self.next + 1 };
        self.count += 1;
        self.joined += 1;
        if self.count < length {
            return;
        }
        let (word, bit) = place(self.hash);
        if self.windows.bits[word] & bit == 0 {
            return;
        }
        let window: Vec<char> =
            (0..length).map(|index| self.last[(self.next + index) % length].letter).collect();
        if !self.windows.known.contains(window.as_slice()) {
            return;
        }
        let start = self.last[self.next].start;
        // Six zeros with commas between them are no part of anything, unless they go on from one.
        let goes_on = found.last().is_some_and(|last| start < last.end);
        if monotonous(&window) && self.joined < length && !goes_on {
            return;
        }
        found.push(start..token.end);
    }
}

/// How a text is read: as it is, its escapes as what they stand for, its tags passed over.
#[derive(Clone, Copy)]
struct Reading {
    escapes: bool,
    tags: bool,
}

impl Reading {
    /// What is at a place, none for what stands for no character, and where it ends.
    fn next(self, text: &str, at: usize) -> Option<(Option<char>, usize)> {
        let byte = *text.as_bytes().get(at)?;
        let special = match byte {
            b'<' if self.tags => tag(text, at).map(|end| (None, end)),
            b'&' if self.escapes => entity(text, at),
            b'%' if self.escapes => percent(text, at),
            b'\\' if self.escapes => backslash(text, at),
            0..128 => return Some((Some(char::from(byte)), at + 1)),
            _ => None,
        };
        special.or_else(|| {
            let letter = text.get(at..)?.chars().next()?;
            Some((Some(letter), at + letter.len_utf8()))
        })
    }
}

fn tag(text: &str, at: usize) -> Option<usize> {
    let end = at + 1 + text[at + 1..].find(['<', '>'])?;
    text[end..].starts_with('>').then_some(end + 1)
}

fn entity(text: &str, at: usize) -> Option<(Option<char>, usize)> {
    let bytes = &text.as_bytes()[at + 1..];
    let length = bytes.iter().take(10).position(|byte| *byte == b';')?;
    let name = text.get(at + 1..at + 1 + length)?;
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#') {
        return None;
    }
    let letter = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => name.strip_prefix('#').and_then(|number| {
            let hex = number.strip_prefix(['x', 'X']).map(|hex| u32::from_str_radix(hex, 16));
            char::from_u32(hex.unwrap_or_else(|| number.parse()).ok()?)
        }),
    };
    Some((letter, at + length + 2))
}

fn percent(text: &str, at: usize) -> Option<(Option<char>, usize)> {
    let byte_at = |at: usize| {
        let escape = text.get(at..at + 3)?.strip_prefix('%')?;
        u8::from_str_radix(escape, 16).ok()
    };
    let first = byte_at(at)?;
    let length = match first {
        0..0x80 => return Some((Some(char::from(first)), at + 3)),
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    };
    let bytes: Option<Vec<u8>> = (0..length).map(|index| byte_at(at + 3 * index)).collect();
    let letter = bytes.and_then(|bytes| std::str::from_utf8(&bytes).ok()?.chars().next());
    Some((letter, at + 3 * if letter.is_some() { length } else { 1 }))
}

fn backslash(text: &str, at: usize) -> Option<(Option<char>, usize)> {
    let rest = text.get(at + 1..)?;
    let sign = rest.chars().next()?;
    let digits = match sign {
        'n' | 't' | 'r' | 'b' | 'f' => return Some((None, at + 2)),
        'u' => 4,
        'x' => 2,
        sign => return Some((Some(sign), at + 1 + sign.len_utf8())),
    };
    let code = u32::from_str_radix(rest.get(1..=digits)?, 16).ok()?;
    Some((char::from_u32(code), at + 2 + digits))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn runs(values: &[&str]) -> Runs {
        let mut runs = Runs::default();
        for value in values {
            runs.add(value);
        }
        runs
    }

    #[test]
    fn a_part_is_found_however_it_is_written() {
        let runs = runs(&["4539578763621486", "aB3$kL9!mN2@xY7", "correct horse battery"]);
        for text in [
            "453957",
            "?q=45395787",
            "4539 5787 6362 148",
            "<b>5787</b>&nbsp;<i>63</i>",
            "5/7/8/7/6/3",
            "the end is ...3621486",
            "\"aB3$kL9\"",
            "?pw=aB3%24kL9",
            "?pw=%61%42%33%24%6b%4c",
            "ab3&#36;kl9",
            "\\u0061B3$kL",
            "kl9 mn2",
            "!mN2@x",
            "correct-horse",
        ] {
            assert!(!runs.find(text).is_empty(), "{text}");
        }
        for text in [
            "45395",
            "4539 ... 1486",
            "4539,,,,,,,,,57876",
            "correct",
            "horse and battery",
            "453 95 x 787",
            "aB3$k",
            "%4",
            "&#x;",
            "\\u12",
            "<<<",
        ] {
            assert!(runs.find(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_run_is_found_as_long_as_it_is() {
        let runs = runs(&["4111111111111111"]);
        let text = "is 4111 1111 1111 111.";
        let found = runs.find(text);
        let start = found.iter().map(|range| range.start).min().unwrap();
        let end = found.iter().map(|range| range.end).max().unwrap();
        assert_eq!(&text[start..end], "4111 1111 1111 111");
        assert!(runs.find("rgb(1, 1, 1, 1, 1, 1)").is_empty());
    }

    #[test]
    fn short_values_have_no_parts() {
        assert!(runs(&["1234567"]).find("123456").is_empty());
        assert!(!Runs::default().add("1234567"));
        assert!(Runs::default().add("12345678"));
        assert!(!Runs::default().add("1234-5678"));
    }
}
