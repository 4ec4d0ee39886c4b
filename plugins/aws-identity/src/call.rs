//! Getting called, until a call has gone well.
//!
//! 1. A number of ours is reserved. If the page shows a PIN already, an interrupted try had it called:
//!    on to 4, for it is the same number, unless another run's end has freed an earlier one.
//! 2. The number is given; the page may ask for a captcha.
//! 3. A number that the page refuses is avoided from then on: back to 1 with another.
//! 4. The page shows a PIN and calls. We key it in. If the call fails the page shows a new PIN and
//!    calls again, or gives the form back: then the number is tried once more, and another after that.
//!
//! All of it is bounded.

use std::time::Duration;

use aws_pages::dropdown::pick;
use aws_pages::form::{Answer, Form};
use aws_pages::{PATIENCE, Section, marker};
use mavm_sdk::prelude::*;

/// How often a number is given.
const FORMS: usize = 6;

/// How long a call may take to come. The page says up to two minutes.
const RING: Duration = seconds(150);

#[derive(Clone, Copy)]
enum Next {
    Form,
    Pin,
    Message,
    Refused,
    Verified,
}

/// Has a number verified, and gives it.
pub(crate) fn verify(
    run: &Run,
    page: &Page,
    country_code: Option<&str>,
    mut avoid: Vec<String>,
) -> Result<String> {
    let mut failed_calls = Vec::new();
    let mut complaint = String::from("no call was answered");
    for _ in 0..FORMS {
        let line = run.phone().reserve(&avoid)?;
        let number = line.number();
        let answer = match which_within(sights(page), PATIENCE)? {
            Next::Form => request(run, page, country_code, &number)?,
            under_way => Answer::Next(under_way),
        };
        match answer {
            Answer::Next(Next::Verified) => return Ok(number),
            Answer::Next(Next::Message) => {
                return Err(Failure::Unsupported(
                    "the sign-up sends a message instead of calling".into(),
                ));
            }
            Answer::Next(Next::Pin) => {
                if take_calls(&line, page)? {
                    return Ok(number);
                }
                if failed_calls.contains(&number) {
                    avoid.push(number);
                } else {
                    failed_calls.push(number);
                }
            }
            Answer::Next(Next::Refused | Next::Form) => {
                info!("the number was refused");
                complaint =
                    aws_pages::words_of(&Form::new(page, "IdentityVerification").complaints())?;
                avoid.push(number);
            }
            Answer::Complaint(words) => {
                info!("the number was refused: {words}");
                complaint = words;
                avoid.push(number);
            }
        }
    }
    Err(Failure::challenge_unsolved(format!(
        "no number could be verified with {FORMS} requests; the last time: {complaint}"
    )))
}

/// What the section may show: in its form, or while it calls.
fn sights(page: &Page) -> Vec<(Next, Locator)> {
    vec![
        (Next::Pin, page.css("#phonePin").filter_text(matches("^\\s*[0-9]{4}\\s*$"))),
        (Next::Message, page.css("#IdentityVerification input[name=smsPin]")),
        (Next::Verified, marker(page, Section::SupportPlan)),
        (Next::Form, phone_number(page)),
    ]
}

fn phone_number(page: &Page) -> Locator {
    page.css("#IdentityVerification input[name=phoneNumber]")
}

/// Fills the form and has the page call.
fn request(
    run: &Run,
    page: &Page,
    country_code: Option<&str>,
    number: &str,
) -> Result<Answer<Next>> {
    let form = Form::new(page, "IdentityVerification");
    form.css("input[name=divaMethod][value=Phone]").check()?;
    let given = match country_code {
        Some(code) => {
            pick(page, "awsui-select-5", contains(format!("({code})")))?;
            number.strip_prefix(code).unwrap_or(number)
        }
        None => number.strip_prefix("+1").unwrap_or(number),
    };
    phone_number(page).fill(given)?;
    form.submit(run, |page| {
        let mut hope = sights(page);
        hope.retain(|(next, _)| !matches!(next, Next::Form));
        // A refusal comes with another captcha, and is not the captcha's fault.
        hope.push((
            Next::Refused,
            form.complaints().filter_text(contains("another number")).first(),
        ));
        hope
    })
}

#[derive(Clone, Copy)]
enum After {
    Verified,
    Form,
    AnotherCall,
}

/// Keys in the PIN of a call, and of the one that follows if it fails; whether one was taken.
fn take_calls(line: &mavm_sdk::Line, page: &Page) -> Result<bool> {
    for second in [false, true] {
        let code = page.css("#phonePin").read_code(r"^\s*([0-9]{4})\s*$")?;
        match line.key_in_within(&code, RING) {
            Ok(()) => {}
            Err(Failure::ChallengeUnsolved(words)) => info!("the call failed: {words}"),
            Err(failure) => return Err(failure),
        }
        // Only the page knows whether it has heard the PIN. It says that a call failed when it shows
        // the next PIN, and goes on saying so: the second time, that says nothing.
        let mut list = vec![
            (After::Verified, marker(page, Section::SupportPlan)),
            (After::Form, phone_number(page)),
        ];
        if !second {
            let failed =
                page.css("#IdentityVerification [role=alert]").filter_text(contains("call failed"));
            list.push((After::AnotherCall, failed.first()));
        }
        match which_within(list, RING)? {
            After::Verified => return Ok(true),
            After::Form => return Ok(false),
            After::AnotherCall => {}
        }
    }
    Ok(false)
}
