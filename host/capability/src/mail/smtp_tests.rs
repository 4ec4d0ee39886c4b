//! The mail server, by a real client and by one that does what no client should.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use lettre::message::{MultiPart, SinglePart, header::ContentTransferEncoding};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use mavm_plugin::StepRequest;
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::listener::{Limits, SmtpListener};
use super::text::Letter;
use crate::pattern::Pattern;
use crate::testing::{World, soon, world};

const ANY: &str = "127.0.0.1:0";

struct Served {
    world: World,
    smtp: SmtpListener,
    _steps: Vec<Arc<StepRequest>>,
}

impl Served {
    async fn start() -> Self {
        Self::start_with(Limits::default()).await
    }

    async fn start_with(limits: Limits) -> Self {
        let world = world().await;
        let steps = vec![world.step(1).await, world.step(2).await];
        let smtp = SmtpListener::start_with(
            ANY.parse().unwrap(),
            "Vend.Example",
            world.store.clone(),
            world.crypt.clone(),
            world.clock.clone(),
            limits,
        )
        .await
        .unwrap();
        Self { world, smtp, _steps: steps }
    }

    /// The mails kept for an account, newest first, in the clear.
    async fn kept(&self, n: u8) -> Vec<Vec<u8>> {
        let address = format!("root+{n}@vend.example");
        let mails = self.world.store.untaken_mail(&address).await.unwrap();
        mails
            .iter()
            .map(|mail| {
                let raw = self.world.crypt.open(super::PURPOSE, &mail.sealed).unwrap();
                raw.expose_secret().to_vec()
            })
            .collect()
    }
}

/// A client that sends what it is told and reads answers.
struct Raw(BufReader<TcpStream>);

impl Raw {
    async fn connect(address: SocketAddr) -> Self {
        let mut raw = Self(BufReader::new(TcpStream::connect(address).await.unwrap()));
        assert_eq!(raw.answer().await, "220 vend.example ESMTP");
        raw
    }

    async fn ready(address: SocketAddr) -> Self {
        let mut raw = Self::connect(address).await;
        let commands =
            "HELO client\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<root+1@vend.example>\r\nDATA\r\n";
        raw.send(commands.as_bytes()).await;
        for code in ["250", "250", "250", "354"] {
            assert_eq!(&raw.answer().await[..3], code);
        }
        raw
    }

    async fn send(&mut self, bytes: &[u8]) {
        // The server may hang up in the middle of what it refuses.
        let _ = self.0.get_mut().write_all(bytes).await;
    }

    /// The last line of the next answer; empty when the server hung up.
    async fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            if soon(self.0.read_line(&mut line)).await.is_err() || line.is_empty() {
                return String::new();
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                return line.trim_end().to_owned();
            }
        }
    }

    async fn ask(&mut self, command: &str) -> String {
        self.send(format!("{command}\r\n").as_bytes()).await;
        self.answer().await
    }

    async fn hung_up(&mut self) -> bool {
        let mut rest = Vec::new();
        soon(self.0.read_to_end(&mut rest)).await.is_err() || rest.is_empty()
    }
}

fn client(address: SocketAddr) -> AsyncSmtpTransport<Tokio1Executor> {
    AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.ip().to_string())
        .port(address.port())
        .timeout(Some(Duration::from_secs(30)))
        .build()
}

