//! Tries a page.
use mavm_sdk::prelude::*;

/// Fills a form and reads the answer.
#[step("form")]
fn form(run: &Run) -> Result<Outcome> {
    let page = run.page();
    page.goto("mine", "/form.html")?;
    page.label("Name").fill("Erika")?;
    page.role(Button, "Send").click()?;
    info!("it says {}", page.css("#log").text()?);
    Ok(Outcome::done())
}

plugin!(form);
