//! The switches that decide which branch of a page an account meets.
//!
//! A scenario is plain data: it is parsed, merged and shown here, and acted on by the sites. A
//! name or value that isn't known is refused with what would have been right, never ignored.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::section::Section;

/// Why a scenario switch was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// There is no switch and no preset of that name.
    #[error("there is no scenario switch \"{key}\"; the switches are {}; the presets are {}", Scenario::keys().join(", "), PRESETS.join(", "))]
    UnknownKey {
        /// The name that was given.
        key: String,
    },
    /// The switch exists, the value doesn't fit it.
    #[error("\"{value}\" is no value for the scenario switch {key}; it takes {allowed}")]
    BadValue {
        /// The switch.
        key: &'static str,
        /// The value that was given.
        value: String,
        /// What it takes, in words.
        allowed: &'static str,
    },
    /// The JSON is not an object of switches.
    #[error("a scenario is a JSON object of switches, for example {{\"captcha-phone\":\"on\"}}")]
    NotAnObject,
}

/// The named bundles of switches.
pub const PRESETS: [&str; 3] = ["usual", "all-smooth", "earlier-machine"];

/// Whether a captcha is asked at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptchaMode {
    /// Never asked.
    Off,
    /// Asked; the right answer is accepted.
    On,
    /// Asked; the first answer is refused even if it is right, then as `On`.
    WrongFirst,
}

/// Which ways a captcha can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptchaKind {
    /// A picture, with a switch to sound.
    Both,
    /// A picture only.
    Image,
}

/// What the card's issuer wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThreeDSecure {
    /// Not asked: the card is charged when it is submitted.
    None,
    /// One code, sent by SMS.
    Code,
    /// The code, then the card's PIN on a second page.
    CodeAndPin,
    /// Approval in an app: nothing to type, the page polls.
    App,
    /// The code is asked, then the issuer refuses.
    Refused,
}

/// What the card network says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Card {
    /// The card is good.
    Accepted,
    /// The card is declined.
    Declined,
}

/// When a message (mail or SMS) leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Post {
    /// At once.
    Prompt,
    /// After this time.
    Late(Duration),
    /// The first message of its kind to an address never leaves.
    LostFirst,
}

/// Whether the code of a mail is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailCode {
    /// The right code is accepted.
    Accepted,
    /// The first code counts as too late; a new one has to be asked for.
    LateFirst,
}

/// Which telephone numbers are refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Numbers {
    /// None.
    None,
    /// Every number.
    All,
    /// These, compared by their digits.
    These(Vec<String>),
}

impl Numbers {
    pub(crate) fn contains(&self, number: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::These(list) => list.iter().any(|n| crate::phone::same_number(n, number)),
        }
    }
}

/// How the verification of the telephone number goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallMode {
    /// The call comes and can be answered.
    Ring,
    /// The first call fails whatever is keyed; a new PIN and a second call follow.
    FailFirst,
    /// A code by SMS instead of a call.
    Sms,
}

/// How the role stack ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StackEnd {
    /// CREATE_COMPLETE.
    Complete,
    /// CREATE_FAILED.
    Failed,
}

/// Whether a password reset link still works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetLink {
    /// It works once.
    Valid,
    /// It has expired.
    Expired,
}

trait Switch: Sized {
    const ALLOWED: &'static str;
    fn parse(text: &str) -> Option<Self>;
    fn show(&self) -> String;
}

macro_rules! words {
    ($type:ty, $allowed:literal, $($variant:path => $word:literal),+) => {
        impl Switch for $type {
            const ALLOWED: &'static str = $allowed;
            fn parse(text: &str) -> Option<Self> {
                match text { $($word => Some($variant),)+ _ => None }
            }
            fn show(&self) -> String {
                match self { $($variant => $word.to_owned(),)+ }
            }
        }
    };
}

