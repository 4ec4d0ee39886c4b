//! What happened to one address, counted, so that a test can prove "once".
//!
//! Counting never decides anything: a submission is counted whether or not it was accepted.

use serde::Serialize;

macro_rules! counts {
    ($($field:ident : $help:literal;)+) => {
        /// The tallies of one address.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
        pub struct Counts { $(#[doc = $help] pub $field: u64,)+ }
    };
}

counts! {
    start: "Submissions of the first section.";
    mail_code: "Submissions of the mailed code.";
    credentials: "Submissions of the password section.";
    contact: "Submissions of the address section.";
    cards_submitted: "Submissions of the card.";
    challenge_code: "Submissions of the issuer's code.";
    challenge_pin: "Submissions of the card's PIN.";
    cards_charged: "Payments that were authorised.";
    cards_declined: "Payments that were declined or refused.";
    phone: "Submissions of the telephone section.";
    phone_code: "Submissions of a code that came by SMS instead of a call.";
    support_plan: "Submissions of the support plan.";
    accounts_created: "Sign-ups that were completed.";
    mails_sent: "Mails handed to the mailer.";
    mails_delivered: "Mails that a mail server took.";
    sms_sent: "SMS handed to the relay.";
    sms_delivered: "SMS that the relay took.";
    calls_made: "Verification calls.";
    calls_answered: "Verification calls with the right PIN.";
    calls_failed: "Verification calls with a wrong PIN, or that nobody answered.";
    captchas_asked: "Captchas shown.";
    captchas_solved: "Captchas answered rightly.";
    captchas_failed: "Captchas answered wrongly.";
    login_attempts: "Passwords submitted at the sign-in.";
    logins: "Sign-ins that succeeded.";
    password_resets: "Root passwords changed through a mailed link.";
    currency_saves: "Savings of the currency.";
    contact_saves: "Savings of the billing contact.";
    preference_saves: "Savings of the invoice preference.";
    iam_access_saves: "Savings of the IAM access to billing.";
    tax_saves: "Savings of tax settings.";
    stacks_submitted: "Submissions of a stack.";
    role_stacks_created: "Stacks that were created.";
    close_submissions: "Confirmations of closing.";
    closes: "Times that the account was closed.";
    role_assumptions: "AssumeRole calls that succeeded.";
    role_denials: "AssumeRole calls that were denied.";
    expired_sessions: "Sessions that the scenario let expire.";
}
