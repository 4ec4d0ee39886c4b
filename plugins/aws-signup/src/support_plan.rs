//! The last section: with it the account is open.

use aws_pages::form::Form;
use aws_pages::{Place, Section, reach};
use mavm_sdk::prelude::*;

/// Takes the free support plan, which ends the sign-up.
#[step("support-plan")]
pub(crate) fn support_plan(run: &Run) -> Result<Outcome> {
    run.effect_or("finish-support-plan", || finished(run), || finish(run))?;
    Ok(Outcome::done())
}

fn finished(run: &Run) -> Result<Happened<()>> {
    Ok(match reach(run, Section::SupportPlan)? {
        Place::Past(_) => Happened::Yes(()),
        Place::Here(_) | Place::Before(..) => Happened::No,
    })
}

/// The free plan is the one that is chosen already. An account whose payment is under review ends
/// here, as rejected: the form sees to that.
fn finish(run: &Run) -> Result<()> {
    match reach(run, Section::SupportPlan)?.here(Section::SupportPlan)? {
        Some(page) => Form::new(&page, "SupportPlan").submit_for(run, Section::Done),
        None => Ok(()),
    }
}
