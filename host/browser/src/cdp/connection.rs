//! One connection to one Chromium: requests out, replies and events in.
//!
//! Events are handed to the [`Sink`] by the reading task itself, in the order of arrival and before
//! any later reply is given out. So who holds a reply sees everything that happened before it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::unix::pipe;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::halves::mend;
use super::messages::{Message, Messages};
use crate::locked;

/// How long a call may take that has no tighter bound of its own.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// Takes events. It is called from the reading task: it must not block.
pub(crate) trait Sink: Send + Sync + 'static {
    fn event(&self, session: Option<&str>, method: &str, params: &RawValue);
    fn closed(&self);
}

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// Chromium said no: the session, context or object is gone, or the parameters are wrong.
    #[error("{method}: {message}")]
    Refused { method: &'static str, message: String },
    /// No reply in time.
    #[error("{method}: no reply")]
    Silent { method: &'static str },
    /// Chromium is gone.
    #[error("the connection to Chromium is closed")]
    Closed,
}

type Reply = Result<Box<RawValue>, String>;

pub(crate) struct Connection {
    next: AtomicU64,
    /// How many messages have come.
    heard: AtomicU64,
    pending: Mutex<HashMap<u64, oneshot::Sender<Reply>>>,
    out: mpsc::UnboundedSender<Vec<u8>>,
    closed: CancellationToken,
}

/// Of a message only what decides where it goes; the rest stays text.
#[derive(Deserialize)]
struct Incoming<'a> {
    id: Option<u64>,
    method: Option<&'a str>,
    #[serde(rename = "sessionId")]
    session: Option<&'a str>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct Outgoing<'a, P> {
    id: u64,
    method: &'a str,
    params: P,
    #[serde(rename = "sessionId", skip_serializing_if = "Option::is_none")]
    session: Option<&'a str>,
}

impl Connection {
    /// Starts the writing task. Reading begins with [`Connection::read_into`].
    pub(crate) fn over(mut writer: pipe::Sender) -> Arc<Self> {
        let (out, mut queue) = mpsc::unbounded_channel::<Vec<u8>>();
        let closed = CancellationToken::new();
        let ended = closed.clone();
        tokio::spawn(async move {
            loop {
                let message = tokio::select! {
                    message = queue.recv() => message,
                    () = ended.cancelled() => None,
                };
                let Some(mut message) = message else { break };
                // What has piled up goes out in one write.
                while let Ok(more) = queue.try_recv() {
                    message.extend_from_slice(&more);
                }
                let written = tokio::select! {
                    written = writer.write_all(&message) => written.is_ok(),
                    () = ended.cancelled() => false,
                };
                if !written {
                    break;
                }
            }
        });
        Arc::new(Self {
            next: AtomicU64::new(1),
            heard: AtomicU64::new(0),
            pending: Mutex::default(),
            out,
            closed,
        })
    }

    /// Reads until Chromium closes its end.
    pub(crate) fn read_into(self: &Arc<Self>, reader: pipe::Receiver, sink: Arc<dyn Sink>) {
        let connection = self.clone();
        tokio::spawn(async move {
            let mut messages = Messages::of(BufReader::with_capacity(1 << 16, reader));
            loop {
                let message = tokio::select! {
                    message = messages.next() => message,
                    () = connection.closed.cancelled() => break,
                };
                match message {
                    Some(Message::Whole(message)) => connection.take(message, sink.as_ref()),
                    Some(Message::TooLong(beginning, bytes)) => {
                        connection.give_up(beginning, bytes)
                    }
                    None => break,
                }
            }
            connection.close();
            sink.closed();
        });
    }

    fn take(&self, message: &mut [u8], sink: &dyn Sink) {
        self.heard.fetch_add(1, Ordering::Relaxed);
        mend(message);
        let incoming: Incoming<'_> = match serde_json::from_slice(&*message) {
            Ok(incoming) => incoming,
            Err(error) => {
                tracing::warn!(%error, bytes = message.len(), "a message of Chromium could not be read");
                return;
            }
        };
        if let Some(id) = incoming.id {
            let waiting = locked(&self.pending).remove(&id);
            let Some(waiting) = waiting else { return };
            let reply = match (incoming.error, incoming.result) {
                (Some(error), _) => Err(message_of(error)),
                (None, Some(result)) => Ok(result.to_owned()),
                (None, None) => Err("an empty reply".to_owned()),
            };
            let _ = waiting.send(reply);
        } else if let (Some(method), Some(params)) = (incoming.method, incoming.params) {
            sink.event(incoming.session, method, params);
        }
    }

    /// A message that is too long to be read is dropped; the call that it answers must not wait for
    /// it. What it was stands at its beginning: `{"id":7,` or `{"method":"Runtime.consoleAPICalled",`.
    fn give_up(&self, beginning: &[u8], bytes: usize) {
        let beginning = String::from_utf8_lossy(beginning);
        let after = |start: &str| beginning.strip_prefix(start).map(str::to_owned);
        let id = after("{\"id\":").and_then(|rest| rest.split(',').next()?.parse::<u64>().ok());
        let event =
            after("{\"method\":\"").and_then(|rest| rest.split('"').next().map(str::to_owned));
        tracing::warn!(bytes, event, "a message of Chromium is too long and was left unread");
        if let Some(waiting) = id.and_then(|id| locked(&self.pending).remove(&id)) {
            let _ = waiting.send(Err(format!("the reply is too long to be read: {bytes} bytes")));
        }
    }

    /// How many messages went either way until now.
    pub(crate) fn traffic(&self) -> u64 {
        self.next.load(Ordering::Relaxed) + self.heard.load(Ordering::Relaxed)
    }

    /// Every call that waits ends, and every later one fails at once.
    pub(crate) fn close(&self) {
        self.closed.cancel();
        locked(&self.pending).clear();
    }

    /// Resolves when it is closed, from whichever side.
    pub(crate) async fn gone(&self) {
        self.closed.cancelled().await;
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.is_cancelled()
    }

    fn send(&self, id: u64, session: Option<&str>, method: &'static str, params: impl Serialize) {
        match serde_json::to_vec(&Outgoing { id, method, params, session }) {
            Ok(mut message) => {
                message.push(0);
                let _ = self.out.send(message);
            }
            Err(error) => tracing::error!(%error, method, "a request could not be written"),
        }
    }

    /// Sends a request whose reply nobody needs.
    pub(crate) fn post(&self, session: Option<&str>, method: &'static str, params: impl Serialize) {
        self.send(self.next.fetch_add(1, Ordering::Relaxed), session, method, params);
    }

    /// Sends a request now; the reply can be awaited later. So requests can follow each other
    /// without a pause between them.
    pub(crate) fn start(
        self: &Arc<Self>,
        session: Option<&str>,
        method: &'static str,
        params: impl Serialize,
    ) -> Pending {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        locked(&self.pending).insert(id, sender);
        let pending = Pending { connection: self.clone(), id, method, receiver };
        self.send(id, session, method, params);
        if self.is_closed() {
            locked(&self.pending).remove(&id);
        }
        pending
    }

    /// Sends a request and waits for its reply, for half a minute at most.
    pub(crate) async fn call<T: DeserializeOwned>(
        self: &Arc<Self>,
        session: Option<&str>,
        method: &'static str,
        params: impl Serialize,
    ) -> Result<T, CallError> {
        self.start(session, method, params).reply(CALL_LIMIT).await
    }
}

