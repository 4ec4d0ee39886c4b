//! The practice console from outside: HTTP as the pages speak it, real SMTP, STS through the AWS
//! SDK, and the pages in a real Chromium. No test knows the console's insides.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod journey;
mod pages;
mod post;
mod scenarios;
mod sts;
mod visitor;
