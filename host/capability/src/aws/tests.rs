//! Whether a role can be assumed, asked of a server that speaks STS's protocol.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Form;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use mavm_plugin::bindings::mavm::plugin::aws::{Assumed, Host as _};
use mavm_plugin::{Failure, StepRequest};
use url::Url;

use super::fake::FakeAws;
use super::{Aws, AwsCalls, AwsView, StaticCredentials, Sts, StsConfig};
use crate::testing::{link_and_open, world};

const OPEN: &str = "arn:aws:iam::012345678901:role/Open";

async fn sts(headers: HeaderMap, Form(form): Form<HashMap<String, String>>) -> Response {
    let signed = headers["authorization"].to_str().unwrap();
    assert!(signed.contains("Credential=practice-key/"), "{signed}");
    assert_eq!(form["Action"], "AssumeRole");
    assert_eq!(form["RoleSessionName"], "mavm-ovm-00000001");
    let role = form["RoleArn"].as_str();
    let error = |status: StatusCode, code: &str, message: &str| {
        let body = format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
        );
        (status, [("content-type", "text/xml")], body).into_response()
    };
    match role.rsplit('/').next().unwrap() {
        "Open" => {
            let body = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROA:mavm</AssumedRoleId><Arn>arn:aws:sts::012345678901:assumed-role/Open/mavm-ovm-00000001</Arn></AssumedRoleUser><Credentials><AccessKeyId>ASIAX</AccessKeyId><SecretAccessKey>handed-out</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></AssumeRoleResponse>";
            ([("content-type", "text/xml")], body).into_response()
        }
        "Closed" => error(
            StatusCode::FORBIDDEN,
            "AccessDenied",
            "not authorized to perform: sts:AssumeRole",
        ),
        "Expired" => error(
            StatusCode::FORBIDDEN,
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
        ),
        _ => (StatusCode::BAD_REQUEST, "what?").into_response(),
    }
}

fn practice(endpoint: Url) -> Arc<dyn Aws> {
    let credentials = StaticCredentials {
        access_key_id: "practice-key".into(),
        secret_access_key: "practice-secret".into(),
    };
    Arc::new(Sts::new(StsConfig {
        endpoint: Some(endpoint),
        region: Some("eu-central-1".into()),
        credentials: Some(credentials),
    }))
}

/// The step, on an account whose number is known.
fn numbered(step: &Arc<StepRequest>, id: &str) -> Arc<StepRequest> {
    let mut step = (**step).clone();
    step.account.id = Some(id.into());
    Arc::new(step)
}

async fn server() -> Url {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().route("/", post(sts));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    Url::parse(&format!("http://{address}")).unwrap()
}

#[tokio::test]
async fn access_denied_is_an_answer_and_other_errors_are_none() {
    let world = world().await;
    let step = numbered(&world.step(1).await, "012345678901");
    let calls = AwsCalls::new(practice(server().await));
    let mut mine = calls.begin(&step);
    let mut view = AwsView { mine: Some(&mut mine) };

    let open = view.assume_role(OPEN.into()).await.unwrap().unwrap();
    let Assumed::Allowed(session) = open else { panic!("{open:?}") };
    assert_eq!(session, "arn:aws:sts::012345678901:assumed-role/Open/mavm-ovm-00000001");

    let closed = "arn:aws:iam::012345678901:role/Closed";
    let closed = view.assume_role(closed.into()).await.unwrap().unwrap();
    let Assumed::AccessDenied(words) = closed else { panic!("{closed:?}") };
    assert_eq!(words, "not authorized to perform: sts:AssumeRole");

    for (role, said) in [("Expired", "InvalidClientTokenId"), ("Nonsense", "error")] {
        let arn = format!("arn:aws:iam::012345678901:role/{role}");
        let failed = view.assume_role(arn).await.unwrap();
        let Err(Failure::Network(why)) = failed else { panic!("{failed:?}") };
        assert!(why.contains(said), "{why}");
    }
}

#[tokio::test]
async fn a_server_that_is_away_or_silent_is_a_network_failure() {
    let world = world().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let step = world.step_within(1, Duration::from_millis(1500)).await;
    let step = numbered(&step, "012345678901");
    let calls = AwsCalls::new(practice(silent));
    let mut mine = calls.begin(&step);
    let failed = AwsView { mine: Some(&mut mine) }.assume_role(OPEN.into()).await.unwrap();
    let Err(Failure::Network(why)) = failed else { panic!("{failed:?}") };
    assert!(why.contains("no answer within"), "{why}");

    drop(listener);
    let step = numbered(&world.step(2).await, "012345678901");
    let mut mine = calls.begin(&step);
    let failed = AwsView { mine: Some(&mut mine) }.assume_role(OPEN.into()).await.unwrap();
    let Err(Failure::Network(why)) = failed else { panic!("{failed:?}") };
    assert!(why.contains("STS could not be asked"), "{why}");
    assert!(!why.contains("practice-secret"), "{why}");
}

#[tokio::test]
async fn a_plugin_tries_only_roles_of_the_runs_own_account() {
    let world = world().await;
    let fake = Arc::new(FakeAws::default());
    fake.allow(OPEN);
    let calls = AwsCalls::new(fake.clone());
    let step = world.step(1).await;
    // Of another account, and before the own account's number is known.
    for step in [numbered(&step, "999999999999"), step.clone()] {
        let mut mine = calls.begin(&step);
        let other = AwsView { mine: Some(&mut mine) }.assume_role(OPEN.into()).await.unwrap();
        assert!(matches!(other, Err(Failure::Denied(_))), "{other:?}");
    }
    let mut mine = calls.begin(&numbered(&step, "012345678901"));
    let mut view = AwsView { mine: Some(&mut mine) };
    assert!(matches!(view.assume_role(OPEN.into()).await.unwrap(), Ok(Assumed::Allowed(_))));
    fake.deny(OPEN);
    assert!(matches!(view.assume_role(OPEN.into()).await.unwrap(), Ok(Assumed::AccessDenied(_))));
    let bad = view.assume_role("role/Open".into()).await.unwrap();
    assert!(matches!(bad, Err(Failure::Invalid(_))), "{bad:?}");
}

#[test]
fn a_key_in_the_configuration_is_read_and_never_shown() {
    let config: StsConfig = serde_json::from_str(
        r#"{"endpoint": "http://127.0.0.1:1", "credentials": {"access-key-id": "k", "secret-access-key": "hush"}}"#,
    )
    .unwrap();
    assert!(!format!("{config:?}").contains("hush"));
    assert!(serde_json::from_str::<StsConfig>(r#"{"endpiont": "x"}"#).is_err());
}

#[tokio::test]
async fn it_fits_the_plugin_runtime() {
    let world = world().await;
    let step = world.step(1).await;
    link_and_open(&AwsCalls::new(Arc::new(FakeAws::default())), &step, "aws");
}
