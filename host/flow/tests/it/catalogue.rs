//! The plugins that the flows of this repository name, and a configuration for them.

use mavm_flow::Catalogue;
use mavm_plugin::About;
use mavm_plugin::bindings::words::mavm::plugin::manifest::{Input, Step};
use serde_json::{Value, json};

pub fn config() -> Value {
    json!({
        "company": {
            "name": "Example GmbH", "full_name": "Erika Mustermann", "phone": "+49301234567",
            "address": "Musterweg 1", "city": "Berlin", "state": "Berlin", "postal_code": "10115",
            "country": "Germany",
        },
        "card": {
            "issuer": "card-otp", "holder": "Erika Mustermann", "expiry_month": "March",
            "expiry_year": "2030", "code_channel": "card-sms",
        },
        "billing": {
            "currency": "", "contact_name": "", "contact_title": "", "contact_email": "",
            "contact_phone": "", "pdf_invoices": true, "unset": null,
        },
        "access": {
            "stack_name": "ovm-role", "role_name": "OVMCrossAccountRole",
            "principal": "123456789012", "template_url": "https://example.com/role.yaml",
            "region": "us-east-1",
        },
        "stock": { "target": 2, "every": "2h", "max_per_day": 12 },
        "lease": { "length": "24h" },
    })
}

/// `name` is required, `name?` is not.
fn step(name: &str, inputs: &[&str], branches: &[&str]) -> Step {
    let input = |name: &&str| Input {
        name: name.trim_end_matches('?').to_owned(),
        required: !name.ends_with('?'),
        description: format!("the {}", name.trim_end_matches('?').replace('_', " ")),
    };
    Step {
        name: name.to_owned(),
        description: String::new(),
        inputs: inputs.iter().map(input).collect(),
        branches: branches.iter().map(|it| (*it).to_owned()).collect(),
    }
}

fn about(name: &str, steps: Vec<Step>) -> About {
    About { name: name.to_owned(), version: "1.0.0".to_owned(), description: String::new(), steps }
}

pub fn catalogue() -> Catalogue {
    let address =
        ["full_name", "company", "phone", "address", "city", "state", "postal_code", "country"];
    let stack = ["stack_name", "role_name", "principal", "template_url", "region", "account_id"];
    let plugins = vec![
        about(
            "aws-signup",
            vec![
                step("start", &["full_name"], &[]),
                step("mail-code", &[], &[]),
                step("credentials", &[], &[]),
                step("contact", &address, &[]),
                step("support-plan", &[], &[]),
            ],
        ),
        about(
            "aws-payment",
            vec![step(
                "card",
                &["holder", "month", "year", "code_channel?"],
                &["challenge", "none"],
            )],
        ),
        about("card-otp", vec![step("challenge", &["code_channel?"], &[])]),
        about("card-otp-pin", vec![step("challenge", &["code_channel?"], &[])]),
        about("aws-identity", vec![step("phone", &["country_code?", "avoid?"], &[])]),
        about("aws-root-login", vec![step("login", &[], &["suspended"])]),
        about(
            "aws-access",
            vec![
                step("account-number", &[], &[]),
                step("role-stack", &stack, &[]),
                step("check", &["role_arn"], &[]),
            ],
        ),
        about(
            "aws-billing",
            vec![
                step("currency", &["currency"], &[]),
                step("contact", &["name", "title", "email", "phone"], &[]),
                step("pdf-invoices", &[], &[]),
            ],
        ),
        about("aws-closure", vec![step("close", &[], &[]), step("prove", &["role_arn"], &[])]),
    ];
    Catalogue::new(config(), plugins)
}

/// Plugins alpha, beta and gamma have every step and take every input that these flows name.
pub fn for_flows(texts: &[(String, String)]) -> Vec<About> {
    let mut steps = Vec::new();
    for (_, text) in texts {
        let flow: toml::Table = toml::from_str(text).unwrap_or_default();
        for rough in flow.get("step").and_then(|it| it.as_array()).into_iter().flatten() {
            let keys = |table: &str| -> Vec<String> {
                let table = rough.get(table).and_then(|it| it.as_table());
                table.map(|it| it.keys().cloned().collect()).unwrap_or_default()
            };
            let id = rough.get("id").and_then(|it| it.as_str()).unwrap_or_default();
            let with: Vec<String> = keys("with").iter().map(|it| format!("{it}?")).collect();
            let on = keys("on");
            let inputs: Vec<&str> = with.iter().map(String::as_str).collect();
            let branches: Vec<&str> = on.iter().map(String::as_str).collect();
            steps.push(step(id, &inputs, &branches));
        }
    }
    ["alpha", "beta", "gamma"].map(|name| about(name, steps.clone())).to_vec()
}

/// The plugin that docs/browser.md tells to write.
pub fn of_the_docs() -> Catalogue {
    Catalogue::new(config(), vec![about("try-page", vec![step("form", &[], &[])])])
}