#[tokio::test]
async fn a_real_client_delivers_a_mail_of_several_parts() {
    let served = Served::start().await;
    let text = "Prüfcode: 123456\n.a line with a dot\n..and two\n";
    let message = Message::builder()
        .from("AWS <no-reply@signup.example>".parse().unwrap())
        .to("ROOT+1@Vend.Example".parse().unwrap())
        .subject("Ihr Prüfcode")
        .multipart(
            MultiPart::alternative()
                .singlepart(
                    SinglePart::builder()
                        .header(lettre::message::header::ContentType::TEXT_PLAIN)
                        .header(ContentTransferEncoding::QuotedPrintable)
                        .body(text.to_owned()),
                )
                .singlepart(SinglePart::html("<p>Prüfcode: <b>123456</b></p>".to_owned())),
        )
        .unwrap();
    let response = client(served.smtp.address()).send(message).await.unwrap();
    assert!(response.is_positive());

    let kept = served.kept(1).await;
    assert_eq!(kept.len(), 1);
    assert!(kept[0].starts_with(b"Received: from "));
    let letter = Letter::read(&kept[0]);
    assert!(letter.is_about("prüfcode"));
    let find = |pattern: &str| letter.find(&Pattern::new(pattern).unwrap()).map(str::to_owned);
    assert_eq!(find(r"Prüfcode: (\d+)").as_deref(), Some("123456"));
    assert_eq!(find(r"(?m)^(\.a line with a dot)$").as_deref(), Some(".a line with a dot"));
    assert_eq!(find(r"(?m)^(\.\.and two)$").as_deref(), Some("..and two"));
    assert_eq!(served.kept(2).await.len(), 0);
    // On disk it can't be read without the key.
    let sealed = &served.world.store.untaken_mail("root+1@vend.example").await.unwrap()[0].sealed;
    assert!(!sealed.windows(6).any(|six| six == b"123456"));
    served.smtp.stop().await;
}

#[tokio::test]
async fn a_mail_to_two_accounts_is_kept_for_both_and_strangers_are_refused() {
    let served = Served::start().await;
    let mut raw = Raw::connect(served.smtp.address()).await;
    raw.ask("EHLO client.example").await;
    assert_eq!(&raw.ask("RCPT TO:<root+1@vend.example>").await[..9], "503 5.5.1");
    assert_eq!(&raw.ask("MAIL FROM:<>").await[..3], "250");
    for (address, code) in [
        ("root+1@vend.example", "250"),
        ("Root+2@VEND.example", "250"),
        ("root+1@vend.example", "250"),
        ("root+9@vend.example", "550 5.1.1"),
        ("someone@elsewhere.example", "550 5.7.1"),
        ("root+1@vend.example.elsewhere.example", "550 5.7.1"),
        ("@elsewhere.example:root+1", "501"),
        ("root+1%elsewhere.example@vend.example", "550 5.1.1"),
    ] {
        let answer = raw.ask(&format!("RCPT TO:<{address}>")).await;
        assert!(answer.starts_with(code), "{address}: {answer}");
    }
    assert_eq!(&raw.ask("DATA").await[..3], "354");
    assert_eq!(raw.ask("Subject: x\r\n\r\nboth\r\n.").await, "250 2.0.0 kept");
    assert_eq!(&raw.ask("QUIT").await[..3], "221");
    assert_eq!(served.kept(1).await.len(), 1);
    assert_eq!(served.kept(2).await.len(), 1);
}

#[tokio::test]
async fn pipelined_commands_are_answered_in_order_and_a_second_mail_may_follow() {
    let served = Served::start().await;
    let mut raw = Raw::connect(served.smtp.address()).await;
    raw.send(
        b"EHLO c\r\nMAIL FROM:<a@b.example> BODY=8BITMIME SIZE=10\r\nRCPT TO:<nobody@vend.example>\r\nRCPT TO:<root+1@vend.example>\r\nDATA\r\n",
    )
    .await;
    for code in ["250", "250", "550", "250", "354"] {
        assert_eq!(&raw.answer().await[..3], code);
    }
    raw.send(b"first\r\n.\r\nRSET\r\nNOOP\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<root+1@vend.example>\r\nDATA\r\n").await;
    for code in ["250", "250", "250", "250", "250", "354"] {
        assert_eq!(&raw.answer().await[..3], code);
    }
    raw.send(b"second\r\n.\r\nQUIT\r\n").await;
    assert_eq!(raw.answer().await, "250 2.0.0 kept");
    assert_eq!(&raw.answer().await[..3], "221");
    assert!(raw.hung_up().await);
    let kept = served.kept(1).await;
    assert!(kept[0].ends_with(b"\r\nsecond\r\n") && kept[1].ends_with(b"\r\nfirst\r\n"));
}

