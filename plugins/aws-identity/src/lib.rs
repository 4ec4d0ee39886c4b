//! The verification call: a number of ours is called, and the PIN on the page is keyed in.

mod call;

use aws_pages::{Section, reach};
use mavm_sdk::prelude::*;

#[derive(Deserialize, Inputs)]
struct Identity {
    /// Calling code to choose on the page, such as `+49`; the number is then given without it.
    country_code: Option<String>,
    /// Numbers not to use.
    #[serde(default)]
    avoid: Vec<String>,
}

/// Has one of our telephone numbers called, and keys in the PIN that the page shows.
#[step("phone")]
fn phone(run: &Run, input: Identity) -> Result<Outcome> {
    let number = match reach(run, Section::Identity)?.here(Section::Identity)? {
        Some(page) => call::verify(run, &page, input.country_code.as_deref(), input.avoid)?,
        // Verified before an interruption; which number it was is no longer known.
        None => String::new(),
    };
    Ok(Outcome::done().fact("number", number))
}

plugin!(phone);
