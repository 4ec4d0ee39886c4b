//! API keys: 256 random bits, shown once, kept as a hash.

use rand::RngCore as _;

/// A key and its hash.
pub fn new_key() -> (String, String) {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let key = format!("mavm_{hex}");
    let hash = mavm_store::hash_key(&key);
    (key, hash)
}
