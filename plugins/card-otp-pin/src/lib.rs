//! A card issuer that asks for one code and then, on a second page, for the card's PIN.

use aws_pages::issuer::{self, Next};
use mavm_sdk::prelude::*;

#[derive(Deserialize, Inputs)]
struct Challenge {
    /// The channel that the issuer's messages come in on; `card-sms` unless the flow says otherwise.
    code_channel: Option<String>,
}

/// Answers the issuer's questions for the code that it has sent and for the card's PIN.
#[step("challenge")]
fn challenge(run: &Run, input: Challenge) -> Result<Outcome> {
    let channel = input.code_channel.as_deref().unwrap_or("card-sms");
    issuer::challenge(run, channel, |acs| match issuer::enter_code(run, acs, channel)? {
        Next::Paid => Ok(()),
        Next::Pin => issuer::enter_pin(run, acs),
    })
}

plugin!(challenge);
