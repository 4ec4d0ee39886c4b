//! Verification calls: dialed after a pause, ringing until answered or the time limit.

use std::sync::Arc;

use jiff::Timestamp;

use crate::Inner;
use crate::scenario::CallMode;
use crate::section::Section;
use crate::state::{Call, CallStatus, World, digits};

/// After this many failed calls in a row the form comes back.
const CALLS_IN_A_ROW: u32 = 3;

/// The number as one is dialed: `+`, then digits. A national trunk 0 is dropped.
pub(crate) fn dialed(country: &str, number: &str) -> Option<String> {
    let keep = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let number = number.trim();
    let all = if number.starts_with('+') {
        keep(number)
    } else if let Some(rest) = number.strip_prefix("00") {
        keep(rest)
    } else {
        format!("{}{}", keep(country), keep(number).trim_start_matches('0'))
    };
    let ok = (6..=15).contains(&all.len())
        && number.chars().all(|c| c.is_ascii_digit() || " +-()./".contains(c));
    ok.then(|| format!("+{all}"))
}

/// Compares numbers by their digits.
pub(crate) fn same_number(a: &str, b: &str) -> bool {
    let keep = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (a, b) = (keep(a), keep(b));
    a.trim_start_matches("00") == b.trim_start_matches("00")
}

/// Starts a call with a new PIN.
pub(crate) fn dial(app: &Arc<Inner>, world: &mut World, email: &str, number: &str) {
    let id = world.next_id();
    let fails_anyway =
        world.scenario_of(email).call == CallMode::FailFirst && world.once(email, "call failed");
    world.calls.push(Call {
        id,
        email: email.to_owned(),
        number: number.to_owned(),
        pin: digits(4),
        status: CallStatus::Dialing,
        fails_anyway,
        at: Timestamp::now(),
    });
    let person = world.person(email);
    person.counts.calls_made += 1;
    person.identity.call = Some(id);
    person.identity.calls_in_a_row += 1;

    let (app2, era) = (Arc::clone(app), world.era);
    app.spawn(async move {
        tokio::time::sleep(app2.options.delays.ring()).await;
        if !set_if(&app2, era, id, CallStatus::Dialing, CallStatus::Ringing) {
            return;
        }
        tokio::time::sleep(app2.options.call_time_limit).await;
        let mut world = app2.world();
        if world.era == era
            && world.calls.iter().any(|c| c.id == id && c.status == CallStatus::Ringing)
        {
            failed(&app2, &mut world, id);
        }
    });
}

fn set_if(app: &Inner, era: u64, id: u64, from: CallStatus, to: CallStatus) -> bool {
    let mut world = app.world();
    let same_era = world.era == era;
    match world.calls.iter_mut().find(|c| c.id == id && c.status == from) {
        Some(call) if same_era => {
            call.status = to;
            true
        }
        _ => false,
    }
}

/// Keys `pin` on the call ringing at `number`. `None` when none rings there.
pub(crate) fn answer(app: &Arc<Inner>, world: &mut World, number: &str, pin: &str) -> Option<bool> {
    let call = world
        .calls
        .iter_mut()
        .find(|c| c.status == CallStatus::Ringing && same_number(&c.number, number))?;
    let (id, email) = (call.id, call.email.clone());
    let accepted = call.pin == pin.trim() && !call.fails_anyway;
    if accepted {
        call.status = CallStatus::Answered;
        let person = world.person(&email);
        person.counts.calls_answered += 1;
        verified(world, &email);
    } else {
        failed(app, world, id);
    }
    Some(accepted)
}

/// The number is verified: on to the support plan.
pub(crate) fn verified(world: &mut World, email: &str) {
    let person = world.person(email);
    person.identity = crate::state::Identity::default();
    person.member_steps.insert("identity");
    if person.section == Section::Identity {
        person.section = Section::SupportPlan;
    }
}

fn failed(app: &Arc<Inner>, world: &mut World, id: u64) {
    let Some(call) = world.calls.iter_mut().find(|c| c.id == id) else { return };
    call.status = CallStatus::Failed;
    let (email, number) = (call.email.clone(), call.number.clone());
    let person = world.person(&email);
    person.counts.calls_failed += 1;
    if person.identity.call != Some(id) {
        return;
    }
    if person.identity.calls_in_a_row < CALLS_IN_A_ROW {
        person.identity.error =
            Some("The call failed. We are calling you again: use the new PIN.".to_owned());
        dial(app, world, &email, &number);
    } else {
        person.identity = crate::state::Identity {
            error: Some(
                "We could not reach you at this number. Try again or use another number."
                    .to_owned(),
            ),
            ..Default::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_dialed_as_a_telephone_would() {
        for (country, number, expected) in [
            ("+1", "5550100", Some("+15550100")),
            ("+49", "030 1234567", Some("+49301234567")),
            ("+1", "+49 (30) 1234567", Some("+49301234567")),
            ("+1", "0049301234567", Some("+49301234567")),
            ("+1", "12", None),
            ("+1", "call me", None),
        ] {
            assert_eq!(dialed(country, number).as_deref(), expected, "{country} {number}");
        }
    }
}
