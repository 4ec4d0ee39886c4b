//! The wiring: the only place that knows every part. [`Folders`] says where things are kept,
//! [`parts`] puts store, capabilities, plugins and flows together, [`serve`] adds what runs all the
//! time: the mail listener, the triggers, the workers and the HTTP API.

mod actions;
pub mod addresses_file;
mod capabilities;
pub mod desk;
mod folders;
pub mod grants;
pub mod keys;
pub mod parts;
pub mod serve;
mod traces;

pub use folders::Folders;
pub use parts::clock;

/// Comes when the program is asked to stop: Ctrl-C or SIGTERM.
pub async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        // Without a handler for SIGTERM the system ends the program, which loses nothing.
        Err(_) => {
            tokio::signal::ctrl_c().await.ok();
        }
    }
}
