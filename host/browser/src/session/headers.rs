//! Of the headers of an answer, what is asked of them.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Names are compared as HTTP does, without regard to case; of one that comes twice the first counts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Headers {
    pub(super) length: Option<String>,
    pub(super) encoding: Option<String>,
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reading)
    }
}

struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("headers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
        let mut headers = Headers::default();
        while let Some(name) = map.next_key::<String>()? {
            let wanted = if name.eq_ignore_ascii_case("content-length") {
                &mut headers.length
            } else if name.eq_ignore_ascii_case("content-encoding") {
                &mut headers.encoding
            } else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = map.next_value()?;
            wanted.get_or_insert(value);
        }
        Ok(headers)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_twice() {
        let text = r#"{"Date": "x", "Content-length": "5", "CONTENT-LENGTH": "6", "content-Encoding": "br"}"#;
        let headers: Headers = serde_json::from_str(text).unwrap();
        let wanted = Headers { length: Some("5".to_owned()), encoding: Some("br".to_owned()) };
        assert_eq!(headers, wanted);
        assert_eq!(serde_json::from_str::<Headers>("{}").unwrap(), Headers::default());
    }
}
