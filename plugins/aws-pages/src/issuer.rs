//! The pages of a card issuer's challenge: one field, one button, perhaps twice.
//!
//! An issuer's plugin calls [`challenge`] with what is to be done in the issuer's frame, for which
//! there are [`enter_code`] and [`enter_pin`], or the plugin's own lines and then [`paid`].

use std::time::Duration;

use mavm_sdk::prelude::*;

use crate::payment;
use crate::section::{Section, marker};
use crate::{PATIENCE, wording};

/// Wrong codes that an issuer forgives: usually the third one blocks the card.
const TRIES: usize = 3;

/// How long a message may take before another is asked for.
const MESSAGE: Duration = seconds(60);

/// What a confirmed code leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The payment is confirmed.
    Paid,
    /// The issuer also wants the card's PIN.
    Pin,
}

#[derive(Clone, Copy)]
enum Seen {
    Paid,
    Refused,
    Pin,
    Wrong,
}

/// Answers the question for the code that the issuer has sent.
pub fn enter_code(run: &Run, acs: &Frame, channel: &str) -> Result<Next> {
    let field = acs.label("One-time password");
    field.wait_visible()?;
    for tried in 1..=TRIES {
        let code = next_code(run, acs, channel)?;
        field.fill(&code)?;
        match confirm(run, acs, true)? {
            Seen::Paid => return Ok(Next::Paid),
            Seen::Pin => return Ok(Next::Pin),
            Seen::Refused => return Err(refused(run)?),
            Seen::Wrong => info!("the issuer did not take the code ({tried} of {TRIES})"),
        }
    }
    Err(Failure::rejected(format!("the issuer did not take the code {TRIES} times")))
}

/// Answers the question for the card's PIN. A wrong one is never tried again: it would block the card.
pub fn enter_pin(run: &Run, acs: &Frame) -> Result<()> {
    acs.label("Card PIN").fill(&run.secrets().get("card-pin")?)?;
    match confirm(run, acs, false)? {
        Seen::Paid => Ok(()),
        Seen::Refused => Err(refused(run)?),
        Seen::Wrong | Seen::Pin => Err(Failure::rejected(
            "the issuer did not take the card's PIN; check it: mavm secrets set card-pin",
        )),
    }
}

/// The next code, having another one sent if none comes.
fn next_code(run: &Run, acs: &Frame, channel: &str) -> Result<Code> {
    let wait = |within| run.codes().wait_within(channel, digits(6), within);
    match wait(MESSAGE) {
        Err(Failure::TimedOut(_)) => {
            info!("no code came: asking for another");
            acs.role(Button, matches("(?i)send|resend|again")).first().click()?;
            wait(MESSAGE)
        }
        code => code,
    }
}

/// Confirms what was filled in, and waits until the issuer or the sign-up answers.
fn confirm(run: &Run, acs: &Frame, pin_may_follow: bool) -> Result<Seen> {
    let page = crate::page(run)?;
    acs.role(Button, "Confirm").click()?;
    let mut list = vec![
        (Seen::Paid, marker(&page, Section::Identity)),
        (Seen::Refused, marker(&page, Section::Card)),
        (Seen::Wrong, acs.any(Alert).first()),
    ];
    if pin_may_follow {
        list.push((Seen::Pin, acs.label("Card PIN")));
    }
    which_within(list, PATIENCE)
}

/// Waits until the payment is confirmed: for an issuer whose pages differ from these.
pub fn paid(run: &Run) -> Result<()> {
    let page = crate::page(run)?;
    let ends = [(true, marker(&page, Section::Identity)), (false, marker(&page, Section::Card))];
    if which_within(ends, PATIENCE)? { Ok(()) } else { Err(refused(run)?) }
}

/// The sign-up shows the card form again: the issuer said no.
fn refused(run: &Run) -> Result<Failure> {
    let words = wording::words_of(&run.page().any(Alert))?;
    Ok(Failure::rejected(format!("the issuer refused the payment: {words}")))
}

/// A whole challenge: `answer` is given the issuer's frame. The payment is confirmed at most once.
pub fn challenge(
    run: &Run,
    channel: &str,
    answer: impl FnOnce(&Frame) -> Result<()>,
) -> Result<Outcome> {
    run.effect_or(
        "confirm-payment",
        || payment::confirmed(run),
        || match payment::challenge(run, channel)? {
            Some(acs) => answer(&acs),
            None => Ok(()),
        },
    )?;
    Ok(Outcome::done())
}