words!(CaptchaMode, "off, on or wrong-first", Self::Off => "off", Self::On => "on", Self::WrongFirst => "wrong-first");
words!(CaptchaKind, "both or image", Self::Both => "both", Self::Image => "image");
words!(ThreeDSecure, "none, code, code-and-pin, app or refused", Self::None => "none", Self::Code => "code",
    Self::CodeAndPin => "code-and-pin", Self::App => "app", Self::Refused => "refused");
words!(Card, "accepted or declined", Self::Accepted => "accepted", Self::Declined => "declined");
words!(MailCode, "accepted or late-first", Self::Accepted => "accepted", Self::LateFirst => "late-first");
words!(CallMode, "ring, fail-first or sms", Self::Ring => "ring", Self::FailFirst => "fail-first", Self::Sms => "sms");
words!(StackEnd, "complete or failed", Self::Complete => "complete", Self::Failed => "failed");
words!(ResetLink, "valid or expired", Self::Valid => "valid", Self::Expired => "expired");

impl Switch for bool {
    const ALLOWED: &'static str = "on or off";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "on" | "true" | "yes" => Some(true),
            "off" | "false" | "no" => Some(false),
            _ => None,
        }
    }
    fn show(&self) -> String {
        if *self { "on" } else { "off" }.to_owned()
    }
}

impl Switch for Post {
    const ALLOWED: &'static str = "prompt, late (5 seconds), late:MILLISECONDS or lost-first";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "prompt" => Some(Self::Prompt),
            "late" => Some(Self::Late(Duration::from_secs(5))),
            "lost-first" => Some(Self::LostFirst),
            _ => {
                let ms: u64 = text.strip_prefix("late:")?.trim_end_matches("ms").parse().ok()?;
                (ms <= 3_600_000).then(|| Self::Late(Duration::from_millis(ms)))
            }
        }
    }
    fn show(&self) -> String {
        match self {
            Self::Prompt => "prompt".to_owned(),
            Self::Late(d) => format!("late:{}", d.as_millis()),
            Self::LostFirst => "lost-first".to_owned(),
        }
    }
}

impl Switch for Numbers {
    const ALLOWED: &'static str = "none, all, or telephone numbers with commas between them";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "none" | "off" | "false" => Some(Self::None),
            "all" | "on" | "true" => Some(Self::All),
            list => {
                let numbers: Vec<String> = list.split(',').map(|n| n.trim().to_owned()).collect();
                numbers
                    .iter()
                    .all(|n| {
                        n.chars().filter(char::is_ascii_digit).count() >= 6
                            && n.chars().all(|c| c.is_ascii_digit() || " +-()".contains(c))
                    })
                    .then_some(Self::These(numbers))
            }
        }
    }
    fn show(&self) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::All => "all".to_owned(),
            Self::These(list) => list.join(","),
        }
    }
}

impl Switch for Option<Section> {
    const ALLOWED: &'static str =
        "off, start, mail-code, credentials, contact, card, identity or support-plan";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "off" | "none" | "false" => Some(None),
            name => Section::parse(name)
                .filter(|s| !matches!(s, Section::Challenge | Section::Done))
                .map(Some),
        }
    }
    fn show(&self) -> String {
        self.map_or("off", Section::name).to_owned()
    }
}

