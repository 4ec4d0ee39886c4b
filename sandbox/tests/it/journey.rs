//! The main journey: signed up once, charged once, closed once.

use serde_json::json;

use crate::visitor::{CARD, PASSWORD, Visitor, console_with};

#[tokio::test]
async fn an_account_is_signed_up_used_and_closed_once() {
    let sandbox = console_with(&["three-d-secure=code-and-pin"]).await;
    let visitor = Visitor::new(&sandbox);
    let email = "root+1@example.test";
    visitor.sign_up_through(email, "contact").await;
    assert_eq!(visitor.card().await.location.as_deref(), Some("/billing/signup#/payment"));
    let path = visitor.challenge().await;
    assert_eq!(
        visitor.confirm_by_sms().await.location.as_deref(),
        Some(path.as_str()),
        "the PIN comes next"
    );
    assert!(visitor.get("issuer", &path).await.body.contains("Card PIN"));
    assert_eq!(sandbox.counts(email).cards_charged, 0, "nothing is charged before the PIN");
    assert!(
        visitor
            .confirm(&path, "8642")
            .await
            .location
            .unwrap()
            .ends_with("/billing/signup/challenge-return")
    );
    let shown = visitor.identity("555 0100").await;
    assert!(visitor.key("+15550100", shown["state"]["call"]["pin"].as_str().unwrap()).await);
    assert_eq!(
        visitor.step("support-plan", json!({"plan": "basic"})).await["state"]["section"],
        "done"
    );

    assert_eq!(
        visitor.get("console", "/billing/home").await.location.as_deref(),
        Some("/signin?redirect_uri=%2Fbilling%2Fhome")
    );
    let signed_in = visitor.sign_in(email, PASSWORD).await;
    assert_eq!(signed_in["properties"]["RedirectTo"], "/console/home");
    let rest = "/billing/rest/v1.0";
    visitor
        .json("PUT", "console", &format!("{rest}/account/currencypreference"), json!("EUR"))
        .await;
    let contact = json!({"name": "A", "title": "B", "email": "c@example.test", "phone": "1"});
    visitor.json("PUT", "console", &format!("{rest}/account/billingcontact"), contact).await;
    visitor
        .json(
            "PUT",
            "console",
            &format!("{rest}/preferences/invoice"),
            json!({"pdfInvoiceByEmail": "Y"}),
        )
        .await;
    assert_eq!(visitor.create_stack().await.status, 200);
    let twice = visitor.create_stack().await;
    assert_eq!((twice.status, twice.body.contains("AlreadyExists")), (409, true));
    let number = visitor.get("console", &format!("{rest}/account")).await.json();
    assert_eq!(
        (number["accountStatus"].as_str(), number["accountId"].as_str().unwrap().len()),
        (Some("Active"), 12)
    );

    assert_eq!(
        visitor.json("PUT", "console", &format!("{rest}/account"), json!(null)).await.status,
        200
    );
    assert_eq!(
        visitor.json("PUT", "console", &format!("{rest}/account"), json!(null)).await.status,
        409
    );
    let again = Visitor::new(&sandbox).sign_in(email, PASSWORD).await;
    assert!(again["properties"]["Text"].as_str().unwrap().contains("Suspended"), "{again}");

    let account = visitor.account(email).await;
    assert_eq!(account["status"], "suspended");
    assert_eq!(account["billing"]["currency"], "EUR");
    assert_eq!(account["billing"]["pdf_invoices"], true);
    let counts = sandbox.counts(email);
    let once = [
        counts.start,
        counts.cards_submitted,
        counts.cards_charged,
        counts.challenge_code,
        counts.challenge_pin,
        counts.calls_made,
        counts.accounts_created,
        counts.role_stacks_created,
        counts.closes,
    ];
    assert_eq!(once, [1; 9], "{counts:?}");
    assert_eq!((counts.stacks_submitted, counts.close_submissions), (2, 2));
    sandbox.stop().await;
}

#[tokio::test]
async fn no_step_is_taken_out_of_order_or_twice() {
    let sandbox = console_with(&["three-d-secure=none"]).await;
    let visitor = Visitor::new(&sandbox);
    let email = "order@example.test";
    visitor.open().await;
    let early = visitor.contact().await;
    assert_eq!((&early["ok"], &early["state"]["section"]), (&json!(false), &json!("start")));
    visitor.sign_up_through(email, "contact").await;
    visitor.card().await;
    visitor.card().await;
    assert_eq!(visitor.state().await["section"], "identity");
    let late = visitor.credentials().await;
    assert_eq!(late["state"]["section"], "identity", "the page is told where it is");
    let counts = sandbox.counts(email);
    assert_eq!((counts.cards_submitted, counts.cards_charged), (2, 1));
}

