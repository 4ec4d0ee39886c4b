//! Failures read well.

use mavm_plugin::bindings::words::mavm::plugin::types::Duration;
use mavm_plugin::{Failure, PageChange, StepError, Waited, describe_failure};

#[test]
fn every_failure_says_what_happened_and_what_to_do() {
    let cases: &[(Failure, &str)] = &[
        (
            Failure::PageChanged(PageChange {
                looked_for: "button \"Continue\"".into(),
                found: 0,
                url: "https://signup.example/start".into(),
                nearest: vec!["button \"Go on\"".into(), "link \"Continue later\"".into()],
            }),
            "The page has changed: button \"Continue\" is not there (looked at \
             https://signup.example/start). Nearest: button \"Go on\"; link \"Continue later\". Runs \
             that come here wait; they go on by themselves once a plugin that knows the new page is \
             installed. `mavm trace open RUN` shows it.",
        ),
        (
            Failure::PageChanged(PageChange {
                looked_for: "role(Button, \"Edit\")".into(),
                found: 2,
                url: "https://signup.example/start".into(),
                nearest: vec!["test_id(\"a\")".into(), "test_id(\"b\")".into()],
            }),
            "The page has changed: 2 elements fit role(Button, \"Edit\"), where one is meant (looked \
             at https://signup.example/start). They are: test_id(\"a\"); test_id(\"b\"). Runs that \
             come here wait; they go on by themselves once a plugin that knows the new page is \
             installed. `mavm trace open RUN` shows it.",
        ),
        (
            Failure::Rejected("This address is taken.".into()),
            "The site said no: This address is taken. It is not tried again: correct what it \
             complains about, then start a new run.",
        ),
        (
            Failure::TimedOut(Waited {
                waited_for: "a code on card-sms".into(),
                within: Duration { milliseconds: 90_500 },
                obstacle: Some("covered by <div id=banner>".into()),
            }),
            "Waited 90.5 s for a code on card-sms in vain. In the way: covered by <div id=banner>. \
             It is tried again after a pause, as often as the flow's `retry` allows.",
        ),
        (
            Failure::Network(String::new()),
            "The network or a server failed: (it gave no reason). It is tried again by itself; if \
             it goes on, see whether the site can be reached from this machine.",
        ),
    ];
    for (failure, words) in cases {
        assert_eq!(describe_failure(failure), *words);
        assert_eq!(StepError::Failed(failure.clone()).to_string(), *words);
    }
}
