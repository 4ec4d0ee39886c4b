//! The floor of the create flow: page by page as `playwright/create.mjs` does it. Mails, messages and
//! the call's other end are asked of the practice console's control address, as there.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use mavm_sandbox::Addresses;
use serde_json::{Value, json};

use super::{Tab, text};
use crate::cdp::Cdp;

const PASSWORD: &str = "Pr4ctice-bench-password";
/// How often the practice console is asked for a message that the page has announced.
const ASK: Duration = Duration::from_millis(5);
/// How long a page may take to show something, in milliseconds.
const PATIENCE: u32 = 10_000;

/// What the flow needs besides a browser. It blocks the thread that it is called on.
pub struct Practice<'a> {
    pub sites: &'a Addresses,
    pub number: &'a str,
    pub client: reqwest::Client,
}

impl Practice<'_> {
    fn block<T>(&self, asking: impl Future<Output = reqwest::Result<T>>) -> Result<T> {
        Ok(tokio::runtime::Handle::current().block_on(asking)?)
    }

    fn text(&self, path: &str) -> Result<String> {
        let url = format!("{}{path}", self.sites.control);
        self.block(async { self.client.get(url).send().await?.error_for_status()?.text().await })
    }

    /// What follows `mark` in the newest message to this account.
    fn message(&self, kind: &str, email: &str, mark: &str) -> Result<String> {
        for _ in 0..2000 {
            let state: Value = serde_json::from_str(&self.text("/practice/state")?)?;
            let sent = state[kind].as_array().map(Vec::as_slice).unwrap_or_default();
            for one in sent.iter().rev().filter(|one| one.to_string().contains(email)) {
                let id = one["id"].as_str().map_or_else(|| one["id"].to_string(), str::to_owned);
                let source = self.text(&format!("/practice/{kind}/{id}"))?;
                if let Some((_, rest)) = source.split_once(mark) {
                    let code = rest.split(|letter: char| !letter.is_ascii_digit());
                    if let Some(code) = code.into_iter().find(|digits| digits.len() >= 4) {
                        return Ok(code.to_owned());
                    }
                }
            }
            std::thread::sleep(ASK);
        }
        bail!("no {kind} came for {email}")
    }

    fn answer_call(&self, digits: &str) -> Result<()> {
        let url = format!("{}/practice/phone/answer", self.sites.control);
        let answer = json!({"number": self.number, "digits": digits});
        for _ in 0..2000 {
            let said: Value = self
                .block(async { self.client.post(&url).json(&answer).send().await?.json().await })?;
            if said["accepted"] == true {
                return Ok(());
            }
            std::thread::sleep(ASK);
        }
        bail!("the call did not come")
    }

    fn assume(&self, arn: &str) -> Result<()> {
        let body =
            format!("Action=AssumeRole&Version=2011-06-15&RoleArn={arn}&RoleSessionName=bench");
        let signed = "AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=00";
        let request = self
            .client
            .post(&self.sites.sts)
            .header("authorization", signed)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        self.block(async { request.send().await?.error_for_status() }).map(drop)
    }
}

/// Signs up an account and sets it up, in two browser contexts as our flow does.
pub fn create(cdp: &mut Cdp, at: &Practice<'_>) -> Result<()> {
    let mut tab = Tab::open_in_new_context(cdp)?;
    // Letters only: a code is looked for by its digits.
    let name: String =
        tab.session.chars().map(|digit| char::from(b'a' + (digit as u8) % 26)).collect();
    let email = format!("root+{name}@mavm.example");
    sign_up(&mut tab, at, &email)?;
    tab.leave()?;
    let mut tab = Tab::open_in_new_context(cdp)?;
    let arn = set_up(&mut tab, at, &email)?;
    tab.leave()?;
    at.assume(&arn)
}

