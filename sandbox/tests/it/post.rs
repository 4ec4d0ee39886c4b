//! Mails over real SMTP and SMS over HTTP, also when whoever takes them is away for a while.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use mail_parser::MessageParser;
use mavm_sandbox::SmsRelay;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::visitor::{Visitor, console, console_with, until};

type Inbox = Arc<Mutex<Vec<String>>>;

/// A mail server of a few lines: takes everything.
async fn session(stream: TcpStream, inbox: Inbox) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 test\r\n").await?;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let verb = line.to_uppercase();
        if verb.starts_with("DATA") {
            stream.write_all(b"354 go on\r\n").await?;
            let mut mail = String::new();
            loop {
                line.clear();
                stream.read_line(&mut line).await?;
                if line == ".\r\n" {
                    break;
                }
                mail.push_str(line.strip_prefix('.').unwrap_or(&line));
            }
            inbox.lock().unwrap().push(mail);
        } else if verb.starts_with("QUIT") {
            return stream.write_all(b"221 bye\r\n").await;
        }
        stream.write_all(b"250 fine\r\n").await?;
        line.clear();
    }
    Ok(())
}

fn serve(listener: TcpListener) -> Inbox {
    let inbox = Inbox::default();
    let box2 = Arc::clone(&inbox);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(session(stream, Arc::clone(&box2)));
        }
    });
    inbox
}

async fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn a_mail_arrives_multipart_and_quoted_printable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let inbox = serve(listener);
    let sandbox = console(|o| o.smtp = Some(address)).await;
    let visitor = Visitor::new(&sandbox);
    visitor.sign_up_through("root+7@example.test", "start").await;
    let raw = until("the mail is there", async || inbox.lock().unwrap().first().cloned()).await;
    assert!(
        raw.contains("multipart/alternative") && raw.to_lowercase().contains("quoted-printable"),
        "{raw}"
    );
    // Old scripts look in the raw mail, ours in the decoded one.
    let code = crate::visitor::after(&raw, "Verification code: ");
    assert!(code.len() == 6 && code.chars().all(|c| c.is_ascii_digit()), "{code}");
    let mail = MessageParser::default().parse(raw.as_bytes()).unwrap();
    assert!(mail.body_text(0).unwrap().contains(&format!("Verification code: {code}")));
    assert_eq!(mail.to().unwrap().first().unwrap().address(), Some("root+7@example.test"));
    until("it counts as delivered", async || {
        (sandbox.counts("root+7@example.test").mails_delivered == 1).then_some(())
    })
    .await;
    assert_eq!(visitor.step("mail-code", serde_json::json!({"otp": code})).await["ok"], true);
}

#[tokio::test]
async fn a_mail_is_tried_again_until_its_server_is_back() {
    let address = free_port().await;
    let sandbox = console(|o| o.smtp = Some(address)).await;
    let visitor = Visitor::new(&sandbox);
    visitor.sign_up_through("again@example.test", "start").await;
    until("a try has failed", async || {
        let state = sandbox.state();
        let mail = &state["mails"][0];
        (mail["attempts"].as_u64() >= Some(1) && mail["last_error"].is_string()).then_some(())
    })
    .await;
    let inbox = serve(TcpListener::bind(address).await.unwrap());
    until("the mail is there", async || inbox.lock().unwrap().first().cloned()).await;
    until("it counts as delivered", async || {
        (sandbox.state()["mails"][0]["delivered"] == true).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_sms_reaches_the_relay_with_the_code_first() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (send, mut receive) = tokio::sync::mpsc::unbounded_channel();
    let relay = axum::Router::new().route(
        "/queue",
        axum::routing::get(async move |headers: axum::http::HeaderMap, uri: axum::http::Uri| {
            send.send((
                uri.query().unwrap().to_owned(),
                headers["authorization"].to_str().unwrap().to_owned(),
            ))
            .unwrap();
            r#"{"done": true}"#
        }),
    );
    tokio::spawn(async move { axum::serve(listener, relay).await });
    let sandbox = console(|o| {
        o.sms_relay = Some(SmsRelay {
            base: format!("http://{address}/queue").parse().unwrap(),
            bearer: Some("key".to_owned()),
        });
    })
    .await;
    let visitor = Visitor::new(&sandbox);
    visitor.sign_up_through("s@example.test", "card").await;
    let path = visitor.challenge().await;
    visitor.get("issuer", &path).await;
    let (query, bearer) = receive.recv().await.unwrap();
    assert_eq!(bearer, "Bearer key");
    let (_, text) = url::form_urlencoded::parse(query.as_bytes()).next().unwrap();
    assert!(text.ends_with("is your code for the payment of 1,00 USD to AWS"), "{text}");
    visitor.confirm(&path, &text[..6]).await;
    assert_eq!(visitor.state().await["section"], "identity");
    until("it counts as delivered", async || {
        (sandbox.counts("s@example.test").sms_delivered == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_first_mail_can_be_lost_or_its_code_too_late() {
    let sandbox = console_with(&["mail=lost-first", "mail-code=late-first"]).await;
    let visitor = Visitor::new(&sandbox);
    visitor.open().await;
    visitor.start("l@example.test").await;
    let late = visitor.mail_code().await;
    assert!(late["fields"]["otp"].as_str().unwrap().contains("expired"), "{late}");
    assert_eq!(visitor.step("resend", serde_json::json!({})).await["ok"], true);
    assert_eq!(visitor.mail_code().await["ok"], true);
    let state = sandbox.state();
    let errors: Vec<&str> = state["mails"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["last_error"].as_str().unwrap())
        .collect();
    assert!(
        errors[0].contains("lost on purpose") && errors[1].contains("no mail server"),
        "{errors:?}"
    );
}
