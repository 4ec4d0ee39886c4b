//! The environment of the earlier vending machine, accepted as configuration so that its users can
//! move over. It wins over the file.

use super::Config;

/// Lays the variables over the configuration.
pub fn apply(config: &mut Config, get: impl Fn(&str) -> Option<String>) -> miette::Result<()> {
    let text = [
        ("PRINCIPAL", &mut config.access.principal),
        ("INVOICE_EMAIL", &mut config.billing.contact_email),
        ("INVOICE_CURRENCY", &mut config.billing.currency),
        ("ACCOUNT_ROOT_EMAIL_PATTERN", &mut config.account.email),
    ];
    for (name, field) in text {
        if let Some(value) = get(name) {
            *field = value;
        }
    }
    if let Some(value) = get("ACCOUNTS_TO_VEND") {
        config.stock.target = value.parse().map_err(|_| {
            miette::miette!(
                help = "unset it, or set it to the number of accounts to keep in stock",
                "the environment variable ACCOUNTS_TO_VEND is `{value}`, not a whole number"
            )
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn variables_of_the_earlier_system_win() {
        let mut config = Config::default();
        apply(&mut config, |name| match name {
            "ACCOUNT_ROOT_EMAIL_PATTERN" => Some("root+%s@vend.example".into()),
            "ACCOUNTS_TO_VEND" => Some("4".into()),
            _ => None,
        })
        .unwrap();
        assert_eq!(
            (config.account.email.as_str(), config.stock.target),
            ("root+%s@vend.example", 4)
        );
    }

    #[test]
    fn a_wrong_number_names_the_variable() {
        let report = apply(&mut Config::default(), |name| {
            (name == "ACCOUNTS_TO_VEND").then(|| "many".into())
        })
        .unwrap_err();
        assert!(report.to_string().contains("ACCOUNTS_TO_VEND"));
    }
}
