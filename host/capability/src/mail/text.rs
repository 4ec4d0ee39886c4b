//! What a mail says: its subject and text, decoded, and the value that a pattern finds in it.
//!
//! Mail is written by strangers: whatever is wrong with it gives less text, never an error.

use mail_parser::decoders::html::html_to_text;
use mail_parser::{Message, MessageParser, PartType};

use crate::pattern::Pattern;

/// A mail, decoded.
pub(super) struct Letter {
    subject: String,
    /// The plain text first, then what the HTML parts show, each with the targets of its links.
    readings: Vec<String>,
}

impl Letter {
    /// Decodes transfer encodings, character sets and parts.
    pub(super) fn read(raw: &[u8]) -> Self {
        let Some(message) = MessageParser::default().parse(raw) else {
            return Self { subject: String::new(), readings: Vec::new() };
        };
        let subject = message.subject().unwrap_or_default().to_owned();
        let plain = plain_text(&message);
        let html = html_text(&message);
        let readings = [plain, html].into_iter().filter(|text| !text.trim().is_empty()).collect();
        Self { subject, readings }
    }

    /// Whether the subject holds these words, whatever their case.
    pub(super) fn is_about(&self, words: &str) -> bool {
        self.subject.to_lowercase().contains(&words.to_lowercase())
    }

    /// The pattern's value, from the plain text if it is there, else from what the HTML shows.
    pub(super) fn find(&self, pattern: &Pattern) -> Option<&str> {
        self.readings.iter().find_map(|text| pattern.find(text))
    }
}

fn plain_text(message: &Message<'_>) -> String {
    join(message.text_bodies().filter_map(|part| match &part.body {
        PartType::Text(text) => Some(text.replace("\r\n", "\n")),
        _ => None,
    }))
}

fn html_text(message: &Message<'_>) -> String {
    join(message.html_bodies().filter_map(|part| match &part.body {
        PartType::Html(html) => {
            // A link's target is what a plugin wants, and the one thing that the text leaves out.
            Some(join(std::iter::once(html_to_text(html)).chain(links(html))))
        }
        _ => None,
    }))
}

fn join(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join("\n")
}

/// The values of `href`, entities decoded, in order.
fn links(html: &str) -> impl Iterator<Item = String> {
    let mut rest = html;
    std::iter::from_fn(move || {
        loop {
            let at = find_ignoring_case(rest, "href")?;
            rest = rest.get(at + 4..)?;
            let Some(value) = rest.trim_start().strip_prefix('=') else { continue };
            let value = value.trim_start();
            let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                continue;
            };
            let value = value.get(1..)?;
            let end = value.find(quote)?;
            let (link, after) = value.split_at(end);
            rest = after;
            return Some(decode_entities(link.trim()));
        }
    })
}

