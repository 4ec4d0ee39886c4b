//! What every store must do, whatever it is made of. Each behaviour is a function over
//! `Arc<dyn Store>`, and `on_every_store!` runs it on each store that there is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

/// Makes a test of each behaviour for each store; a new store gets a module of its own here.
macro_rules! on_every_store {
    ($($behaviour:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $behaviour() {
                    let home = $crate::tests::fixture::Home::new().await;
                    super::$behaviour(home.store()).await;
                }
            )+
        }
    };
}

pub(crate) mod fixture;

mod accounts;
mod audit;
mod challenges;
mod changes;
mod claims;
mod codes;
mod effects;
mod fence;
mod journal;
mod keys;
mod lease;
mod mail;
mod reservations;
mod resume;
mod runs;
mod signup;
mod start_run;
mod vend;
