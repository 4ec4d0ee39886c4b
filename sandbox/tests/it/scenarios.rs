//! Each scenario switch does what it says, for one account or for all.

use serde_json::json;

use crate::visitor::{PASSWORD, Visitor, console, console_with, until};

#[tokio::test]
async fn captchas_are_asked_where_the_scenario_says() {
    let sandbox =
        console_with(&["captcha-signup=wrong-first", "captcha-credentials=on", "captcha-phone=on"])
            .await;
    let visitor = Visitor::new(&sandbox);
    visitor.open().await;
    let asked = visitor.start("c@example.test").await;
    let with = async |asked: &serde_json::Value, kind: &str, mut body: serde_json::Value| {
        body["captchaId"] = asked["captcha"]["id"].clone();
        body["captchaGuess"] = json!(visitor.captcha_answer(&asked["captcha"][kind]).await);
        body
    };
    let form = json!({"emailAddress": "c@example.test", "fullName": "n"});
    let refused = visitor.step("start", with(&asked, "image", form.clone()).await).await;
    assert_eq!(refused["captcha"]["wrong"], true, "the first right answer is refused");
    assert_ne!(refused["captcha"]["id"], asked["captcha"]["id"]);
    let replayed = visitor.step("start", with(&asked, "image", form.clone()).await).await;
    assert_eq!(replayed["captcha"]["wrong"], true, "a captcha can be answered once");
    assert_eq!(visitor.step("start", with(&replayed, "audio", form).await).await["ok"], true);
    visitor.mail_code().await;
    let asked = visitor.credentials().await;
    let form = json!({"password": PASSWORD, "rePassword": PASSWORD});
    assert_eq!(visitor.step("credentials", with(&asked, "image", form).await).await["ok"], true);
    visitor.contact().await;
    visitor.card().await;
    visitor.confirm_by_sms().await;
    let state = visitor.state().await;
    let form = json!({"divaMethod": "Phone", "countryCode": "+1", "phoneNumber": "5550100"});
    let answered = visitor.step("identity", with(&state, "audio", form).await).await;
    assert_eq!(answered["state"]["call"]["pin"].as_str().unwrap().len(), 4);
    let counts = sandbox.counts("c@example.test");
    assert_eq!((counts.captchas_solved, counts.captchas_failed), (3, 2), "{counts:?}");

    let picture = visitor
        .get(
            "captcha",
            state["captcha"]["image"]
                .as_str()
                .unwrap()
                .split_once("/image")
                .map(|(_, f)| format!("/image{f}"))
                .unwrap()
                .as_str(),
        )
        .await;
    assert_eq!(picture.status, 200);
}

#[tokio::test]
async fn the_issuer_decides_about_the_payment() {
    let sandbox = console_with(&[]).await;
    let visitor = Visitor::new(&sandbox);
    visitor.scenario("refused@example.test", json!({"three-d-secure": "refused"})).await;
    visitor.sign_up_through("refused@example.test", "card").await;
    visitor.confirm_by_sms().await;
    let state = visitor.state().await;
    assert_eq!(state["section"], "card");
    assert!(state["error"].as_str().unwrap().contains("bank refused"), "{state}");
    assert_eq!(sandbox.counts("refused@example.test").cards_charged, 0);

    let visitor = Visitor::new(&sandbox);
    visitor.scenario("app@example.test", json!({"three-d-secure": "app"})).await;
    visitor.sign_up_through("app@example.test", "card").await;
    let path = visitor.challenge().await;
    assert!(
        !visitor.get("issuer", &path).await.body.contains("challengeDataEntry"),
        "there is nothing to type"
    );
    assert_eq!(visitor.get("issuer", &format!("{path}/status")).await.json()["settled"], false);
    let approved = visitor
        .json(
            "POST",
            "control",
            "/practice/app-approval/app@example.test",
            json!({"approve": true}),
        )
        .await;
    assert_eq!(approved.status, 200);
    assert_eq!(visitor.get("issuer", &format!("{path}/status")).await.json()["settled"], true);
    assert_eq!(visitor.state().await["section"], "identity");

    let visitor = Visitor::new(&sandbox);
    visitor.sign_up_through("wrong@example.test", "card").await;
    let path = visitor.challenge().await;
    visitor.get("issuer", &path).await;
    visitor.confirm(&path, "nonsense").await;
    assert!(visitor.get("issuer", &path).await.body.contains("isn't right"));
    visitor
        .send("POST", visitor.url("issuer", &format!("{path}/again")), "text/plain", String::new())
        .await;
    assert_eq!(sandbox.counts("wrong@example.test").sms_sent, 2);
    visitor.confirm_by_sms().await;
    assert_eq!(sandbox.counts("wrong@example.test").cards_charged, 1);

    let visitor = Visitor::new(&sandbox);
    visitor.scenario("declined@example.test", json!({"card": "declined"})).await;
    visitor.sign_up_through("declined@example.test", "card").await;
    assert!(visitor.state().await["error"].as_str().unwrap().contains("declined"));
}

