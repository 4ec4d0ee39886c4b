//! AWS STS, with the operator's credentials: the default chain (environment, profile, container,
//! instance), or the ones that the configuration gives for the practice console.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::BehaviorVersion;
use aws_config::meta::region::RegionProviderChain;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_sdk_sts::config::{Credentials, Region};
use aws_sdk_sts::error::{DisplayErrorContext, ProvideErrorMetadata as _, SdkError};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::sync::OnceCell;
use url::Url;

use super::arn::RoleArn;
use super::error::Error;
use super::provider::{Assumed, Aws};
use crate::waiting::Deadline;

const MAX_WORDS: usize = 1000;
/// The shortest that AWS gives; the credentials are dropped at once.
const SECONDS: i32 = 900;

/// Where STS is and as whom it is called. All of it may be left out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct StsConfig {
    /// Another address than AWS's own: the practice console's.
    pub endpoint: Option<Url>,
    /// Region; without it that of the environment or profile, else `us-east-1`.
    pub region: Option<String>,
    /// Fixed credentials, for the practice console; without them the default chain.
    pub credentials: Option<StaticCredentials>,
}

/// Fixed credentials.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StaticCredentials {
    /// Key id.
    pub access_key_id: String,
    /// Key.
    #[serde(deserialize_with = "secret")]
    pub secret_access_key: SecretString,
}

fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

/// Calls STS. The client is made at the first call and kept.
pub struct Sts {
    config: StsConfig,
    client: OnceCell<aws_sdk_sts::Client>,
}

impl Sts {
    /// Nothing is looked up or called yet.
    pub fn new(config: StsConfig) -> Self {
        Self { config, client: OnceCell::new() }
    }

    async fn client(&self) -> &aws_sdk_sts::Client {
        self.client.get_or_init(|| self.connect()).await
    }

    async fn connect(&self) -> aws_sdk_sts::Client {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .operation_attempt_timeout(Duration::from_secs(15))
            .operation_timeout(Duration::from_secs(45))
            .build();
        let region = self.config.region.clone().map(Region::new);
        let mut config = match &self.config.credentials {
            // Reads neither environment nor profile: what is written in the configuration holds.
            Some(fixed) => aws_sdk_sts::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(region.unwrap_or_else(|| Region::from_static("us-east-1")))
                .credentials_provider(Credentials::new(
                    &fixed.access_key_id,
                    fixed.secret_access_key.expose_secret(),
                    None,
                    None,
                    "mavm.toml",
                )),
            None => {
                let region = RegionProviderChain::first_try(region)
                    .or_default_provider()
                    .or_else(Region::from_static("us-east-1"));
                let shared = aws_config::defaults(BehaviorVersion::latest()).region(region);
                aws_sdk_sts::config::Builder::from(&shared.load().await)
            }
        };
        config = config.timeout_config(timeouts);
        if let Some(endpoint) = &self.config.endpoint {
            config = config.endpoint_url(endpoint.as_str());
        }
        aws_sdk_sts::Client::from_conf(config.build())
    }

    async fn call(&self, role: &RoleArn, session: &str) -> Result<Assumed, Error> {
        let answer = self
            .client()
            .await
            .assume_role()
            .role_arn(role.as_str())
            .role_session_name(session)
            .duration_seconds(SECONDS)
            .send()
            .await;
        match answer {
            // The credentials in it are dropped here, unread.
            Ok(output) => match output.assumed_role_user() {
                Some(user) => Ok(Assumed::Allowed(user.arn().to_owned())),
                None => Err(Error::Refused(
                    "STS answered AssumeRole without saying which session it opened".to_owned(),
                )),
            },
            Err(error) => judge(&error),
        }
    }
}

/// AccessDenied is an answer; everything else leaves the question open.
fn judge<R: std::fmt::Debug>(error: &SdkError<AssumeRoleError, R>) -> Result<Assumed, Error> {
    let SdkError::ServiceError(answer) = error else {
        return Err(Error::Unreachable(bounded(&format!(
            "STS could not be asked: {}. Check the network, the region and the host's AWS credentials",
            DisplayErrorContext(error)
        ))));
    };
    let answer = answer.err();
    let words = bounded(answer.message().unwrap_or("no reason given"));
    match answer.code() {
        Some("AccessDenied" | "AccessDeniedException") => Ok(Assumed::AccessDenied(words)),
        code => Err(Error::Refused(format!(
            "STS answered {}: {words}",
            code.unwrap_or("an error without a code")
        ))),
    }
}

fn bounded(words: &str) -> String {
    words.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect()
}

#[async_trait]
impl Aws for Sts {
    async fn assume_role(
        &self,
        role: &RoleArn,
        session: &str,
        deadline: Deadline,
    ) -> Result<Assumed, Error> {
        tokio::time::timeout_at(deadline.instant(), self.call(role, session)).await.unwrap_or_else(
            |_| {
                Err(Error::Unreachable(format!(
                    "STS gave no answer within {}",
                    deadline.in_words()
                )))
            },
        )
    }
}
