//! The stack that makes the cross-account role, by the console's quick-create page.

use std::time::Duration;

use aws_pages::console::{encode, open, open_at};
use mavm_sdk::prelude::*;

/// How long the stack may take.
const TAKES: Duration = minutes(8);

#[derive(Deserialize, Inputs)]
pub(crate) struct RoleStack {
    /// The stack's name: `ovm-role`.
    stack_name: String,
    /// The role's name: `OVMCrossAccountRole`.
    role_name: String,
    /// Who may assume the role.
    principal: String,
    /// Where the template is.
    template_url: String,
    /// The region that the stack is made in.
    region: String,
    /// The account's number.
    account_id: String,
}

/// Makes the stack with the cross-account role, and waits until it is complete.
#[step("role-stack")]
pub(crate) fn role_stack(run: &Run, input: RoleStack) -> Result<Outcome> {
    // The finding tells nothing: how far the stack is, the page says.
    run.effect_or("create-role-stack", || exists(run, &input), || create(run, &input))?;
    complete(run, &input)?;
    let arn = format!("arn:aws:iam::{}:role/{}", input.account_id, input.role_name);
    Ok(Outcome::done().fact("role_arn", arn))
}

fn home(input: &RoleStack, place: &str) -> String {
    format!("/cloudformation/home?region={}#{place}", encode(&input.region))
}

/// The stack's line in the list of stacks.
fn listed(run: &Run, input: &RoleStack) -> Result<(Page, Locator)> {
    let page = open_at(run, &home(input, "/stacks"), |page| page.role(Heading, "Stacks"))?;
    let link = page.role(Link, input.stack_name.as_str());
    Ok((page, link))
}

fn exists(run: &Run, input: &RoleStack) -> Result<Happened<()>> {
    let (_, link) = listed(run, input)?;
    Ok(if link.is_visible()? { Happened::Yes(()) } else { Happened::No })
}

fn status(page: &Page) -> Locator {
    page.test_id("stack-status")
}

fn create(run: &Run, input: &RoleStack) -> Result<()> {
    let review = format!(
        "/stacks/create/review?templateUrl={}&stackName={}&param_Principal={}&param_RoleName={}",
        encode(&input.template_url),
        encode(&input.stack_name),
        encode(&input.principal),
        encode(&input.role_name),
    );
    let (page, ()) = open(run, &home(input, &review), |page| {
        vec![((), page.css("#CAPABILITY_NAMED_IAM-checkbox-control_0"))]
    })?;
    page.css("#CAPABILITY_NAMED_IAM-checkbox-control_0").check()?;
    page.test_id("create-stack-button").click()?;
    let complaint = page.any(Alert).first();
    if which_within([(true, status(&page)), (false, complaint.clone())], aws_pages::PATIENCE)? {
        return Ok(());
    }
    Err(Failure::rejected(format!("the stack was not made: {}", complaint.text()?)))
}

/// Waits on the stack's own page, which goes on by itself, until the stack is complete.
fn complete(run: &Run, input: &RoleStack) -> Result<()> {
    let (page, link) = listed(run, input)?;
    link.click()?;
    // The list has a status in each line; the stack's own page has one.
    page.role(Heading, input.stack_name.as_str()).wait_visible()?;
    let complete = status(&page).filter_text("CREATE_COMPLETE");
    let failed = status(&page).filter_text(matches("FAILED|ROLLBACK|DELETE"));
    match which_within([(true, complete), (false, failed)], TAKES)? {
        true => Ok(()),
        false => Err(Failure::rejected(format!(
            "the stack {} ended as {}",
            input.stack_name,
            status(&page).text()?
        ))),
    }
}
