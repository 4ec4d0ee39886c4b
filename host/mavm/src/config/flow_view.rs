//! The part of the configuration that templates in flows see, as `config.…`. No secret is in it.

use serde_json::{Value, json};

use super::Config;

/// What flows see.
pub fn flow_view(config: &Config) -> Value {
    json!({
        "company": config.company,
        "card": config.card,
        "billing": config.billing,
        "access": config.access,
        "account": { "email": config.account.email },
        "stock": {
            "target": config.stock.target,
            "every": format!("{:#}", config.stock.every),
            "max_per_day": config.stock.max_per_day,
        },
        "lease": { "length": format!("{:#}", config.vend.lease) },
    })
}
