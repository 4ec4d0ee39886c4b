//! The card: a real page navigation, a charge or an issuer's challenge, and the way back.
//!
//! The card number is checked and forgotten; only its last four digits are kept.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::signup::{COOKIE, interrupt, section};
use super::{App, cookie, form, page, see_other, text};
use crate::Inner;
use crate::scenario::{Card, ThreeDSecure};
use crate::section::Section;
use crate::state::{Challenge, SignupSession, Stage, World, token};

pub(crate) fn router() -> Router<Arc<Inner>> {
    Router::new()
        .route("/billing/signup/payment", post(submit))
        .route("/billing/signup/challenge-return", get(challenge_return))
}

async fn submit(State(app): App, headers: HeaderMap, body: String) -> Response {
    let to = decide(&mut app.world(), &headers, &form(&body));
    tokio::time::sleep(app.options.delays.card()).await;
    see_other(to)
}

fn decide(world: &mut World, headers: &HeaderMap, body: &Value) -> &'static str {
    const APP: &str = "/billing/signup#/payment";
    let session = cookie(headers, COOKIE).unwrap_or_default();
    let Some(email) = world.signups.get(&session).and_then(|s| s.email.clone()) else { return APP };
    world.person(&email).counts.cards_submitted += 1;
    if section(world, &session) != Section::Card {
        return APP;
    }
    if interrupt(world, &session, &email, Section::Card) {
        // The session is gone; one that only says so takes its place.
        world.signups.insert(session, SignupSession { expired: true, ..Default::default() });
        return APP;
    }
    let number: String = text(body, "cardNumber").chars().filter(char::is_ascii_digit).collect();
    let scenario = world.scenario_of(&email);
    let fault = fault(body, &number).or_else(|| {
        (scenario.card == Card::Declined).then(|| {
            world.person(&email).counts.cards_declined += 1;
            "Your card was declined. Use another card, or ask the bank that issued it."
        })
    });
    if let Some(fault) = fault {
        if let Some(s) = world.signups.get_mut(&session) {
            s.error = Some(fault.to_owned());
        }
        return APP;
    }
    let person = world.person(&email);
    person.card_last_four = number.get(number.len().saturating_sub(4)..).map(str::to_owned);
    if scenario.three_d_secure == ThreeDSecure::None {
        person.charge(false);
        person.section = Section::Identity;
        return APP;
    }
    person.section = Section::Challenge;
    world.challenges.insert(
        token(),
        Challenge {
            email,
            stage: if scenario.three_d_secure == ThreeDSecure::App {
                Stage::App
            } else {
                Stage::Code
            },
            wants_pin: scenario.three_d_secure == ThreeDSecure::CodeAndPin,
            refuses: scenario.three_d_secure == ThreeDSecure::Refused,
            code: None,
            wrong: 0,
            error: None,
        },
    );
    APP
}

pub(crate) fn fault(body: &Value, number: &str) -> Option<&'static str> {
    if !(12..=19).contains(&number.len()) || !luhn(number) {
        return Some("The card number isn't right. Check it and enter it again.");
    }
    let (month, year) =
        (text(body, "expirationMonth").parse::<i8>(), text(body, "expirationYear").parse::<i16>());
    let (Ok(month @ 1..=12), Ok(year)) = (month, year) else {
        return Some("Choose the month and year in which the card expires.");
    };
    let now = jiff::Zoned::now();
    if (year, month) < (now.year(), now.month()) {
        return Some("The card has expired. Use another card.");
    }
    text(body, "accountHolderName").is_empty().then_some("Enter the cardholder's name.")
}

fn luhn(number: &str) -> bool {
    let sum: u32 = number
        .chars()
        .rev()
        .filter_map(|c| c.to_digit(10))
        .enumerate()
        .map(|(n, d)| if n % 2 == 0 { d } else { (d * 2) / 10 + (d * 2) % 10 })
        .sum();
    sum.is_multiple_of(10)
}

/// The issuer sends its frame here when it is done; the page around it goes on.
async fn challenge_return() -> Response {
    let script = "if (parent !== window) parent.location.reload(); else location.replace('/billing/signup#/payment');";
    page("Practice payment", "<p>Going on …</p>", &json!({}), &[script]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_checked_like_a_card() {
        let year = jiff::Zoned::now().year();
        let with = |number: &str, year: i16, name: &str| {
            let body = json!({"expirationMonth": "12", "expirationYear": year.to_string(), "accountHolderName": name});
            fault(&body, number).is_none()
        };
        assert!(with("4111111111111111", year, "A Person"));
        assert!(with("378282246310005", year + 3, "A Person"));
        assert!(!with("4111111111111112", year, "A Person"));
        assert!(!with("4111111111111111", year - 1, "A Person"));
        assert!(!with("4111111111111111", year, " "));
        assert!(!with("", year, "A Person"));
    }
}
