//! Puzzles reach the solver, answers come back, and machines leave a line in the audit log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use mavm_plugin::bindings::mavm::plugin::captcha::{self, Host as _, Kind};
use mavm_plugin::{Failure, StepRequest};
use mavm_store::ChallengeKind;
use url::Url;

use super::fake::FakeSolver;
use super::host::PerStep;
use super::{Captcha, CaptchaView, Operator, Practice, Solver, seal_answer};
use crate::testing::{World, link_and_open, millis, soon, world};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot much of a picture";

fn picture(source: Option<&str>) -> captcha::Puzzle {
    captcha::Puzzle { kind: Kind::Image, data: PNG.to_vec(), source: source.map(str::to_owned) }
}

fn plugin(world: &World, step: &Arc<StepRequest>, solver: Arc<dyn Solver>) -> PerStep {
    Captcha::new(solver, world.store.clone(), world.clock.clone()).begin(step)
}

fn operator(world: &World) -> Arc<dyn Solver> {
    let (store, crypt, clock) = (world.store.clone(), world.crypt.clone(), world.clock.clone());
    Arc::new(Operator::new(store, crypt, clock))
}

async fn solve(
    mine: &mut PerStep,
    puzzle: captcha::Puzzle,
    within: u64,
) -> Result<captcha::Solution, Failure> {
    CaptchaView { mine: Some(mine) }.solve(puzzle, millis(within)).await.unwrap()
}

/// Waits until a challenge is open.
async fn open_challenge(world: &World) -> mavm_store::Challenge {
    let mut changes = world.store.changes();
    loop {
        if let Some(open) = world.store.open_challenges(world.now()).await.unwrap().pop() {
            return open;
        }
        changes.changed().await.unwrap();
    }
}

#[tokio::test]
async fn a_person_answers_and_hears_whether_it_was_right() {
    let world = world().await;
    let step = world.step(1).await;
    let mut mine = plugin(&world, &step, operator(&world));
    let waiting = tokio::spawn(async move {
        let solution = solve(&mut mine, picture(None), 30_000).await;
        (mine, solution)
    });
    let open = soon(open_challenge(&world)).await;
    let open = world.store.challenge(&open.id).await.unwrap().unwrap();
    assert_eq!((open.kind, open.mime_type.as_str()), (ChallengeKind::Image, "image/png"));
    assert_eq!(open.data, PNG);
    assert_eq!(&open.run, step.run());
    let sealed = seal_answer(&world.crypt, " xk4p2 \n").unwrap();
    world.store.answer_challenge(&open.id, world.now(), sealed, "person:test").await.unwrap();

    let (mut mine, solution) = waiting.await.unwrap();
    let solution = solution.unwrap();
    assert_eq!(solution.text, "xk4p2");
    let mut view = CaptchaView { mine: Some(&mut mine) };
    view.report(solution.id.clone(), true).await.unwrap().unwrap();
    let row = world.store.challenge(&open.id).await.unwrap().unwrap();
    assert_eq!(row.accepted, Some(true));
    // A person's answer is no use of an automatic solver.
    let audit = world.store.audit_log(100).await.unwrap();
    assert!(!audit.iter().any(|line| line.action == "captcha-solver-used"));
    let stranger = view.report("another".into(), true).await.unwrap();
    assert!(matches!(stranger, Err(Failure::Invalid(_))), "{stranger:?}");
}

#[tokio::test]
async fn nobody_answers() {
    let world = world().await;
    let step = world.step(1).await;
    let mut mine = plugin(&world, &step, operator(&world));
    let unsolved = solve(&mut mine, picture(None), 100).await;
    let Err(Failure::ChallengeUnsolved(why)) = unsolved else { panic!("{unsolved:?}") };
    assert!(why.contains("mavm challenges"), "{why}");
}

