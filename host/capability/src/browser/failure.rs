//! What went wrong in the browser, in the failure kinds of the WIT. `mavm-browser` has taken every
//! sealed value out of its errors; queries of addresses go here.

use mavm_browser::Error;
use mavm_plugin::{Failure, PageChange, StepError, Waited};

use super::convert::duration;
use super::link::{scrubbed, without_query};

/// At most so many near misses are told.
const NEAREST: usize = 10;

/// A failure for the plugin; or, where the host itself is at fault, the end of the step.
pub fn failure(error: Error) -> wasmtime::Result<Failure> {
    Ok(match error {
        Error::PageChanged(change) => Failure::PageChanged(PageChange {
            looked_for: change.locator,
            found: 0,
            url: without_query(&change.url),
            nearest: listed(&change.nearest),
        }),
        // Several where one was meant: the page has changed as surely as if there were none.
        Error::NotUnique(many) => Failure::PageChanged(PageChange {
            looked_for: many.locator,
            found: u32::try_from(many.count).unwrap_or(u32::MAX),
            url: without_query(&many.url),
            nearest: listed(&many.candidates),
        }),
        Error::TimedOut(waited) => {
            let showed = Some(waited.showed).filter(|showed| !showed.is_empty());
            let obstacle = match (waited.last_obstacle, showed) {
                (Some(obstacle), Some(showed)) => Some(format!("{obstacle} (the page: {showed})")),
                (Some(obstacle), None) => Some(obstacle),
                (None, showed) => showed.map(|showed| format!("the page: {showed}")),
            };
            Failure::TimedOut(Waited {
                waited_for: scrubbed(&waited.for_what),
                within: duration(waited.within),
                obstacle: obstacle.map(|obstacle| scrubbed(&obstacle)),
            })
        }
        Error::Cancelled(for_what) => Failure::TimedOut(Waited {
            waited_for: for_what,
            within: duration(std::time::Duration::ZERO),
            obstacle: Some("the step was called off".to_owned()),
        }),
        Error::Denied(denied) => Failure::Denied(denied.to_string()),
        Error::Unauthorized(locked) => Failure::Denied(format!(
            "{locked}. Credentials are a site's `login` in mavm.toml: a user, and the name of the \
             secret that is the password"
        )),
        Error::Network(failed) => Failure::Network(scrubbed(&failed.to_string())),
        Error::Crashed(why) | Error::Closed(why) => Failure::SessionLost(why),
        Error::Invalid(why) => Failure::Invalid(why),
        // No plugin can do anything about a browser that doesn't start.
        other => return Err(wasmtime::Error::new(StepError::Host(other.to_string()))),
    })
}

