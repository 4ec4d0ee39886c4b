//! The ARN of an IAM role.

/// `arn:aws:iam::123456789012:role/Path/Name`, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleArn {
    whole: String,
    account: String,
}

impl RoleArn {
    /// Checks it; the error says what is wrong.
    pub fn new(arn: &str) -> Result<Self, String> {
        let bad = || {
            // Its start is enough to see what was meant instead.
            let shown: String = arn.chars().take(80).collect();
            format!(
                "`{shown}` is not the ARN of a role. It looks like arn:aws:iam::123456789012:role/Name"
            )
        };
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let &["arn", partition, "iam", "", account, resource] = parts.as_slice() else {
            return Err(bad());
        };
        let partition_ok = matches!(partition, "aws" | "aws-cn" | "aws-us-gov");
        let account_ok = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        let name_ok = resource.strip_prefix("role/").is_some_and(|path| {
            let name = path.rsplit('/').next().unwrap_or_default();
            path.len() <= 576
                && (1..=64).contains(&name.len())
                && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"+=,.@_/-".contains(&b))
        });
        if !(partition_ok && account_ok && name_ok) {
            return Err(bad());
        }
        Ok(Self { whole: arn.to_owned(), account: account.to_owned() })
    }

    /// All of it.
    pub fn as_str(&self) -> &str {
        &self.whole
    }

    /// The account that the role is in, twelve digits.
    pub fn account(&self) -> &str {
        &self.account
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_roles_arn_is_one() {
        for good in [
            "arn:aws:iam::123456789012:role/OVMCrossAccountRole",
            "arn:aws-us-gov:iam::012345678901:role/path/to/Name+=,.@_-1",
        ] {
            assert_eq!(RoleArn::new(good).map(|arn| arn.as_str().to_owned()), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "arn:aws:iam::123456789012:user/Name",
            "arn:aws:iam::12345678901:role/Name",
            "arn:aws:iam:eu-central-1:123456789012:role/Name",
            "arn:aws:sts::123456789012:role/Name",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:role/Path/",
            "arn:aws:iam::123456789012:role/Na me",
            "arn:aws:iam::123456789012:role/a:b",
            "arn:other:iam::123456789012:role/Name",
            &format!("arn:aws:iam::123456789012:role/{}", "a".repeat(65)),
        ] {
            assert!(RoleArn::new(bad).is_err(), "{bad}");
        }
    }
}
