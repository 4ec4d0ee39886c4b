//! A card issuer whose challenge asks for one code: the start of a plugin of your own.
//!
//! Change what differs at your issuer: the labels, how many digits the code has.

use aws_pages::issuer;
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
    issuer::challenge(run, channel, |acs| {
        let code = run.codes().wait(channel, digits(6))?;
        acs.label("One-time password").fill(&code)?;
        acs.role(Button, "Confirm").click()?;
        issuer::paid(run)
    })
}

plugin!(challenge);