/// What the pages of the practice console ask for, beyond the other journeys'.
impl Tab<'_> {
    /// What a function's body gives, as soon as that is something.
    fn when(&mut self, body: &str) -> Result<Value> {
        let session = self.session.clone();
        self.when_in(&session, body)
    }

    fn when_in(&mut self, session: &str, body: &str) -> Result<Value> {
        let script = format!(
            "new Promise((go, stop) => {{ const find = () => {{ {body} }}; \
             const look = () => {{ const found = find(); if (found) {{ seen.disconnect(); go(found); }} }}; \
             const seen = new MutationObserver(look); \
             seen.observe(document, {{subtree: true, childList: true, attributes: true, characterData: true}}); \
             setTimeout(() => stop(new Error(location.href + ' shows ' + document.body.innerText)), {PATIENCE}); \
             look(); }})"
        );
        loop {
            match self.evaluate(session, &script) {
                // It waited in a document that has given way to the one that has it.
                Err(error) if format!("{error:#}").contains("navigated or closed") => {}
                found => return found.with_context(|| format!("waiting for {body}")),
            }
        }
    }

    fn appears(&mut self, css: &str) -> Result<()> {
        self.when(&format!(
            "return document.querySelector(\"{css}\")?.getClientRects().length > 0;"
        ))
        .map(drop)
    }

    fn fill(&mut self, css: &str, value: &str) -> Result<()> {
        let session = self.session.clone();
        self.fill_in(&session, css, value)
    }

    fn fill_in(&mut self, session: &str, css: &str, value: &str) -> Result<()> {
        let body = format!(
            "const e = document.querySelector(\"{css}\"); \
             if (!e || !e.getClientRects().length || e.disabled) return false; \
             e.focus(); e.value = '{value}'; \
             e.dispatchEvent(new Event('input', {{bubbles: true}})); \
             e.dispatchEvent(new Event('change', {{bubbles: true}})); return true;"
        );
        self.when_in(session, &body).map(drop)
    }

    fn press(&mut self, css: &str) -> Result<()> {
        self.press_found(&format!("document.querySelector(\"{css}\")"))
    }

    fn press_found(&mut self, element: &str) -> Result<()> {
        let last = self.press_when_there(element)?;
        self.cdp.reply(last).context("a click").map(drop)
    }

    /// Presses what leads to another document.
    fn press_away(&mut self, css: &str) -> Result<()> {
        self.press_when_there(&format!("document.querySelector(\"{css}\")"))?;
        let session = self.session.clone();
        self.cdp.event(&session, "Page.domContentEventFired").map(drop)
    }

    fn press_when_there(&mut self, element: &str) -> Result<u64> {
        let point = self.when(&format!(
            "const e = {element}; if (!e || !e.getClientRects().length || e.disabled) return false; \
             e.scrollIntoView({{block: 'nearest', behavior: 'instant'}}); \
             const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2];"
        ))?;
        let (x, y) = point[0].as_f64().zip(point[1].as_f64()).context("no box")?;
        let session = self.session.clone();
        self.press_at(&session, x, y)
    }

    fn pick(&mut self, id: &str, option: &str) -> Result<()> {
        self.press(&format!("#{id} > div > awsui-icon > span"))?;
        self.press_found(&format!(
            "[...document.querySelectorAll('#{id}-dropdown-options *')].find(e => !e.firstElementChild && e.textContent.trim() === '{option}')"
        ))
    }

    fn reload(&mut self) -> Result<()> {
        let session = self.session.clone();
        self.cdp.forget_events();
        self.cdp.send(&session, "Page.reload", json!({}))?;
        self.cdp.event(&session, "Page.domContentEventFired").map(drop)
    }
}

fn sign_up(tab: &mut Tab<'_>, at: &Practice<'_>, email: &str) -> Result<()> {
    tab.attach_frames()?;
    tab.open(&format!("{}/billing/signup#/start", at.sites.signup))?;
    tab.fill("input[name=emailAddress]", email)?;
    tab.fill("input[name=fullName]", "bench")?;
    tab.press("#EmailValidationSendOTP button[type=submit]")?;

    tab.appears("#EmailValidationVerifyOTP #otp input")?;
    let code = at.message("mails", email, "Verification code:")?;
    tab.fill("#EmailValidationVerifyOTP #otp input", &code)?;
    tab.press("#EmailValidationVerifyOTP button[type=submit]")?;

    tab.fill("#CredentialCollection input[name=password]", PASSWORD)?;
    tab.fill("#CredentialCollection input[name=rePassword]", PASSWORD)?;
    tab.press("#CredentialCollection button:first-child")?;
    tab.press("#CredentialCollection button[type=submit]")?;

    tab.press("#awsui-radio-button-1")?;
    for (name, value) in [
        ("fullName", "Erika Example"),
        ("company", "Example Ltd"),
        ("phoneNumber", "+491701234567"),
        ("addressLine1", "Example Street 1"),
        ("city", "Berlin"),
        ("state", "Berlin"),
        ("postalCode", "10115"),
    ] {
        tab.fill(&format!("#ContactInformation input[name='address.{name}']"), value)?;
    }
    tab.pick("awsui-select-2", "Germany")?;
    tab.press("input[name=agreement]")?;
    tab.press("#ContactInformation button[type=submit]")?;

    tab.fill("input[name=cardNumber]", "4111111111111111")?;
    tab.pick("awsui-select-3", "March")?;
    tab.pick("awsui-select-4", "2030")?;
    tab.fill("input[name=accountHolderName]", "Erika Example")?;
    tab.press("#PaymentInformation button[type=submit]")?;

    let bank = tab.next_frame()?;
    let code = at.message("sms", email, "")?;
    tab.fill_in(&bank, "input", &code)?;
    let (x, y) = tab.middle(&bank, "document.querySelector('button')")?;
    tab.press_at(&bank, x, y)?;
    // The page around goes on by itself, to another document: its field is waited for.
    tab.press("input[name=divaMethod][value=Phone]")?;
    tab.fill("#IdentityVerification input[name=phoneNumber]", at.number)?;
    tab.press("#IdentityVerification button[type=submit]")?;
    let digits = tab.when(
        "const t = document.querySelector('#phonePin')?.textContent.trim(); \
                           return /^[0-9]{4}$/.test(t) && t;",
    )?;
    at.answer_call(&text(&digits)?)?;
    tab.press("#SupportPlan button[type=submit]")?;
    tab.appears("#aws-signup-app div.App_content_5H0by awsui-button > a")
}