macro_rules! scenario {
    ($($field:ident : $type:ty = $default:expr, $key:literal, $help:literal;)+) => {
        /// Which branches an account meets. The defaults are [`Scenario::usual`].
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Scenario { $(#[doc = $help] pub $field: $type,)+ }

        impl Scenario {
            /// What a smooth sign-up of 2023 met: no captcha, one code by SMS for the card, a
            /// cookie banner, and the console's first-steps tooltip.
            #[must_use]
            pub fn usual() -> Self { Self { $($field: $default,)+ } }

            /// The names of the switches.
            #[must_use]
            pub fn keys() -> Vec<&'static str> { vec![$($key,)+] }

            /// Every switch with what it takes and what it does.
            #[must_use]
            pub fn describe() -> Vec<(&'static str, &'static str, &'static str)> {
                vec![$(($key, <$type as Switch>::ALLOWED, $help),)+]
            }

            fn set_one(&mut self, key: &str, value: &str) -> Result<(), ScenarioError> {
                match key.replace('_', "-").as_str() {
                    $($key => {
                        self.$field = <$type as Switch>::parse(value.trim()).ok_or_else(|| ScenarioError::BadValue {
                            key: $key, value: value.to_owned(), allowed: <$type as Switch>::ALLOWED,
                        })?;
                        Ok(())
                    })+
                    _ => Err(ScenarioError::UnknownKey { key: key.to_owned() }),
                }
            }

            /// The switches and their values as text.
            #[must_use]
            pub fn as_map(&self) -> BTreeMap<&'static str, String> {
                BTreeMap::from([$(($key, self.$field.show()),)+])
            }
        }
    };
}

scenario! {
    captcha_signup: CaptchaMode = CaptchaMode::Off, "captcha-signup", "Captcha at the first section of the sign-up.";
    captcha_credentials: CaptchaMode = CaptchaMode::Off, "captcha-credentials", "Captcha at the password section.";
    captcha_phone: CaptchaMode = CaptchaMode::Off, "captcha-phone", "Captcha at the telephone section.";
    captcha_login: CaptchaMode = CaptchaMode::Off, "captcha-login", "Captcha after the address at the sign-in.";
    captcha_password: CaptchaMode = CaptchaMode::Off, "captcha-password", "Captcha after the password at the sign-in.";
    captcha_recovery: CaptchaMode = CaptchaMode::On, "captcha-recovery", "Captcha at the forgotten password.";
    captcha_kind: CaptchaKind = CaptchaKind::Both, "captcha-kind", "Whether a captcha can be switched to sound.";
    three_d_secure: ThreeDSecure = ThreeDSecure::Code, "three-d-secure", "What the issuer of the card asks.";
    card: Card = Card::Accepted, "card", "What the card network says.";
    address_taken: bool = false, "address-taken", "The address counts as in use already.";
    mail: Post = Post::Prompt, "mail", "When mails leave.";
    mail_code: MailCode = MailCode::Accepted, "mail-code", "Whether the first mailed code is in time.";
    sms: Post = Post::Prompt, "sms", "When SMS leave.";
    number_blocked: Numbers = Numbers::None, "number-blocked", "Telephone numbers that are refused.";
    call: CallMode = CallMode::Ring, "call", "How the telephone number is verified.";
    interrupted: Option<Section> = None, "interrupted", "The section at which the session expires, once.";
    payment_review: bool = false, "payment-review", "The sign-up ends with a review of the payment; the account can't be used.";
    suspended: bool = false, "suspended", "Somebody has closed the account elsewhere: the sign-in says that it is suspended, STS denies.";
    mfa: bool = false, "mfa", "The sign-in asks for an MFA code.";
    login_code: bool = false, "login-code", "The sign-in asks for a mailed code.";
    register_mfa: bool = false, "register-mfa", "The sign-in proposes to register MFA, which can be skipped.";
    reset_link: ResetLink = ResetLink::Valid, "reset-link", "Whether the mailed link to a new password works.";
    cookie_banner: bool = true, "cookie-banner", "A cookie banner covers the buttons until it is dismissed.";
    tooltip: bool = true, "tooltip", "The console shows its first-steps tooltip.";
    stack: StackEnd = StackEnd::Complete, "stack", "How the role stack ends.";
}

impl Default for Scenario {
    fn default() -> Self {
        Self::usual()
    }
}

impl Scenario {
    /// Nothing in the way at all: no captcha, no 3-D Secure, no banner, no tooltip.
    #[must_use]
    pub fn all_smooth() -> Self {
        Self {
            three_d_secure: ThreeDSecure::None,
            captcha_recovery: CaptchaMode::Off,
            cookie_banner: false,
            tooltip: false,
            ..Self::usual()
        }
    }

    /// What the earlier vending machine's page script takes for granted: a captcha at the telephone section,
    /// a code and then the card's PIN, the cookie banner and the tooltip.
    #[must_use]
    pub fn earlier_machine() -> Self {
        Self {
            captcha_phone: CaptchaMode::On,
            three_d_secure: ThreeDSecure::CodeAndPin,
            ..Self::usual()
        }
    }

    fn preset(name: &str) -> Result<Self, ScenarioError> {
        match name {
            "usual" => Ok(Self::usual()),
            "all-smooth" => Ok(Self::all_smooth()),
            "earlier-machine" => Ok(Self::earlier_machine()),
            _ => Err(ScenarioError::UnknownKey { key: name.to_owned() }),
        }
    }

    /// Sets one switch from `key=value`, or all of them from the name of a preset.
    ///
    /// # Errors
    ///
    /// When the switch is unknown or the value doesn't fit; nothing is changed then.
    pub fn set(&mut self, text: &str) -> Result<(), ScenarioError> {
        match text.split_once('=') {
            Some(("preset", name)) => *self = Self::preset(name.trim())?,
            Some((key, value)) => self.set_one(key.trim(), value)?,
            None => *self = Self::preset(text.trim())?,
        }
        Ok(())
    }

    /// Applies a partial JSON object; `preset` comes first, whatever its place.
    ///
    /// # Errors
    ///
    /// As [`Scenario::set`]; nothing is changed then.
    pub fn merge(&mut self, partial: &Value) -> Result<(), ScenarioError> {
        let object = partial.as_object().ok_or(ScenarioError::NotAnObject)?;
        let mut next = self.clone();
        if let Some(preset) = object.get("preset") {
            next = Self::preset(preset.as_str().unwrap_or_default())?;
        }
        for (key, value) in object.iter().filter(|(key, _)| *key != "preset") {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Bool(on) => on.show(),
                Value::Array(list) => {
                    list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")
                }
                other => other.to_string(),
            };
            next.set_one(key, &text)?;
        }
        *self = next;
        Ok(())
    }
}