fn listed(candidates: &[mavm_browser::Candidate]) -> Vec<String> {
    candidates
        .iter()
        .take(NEAREST)
        .map(|candidate| format!("{}  {}", candidate.locator, candidate.what))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::time::Duration;

    use mavm_browser::{
        Candidate, Denied, LockedBy, NetworkFailure, NetworkProblem, NotUnique, Unauthorized,
    };

    use super::*;

    const PAGE: &str = "https://a.example/card?token=1#/pay?step=2";

    fn told(error: Error) -> Failure {
        failure(error).unwrap()
    }

    fn near(number: usize) -> Candidate {
        Candidate { what: format!("<b>{number}"), locator: format!("css(\"b\").nth({number})") }
    }

    fn timed_out(last_obstacle: Option<&str>, showed: &str) -> Failure {
        told(Error::TimedOut(Box::new(mavm_browser::Waited {
            for_what: format!("load of {PAGE}"),
            within: Duration::from_millis(1500),
            last_obstacle: last_obstacle.map(str::to_owned),
            showed: showed.to_owned(),
        })))
    }

    #[test]
    fn a_page_that_has_changed_says_what_was_looked_for_where_and_what_is_near() {
        let Failure::PageChanged(change) =
            told(Error::PageChanged(Box::new(mavm_browser::PageChange {
                locator: "label(\"Name\")".into(),
                url: PAGE.into(),
                lacking: Vec::new(),
                nearest: (0..12).map(near).collect(),
                screenshot: None,
                dom: None,
            })))
        else {
            panic!()
        };
        assert_eq!((change.looked_for.as_str(), change.found), ("label(\"Name\")", 0));
        assert_eq!(change.url, "https://a.example/card#/pay");
        assert_eq!(change.nearest.len(), 10);
        assert_eq!(change.nearest[1], "css(\"b\").nth(1)  <b>1");
    }

    #[test]
    fn several_where_one_was_meant_are_a_changed_page_with_their_number() {
        let Failure::PageChanged(change) = told(Error::NotUnique(Box::new(NotUnique {
            locator: "css(\"b\")".into(),
            count: 12,
            url: PAGE.into(),
            candidates: (0..3).map(near).collect(),
        }))) else {
            panic!()
        };
        assert_eq!((change.looked_for.as_str(), change.found), ("css(\"b\")", 12));
        assert_eq!(change.url, "https://a.example/card#/pay");
        assert_eq!(change.nearest.len(), 3);
    }

    #[test]
    fn a_time_out_says_what_was_in_the_way_and_what_the_page_showed() {
        let showed = "https://a.example/card, \"Payment\"";
        for (obstacle, showed, wanted) in [
            (
                Some("covered by <div id=banner>"),
                showed,
                Some("covered by <div id=banner> (the page: https://a.example/card, \"Payment\")"),
            ),
            (Some("disabled"), "", Some("disabled")),
            (None, "\"Payment\"", Some("the page: \"Payment\"")),
            (None, "", None),
        ] {
            let Failure::TimedOut(waited) = timed_out(obstacle, showed) else { panic!() };
            assert_eq!(waited.waited_for, "load of https://a.example/card#/pay");
            assert_eq!(waited.within.milliseconds, 1500);
            assert_eq!(waited.obstacle.as_deref(), wanted);
        }
    }

    #[test]
    fn a_call_that_was_called_off_is_a_time_out_that_says_so() {
        let Failure::TimedOut(waited) = told(Error::Cancelled("a click".into())) else { panic!() };
        assert_eq!(waited.waited_for, "a click");
        assert_eq!(waited.obstacle.as_deref(), Some("the step was called off"));
    }

    #[test]
    fn what_is_not_granted_and_what_is_locked_is_denied_with_its_remedy() {
        let Failure::Denied(why) = told(Error::Denied(Box::new(Denied {
            origin: "https://b.example".into(),
            what: "opening a page".into(),
            remedy: "add it to the site".into(),
        }))) else {
            panic!()
        };
        for part in ["opening a page", "https://b.example", "add it to the site"] {
            assert!(why.contains(part), "{why}");
        }
        for (problem, word) in [(LockedBy::NoCredentials, "none"), (LockedBy::Refused, "refused")] {
            let Failure::Denied(why) = told(Error::Unauthorized(Box::new(Unauthorized {
                origin: "https://b.example".into(),
                realm: "the room".into(),
                problem,
            }))) else {
                panic!()
            };
            for part in ["https://b.example", "the room", word, "`login` in mavm.toml"] {
                assert!(why.contains(part), "{part}: {why}");
            }
        }
    }

    #[test]
    fn a_network_failure_has_chromiums_word_and_no_query() {
        let Failure::Network(why) = told(Error::Network(Box::new(NetworkFailure {
            url: PAGE.into(),
            reason: "net::ERR_CERT_DATE_INVALID".into(),
            problem: NetworkProblem::Tls,
        }))) else {
            panic!()
        };
        assert!(why.starts_with("https://a.example/card#/pay could not be loaded"), "{why}");
        assert!(why.contains("net::ERR_CERT_DATE_INVALID") && why.contains("certificate"), "{why}");
    }

    #[test]
    fn what_died_is_a_lost_session_and_what_makes_no_sense_is_invalid() {
        for error in [Error::Crashed("Chromium died".into()), Error::Closed("it is closed".into())]
        {
            let said = error.to_string();
            let Failure::SessionLost(why) = told(error) else { panic!("{said}") };
            assert!(said.starts_with(&why), "{said}: {why}");
        }
        let Failure::Invalid(why) = told(Error::Invalid("a click count of 0".into())) else {
            panic!()
        };
        assert_eq!(why, "a click count of 0");
    }

    #[test]
    fn a_browser_that_does_not_start_is_the_hosts_fault() {
        let error = failure(Error::Launch("no such program".into())).unwrap_err();
        let Some(StepError::Host(why)) = error.downcast_ref() else { panic!("{error:?}") };
        assert_eq!(why, "no such program");
    }
}
