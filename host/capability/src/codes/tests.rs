//! Codes find the run that waits for them, and no other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::time::Duration;

use mavm_plugin::bindings::mavm::plugin::codes::Host as _;
use mavm_plugin::sealed::Code;
use mavm_plugin::{Failure, StepError, StepRequest};
use secrecy::ExposeSecret as _;
use wasmtime::component::{Resource, ResourceTable};

use super::host::PerStep;
use super::{Codes, CodesView, Intake, IntakeError};
use crate::testing::{World, link_and_open, millis, soon, world};

struct Plugin {
    mine: PerStep,
    table: ResourceTable,
}

impl Plugin {
    fn new(world: &World, step: &Arc<StepRequest>) -> Self {
        let codes = Codes::new(world.store.clone(), world.crypt.clone(), world.clock.clone());
        Self { mine: codes.begin(step), table: ResourceTable::new() }
    }

    fn view(&mut self) -> CodesView<'_> {
        CodesView { mine: Some(&mut self.mine), table: &mut self.table }
    }

    async fn reserve(&mut self, channel: &str, within: u64) -> Result<(), Failure> {
        self.view().reserve(channel.into(), millis(within)).await.unwrap()
    }

    async fn wait(&mut self, channel: &str, pattern: &str, within: u64) -> Result<String, Failure> {
        let code: Result<Resource<Code>, Failure> =
            self.view().wait(channel.into(), pattern.into(), millis(within)).await.unwrap();
        let code = self.table.delete(code?).unwrap();
        Ok(code.value.expose_secret().to_owned())
    }
}

fn intake(world: &World) -> Intake {
    Intake::new(world.store.clone(), world.crypt.clone(), world.clock.clone())
}

const SIX: &str = r"\b(\d{6})\b";

#[tokio::test]
async fn each_run_gets_the_code_of_its_channel() {
    let world = world().await;
    let intake = intake(&world);
    let (one, two) = (world.step(1).await, world.step(2).await);
    let (mut one, mut two) = (Plugin::new(&world, &one), Plugin::new(&world, &two));
    one.reserve("card-sms", 5000).await.unwrap();
    two.reserve("other-sms", 5000).await.unwrap();

    let first = tokio::spawn(async move { one.wait("card-sms", SIX, 20_000).await });
    let second = tokio::spawn(async move { two.wait("other-sms", SIX, 20_000).await });
    intake.sms("222222 is your code", Some("other-sms")).await.unwrap();
    intake.sms("111111 is your code", Some("card-sms")).await.unwrap();
    assert_eq!(first.await.unwrap().unwrap(), "111111");
    assert_eq!(second.await.unwrap().unwrap(), "222222");
}

#[tokio::test]
async fn a_channel_has_one_run_at_a_time_and_the_next_never_sees_the_firsts_code() {
    let world = world().await;
    let intake = intake(&world);
    let (one, two) = (world.step(1).await, world.step(2).await);
    let (mut one, mut two) = (Plugin::new(&world, &one), Plugin::new(&world, &two));
    one.reserve("card-sms", 5000).await.unwrap();
    one.reserve("card-sms", 5000).await.unwrap();
    let refused = two.reserve("card-sms", 100).await;
    let Err(Failure::TimedOut(waited)) = refused else { panic!("{refused:?}") };
    assert_eq!(waited.waited_for, "the channel `card-sms`");
    assert_eq!(waited.obstacle.as_deref(), Some("another run holds it"));

    // No channel given: it is for whoever holds one.
    intake.sms("111111 is your code", None).await.unwrap();
    // The second waits for its turn and for a code; the first's code is already on disk.
    let second = tokio::spawn(async move { two.wait("card-sms", SIX, 20_000).await });
    assert_eq!(one.wait("card-sms", SIX, 5000).await.unwrap(), "111111");
    intake.sms("nobody asked for 333333", Some("card-sms")).await.unwrap();
    one.view().release("card-sms".into()).await.unwrap().unwrap();

    // The second's reservation is later than everything so far; only a later code is its own.
    let mut probe = Plugin::new(&world, &world.step(3).await);
    soon(async {
        // Taken before the second got it: give it back.
        while probe.reserve("card-sms", 0).await.is_ok() {
            probe.view().release("card-sms".into()).await.unwrap().unwrap();
            tokio::task::yield_now().await;
        }
    })
    .await;
    intake.sms("222222 is your code", Some("card-sms")).await.unwrap();
    assert_eq!(second.await.unwrap().unwrap(), "222222");
}

