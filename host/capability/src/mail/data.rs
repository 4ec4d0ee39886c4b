//! The body of a mail on the wire: undoes dot-stuffing, finds the end, bounds the size, and refuses
//! any line break but CR LF. A server that takes a lone LF or CR for a line break can be made to see
//! an end of mail, and a second mail behind it, where the server before it saw none.

/// What came of the bytes so far.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// The mail goes on.
    More,
    /// The mail is complete, after this many of the bytes given.
    End(usize),
    /// A CR or LF stood alone.
    BareBreak,
    /// Far more than the limit: not worth reading on.
    Flood,
}

#[derive(Clone, Copy)]
enum At {
    LineStart,
    InLine,
    AfterCr,
    /// A dot at the start of a line: the end, or a stuffed dot.
    AfterDot,
    AfterDotCr,
}

/// Reads one mail's body.
pub(super) struct Body {
    at: At,
    bytes: Vec<u8>,
    seen: usize,
    limit: usize,
}

/// A sender that ignores `SIZE` is heard out up to this many times the limit, so that it gets the
/// answer that tells it not to try again.
const PATIENCE: usize = 4;

impl Body {
    pub(super) fn new(limit: usize) -> Self {
        Self { at: At::LineStart, bytes: Vec::new(), seen: 0, limit }
    }

    /// The mail; none if it was larger than the limit.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        (self.seen <= self.limit).then_some(self.bytes)
    }

    pub(super) fn feed(&mut self, input: &[u8]) -> Progress {
        for (index, &byte) in input.iter().enumerate() {
            self.at = match (self.at, byte) {
                (At::LineStart, b'.') => At::AfterDot,
                (At::LineStart | At::InLine, b'\r') => At::AfterCr,
                (At::AfterDot, b'\r') => At::AfterDotCr,
                (At::AfterCr, b'\n') => {
                    self.keep(b'\r');
                    self.keep(b'\n');
                    At::LineStart
                }
                (At::AfterDotCr, b'\n') => return Progress::End(index + 1),
                (At::AfterCr | At::AfterDotCr, _) | (_, b'\n') => return Progress::BareBreak,
                (At::LineStart | At::InLine | At::AfterDot, byte) => {
                    self.keep(byte);
                    At::InLine
                }
            };
            if self.seen > self.limit.saturating_mul(PATIENCE) {
                return Progress::Flood;
            }
        }
        Progress::More
    }

    fn keep(&mut self, byte: u8) {
        self.seen += 1;
        if self.seen <= self.limit {
            self.bytes.push(byte);
        } else {
            self.bytes = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(wire: &[u8], chunk: usize) -> (Progress, Option<Vec<u8>>) {
        let mut body = Body::new(64);
        let mut fed = 0;
        for part in wire.chunks(chunk) {
            match body.feed(part) {
                Progress::More => fed += part.len(),
                Progress::End(used) => return (Progress::End(fed + used), body.finish()),
                other => return (other, None),
            }
        }
        (Progress::More, None)
    }

    /// On the wire, what comes of it, the mail.
    type Case = (&'static [u8], Progress, Option<&'static [u8]>);

    #[test]
    fn a_body_is_the_same_however_it_is_cut() {
        let cases: [Case; 12] = [
            (b".\r\n", Progress::End(3), Some(b"")),
            (b"a\r\n.\r\nQUIT\r\n", Progress::End(6), Some(b"a\r\n")),
            (b"..a\r\n...\r\n.\r\n", Progress::End(13), Some(b".a\r\n..\r\n")),
            (b".a\r\n.\r\n", Progress::End(7), Some(b"a\r\n")),
            (b"a.\r\n.\r\n", Progress::End(7), Some(b"a.\r\n")),
            (b"a\r\n.\r", Progress::More, None),
            (b"a\n.\n", Progress::BareBreak, None),
            (b"a\r\n.\n", Progress::BareBreak, None),
            (b"a\n.\r\n", Progress::BareBreak, None),
            (b"a\r.\r\n", Progress::BareBreak, None),
            (b"a\r\n.\rb", Progress::BareBreak, None),
            (b"a\r\r\n.\r\n", Progress::BareBreak, None),
        ];
        for (wire, progress, mail) in cases {
            for chunk in 1..=wire.len() {
                let (got, body) = read(wire, chunk);
                assert_eq!(got, progress, "{:?} by {chunk}", String::from_utf8_lossy(wire));
                assert_eq!(body.as_deref(), mail);
            }
        }
    }

    #[test]
    fn what_is_too_large_is_heard_out_but_not_kept_and_a_flood_is_cut_off() {
        let mut wire = vec![b'a'; 63];
        wire.extend_from_slice(b"\r\n.\r\n");
        assert_eq!(read(&wire, 7), (Progress::End(68), None));
        wire.remove(0);
        assert_eq!(read(&wire, 7).1.unwrap().len(), 64);
        assert_eq!(read(&[b'a'; 300], 7).0, Progress::Flood);
    }
}
