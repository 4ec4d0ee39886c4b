//! The sections of the sign-up, in their order, and how each is recognised.

use std::time::Duration;

use mavm_sdk::prelude::*;

use crate::wording;

/// Where a sign-up stands. The order is the order of the journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Address and account name.
    Start,
    /// The mailed code.
    MailCode,
    /// The root password.
    Credentials,
    /// Company, address, telephone.
    Contact,
    /// The card form.
    Card,
    /// The issuer's frame.
    Challenge,
    /// The verification call.
    Identity,
    /// The choice of a support plan.
    SupportPlan,
    /// The link to the console.
    Done,
}

/// All of them, in order.
pub(crate) const ALL: [Section; 9] = [
    Section::Start,
    Section::MailCode,
    Section::Credentials,
    Section::Contact,
    Section::Card,
    Section::Challenge,
    Section::Identity,
    Section::SupportPlan,
    Section::Done,
];

impl Section {
    /// The section in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "the start",
            Self::MailCode => "the mailed code",
            Self::Credentials => "the password",
            Self::Contact => "the contact information",
            Self::Card => "the card",
            Self::Challenge => "the card issuer's challenge",
            Self::Identity => "the verification of the telephone number",
            Self::SupportPlan => "the support plan",
            Self::Done => "the end",
        }
    }
}

/// An element that shows when, and only when, the section is open.
pub fn marker(page: &Page, section: Section) -> Locator {
    match section {
        Section::Start => page.css("#EmailValidationSendOTP input[name=emailAddress]"),
        Section::MailCode => page.css("#EmailValidationVerifyOTP #otp input"),
        Section::Credentials => page.css("#CredentialCollection input[name=password]"),
        Section::Contact => page.css("#ContactInformation input[name='address.fullName']"),
        Section::Card => page.css("#PaymentInformation input[name=cardNumber]"),
        Section::Challenge => page.css("iframe:first-child"),
        Section::Identity => page.css("#IdentityVerification"),
        Section::SupportPlan => page.css("#SupportPlan"),
        Section::Done => page.css("#aws-signup-app div.App_content_5H0by awsui-button > a"),
    }
}

/// What the current page shows.
pub(crate) enum Sight {
    /// A section.
    Section(Section),
    /// The session is over.
    Expired,
    /// The account can't be used for now.
    Review,
}

/// Waits until the page shows a section, or says why it shows none.
pub(crate) fn sight(page: &Page, within: Duration) -> Result<Sight> {
    let mut sights =
        vec![(Sight::Expired, wording::expired(page)), (Sight::Review, wording::review(page))];
    sights.extend(ALL.map(|section| (Sight::Section(section), marker(page, section))));
    which_within(sights, within)
}

/// The section that the current page shows.
pub(crate) fn look(page: &Page) -> Result<Section> {
    match sight(page, crate::PATIENCE)? {
        Sight::Section(section) => Ok(section),
        Sight::Expired => Err(wording::session_over()),
        Sight::Review => Err(wording::under_review()),
    }
}
