//! STS as the AWS SDKs and the command line tool speak to it: the query protocol, in XML.
//!
//! `AssumeRole` works once the account's role stack is complete and says AccessDenied once the
//! account is closed. Signatures are not checked; that there is one, is.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{App, escape, form, text};
use crate::Inner;
use crate::state::{RoleSession, Stack, Status, token};

pub(crate) fn router() -> Router<Arc<Inner>> {
    Router::new().fallback(call)
}

const STS: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const CLOUDFORMATION: &str = "http://cloudformation.amazonaws.com/doc/2010-05-15/";
/// Whom a caller is taken for where nothing says who it is.
const NOBODY_IN_PARTICULAR: &str = "111122223333";

struct Caller {
    account: Option<String>,
    arn: String,
    key: String,
}

async fn call(
    State(app): App,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let body = match axum::body::to_bytes(request.into_body(), 64 * 1024).await {
        Ok(body) => String::from_utf8_lossy(&body).into_owned(),
        Err(_) => {
            return error(
                "",
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestTooLarge",
                "The request is too large.",
            );
        }
    };
    let input =
        if method == Method::GET { form(uri.query().unwrap_or_default()) } else { form(&body) };
    let action = text(&input, "Action").to_owned();
    if action.is_empty() {
        return error(
            STS,
            StatusCode::BAD_REQUEST,
            "MissingAction",
            "The request must contain the parameter Action",
        );
    }
    let Some(caller) = caller(&app, &headers, uri.query().unwrap_or_default()) else {
        return error(
            STS,
            StatusCode::FORBIDDEN,
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        );
    };
    match action.as_str() {
        "AssumeRole" => assume_role(&app, &caller, &input),
        "GetCallerIdentity" => identity(&caller),
        "ListStacks" => list_stacks(&app, &caller),
        other => error(
            STS,
            StatusCode::BAD_REQUEST,
            "InvalidAction",
            &format!("Could not find operation {other} for version {}", text(&input, "Version")),
        ),
    }
}

/// Who calls, by the access key of the signature: a role session that was handed out here, an
/// account whose number is the key, or the configured account.
fn caller(app: &Inner, headers: &HeaderMap, query: &str) -> Option<Caller> {
    let signed = headers
        .get(header::AUTHORIZATION)
        .and_then(|a| a.to_str().ok())
        .and_then(|a| a.split("Credential=").nth(1))
        .map(str::to_owned);
    let presigned =
        || Some(text(&form(query), "X-Amz-Credential").to_owned()).filter(|c| !c.is_empty());
    let key = signed.or_else(presigned)?.split(['/', ',']).next()?.to_owned();
    if let Some(role) = app.world().roles.get(&key) {
        return Some(Caller { account: Some(role.account.clone()), arn: role.arn.clone(), key });
    }
    let number = key.len() == 12 && key.chars().all(|c| c.is_ascii_digit());
    let account = if number { Some(key.clone()) } else { app.options.caller_account.clone() };
    let arn = format!(
        "arn:aws:iam::{}:user/practice",
        account.as_deref().unwrap_or(NOBODY_IN_PARTICULAR)
    );
    Some(Caller { account, arn, key })
}

/// The account number in a principal: a plain number, or the one in an ARN.
fn account_of(principal: &str) -> &str {
    if principal.starts_with("arn:") {
        principal.split(':').nth(4).unwrap_or_default()
    } else {
        principal
    }
}

