//! Halves of letters. A page's text may hold half a pair of UTF-16 units (an emoji that was cut in
//! two), and Chromium writes that as it is; it is no Unicode, and no reader of JSON takes it.

/// Puts `\ufffd` in the place of each half, where it stands.
pub(super) fn mend(message: &mut [u8]) {
    let mut at = 0;
    while let Some(next) = message.get(at..).and_then(|rest| rest.iter().position(|b| *b == b'\\'))
    {
        at += next;
        match unit(message, at) {
            Some(0xd800..=0xdbff) if matches!(unit(message, at + 6), Some(0xdc00..=0xdfff)) => {
                at += 12
            }
            Some(0xd800..=0xdfff) => {
                message[at + 2..at + 6].copy_from_slice(b"fffd");
                at += 6;
            }
            // Also of a backslash that is only a letter itself.
            _ => at += 2,
        }
    }
}

/// The UTF-16 unit that is written here as `\u` and four digits.
fn unit(message: &[u8], at: usize) -> Option<u16> {
    let digits = message.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_mended_and_nothing_else() {
        for (sent, read) in [
            (r#""\ud83d""#, "\"\\ufffd\""),
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\ud83d\ud83d\ude00\uDE00""#, r#""\ufffd\ud83d\ude00\ufffd""#),
            (r#""\ud83d\u0041\n""#, r#""\ufffd\u0041\n""#),
            // The letters, and not what they would mean.
            (r#""\\ud83d \\\ud83d""#, r#""\\ud83d \\\ufffd""#),
            (r#""\ud8"#, r#""\ud8"#),
            ("\"ü\\", "\"ü\\"),
        ] {
            let mut message = sent.as_bytes().to_vec();
            mend(&mut message);
            assert_eq!(String::from_utf8_lossy(&message), read);
        }
    }
}
