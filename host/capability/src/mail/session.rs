//! One SMTP conversation (RFC 5321, as far as a server that only receives needs it).
//!
//! 1. Commands are lines that end in CR LF, at most 1000 bytes; a lone CR or LF ends the
//!    conversation, for what follows can't be told from smuggled commands.
//! 2. Answers are gathered and sent when the client has nothing more on the way (pipelining).
//! 3. `RCPT` takes the addresses of tracked accounts and nothing else: no relay, no guessing.
//! 4. `DATA` answers 250 when each recipient's mail is on disk, and 451 when it could not be put
//!    there: the sender then keeps it and comes again.

use std::sync::Arc;

use mavm_store::{Error as StoreError, Store};
use smtp_proto::{Error as Syntax, MAIL_BODY_7BIT, MAIL_BODY_8BITMIME, MailFrom, Request};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;

use super::data::{Body, Progress};
use super::listener::Limits;
use crate::crypt::Crypt;
use crate::waiting::Clock;

const MAX_LINE: usize = 1000;
const MAX_RECIPIENTS: usize = 100;
const MAX_COMMANDS: usize = 1000;
const MAX_REFUSALS: usize = 20;

/// What all conversations share.
pub(super) struct Shared {
    pub(super) domain: String,
    pub(super) store: Arc<dyn Store>,
    pub(super) crypt: Arc<Crypt>,
    pub(super) clock: Clock,
    pub(super) limits: Limits,
    pub(super) stop: CancellationToken,
}

/// Why a conversation is over.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// The client said so, or went away.
    Client,
    /// The host stops.
    Stopped,
    /// The client broke a bound or the protocol.
    Refused(&'static str),
}

enum Go {
    On,
    End(Over),
}

struct Transaction {
    recipients: Vec<String>,
}

/// One conversation.
pub(super) struct Session<S> {
    stream: S,
    peer: String,
    shared: Arc<Shared>,
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
    greeted_as: Option<String>,
    transaction: Option<Transaction>,
    refusals: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    pub(super) fn new(stream: S, peer: String, shared: Arc<Shared>) -> Self {
        Self {
            stream,
            peer,
            shared,
            incoming: Vec::new(),
            outgoing: Vec::new(),
            greeted_as: None,
            transaction: None,
            refusals: 0,
        }
    }

    /// Converses to the end.
    pub(super) async fn run(mut self) -> Over {
        self.say(&format!("220 {} ESMTP", self.shared.domain));
        let over = self.converse().await;
        match &over {
            Over::Stopped => self.say("421 4.3.2 the server is stopping, come again later"),
            Over::Refused(why) => self.say(&format!("421 4.7.0 {why}")),
            Over::Client => {}
        }
        // The client may be gone already; then there is nobody to say goodbye to.
        if self.flush().await.is_ok() {
            let _ = self.stream.shutdown().await;
        }
        over
    }

    async fn converse(&mut self) -> Over {
        for _ in 0..MAX_COMMANDS {
            let line = match self.line().await {
                Ok(line) => line,
                Err(over) => return over,
            };
            let go = match Request::parse(&mut line.iter()) {
                Ok(request) => self.obey(request).await,
                Err(syntax) => self.misunderstood(syntax),
            };
            if let Go::End(over) = go {
                return over;
            }
            if self.refusals > MAX_REFUSALS {
                return Over::Refused("too many errors");
            }
        }
        Over::Refused("too many commands in one connection")
    }

    async fn obey(&mut self, request: Request<std::borrow::Cow<'_, str>>) -> Go {
        match request {
            Request::Ehlo { host } => {
                self.greet(&host);
                let lines = format!(
                    "250-{}\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE {}\r\n250 ENHANCEDSTATUSCODES",
                    self.shared.domain, self.shared.limits.mail_bytes
                );
                self.say(&lines);
            }
            Request::Helo { host } => {
                self.greet(&host);
                self.say(&format!("250 {}", self.shared.domain));
            }
            Request::Mail { from } => self.mail(&from),
            Request::Rcpt { to } => self.rcpt(&to.address).await,
            Request::Data => return self.data().await,
            Request::Rset => {
                self.transaction = None;
                self.say("250 2.0.0 forgotten");
            }
            Request::Noop { .. } => self.say("250 2.0.0 fine"),
            Request::Vrfy { .. } => self.say("252 2.1.5 send a mail and see"),
            Request::Help { .. } => self.say("214 2.0.0 see RFC 5321"),
            Request::Quit => {
                self.say(&format!("221 2.0.0 {} closes", self.shared.domain));
                return Go::End(Over::Client);
            }
            _ => self.refuse("502 5.5.1 not offered here"),
        }
        Go::On
    }