#[tokio::test]
async fn codes_from_before_the_reservation_and_texts_of_another_kind_are_left_alone() {
    let world = world().await;
    let intake = intake(&world);
    let step = world.step(1).await;
    let mut plugin = Plugin::new(&world, &step);
    intake.sms("999999 is stale", Some("card-sms")).await.unwrap();
    plugin.reserve("card-sms", 5000).await.unwrap();
    intake.sms("Your parcel is on its way", Some("card-sms")).await.unwrap();

    let missing = plugin.wait("card-sms", SIX, 300).await;
    let Err(Failure::TimedOut(waited)) = missing else { panic!("{missing:?}") };
    assert_eq!(waited.waited_for, r"a code on `card-sms` like `\b(\d{6})\b`");
    assert_eq!(waited.obstacle.as_deref(), Some("1 text(s) came that don't match the pattern"));

    intake.sms("123456 is your code", Some("card-sms")).await.unwrap();
    assert_eq!(plugin.wait("card-sms", SIX, 5000).await.unwrap(), "123456");
    // Each code once; the parcel is still there for whoever waits for parcels.
    assert!(matches!(plugin.wait("card-sms", SIX, 0).await, Err(Failure::TimedOut(_))));
    assert_eq!(plugin.wait("card-sms", "parcel", 5000).await.unwrap(), "parcel");
}

#[tokio::test]
async fn a_code_that_another_host_took_in_is_found_too() {
    let world = world().await;
    let other = world.other_host().await;
    let step = world.step(1).await;
    let mut plugin = Plugin::new(&world, &step);
    plugin.reserve("card-sms", 5000).await.unwrap();
    let there = Intake::new(other, world.crypt.clone(), world.clock.clone());
    let (code, kept) = tokio::join!(
        // Well before the wait's own end, whose last look would find it in any case.
        tokio::time::timeout(Duration::from_secs(30), plugin.wait("card-sms", SIX, 50_000)),
        there.sms("123456 is your code", Some("card-sms"))
    );
    kept.unwrap();
    assert_eq!(code.unwrap().unwrap(), "123456");
}

#[tokio::test]
async fn a_wait_ends_before_its_step_does() {
    let world = world().await;
    let step = world.step_within(1, Duration::from_millis(1200)).await;
    let mut plugin = Plugin::new(&world, &step);
    let missing = plugin.wait("card-sms", SIX, 3_600_000).await;
    let Err(Failure::TimedOut(waited)) = missing else { panic!("{missing:?}") };
    assert!(waited.within.milliseconds <= 200, "{waited:?}");
}

#[tokio::test]
async fn a_worker_that_lost_the_run_takes_nothing() {
    let world = world().await;
    let intake = intake(&world);
    let step = world.step(1).await;
    let mut plugin = Plugin::new(&world, &step);
    plugin.reserve("card-sms", 5000).await.unwrap();
    intake.sms("123456 is your code", Some("card-sms")).await.unwrap();
    world.steal(&step).await;
    let error = plugin
        .view()
        .wait("card-sms".into(), SIX.into(), millis(5000))
        .await
        .expect_err("the fence is stale");
    assert!(matches!(error.downcast_ref::<StepError>(), Some(StepError::Fenced)), "{error:?}");
    assert_eq!(world.store.untaken_codes(step.run(), "card-sms").await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_at_the_door() {
    let world = world().await;
    let intake = intake(&world);
    for text in ["", " \n", &"1".repeat(1025)] {
        assert!(matches!(intake.sms(text, None).await, Err(IntakeError::Length(_))));
    }
    for channel in ["", "Card", "a/b", &"a".repeat(65)] {
        assert!(matches!(intake.sms("123456", Some(channel)).await, Err(IntakeError::Channel)));
    }
    let step = world.step(1).await;
    let mut plugin = Plugin::new(&world, &step);
    assert!(matches!(plugin.reserve("Card SMS", 100).await, Err(Failure::Invalid(_))));
    assert!(matches!(plugin.wait("card-sms", "(", 100).await, Err(Failure::Invalid(_))));
}

#[tokio::test]
async fn a_code_is_nowhere_in_the_clear() {
    let world = world().await;
    intake(&world).sms("424242 is your code", Some("card-sms")).await.unwrap();
    let step = world.step(1).await;
    let mut plugin = Plugin::new(&world, &step);
    plugin.reserve("card-sms", 5000).await.unwrap();
    intake(&world).sms("424242 is your code", Some("card-sms")).await.unwrap();
    for code in world.store.untaken_codes(step.run(), "card-sms").await.unwrap() {
        assert!(!code.sealed.windows(6).any(|six| six == b"424242"));
    }
    let code =
        plugin.view().wait("card-sms".into(), SIX.into(), millis(5000)).await.unwrap().unwrap();
    let code = plugin.table.get(&code).unwrap();
    assert!(!format!("{code:?}").contains("424242"));
}

#[tokio::test]
async fn a_plugin_that_describes_itself_has_no_codes() {
    let mut table = ResourceTable::new();
    let mut view = CodesView { mine: None, table: &mut table };
    let error = view.release("card-sms".into()).await.expect_err("no step");
    assert!(error.to_string().contains("codes.release"), "{error}");
}

#[tokio::test]
async fn it_fits_the_plugin_runtime() {
    let world = world().await;
    let step = world.step(1).await;
    link_and_open(
        &Codes::new(world.store.clone(), world.crypt.clone(), world.clock.clone()),
        &step,
        "codes",
    );
}
