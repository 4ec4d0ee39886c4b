//! How the browser presents itself to pages: the size of its window, its language, its time zone.
//! Each is checked where it is read, so that the error shows the line and what to write.

use std::fmt::Display;

use jiff::tz::TimeZone;
use mavm_browser::Viewport;
use serde::{Deserialize, Deserializer, de};

/// A page laid out in less, or a picture of more, is of use to nobody.
const SIZES: std::ops::RangeInclusive<u32> = 200..=8192;

/// Reads `1280x800`.
pub fn window<'de, D: Deserializer<'de>>(value: D) -> Result<Viewport, D::Error> {
    read(value, parse_window)
}

/// Reads `de-DE`.
pub fn locale<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    read(value, parse_locale).map(Some)
}

/// Reads `Europe/Berlin`.
pub fn time_zone<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    read(value, parse_time_zone).map(Some)
}

fn read<'de, D: Deserializer<'de>, T, E: Display>(
    value: D,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, D::Error> {
    parse(&String::deserialize(value)?).map_err(de::Error::custom)
}

fn parse_window(text: &str) -> Result<Viewport, String> {
    let size = text.split_once('x').and_then(|(width, height)| {
        Some(Viewport { width: width.parse().ok()?, height: height.parse().ok()? })
    });
    size.filter(|size| SIZES.contains(&size.width) && SIZES.contains(&size.height)).ok_or_else(
        || {
            format!(
                "`{text}` is not the size of a window; write width and height in pixels, {} to {} \
                 each, such as \"1280x800\"",
                SIZES.start(),
                SIZES.end()
            )
        },
    )
}

/// A language, perhaps with a script, and a region: what Chromium has formats for.
fn parse_locale(text: &str) -> Result<String, String> {
    let letters = |part: &str, lengths: &[usize]| {
        lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    let region = |part: &str| {
        letters(part, &[2]) || (part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let parts: Vec<&str> = text.split('-').collect();
    let known = match parts.as_slice() {
        [language] => letters(language, &[2, 3]),
        [language, last] => letters(language, &[2, 3]) && (letters(last, &[4]) || region(last)),
        [language, script, last] => {
            letters(language, &[2, 3]) && letters(script, &[4]) && region(last)
        }
        _ => false,
    };
    if known {
        return Ok(text.to_owned());
    }
    Err(format!("`{text}` is not a locale; write language and country, such as \"de-DE\""))
}

fn parse_time_zone(text: &str) -> Result<String, String> {
    // Chromium knows the names in their own spelling only.
    let known = TimeZone::get(text).ok();
    known.and_then(|zone| zone.iana_name().map(str::to_owned)).ok_or_else(|| {
        format!(
            "`{text}` is not a time zone; write its IANA name, such as \"Europe/Berlin\" or \"UTC\""
        )
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::load::parse;
    use super::*;

    #[test]
    fn what_pages_see_is_read() {
        let text =
            "[browser]\nwindow = \"1600x900\"\nlocale = \"de-DE\"\ntime-zone = \"europe/berlin\"";
        let browser = parse("mavm.toml", text).unwrap().browser;
        assert_eq!(browser.window, Viewport { width: 1600, height: 900 });
        assert_eq!(browser.locale.as_deref(), Some("de-DE"));
        assert_eq!(browser.time_zone.as_deref(), Some("Europe/Berlin"));
        let browser = parse("mavm.toml", "").unwrap().browser;
        assert_eq!((browser.window, browser.locale, browser.time_zone), Default::default());
        for locale in ["de", "gsw", "en-US", "zh-Hant-TW", "es-419"] {
            assert_eq!(parse_locale(locale).as_deref(), Ok(locale));
        }
    }

    #[test]
    fn a_fault_is_shown_with_its_line_and_what_to_write() {
        for (line, wanted) in [
            ("window = \"1280\"", "such as \"1280x800\""),
            ("window = \"1280 x 800\"", "such as \"1280x800\""),
            ("window = \"10x10\"", "200 to 8192"),
            ("locale = \"german\"", "such as \"de-DE\""),
            ("locale = \"de_DE\"", "such as \"de-DE\""),
            ("locale = \"de-\"", "such as \"de-DE\""),
            ("time-zone = \"CEST\"", "such as \"Europe/Berlin\""),
            ("time-zone = \"Europe/Bonn\"", "such as \"Europe/Berlin\""),
        ] {
            let report = parse("mavm.toml", &format!("[browser]\n{line}\n")).unwrap_err();
            let (said, shown) = (report.to_string(), format!("{report:?}"));
            assert!(said.contains(wanted) && shown.contains("mavm.toml:2:"), "{line}: {shown}");
        }
    }
}
