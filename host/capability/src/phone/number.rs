//! A phone number in international form.

/// `+`, country code, number: at most 15 digits (ITU-T E.164).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct Number(String);

impl Number {
    /// Checks it; the error says what is wrong.
    pub fn new(number: &str) -> Result<Self, String> {
        let digits = number.strip_prefix('+').unwrap_or_default();
        let sound = (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if sound {
            return Ok(Self(number.to_owned()));
        }
        Err(format!(
            "`{number}` is not a phone number in international form: write + and 7 to 15 digits without spaces, such as +491701234567"
        ))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Number {
    type Error = String;

    fn try_from(number: String) -> Result<Self, String> {
        Self::new(&number)
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_international_form_is_a_number() {
        for good in ["+491701234567", "+12025550123", "+2901234"] {
            assert!(Number::new(good).is_ok(), "{good}");
        }
        for bad in ["", "+", "01701234567", "+0491701", "+49 170 1234567", "+4917O1234567"] {
            assert!(Number::new(bad).is_err(), "{bad}");
        }
    }
}
