//! A run gets the code or link of a mail to its own account, each once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use mavm_plugin::bindings::mavm::plugin::mail::{Filter, Host as _};
use mavm_plugin::{Failure, StepError, StepRequest};
use secrecy::ExposeSecret as _;
use wasmtime::component::ResourceTable;

use super::host::PerStep;
use super::{MailIn, MailView};
use crate::testing::{World, link_and_open, millis, world};

struct Plugin {
    mine: PerStep,
    table: ResourceTable,
}

impl Plugin {
    fn new(world: &World, step: &Arc<StepRequest>) -> Self {
        let mail = MailIn::new(world.store.clone(), world.crypt.clone());
        Self { mine: mail.begin(step), table: ResourceTable::new() }
    }

    async fn try_wait(
        &mut self,
        subject: Option<&str>,
        pattern: &str,
        within: u64,
    ) -> wasmtime::Result<Result<String, Failure>> {
        let filter = Filter { subject: subject.map(Into::into), pattern: pattern.into() };
        let mut view = MailView { mine: Some(&mut self.mine), table: &mut self.table };
        Ok(match view.wait(filter, millis(within)).await? {
            Ok(code) => Ok(self.table.delete(code)?.value.expose_secret().to_owned()),
            Err(failure) => Err(failure),
        })
    }

    async fn wait(&mut self, subject: Option<&str>, within: u64) -> Result<String, Failure> {
        self.try_wait(subject, r"Verification code:\s*(\d+)", within).await.unwrap()
    }
}

async fn arrive(world: &World, to: &str, subject: &str, text: &str) {
    let mail = format!("Subject: {subject}\r\n\r\n{text}\r\n");
    let sealed = world.crypt.seal(super::PURPOSE, mail.as_bytes()).unwrap();
    world.store.put_mail(world.now(), to, sealed).await.unwrap();
}

#[tokio::test]
async fn each_run_gets_the_mail_to_its_own_account() {
    let world = world().await;
    let (one, two) = (world.step(1).await, world.step(2).await);
    let (mut one, mut two) = (Plugin::new(&world, &one), Plugin::new(&world, &two));
    let first = tokio::spawn(async move { one.wait(None, 20_000).await });
    let second = tokio::spawn(async move { two.wait(None, 20_000).await });
    arrive(&world, "root+2@vend.example", "x", "Verification code: 222222").await;
    arrive(&world, "root+1@vend.example", "x", "Verification code: 111111").await;
    assert_eq!(first.await.unwrap().unwrap(), "111111");
    assert_eq!(second.await.unwrap().unwrap(), "222222");
}

#[tokio::test]
async fn the_newest_mail_that_matches_is_taken_and_only_once() {
    let world = world().await;
    let step = world.step(1).await;
    let to = "root+1@vend.example";
    arrive(&world, to, "Your AWS code", "Verification code: 111111").await;
    arrive(&world, to, "Your AWS code", "Verification code: 222222").await;
    arrive(&world, to, "Special offer", "Verification code: 333333").await;
    arrive(&world, to, "Your AWS code", "no digits here").await;
    let mut plugin = Plugin::new(&world, &step);
    assert_eq!(plugin.wait(Some("aws CODE"), 5000).await.unwrap(), "222222");
    // A step that is done again takes the next one.
    let mut again = Plugin::new(&world, &step);
    assert_eq!(again.wait(Some("aws CODE"), 5000).await.unwrap(), "111111");
    let missing = again.wait(Some("aws CODE"), 0).await;
    let Err(Failure::TimedOut(waited)) = missing else { panic!("{missing:?}") };
    assert_eq!(
        waited.waited_for,
        r#"a mail to root+1@vend.example about "aws CODE" with `Verification code:\s*(\d+)`"#
    );
    assert_eq!(waited.obstacle.as_deref(), Some("2 other mail(s) came that don't match"));
    assert_eq!(again.wait(None, 5000).await.unwrap(), "333333");
}

#[tokio::test]
async fn a_mail_sealed_with_another_key_is_passed_over() {
    let world = world().await;
    let step = world.step(1).await;
    let to = "root+1@vend.example";
    arrive(&world, to, "x", "Verification code: 111111").await;
    world.store.put_mail(world.now(), to, b"not ours".to_vec()).await.unwrap();
    assert_eq!(Plugin::new(&world, &step).wait(None, 5000).await.unwrap(), "111111");
}

#[tokio::test]
async fn a_worker_that_lost_the_run_takes_no_mail() {
    let world = world().await;
    let step = world.step(1).await;
    arrive(&world, "root+1@vend.example", "x", "Verification code: 111111").await;
    world.steal(&step).await;
    let error = Plugin::new(&world, &step)
        .try_wait(None, r"(\d{6})", 5000)
        .await
        .expect_err("the fence is stale");
    assert!(matches!(error.downcast_ref::<StepError>(), Some(StepError::Fenced)), "{error:?}");
    assert_eq!(world.store.untaken_mail("root+1@vend.example").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_filter_that_makes_no_sense_is_the_plugins_fault() {
    let world = world().await;
    let step = world.step(1).await;
    let mut plugin = Plugin::new(&world, &step);
    let subject = "a".repeat(257);
    for (subject, pattern) in [(None, "("), (None, ""), (Some(subject.as_str()), "x")] {
        let refused = plugin.try_wait(subject, pattern, 100).await.unwrap();
        assert!(matches!(refused, Err(Failure::Invalid(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn it_fits_the_plugin_runtime() {
    let world = world().await;
    let step = world.step(1).await;
    link_and_open(&MailIn::new(world.store.clone(), world.crypt.clone()), &step, "mail");
}
