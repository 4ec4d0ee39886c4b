//! The host at work: everything that runs until it is told to stop.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use mavm_capability::browser::KeptSessions;
use mavm_capability::codes::Intake;
use mavm_capability::mail::SmtpListener;
use mavm_flow::{Starter, Triggers, Worker};
use mavm_store::{RunStatus, Store};
use mavm_web::{Api, Limits};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::actions::Actions;
use super::desk::Desk;
use super::folders::Lock;
use super::parts::{self, Parts};
use super::{Folders, addresses_file, clock, keys, stop_signal, traces};
use crate::config::Config;

/// The name of the key that the first start makes.
const FIRST_KEY: &str = "first";

/// Serves until Ctrl-C or SIGTERM.
pub async fn run(config: &Config, folders: &Folders, addresses: Option<&Path>) -> Result<()> {
    let Some(lock) = folders.lock()? else {
        bail!(
            "another host works on {}; stop it first, or set host.data to another folder",
            folders.data().display()
        );
    };
    let mut host = Host::start(config, folders, lock).await?;
    first_key(&host.parts).await?;
    tracing::info!(listening = %host.listening, "ready");
    if let Some(file) = addresses {
        addresses_file::write(file, &host.listening)?;
    }
    let ended = tokio::select! {
        () = stop_signal() => Ok(()),
        broken = host.broken() => broken,
    };
    tracing::info!("stopping: steps under way are cancelled, their runs go on at the next start");
    host.stop().await;
    ended
}

/// A host at work.
pub struct Host {
    pub parts: Parts,
    listening: serde_json::Value,
    mail: SmtpListener,
    tasks: JoinSet<Result<()>>,
    stop: CancellationToken,
    _lock: Lock,
}

impl Host {
    /// Starts everything; only the holder of the data folder's lock may.
    pub async fn start(config: &Config, folders: &Folders, lock: Lock) -> Result<Self> {
        let parts = parts::open(config, folders).await?;
        if config.stock.target > 0 {
            for flow in parts.flows.iter().filter(|flow| flow.account.makes_new()) {
                parts::check_secrets(config, folders, flow).await?;
            }
        }
        let kept = KeptSessions::in_folder(folders.sessions(), parts.crypt.clone());
        forget_what_is_over(&kept, &*parts.store).await;
        let http = TcpListener::bind(config.host.listen).await.with_context(|| {
            format!(
                "can't listen on host.listen = \"{}\"; choose another port in mavm.toml, or stop \
                     what has it",
                config.host.listen
            )
        })?;
        let mail = mail_listener(config, &parts).await?;
        let listening = serde_json::json!({
            "http": format!("http://{}", http.local_addr()?),
            "smtp": mail.address().to_string(),
        });
        let starter = Arc::new(parts.starter(config)?);
        let router = api(config, folders, &parts, starter.clone());
        let stop = CancellationToken::new();
        let worker = Worker::new(parts.worker.clone(), parts::worker_options(config));
        let mut tasks = JoinSet::new();
        let graceful = stop.clone().cancelled_owned();
        tasks.spawn(async move {
            axum::serve(http, router).with_graceful_shutdown(graceful).await.map_err(Into::into)
        });
        tasks.spawn(tell_swaps(parts.runtime.clone(), worker.clone(), stop.clone()));
        tasks.spawn(traces::keep_tidy(
            folders.traces(),
            config.host.keep_traces_days,
            stop.clone(),
        ));
        let (working, triggering) = (stop.clone(), stop.clone());
        tasks.spawn(async move {
            worker.run(working).await;
            Ok(())
        });
        tasks.spawn(async move {
            Triggers::new(starter).run(triggering).await;
            Ok(())
        });
        Ok(Self { parts, listening, mail, tasks, stop, _lock: lock })
    }

    /// Returns when a part of it has ended although nobody asked it to.
    async fn broken(&mut self) -> Result<()> {
        match self.tasks.join_next().await {
            Some(ended) => ended.map_err(anyhow::Error::from).flatten(),
            None => Ok(()),
        }
    }

    /// Cancels the steps under way, gives up their claims, closes the browser.
    pub async fn stop(mut self) {
        self.stop.cancel();
        self.mail.stop().await;
        while let Some(task) = self.tasks.join_next().await {
            if let Err(error) = task.map_err(anyhow::Error::from).flatten() {
                tracing::warn!("{error:#}");
            }
        }
        self.parts.launcher.close().await;
    }
}

fn api(config: &Config, folders: &Folders, parts: &Parts, starter: Arc<Starter>) -> axum::Router {
    mavm_web::router(Api {
        store: parts.store.clone(),
        actions: Arc::new(Actions {
            config: config.clone(),
            folders: folders.clone(),
            store: parts.store.clone(),
            starter,
            texts: parts.worker.texts.clone(),
            runtime: parts.runtime.clone(),
            intake: Intake::new(parts.store.clone(), parts.crypt.clone(), clock()),
            desk: Desk::new(parts.store.clone(), parts.crypt.clone()),
        }),
        clock: clock(),
        limits: Limits {
            lease: config.vend.lease,
            max_lease: config.vend.max_lease,
            open_vend: config.vend.open,
        },
    })
}

/// Removes saved sessions of runs that ended while nobody could remove them: the host was killed just
/// then, or the run is unknown.
async fn forget_what_is_over(kept: &KeptSessions, store: &dyn Store) {
    let runs = match kept.runs() {
        Ok(runs) => runs,
        Err(error) => {
            tracing::warn!(%error, "the folder of saved sessions can't be read");
            return;
        }
    };
    for id in runs {
        match store.run(&id).await {
            Ok(Some(run)) if matches!(run.status, RunStatus::Ready | RunStatus::Parked) => {}
            Ok(_) => kept.forget(&id),
            Err(error) => tracing::warn!(run = %id, %error, "a saved session stays for now"),
        }
    }
}

/// Takes mail for the root domain.
async fn mail_listener(config: &Config, parts: &Parts) -> Result<SmtpListener> {
    let listener = SmtpListener::start(
        config.mail.listen,
        &config.mail.domain,
        parts.store.clone(),
        parts.crypt.clone(),
        clock(),
    );
    Ok(listener.await?)
}

/// A machine without a key would be of no use; the first start makes one and shows it this once.
async fn first_key(parts: &Parts) -> Result<()> {
    if parts.store.key_count().await? == 0 {
        let (key, hash) = keys::new_key();
        parts.store.put_key(FIRST_KEY, &hash, jiff::Timestamp::now()).await?;
        println!("API key (shown this once): {key}");
    }
    Ok(())
}

/// Tells the worker of each plugin that was swapped, so that runs that wait for it go on.
async fn tell_swaps(
    runtime: Arc<mavm_plugin::Runtime>,
    worker: Worker,
    stop: CancellationToken,
) -> Result<()> {
    let mut swaps = runtime.registry().subscribe();
    let mut known = swaps.borrow_and_update().clone();
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            changed = swaps.changed() => if changed.is_err() { return Ok(()) },
        }
        let active = swaps.borrow_and_update().clone();
        for (name, plugin) in active.iter() {
            if known.get(name).is_none_or(|before| before.digest != plugin.digest) {
                worker.plugin_swapped(name, &plugin.digest);
            }
        }
        known = active;
    }
}
