//! A thin client of the Chrome DevTools Protocol over a pair of pipes. It moves messages and knows
//! none of them: what they mean is the sessions' business. It never parses an event that nobody
//! takes, and no call waits without a bound.

mod connection;
mod halves;
mod messages;

pub(crate) use connection::{CallError, Connection, Pending, Sink};
