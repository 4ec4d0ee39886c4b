//! What can go wrong when the mail server starts.

use std::net::SocketAddr;

/// Why the listener did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is taken, not of this machine, or needs rights that the host doesn't have.
    #[error(
        "the mail server can't listen on {address}: {source}. Choose another address for it in mavm.toml, or stop what listens there"
    )]
    Listen {
        /// Where it should listen.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The root mail domain is no domain.
    #[error(
        "`{0}` is not a mail domain. Give the part after the @ of the root addresses, such as `aws.example.com`"
    )]
    Domain(String),
}
