//! The journeys that `cargo xtask bench` times against Playwright and a bare protocol client: the
//! same pages and values as `xtask/bench/playwright/journeys.mjs`.

use mavm_sdk::prelude::*;

const SITE: &str = "shop";

const FORM: [(&str, &str); 10] = [
    ("Full name", "Erika Example"),
    ("Company", "Example Ltd"),
    ("Street", "Example Street"),
    ("House number", "1"),
    ("Postal code", "10115"),
    ("City", "Berlin"),
    ("State", "Berlin"),
    ("Telephone", "+491701234567"),
    ("Mail address", "invoices@mavm.example"),
    ("Reference", "A-1"),
];

/// Fills fifteen fields and sends them off.
#[step("form")]
fn form(run: &Run) -> Result<Outcome> {
    let page = run.page();
    page.goto(SITE, "/form")?;
    for (label, value) in FORM {
        page.label(label).fill(value)?;
    }
    page.label("Country").select("Germany")?;
    page.label("Newsletter").check()?;
    page.label("Express").check()?;
    page.label("Notes").fill("Ring twice")?;
    page.label("I agree to the terms").check()?;
    page.role(Button, "Order").click()?;
    page.showing("Thank you").wait_visible()?;
    Ok(Outcome::done())
}

/// Confirms a payment in the frame of another site.
#[step("frame")]
fn frame(run: &Run) -> Result<Outcome> {
    let page = run.page();
    page.goto(SITE, "/pay")?;
    page.role(Button, "Pay").click()?;
    let bank = page.frame("iframe[name=challenge]");
    bank.label("One-time password").fill("123456")?;
    bank.role(Button, "Confirm").click()?;
    page.showing("Paid").wait_visible()?;
    Ok(Outcome::done())
}

/// Clicks a hundred times on a list that is made anew by each click.
#[step("list")]
fn list(run: &Run) -> Result<Outcome> {
    let page = run.page();
    page.goto(SITE, "/list")?;
    for n in 0..100 {
        page.role(Button, format!("Row {}", n % 20)).click()?;
    }
    page.showing("100 clicks").wait_visible()?;
    Ok(Outcome::done())
}

plugin!(form, frame, list);