fn find_ignoring_case(text: &str, word: &str) -> Option<usize> {
    text.as_bytes()
        .windows(word.len())
        .position(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

/// The entities that occur in addresses.
fn decode_entities(link: &str) -> String {
    link.replace("&#38;", "&")
        .replace("&#x26;", "&")
        .replace("&#61;", "=")
        .replace("&#x3D;", "=")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn find(mail: &[u8], pattern: &str) -> Option<String> {
        Letter::read(mail).find(&Pattern::new(pattern).unwrap()).map(str::to_owned)
    }

    const CODE: &str = r"(?i)(?:verification code|prüfcode|確認コード|код)\s*[:：]\s*(\d{6})";

    #[test]
    fn a_code_is_found_however_the_mail_is_written() {
        let cases: Vec<(&str, Vec<u8>)> = vec![
            ("plain", b"Subject: x\r\n\r\nVerification code: 123456\r\n".to_vec()),
            (
                "quoted-printable, with the code on both sides of a soft break",
                b"Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nPr=C3=BCfcode: 123=\r\n456\r\n".to_vec(),
            ),
            (
                "base64",
                b"Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nVmVyaWZpY2F0aW9uIGNvZGU6IDEyMzQ1Ng0K\r\n".to_vec(),
            ),
            (
                "Latin-1, eight bits",
                b"Subject: x\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nPr\xfcfcode: 123456\r\n".to_vec(),
            ),
            (
                "Cyrillic, koi8-r",
                b"Subject: x\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n\xeb\xef\xe4: 123456\r\n".to_vec(),
            ),
            (
                "UTF-16 in base64",
                b"Subject: x\r\nContent-Type: text/plain; charset=utf-16le\r\nContent-Transfer-Encoding: base64\r\n\r\nSwQ+BDQEOgAgADEAMgAzADQANQA2AA==\r\n".to_vec(),
            ),
            (
                "Japanese, ISO-2022-JP",
                b"Subject: x\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$B3NG'%3!<%I\x1b(B: 123456\r\n".to_vec(),
            ),
            (
                "HTML alone",
                b"Subject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><head><style>p{}</style></head><body><p>Verification code:</p><b>123456</b></body></html>\r\n".to_vec(),
            ),
            (
                "both, the plain part says nothing",
                b"Subject: x\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nPlease read the other part.\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Verification code: <b>123456</b></p>\r\n--b--\r\n".to_vec(),
            ),
            (
                "nested parts with an attachment",
                b"Subject: x\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nVerification code: 123456\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Verification code: 123456</p>\r\n--b--\r\n--a\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=x.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--a--\r\n".to_vec(),
            ),
        ];
        for (name, mail) in cases {
            let pattern = if name.starts_with("UTF-16") { r"(\d{6})" } else { CODE };
            assert_eq!(find(&mail, pattern).as_deref(), Some("123456"), "{name}");
        }
    }

    #[test]
    fn a_link_is_found_in_text_and_behind_html() {
        let pattern = r"(https://\S*/resetpassword\S*)";
        let plain = b"Subject: x\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nOpen https://console.example/resetpassword?token=3Dabc=\r\ndef&x=3D1\r\n";
        let html = b"Subject: x\r\nContent-Type: text/html\r\n\r\n<p><A class=b HREF = 'https://other.example/'>o</a> <a href=\"https://console.example/resetpassword?token=abcdef&amp;x=1\">reset</a></p>\r\n";
        for mail in [plain.as_slice(), html.as_slice()] {
            assert_eq!(
                find(mail, pattern).as_deref(),
                Some("https://console.example/resetpassword?token=abcdef&x=1")
            );
        }
    }

    #[test]
    fn a_subject_is_compared_decoded_and_whatever_its_case() {
        let letter = Letter::read(
            b"Subject: =?utf-8?q?Ihr_AWS-Pr=C3=BCfcode?=\r\n =?utf-8?b?IGlzdCBkYQ==?=\r\n\r\nx\r\n",
        );
        assert!(letter.is_about("aws-PRÜFCODE ist"), "{}", letter.subject);
        assert!(!letter.is_about("password"));
    }

    #[test]
    fn no_mail_is_so_broken_that_it_hurts() {
        let pattern = Pattern::new(r"(\d{6})").unwrap();
        let seed = b"Subject: =?utf-8?q?=C3=BC?=\r\nContent-Type: multipart/alternative; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-16\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<a href='&#x26;'>=C3=BC&uuml;&#99999999;</a><\r\n--b\r\nContent-Type: text/plain; charset=gb18030\r\nContent-Transfer-Encoding: base64\r\n\r\n////\r\n--b--\r\n";
        // A small generator of our own: the same broken mails in every run.
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state >> 33).unwrap()
        };
        for _ in 0..3000 {
            let mut mail = seed.to_vec();
            for _ in 0..next() % 8 {
                let at = next() % mail.len();
                match next() % 4 {
                    0 => mail[at] = (next() % 256) as u8,
                    1 => mail.truncate(at.max(1)),
                    2 => mail.insert(at, b"<>&;\"'=\r\n-"[next() % 10]),
                    _ => mail.extend_from_within(at..),
                }
            }
            let _ = Letter::read(&mail).find(&pattern);
        }
        for mail in [&b""[..], b"\r\n", b"\0", b"Subject:"] {
            assert_eq!(Letter::read(mail).find(&pattern), None);
        }
    }
}
