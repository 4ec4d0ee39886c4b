//! Doing steps: what a plugin is told, what comes of it, and every bound.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mavm_plugin::{Bounds, Fact, Failure, Outcome, StepError};

use crate::capabilities::{Answer, Host, Waits, done};
use crate::guest::{ASSUME, CALL_ASSUME, DONE, LOG, SECRET, guest};

#[track_caller]
fn trapped(error: &StepError) -> (&str, &str) {
    match error {
        StepError::Trapped { message, backtrace } => (message, backtrace),
        other => panic!("not trapped: {other:?}"),
    }
}

#[tokio::test]
async fn a_step_gives_its_facts() {
    let facts = [("account_id".to_owned(), "012345678901".to_owned())];
    let outcome = Host::new().await.run(guest("guest").facts(&facts).build()).await.unwrap();
    let fact = Fact { name: "account_id".into(), value: "012345678901".into() };
    assert_eq!(outcome, Outcome::Done(vec![fact]));
}

#[tokio::test]
async fn a_plugin_is_told_its_inputs_and_the_account() {
    // Says what it was told as a rejection: first the inputs, then the account's address.
    for (offset, told) in
        [(80, r#"{"full_name":"Erika Mustermann"}"#), (44, "root+0123abcd@example.com")]
    {
        let body = format!(
            "(i32.store8 (i32.const 512) (i32.const 1))
             (i32.store8 (i32.const 520) (i32.const 1))
             (i32.store (i32.const 528) (i32.load offset={offset} (local.get $arg)))
             (i32.store (i32.const 532) (i32.load offset={} (local.get $arg)))
             (i32.const 512)",
            offset + 4
        );
        match Host::new().await.run(guest("guest").run(body).build()).await {
            Err(StepError::Failed(Failure::Rejected(words))) => assert_eq!(words, told),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_failure_comes_back_as_it_is_but_bounded() {
    let error = Host::new().await.run(guest("guest").rejected("Card declined.").build()).await;
    match error {
        Err(StepError::Failed(Failure::Rejected(words))) => assert_eq!(words, "Card declined."),
        other => panic!("{other:?}"),
    }
    let long = "ä".repeat(5_000);
    match Host::new().await.run(guest("guest").rejected(&long).build()).await {
        Err(StepError::Failed(Failure::Rejected(words))) => assert!(words.len() < 4_200),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn only_branches_of_the_manifest_are_taken() {
    let outcome = Host::new().await.run(guest("guest").branch("other").build()).await.unwrap();
    assert_eq!(outcome, Outcome::Branch(("other".into(), Vec::new())));
    match Host::new().await.run(guest("guest").branch("elsewhere").build()).await {
        Err(StepError::Failed(Failure::Invalid(words))) => {
            assert!(words.contains("branched on \"elsewhere\""), "{words}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn facts_are_bounded() {
    let many: Vec<_> = (0..65).map(|n| (format!("fact_{n}"), "x".to_owned())).collect();
    let big = vec![("big".to_owned(), "x".repeat(8 * 1024 + 1))];
    let odd = vec![("Not A Name".to_owned(), "x".to_owned())];
    for (facts, words) in [(many, "65 facts"), (big, "`big` of 8193 bytes"), (odd, "Not A Name")] {
        match Host::new().await.run(guest("guest").facts(&facts).build()).await {
            Err(StepError::Failed(Failure::Invalid(said))) => {
                assert!(said.contains(words), "{said}")
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn steps_and_plugins_that_do_not_exist_are_told() {
    let mut host = Host::new().await;
    let digest =
        host.runtime.registry().install(guest("guest").build(), None).await.unwrap().digest;
    let mut request = host.request(&digest).await;
    request.step = "gone".into();
    match host.runtime.run_step(request).await {
        Err(StepError::Failed(Failure::Invalid(words))) => {
            assert_eq!(words, "plugin `guest` 1.2.3 has no step `gone`; it has go");
        }
        other => panic!("{other:?}"),
    }
    let mut request = host.request(&digest).await;
    request.plugin = "other".into();
    let error = host.runtime.run_step(request).await.unwrap_err();
    assert!(matches!(error, StepError::NoPlugin(_)), "{error:?}");
    let request = host.request(&"0".repeat(64)).await;
    let error = host.runtime.run_step(request).await.unwrap_err();
    assert!(matches!(error, StepError::NoPlugin(_)), "{error:?}");
}

#[tokio::test]
async fn a_panic_is_told_by_its_message_and_a_backtrace_with_names() {
    let mut broken = guest("guest").imports(&[LOG]);
    let log = broken.log_error("panicked at src/lib.rs:42:9: no such section");
    let component = broken
        .more("(func $_ZN5guest7section17h0123456789abcdefE unreachable)")
        .run(format!("{log} (call $_ZN5guest7section17h0123456789abcdefE) {DONE}"))
        .build();
    let error = Host::new().await.run(component).await.unwrap_err();
    let (message, backtrace) = trapped(&error);
    assert_eq!(message, "panicked at src/lib.rs:42:9: no such section");
    assert!(backtrace.contains("guest::section"), "{backtrace}");
    assert!(backtrace.contains("run"), "{backtrace}");
}

#[tokio::test]
async fn traps_have_names() {
    let deep = guest("guest").more("(func $deep (call $deep))").run(format!("(call $deep) {DONE}"));
    let outside = guest("guest").run("(i32.load (i32.const -4))");
    let zero = guest("guest").run("(i32.div_u (i32.const 1) (i32.const 0))");
    let silent = guest("guest").run("unreachable");
    for (guest, words) in [
        (deep, "ran out of stack"),
        (outside, "reached outside of its memory"),
        (zero, "divided by zero"),
        (silent, "logged no reason"),
    ] {
        let error = Host::new().await.run(guest.build()).await.unwrap_err();
        let (message, _) = trapped(&error);
        assert!(message.contains(words), "{message}");
    }
}

#[tokio::test]
async fn an_endless_loop_is_stopped_and_lets_others_run() {
    let bounds = Bounds { cpu: Duration::from_millis(200), ..Bounds::default() };
    let mut host = Host::with(Answer::Ok, bounds).await;
    let component = guest("guest").run("(loop (br 0)) unreachable").build();
    // On this one thread: another task gets its turn while the plugin spins.
    let turns = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let other = tokio::spawn({
        let turns = Arc::clone(&turns);
        async move {
            loop {
                turns.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
        }
    });
    let installed = host.runtime.registry().install(component, None).await.unwrap();
    let request = host.request(&installed.digest).await;
    let before = turns.load(Ordering::SeqCst);
    let error = host.runtime.run_step(request).await.unwrap_err();
    let during = turns.load(Ordering::SeqCst) - before;
    other.abort();
    assert!(trapped(&error).0.contains("more than 200ms of CPU time"), "{error}");
    assert!(during > 1, "others had {during} turns");
}

#[tokio::test]
async fn an_endless_loop_ends_at_the_wall_clock_too() {
    let mut host = Host::new().await;
    let component = guest("guest").run("(loop (br 0)) unreachable").build();
    let digest = host.runtime.registry().install(component, None).await.unwrap().digest;
    let mut request = host.request(&digest).await;
    request.timeout = Duration::from_millis(100);
    let error = host.runtime.run_step(request).await.unwrap_err();
    assert!(matches!(error, StepError::Failed(Failure::TimedOut(_))), "{error:?}");
}

#[tokio::test]
async fn waiting_in_host_calls_is_no_cpu_time() {
    let bounds = Bounds { cpu: Duration::from_millis(150), ..Bounds::default() };
    let mut host = Host::with(Answer::After(Duration::from_millis(20)), bounds).await;
    let body = format!(
        "(loop $again
            {CALL_ASSUME}
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $again (i32.lt_u (local.get $i) (i32.const 25))))
         {DONE}"
    );
    let outcome = host.run(guest("guest").imports(&[ASSUME]).run(body).build()).await;
    assert_eq!(outcome.unwrap(), done());
}

#[tokio::test]
async fn memory_is_bounded() {
    let grow = "(loop (drop (memory.grow (i32.const 64))) (br 0)) unreachable";
    let error = Host::new().await.run(guest("guest").run(grow).build()).await.unwrap_err();
    let (message, backtrace) = trapped(&error);
    assert!(message.contains("of memory; a plugin may have 64.0 MiB"), "{message}");
    assert!(backtrace.contains("run"), "{backtrace}");
}

#[tokio::test]
async fn tables_are_bounded() {
    let error = Host::new()
        .await
        .run(
            guest("guest")
                .more("(table $t 1 funcref)")
                .run("(drop (table.grow $t (ref.null func) (i32.const 1000000))) (i32.const 0)")
                .build(),
        )
        .await
        .unwrap_err();
    let (message, _) = trapped(&error);
    assert!(message.contains("a plugin may have 65536"), "{message}");
}

#[tokio::test]
async fn handles_are_bounded() {
    let bounds = Bounds { handles: 100, ..Bounds::default() };
    let mut host = Host::with(Answer::Ok, bounds).await;
    let hoard =
        "(loop (call $secret (i32.const 0) (i32.const 0) (i32.const 512)) (br 0)) unreachable";
    let error = host.run(guest("guest").imports(&[SECRET]).run(hoard).build()).await.unwrap_err();
    assert!(trapped(&error).0.contains("too many handles"), "{error}");
}

#[tokio::test]
async fn one_host_call_takes_only_so_much() {
    let mut greedy = guest("guest").imports(&[ASSUME]).pages(320);
    greedy.run =
        "(call $assume (i32.const 0) (i32.const 20000000) (i32.const 512)) (i32.const 0)".into();
    let error = Host::new().await.run(greedy.build()).await.unwrap_err();
    trapped(&error);
}

#[tokio::test]
async fn a_fence_stops_the_step() {
    let mut host = Host::with(Answer::Fenced, Bounds::default()).await;
    let body = format!("{CALL_ASSUME} {DONE}");
    let error = host.run(guest("guest").imports(&[ASSUME]).run(body).build()).await.unwrap_err();
    assert!(matches!(error, StepError::Fenced), "{error:?}");
}

#[tokio::test]
async fn a_capability_may_end_the_step_with_a_failure() {
    let failure = Failure::SessionLost("the browser died".into());
    let mut host = Host::with(Answer::Fail(failure.clone()), Bounds::default()).await;
    let body = format!("{CALL_ASSUME} {DONE}");
    match host.run(guest("guest").imports(&[ASSUME]).run(body).build()).await {
        Err(StepError::Failed(ended)) => assert_eq!(ended, failure),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_panic_of_the_host_is_no_plugins_fault_and_ends_nothing_else() {
    let mut host = Host::with(Answer::Panic, Bounds::default()).await;
    let body = format!("{CALL_ASSUME} {DONE}");
    let component = guest("guest").imports(&[ASSUME]).run(body).build();
    match host.run(component).await {
        Err(StepError::Host(message)) => assert!(message.contains("no such luck"), "{message}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(host.run(guest("guest").build()).await.unwrap(), done());
}

#[tokio::test]
async fn a_step_that_takes_too_long_is_dropped_in_its_host_call_and_poisons_nothing() {
    let waits = Arc::new(Waits::default());
    let mut host = Host::with(Answer::Never(Arc::clone(&waits)), Bounds::default()).await;
    let body = format!("{CALL_ASSUME} {DONE}");
    let component = guest("guest").imports(&[ASSUME]).run(body).build();
    let digest = host.runtime.registry().install(component, None).await.unwrap().digest;
    let mut request = host.request(&digest).await;
    request.timeout = Duration::from_millis(50);
    match host.runtime.run_step(request).await {
        Err(StepError::Failed(Failure::TimedOut(waited))) => {
            assert_eq!(waited.waited_for, "step `go` of plugin `guest`");
            assert_eq!(waited.within.milliseconds, 50);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(waits.dropped.load(Ordering::SeqCst), 1);

    // The same when the worker drops the step itself.
    let request = host.request(&digest).await;
    tokio::select! {
        biased;
        result = host.runtime.run_step(request) => panic!("{result:?}"),
        () = waits.waiting.notified() => {}
    }
    assert_eq!(waits.dropped.load(Ordering::SeqCst), 2);
    assert_eq!(host.run(guest("guest").build()).await.unwrap(), done());
}

#[tokio::test]
async fn nothing_is_remembered_between_steps() {
    // Counts in its memory, and rejects unless it counts to one.
    let body = "(i32.store (i32.const 800) (i32.add (i32.load (i32.const 800)) (i32.const 1)))
        (if (i32.ne (i32.load (i32.const 800)) (i32.const 1)) (then unreachable))
        (i32.const 0)";
    let mut host = Host::new().await;
    let component = guest("guest").run(body).build();
    for _ in 0..3 {
        assert_eq!(host.run(component.clone()).await.unwrap(), done());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_steps_at_once() {
    let mut host = Host::new().await;
    let component = guest("guest").imports(&[ASSUME]).run(format!("{CALL_ASSUME} {DONE}")).build();
    let digest = host.runtime.registry().install(component, None).await.unwrap().digest;
    let request = host.request(&digest).await;
    let host = Arc::new(host);
    let steps: Vec<_> = (0..64)
        .map(|_| {
            let (host, request) = (Arc::clone(&host), request.clone());
            tokio::spawn(async move { host.runtime.run_step(request).await })
        })
        .collect();
    for step in steps {
        assert_eq!(step.await.unwrap().unwrap(), done());
    }
}
