//! Takes sealed values out of everything that leaves a session as text. Once a value was used, the
//! session remembers it until it is closed; a form that a page makes of it (grouped digits,
//! escaped, percent-encoded) counts too, and so do parts of it (`runs.rs`). Of what is bytes: `bytes.rs`.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use secrecy::{ExposeSecret, SecretString};

use crate::guesses::Guesses;
use crate::runs::Runs;
use crate::session::World;
use crate::whole::Whole;
use crate::{Error, Origin, Sealed, locked};

/// What stands where a value was.
pub(crate) const MASK: &str = "••••";

/// Values that one session masks.
const MOST: usize = 256;
/// Of them, codes that were read off pages, by any session of the run: a plugin that reads without end must
/// not keep secrets out.
const MOST_READ: usize = 64;
/// Documents of which is noted what they were told.
const TOLD: usize = 256;

/// The host's own redaction, applied after the session's: secrets that this crate never saw.
pub type Redactor = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// The sealed values that a session has used.
#[derive(Default)]
pub(crate) struct Used {
    known: RwLock<Known>,
    outer: Option<Redactor>,
    /// Grows with every value that is bound to origins; none at 0.
    bound: AtomicUsize,
    /// By the ids of documents, how far they know of these.
    told: Mutex<HashMap<String, usize>>,
    /// What plugins have said in plain text, here and in the run's other sessions.
    said: Guesses,
}

#[derive(Default)]
struct Known {
    wholes: Vec<Whole>,
    runs: Runs,
}

impl Known {
    /// Where a text has values whose parts are secret, or parts of them.
    fn guessed_in(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = self.runs.find(text);
        for whole in self.wholes.iter().filter(|whole| whole.parts && !whole.has_runs) {
            found.extend(whole.find(text));
        }
        joined(found)
    }
}

/// The session has as many values as it can mask.
#[derive(Debug)]
pub(crate) enum Full {
    Values,
    Codes,
}

impl From<Full> for Error {
    fn from(full: Full) -> Self {
        Self::Invalid(match full {
            Full::Values => format!(
                "this session has used {MOST} sealed values, and can't mask more of them; use fewer, or a session of its own for a part of the flow"
            ),
            Full::Codes => format!(
                "{MOST_READ} codes were read off pages in this run, and no more can be masked; read only what is to be typed"
            ),
        })
    }
}

impl Used {
    pub(crate) fn new(outer: Option<Redactor>) -> Self {
        Self { outer, ..Self::default() }
    }

    /// What is guessed in this session counts there.
    pub(crate) fn counted_in(self, said: Guesses) -> Self {
        Self { said, ..self }
    }

    /// From now on this value is masked, and parts of it. Called before it is sent anywhere. Documents
    /// of these origins mask it, too (`act/call.rs`).
    pub(crate) fn remember(&self, secret: &SecretString, origins: &[Origin]) -> Result<(), Full> {
        self.learn(secret, true, false, origins)
    }

    /// The same for a value as a session gets it that is allowed these origins.
    pub(crate) fn remember_sealed(&self, sealed: &Sealed, allowed: &[Origin]) -> Result<(), Full> {
        self.learn(&sealed.secret, true, sealed.read, sealed.bound(allowed))
    }

    /// The same for what was read off a page as a code, and may be read again.
    pub(crate) fn remember_read(
        &self,
        secret: &SecretString,
        origins: &[Origin],
    ) -> Result<(), Full> {
        self.learn(secret, true, true, origins)
    }

    /// The same for what holds words that anyone may write, such as the query of a link: its parts
    /// are shown.
    pub(crate) fn remember_whole(&self, secret: &SecretString) -> Result<(), Full> {
        self.learn(secret, false, false, &[])
    }

