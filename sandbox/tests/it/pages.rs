//! Every selector that page scripts of 2023 use, found in a real Chromium.
//!
//! A small proxy shows one page of the console to Chromium with the visitor's cookies and with a
//! probe in it: a script that acts on the page as a page script would and writes down how it went.

use std::process::Stdio;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::visitor::{PASSWORD, Visitor, console_with};

const PROBE: &str = r##"
const sees = async (css, visible = false) => { for (let n = 0; n < 400; n++) { const e = document.querySelector(css); if (e && (!visible || (e.offsetWidth > 0 && e.offsetHeight > 0))) return e; await new Promise((r) => setTimeout(r, 10)); } throw new Error("not there: " + css); };
const click = async (css) => (await sees(css, true)).click();
const type = async (css, text) => { const e = await sees(css, true); e.focus(); document.execCommand("insertText", false, text); };
const absent = (css) => { if (document.querySelector(css)) throw new Error("there too early: " + css); };
const first = async (css, inside) => { const e = await sees(css); if (!e.closest(inside)) throw new Error("the first " + css + " is not in " + inside); };
const says = async (css, words) => { for (let n = 0; n < 400; n++) { const e = document.querySelector(css); if (e && e.textContent.includes(words)) return; await new Promise((r) => setTimeout(r, 10)); } throw new Error(css + " does not say " + words + " but " + (document.querySelector(css) || {}).textContent); };
const same = (a, b) => { if (a !== b) throw new Error("expected " + b + ", got " + a); };
const report = (words) => { const e = document.createElement("pre"); e.id = "probe"; e.textContent = "PROBE[" + words + "]"; document.documentElement.append(e); };
"##;

struct Window {
    target: String,
    cookies: String,
    script: String,
    http: reqwest::Client,
}

async fn forward(State(window): State<Arc<Window>>, request: Request) -> Response {
    let path = request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let mut out = window
        .http
        .request(parts.method, format!("{}{path}", window.target))
        .header("cookie", &window.cookies)
        .body(body);
    for name in ["content-type", "accept"] {
        if let Some(value) = parts.headers.get(name) {
            out = out.header(name, value);
        }
    }
    let answer = out.send().await.unwrap();
    let (status, kind) = (answer.status(), answer.headers().get("content-type").cloned());
    let mut text = answer.text().await.unwrap();
    let script = format!(
        "<script>{PROBE}(async () => {{ {} }})().then(() => report('fine'), (e) => report(e.message));</script></body>",
        window.script
    );
    text = text.replace("</body>", &script);
    let mut response = (status, text).into_response();
    if let Some(kind) = kind {
        response.headers_mut().insert("content-type", kind);
    }
    response
}

