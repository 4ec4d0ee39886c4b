//! The card form, and the way back to an issuer's challenge.

use mavm_sdk::prelude::*;

use crate::dropdown;
use crate::form::{Answer, Form};
use crate::section::{Section, marker};
use crate::sign_up::{Place, lost_progress, reach};

/// What the card form asks besides the number, which is a secret.
pub struct Card<'a> {
    /// The name on the card.
    pub holder: &'a str,
    /// The month it expires in, in English.
    pub month: &'a str,
    /// The year it expires in.
    pub year: &'a str,
}

/// What comes after the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// The issuer asks for more, in its frame.
    Challenge,
    /// Nothing: on to the verification of the telephone number.
    Identity,
}

/// Fills the card form and submits it. The channel on which the issuer's code may come is reserved
/// before, so that no other run gets it and none that was there before is taken for it.
pub fn submit(run: &Run, page: &Page, card: &Card<'_>, code_channel: &str) -> Result<After> {
    let form = Form::new(page, "PaymentInformation");
    form.css("input[name=cardNumber]").fill(&run.secrets().get("card-number")?)?;
    dropdown::pick(page, "awsui-select-3", card.month)?;
    dropdown::pick(page, "awsui-select-4", card.year)?;
    form.css("input[name=accountHolderName]").fill(card.holder)?;
    run.codes().reserve(code_channel)?;
    let answer = form.submit(run, |page| {
        vec![
            (After::Challenge, marker(page, Section::Challenge)),
            (After::Identity, marker(page, Section::Identity)),
        ]
    })?;
    match answer {
        Answer::Next(after) => Ok(after),
        Answer::Complaint(words) => {
            Err(Failure::rejected(format!("the card was not taken: {words}")))
        }
    }
}

/// The names of the facts from which the challenge can give the card again.
pub mod facts {
    /// The name on the card.
    pub const HOLDER: &str = "card_holder";
    /// The month.
    pub const MONTH: &str = "card_month";
    /// The year.
    pub const YEAR: &str = "card_year";
}

/// The issuer's frame; `None` if the payment is confirmed already.
///
/// A payment that was not confirmed is forgotten when the session is lost: the sign-up then wants the
/// card again. It is given again, from the facts of the card's step, and the issuer sends a new code.
/// Nothing is paid twice: only a confirmed payment counts.
pub fn challenge(run: &Run, code_channel: &str) -> Result<Option<Frame>> {
    let page = match reach(run, Section::Challenge)? {
        Place::Here(page) => page,
        Place::Past(_) => return Ok(None),
        Place::Before(page, Section::Card) => {
            let fact = |name: &str| {
                run.latest(name).ok_or_else(|| {
                    Failure::unresolved(format!(
                        "the sign-up wants the card again, and no step left the fact `{name}`"
                    ))
                })
            };
            let card = Card {
                holder: fact(facts::HOLDER)?,
                month: fact(facts::MONTH)?,
                year: fact(facts::YEAR)?,
            };
            info!(
                "the sign-up wants the card again: the payment was interrupted before it was confirmed"
            );
            // A code that was sent for the interrupted payment must not be taken for the new one's.
            run.codes().release(code_channel)?;
            match submit(run, &page, &card, code_channel)? {
                After::Challenge => page,
                After::Identity => return Ok(None),
            }
        }
        Place::Before(_, open) => return Err(lost_progress(open, Section::Challenge)),
    };
    Ok(Some(page.frame("iframe:first-child")))
}

/// Whether the sign-up has gone on past the payment: what an interrupted confirmation is judged by.
pub fn confirmed(run: &Run) -> Result<Happened<()>> {
    Ok(match reach(run, Section::Challenge)? {
        Place::Past(_) => Happened::Yes(()),
        Place::Here(_) | Place::Before(..) => Happened::No,
    })
}