impl Serialize for Scenario {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_map().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Scenario {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let mut scenario = Self::usual();
        scenario.merge(&value).map_err(D::Error::custom)?;
        Ok(scenario)
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (key, value)) in self.as_map().iter().enumerate() {
            write!(f, "{}{key}={value}", if n == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn every_switch_reads_back_what_it_shows() {
        for preset in PRESETS {
            let mut scenario = Scenario::usual();
            scenario.set(preset).unwrap();
            let mut again = Scenario::usual();
            for (key, value) in scenario.as_map() {
                again.set(&format!("{key}={value}")).unwrap();
            }
            assert_eq!(scenario, again, "{preset}");
        }
    }

    #[test]
    fn a_wrong_switch_says_what_is_right_and_changes_nothing() {
        let mut scenario = Scenario::usual();
        let unknown = scenario.set("captcha=on").unwrap_err().to_string();
        assert!(
            unknown.contains("captcha-signup") && unknown.contains("earlier-machine"),
            "{unknown}"
        );
        let value = scenario.set("mail=late:soon").unwrap_err().to_string();
        assert!(value.contains("lost-first"), "{value}");
        let half = serde_json::json!({"card": "declined", "nonsense": 1});
        assert!(scenario.merge(&half).is_err());
        assert_eq!(scenario, Scenario::usual());
    }

    #[test]
    fn json_takes_words_booleans_and_lists() {
        let mut scenario = Scenario::usual();
        let partial = serde_json::json!({"preset": "all-smooth", "suspended": true, "number-blocked": ["+1 555 0100", "+49 30 1"],
            "mail": "late:250", "interrupted": "contact"});
        assert!(scenario.merge(&partial).is_err(), "a number of three digits is a slip");
        let partial = serde_json::json!({"preset": "all-smooth", "suspended": true, "number-blocked": ["+1 555 0100"],
            "mail": "late:250", "interrupted": "contact"});
        scenario.merge(&partial).unwrap();
        assert!(scenario.suspended && !scenario.tooltip);
        assert!(scenario.number_blocked.contains("+15550100"));
        assert_eq!(scenario.mail, Post::Late(Duration::from_millis(250)));
        assert_eq!(scenario.interrupted, Some(Section::Contact));
    }
}
