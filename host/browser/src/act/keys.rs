//! Names of keys, and the events that pressing them makes. US layout.

use std::str::FromStr;

use serde_json::{Value as Json, json};

use crate::Error;

const ALT: u8 = 1;
const CONTROL: u8 = 2;
const META: u8 = 4;
const SHIFT: u8 = 8;

/// One key with modifiers held down.
#[derive(Clone, Debug)]
pub(super) struct Chord {
    /// In the order in which they go down.
    pub(super) held: Vec<Key>,
    pub(super) key: Key,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    name: String,
    code: String,
    number: u32,
    text: Option<String>,
}

/// Name, code, Windows key code, text.
const NAMED: [(&str, &str, u32, &str); 51] = [
    ("Enter", "Enter", 13, "\r"),
    ("Tab", "Tab", 9, ""),
    ("Escape", "Escape", 27, ""),
    ("Backspace", "Backspace", 8, ""),
    ("Delete", "Delete", 46, ""),
    ("Insert", "Insert", 45, ""),
    ("ArrowLeft", "ArrowLeft", 37, ""),
    ("ArrowUp", "ArrowUp", 38, ""),
    ("ArrowRight", "ArrowRight", 39, ""),
    ("ArrowDown", "ArrowDown", 40, ""),
    ("Home", "Home", 36, ""),
    ("End", "End", 35, ""),
    ("PageUp", "PageUp", 33, ""),
    ("PageDown", "PageDown", 34, ""),
    ("Shift", "ShiftLeft", 16, ""),
    ("Control", "ControlLeft", 17, ""),
    ("Alt", "AltLeft", 18, ""),
    ("Meta", "MetaLeft", 91, ""),
    ("F1", "F1", 112, ""),
    ("F2", "F2", 113, ""),
    ("F3", "F3", 114, ""),
    ("F4", "F4", 115, ""),
    ("F5", "F5", 116, ""),
    ("F6", "F6", 117, ""),
    ("F7", "F7", 118, ""),
    ("F8", "F8", 119, ""),
    ("F9", "F9", 120, ""),
    ("F10", "F10", 121, ""),
    ("F11", "F11", 122, ""),
    ("F12", "F12", 123, ""),
    ("Shift", "ShiftRight", 16, ""),
    ("Control", "ControlRight", 17, ""),
    ("Alt", "AltRight", 18, ""),
    ("CapsLock", "CapsLock", 20, ""),
    ("ContextMenu", "ContextMenu", 93, ""),
    ("Enter", "NumpadEnter", 13, "\r"),
    ("0", "Numpad0", 96, "0"),
    ("1", "Numpad1", 97, "1"),
    ("2", "Numpad2", 98, "2"),
    ("3", "Numpad3", 99, "3"),
    ("4", "Numpad4", 100, "4"),
    ("5", "Numpad5", 101, "5"),
    ("6", "Numpad6", 102, "6"),
    ("7", "Numpad7", 103, "7"),
    ("8", "Numpad8", 104, "8"),
    ("9", "Numpad9", 105, "9"),
    ("*", "NumpadMultiply", 106, "*"),
    ("+", "NumpadAdd", 107, "+"),
    ("-", "NumpadSubtract", 109, "-"),
    (".", "NumpadDecimal", 110, "."),
    ("/", "NumpadDivide", 111, "/"),
];

/// Plain and shifted letter, code, Windows key code.
const SIGNS: [(char, char, &str, u32); 22] = [
    ('`', '~', "Backquote", 192),
    ('1', '!', "Digit1", 49),
    ('2', '@', "Digit2", 50),
    ('3', '#', "Digit3", 51),
    ('4', '$', "Digit4", 52),
    ('5', '%', "Digit5", 53),
    ('6', '^', "Digit6", 54),
    ('7', '&', "Digit7", 55),
    ('8', '*', "Digit8", 56),
    ('9', '(', "Digit9", 57),
    ('0', ')', "Digit0", 48),
    ('-', '_', "Minus", 189),
    ('=', '+', "Equal", 187),
    ('[', '{', "BracketLeft", 219),
    (']', '}', "BracketRight", 221),
    ('\\', '|', "Backslash", 220),
    (';', ':', "Semicolon", 186),
    ('\'', '"', "Quote", 222),
    (',', '<', "Comma", 188),
    ('.', '>', "Period", 190),
    ('/', '?', "Slash", 191),
    (' ', ' ', "Space", 32),
];