    fn learn(
        &self,
        secret: &SecretString,
        parts: bool,
        read: bool,
        origins: &[Origin],
    ) -> Result<(), Full> {
        let text = secret.expose_secret();
        let mut known = self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if text.trim().is_empty() {
            return Ok(());
        }
        let old = known.wholes.iter().position(|whole| whole.value.expose_secret() == text);
        let mut added = !origins.is_empty();
        if let Some(old) = old {
            if parts && !known.wholes[old].parts {
                let has_runs = known.runs.add(text);
                (known.wholes[old].parts, known.wholes[old].has_runs) = (true, has_runs);
            }
            let old = &mut known.wholes[old];
            let before = old.origins.len();
            for origin in origins {
                if !old.origins.contains(origin) {
                    old.origins.push(origin.clone());
                }
            }
            added = old.origins.len() > before;
        } else {
            let codes = known.wholes.iter().filter(|whole| whole.read).count();
            if read && codes >= MOST_READ {
                return Err(Full::Codes);
            }
            if known.wholes.len() >= MOST {
                return Err(Full::Values);
            }
            let has_runs = parts && known.runs.add(text);
            let mut whole = Whole::new(secret);
            (whole.has_runs, whole.parts, whole.read) = (has_runs, parts, read);
            whole.origins = origins.to_vec();
            known.wholes.push(whole);
        }
        if added {
            self.bound.fetch_add(1, Ordering::Release);
        }
        Ok(())
    }

    /// The values that this document doesn't know of yet, all that are bound to its origin; none if
    /// there are none. From now on it counts as told.
    pub(crate) fn news_for(&self, world: &World) -> Option<Vec<SecretString>> {
        let now = self.bound.load(Ordering::Acquire);
        if now == 0 {
            return None;
        }
        {
            let mut told = locked(&self.told);
            if told.get(&world.id) == Some(&now) {
                return None;
            }
            if told.len() >= TOLD {
                // Who is told again learns nothing new.
                told.clear();
            }
            told.insert(world.id.clone(), now);
        }
        let known = self.known();
        let its = known
            .wholes
            .iter()
            .filter(|whole| whole.origins.iter().any(|origin| origin.holds(&world.origin)));
        let values: Vec<_> = its.map(|whole| whole.value.clone()).collect();
        (!values.is_empty()).then_some(values)
    }

    /// This document has forgotten what it was told.
    pub(crate) fn untold(&self, world: &World) {
        locked(&self.told).remove(&world.id);
    }

    fn known(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.known().wholes.is_empty()
    }

    /// Neither a value of its own nor one of the host's.
    pub(crate) fn hides_nothing(&self) -> bool {
        self.is_empty() && self.outer.is_none()
    }

    /// The text without any of the values.
    pub(crate) fn hide(&self, text: &str) -> String {
        self.masked(text, self.places(text))
    }

    /// The same with the codes that were read off a page before, which may be read again.
    pub(crate) fn hide_but_codes(&self, text: &str) -> String {
        let mut places = self.places(text);
        places.retain(|place| !self.was_read(&text[place.clone()]));
        self.masked(text, places)
    }

