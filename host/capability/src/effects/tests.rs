//! Effects against the real store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use mavm_plugin::bindings::mavm::plugin::effects::{Host as _, State};
use mavm_plugin::{Capability as _, Failure, StepError};

use super::{Effects, EffectsStep, EffectsView};
use crate::testing::{World, world};

fn capability(world: &World) -> Effects {
    Effects::new(world.store.clone(), world.clock.clone())
}

fn view(step: &mut EffectsStep) -> EffectsView<'_> {
    EffectsView { step: Some(step) }
}

#[tokio::test]
async fn an_effect_is_fresh_then_unknown_then_done() {
    let world = world().await;
    let request = world.step(1).await;
    let mut step = capability(&world).step(&request);
    let mut view = view(&mut step);
    assert!(matches!(view.begin("close-account".into()).await.unwrap().unwrap(), State::Fresh));
    assert!(matches!(view.begin("close-account".into()).await.unwrap().unwrap(), State::Unknown));
    view.begin_again("close-account".into()).await.unwrap().unwrap();
    view.finish("close-account".into(), "closed at once".into()).await.unwrap().unwrap();
    let State::Done(finding) = view.begin("close-account".into()).await.unwrap().unwrap() else {
        panic!("not done");
    };
    assert_eq!(finding, "closed at once");
    let kept = world.store.effects(request.run()).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].name, "test-plugin/close-account");
}

#[tokio::test]
async fn wrong_names_and_large_findings_are_the_plugins_fault() {
    let world = world().await;
    let request = world.step(1).await;
    let mut step = capability(&world).step(&request);
    let mut view = view(&mut step);
    for bad in ["", "a b", "-a", "other/close", "ä", &"a".repeat(101)] {
        let answer = view.begin(bad.into()).await.unwrap();
        assert!(matches!(answer, Err(Failure::Invalid(_))), "{bad:?}");
        let answer = view.finish(bad.into(), String::new()).await.unwrap();
        assert!(matches!(answer, Err(Failure::Invalid(_))), "{bad:?}");
        let answer = view.begin_again(bad.into()).await.unwrap();
        assert!(matches!(answer, Err(Failure::Invalid(_))), "{bad:?}");
    }
    view.begin("pay".into()).await.unwrap().unwrap();
    let answer = view.finish("pay".into(), "x".repeat(8 * 1024 + 1)).await.unwrap();
    assert!(matches!(answer, Err(Failure::Invalid(_))));
    assert!(matches!(view.begin("pay".into()).await.unwrap().unwrap(), State::Unknown));
    let answer = view.finish("never-begun".into(), String::new()).await.unwrap();
    assert!(matches!(answer, Err(Failure::Invalid(_))), "{answer:?}");
}

#[tokio::test]
async fn a_step_whose_run_was_taken_over_is_stopped() {
    let world = world().await;
    let request = world.step(1).await;
    let mut step = capability(&world).step(&request);
    world.steal(&request).await;
    let error = view(&mut step).begin("pay".into()).await.unwrap_err();
    assert!(matches!(error.downcast_ref::<StepError>(), Some(StepError::Fenced)), "{error:?}");
    assert!(world.store.effects(request.run()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_plugin_that_describes_itself_has_no_effects() {
    assert!(EffectsView { step: None }.begin("pay".into()).await.is_err());
}

#[tokio::test]
async fn the_interface_is_linked() {
    let effects = capability(&world().await);
    let mut linker = wasmtime::component::Linker::new(&wasmtime::Engine::default());
    effects.link(&mut linker).unwrap();
    assert!(effects.link(&mut linker).is_err(), "nothing was there before");
}