impl Key {
    /// The key that types a letter; none if there is none on the layout.
    pub(super) fn of_letter(letter: char) -> Option<Self> {
        if letter == '\n' || letter == '\r' {
            return Self::named("Enter");
        }
        if letter == '\t' {
            return Self::named("Tab");
        }
        let (code, number) = if letter.is_ascii_alphabetic() {
            let upper = letter.to_ascii_uppercase();
            (format!("Key{upper}"), u32::from(upper))
        } else {
            let (_, _, code, number) =
                SIGNS.iter().find(|(plain, shifted, ..)| *plain == letter || *shifted == letter)?;
            ((*code).to_owned(), *number)
        };
        Some(Self { name: letter.to_string(), code, number, text: Some(letter.to_string()) })
    }

    /// The letter that the key of this code types, such as `KeyA`, `Digit1` or `Minus`.
    fn letter_of_code(code: &str) -> Option<char> {
        let letter = code.strip_prefix("Key").and_then(|letter| letter.parse::<char>().ok());
        if let Some(letter) = letter.filter(char::is_ascii_uppercase) {
            return Some(letter.to_ascii_lowercase());
        }
        SIGNS.iter().find(|(_, _, known, _)| *known == code).map(|(plain, ..)| *plain)
    }

    /// What its key types while Shift is held.
    fn shifted(letter: char) -> char {
        let sign = SIGNS.iter().find(|(plain, ..)| *plain == letter);
        sign.map_or_else(|| letter.to_ascii_uppercase(), |(_, shifted, ..)| *shifted)
    }

    fn named(name: &str) -> Option<Self> {
        let (name, code, number, text) =
            NAMED.iter().find(|(known, code, ..)| [*known, *code].contains(&name))?;
        Some(Self {
            name: (*name).to_owned(),
            code: (*code).to_owned(),
            number: *number,
            text: (!text.is_empty()).then(|| (*text).to_owned()),
        })
    }

    /// What it says of itself while it is down.
    fn modifier(&self) -> u8 {
        match self.name.as_str() {
            "Alt" => ALT,
            "Control" => CONTROL,
            "Meta" => META,
            "Shift" => SHIFT,
            _ => 0,
        }
    }

    fn event(&self, kind: &str, modifiers: u8, text: Option<&String>) -> Json {
        // Of two such keys this is the left or the right one.
        let side = match (self.modifier(), self.code.ends_with("Right")) {
            (0, _) => 0,
            (_, false) => 1,
            (_, true) => 2,
        };
        let mut event = json!({
            "type": kind, "key": self.name, "code": self.code, "windowsVirtualKeyCode": self.number,
            "modifiers": modifiers, "location": side, "isKeypad": self.code.starts_with("Numpad"),
        });
        if let Some(text) = text {
            event["text"] = json!(text);
            event["unmodifiedText"] = json!(text);
        }
        event
    }
}

impl FromStr for Chord {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || {
            Error::Invalid(format!(
                "{text:?} is not a key; write a letter, a name such as Enter, Tab, ArrowDown, or a code such as KeyA, with Control+, Shift+, Alt+ or Meta+ in front"
            ))
        };
        // The last sign may be a plus itself.
        let (held, name) = match text.strip_suffix('+').filter(|_| text.len() > 1) {
            Some(held) => (held.strip_suffix('+').ok_or_else(bad)?, "+"),
            None => {
                text.rsplit_once('+').filter(|(held, _)| !held.is_empty()).unwrap_or(("", text))
            }
        };
        let mut modifiers: Vec<Key> = Vec::new();
        for part in held.split('+').filter(|part| !part.is_empty()) {
            let part = if part == "ControlOrMeta" { "Control" } else { part };
            let key = Key::named(part).filter(|key| key.modifier() != 0).ok_or_else(bad)?;
            if modifiers.iter().all(|other| other.modifier() != key.modifier()) {
                modifiers.push(key);
            }
        }
        let name = if name == "ControlOrMeta" { "Control" } else { name };
        let shifted = modifiers.iter().any(|key| key.modifier() == SHIFT);
        let mut letters = name.chars();
        let letter = match (letters.next(), letters.next()) {
            (Some(letter), None) => Some(letter),
            _ => Key::letter_of_code(name),
        };
        let key = match letter {
            Some(letter) if shifted => Key::of_letter(Key::shifted(letter)),
            Some(letter) => Key::of_letter(letter),
            None => Key::named(name),
        };
        Ok(Self { held: modifiers, key: key.ok_or_else(bad)? })
    }
}

impl Chord {
    fn modifiers(&self) -> u8 {
        self.held.iter().fold(0, |all, key| all | key.modifier())
    }

