//! What is SQLite's own: the group commit, the file, what a crash leaves, two hosts on one file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod file;
mod group_commit;
mod indexes;
mod kill;
mod measure;
mod two_hosts;
mod words;
