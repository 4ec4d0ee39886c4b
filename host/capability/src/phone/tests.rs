//! One run a number, and the digits reach whoever answers, and nobody else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use mavm_plugin::bindings::mavm::plugin::phone::{Host as _, HostLine as _};
use mavm_plugin::resource::Line;
use mavm_plugin::sealed::Code;
use mavm_plugin::{Failure, StepError, StepRequest};
use mavm_store::ChallengeKind;
use secrecy::ExposeSecret as _;
use url::Url;
use wasmtime::component::{Resource, ResourceTable};

use super::fake::FakePhone;
use super::host::PerStep;
use super::{Number, Operator, Phone, PhoneLines, PhoneView, Practice, open_digits};
use crate::testing::{World, link_and_open, millis, soon, world};

const ONE: &str = "+491701234567";
const TWO: &str = "+491707654321";

fn numbers() -> Vec<Number> {
    vec![Number::new(ONE).unwrap(), Number::new(TWO).unwrap()]
}

struct Plugin {
    mine: PerStep,
    table: ResourceTable,
}

impl Plugin {
    fn new(world: &World, step: &Arc<StepRequest>, phone: Arc<dyn Phone>) -> Self {
        let lines = PhoneLines::new(phone, world.store.clone(), world.clock.clone());
        Self { mine: lines.begin(step), table: ResourceTable::new() }
    }

    fn view(&mut self) -> PhoneView<'_> {
        PhoneView { mine: Some(&mut self.mine), table: &mut self.table }
    }

    async fn reserve(&mut self, avoid: &[&str], within: u64) -> Result<Resource<Line>, Failure> {
        let avoid = avoid.iter().map(ToString::to_string).collect();
        self.view().reserve(avoid, millis(within)).await.unwrap()
    }

    async fn number(&mut self, line: &Resource<Line>) -> String {
        self.view().number(Resource::new_borrow(line.rep())).await.unwrap()
    }

    async fn key_in(
        &mut self,
        line: &Resource<Line>,
        digits: &str,
        within: u64,
    ) -> Result<(), Failure> {
        let code = Code { source: "page".into(), value: digits.into() };
        let code = self.table.push(code).unwrap();
        let line = Resource::new_borrow(line.rep());
        self.view().key_in(line, code, millis(within)).await.unwrap()
    }
}

#[tokio::test]
async fn numbers_go_round_and_wait_their_turn() {
    let world = world().await;
    let phone: Arc<dyn Phone> = Arc::new(FakePhone::new(numbers()));
    let (one, two) = (world.step(1).await, world.step(2).await);
    let mut one = Plugin::new(&world, &one, phone.clone());
    let mut two = Plugin::new(&world, &two, phone.clone());
    let mut three = Plugin::new(&world, &world.step(3).await, phone);

    let first = one.reserve(&[], 1000).await.unwrap();
    assert_eq!(one.number(&first).await, ONE);
    let second = two.reserve(&[], 1000).await.unwrap();
    assert_eq!(two.number(&second).await, TWO);
    let busy = three.reserve(&[], 100).await;
    let Err(Failure::TimedOut(waited)) = busy.map(drop) else { panic!("not busy") };
    assert_eq!(waited.waited_for, "a free phone number");
    assert_eq!(waited.obstacle.as_deref(), Some("other runs hold all 2 of them"));

    let waiting = tokio::spawn(async move {
        let line = three.reserve(&[], 30_000).await.unwrap();
        three.number(&line).await
    });
    two.view().drop(second).await.unwrap();
    assert_eq!(waiting.await.unwrap(), TWO);
}

#[tokio::test]
async fn a_run_gets_no_number_that_was_refused_and_no_number_twice() {
    let world = world().await;
    let step = world.step(1).await;
    let mut plugin = Plugin::new(&world, &step, Arc::new(FakePhone::new(numbers())));
    let line = plugin.reserve(&[ONE], 1000).await.unwrap();
    assert_eq!(plugin.number(&line).await, TWO);
    let none = plugin.reserve(&[ONE], 1000).await;
    let Err(Failure::Unsupported(why)) = none.map(drop) else { panic!("a line too many") };
    assert!(why.contains("2 configured, 1 to avoid, 1 in use"), "{why}");
    plugin.view().drop(line).await.unwrap();
    let none = plugin.reserve(&[ONE, TWO], 1000).await;
    assert!(matches!(none, Err(Failure::Unsupported(_))));
}

#[tokio::test]
async fn digits_are_keyed_in_and_nothing_else_is() {
    let world = world().await;
    let step = world.step(1).await;
    let phone = Arc::new(FakePhone::new(numbers()));
    let mut plugin = Plugin::new(&world, &step, phone.clone());
    let line = plugin.reserve(&[], 1000).await.unwrap();
    for bad in ["", "12a4", "12 34", "12345678901234567"] {
        let refused = plugin.key_in(&line, bad, 1000).await;
        let Err(Failure::Invalid(why)) = refused else { panic!("{refused:?}") };
        assert!(bad.is_empty() || !why.contains(bad), "{why}");
    }
    plugin.key_in(&line, "0471#", 1000).await.unwrap();
    assert_eq!(phone.keyed(), [(Number::new(ONE).unwrap(), "0471#".to_owned())]);
}

