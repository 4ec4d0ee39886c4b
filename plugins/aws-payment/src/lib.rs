//! The card: given once, and never seen by this plugin.

use aws_pages::payment::{self, After, Card, facts};
use aws_pages::{Place, Section, reach};
use mavm_sdk::prelude::*;

const CHALLENGE: &str = "challenge";
const NONE: &str = "none";

#[derive(Deserialize, Inputs)]
struct Payment {
    /// The name on the card.
    holder: String,
    /// The month it expires in, in English: `March`.
    month: String,
    /// The year it expires in.
    #[serde(deserialize_with = "mavm_sdk::number_or_text")]
    year: String,
    /// The channel that the issuer's messages come in on; `card-sms` unless the flow says otherwise.
    code_channel: Option<String>,
}

/// Gives the card, and says whether its issuer asks for more.
#[step("card", branches = ["challenge", "none"])]
fn card(run: &Run, input: Payment) -> Result<Outcome> {
    let channel = input.code_channel.as_deref().unwrap_or("card-sms");
    let after: String =
        run.effect_or("submit-card", || submitted(run), || submit(run, &input, channel))?;
    // With these the challenge can be taken up again after its session is lost.
    Ok(Outcome::branch(after)
        .fact(facts::HOLDER, input.holder)
        .fact(facts::MONTH, input.month)
        .fact(facts::YEAR, input.year))
}

/// Whether the sign-up has taken the card. One that waits for its issuer may be forgotten: then it
/// has not.
fn submitted(run: &Run) -> Result<Happened<String>> {
    Ok(match reach(run, Section::Card)? {
        Place::Past(Section::Challenge) => Happened::Yes(CHALLENGE.into()),
        Place::Past(_) => Happened::Yes(NONE.into()),
        Place::Here(_) | Place::Before(..) => Happened::No,
    })
}

fn submit(run: &Run, input: &Payment, channel: &str) -> Result<String> {
    let page = match reach(run, Section::Card)? {
        Place::Past(Section::Challenge) => return Ok(CHALLENGE.into()),
        place => match place.here(Section::Card)? {
            Some(page) => page,
            None => return Ok(NONE.into()),
        },
    };
    let card = Card { holder: &input.holder, month: &input.month, year: &input.year };
    Ok(match payment::submit(run, &page, &card, channel)? {
        After::Challenge => CHALLENGE.into(),
        After::Identity => NONE.into(),
    })
}

plugin!(card);