#[test]
fn an_answer_is_one_short_line() {
    let crypt = crate::crypt::Crypt::ephemeral().unwrap();
    for bad in ["", "  \n", "a\nb", &"a".repeat(65)] {
        assert!(seal_answer(&crypt, bad).is_err(), "{bad:?}");
    }
}

#[derive(serde::Deserialize)]
struct Asked {
    source: String,
}

async fn practice_console() -> Url {
    let app = Router::new()
        .route(
            "/practice/captcha/answer",
            get(|State(known): State<&'static str>, Query(asked): Query<Asked>| async move {
                match asked.source == known {
                    true => Ok(Json(serde_json::json!({"answer": "xk4p2"}))),
                    false => Err(StatusCode::NOT_FOUND),
                }
            }),
        )
        .with_state("http://captcha.example/image?token=a&b=c d");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    Url::parse(&format!("http://{address}")).unwrap()
}

#[tokio::test]
async fn the_practice_console_knows_its_own_puzzles_and_each_use_is_audited() {
    let world = world().await;
    let step = world.step(1).await;
    let solver = Arc::new(Practice::new(&practice_console().await).unwrap());
    let mut mine = plugin(&world, &step, solver);
    let known = "http://captcha.example/image?token=a&b=c d";
    let solution = solve(&mut mine, picture(Some(known)), 10_000).await.unwrap();
    assert_eq!(solution.text, "xk4p2");
    let line = &world.store.audit_log(1).await.unwrap()[0];
    assert_eq!(line.action, "captcha-solver-used");
    assert_eq!(line.subject, "ovm-00000001");
    assert!(
        line.detail
            .contains("practice was given the image/png of http://captcha.example/image for"),
        "{line:?}"
    );
    assert!(!line.detail.contains("token"), "{line:?}");

    let unknown = solve(&mut mine, picture(Some("http://captcha.example/other")), 10_000).await;
    assert!(matches!(unknown, Err(Failure::ChallengeUnsolved(_))), "{unknown:?}");
    let nowhere = solve(&mut mine, picture(None), 10_000).await;
    assert!(matches!(nowhere, Err(Failure::Unsupported(_))), "{nowhere:?}");
}

#[tokio::test]
async fn an_answer_key_that_is_away_is_a_network_failure() {
    let world = world().await;
    let step = world.step(1).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let mut mine = plugin(&world, &step, Arc::new(Practice::new(&gone).unwrap()));
    let failed = solve(&mut mine, picture(Some("http://captcha.example/secret")), 10_000).await;
    let Err(Failure::Network(why)) = failed else { panic!("{failed:?}") };
    assert!(why.contains("/practice/captcha/answer") && !why.contains("secret"), "{why}");
}

#[tokio::test]
async fn bad_puzzles_and_bad_answers_go_no_further() {
    let world = world().await;
    let step = world.step(1).await;
    let long = "a".repeat(257);
    let solver = Arc::new(FakeSolver::new(["", long.as_str(), "right"]));
    let mut mine = plugin(&world, &step, solver.clone());
    let mut html = picture(None);
    html.data = b"<html>".to_vec();
    assert!(matches!(solve(&mut mine, html, 1000).await, Err(Failure::Invalid(_))));
    for _ in 0..2 {
        let none = solve(&mut mine, picture(None), 1000).await;
        assert!(matches!(none, Err(Failure::ChallengeUnsolved(_))), "{none:?}");
    }
    let solution = solve(&mut mine, picture(None), 1000).await.unwrap();
    let mut view = CaptchaView { mine: Some(&mut mine) };
    view.report(solution.id, false).await.unwrap().unwrap();
    assert_eq!(solver.reports(), [("fake-right".to_owned(), false)]);
}

#[tokio::test]
async fn it_fits_the_plugin_runtime() {
    let world = world().await;
    let step = world.step(1).await;
    link_and_open(
        &Captcha::new(operator(&world), world.store.clone(), world.clock.clone()),
        &step,
        "captcha",
    );
}
