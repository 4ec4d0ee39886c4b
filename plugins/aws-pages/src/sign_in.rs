//! Signing in as the root user, with all that may come between.
//!
//! 1. The sign-in asks for the address; perhaps then for a captcha.
//! 2. It asks for the password; perhaps then for another captcha, a mailed code, an MFA code, or it
//!    proposes to register MFA, which is put off.
//! 3. It leads to the console, to a sign-up that was not finished, or says that the account is
//!    suspended, or that there is none.
//!
//! Each of these may be missing. What was just answered is not waited for again: it may still show
//! for a moment. The loop is bounded: after so many pages something is wrong.

use mavm_sdk::prelude::*;

use crate::captcha::Captcha;
use crate::section::{self, Section};
use crate::{PATIENCE, wording};

/// Where a sign-in leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The console.
    Console,
    /// A sign-up that isn't finished, at this section.
    SignUp(Section),
    /// The account is suspended: it was closed.
    Suspended,
    /// There is no account with this address.
    Nobody,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Address,
    Captcha,
    Password,
    MailedCode,
    MfaCode,
    RegisterMfa,
    Console,
    SignUp,
    Expired,
    Review,
    Suspended,
    Nobody,
    Complaint,
}

/// More pages than a sign-in ever has.
const MOST_PAGES: usize = 12;

/// Opens the console and signs in, if need be.
pub fn sign_in(run: &Run) -> Result<Arrival> {
    let page = crate::page(run)?;
    page.goto("console", "/console/home")?;
    let mut asked = which_within(questions(&page, &[]), PATIENCE)?;
    for _ in 0..MOST_PAGES {
        let answered: &[Asked] = match asked {
            Asked::Console => return Ok(Arrival::Console),
            Asked::SignUp => return section::look(&page).map(Arrival::SignUp),
            Asked::Suspended => return Ok(Arrival::Suspended),
            Asked::Nobody => return Ok(Arrival::Nobody),
            Asked::Expired => return Err(wording::session_over()),
            Asked::Review => return Err(wording::under_review()),
            Asked::MfaCode => {
                return Err(Failure::rejected(
                    "the sign-in asks for an MFA code, and no MFA device is known here",
                ));
            }
            Asked::Complaint => {
                let words = wording::words_of(&complaint(&page))?;
                return Err(Failure::rejected(format!("the sign-in says: {words}")));
            }
            Asked::Address => {
                page.css("#resolving_input").fill(&run.account().email)?;
                page.css("#next_button").click()?;
                &[Asked::Address]
            }
            Asked::Password => {
                page.css("#password").fill(&run.secrets().of_account("root-password")?)?;
                page.css("#signin_button").click()?;
                &[Asked::Address, Asked::Password]
            }
            Asked::Captcha => {
                // Its own complaint stays until the next answer: a new picture says the same.
                let rest = [Asked::Address, Asked::Captcha, Asked::Complaint];
                asked = captcha(&page).solve(run, &page, || questions(&page, &rest), Vec::new)?;
                continue;
            }
            Asked::MailedCode => {
                let code = run
                    .mail()
                    .wait("verification code", pattern(r"Verification code:\s*([0-9]+)"))?;
                mailed_code(&page).fill(&code)?;
                mailed_code(&page).press("Enter")?;
                &[Asked::Address, Asked::Password, Asked::MailedCode]
            }
            Asked::RegisterMfa => {
                skip_mfa(&page).click()?;
                &[Asked::RegisterMfa]
            }
        };
        asked = which_within(questions(&page, answered), PATIENCE)?;
    }
    Err(Failure::rejected("the sign-in never ends: it goes on asking"))
}

/// Ends the console's session, so that the next sign-in starts from nothing.
pub fn sign_out(run: &Run) -> Result<()> {
    let page = crate::page(run)?;
    page.goto("console", "/console/logout")?;
    page.css("#resolving_input").wait_visible()
}

fn captcha(page: &Page) -> Captcha {
    Captcha::new(page, "#captchaGuess", "#captcha_image", page.css("#submit_captcha"))
}

fn mailed_code(page: &Page) -> Locator {
    page.label("Verification code")
}

fn skip_mfa(page: &Page) -> Locator {
    page.role(Button, matches("(?i)skip|remind me later"))
}

fn complaint(page: &Page) -> Locator {
    page.css("#error_message")
}

/// All that a sign-in may show, but what was answered already. What says more comes first: it counts
/// where several show.
fn questions(page: &Page, answered: &[Asked]) -> Vec<(Asked, Locator)> {
    let mut list = vec![
        (Asked::Suspended, wording::suspended(page)),
        (Asked::Nobody, wording::no_account(page)),
        (Asked::Captcha, page.css("#captcha_image")),
        (Asked::MfaCode, page.label("MFA code")),
        // On a sign-up the same label is a section's.
        (Asked::MailedCode, page.css("body:not(:has(#aws-signup-app))").label("Verification code")),
        (Asked::RegisterMfa, skip_mfa(page)),
        (Asked::Expired, wording::expired(page)),
        (Asked::Review, wording::review(page)),
        (Asked::Complaint, complaint(page)),
        (Asked::Console, page.role(Heading, "Console Home")),
        (Asked::Password, page.css("#password")),
        (Asked::Address, page.css("#resolving_input")),
    ];
    list.retain(|(asked, _)| !answered.contains(asked));
    list.extend(section::ALL.map(|section| (Asked::SignUp, section::marker(page, section))));
    list
}