/// Opens a page of a site in Chromium as `visitor` and runs `script` in it.
async fn probe(visitor: &Visitor<'_>, site: &str, path: &str, script: &str) {
    let cookies = ["practice-signup", "practice-console", "practice-signin"];
    let cookies: Vec<String> =
        cookies.iter().filter_map(|n| visitor.cookie(n).map(|v| format!("{n}={v}"))).collect();
    let window = Arc::new(Window {
        target: format!("http://{}", visitor.sandbox.listening()[site]),
        cookies: cookies.join("; "),
        script: script.to_owned(),
        http: reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap(),
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        axum::serve(listener, axum::Router::new().fallback(forward).with_state(window)).await
    });
    let profile = tempfile::tempdir().unwrap();
    let chromium = ["chromium-headless-shell", "chromium", "google-chrome"].into_iter().find(|n| {
        std::env::var_os("PATH")
            .is_some_and(|path| std::env::split_paths(&path).any(|d| d.join(n).is_file()))
    });
    let output = tokio::process::Command::new(chromium.expect("a Chromium in PATH"))
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--no-first-run",
            "--dump-dom",
        ])
        .args(["--virtual-time-budget=20000", "--window-size=1366,2000"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("http://{address}{path}"))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    serving.abort();
    let page = String::from_utf8_lossy(&output.stdout).into_owned();
    let outcome = page
        .split("PROBE[")
        .last()
        .and_then(|p| p.split(']').next())
        .unwrap_or_default()
        .to_owned();
    assert_eq!(
        outcome,
        "fine",
        "{site}{path}\n{page}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
async fn the_sections_of_the_sign_up_look_as_in_2023() {
    let sandbox = console_with(&["earlier-machine"]).await;
    let new = Visitor::new(&sandbox);
    new.open().await;
    let start = r##"
        await sees("#awsui-input-0");
        const banner = await sees("#awsccc-cb-buttons > button.awsccc-u-btn.awsccc-u-btn-primary", true);
        const submit = await sees("#EmailValidationSendOTP > fieldset > awsui-button > button");
        const box = submit.getBoundingClientRect();
        const over = () => document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        if (submit.contains(over())) throw new Error("the banner does not cover the button");
        banner.click();
        if (!submit.contains(over())) throw new Error("the banner is still there");
        same(await sees("#EmailValidationSendOTP button:first-child"), submit);
        same(submit.type, "submit");
        absent("#captchaGuess"); absent("#EmailValidationVerifyOTP");
        await type('input[name="emailAddress"]:first-child', "p@example.test");
        await type('input[name="fullName"]:first-child', "ovm-p");
        submit.click();
        await sees("#otp input:first-child", true);
        await first("#EmailValidationVerifyOTP button:first-child", "awsui-button");
        await says("body", "practice console, not AWS");
        same(location.hash, "#/verifyotp");"##;
    probe(&new, "signup", "/billing/signup#/start", start).await;

    let visitor = Visitor::new(&sandbox);
    visitor.sign_up_through("root+1@example.test", "mail-code").await;
    let credentials = r##"
        await type('input[name="password"]:first-child', "Correct-Horse-9");
        await type('input[name="rePassword"]:first-child', "Correct-Horse-9");
        absent("#CredentialCollection > fieldset > awsui-button:nth-child(7) > button");
        await click("#CredentialCollection button:first-child");
        const go = await sees("#CredentialCollection > fieldset > awsui-button:nth-child(7) > button", true);
        same(await sees("#CredentialCollection button[type=submit]"), go);
        go.click();
        await sees("#awsui-radio-button-1", true);"##;
    probe(&visitor, "signup", "/billing/signup#/credentials", credentials).await;

    let contact = r##"
        await click("#awsui-radio-button-1");
        await type('input[name="address.fullName"]:first-child', "A Person");
        await type('input[name="address.company"]:first-child', "A GmbH");
        await type('input[name="address.phoneNumber"]:first-child', "+15550100");
        await click("#awsui-select-2 > div > awsui-icon > span");
        await type('input[aria-label="Country or Region"]', "Germany");
        await says("#awsui-select-2-dropdown-option-0 > div > div > div > span > span", "Germany");
        await click("#awsui-select-2-dropdown-option-0 > div > div > div > span > span");
        await type('input[name="address.addressLine1"]:first-child', "Street 1");
        await type('input[name="address.city"]:first-child', "Berlin");
        await type('input[name="address.state"]:first-child', "Berlin");
        await type('input[name="address.postalCode"]:first-child', "10115");
        await click('input[name="agreement"]:first-child');
        await click("#ContactInformation > fieldset > awsui-button > button");
        await sees('input[name="cardNumber"]:first-child', true);
        await click("#awsui-select-3 > div > awsui-icon > span");
        const option = (id, text) => document.evaluate(`//*[@id = "${id}"]//span[text() = "${text}"]`, document, null, 9, null).singleNodeValue;
        option("awsui-select-3-dropdown-options", "March").click();
        const year = String(new Date().getFullYear() + 1);
        await click("#awsui-select-4 > div > awsui-icon > span");
        option("awsui-select-4-dropdown-options", year).click();
        same(document.querySelector("[name=expirationMonth]").value + "/" + document.querySelector("[name=expirationYear]").value, "3/" + year);
        await sees('input[name="accountHolderName"]:first-child', true);
        await sees("#PaymentInformation > fieldset > awsui-button > button", true);"##;
    probe(&visitor, "signup", "/billing/signup#/contact", contact).await;
    assert_eq!(visitor.account("root+1@example.test").await["contact"]["address.country"], "DE");

    visitor.card().await;
    let challenge = r##"same((await sees("iframe:first-child", true)).name, "challenge");"##;
    probe(&visitor, "signup", "/billing/signup#/challenge", challenge).await;
    let path = visitor.challenge().await;
    let entry = r##"await sees("#challengeDataEntry", true); await sees("#confirm", true); same(document.querySelector("label").textContent, LABEL);"##;
    probe(&visitor, "issuer", &path, &entry.replace("LABEL", "\"One-time password\"")).await;
    visitor.confirm_by_sms().await;
    probe(&visitor, "issuer", &path, &entry.replace("LABEL", "\"Card PIN\"")).await;
    visitor.confirm(&path, "8642").await;

    let identity = r##"
        await click('input[name="divaMethod"][value="Phone"]:first-child');
        await type('input[name="phoneNumber"]:first-child', "5550100");
        await sees('img[alt="captcha"]:first-child', true);
        await click('img[alt="Change to audio security check"]:first-child');
        absent('img[alt="captcha"]');
        await click('span[aria-label="Play Audio"]');
        await type('#captchaGuess', "nonsense");
        same(document.querySelector('input[name="captchaGuess"]:first-child').id, "captchaGuess");
        await click("#IdentityVerification > fieldset > awsui-button > button");
        await sees('.captcha .field-error');
        await sees('img[alt="captcha"]:first-child', true);
        absent("#phonePin");"##;
    probe(&visitor, "signup", "/billing/signup#/identityverification", identity).await;
    visitor.scenario("root+1@example.test", json!({"captcha-phone": "off"})).await;
    let pin =
        visitor.identity("5550100").await["state"]["call"]["pin"].as_str().unwrap().to_owned();
    let shown = format!(
        r##"same((await sees("#phonePin", true)).textContent, "{pin}"); absent('img[alt="captcha"]');"##
    );
    probe(&visitor, "signup", "/billing/signup#/identityverification", &shown).await;
    assert!(visitor.key("+15550100", &pin).await);
    let support = r##"
        await click("#SupportPlan > fieldset > div.CenteredButton_centeredButtonContainer_3Xaah > awsui-button > button");
        await sees("#aws-signup-app > div > div.App_content_5H0by > div > div > div:nth-child(5) > awsui-button > a", true);"##;
    probe(&visitor, "signup", "/billing/signup#/support", support).await;
    assert_eq!(sandbox.counts("root+1@example.test").accounts_created, 1);
}

#[tokio::test]
async fn the_console_pages_look_as_in_2023() {
    let sandbox = console_with(&["captcha-login=on"]).await;
    let visitor = Visitor::new(&sandbox);
    visitor
        .json(
            "POST",
            "control",
            "/practice/accounts",
            json!({"email": "a@example.test", "password": PASSWORD}),
        )
        .await;
    let signin = r##"
        for (const id of ["error_message", "captcha_container"]) if (!(await sees("#" + id)).getAttribute("style").includes("display: none")) throw new Error(id);
        await type("#resolving_input", "a@example.test");
        await click("#next_button");
        await sees("#captchaGuess", true);
        await sees("#captcha_image", true);
        same(document.querySelector("#captcha_image").getAttribute("src").startsWith("http"), true);
        await type("#captchaGuess", "nonsense");
        await click("#submit_captcha");
        await sees("#error_message", true);"##;
    probe(&visitor, "console", "/signin", signin).await;
    visitor.scenario("a@example.test", json!({"captcha-login": "off"})).await;
    let forgot = r##"
        await type("#resolving_input", "a@example.test");
        await click("#next_button");
        await sees("#password", true); await sees("#signin_button", true);
        await click("#root_forgot_password_link");
        await sees("#password_recovery_captcha_image", true);
        await type("#password_recovery_captcha_guess", "nonsense");
        await click("#password_recovery_ok_button");
        await sees("#password_recovery_error_message", true);"##;
    probe(&visitor, "console", "/signin", forgot).await;
    visitor.sign_in("a@example.test", PASSWORD).await;

    let account = r##"
        const B = "#billing-console-root > div > div > div > div.content--2j5zk.span10--28Agl > div > div > div > div > div > div.ng-scope > div > div > div";
        const A = B + " > div.animation-content.animation-fade > div:nth-child(1)";
        await sees("#awsccc-cb-buttons > button.awsccc-u-btn.awsccc-u-btn-primary", true);
        await sees('[data-testid="awsc-nav-services-tooltip-confirm-button"]', true);
        await click("#account__edit-currency-preference");
        (await sees("#account__select-currencies-list")).value = "EUR";
        await click(A + " > div:nth-child(7) > div > div > div > div.account-information-update-buttons.margin-top-10 > button.btn.btn-primary");
        await says("#account__currency", "EUR");
        await click(A + " > div:nth-child(8) > a");
        const input = (n) => A + ` > div:nth-child(8) > div > div > div:nth-child(1) > div:nth-child(3) > div:nth-child(${n}) > input`;
        await type(input(1), "A Name"); await type(input(2), "A Title"); await type(input(3), "bill@example.test"); await type(input(4), "+49301");
        await click(A + " > div:nth-child(8) > div > div > div.account-information-update-buttons.margin-top-10.ng-scope > button.btn.btn-primary");
        await says("[data-contact=email]", "bill@example.test");
        location.hash = "/preferences";
        const tick = await sees(B + " > div.plutonium.aws-billing-console-root.awsui-v1-root > div > div > div.aws-billing-console-span10 > div:nth-child(2) > div > label > span > i", true);
        const box = tick.getBoundingClientRect();
        document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2).click();
        await click(B + " > div.aws-billing-console-span10 > div.plutonium.aws-billing-console-root.awsui-v1-root > div > div > button");
        await says("#billing-console-root", "Preferences saved.");"##;
    probe(&visitor, "console", "/billing/home?#/account", account).await;
    let billing = visitor.account("a@example.test").await["billing"].clone();
    assert_eq!(
        (&billing["currency"], &billing["contact"]["title"], &billing["pdf_invoices"]),
        (&json!("EUR"), &json!("A Title"), &json!(true))
    );

    let stack = r##"
        await click('[data-testid="awsc-nav-services-tooltip-confirm-button"]');
        await click("[id='CAPABILITY_NAMED_IAM-checkbox-control_0']");
        same(document.querySelector("#CAPABILITY_NAMED_IAM-checkbox-control_0").checked, true);
        await click('[data-testid="create-stack-button"]');
        await says('[data-testid="stack-status"]', "CREATE_COMPLETE");
        location.hash = "/stacks";
        await says("table", "ovm-role");"##;
    let path = "/cloudformation/home?region=eu-central-1#/stacks/create/review?templateUrl=https://b.example/role.yaml&stackName=ovm-role&param_Principal=111122223333&param_RoleName=OVMCrossAccountRole";
    probe(&visitor, "console", path, stack).await;
    assert_eq!(visitor.account("a@example.test").await["role_stack"]["principal"], "111122223333");

    let close = r##"
        await sees(".close-account-checkbox > input");
        const boxes = document.querySelectorAll(".close-account-checkbox > input");
        same(boxes.length, 4);
        boxes.forEach((b) => b.click());
        await first(".btn-danger", "#close-account");
        await click(".btn-danger");
        await click(".modal-footer > button.btn-danger");
        await says("#account-closed", "Suspended");"##;
    probe(&visitor, "console", "/billing/home?#/account", close).await;
    assert_eq!(sandbox.counts("a@example.test").closes, 1);
    probe(
        &visitor,
        "console",
        "/billing/home?#/account",
        r##"await says("#account-closed", "closed");"##,
    )
    .await;
}

#[tokio::test]
async fn the_second_door_for_members_looks_as_in_2019() {
    let sandbox = console_with(&["cookie-banner=off"]).await;
    let visitor = Visitor::new(&sandbox);
    visitor
        .json(
            "POST",
            "control",
            "/practice/accounts",
            json!({"email": "m@example.test", "password": PASSWORD, "member": true}),
        )
        .await;
    visitor.sign_in("m@example.test", PASSWORD).await;
    let member = r##"
        await type("#credit-card-number", "4111111111111111");
        same(location.hash, "#/paymentinformation");
        document.querySelector("#expirationMonth").value = "2";
        document.querySelector("select[name='expirationYear']").value = "1";
        await type("#accountHolderName", "A Person");
        await click(".form-submit-click-box > button");
        await sees("#imageCaptcha", true);
        same(location.hash, "#/identityverification");
        document.querySelector("#countryCode").value = document.querySelector('option[label="United States (+1)"]').value;
        await type("#phoneNumber", "5550100"); await type("#guess", "nonsense");
        await click("#btnCall");
        await says(".alert", "security check");"##;
    probe(&visitor, "signup", "/billing/signup?client=organizations&enforcePI=True", member).await;
    assert_eq!(sandbox.counts("m@example.test").cards_charged, 1);
}