    fn greet(&mut self, host: &str) {
        // Goes into the mail's first header line: one word, or nothing.
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        let host = host.trim();
        self.greeted_as =
            Some(if host.chars().all(plain) { host.to_owned() } else { "unknown".to_owned() });
        self.transaction = None;
    }

    fn mail(&mut self, from: &MailFrom<std::borrow::Cow<'_, str>>) {
        if self.greeted_as.is_none() {
            return self.refuse("503 5.5.1 say EHLO first");
        }
        if self.transaction.is_some() {
            return self.refuse("503 5.5.1 one mail at a time: RSET, or finish this one");
        }
        if from.size > self.shared.limits.mail_bytes {
            return self.refuse(&format!(
                "552 5.3.4 a mail has at most {} bytes here",
                self.shared.limits.mail_bytes
            ));
        }
        if from.flags & !(MAIL_BODY_7BIT | MAIL_BODY_8BITMIME) != 0 {
            return self.refuse("555 5.5.4 only BODY=7BIT, BODY=8BITMIME and SIZE are offered");
        }
        self.transaction = Some(Transaction { recipients: Vec::new() });
        self.say("250 2.1.0 sender noted");
    }

    async fn rcpt(&mut self, address: &str) {
        let Some(transaction) = &self.transaction else {
            return self.refuse("503 5.5.1 MAIL first");
        };
        if transaction.recipients.len() >= MAX_RECIPIENTS {
            return self.refuse("452 4.5.3 too many recipients, send the rest in another mail");
        }
        let address = address.to_lowercase();
        let ours = address
            .rsplit_once('@')
            .is_some_and(|(_, domain)| domain == self.shared.domain.as_str());
        if !ours {
            return self.refuse("550 5.7.1 not a domain of this server, and it relays nothing");
        }
        match self.shared.store.account_by_email(&address).await {
            Ok(Some(_)) => {
                if let Some(transaction) = &mut self.transaction
                    && !transaction.recipients.contains(&address)
                {
                    transaction.recipients.push(address);
                }
                self.say("250 2.1.5 recipient known");
            }
            Ok(None) => self.refuse("550 5.1.1 nobody here has this address"),
            Err(error) => {
                tracing::warn!(%error, "a recipient could not be looked up");
                self.refuse("451 4.3.0 try again later");
            }
        }
    }

    async fn data(&mut self) -> Go {
        let Some(transaction) = self.transaction.take() else {
            self.refuse("503 5.5.1 MAIL and RCPT first");
            return Go::On;
        };
        if transaction.recipients.is_empty() {
            self.refuse("554 5.5.1 no recipient was accepted");
            return Go::On;
        }
        if !self.incoming.is_empty() {
            // Whoever sends the mail before it was asked for doesn't listen to the answers either.
            return Go::End(Over::Refused("wait for 354 before the mail"));
        }
        self.say("354 go on, end with a dot alone on a line");
        let mut body = Body::new(self.shared.limits.mail_bytes);
        loop {
            if self.incoming.is_empty()
                && let Err(over) = self.receive().await
            {
                return Go::End(over);
            }
            match body.feed(&self.incoming) {
                Progress::More => self.incoming.clear(),
                Progress::End(used) => {
                    self.incoming.drain(..used);
                    break;
                }
                Progress::BareBreak => {
                    self.say("550 5.6.11 a CR or LF alone is no line break; only CR LF is");
                    return Go::End(Over::Client);
                }
                Progress::Flood => {
                    self.say("552 5.3.4 too large");
                    return Go::End(Over::Client);
                }
            }
        }
        match body.finish() {
            Some(mail) => self.keep(&transaction, &mail).await,
            None => self.refuse(&format!(
                "552 5.3.4 a mail has at most {} bytes here",
                self.shared.limits.mail_bytes
            )),
        }
        Go::On
    }