#[tokio::test]
async fn a_worker_that_lost_the_run_gets_no_number() {
    let world = world().await;
    let step = world.step(1).await;
    let mut plugin = Plugin::new(&world, &step, Arc::new(FakePhone::new(numbers())));
    world.steal(&step).await;
    let error = plugin.view().reserve(Vec::new(), millis(1000)).await.map(drop).unwrap_err();
    assert!(matches!(error.downcast_ref::<StepError>(), Some(StepError::Fenced)), "{error:?}");
}

#[tokio::test]
async fn a_person_is_told_which_phone_rings_and_shown_the_digits_on_request() {
    let world = world().await;
    let step = world.step(1).await;
    let (store, crypt, clock) = (world.store.clone(), world.crypt.clone(), world.clock.clone());
    let operator = Operator::new(numbers(), store, crypt, clock);
    let mut plugin = Plugin::new(&world, &step, Arc::new(operator));
    let line = plugin.reserve(&[], 1000).await.unwrap();
    let unsolved = plugin.key_in(&line, "9317", 100).await;
    let Err(Failure::ChallengeUnsolved(why)) = unsolved else { panic!("{unsolved:?}") };
    assert!(why.contains(ONE) && !why.contains("9317"), "{why}");

    let mut changes = world.store.changes();
    let waiting = tokio::spawn(async move { plugin.key_in(&line, "4711", 30_000).await });
    let open = soon(async {
        loop {
            // The first call's challenge is over, so it isn't among them.
            let open = world.store.open_challenges(world.now()).await.unwrap();
            if let Some(open) = open.first() {
                break world.store.challenge(&open.id).await.unwrap().unwrap();
            }
            changes.changed().await.unwrap();
        }
    })
    .await;
    assert_eq!(open.kind, ChallengeKind::Call);
    assert!(open.prompt.contains(ONE) && !open.prompt.contains("4711"), "{}", open.prompt);
    assert!(!open.data.windows(4).any(|four| four == b"4711"));
    assert_eq!(open_digits(&world.crypt, &open).unwrap().expose_secret(), "4711");
    world.store.answer_challenge(&open.id, world.now(), Vec::new(), "person:test").await.unwrap();
    waiting.await.unwrap().unwrap();
}

/// Rings at the third ask; takes `4711` only.
#[derive(Default)]
struct Exchange {
    asked: Mutex<u32>,
}

#[derive(serde::Deserialize)]
struct Keys {
    number: String,
    digits: String,
}

async fn practice_console(exchange: Arc<Exchange>) -> Url {
    async fn pick_up(
        State(exchange): State<Arc<Exchange>>,
        Json(keys): Json<Keys>,
    ) -> Result<Json<serde_json::Value>, StatusCode> {
        let mut asked = exchange.asked.lock().unwrap();
        *asked += 1;
        if keys.number != ONE || *asked < 3 {
            return Err(StatusCode::NOT_FOUND);
        }
        Ok(Json(serde_json::json!({"accepted": keys.digits == "4711"})))
    }
    let app = Router::new().route("/practice/phone/answer", post(pick_up)).with_state(exchange);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    Url::parse(&format!("http://{address}")).unwrap()
}

#[tokio::test]
async fn a_practice_call_is_answered_when_it_rings() {
    let world = world().await;
    let step = world.step(1).await;
    let exchange = Arc::new(Exchange::default());
    let control = practice_console(exchange.clone()).await;
    let practice = Arc::new(Practice::new(numbers(), &control).unwrap());
    let mut plugin = Plugin::new(&world, &step, practice);
    let line = plugin.reserve(&[], 1000).await.unwrap();
    plugin.key_in(&line, "4711", 30_000).await.unwrap();
    assert_eq!(*exchange.asked.lock().unwrap(), 3);

    let wrong = plugin.key_in(&line, "0000", 30_000).await;
    let Err(Failure::ChallengeUnsolved(why)) = wrong else { panic!("{wrong:?}") };
    assert!(why.contains(ONE) && !why.contains("0000"), "{why}");

    let silent = plugin.reserve(&[], 1000).await.unwrap();
    let unsolved = plugin.key_in(&silent, "4711", 300).await;
    let Err(Failure::ChallengeUnsolved(why)) = unsolved else { panic!("{unsolved:?}") };
    assert!(why.contains("no call rang"), "{why}");
}

#[tokio::test]
async fn it_fits_the_plugin_runtime() {
    let world = world().await;
    let step = world.step(1).await;
    link_and_open(
        &PhoneLines::new(Arc::new(FakePhone::default()), world.store.clone(), world.clock.clone()),
        &step,
        "phone",
    );
}
