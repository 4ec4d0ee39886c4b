//! Address, account name, and the mailed code.

use aws_pages::form::{Answer, Form};
use aws_pages::sign_up::{open_section, open_start};
use aws_pages::{Section, marker};
use mavm_sdk::prelude::*;

/// The fact that later steps begin anew with.
const FULL_NAME: &str = "full_name";

/// How often a mailed code may be wrong, late or lost.
const TRIES: u32 = 5;

#[derive(Deserialize, Inputs)]
pub(crate) struct Start {
    /// The account's name on AWS.
    full_name: String,
}

/// Begins the sign-up: gives address and account name, so that AWS mails a code.
#[step("start")]
pub(crate) fn start(run: &Run, input: Start) -> Result<Outcome> {
    let page = aws_pages::page(run)?;
    // An earlier try may have got further than it could tell.
    if open_start(&page)? == Section::Start {
        begin(run, &page, &input.full_name)?;
    }
    Ok(Outcome::done().fact(FULL_NAME, input.full_name))
}

/// Takes the code from the mail and gives it.
#[step("mail-code")]
pub(crate) fn mail_code(run: &Run) -> Result<Outcome> {
    reach_credentials(run).map(|_| Outcome::done())
}

/// Goes on to the password, from wherever we are before it.
pub(crate) fn reach_credentials(run: &Run) -> Result<Page> {
    let page = aws_pages::page(run)?;
    let open = match open_section(&page)? {
        Some(section) => section,
        None => open_start(&page)?,
    };
    match open {
        Section::Start => {
            begin(run, &page, run.latest(FULL_NAME).unwrap_or(&run.account().name))?;
            verify(run, &page)?;
        }
        Section::MailCode => verify(run, &page)?,
        Section::Credentials => {}
        later => {
            return Err(Failure::unresolved(format!(
                "the sign-up is already at {}: the account exists",
                later.name()
            )));
        }
    }
    Ok(page)
}

fn begin(run: &Run, page: &Page, full_name: &str) -> Result<()> {
    let form = Form::new(page, "EmailValidationSendOTP");
    form.css("input[name=emailAddress]").fill(&run.account().email)?;
    form.css("input[name=fullName]").fill(full_name)?;
    form.submit_for(run, Section::MailCode)
}

/// Gives mailed codes until one is taken. A code may be lost (another is sent), late (the same), or
/// belong to an earlier, interrupted start (the next one is waited for, twice as long each time).
fn verify(run: &Run, page: &Page) -> Result<()> {
    let form = Form::new(page, "EmailValidationVerifyOTP");
    let mut patience = seconds(30);
    for tried in 1..=TRIES {
        let mailed =
            run.mail().wait_within("", pattern(r"Verification code:\s*([0-9]+)"), patience);
        patience *= 2;
        let code = match mailed {
            Err(Failure::TimedOut(_)) if tried < TRIES => {
                info!("no mail came: asking for another");
                resend(page)?;
                continue;
            }
            mailed => mailed?,
        };
        form.css("#otp input").fill(&code)?;
        match form.submit(run, |page| vec![((), marker(page, Section::Credentials))])? {
            Answer::Next(()) => return Ok(()),
            Answer::Complaint(words) => {
                info!("the code was not taken ({tried} of {TRIES}): {words}");
                if words.contains("expired") {
                    resend(page)?;
                }
            }
        }
    }
    Err(Failure::rejected(format!("the sign-up took none of {TRIES} mailed codes")))
}

fn resend(page: &Page) -> Result<()> {
    page.css("#EmailValidationVerifyOTP").role(Button, contains("resend")).click()
}
