//! Mails: written like the real ones (multipart, quoted-printable) and sent over real SMTP.
//!
//! A mail that can't be delivered is tried again on a bounded schedule, because the host that
//! takes it may be restarting; what became of it is in the state. It never blocks a page.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use lettre::Message as Letter;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Body, MultiPart, SinglePart};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use tokio::net::TcpStream;

use crate::Inner;
use crate::scenario::Post;
use crate::state::{Message, World};

/// Seconds to wait before each further try: about ten minutes in all.
pub(crate) const RETRIES: [u64; 24] =
    [0, 1, 1, 2, 2, 4, 5, 5, 10, 10, 10, 15, 15, 15, 30, 30, 30, 30, 60, 60, 60, 60, 60, 60];

/// How long one try may take.
const DELIVERY: Duration = Duration::from_secs(10);

/// What a mail is about.
pub(crate) enum Kind<'a> {
    SignupCode(&'a str),
    SigninCode(&'a str),
    ResetLink(&'a str),
    Welcome,
    Closed,
}

impl Kind<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::SignupCode(_) => "sign-up-code",
            Self::SigninCode(_) => "sign-in-code",
            Self::ResetLink(_) => "reset-link",
            Self::Welcome => "welcome",
            Self::Closed => "closed",
        }
    }

    fn subject(&self) -> &'static str {
        match self {
            Self::SignupCode(_) => "AWS Email Verification (practice console)",
            Self::SigninCode(_) => "AWS sign-in verification code (practice console)",
            Self::ResetLink(_) => "AWS Password Assistance (practice console)",
            Self::Welcome => "Welcome to the practice console",
            Self::Closed => "Your practice account was closed",
        }
    }

    /// The paragraphs; each stays on a line of its own in both parts.
    fn paragraphs(&self) -> Vec<String> {
        match self {
            Self::SignupCode(code) => vec![
                "Verify your email address".to_owned(),
                "Thanks for starting a new account on the practice console. Enter this code on the sign-up page when it asks for it; it stays valid for 10 minutes — after that, have a new one sent.".to_owned(),
                format!("Verification code: {code}"),
                "If you did not begin a sign-up, nothing needs to be done.".to_owned(),
            ],
            Self::SigninCode(code) => vec![
                "Somebody is signing in as the root user of your practice account.".to_owned(),
                format!("Verification code: {code}"),
            ],
            Self::ResetLink(_) => vec!["A new password was asked for. Open this address to choose it:".to_owned()],
            Self::Welcome => vec!["Your practice account is ready. This is the practice console, not AWS.".to_owned()],
            Self::Closed => vec!["Your practice account was closed as you asked.".to_owned()],
        }
    }
}

fn quoted(text: String) -> Option<Body> {
    Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable).ok()
}

fn letter(to: &str, kind: &Kind<'_>) -> Option<Letter> {
    let from = "Practice console <no-reply-aws@practice.invalid>".parse().ok()?;
    let builder = Letter::builder()
        .from(from)
        .to(to.parse().ok()?)
        .subject(kind.subject())
        .message_id(None)
        .date_now();
    let paragraphs = kind.paragraphs();
    let mut html: String = paragraphs.iter().map(|p| format!("<p>\r\n{p}\r\n</p>\r\n")).collect();
    if let Kind::ResetLink(link) = kind {
        // The link ends at the next tag, and there is no plain part: scripts of 2023 cut it so.
        html.push_str(&format!("<p>{link}</p>\r\n"));
        let page = format!("<html><body>\r\n{html}</body></html>\r\n");
        return builder
            .singlepart(SinglePart::builder().header(ContentType::TEXT_HTML).body(quoted(page)?))
            .ok();
    }
    let text = paragraphs.join("\r\n\r\n");
    let page = format!(
        "<html><body style=\"font-family: sans-serif; color: #16191f\">\r\n{html}</body></html>\r\n"
    );
    builder
        .multipart(
            MultiPart::alternative()
                .singlepart(
                    SinglePart::builder()
                        .header(ContentType::TEXT_PLAIN)
                        .body(quoted(format!("{text}\r\n"))?),
                )
                .singlepart(
                    SinglePart::builder().header(ContentType::TEXT_HTML).body(quoted(page)?),
                ),
        )
        .ok()
}

/// Writes a mail, keeps it in the state and sees to its delivery.
pub(crate) fn send(app: &Arc<Inner>, world: &mut World, to: &str, kind: &Kind<'_>) {
    let Some(letter) = letter(to, kind) else {
        tracing::warn!(kind = kind.name(), "this address can't be put on a mail; none is sent");
        return;
    };
    let id = world.next_id();
    let name = kind.name();
    let post = world.scenario_of(to).mail;
    let lost = post == Post::LostFirst && world.once(to, &format!("mail {name}"));
    world.mails.push(Message {
        id,
        to: to.to_owned(),
        email: to.to_owned(),
        kind: name,
        subject: kind.subject().to_owned(),
        source: String::from_utf8_lossy(&letter.formatted()).into_owned(),
        delivered: false,
        attempts: 0,
        last_error: lost.then(|| "lost on purpose (scenario mail=lost-first)".to_owned()),
        at: Timestamp::now(),
    });
    world.person(to).counts.mails_sent += 1;
    if lost {
        return;
    }
    if app.targets().smtp.is_none() {
        if let Some(mail) = world.mails.last_mut() {
            mail.last_error = Some("no mail server is configured".to_owned());
        }
        return;
    }
    let wait = if let Post::Late(time) = post { time } else { Duration::ZERO };
    let (app2, era) = (Arc::clone(app), world.era);
    app.spawn(async move {
        tokio::time::sleep(wait).await;
        for pause in RETRIES {
            tokio::time::sleep(Duration::from_secs(pause)).await;
            // Asked each time: the host may have come back elsewhere.
            let Some(server) = app2.targets().smtp else { return };
            let outcome = deliver(server, &letter).await;
            let done = outcome.is_ok();
            let mut world = app2.world();
            if world.era != era {
                return;
            }
            let Some(mail) = world.mails.iter_mut().find(|m| m.id == id) else { return };
            mail.attempts += 1;
            mail.delivered = done;
            mail.last_error = outcome.err();
            let to = mail.to.clone();
            if done {
                world.person(&to).counts.mails_delivered += 1;
                return;
            }
        }
    });
}

async fn deliver(server: SocketAddr, letter: &Letter) -> Result<(), String> {
    let whole = async {
        let stream = TcpStream::connect(server).await.map_err(|e| e.to_string())?;
        // The dot that ends a mail is written by itself: without this it would wait for the other
        // side to acknowledge the mail, some forty milliseconds, as no real mail server's does.
        stream.set_nodelay(true).map_err(|e| e.to_string())?;
        let hello = ClientId::Domain("practice.invalid".to_owned());
        let sent = async {
            let mut session =
                AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await?;
            session.send(letter.envelope(), &letter.formatted()).await?;
            // The mail is there: a farewell that is cut off must not send it twice.
            let _ = session.quit().await;
            Ok::<_, lettre::transport::smtp::Error>(())
        };
        sent.await.map_err(|e| e.to_string())
    };
    tokio::time::timeout(DELIVERY, whole)
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {} seconds", DELIVERY.as_secs())))
}