fn set_up(tab: &mut Tab<'_>, at: &Practice<'_>, email: &str) -> Result<String> {
    const SAVED: &str = "return [...document.querySelectorAll('[role=status]')]\
                         .some(e => /saved/.test(e.textContent) && e.getClientRects().length);";
    let console = &at.sites.console;
    tab.open(&format!("{console}/console/home"))?;
    tab.fill("#resolving_input", email)?;
    tab.press("#next_button")?;
    tab.fill("#password", PASSWORD)?;
    tab.press_away("#signin_button")?;
    tab.when("return [...document.querySelectorAll('h1,h2')].some(e => e.textContent.trim() === 'Console Home');")?;

    tab.open(&format!("{console}/billing/rest/v1.0/account"))?;
    let account = text(&tab.when("return document.querySelector('pre')?.textContent;")?)?;
    let account: Value = serde_json::from_str(&account)?;
    let account = account["accountId"].as_str().context("no account number")?;

    tab.open(&format!("{console}/billing/home?#/account"))?;
    tab.press("#account__edit-currency-preference")?;
    tab.fill("#account__select-currencies-list", "EUR")?;
    tab.press("#billing-console-root .account-information-update-buttons.margin-top-10:not(.ng-scope) > button.btn-primary")?;
    tab.when(SAVED)?;

    tab.reload()?;
    tab.press_found("[...document.querySelectorAll('a,button')].find(e => (e.getAttribute('aria-label') || e.textContent.trim()) === 'Edit billing contact')")?;
    for (name, value) in [
        ("name", "Erika Example"),
        ("title", "Accounting"),
        ("email", "invoices@mavm.example"),
        ("phone", "+491701234567"),
    ] {
        tab.fill(&format!("#billing-contact-{name}"), value)?;
    }
    tab.press("#billing-console-root .account-information-update-buttons.margin-top-10.ng-scope > button.btn-primary")?;
    tab.when(SAVED)?;

    tab.open(&format!("{console}/billing/home?#/preferences"))?;
    tab.reload()?;
    tab.press_found("[...document.querySelectorAll('label')].find(e => e.textContent.includes('PDF Invoice By Email'))?.control")?;
    tab.press("#billing-console-root div.aws-billing-console-span10 > div.plutonium button")?;
    tab.when(SAVED)?;

    let role = "OVMCrossAccountRole";
    tab.open(&format!(
        "{console}/cloudformation/home?region=us-east-1#/stacks/create/review?templateUrl=\
         https%3A%2F%2Fexample-bucket.s3.amazonaws.com%2Fcrossaccountrole.yaml\
         &stackName=ovm-role&param_Principal=123456789012&param_RoleName={role}"
    ))?;
    tab.press("#CAPABILITY_NAMED_IAM-checkbox-control_0")?;
    tab.press("[data-testid=create-stack-button]")?;
    tab.appears("[data-testid=stack-status]")?;
    tab.open(&format!("{console}/cloudformation/home?region=us-east-1#/stacks"))?;
    tab.reload()?;
    tab.press_found(
        "[...document.querySelectorAll('a')].find(e => e.textContent.trim() === 'ovm-role')",
    )?;
    tab.when("return [...document.querySelectorAll('[data-testid=stack-status]')].some(e => /CREATE_COMPLETE/.test(e.textContent));")?;
    Ok(format!("arn:aws:iam::{account}:role/{role}"))
}
