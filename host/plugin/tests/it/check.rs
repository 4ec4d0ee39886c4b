//! Each way in which bytes can be no plugin is told in words that say what to do.

use std::collections::BTreeSet;

use mavm_plugin::{LoadError, WIT_VERSION};

use crate::capabilities::Host;
use crate::guest::{ASSUME, LOG, SECRET, guest};

fn check(bytes: &[u8]) -> Result<BTreeSet<String>, LoadError> {
    let offered = BTreeSet::from(["aws", "secrets"]);
    mavm_plugin::check::check(bytes, 1024 * 1024, &offered).map(|outline| outline.interfaces)
}

fn text(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).unwrap()
}

#[track_caller]
fn says(bytes: &[u8], parts: &[&str]) {
    let error = check(bytes).unwrap_err().to_string();
    for part in parts {
        assert!(error.contains(part), "{part:?} is not in: {error}");
    }
}

#[test]
fn the_version_offered_is_that_of_the_wit() {
    let mut resolve = wit_parser::Resolve::default();
    let wit = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/v1");
    let (package, _) = resolve.push_dir(wit).unwrap();
    let package = &resolve.packages[package];
    assert_eq!(package.name.version, Some(WIT_VERSION));
    let known: BTreeSet<&str> =
        mavm_plugin::INTERFACES.into_iter().chain(["types", "sealed", "manifest"]).collect();
    let defined: BTreeSet<&str> = package.interfaces.keys().map(String::as_str).collect();
    assert_eq!(known, defined);
}

#[test]
fn a_plugin_passes_and_its_interfaces_are_found() {
    let component = guest("guest").imports(&[LOG, ASSUME, SECRET]).build();
    let interfaces = check(&component).unwrap();
    assert_eq!(interfaces, BTreeSet::from(["aws", "log", "secrets"].map(String::from)));
}

#[test]
fn wrong_files_are_told_apart() {
    let core = text("(module)");
    let cases: &[(&str, &[u8], &[&str])] = &[
        ("empty", b"", &["empty", "cargo xtask plugins"]),
        ("garbage", b"PK\x03\x04 not wasm at all", &["no WebAssembly", "target/plugins"]),
        ("text", b"\n  (component)", &["WebAssembly text", "wasm-tools parse"]),
        ("core module", &core, &["core WebAssembly module", "cargo xtask plugins"]),
        ("machine code", b"\x7fELF\x02\x01\x01", &["machine code", "compiled itself"]),
        ("only magic", b"\0asm", &["ends in the middle", "after 4 bytes"]),
    ];
    for (case, bytes, parts) in cases {
        let error = check(bytes).unwrap_err().to_string();
        for part in *parts {
            assert!(error.contains(part), "{case}: {part:?} is not in: {error}");
        }
    }
}

#[test]
fn a_component_cut_off_anywhere_is_never_taken_for_a_plugin() {
    let component = guest("guest").imports(&[LOG]).build();
    let mut cut_off = 0;
    for end in 0..component.len() {
        match check(&component[..end]) {
            Err(error) => cut_off += usize::from(error.to_string().contains("ends in the middle")),
            // Only between two sections, where a shorter component is whole.
            Ok(_) => assert!(wasmparser::validate(&component[..end]).is_ok(), "at {end}"),
        }
    }
    assert!(cut_off > component.len() * 9 / 10, "{cut_off} of {}", component.len());
}

#[test]
fn a_component_with_a_flipped_byte_never_panics() {
    let component = guest("guest").imports(&[LOG, ASSUME]).build();
    for at in 0..component.len() {
        let mut damaged = component.clone();
        damaged[at] ^= 0x55;
        let _ = check(&damaged);
    }
}

#[test]
fn a_damaged_component_says_where() {
    let mut component = text("(component)");
    component.push(99);
    component.push(0);
    says(&component, &["unknown kind 99", "Build it again"]);
    let mut component = text("(component)");
    component.extend([10, 3, 1, 0, 99]);
    says(&component, &["damaged at byte", "Build it again"]);
}

#[test]
fn a_component_that_is_too_big_is_not_even_read() {
    says(&vec![0; 1024 * 1024 + 1], &["1048577 bytes", "1048576", "optimises for size"]);
}

