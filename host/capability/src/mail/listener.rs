//! The door of the mail server: listens, bounds how many may come in, and stops cleanly.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mavm_store::Store;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::error::Error;
use super::session::{Over, Session, Shared};
use crate::crypt::Crypt;
use crate::waiting::Clock;

/// A stopping server waits this long for mails that are just being written to disk.
const GRACE: Duration = Duration::from_secs(5);

/// What one client, and all together, may use.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest mail; larger ones are answered 552.
    pub mail_bytes: usize,
    /// How long a client may be silent.
    pub idle: Duration,
    /// How long a connection may last.
    pub connection: Duration,
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one address.
    pub connections_per_peer: usize,
}

impl Default for Limits {
    /// 1 MiB a mail; five minutes' silence, which is what RFC 5321 asks for; half an hour in all;
    /// 128 connections, 32 from one address.
    fn default() -> Self {
        Self {
            mail_bytes: 1 << 20,
            idle: Duration::from_secs(300),
            connection: Duration::from_secs(1800),
            connections: 128,
            connections_per_peer: 32,
        }
    }
}

/// A running mail server.
#[derive(Debug)]
pub struct SmtpListener {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl SmtpListener {
    /// Listens on `address` (port 0: any free one) for mail to tracked accounts of `domain`.
    pub async fn start(
        address: SocketAddr,
        domain: &str,
        store: Arc<dyn Store>,
        crypt: Arc<Crypt>,
        clock: Clock,
    ) -> Result<Self, Error> {
        Self::start_with(address, domain, store, crypt, clock, Limits::default()).await
    }

    /// The same, with other limits.
    pub async fn start_with(
        address: SocketAddr,
        domain: &str,
        store: Arc<dyn Store>,
        crypt: Arc<Crypt>,
        clock: Clock,
        limits: Limits,
    ) -> Result<Self, Error> {
        let domain = check_domain(domain)?;
        let listen = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let stop = CancellationToken::new();
        let shared = Shared { domain, store, crypt, clock, limits, stop: stop.clone() };
        let task = tokio::spawn(serve(listener, Arc::new(shared)));
        tracing::info!(%address, "the mail server listens");
        Ok(Self { address, stop, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections, tells clients to come again, and returns when what was being
    /// written is written.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if let Err(error) = (&mut self.task).await {
            tracing::error!(%error, "the mail server ended badly");
        }
    }
}

impl Drop for SmtpListener {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn check_domain(domain: &str) -> Result<String, Error> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if domain.len() > 253 || !domain.split('.').all(label) {
        return Err(Error::Domain(domain.to_owned()));
    }
    Ok(domain.to_ascii_lowercase())
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let sessions = TaskTracker::new();
    let guests = Arc::new(Guests::default());
    let mut failing = false;
    loop {
        let accepted = tokio::select! {
            () = shared.stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file handles, or a client that went away at once. Said once, not at every
                // try; the pause leaves the processor to those who could give handles back.
                if !failing {
                    tracing::warn!(%error, "a mail connection could not be accepted");
                }
                failing = true;
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        failing = false;
        let Some(guest) = Guest::enter(&guests, peer.ip(), &shared.limits) else {
            sessions.spawn(turn_away(stream, shared.limits.idle));
            continue;
        };
        let shared = shared.clone();
        sessions.spawn(async move {
            let _guest = guest;
            // Answers are small and gathered already: waiting to fill a packet only delays them.
            let _ = stream.set_nodelay(true);
            let limit = shared.limits.connection;
            let session = Session::new(stream, peer.ip().to_string(), shared);
            match tokio::time::timeout(limit, session.run()).await {
                Ok(Over::Refused(why)) => tracing::info!(%peer, why, "a mail client was sent away"),
                Ok(Over::Client | Over::Stopped) => {}
                Err(_) => tracing::info!(%peer, "a mail connection lasted too long"),
            }
        });
    }
    drop(listener);
    sessions.close();
    if tokio::time::timeout(GRACE, sessions.wait()).await.is_err() {
        tracing::warn!("some mail connections did not end in time");
    }
}

async fn turn_away(mut stream: TcpStream, idle: Duration) {
    let goodbye = stream.write_all(b"421 4.7.0 too many connections, come again later\r\n");
    let _ = tokio::time::timeout(idle.min(GRACE), goodbye).await;
}

/// How many connections there are, by address.
#[derive(Default)]
struct Guests(Mutex<HashMap<IpAddr, usize>>);

/// One connection's place among them.
struct Guest {
    guests: Arc<Guests>,
    address: IpAddr,
}

impl Guest {
    fn enter(guests: &Arc<Guests>, address: IpAddr, limits: &Limits) -> Option<Self> {
        let mut map = guests.0.lock().unwrap_or_else(PoisonError::into_inner);
        if map.values().sum::<usize>() >= limits.connections {
            return None;
        }
        let mine = map.entry(address).or_default();
        if *mine >= limits.connections_per_peer {
            return None;
        }
        *mine += 1;
        Some(Self { guests: guests.clone(), address })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut map = self.guests.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mine) = map.get_mut(&self.address) {
            *mine -= 1;
            if *mine == 0 {
                map.remove(&self.address);
            }
        }
    }
}
