//! Everything that the practice console knows, in memory.
//!
//! One lock guards it; it is held for moments and never across an await. What is secret in an
//! account (password, codes) has no `Debug` and never enters a view of the state.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rand::Rng as _;
use serde::Serialize;
use serde_json::{Value, json};

use crate::counts::Counts;
use crate::scenario::{CaptchaMode, Scenario, ScenarioError, StackEnd};
use crate::section::Section;

/// Where an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    SigningUp,
    Active,
    Suspended,
}

#[derive(Clone, Serialize)]
pub(crate) struct Charge {
    pub(crate) at: Timestamp,
    pub(crate) amount: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) last_four: String,
    pub(crate) three_d_secure: bool,
}

#[derive(Clone)]
pub(crate) struct Stack {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) template: String,
    pub(crate) principal: String,
    pub(crate) role: String,
    pub(crate) created: Timestamp,
    pub(crate) started: Instant,
    pub(crate) takes: Duration,
    pub(crate) end: StackEnd,
}

impl Stack {
    pub(crate) fn status(&self) -> &'static str {
        match (self.started.elapsed() >= self.takes, self.end) {
            (false, _) => "CREATE_IN_PROGRESS",
            (true, StackEnd::Complete) => "CREATE_COMPLETE",
            (true, StackEnd::Failed) => "CREATE_FAILED",
        }
    }

    pub(crate) fn view(&self) -> Value {
        json!({"id": self.id, "name": self.name, "region": self.region, "status": self.status(), "template": self.template,
            "principal": self.principal, "role": self.role, "created": self.created,
            "reason": (self.status() == "CREATE_FAILED").then_some("The practice scenario lets this stack fail.")})
    }
}

#[derive(Clone, Default, Serialize)]
pub(crate) struct BillingContact {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) email: String,
    pub(crate) phone: String,
}

#[derive(Clone, Serialize)]
pub(crate) struct Billing {
    pub(crate) currency: String,
    pub(crate) contact: Option<BillingContact>,
    pub(crate) pdf_invoices: bool,
    pub(crate) iam_access: bool,
    pub(crate) tax_inheritance: bool,
    pub(crate) tax_registration: Option<Value>,
}

impl Default for Billing {
    fn default() -> Self {
        Self {
            currency: "USD".to_owned(),
            contact: None,
            pdf_invoices: false,
            iam_access: false,
            tax_inheritance: false,
            tax_registration: None,
        }
    }
}

/// What the telephone section is waiting for.
#[derive(Default)]
pub(crate) struct Identity {
    pub(crate) captcha: Option<String>,
    pub(crate) call: Option<u64>,
    pub(crate) calls_in_a_row: u32,
    pub(crate) sms_code: Option<String>,
    pub(crate) error: Option<String>,
}

/// One address and all that happened to it.
pub(crate) struct Person {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) status: Status,
    pub(crate) section: Section,
    pub(crate) password: Option<String>,
    pub(crate) contact: Option<Value>,
    pub(crate) account_id: Option<String>,
    pub(crate) member: bool,
    pub(crate) member_steps: BTreeSet<&'static str>,
    pub(crate) review: bool,
    pub(crate) counts: Counts,
    pub(crate) charges: Vec<Charge>,
    pub(crate) card_last_four: Option<String>,
    pub(crate) stacks: Vec<Stack>,
    pub(crate) billing: Billing,
    pub(crate) identity: Identity,
    pub(crate) mfa_code: Option<String>,
    pub(crate) closed_at: Option<Timestamp>,
    /// Things a scenario does once only, by name.
    pub(crate) once: BTreeSet<String>,
}

impl Person {
    /// An account exists, finished or not, once it has a password.
    pub(crate) fn exists(&self) -> bool {
        self.password.is_some()
    }

    pub(crate) fn role_stack(&self, role: &str) -> Option<&Stack> {
        self.stacks.iter().rev().find(|s| s.role == role && s.status() == "CREATE_COMPLETE")
    }

    pub(crate) fn charge(&mut self, three_d_secure: bool) {
        self.counts.cards_charged += 1;
        self.charges.push(Charge {
            at: Timestamp::now(),
            amount: "1.00",
            currency: "USD",
            last_four: self.card_last_four.clone().unwrap_or_default(),
            three_d_secure,
        });
    }

    pub(crate) fn view(&self) -> Value {
        let stack = self.stacks.iter().rev().find(|s| !s.role.is_empty()).map(Stack::view);
        json!({
            "email": self.email, "name": self.name, "account_id": self.account_id, "status": self.status,
            "section": self.section.name(), "counts": self.counts, "role_stack": stack,
            "stacks": self.stacks.iter().map(Stack::view).collect::<Vec<_>>(),
            "billing": self.billing, "charges": self.charges, "contact": self.contact, "member": self.member,
            "payment_review": self.review, "closed_at": self.closed_at,
        })
    }
}