#[tokio::test]
async fn an_interrupted_sign_up_is_resumed_by_signing_in() {
    let sandbox = console_with(&[]).await;
    for (section, path) in [
        ("contact", "contact"),
        ("card", "card"),
        ("identity", "identity"),
        ("support-plan", "support-plan"),
    ] {
        let email = format!("{section}@example.test");
        let visitor = Visitor::new(&sandbox);
        visitor.scenario(&email, json!({"interrupted": section})).await;
        let before = match section {
            "contact" => "credentials",
            "card" => "contact",
            "identity" => "challenge",
            _ => "identity",
        };
        visitor.sign_up_through(&email, before).await;
        let expired = match path {
            "contact" => visitor.contact().await["expired"].clone(),
            "identity" => visitor.identity("5550100").await["expired"].clone(),
            "support-plan" => visitor.step(path, json!({"plan": "basic"})).await["expired"].clone(),
            _ => {
                visitor.card().await;
                visitor.state().await["expired"].clone()
            }
        };
        assert_eq!(expired, true, "{section}");
        let again = Visitor::new(&sandbox);
        let to = again.sign_in(&email, PASSWORD).await["properties"]["RedirectTo"]
            .as_str()
            .unwrap()
            .to_owned();
        again.get("signup", to.strip_prefix(&sandbox.addresses().signup).unwrap()).await;
        assert_eq!(again.state().await["section"], section);
        assert_eq!(sandbox.counts(&email).expired_sessions, 1);
    }
}

#[tokio::test]
async fn telephone_numbers_can_be_blocked_and_calls_can_fail() {
    let sandbox = console_with(&["number-blocked=+15550199", "call=fail-first"]).await;
    let visitor = Visitor::new(&sandbox);
    visitor.sign_up_through("p@example.test", "challenge").await;
    assert!(
        visitor.identity("5550199").await["error"].as_str().unwrap().contains("another number")
    );
    let shown = visitor.identity("5550100").await;
    let pin = shown["state"]["call"]["pin"].as_str().unwrap().to_owned();
    assert!(!visitor.key("+15550100", &pin).await, "the first call fails whatever is keyed");
    let state = visitor.state().await;
    assert!(state["identity_error"].as_str().unwrap().contains("new PIN"), "{state}");
    assert!(!visitor.key("+1 555 0100", "no").await);
    let pin = visitor.state().await["call"]["pin"].as_str().unwrap().to_owned();
    assert!(visitor.key("+15550100", &pin).await);
    assert_eq!(visitor.state().await["section"], "support-plan");
    let counts = sandbox.counts("p@example.test");
    assert_eq!((counts.calls_made, counts.calls_failed, counts.calls_answered), (3, 2, 1));

    let visitor = Visitor::new(&sandbox);
    visitor.scenario("sms@example.test", json!({"call": "sms"})).await;
    visitor.sign_up_through("sms@example.test", "challenge").await;
    assert_eq!(visitor.identity("5550100").await["state"]["phone_code"], true);
    let code = visitor.message("sms", "phone-code").await[..6].to_owned();
    assert_eq!(
        visitor.step("phone-code", json!({"smsPin": code})).await["state"]["section"],
        "support-plan"
    );
}

#[tokio::test]
async fn a_call_that_nobody_answers_fails_and_the_form_comes_back() {
    let sandbox = console(|o| o.call_time_limit = std::time::Duration::from_millis(30)).await;
    let visitor = Visitor::new(&sandbox);
    visitor.sign_up_through("n@example.test", "challenge").await;
    visitor.identity("5550100").await;
    until("three calls have failed", async || {
        (sandbox.counts("n@example.test").calls_failed == 3).then_some(())
    })
    .await;
    let state = visitor.state().await;
    assert_eq!(state["section"], "identity");
    assert!(state["call"].is_null() && state["identity_error"].is_string(), "{state}");
}

