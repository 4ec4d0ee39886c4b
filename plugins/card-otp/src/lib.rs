//! A card issuer that asks for one code, sent to the card's telephone number.

use aws_pages::issuer::{self, Next};
use mavm_sdk::prelude::*;

#[derive(Deserialize, Inputs)]
struct Challenge {
    /// The channel that the issuer's messages come in on; `card-sms` unless the flow says otherwise.
    code_channel: Option<String>,
}

/// Answers the issuer's question for the code that it has sent.
#[step("challenge")]
fn challenge(run: &Run, input: Challenge) -> Result<Outcome> {
    let channel = input.code_channel.as_deref().unwrap_or("card-sms");
    issuer::challenge(run, channel, |acs| match issuer::enter_code(run, acs, channel)? {
        Next::Paid => Ok(()),
        Next::Pin => Err(Failure::Unsupported(
            "the issuer also asks for the card's PIN: set card.issuer = \"card-otp-pin\"".into(),
        )),
    })
}

plugin!(challenge);