/// A browser in the sign-up, by cookie.
#[derive(Default)]
pub(crate) struct SignupSession {
    pub(crate) email: Option<String>,
    pub(crate) name: String,
    /// Before the account exists, the section is the session's own.
    pub(crate) draft: Option<Section>,
    pub(crate) code: Option<(String, Instant)>,
    pub(crate) error: Option<String>,
    pub(crate) expired: bool,
}

/// A browser at the sign-in, by cookie.
#[derive(Default)]
pub(crate) struct SigninSession {
    pub(crate) email: Option<String>,
    pub(crate) resolved: bool,
    pub(crate) password_captcha: bool,
    pub(crate) code: Option<String>,
}

pub(crate) struct Captcha {
    pub(crate) owner: String,
    pub(crate) place: &'static str,
    pub(crate) picture: String,
    pub(crate) sound: String,
    pub(crate) spent: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Code,
    Pin,
    App,
    Approved,
    Refused,
}

pub(crate) struct Challenge {
    pub(crate) email: String,
    pub(crate) stage: Stage,
    pub(crate) wants_pin: bool,
    pub(crate) refuses: bool,
    pub(crate) code: Option<String>,
    pub(crate) wrong: u32,
    pub(crate) error: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CallStatus {
    Dialing,
    Ringing,
    Answered,
    Failed,
}

pub(crate) struct Call {
    pub(crate) id: u64,
    pub(crate) email: String,
    pub(crate) number: String,
    pub(crate) pin: String,
    pub(crate) status: CallStatus,
    pub(crate) fails_anyway: bool,
    pub(crate) at: Timestamp,
}

impl Call {
    pub(crate) fn view(&self) -> Value {
        json!({"id": self.id, "email": self.email, "number": self.number, "status": self.status, "at": self.at})
    }
}

/// A mail or an SMS and what became of it.
pub(crate) struct Message {
    pub(crate) id: u64,
    pub(crate) to: String,
    pub(crate) email: String,
    pub(crate) kind: &'static str,
    pub(crate) subject: String,
    pub(crate) source: String,
    pub(crate) delivered: bool,
    pub(crate) attempts: u32,
    pub(crate) last_error: Option<String>,
    pub(crate) at: Timestamp,
}

impl Message {
    /// The code in it: its first six digits in a row.
    fn code(&self) -> Option<String> {
        let text = self.source.split("\r\n\r\n").skip(usize::from(!self.subject.is_empty()));
        let text = text.collect::<Vec<_>>().join(" ");
        let mut runs = text.split(|c: char| !c.is_ascii_digit());
        runs.find(|run| run.len() == 6).map(str::to_owned)
    }

    pub(crate) fn view(&self) -> Value {
        json!({"id": self.id, "to": self.to, "email": self.email, "kind": self.kind, "subject": self.subject, "at": self.at,
            "delivered": self.delivered, "attempts": self.attempts, "last_error": self.last_error})
    }
}

pub(crate) struct RoleSession {
    pub(crate) account: String,
    pub(crate) arn: String,
}

/// The whole of it.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) people: BTreeMap<String, Person>,
    pub(crate) scenario: Scenario,
    pub(crate) overrides: BTreeMap<String, Value>,
    pub(crate) signups: HashMap<String, SignupSession>,
    pub(crate) signins: HashMap<String, SigninSession>,
    pub(crate) consoles: HashMap<String, String>,
    pub(crate) captchas: HashMap<String, Captcha>,
    pub(crate) challenges: HashMap<String, Challenge>,
    pub(crate) calls: Vec<Call>,
    pub(crate) mails: Vec<Message>,
    pub(crate) sms: Vec<Message>,
    pub(crate) roles: HashMap<String, RoleSession>,
    pub(crate) reset_links: HashMap<String, String>,
    /// Counts resets, so that tasks of before a reset touch nothing of after it.
    pub(crate) era: u64,
    pub(crate) next: u64,
}

/// What a captcha gate says.
pub(crate) enum Gate {
    Pass,
    Ask { id: String, wrong: bool },
}

pub(crate) fn token() -> String {
    let mut rng = rand::rng();
    (0..32)
        .map(|_| char::from(b"0123456789abcdefghijklmnopqrstuv"[rng.random_range(0..32)]))
        .collect()
}

pub(crate) fn digits(count: usize) -> String {
    let mut rng = rand::rng();
    (0..count).map(|_| char::from(b'0' + rng.random_range(0..10u8))).collect()
}

/// Addresses are compared without regard to case, as mail systems do in practice.
pub(crate) fn address(text: &str) -> String {
    text.trim().to_lowercase()
}

