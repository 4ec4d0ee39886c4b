//! Closing an account, and the proof that it is closed.

mod close;
mod prove;

use mavm_sdk::plugin;

plugin!(close::close, prove::prove);
