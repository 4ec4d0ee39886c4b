//! STS through the AWS SDK.

use aws_sdk_sts::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sts::error::ProvideErrorMetadata;
use mavm_sandbox::Sandbox;
use serde_json::json;

use crate::visitor::{PASSWORD, Visitor, console_with};

fn client(sandbox: &Sandbox, key: &str) -> aws_sdk_sts::Client {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(&sandbox.addresses().sts)
        .credentials_provider(Credentials::new(key, "secret", None, None, "test"))
        .build();
    aws_sdk_sts::Client::from_conf(config)
}

#[tokio::test]
async fn a_role_is_assumed_while_its_account_is_open() {
    let sandbox = console_with(&[]).await;
    let visitor = Visitor::new(&sandbox);
    let account = json!({"email": "a@example.test", "password": PASSWORD});
    let id =
        visitor.json("POST", "control", "/practice/accounts", account).await.json()["account_id"]
            .as_str()
            .unwrap()
            .to_owned();
    assert!(id.starts_with('0'), "the first number begins with a 0, to catch those who drop it");
    let arn = format!("arn:aws:iam::{id}:role/OVMCrossAccountRole");
    let trusted = client(&sandbox, "111122223333");
    let assume = async |client: &aws_sdk_sts::Client, arn: &str| {
        client.assume_role().role_arn(arn).role_session_name("mavm").send().await
    };
    let code = |error: aws_sdk_sts::error::SdkError<
        aws_sdk_sts::operation::assume_role::AssumeRoleError,
    >| error.code().map(str::to_owned);

    let denied = assume(&trusted, &arn).await.unwrap_err();
    assert_eq!(code(denied).as_deref(), Some("AccessDenied"), "there is no stack yet");
    visitor.sign_in("a@example.test", PASSWORD).await;
    visitor.create_stack().await;
    let assumed = assume(&trusted, &arn).await.unwrap();
    let keys = assumed.credentials().unwrap();
    let stranger = assume(&client(&sandbox, "999999999999"), &arn).await.unwrap_err();
    assert_eq!(code(stranger).as_deref(), Some("AccessDenied"), "another account is not trusted");
    let other_role = assume(&trusted, &format!("arn:aws:iam::{id}:role/Other")).await.unwrap_err();
    assert_eq!(code(other_role).as_deref(), Some("AccessDenied"));
    let invalid = assume(&trusted, "arn:aws:iam:nonsense-of-enough-length").await.unwrap_err();
    assert_eq!(code(invalid).as_deref(), Some("ValidationError"));

    let me = client(&sandbox, keys.access_key_id()).get_caller_identity().send().await.unwrap();
    assert_eq!(me.account(), Some(id.as_str()));
    assert_eq!(
        me.arn(),
        Some(format!("arn:aws:sts::{id}:assumed-role/OVMCrossAccountRole/mavm").as_str())
    );
    let plain = client(&sandbox, "AKIAPRACTICE").get_caller_identity().send().await.unwrap();
    assert_eq!(plain.account(), Some("111122223333"));

    visitor.json("PUT", "console", "/billing/rest/v1.0/account", json!(null)).await;
    let closed = assume(&trusted, &arn).await.unwrap_err();
    assert_eq!(code(closed).as_deref(), Some("AccessDenied"), "the account is closed");
    let counts = sandbox.counts("a@example.test");
    assert_eq!((counts.role_assumptions, counts.role_denials), (1, 4));
}

#[tokio::test]
async fn what_is_not_signed_or_not_known_is_refused_in_xml() {
    let sandbox = console_with(&["stack=failed"]).await;
    let visitor = Visitor::new(&sandbox);
    let unsigned = visitor.form("sts", "/", &[("Action", "GetCallerIdentity")]).await;
    assert_eq!(unsigned.status, 403);
    assert!(
        unsigned.body.contains("<Code>MissingAuthenticationToken</Code>")
            && unsigned.body.contains("<RequestId>"),
        "{}",
        unsigned.body
    );

    let account = json!({"email": "a@example.test", "password": PASSWORD});
    let id =
        visitor.json("POST", "control", "/practice/accounts", account).await.json()["account_id"]
            .as_str()
            .unwrap()
            .to_owned();
    visitor.sign_in("a@example.test", PASSWORD).await;
    visitor.create_stack().await;
    assert_eq!(visitor.account("a@example.test").await["role_stack"]["status"], "CREATE_FAILED");
    let arn = format!("arn:aws:iam::{id}:role/OVMCrossAccountRole");
    let denied = client(&sandbox, "111122223333")
        .assume_role()
        .role_arn(arn)
        .role_session_name("mavm")
        .send()
        .await;
    assert!(denied.is_err(), "a stack that failed has no role");
}