impl World {
    pub(crate) fn next_id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Everything secret: for tests that search what a host wrote.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let passwords = self.people.values().filter_map(|person| person.password.clone());
        let pins = self.calls.iter().map(|call| call.pin.clone());
        let codes = self.mails.iter().chain(&self.sms).filter_map(Message::code);
        passwords.chain(pins).chain(codes).collect()
    }

    pub(crate) fn scenario_of(&self, email: &str) -> Scenario {
        let mut scenario = self.scenario.clone();
        if let Some(partial) = self.overrides.get(email)
            && let Err(error) = scenario.merge(partial)
        {
            tracing::warn!(%error, "a stored scenario no longer applies");
        }
        scenario
    }

    pub(crate) fn override_scenario(
        &mut self,
        email: &str,
        partial: &Value,
    ) -> Result<Scenario, ScenarioError> {
        let mut probe = self.scenario_of(email);
        probe.merge(partial)?;
        let stored = self.overrides.entry(email.to_owned()).or_insert_with(|| json!({}));
        if let (Some(stored), Some(partial)) = (stored.as_object_mut(), partial.as_object()) {
            if partial.contains_key("preset") {
                stored.clear();
            }
            stored.extend(partial.iter().map(|(k, v)| (k.replace('_', "-"), v.clone())));
        }
        Ok(probe)
    }

    pub(crate) fn person(&mut self, email: &str) -> &mut Person {
        self.people.entry(email.to_owned()).or_insert_with(|| Person {
            email: email.to_owned(),
            name: String::new(),
            status: Status::SigningUp,
            section: Section::Start,
            password: None,
            contact: None,
            account_id: None,
            member: false,
            member_steps: BTreeSet::new(),
            review: false,
            counts: Counts::default(),
            charges: Vec::new(),
            card_last_four: None,
            stacks: Vec::new(),
            billing: Billing::default(),
            identity: Identity::default(),
            mfa_code: None,
            closed_at: None,
            once: BTreeSet::new(),
        })
    }

    /// True the first time it is asked about this thing of this address.
    pub(crate) fn once(&mut self, email: &str, thing: &str) -> bool {
        self.person(email).once.insert(thing.to_owned())
    }

    pub(crate) fn existing(&mut self, email: &str) -> Option<&mut Person> {
        self.people.get_mut(email).filter(|p| p.exists())
    }

    pub(crate) fn by_account(&mut self, account: &str) -> Option<&mut Person> {
        self.people.values_mut().find(|p| p.account_id.as_deref() == Some(account))
    }

    /// 12 digits nobody has; every third begins with a 0, as real ones may.
    pub(crate) fn fresh_account_id(&mut self) -> String {
        let number = self.people.values().filter(|p| p.account_id.is_some()).count();
        loop {
            let first = if number % 3 == 0 {
                '0'
            } else {
                char::from(b'1' + rand::rng().random_range(0..9u8))
            };
            let id = format!("{first}{}", digits(11));
            if self.by_account(&id).is_none() {
                return id;
            }
        }
    }

    /// Opens the account whose sign-up is complete.
    pub(crate) fn open_account(&mut self, email: &str) {
        let id = self.fresh_account_id();
        let review = self.scenario_of(email).payment_review;
        let person = self.person(email);
        person.account_id = Some(id);
        person.status = Status::Active;
        person.section = Section::Done;
        person.review = review;
        person.counts.accounts_created += 1;
    }

    pub(crate) fn ask_captcha(&mut self, owner: &str, place: &'static str) -> String {
        let id = token();
        self.person(owner).counts.captchas_asked += 1;
        self.captchas.insert(
            id.clone(),
            Captcha {
                owner: owner.to_owned(),
                place,
                picture: crate::captcha::picture_answer(),
                sound: crate::captcha::sound_answer(),
                spent: false,
            },
        );
        id
    }

    /// Lets a submission through, or asks for (another) captcha. Each captcha can be answered
    /// once; the picture's or the sound's answer will do.
    pub(crate) fn captcha_gate(
        &mut self,
        owner: &str,
        place: &'static str,
        mode: CaptchaMode,
        id: &str,
        guess: &str,
    ) -> Gate {
        if mode == CaptchaMode::Off {
            return Gate::Pass;
        }
        let given = !guess.trim().is_empty();
        let right = match self.captchas.get_mut(id) {
            Some(c) if !c.spent && c.owner == owner && c.place == place && given => {
                c.spent = true;
                let guess = guess.trim().to_lowercase();
                guess == c.picture || guess == c.sound
            }
            _ => false,
        };
        let refused = right
            && mode == CaptchaMode::WrongFirst
            && self.once(owner, &format!("captcha {place}"));
        if right && !refused {
            self.person(owner).counts.captchas_solved += 1;
            return Gate::Pass;
        }
        if given {
            self.person(owner).counts.captchas_failed += 1;
        }
        Gate::Ask { id: self.ask_captcha(owner, place), wrong: given }
    }

    /// True when the scenario lets the session expire here, which it does once per address.
    pub(crate) fn interrupts(&mut self, email: &str, section: Section) -> bool {
        let now =
            self.scenario_of(email).interrupted == Some(section) && self.once(email, "interrupted");
        if now {
            self.person(email).counts.expired_sessions += 1;
        }
        now
    }

    pub(crate) fn view(&self) -> Value {
        json!({
            "scenario": self.scenario,
            "accounts": self.people.values().map(Person::view).collect::<Vec<_>>(),
            "mails": self.mails.iter().map(Message::view).collect::<Vec<_>>(),
            "sms": self.sms.iter().map(Message::view).collect::<Vec<_>>(),
            "calls": self.calls.iter().map(Call::view).collect::<Vec<_>>(),
        })
    }
}
