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
