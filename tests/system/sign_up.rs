//! The create flow in every branch that the practice console knows for it.

use mavm_tests::{Machine, Setup};
use serde_json::Value;

/// What is known at the end of a create flow.
struct End {
    machine: Machine,
    run: Value,
    account: Value,
    practice: Value,
}

/// Runs the create flow with these switches and gives what came of it.
async fn sign_up(setup: Setup) -> End {
    let machine = Machine::start(setup).await;
    let run = machine.run_of("create-account").await;
    let run = machine.ended(&run).await;
    let account = machine.account().await;
    let practice = machine.practice().await;
    End { machine, run, account, practice }
}

impl End {
    /// In stock, signed up once, charged once, nothing left of the run's hurdles.
    fn is_in_stock(&self) {
        assert_eq!(self.run["status"], "succeeded", "{:#}", self.run);
        assert_eq!(self.account["status"], "CREATED", "{:#}", self.account);
        assert_eq!(self.account["id"].as_str().map(str::len), Some(12), "{:#}", self.account);
        let counts = &self.practice["counts"];
        assert_eq!(counts["accounts_created"], 1, "{counts:#}");
        assert_eq!(counts["cards_charged"], 1, "{counts:#}");
        assert_eq!(counts["role_stacks_created"], 1, "{counts:#}");
        assert_eq!(self.practice["account_id"], self.account["id"]);
    }

    /// Given up: a person looks at it, it never comes into stock.
    fn was_given_up(&self) {
        assert_eq!(self.run["status"], "failed", "{:#}", self.run);
        assert_eq!(self.account["status"], "QUARANTINED", "{:#}", self.account);
    }

    /// Given up in the site's own words, never charged.
    fn was_refused(&self, words: &str) {
        self.was_given_up();
        let note = self.account["note"].as_str().unwrap_or_default().to_lowercase();
        assert!(note.contains(words), "the note should say `{words}`: {note}");
        let counts = &self.practice["counts"];
        assert_eq!(counts["accounts_created"], 0, "{counts:#}");
        assert_eq!(counts["cards_charged"], 0, "{counts:#}");
    }

    fn count(&self, name: &str) -> u64 {
        self.practice["counts"][name].as_u64().unwrap()
    }
}

#[tokio::test]
async fn all_smooth() {
    let end = sign_up(Setup::with(&[])).await;
    end.is_in_stock();
    // Billing and access are as configured.
    let billing = &end.practice["billing"];
    assert_eq!(billing["currency"], "EUR", "{billing:#}");
    assert_eq!(billing["pdf_invoices"], true, "{billing:#}");
    assert_eq!(
        end.account["role_arn"],
        format!("arn:aws:iam::{}:role/OVMCrossAccountRole", end.account["id"].as_str().unwrap())
    );
    // Everything was submitted once.
    for form in ["start", "mail_code", "credentials", "contact", "cards_submitted", "support_plan"]
    {
        assert_eq!(end.count(form), 1, "{form}");
    }
    // The trace is there to open.
    let traces = end.machine.folder().join("data/traces").join(end.run["id"].as_str().unwrap());
    assert!(traces.read_dir().unwrap().next().is_some());
}

#[tokio::test]
async fn as_usual_with_banner_tooltip_and_one_code() {
    let end = sign_up(Setup::with(&["usual"])).await;
    end.is_in_stock();
    assert_eq!(end.count("challenge_code"), 1);
}

#[tokio::test]
async fn captcha_at_sign_up_and_at_phone() {
    let end =
        sign_up(Setup::with(&["captcha-signup=on", "captcha-credentials=on", "captcha-phone=on"]))
            .await;
    end.is_in_stock();
    assert!(end.count("captchas_solved") >= 3);
}

#[tokio::test]
async fn captcha_answered_wrongly_at_first() {
    let end =
        sign_up(Setup::with(&["captcha-signup=wrong-first", "captcha-phone=wrong-first"])).await;
    end.is_in_stock();
    assert!(end.count("captchas_failed") >= 2);
}

#[tokio::test]
async fn three_d_secure_with_one_code() {
    let end = sign_up(Setup::with(&["three-d-secure=code"])).await;
    end.is_in_stock();
    assert_eq!(end.count("challenge_code"), 1);
}

#[tokio::test]
async fn three_d_secure_with_code_and_pin() {
    let setup = Setup { issuer: "card-otp-pin", ..Setup::with(&["three-d-secure=code-and-pin"]) };
    let end = sign_up(setup).await;
    end.is_in_stock();
    assert_eq!((end.count("challenge_code"), end.count("challenge_pin")), (1, 1));
}

#[tokio::test]
async fn three_d_secure_refused() {
    sign_up(Setup::with(&["three-d-secure=refused"])).await.was_refused("refused");
}

#[tokio::test]
async fn card_declined() {
    sign_up(Setup::with(&["card=declined"])).await.was_refused("card");
}

#[tokio::test]
async fn address_taken() {
    sign_up(Setup::with(&["address-taken=on"])).await.was_refused("in use");
}

#[tokio::test]
async fn mail_late() {
    sign_up(Setup::with(&["mail=late:3000"])).await.is_in_stock();
}

#[tokio::test]
async fn first_mail_lost() {
    let end = sign_up(Setup::with(&["mail=lost-first"])).await;
    end.is_in_stock();
    assert!(end.count("mails_sent") >= 2);
}

#[tokio::test]
async fn number_blocked_so_another_is_used() {
    let setup = Setup {
        numbers: vec!["+491701234567", "+491707654321"],
        ..Setup::with(&["number-blocked=+491701234567"])
    };
    let end = sign_up(setup).await;
    end.is_in_stock();
    assert_eq!(end.count("calls_answered"), 1);
}

#[tokio::test]
async fn every_number_blocked() {
    let end = sign_up(Setup::with(&["number-blocked=all"])).await;
    end.was_given_up();
    assert_eq!(end.count("accounts_created"), 0);
}

#[tokio::test]
async fn call_fails_at_first() {
    let end = sign_up(Setup::with(&["call=fail-first"])).await;
    end.is_in_stock();
    assert_eq!(end.count("calls_answered"), 1);
}

#[tokio::test]
async fn interrupted_at_the_card_and_resumed() {
    let end = sign_up(Setup::with(&["interrupted=card"])).await;
    end.is_in_stock();
    assert_eq!(end.count("expired_sessions"), 1);
}

#[tokio::test]
async fn interrupted_at_the_phone_and_resumed() {
    let end = sign_up(Setup::with(&["interrupted=identity"])).await;
    end.is_in_stock();
    assert_eq!(end.count("expired_sessions"), 1);
}

#[tokio::test]
async fn captcha_at_the_sign_in() {
    sign_up(Setup::with(&["captcha-login=on", "captcha-password=wrong-first"])).await.is_in_stock();
}

#[tokio::test]
async fn an_account_under_payment_review_never_comes_into_stock() {
    let end = sign_up(Setup::with(&["payment-review=on"])).await;
    end.was_given_up();
}

#[tokio::test]
async fn an_account_without_its_role_never_comes_into_stock() {
    let end = sign_up(Setup::with(&["stack=failed"])).await;
    end.was_given_up();
}