#[tokio::test]
async fn a_sign_in_can_ask_for_more() {
    let sandbox = console_with(&[]).await;
    let visitor = Visitor::new(&sandbox);
    let open = |email: &str| json!({"email": email, "password": PASSWORD, "name": "n"});
    for email in [
        "cap@example.test",
        "mfa@example.test",
        "code@example.test",
        "register@example.test",
        "gone@example.test",
    ] {
        assert_eq!(
            visitor.json("POST", "control", "/practice/accounts", open(email)).await.status,
            200
        );
    }
    visitor
        .scenario(
            "cap@example.test",
            json!({"captcha-login": "wrong-first", "captcha-password": "on"}),
        )
        .await;
    let resolve = async |email: &str, id: &str, guess: &str| {
        visitor
            .form(
                "console",
                "/signin",
                &[
                    ("action", "resolveAccountType"),
                    ("email", email),
                    ("captcha_token", id),
                    ("captcha_guess", guess),
                ],
            )
            .await
            .json()
    };
    let mut asked = resolve("cap@example.test", "", "").await;
    for wrong in [true, false] {
        let (id, source) = (
            asked["properties"]["CES"].as_str().unwrap().to_owned(),
            asked["properties"]["CaptchaURL"].clone(),
        );
        asked = resolve("cap@example.test", &id, &visitor.captcha_answer(&source).await).await;
        assert_eq!(asked["properties"]["CaptchaURL"].is_string(), wrong, "{asked}");
    }
    let asked = visitor.authenticate("cap@example.test", PASSWORD, &[]).await;
    let (id, source) =
        (asked["properties"]["CES"].as_str().unwrap(), &asked["properties"]["CaptchaURL"]);
    let guess = visitor.captcha_answer(source).await;
    let done = visitor
        .authenticate(
            "cap@example.test",
            PASSWORD,
            &[("captcha_token", id), ("captcha_guess", &guess)],
        )
        .await;
    assert!(done["properties"]["RedirectTo"].is_string(), "{done}");

    visitor.scenario("mfa@example.test", json!({"mfa": true})).await;
    assert_eq!(
        visitor.sign_in("mfa@example.test", PASSWORD).await["properties"]["MFARequired"],
        true
    );
    let code = visitor.get("control", "/practice/mfa/mfa@example.test").await.json()["code"]
        .as_str()
        .unwrap()
        .to_owned();
    let wrong = if code == "000000" { "111111" } else { "000000" };
    assert_eq!(
        visitor.authenticate("mfa@example.test", PASSWORD, &[("mfa1", wrong)]).await["state"],
        "FAIL"
    );
    assert_eq!(
        visitor.authenticate("mfa@example.test", PASSWORD, &[("mfa1", &code)]).await["properties"]
            ["RedirectTo"],
        "/console/home"
    );

    visitor.scenario("code@example.test", json!({"login-code": "on"})).await;
    assert_eq!(
        visitor.sign_in("code@example.test", PASSWORD).await["properties"]["LoginCodeRequired"],
        true
    );
    let code = crate::visitor::after(
        &visitor.message("mails", "sign-in-code").await,
        "Verification code: ",
    );
    assert_eq!(
        visitor.authenticate("code@example.test", PASSWORD, &[("login_code", &code)]).await["properties"]
            ["RedirectTo"],
        "/console/home"
    );

    visitor.scenario("register@example.test", json!({"register-mfa": "on"})).await;
    let to = visitor.sign_in("register@example.test", PASSWORD).await["properties"]["RedirectTo"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(visitor.get("console", &to).await.body.contains("Skip for now"));

    visitor.scenario("gone@example.test", json!({"suspended": "on"})).await;
    assert!(
        visitor.sign_in("gone@example.test", PASSWORD).await["properties"]["Title"]
            .as_str()
            .unwrap()
            .contains("Suspended")
    );
}

#[tokio::test]
async fn a_forgotten_password_is_changed_through_the_mailed_link() {
    let sandbox = console_with(&[]).await;
    let visitor = Visitor::new(&sandbox);
    visitor
        .json(
            "POST",
            "control",
            "/practice/accounts",
            json!({"email": "f@example.test", "password": PASSWORD}),
        )
        .await;
    visitor.sign_in("f@example.test", "Forgotten-1").await;
    let asked = visitor
        .form("console", "/signin", &[("action", "captcha"), ("forgotpassword", "true")])
        .await
        .json();
    let (id, source) =
        (asked["properties"]["CES"].as_str().unwrap(), &asked["properties"]["CaptchaURL"]);
    let guess = visitor.captcha_answer(source).await;
    let fields = [
        ("action", "getResetPasswordToken"),
        ("email", "f@example.test"),
        ("captcha_token", id),
        ("captcha_guess", guess.as_str()),
    ];
    assert_eq!(
        visitor.form("console", "/signin", &fields).await.json()["properties"]["sent"],
        true
    );
    // As page scripts of 2023 read it: undo the quoting, cut at the next tag.
    let mail =
        visitor.message("mails", "reset-link").await.replace("=3D", "=").replace("=\r\n", "");
    let start = mail.find(&format!("{}/resetpassword", sandbox.addresses().console)).unwrap();
    let link = &mail[start..start + mail[start..].find('<').unwrap()];
    let path = link.strip_prefix(&sandbox.addresses().console).unwrap();
    assert!(visitor.get("console", path).await.body.contains("id=\"new_password\""));
    let key = path.split("key=").nth(1).unwrap();
    let fields = [
        ("action", "resetPasswordSubmitForm"),
        ("key", key),
        ("newpassword", "Brand-New-1"),
        ("confirmpassword", "Brand-New-1"),
    ];
    assert_eq!(visitor.form("console", "/resetpassword", &fields).await.json()["state"], "SUCCESS");
    assert_eq!(
        visitor.form("console", "/resetpassword", &fields).await.json()["state"],
        "FAIL",
        "a link works once"
    );
    assert_eq!(
        visitor.sign_in("f@example.test", "Brand-New-1").await["properties"]["RedirectTo"],
        "/console/home"
    );
    visitor.scenario("f@example.test", json!({"reset-link": "expired"})).await;
    assert!(visitor.get("console", path).await.body.contains("expired"));
}

#[tokio::test]
async fn a_payment_under_review_leaves_the_account_unusable() {
    let sandbox = console_with(&["all-smooth", "payment-review=on"]).await;
    let visitor = Visitor::new(&sandbox);
    visitor.sign_up_through("r@example.test", "support-plan").await;
    assert_eq!(visitor.state().await["review"], true);
    visitor.sign_in("r@example.test", PASSWORD).await;
    assert!(visitor.get("console", "/console/home").await.body.contains("reviewing your payment"));
    assert_eq!(visitor.create_stack().await.status, 403);
    assert_eq!(
        visitor.get("console", "/billing/rest/v1.0/account").await.json()["accountStatus"],
        "PendingReview"
    );
}

#[tokio::test]
async fn switches_are_set_over_http_and_mistakes_are_named() {
    let sandbox = console_with(&["card=declined"]).await;
    let visitor = Visitor::new(&sandbox);
    let wrong =
        visitor.json("PUT", "control", "/practice/scenario", json!({"cards": "declined"})).await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.json()["keys"].as_array().unwrap().contains(&json!("card")));
    visitor.scenario("one@example.test", json!({"card": "accepted"})).await;
    assert_eq!(
        visitor.get("control", "/practice/scenario/one@example.test").await.json()["card"],
        "accepted"
    );
    assert_eq!(
        visitor.get("control", "/practice/scenario/two@example.test").await.json()["card"],
        "declined"
    );
    visitor
        .json("PUT", "control", "/practice/scenario", json!({"preset": "earlier-machine"}))
        .await;
    assert_eq!(visitor.get("control", "/practice/scenario").await.json()["captcha-phone"], "on");
    visitor
        .send("DELETE", visitor.url("control", "/practice/scenario"), "text/plain", String::new())
        .await;
    assert_eq!(
        visitor.get("control", "/practice/scenario/one@example.test").await.json()["card"],
        "declined",
        "back to the start"
    );
    visitor.sign_up_through("x@example.test", "start").await;
    visitor
        .send("POST", visitor.url("control", "/practice/reset"), "text/plain", String::new())
        .await;
    assert_eq!(visitor.get("control", "/practice/state").await.json()["accounts"], json!([]));
    assert!(visitor.get("control", "/").await.body.contains("practice console, not AWS"));
}

#[tokio::test]
async fn a_member_becomes_independent() {
    let sandbox = console_with(&[]).await;
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
    let api = "/billing/signup/member";
    assert_eq!(
        visitor.get("signup", &format!("{api}/state")).await.json()["route"],
        "/paymentinformation"
    );
    let year = (jiff::Zoned::now().year() + 1).to_string();
    let card = json!({"number": crate::visitor::CARD, "expirationMonth": "1", "expirationYear": year, "accountHolderName": "A"});
    let view = visitor.json("POST", "signup", &format!("{api}/card"), card).await.json();
    assert_eq!(view["route"], "/identityverification");
    let guess = visitor.captcha_answer(&view["captcha"]["image"]).await;
    let call = json!({"countryCode": "+1", "phoneNumber": "5550100", "captchaId": view["captcha"]["id"], "guess": guess});
    let pin = visitor.json("POST", "signup", &format!("{api}/call"), call).await.json()["pin"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(visitor.key("+15550100", &pin).await);
    assert_eq!(visitor.get("signup", &format!("{api}/state")).await.json()["route"], "/support");
    assert_eq!(sandbox.counts("m@example.test").cards_charged, 1);
}