#[tokio::test]
async fn no_mail_is_smuggled_in_behind_another() {
    let served = Served::start().await;
    let hidden =
        "MAIL FROM:<evil@b.example>\r\nRCPT TO:<root+1@vend.example>\r\nDATA\r\nhidden\r\n.\r\n";
    for end in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n", "\r\r\n.\r\r\n"] {
        let mut raw = Raw::ready(served.smtp.address()).await;
        raw.send(format!("Subject: x\r\n\r\nseen{end}{hidden}").as_bytes()).await;
        let answer = raw.answer().await;
        assert!(answer.starts_with("550 5.6.11"), "{end:?}: {answer}");
        assert!(raw.hung_up().await, "{end:?}");
    }
    // Commands with lone line feeds, and a mail sent before it was asked for.
    for commands in [
        "EHLO c\nMAIL FROM:<a@b.example>\n".to_owned(),
        "EHLO c\rMAIL FROM:<a@b.example>\r\n".to_owned(),
        format!(
            "EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<root+1@vend.example>\r\nDATA\r\n{hidden}"
        ),
    ] {
        let mut raw = Raw::connect(served.smtp.address()).await;
        raw.send(commands.as_bytes()).await;
        let mut last = String::new();
        loop {
            let answer = raw.answer().await;
            if answer.is_empty() {
                break;
            }
            last = answer;
        }
        assert!(last.starts_with("421 4.7.0"), "{commands:?}: {last}");
    }
    assert_eq!(served.kept(1).await.len(), 0);
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_or_after() {
    let limits = Limits { mail_bytes: 1000, ..Limits::default() };
    let served = Served::start_with(limits).await;
    let mut raw = Raw::connect(served.smtp.address()).await;
    raw.ask("EHLO c").await;
    assert_eq!(&raw.ask("MAIL FROM:<a@b.example> SIZE=1001").await[..9], "552 5.3.4");
    raw.ask("MAIL FROM:<a@b.example>").await;
    raw.ask("RCPT TO:<root+1@vend.example>").await;
    raw.ask("DATA").await;
    let body = format!("{}\r\n.", "a".repeat(1500));
    assert_eq!(&raw.ask(&body).await[..9], "552 5.3.4");
    // The conversation goes on; a mail of the right size is taken.
    raw.ask("MAIL FROM:<a@b.example>").await;
    raw.ask("RCPT TO:<root+1@vend.example>").await;
    raw.ask("DATA").await;
    assert_eq!(&raw.ask("small\r\n.").await[..3], "250");
    assert_eq!(served.kept(1).await.len(), 1);

    let mut flood = Raw::ready(served.smtp.address()).await;
    flood.send("a".repeat(10_000).as_bytes()).await;
    let answer = flood.answer().await;
    assert!(answer.is_empty() || answer.starts_with("552"), "{answer}");
    assert!(flood.hung_up().await);
}