    /// Whether it copies, cuts or pastes. The clipboard is shared by every session of a browser, so
    /// it would carry a secret from the field it was typed into to any other, on any site.
    pub(super) fn is_clipboard(&self) -> bool {
        let command = self.modifiers() & (CONTROL | META) != 0;
        let shift = self.modifiers() & SHIFT != 0;
        match self.key.name.to_ascii_lowercase().as_str() {
            "c" | "x" | "v" => command,
            "insert" => command || shift,
            "delete" => shift,
            _ => false,
        }
    }

    /// What the page is told of the keys that go down, in their order.
    pub(super) fn names(&self) -> Vec<String> {
        let pressed = |event: &Json| event["type"] != "keyUp";
        let name = |event: Json| event["key"].as_str().map(str::to_owned);
        self.events().into_iter().filter(pressed).filter_map(name).collect()
    }

    /// Press and release, the modifiers' keys included: each says of itself, too, that it is down.
    pub(super) fn events(&self) -> Vec<Json> {
        let all = self.modifiers();
        let mut events = Vec::new();
        let mut down = 0;
        for key in &self.held {
            down |= key.modifier();
            events.push(key.event("rawKeyDown", down, None));
        }
        // With Control, Alt or Meta held a letter is a command, not text.
        let text = self.key.text.as_ref().filter(|_| all & !SHIFT == 0);
        let kind = if text.is_some() { "keyDown" } else { "rawKeyDown" };
        events.push(self.key.event(kind, all | self.key.modifier(), text));
        events.push(self.key.event("keyUp", all, None));
        for key in self.held.iter().rev() {
            down &= !key.modifier();
            events.push(key.event("keyUp", down, None));
        }
        events
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_become_events() {
        for (name, modifiers, key, events) in [
            ("Enter", 0, "Enter", 2),
            ("a", 0, "a", 2),
            ("+", 0, "+", 2),
            ("Control+A", CONTROL, "A", 4),
            ("Control+Shift++", CONTROL | SHIFT, "+", 6),
            ("Shift+Tab", SHIFT, "Tab", 4),
            ("Space", 0, " ", 2),
            ("Shift+a", SHIFT, "A", 4),
            ("Shift+A", SHIFT, "A", 4),
            ("Shift+1", SHIFT, "!", 4),
            ("Shift++", SHIFT, "+", 4),
            ("Control+Shift+a", CONTROL | SHIFT, "A", 6),
            ("KeyA", 0, "a", 2),
            ("Shift+KeyA", SHIFT, "A", 4),
            ("Digit1", 0, "1", 2),
            ("Shift+Minus", SHIFT, "_", 4),
            ("Backquote", 0, "`", 2),
            ("Meta", 0, "Meta", 2),
            ("ShiftLeft", 0, "Shift", 2),
            ("ControlRight", 0, "Control", 2),
            ("ControlOrMeta+a", CONTROL, "a", 4),
            ("Shift+Shift+a", SHIFT, "A", 4),
            ("NumpadSubtract", 0, "-", 2),
            ("Numpad0", 0, "0", 2),
        ] {
            let chord: Chord = name.parse().unwrap();
            assert_eq!(
                (chord.modifiers(), chord.key.name.as_str(), chord.events().len()),
                (modifiers, key, events),
                "{name}"
            );
        }
        for name in [
            "Control+C",
            "Meta+x",
            "Control+Shift+V",
            "Control+Insert",
            "Shift+Insert",
            "Shift+Delete",
            "Control+KeyC",
            "Meta+Shift+KeyV",
        ] {
            assert!(name.parse::<Chord>().unwrap().is_clipboard(), "{name}");
        }
        for name in ["c", "Control+A", "Delete", "Insert", "Shift+C"] {
            assert!(!name.parse::<Chord>().unwrap().is_clipboard(), "{name}");
        }
        for name in ["", "Entre", "Hyper+A", "ab", "Control+", "Keya", "KeyAB", "Digit", "a+b"] {
            assert!(name.parse::<Chord>().is_err(), "{name}");
        }
    }

    #[test]
    fn modifiers_go_down_one_by_one_and_up_the_other_way() {
        let told = |name: &str| {
            let events = name.parse::<Chord>().unwrap().events();
            let tell = |event: &Json| {
                format!("{} {} {}", event["code"], event["modifiers"], event["location"])
            };
            events.iter().map(tell).collect::<Vec<_>>().join(", ").replace('"', "")
        };
        assert_eq!(
            told("Control+ShiftRight+a"),
            "ControlLeft 2 1, ShiftRight 10 2, KeyA 10 0, KeyA 10 0, ShiftRight 2 2, ControlLeft 0 1"
        );
        assert_eq!(told("Meta"), "MetaLeft 4 1, MetaLeft 0 1");
        assert_eq!(told("NumpadEnter"), "NumpadEnter 0 0, NumpadEnter 0 0");
    }
}
