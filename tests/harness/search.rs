//! Looks for known secrets in everything that was written.

use std::path::{Path, PathBuf};

/// Every file below `folder` that holds one of the needles, in any of the forms that a careless
/// writer might leave: as it is, in groups of four digits, percent-encoded, base64, hex.
pub fn files_that_hold(folder: &Path, needles: &[String]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            // A socket or a file that has just gone holds nothing.
            let Ok(bytes) = std::fs::read(&path) else { continue };
            for needle in needles {
                if forms(needle).iter().any(|form| contains(&bytes, form.as_bytes())) {
                    found.push((path.clone(), needle.clone()));
                }
            }
        }
    }
    found
}

fn forms(needle: &str) -> Vec<String> {
    let mut forms = vec![needle.to_owned()];
    if needle.len() == 16 && needle.bytes().all(|byte| byte.is_ascii_digit()) {
        let groups: Vec<_> = needle.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
        forms.extend([groups.join(" "), groups.join("-"), groups.join("%20"), groups.join("+")]);
    }
    let percent: String = needle
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    let hex: String = needle.bytes().map(|byte| format!("{byte:02x}")).collect();
    let json = serde_json::to_string(needle).unwrap().trim_matches('"').to_owned();
    let html = needle.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    forms.extend([percent, hex, json, html]);
    // Inside base64, text may begin at any of three places; the ends are cut where they depend on
    // what stands beside it.
    for before in 0..3 {
        let padded = [&b"   "[..before], needle.as_bytes()].concat();
        let encoded = base64(&padded);
        let from = [0, 2, 3][before];
        let to = padded.len() * 8 / 6;
        forms.extend(encoded.get(from..to).map(str::to_owned));
    }
    forms
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |n: usize| bytes.get(n / 8).map_or(0, |byte| usize::from(byte >> (7 - n % 8) & 1));
    (0..(bytes.len() * 8).div_ceil(6))
        .map(|letter| {
            let index = (0..6).fold(0, |value, n| value << 1 | bit(letter * 6 + n));
            char::from(LETTERS[index])
        })
        .collect()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_there_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::write(inner.join("log"), "paid with 4111 1111 1111 1111\n").unwrap();
        std::fs::write(inner.join("other"), "4111\n").unwrap();
        // base64 of `x=Sup3r!secret&`
        std::fs::write(inner.join("encoded"), "eD1TdXAzciFzZWNyZXQm").unwrap();
        let needles = ["Sup3r!secret".to_owned()];
        assert_eq!(files_that_hold(folder.path(), &needles).len(), 1);
        let found = files_that_hold(folder.path(), &["4111111111111111".into()]);
        assert_eq!(found.len(), 1);
        assert!(found[0].0.ends_with("a/b/log"));
    }
}
