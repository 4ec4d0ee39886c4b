//! A browser without a screen: keeps cookies, follows nothing by itself.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use mavm_sandbox::{Delays, Options, Sandbox};
use serde_json::{Value, json};

pub const PASSWORD: &str = "Correct-Horse-9";
pub const CARD: &str = "4111 1111 1111 1111";

/// A console without delays, after `change`.
pub async fn console(change: impl FnOnce(&mut Options)) -> Sandbox {
    let mut options = Options { delays: Delays::Off, ..Options::default() };
    change(&mut options);
    Sandbox::start(options).await.unwrap()
}

/// With these scenario switches.
pub async fn console_with(switches: &[&str]) -> Sandbox {
    console(|o| switches.iter().for_each(|s| o.scenario.set(s).unwrap())).await
}

pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }
}

pub struct Visitor<'a> {
    pub sandbox: &'a Sandbox,
    http: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl<'a> Visitor<'a> {
    pub fn new(sandbox: &'a Sandbox) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { sandbox, http, cookies: Mutex::default() }
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    pub fn url(&self, site: &str, path: &str) -> String {
        format!("http://{}{path}", self.sandbox.listening()[site])
    }

    pub async fn send(&self, method: &str, url: String, kind: &str, body: String) -> Answer {
        let cookies: Vec<String> =
            self.cookies.lock().unwrap().iter().map(|(k, v)| format!("{k}={v}")).collect();
        let request = self
            .http
            .request(method.parse().unwrap(), url)
            .header("cookie", cookies.join("; "))
            .header("content-type", kind)
            .body(body);
        let response = request.send().await.unwrap();
        for set in response.headers().get_all("set-cookie") {
            let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
        }
        let location = response.headers().get("location").map(|l| l.to_str().unwrap().to_owned());
        Answer {
            status: response.status().as_u16(),
            location,
            body: response.text().await.unwrap(),
        }
    }

    pub async fn get(&self, site: &str, path: &str) -> Answer {
        self.send("GET", self.url(site, path), "text/plain", String::new()).await
    }

    pub async fn json(&self, method: &str, site: &str, path: &str, body: Value) -> Answer {
        self.send(method, self.url(site, path), "application/json", body.to_string()).await
    }

    pub async fn form(&self, site: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        self.send("POST", self.url(site, path), "application/x-www-form-urlencoded", body.finish())
            .await
    }

    pub async fn scenario(&self, email: &str, switches: Value) {
        let answer =
            self.json("PUT", "control", &format!("/practice/scenario/{email}"), switches).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    pub async fn account(&self, email: &str) -> Value {
        self.get("control", &format!("/practice/state/{email}")).await.json()
    }

    /// Submits to one endpoint of the sign-up.
    pub async fn step(&self, path: &str, body: Value) -> Value {
        self.json("POST", "signup", &format!("/billing/signup/api/{path}"), body).await.json()
    }

    pub async fn open(&self) {
        assert_eq!(self.get("signup", "/billing/signup").await.status, 200);
    }

    pub async fn start(&self, email: &str) -> Value {
        self.step("start", json!({"emailAddress": email, "fullName": "ovm-test"})).await
    }

    /// The newest message of a kind, as it was sent.
    pub async fn message(&self, list: &str, kind: &str) -> String {
        let state = self.get("control", "/practice/state").await.json();
        let newest = state[list]
            .as_array()
            .unwrap()
            .iter()
            .rev()
            .find(|m| m["kind"] == kind)
            .unwrap_or_else(|| panic!("no {kind} in {list}"))
            .clone();
        self.get("control", &format!("/practice/{list}/{}", newest["id"])).await.body
    }

    pub async fn mail_code(&self) -> Value {
        let code = after(&self.message("mails", "sign-up-code").await, "Verification code: ");
        self.step("mail-code", json!({"otp": code})).await
    }

    pub async fn credentials(&self) -> Value {
        self.step("credentials", json!({"password": PASSWORD, "rePassword": PASSWORD})).await
    }

    pub async fn contact(&self) -> Value {
        self.step(
            "contact",
            json!({"accountType": "business", "address.fullName": "A Person", "address.company": "A GmbH", "address.phoneNumber": "+15550100",
                "address.country": "DE", "address.addressLine1": "Street 1", "address.city": "Berlin", "address.state": "Berlin",
                "address.postalCode": "10115", "agreement": true}),
        )
        .await
    }

    pub async fn card(&self) -> Answer {
        let year = (jiff::Zoned::now().year() + 2).to_string();
        let fields = [
            ("cardNumber", CARD),
            ("expirationMonth", "3"),
            ("expirationYear", &year),
            ("accountHolderName", "A Person"),
        ];
        self.form("signup", "/billing/signup/payment", &fields).await
    }

    pub async fn state(&self) -> Value {
        self.get("signup", "/billing/signup/api/state").await.json()["state"].clone()
    }

    /// The path of the challenge that the page would show in its frame.
    pub async fn challenge(&self) -> String {
        let state = self.state().await;
        let address =
            state["challenge"].as_str().unwrap_or_else(|| panic!("no challenge: {state}"));
        address.split_once("/challenge/").map(|(_, id)| format!("/challenge/{id}")).unwrap()
    }

    pub async fn confirm(&self, path: &str, typed: &str) -> Answer {
        self.form("issuer", path, &[("challengeDataEntry", typed)]).await
    }

    /// Opens the challenge, reads the SMS and confirms with its first six characters.
    pub async fn confirm_by_sms(&self) -> Answer {
        let path = self.challenge().await;
        assert!(self.get("issuer", &path).await.body.contains("challengeDataEntry"));
        let sms = self.message("sms", "card-code").await;
        self.confirm(&path, &sms[..6]).await
    }

    pub async fn identity(&self, number: &str) -> Value {
        self.step(
            "identity",
            json!({"divaMethod": "Phone", "countryCode": "+1", "phoneNumber": number}),
        )
        .await
    }

    /// Keys digits on the call, as soon as it rings.
    pub async fn key(&self, number: &str, digits: &str) -> bool {
        let body = json!({"number": number, "digits": digits});
        let answer = until("the call rings", async || {
            let answer = self.json("POST", "control", "/practice/phone/answer", body.clone()).await;
            (answer.status == 200).then_some(answer)
        })
        .await;
        answer.json()["accepted"].as_bool().unwrap()
    }

    /// Everything up to and including `section`, by its name.
    pub async fn sign_up_through(&self, email: &str, section: &str) {
        let good = |answer: &Value| assert_eq!(answer["ok"], true, "{answer}");
        self.open().await;
        good(&self.start(email).await);
        if section == "start" {
            return;
        }
        good(&self.mail_code().await);
        if section == "mail-code" {
            return;
        }
        good(&self.credentials().await);
        if section == "credentials" {
            return;
        }
        good(&self.contact().await);
        if section == "contact" {
            return;
        }
        assert_eq!(self.card().await.status, 303);
        if section == "card" {
            return;
        }
        if self.state().await["section"] == "challenge" {
            assert_eq!(self.confirm_by_sms().await.status, 303);
        }
        if section == "challenge" {
            return;
        }
        let shown = self.identity("5550100").await;
        good(&shown);
        assert!(self.key("+15550100", shown["state"]["call"]["pin"].as_str().unwrap()).await);
        if section == "identity" {
            return;
        }
        good(&self.step("support-plan", json!({"plan": "basic"})).await);
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> Value {
        let first = self
            .form("console", "/signin", &[("action", "resolveAccountType"), ("email", email)])
            .await
            .json();
        if first["state"] != "SUCCESS" || first["properties"]["CaptchaURL"].is_string() {
            return first;
        }
        self.authenticate(email, password, &[]).await
    }

    pub async fn authenticate(&self, email: &str, password: &str, more: &[(&str, &str)]) -> Value {
        let mut fields =
            vec![("action", "authenticateRoot"), ("email", email), ("password", password)];
        fields.extend_from_slice(more);
        self.form("console", "/signin", &fields).await.json()
    }

    pub async fn captcha_answer(&self, source: &Value) -> String {
        let answer = self
            .get(
                "control",
                &format!("/practice/captcha/answer?source={}", source.as_str().unwrap()),
            )
            .await;
        answer.json()["answer"].as_str().unwrap().to_owned()
    }

    pub async fn create_stack(&self) -> Answer {
        let body = json!({"region": "eu-central-1", "stackName": "ovm-role", "templateUrl": "https://bucket.example/role.yaml",
            "parameters": {"Principal": "111122223333", "RoleName": "OVMCrossAccountRole"}, "capabilities": ["CAPABILITY_NAMED_IAM"]});
        self.json("POST", "console", "/cloudformation/api/stacks", body).await
    }
}

/// What follows `mark`, up to the end of the line.
pub fn after(text: &str, mark: &str) -> String {
    let rest = text.split(mark).nth(1).unwrap_or_else(|| panic!("no \"{mark}\" in {text}"));
    rest.lines().next().unwrap().trim().to_owned()
}

/// Asks again and again until there is an answer.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(tokio::time::Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