    fn masked(&self, text: &str, places: Vec<Range<usize>>) -> String {
        let mut hidden = String::with_capacity(text.len());
        let mut at = 0;
        for place in places {
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
            || known.wholes.iter().any(|whole| whole.find(text).into_iter().any(alone))
    }

    /// Whether just this was read off a page before.
    fn was_read(&self, text: &str) -> bool {
        self.known().wholes.iter().any(|whole| whole.read && whole.value.expose_secret() == text)
    }

    /// Called with everything that a plugin says itself and a page may show again: the mask would tell
    /// which parts of it are right. After a few of them the run's sessions take no more text.
    pub(crate) fn guess(&self, text: &str) -> Result<(), Error> {
        let known = self.known();
        if known.wholes.is_empty() {
            return Ok(());
        }
        self.said.add(text, |text| known.guessed_in(text))
    }

    /// Byte ranges of `text` that show one of the values or a part of one, in order and apart.
    pub(crate) fn places(&self, text: &str) -> Vec<Range<usize>> {
        let known = self.known();
        let mut found = known.runs.find(text);
        let some = !found.is_empty();
        for whole in known.wholes.iter().filter(|whole| some || !whole.has_runs) {
            found.extend(whole.find(text));
        }
        joined(found)
    }
}

/// In order, and those that meet as one.
fn joined(mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_form_of_a_used_value_is_hidden() {
        let used = Used::new(None);
        used.remember(&SecretString::from("4111111111111111"), &[]).unwrap();
        used.remember(&SecretString::from("p&\"w <d"), &[]).unwrap();
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
        used.remember(&SecretString::from(long.as_str()), &[]).unwrap();
        let pieces: String = long.chars().map(|letter| format!("<i>{letter}</i> ")).collect();
        assert!(!used.hide(&pieces).contains('B'), "{}", used.hide(&pieces));
        assert_eq!(used.hide(&long.to_lowercase()), MASK);
    }

    #[test]
    fn parts_are_hidden_and_few_digits_are_not() {
        let used = Used::new(None);
        used.remember(&SecretString::from("4539578763621486"), &[]).unwrap();
        used.remember(&SecretString::from("4539578763621486"), &[]).unwrap();
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
    fn who_guesses_on_and_on_is_stopped() {
        let used = Used::new(None);
        used.remember(&SecretString::from("4539578763621486"), &[]).unwrap();
        used.remember_whole(&SecretString::from("step=verify")).unwrap();
        for text in ["453957", "453957", "step=verify", "x 453957", "62 14 86", "y"] {
            used.guess(text).unwrap();
        }
        for text in ["x 453957 x", "x"] {
            assert!(matches!(used.guess(text), Err(Error::Denied(_))), "{text}");
        }
        let bit_by_bit = Used::new(None);
        bit_by_bit.remember(&SecretString::from("4539578763621486"), &[]).unwrap();
        let bits = ["45", "3", "9,,,,,,,,,,57", "8", "7"].map(|bit| bit_by_bit.guess(bit).is_ok());
        assert_eq!(bits, [true, true, true, true, true]);
        assert!(bit_by_bit.guess("6").is_err());
        let at_once = Used::new(None);
        at_once.remember(&SecretString::from("4539578763621486"), &[]).unwrap();
        assert!(at_once.guess("453957, 539578, 395787, 957876").is_err());
    }

    #[test]
    fn the_hosts_own_redaction_comes_after() {
        let used = Used::new(Some(Arc::new(|text: &str| text.replace("token", "(gone)"))));
        assert_eq!(used.hide("a token"), "a (gone)");
    }

    #[test]
    fn a_value_that_is_there_by_chance_is_not_held() {
        let used = Used::new(None);
        used.remember(&SecretString::from("123"), &[]).unwrap();
        used.remember(&SecretString::from("4539578763621486"), &[]).unwrap();
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
    fn codes_that_are_read_without_end_keep_no_secret_out() {
        let used = Used::new(None);
        let code = |number: usize| SecretString::from(format!("code-{number}"));
        for number in 0..MOST_READ {
            used.remember_read(&code(number), &[]).unwrap();
        }
        // One that was read before may be read again.
        used.remember_read(&code(0), &[]).unwrap();
        assert!(matches!(used.remember_read(&code(MOST_READ), &[]), Err(Full::Codes)));
        used.remember(&SecretString::from("a password"), &[]).unwrap();
        assert_eq!(used.hide("a password"), MASK);
    }

    #[test]
    fn there_is_an_end_to_what_is_masked() {
        let used = Used::new(None);
        for number in 0..MOST {
            used.remember(&SecretString::from(format!("value-{number}")), &[]).unwrap();
        }
        used.remember(&SecretString::from("value-7"), &[]).unwrap();
        let full = Error::from(used.remember(&SecretString::from("one more"), &[]).unwrap_err());
        assert!(full.to_string().contains("256"), "{full}");
    }
}
