//! Takes sealed values out of bytes that may be text, or have text in them: bodies, downloads.

use crate::redact::Used;

/// Letters of the shortest text that is looked for in UTF-16.
const LEAST_WIDE: usize = 4;

impl Used {
    /// The bytes without any of the values in what is text among them. What is not text stays as it is.
    pub(crate) fn hide_bytes(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        if self.hides_nothing() {
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
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use secrecy::SecretString;

    use super::*;

    #[test]
    fn bytes_that_are_no_text_hide_nothing() {
        let used = Used::new(None);
        used.remember(&SecretString::from("4539578763621486"), &[]).unwrap();
        used.remember(&SecretString::from("p4ss wörd"), &[]).unwrap();
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
}
