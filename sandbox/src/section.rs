//! The sections of the sign-up: their order, names and addresses. No section decides anything.

/// The sections of the sign-up, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Address and name.
    Start,
    /// The code of the mail.
    MailCode,
    /// The root password.
    Credentials,
    /// The postal address.
    Contact,
    /// The card.
    Card,
    /// The issuer's page.
    Challenge,
    /// The telephone number.
    Identity,
    /// The support plan.
    SupportPlan,
    /// The sign-up is complete.
    Done,
}

impl Section {
    const ALL: [(Self, &'static str, &'static str); 9] = [
        (Self::Start, "start", "/start"),
        (Self::MailCode, "mail-code", "/verifyotp"),
        (Self::Credentials, "credentials", "/credentials"),
        (Self::Contact, "contact", "/contact"),
        (Self::Card, "card", "/paymentinformation"),
        (Self::Challenge, "challenge", "/challenge"),
        (Self::Identity, "identity", "/identityverification"),
        (Self::SupportPlan, "support-plan", "/support"),
        (Self::Done, "done", "/confirmation"),
    ];

    /// The name used in states and scenarios.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(s, ..)| *s == self).map_or("start", |(_, name, _)| name)
    }

    /// The page's address after the `#`.
    #[must_use]
    pub fn route(self) -> &'static str {
        Self::ALL.iter().find(|(s, ..)| *s == self).map_or("/start", |(.., route)| route)
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, n, _)| *n == name).map(|(s, ..)| *s)
    }
}
