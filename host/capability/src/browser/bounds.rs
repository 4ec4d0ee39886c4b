//! How large what a plugin passes in may be.

use mavm_plugin::Failure;

/// Bytes of a path or query on a site.
pub const MAX_PATH: usize = 4 * 1024;
/// Bytes of a selector, a text to compare with, a key, an attribute's name.
pub const MAX_SELECTOR: usize = 4 * 1024;
/// Bytes of a text that is put into a field.
pub const MAX_TEXT: usize = 64 * 1024;
/// Selectors, filters and frames that one locator is made of.
pub const MAX_PARTS: usize = 64;
/// Elements that `first-of` watches.
pub const MAX_CANDIDATES: usize = 32;
/// Clicks of one click.
pub const MAX_CLICKS: u8 = 3;
/// Options picked, and files uploaded, by one call.
pub const MAX_CHOICES: usize = 100;
/// Bytes of all files of one upload.
pub const MAX_UPLOAD: usize = 4 << 20;
/// Overlays that a page looks out for.
pub const MAX_OVERLAYS: usize = 16;

/// Refuses what is too long.
pub fn short(what: &str, text: &str, at_most: usize) -> Result<(), Failure> {
    if text.len() <= at_most {
        return Ok(());
    }
    Err(Failure::Invalid(format!(
        "{what} is {} bytes long; at most {at_most} are taken: `{}…`",
        text.len(),
        shown(text)
    )))
}

/// The start of a text, fit for a message.
pub fn shown(text: &str) -> String {
    text.chars().take(80).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