#[tokio::test]
async fn fields_are_checked_by_the_server() {
    let sandbox = console_with(&[]).await;
    let visitor = Visitor::new(&sandbox);
    visitor.open().await;
    for (email, name, field) in
        [("nobody", "n", "emailAddress"), ("a@b c", "n", "emailAddress"), ("a@b.c", "", "fullName")]
    {
        let answer = visitor.step("start", json!({"emailAddress": email, "fullName": name})).await;
        assert!(answer["fields"][field].is_string(), "{email} {name}: {answer}");
    }
    visitor.start("f@example.test").await;
    assert!(visitor.step("mail-code", json!({"otp": "000"})).await["fields"]["otp"].is_string());
    visitor.mail_code().await;
    for (one, two, field) in [
        ("short1A", "short1A", "password"),
        ("alllowercase", "alllowercase", "password"),
        (PASSWORD, "other", "rePassword"),
    ] {
        let answer = visitor.step("credentials", json!({"password": one, "rePassword": two})).await;
        assert!(answer["fields"][field].is_string(), "{answer}");
    }
    visitor.credentials().await;
    let empty = visitor.step("contact", json!({"accountType": "business"})).await;
    for field in [
        "address.fullName",
        "address.company",
        "address.phoneNumber",
        "address.city",
        "address.postalCode",
        "address.country",
        "agreement",
    ] {
        assert!(empty["fields"][field].is_string(), "{field}: {empty}");
    }
    visitor.contact().await;
    visitor.form("signup", "/billing/signup/payment", &[("cardNumber", "4111111111111112")]).await;
    let state = visitor.state().await;
    assert_eq!((&state["section"], state["error"].is_string()), (&json!("card"), true));
    assert_eq!(visitor.state().await["error"], json!(null), "an error is shown once");
}

#[tokio::test]
async fn a_sign_in_says_what_is_known_of_an_address() {
    let sandbox = console_with(&[]).await;
    let visitor = Visitor::new(&sandbox);
    let unknown = visitor.sign_in("unknown@example.test", PASSWORD).await;
    assert!(
        unknown["properties"]["Text"].as_str().unwrap().starts_with("No account exists"),
        "{unknown}"
    );
    visitor.sign_up_through("half@example.test", "contact").await;
    let wrong = visitor.sign_in("half@example.test", "Wrong-Password-1").await;
    assert!(wrong["properties"]["Text"].as_str().unwrap().contains("incorrect"), "{wrong}");

    let elsewhere = Visitor::new(&sandbox);
    let resumed = elsewhere.sign_in("HALF@example.test", PASSWORD).await;
    let to = resumed["properties"]["RedirectTo"].as_str().unwrap();
    let path = to.strip_prefix(&sandbox.addresses().signup).unwrap();
    assert_eq!(
        elsewhere.get("signup", path).await.location.as_deref(),
        Some("/billing/signup#/resume")
    );
    assert_eq!(elsewhere.state().await["section"], "card");

    let used = Visitor::new(&sandbox);
    used.sign_up_through("half@example.test", "mail-code").await;
    let taken = used.credentials().await;
    assert!(taken["error"].as_str().unwrap().contains("already in use"), "{taken}");
    assert_eq!(
        elsewhere.state().await["section"],
        "card",
        "the account that is there is not touched"
    );
}

#[tokio::test]
async fn no_secret_is_in_the_state() {
    let sandbox = console_with(&["three-d-secure=code-and-pin"]).await;
    let visitor = Visitor::new(&sandbox);
    visitor.sign_up_through("s@example.test", "card").await;
    visitor.confirm_by_sms().await;
    let sms = visitor.message("sms", "card-code").await;
    let code = after_code(&sms);
    let state =
        visitor.get("control", "/practice/state").await.body + &format!("{:?}", sandbox.state());
    for secret in [PASSWORD, CARD, &CARD.replace(' ', ""), &code] {
        assert!(!state.contains(secret), "the state shows a secret");
    }
}

fn after_code(sms: &str) -> String {
    sms[..6].to_owned()
}