    async fn keep(&mut self, transaction: &Transaction, mail: &[u8]) {
        let now = (self.shared.clock)();
        let date = jiff::fmt::rfc2822::DateTimePrinter::new()
            .timestamp_to_string(&now)
            .unwrap_or_default();
        let mut whole = format!(
            "Received: from {} ([{}]) by {} with ESMTP; {date}\r\n",
            self.greeted_as.as_deref().unwrap_or("unknown"),
            self.peer,
            self.shared.domain
        )
        .into_bytes();
        whole.extend_from_slice(mail);
        for recipient in &transaction.recipients {
            let sealed = match self.shared.crypt.seal(super::PURPOSE, &whole) {
                Ok(sealed) => sealed,
                Err(error) => {
                    tracing::error!(%error, "a mail could not be sealed");
                    return self.refuse("451 4.3.0 try again later");
                }
            };
            match self.shared.store.put_mail(now, recipient, sealed).await {
                Ok(id) => tracing::info!(id, recipient, bytes = whole.len(), "a mail came in"),
                Err(StoreError::NotFound { .. }) => {
                    return self.refuse("550 5.1.1 nobody here has this address");
                }
                Err(error) => {
                    tracing::error!(recipient, %error, "a mail could not be kept");
                    return self.refuse("451 4.3.0 not kept, try again later");
                }
            }
        }
        self.say("250 2.0.0 kept");
    }

    fn misunderstood(&mut self, syntax: Syntax) -> Go {
        match syntax {
            Syntax::UnknownCommand => self.refuse("500 5.5.2 no such command"),
            Syntax::InvalidSenderAddress => self.refuse("501 5.1.7 no address"),
            Syntax::InvalidRecipientAddress => self.refuse("501 5.1.3 no address"),
            Syntax::UnsupportedParameter { .. } => {
                self.refuse("555 5.5.4 this parameter is not offered");
            }
            _ => self.refuse("501 5.5.4 not understood"),
        }
        Go::On
    }

    /// The next command with its CR LF. A line is searched for its end only once.
    async fn line(&mut self) -> Result<Vec<u8>, Over> {
        let mut searched = 0;
        loop {
            if let Some(at) = self.incoming[searched..].iter().position(|byte| *byte == b'\n') {
                let rest = self.incoming.split_off(searched + at + 1);
                let line = std::mem::replace(&mut self.incoming, rest);
                if line.len() > MAX_LINE {
                    return Err(Over::Refused("the line is too long"));
                }
                let clean = line
                    .strip_suffix(b"\r\n")
                    .is_some_and(|text| !text.iter().any(|byte| matches!(byte, b'\r' | 0)));
                if !clean {
                    return Err(Over::Refused("a line ends in CR LF and has no other control"));
                }
                return Ok(line);
            }
            searched = self.incoming.len();
            if searched >= MAX_LINE {
                return Err(Over::Refused("the line is too long"));
            }
            self.receive().await?;
        }
    }

    /// Sends what was said, and waits for more from the client.
    async fn receive(&mut self) -> Result<(), Over> {
        self.flush().await?;
        self.incoming.reserve(8192);
        let idle = self.shared.limits.idle;
        let read = tokio::select! {
            () = self.shared.stop.cancelled() => return Err(Over::Stopped),
            read = tokio::time::timeout(idle, self.stream.read_buf(&mut self.incoming)) => read,
        };
        match read {
            Err(_) => Err(Over::Refused("nothing came for too long")),
            Ok(Ok(0) | Err(_)) => Err(Over::Client),
            Ok(Ok(_)) => Ok(()),
        }
    }

    async fn flush(&mut self) -> Result<(), Over> {
        let outgoing = std::mem::take(&mut self.outgoing);
        let write = async {
            self.stream.write_all(&outgoing).await?;
            self.stream.flush().await
        };
        match tokio::time::timeout(self.shared.limits.idle, write).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Over::Client),
        }
    }

    fn say(&mut self, reply: &str) {
        self.outgoing.extend_from_slice(reply.as_bytes());
        self.outgoing.extend_from_slice(b"\r\n");
    }

    fn refuse(&mut self, reply: &str) {
        self.refusals += 1;
        self.say(reply);
    }
}