/// A request that was sent.
pub(crate) struct Pending {
    connection: Arc<Connection>,
    id: u64,
    method: &'static str,
    receiver: oneshot::Receiver<Reply>,
}

impl Pending {
    /// Its reply, or an error after `within`. May be called again after a time-out.
    pub(crate) async fn raw(&mut self, within: Duration) -> Result<Box<RawValue>, CallError> {
        match tokio::time::timeout(within, &mut self.receiver).await {
            Ok(Ok(Ok(result))) => Ok(result),
            Ok(Ok(Err(message))) => Err(CallError::Refused { method: self.method, message }),
            Ok(Err(_)) => Err(CallError::Closed),
            Err(_) => Err(CallError::Silent { method: self.method }),
        }
    }

    /// Its reply, read as `T`.
    pub(crate) async fn reply<T: DeserializeOwned>(
        mut self,
        within: Duration,
    ) -> Result<T, CallError> {
        let raw = self.raw(within).await?;
        serde_json::from_str(raw.get()).map_err(|error| CallError::Refused {
            method: self.method,
            message: format!("unexpected reply: {error}"),
        })
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        locked(&self.connection.pending).remove(&self.id);
    }
}

fn message_of(error: &RawValue) -> String {
    #[derive(Deserialize)]
    struct Said {
        message: String,
        data: Option<String>,
    }
    match serde_json::from_str::<Said>(error.get()) {
        Ok(Said { message, data: Some(data) }) => format!("{message} ({data})"),
        Ok(Said { message, data: None }) => message,
        Err(_) => "an error without a message".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    /// Hears nothing.
    struct Deaf;

    impl Sink for Deaf {
        fn event(&self, _: Option<&str>, _: &str, _: &RawValue) {}
        fn closed(&self) {}
    }

    #[tokio::test]
    async fn a_reply_that_is_too_long_ends_its_call_and_nothing_else() {
        let (to_chromium, _from_us) = pipe::pipe().unwrap();
        let (mut chromium, from_chromium) = pipe::pipe().unwrap();
        let connection = Connection::over(to_chromium);
        connection.read_into(from_chromium, Arc::new(Deaf));
        let (long, short) =
            (connection.start(None, "Page.a", ()), connection.start(None, "Page.b", ()));
        let piece = vec![b'x'; 1 << 20];
        let written = tokio::spawn(async move {
            chromium.write_all(br#"{"id":1,"result":""#).await.unwrap();
            for _ in 0..70 {
                chromium.write_all(&piece).await.unwrap();
            }
            chromium.write_all(b"\"}\0{\"id\":2,\"result\":3}\0").await.unwrap();
            chromium
        });
        let Err(CallError::Refused { message, .. }) = long.reply::<String>(CALL_LIMIT).await else {
            panic!("it was read");
        };
        assert!(message.contains("too long"), "{message}");
        assert_eq!(short.reply::<u8>(CALL_LIMIT).await.unwrap(), 3);
        drop(written.await.unwrap());
    }
}