#[test]
fn other_versions_are_told_in_words_of_the_wit() {
    let needs = |version: &str| {
        text(&format!(r#"(component (import "mavm:plugin/phone@{version}" (instance)))"#))
    };
    says(
        &needs("2.0.0"),
        &["needs mavm:plugin/phone@2.0.0, this host offers @1.0.0", "Update mavm"],
    );
    says(
        &needs("1.1.0"),
        &["needs mavm:plugin/phone@1.1.0, this host offers @1.0.0", "Update mavm"],
    );
    says(&needs("0.9.0"), &["this host offers @1.0.0", "Build the plugin with this version's SDK"]);
    says(
        &text(r#"(component (import "mavm:plugin/phone" (instance)))"#),
        &["needs mavm:plugin/phone without a version"],
    );
}

#[test]
fn every_import_that_does_not_fit_is_listed() {
    let component = text(
        r#"(component
            (import "wasi:filesystem/types@0.2.0" (instance))
            (import "mavm:plugin/teleport@1.0.0" (instance))
            (import "mavm:plugin/types@1.0.0" (instance))
            (import "mavm:plugin/browser@1.0.0" (instance))
            (import "env" (func)))"#,
    );
    says(
        &component,
        &[
            "needs wasi:filesystem/types@0.2.0, which this host doesn't offer. Plugins get no WASI",
            "needs mavm:plugin/teleport@1.0.0, which this host doesn't know",
            "needs mavm:plugin/browser@1.0.0, for which this host has no provider configured",
            "needs env, which this host doesn't offer",
        ],
    );
    let error = check(&component).unwrap_err().to_string();
    assert_eq!(error.lines().count(), 4, "{error}");
}

#[test]
fn what_is_nested_does_not_count_as_an_import_or_export() {
    says(
        &text(
            r#"(component
                (component (import "wasi:io/streams@0.2.0" (instance)))
                (core module (func (export "describe")) (func (export "run"))))"#,
        ),
        &["doesn't export `describe` and `run`", "mavm:plugin/plugin@1.0.0"],
    );
}

#[tokio::test]
async fn exports_of_another_shape_are_refused() {
    let other = guest("guest").build_against(
        "package other:pkg;
         world plugin { export describe: func() -> string; export run: func(step: u32) -> string; }",
    );
    let error = Host::new().await.runtime.registry().check(other, None).await.unwrap_err();
    assert!(matches!(error, LoadError::Types(_)), "{error:?}");
    assert!(
        error.to_string().contains("built against another text of mavm:plugin@1.0.0"),
        "{error}"
    );
}

#[tokio::test]
async fn imports_of_another_shape_are_refused() {
    let import = r#"(import "mavm:plugin/aws@1.0.0" "assume-role" (func (param i32 i32)))"#;
    let other = guest("guest").imports(&[import]).build_against(OTHER);
    let error = Host::new().await.runtime.registry().check(other, None).await.unwrap_err();
    assert!(matches!(error, LoadError::Types(_)), "{error:?}");
    assert!(error.to_string().contains("assume-role"), "{error}");
}

/// Our exports, with an `aws` that takes no answer.
const OTHER: &str = r"
package mavm:plugin@1.0.0;
interface types {
  record duration { milliseconds: u64 }
  enum account-status { planned, in-progress, created, vended, closing, closed, quarantined }
  record account { name: string, email: string, id: option<string>, status: account-status, role-arn: option<string> }
  record fact { name: string, value: string }
  record earlier-fact { step: string, name: string, value: string }
  record page-change { looked-for: string, found: u32, url: string, nearest: list<string> }
  record waited { waited-for: string, within: duration, obstacle: option<string> }
  variant failure { page-changed(page-change), rejected(string), timed-out(waited), challenge-unsolved(string), denied(string), unsupported(string), network(string), session-lost(string), unresolved(string), invalid(string) }
  variant wait-for { time(duration), approval(string) }
  variant outcome { done(list<fact>), branch(tuple<string, list<fact>>), wait(wait-for) }
}
interface manifest {
  record input { name: string, required: bool, description: string }
  record step { name: string, description: string, inputs: list<input>, branches: list<string> }
  record about { name: string, version: string, description: string, steps: list<step> }
}
interface aws { assume-role: func(arn: string); }
world plugin {
  use types.{account, earlier-fact, failure, outcome};
  use manifest.{about};
  import aws;
  record step-context { run: string, flow: string, step: string, attempt: u32, account: account, inputs: string, facts: list<earlier-fact> }
  export describe: func() -> about;
  export run: func(step: string, context: step-context) -> result<outcome, failure>;
}";