#[tokio::test]
async fn what_is_not_offered_is_refused_and_too_much_of_it_ends_the_conversation() {
    let served = Served::start().await;
    let mut raw = Raw::connect(served.smtp.address()).await;
    raw.ask("EHLO c").await;
    for (command, code) in [
        ("AUTH PLAIN AAAA", "502"),
        ("STARTTLS", "502"),
        ("BDAT 10 LAST", "502"),
        ("EXPN list", "502"),
        ("VRFY root+1", "252"),
        ("HELP", "214"),
        ("GET / HTTP/1.1", "500"),
        ("MAIL FROM:a@b.example", "501"),
        ("MAIL FROM:<a@b.example> SMTPUTF8", "555"),
        ("MAIL FROM:<a@b.example> BODY=BINARYMIME", "555"),
        ("DATA", "503"),
        ("MAIL FROM:<a@b.example>", "250"),
        ("MAIL FROM:<a@b.example>", "503"),
        ("DATA", "554"),
        ("NOOP", "250"),
    ] {
        let answer = raw.ask(command).await;
        assert!(answer.starts_with(code), "{command}: {answer}");
    }
    let mut last = String::new();
    for _ in 0..30 {
        let answer = raw.ask("NONSENSE").await;
        if answer.is_empty() {
            break;
        }
        last = answer;
    }
    assert_eq!(last, "421 4.7.0 too many errors");

    let mut raw = Raw::connect(served.smtp.address()).await;
    raw.send("a".repeat(5000).as_bytes()).await;
    assert_eq!(raw.answer().await, "421 4.7.0 the line is too long");

    let mut raw = Raw::connect(served.smtp.address()).await;
    raw.send("NOOP\r\n".repeat(1001).as_bytes()).await;
    let mut answers = 0;
    loop {
        let answer = raw.answer().await;
        if answer.starts_with("421") {
            assert_eq!(answer, "421 4.7.0 too many commands in one connection");
            break;
        }
        assert!(answer.starts_with("250"), "{answer}");
        answers += 1;
    }
    assert_eq!(answers, 1000);
}

#[tokio::test]
async fn connections_are_bounded_and_silence_ends_them() {
    let limits =
        Limits { connections_per_peer: 2, idle: Duration::from_millis(300), ..Limits::default() };
    let served = Served::start_with(limits).await;
    let mut one = Raw::connect(served.smtp.address()).await;
    let mut two = Raw::connect(served.smtp.address()).await;
    let mut three = Raw(BufReader::new(TcpStream::connect(served.smtp.address()).await.unwrap()));
    assert!(three.answer().await.starts_with("421 4.7.0 too many connections"));
    assert_eq!(one.answer().await, "421 4.7.0 nothing came for too long");
    assert_eq!(two.answer().await, "421 4.7.0 nothing came for too long");
    assert!(one.hung_up().await && two.hung_up().await);
    // Their places are free again.
    soon(async {
        loop {
            let stream = TcpStream::connect(served.smtp.address()).await.unwrap();
            if Raw(BufReader::new(stream)).answer().await.starts_with("220") {
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_mail_that_cant_be_kept_is_left_with_its_sender() {
    let served = Served::start().await;
    let mut raw = Raw::ready(served.smtp.address()).await;
    served.world.break_table("mail");
    assert_eq!(
        raw.ask("Subject: x\r\n\r\nlost?\r\n.").await,
        "451 4.3.0 not kept, try again later"
    );
    served.world.break_table("account");
    raw.ask("MAIL FROM:<a@b.example>").await;
    assert_eq!(raw.ask("RCPT TO:<root+1@vend.example>").await, "451 4.3.0 try again later");
}

#[tokio::test]
async fn a_stopping_server_says_so() {
    let served = Served::start().await;
    let mut raw = Raw::ready(served.smtp.address()).await;
    raw.send(b"half a ma").await;
    let address = served.smtp.address();
    served.smtp.stop().await;
    assert!(raw.answer().await.starts_with("421 4.3.2"));
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error_that_says_so() {
    let served = Served::start().await;
    let world = &served.world;
    let start = |address: SocketAddr, domain: &'static str| {
        let (store, crypt, clock) = (world.store.clone(), world.crypt.clone(), world.clock.clone());
        async move { SmtpListener::start(address, domain, store, crypt, clock).await }
    };
    let taken = start(served.smtp.address(), "vend.example").await.expect_err("taken");
    assert!(taken.to_string().contains(&served.smtp.address().to_string()), "{taken}");
    for domain in ["", "root@vend.example", "vend..example", "vend example"] {
        let bad = start(ANY.parse().unwrap(), domain).await.expect_err("no domain");
        assert!(bad.to_string().contains("is not a mail domain"), "{bad}");
    }
}
