//! Figures for people, printed and never asserted: `cargo test -p mavm-browser -- --ignored --nocapture measuring`.

use std::time::Instant;

use mavm_browser::{ClickOptions, Launcher, Options};

use crate::stage::{Build, RUNTIME, SOON, Stage};

fn median(mut times: Vec<f64>) -> String {
    times.sort_by(f64::total_cmp);
    format!("{:.1} ms (of {}, fastest {:.1})", times[times.len() / 2], times.len(), times[0])
}

fn since(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1000.0
}

#[test]
#[ignore = "prints figures"]
fn launch_session_and_actions() {
    for build in [Build::Shell, Build::Full] {
        RUNTIME.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let (mut launch, mut session, mut open, mut click, mut fill, mut text) = (vec![], vec![], vec![], vec![], vec![], vec![]);
            let mut launcher = Launcher::new(Options { data_dir: folder.path().to_owned(), ..build.options() });
            for _ in 0..7 {
                launcher.close().await;
                launcher = Launcher::new(Options { data_dir: folder.path().to_owned(), ..build.options() });
                let started = Instant::now();
                launcher.version().await.unwrap();
                launch.push(since(started));
            }
            for _ in 0..20 {
                let started = Instant::now();
                let one = launcher.session(Stage::options()).await.unwrap();
                session.push(since(started));
                let page = one.page();
                let started = Instant::now();
                page.goto(&Stage::own("/pages/clicking.html"), SOON).await.unwrap();
                open.push(since(started));
                one.close().await;
            }
            let one = launcher.session(Stage::options()).await.unwrap();
            let stage = Stage::of(one, build);
            stage.settle("measuring.html").await;
            for round in 0..100 {
                let started = Instant::now();
                stage.css("#button").click(ClickOptions::default(), SOON).await.unwrap();
                click.push(since(started));
                let started = Instant::now();
                stage.label("Field").fill(format!("{round}").as_str(), SOON).await.unwrap();
                fill.push(since(started));
                let started = Instant::now();
                stage.css("#log").text(SOON).await.unwrap();
                text.push(since(started));
            }
            assert_eq!(stage.log().await, "100");
            println!(
                "{build:?}\n  launch  {}\n  session {}\n  open    {}\n  click   {}\n  fill    {}\n  text    {}",
                median(launch),
                median(session),
                median(open),
                median(click),
                median(fill),
                median(text)
            );
            launcher.close().await;
        });
    }
}

#[test]
#[ignore = "prints figures"]
fn errors_on_a_huge_page() {
    use mavm_browser::Selector;
    for build in [Build::Shell, Build::Full] {
        crate::stage::play(build, |stage| async move {
            stage.settle("huge.html").await;
            let (mut many, mut gone, mut role) = (vec![], vec![], vec![]);
            for _ in 0..5 {
                let started = Instant::now();
                stage.css("button").text(SOON).await.unwrap_err();
                many.push(since(started));
                let within = std::time::Duration::from_millis(500);
                let started = Instant::now();
                stage.button("The frist one").text(within).await.unwrap_err();
                gone.push(since(started) - 500.0);
                let started = Instant::now();
                stage
                    .page
                    .locator(Selector::role_named("button", "The first one"))
                    .text(SOON)
                    .await
                    .unwrap();
                role.push(since(started));
            }
            println!(
                "{build:?}, 20,000 elements\n  several {}\n  drift   {} after the deadline\n  by role {}",
                median(many),
                median(gone),
                median(role)
            );
        });
    }
}