fn assume_role(app: &Inner, caller: &Caller, input: &Value) -> Response {
    let (arn, name) = (text(input, "RoleArn"), text(input, "RoleSessionName"));
    let invalid = |words: &str| error(STS, StatusCode::BAD_REQUEST, "ValidationError", words);
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let (["arn", _, "iam", "", account, resource], true) = (parts.as_slice(), arn.len() >= 20)
    else {
        return invalid(&format!("{arn} is invalid"));
    };
    let Some(role) = resource.strip_prefix("role/").and_then(|r| r.rsplit('/').next()) else {
        return invalid(&format!("{arn} is invalid"));
    };
    if !(2..=64).contains(&name.len())
        || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_=,.@-".contains(c))
    {
        return invalid(
            "1 validation error detected: Value at 'roleSessionName' failed to satisfy constraint: Member must have length 2 to 64 and satisfy regular expression pattern: [\\w+=,.@-]*",
        );
    }
    let seconds = match text(input, "DurationSeconds") {
        "" => 3600,
        given => match given.parse::<i64>() {
            Ok(s @ 900..=43_200) => s,
            _ => {
                return invalid(
                    "1 validation error detected: Value at 'durationSeconds' failed to satisfy constraint: Member must have value between 900 and 43200",
                );
            }
        },
    };
    let mut world = app.world();
    let email = world.by_account(account).map(|person| person.email.clone());
    // A scenario may say that somebody has closed it elsewhere.
    let closed_elsewhere = email.is_some_and(|email| world.scenario_of(&email).suspended);
    let granted = world.by_account(account).is_some_and(|person| {
        let usable = person.status == Status::Active && !person.review && !closed_elsewhere;
        let trusted = person.role_stack(role).is_some_and(|stack| {
            let trusts = account_of(&stack.principal);
            stack.principal == "*"
                || caller
                    .account
                    .as_deref()
                    .is_none_or(|c| c == trusts || caller.arn == stack.principal)
        });
        let granted = usable && trusted;
        if granted {
            person.counts.role_assumptions += 1;
        } else {
            person.counts.role_denials += 1;
        }
        granted
    });
    if !granted {
        let words = format!(
            "User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}",
            caller.arn
        );
        return error(STS, StatusCode::FORBIDDEN, "AccessDenied", &words);
    }
    let key = format!("ASIA{}", token().to_uppercase().chars().take(16).collect::<String>());
    let assumed = format!("arn:aws:sts::{account}:assumed-role/{role}/{name}");
    world
        .roles
        .insert(key.clone(), RoleSession { account: (*account).to_owned(), arn: assumed.clone() });
    let expires =
        (Timestamp::now() + SignedDuration::from_secs(seconds)).strftime("%Y-%m-%dT%H:%M:%SZ");
    let id: String = token().to_uppercase().chars().take(17).collect();
    answer(
        STS,
        "AssumeRole",
        &format!(
            "<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey><SessionToken>{}</SessionToken><Expiration>{expires}</Expiration></Credentials>\
             <AssumedRoleUser><AssumedRoleId>AROA{id}:{name}</AssumedRoleId><Arn>{assumed}</Arn></AssumedRoleUser><PackedPolicySize>0</PackedPolicySize>",
            token(),
            token() + &token(),
        ),
    )
}

fn identity(caller: &Caller) -> Response {
    let account = caller.account.as_deref().unwrap_or(NOBODY_IN_PARTICULAR);
    answer(
        STS,
        "GetCallerIdentity",
        &format!(
            "<Arn>{}</Arn><UserId>{}</UserId><Account>{account}</Account>",
            escape(&caller.arn),
            escape(&caller.key)
        ),
    )
}

/// Enough of CloudFormation for a script to see that a role works.
fn list_stacks(app: &Inner, caller: &Caller) -> Response {
    let mut world = app.world();
    let stacks = caller
        .account
        .as_deref()
        .and_then(|a| world.by_account(a))
        .map(|p| p.stacks.as_slice())
        .unwrap_or_default();
    let member = |s: &Stack| {
        format!(
            "<member><StackId>{}</StackId><StackName>{}</StackName><CreationTime>{}</CreationTime><StackStatus>{}</StackStatus></member>",
            escape(&s.id),
            escape(&s.name),
            s.created,
            s.status()
        )
    };
    let members: String = stacks.iter().map(member).collect();
    answer(CLOUDFORMATION, "ListStacks", &format!("<StackSummaries>{members}</StackSummaries>"))
}

fn request_id() -> String {
    let hex: String =
        token().bytes().map(|b| char::from(b"0123456789abcdef"[usize::from(b) % 16])).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn xml(status: StatusCode, id: &str, body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/xml"),
        (header::HeaderName::from_static("x-amzn-requestid"), id),
    ];
    (status, headers, body).into_response()
}

fn answer(namespace: &str, action: &str, result: &str) -> Response {
    let id = request_id();
    let body = format!(
        "<{action}Response xmlns=\"{namespace}\"><{action}Result>{result}</{action}Result><ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{action}Response>"
    );
    xml(StatusCode::OK, &id, body)
}

fn error(namespace: &str, status: StatusCode, code: &str, words: &str) -> Response {
    let id = request_id();
    let words = escape(words);
    let body = format!(
        "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{words}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"
    );
    xml(status, &id, body)
}
