//! API keys as the store knows them: by hash, never by the key itself.

/// The hash under which a key is kept and looked up: BLAKE3, in hex. Keys are random and long, so
/// an unsalted fast hash gives nothing away.
pub fn hash_key(key: &str) -> String {
    blake3::hash(key.as_bytes()).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::hash_key;

    #[test]
    fn is_blake3_in_hex() {
        // The first vector of BLAKE3's published test vectors: the empty input.
        assert_eq!(
            hash_key(""),
            "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
        );
    }
}
