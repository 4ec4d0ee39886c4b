//! Makes small components out of WebAssembly text, the way the SDK's build step does it: a core
//! module with the world's types attached, encoded as a component.

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{PackageId, Resolve};

/// Where the manifest lies in the guest's memory.
const ABOUT: u32 = 1024;
/// Where its answers lie.
const ANSWER: u32 = 16 * 1024;
/// Zeroes: `ok(done([]))`.
pub const DONE: &str = "(i32.const 0)";

/// A guest in the making.
pub struct Guest {
    pub name: String,
    pub version: String,
    pub steps: Vec<String>,
    pub branches: Vec<String>,
    /// `(import ...)` lines.
    pub imports: String,
    /// Body of `describe`; default: the manifest.
    pub describe: String,
    /// Body of `run`, with `$arg`, `$i` and `$j`; default: done without facts.
    pub run: String,
    /// Further functions and data.
    pub more: String,
    /// Memory at the start, in pages of 64 KiB.
    pub pages: u32,
    answer: Image,
}

pub fn guest(name: &str) -> Guest {
    Guest {
        name: name.into(),
        version: "1.2.3".into(),
        steps: vec!["go".into()],
        branches: vec!["other".into()],
        imports: String::new(),
        describe: format!("(i32.const {ABOUT})"),
        run: DONE.into(),
        more: String::new(),
        pages: 4,
        answer: Image { at: ANSWER, bytes: Vec::new() },
    }
}

pub const LOG: &str = r#"(import "mavm:plugin/log@1.0.0" "write" (func $log (param i32 i32 i32)))"#;
pub const ASSUME: &str =
    r#"(import "mavm:plugin/aws@1.0.0" "assume-role" (func $assume (param i32 i32 i32)))"#;
pub const SECRET: &str =
    r#"(import "mavm:plugin/secrets@1.0.0" "get" (func $secret (param i32 i32 i32)))"#;
/// Calls `assume-role` with an empty ARN; its answer is ignored.
pub const CALL_ASSUME: &str = "(call $assume (i32.const 0) (i32.const 0) (i32.const 512))";

impl Guest {
    pub fn imports(mut self, imports: &[&str]) -> Self {
        self.imports = imports.join("\n");
        self
    }

    pub fn run(mut self, body: impl Into<String>) -> Self {
        self.run = body.into();
        self
    }

    pub fn describe(mut self, body: impl Into<String>) -> Self {
        self.describe = body.into();
        self
    }

    pub fn more(mut self, more: &str) -> Self {
        self.more = more.into();
        self
    }

    pub fn pages(mut self, pages: u32) -> Self {
        self.pages = pages;
        self
    }

    pub fn version(mut self, version: &str) -> Self {
        self.version = version.into();
        self
    }

    pub fn steps(mut self, steps: &[&str]) -> Self {
        self.steps = steps.iter().map(|step| (*step).into()).collect();
        self
    }

    /// Answers `ok(done(facts))`.
    pub fn facts(mut self, facts: &[(String, String)]) -> Self {
        let at = self.answer.reserve(24);
        let list = self.answer.facts(facts);
        self.answer.set(at, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        self.answer.set_pair(at + 16, list);
        self.run = format!("(i32.const {at})");
        self
    }

    /// Answers `ok(branch(word, []))`.
    pub fn branch(mut self, word: &str) -> Self {
        let at = self.answer.reserve(32);
        let word = self.answer.text(word);
        self.answer.set(at + 8, &[1]);
        self.answer.set_pair(at + 16, word);
        self.run = format!("(i32.const {at})");
        self
    }

    /// Answers `err(rejected(words))`.
    pub fn rejected(mut self, words: &str) -> Self {
        let at = self.answer.reserve(32);
        let words = self.answer.text(words);
        self.answer.set(at, &[1]);
        self.answer.set(at + 8, &[1]);
        self.answer.set_pair(at + 16, words);
        self.run = format!("(i32.const {at})");
        self
    }

    /// Logs a line as an error, wherever this text is put.
    pub fn log_error(&mut self, line: &str) -> String {
        let (at, length) = self.answer.text(line);
        format!("(call $log (i32.const 3) (i32.const {at}) (i32.const {length}))")
    }

    /// The component.
    pub fn build(&self) -> Vec<u8> {
        let mut resolve = Resolve::default();
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/v1");
        let (package, _) = resolve.push_dir(wit).unwrap();
        encode(&self.core(), &resolve, package)
    }

    /// The component, against another WIT than ours.
    pub fn build_against(&self, wit: &str) -> Vec<u8> {
        let mut resolve = Resolve::default();
        let package = resolve.push_source("other.wit", wit).unwrap();
        encode(&self.core(), &resolve, package)
    }

    pub fn core(&self) -> String {
        let Self { imports, describe, run, more, pages, .. } = self;
        let about = self.about();
        let answer = self.answer.data();
        format!(
            r#"(module
                {imports}
                (memory (export "memory") {pages})
                (global $heap (mut i32) (i32.const 131072))
                (func $realloc (export "cabi_realloc")
                    (param $old i32) (param $old-size i32) (param $align i32) (param $size i32)
                    (result i32)
                    (local $at i32)
                    (local.set $at (i32.and
                        (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
                    (global.set $heap (i32.add (local.get $at) (local.get $size)))
                    (local.get $at))
                {about}
                {answer}
                {more}
                (func $describe (export "describe") (result i32)
                    {describe})
                (func $run (export "run") (param $arg i32) (result i32)
                    (local $i i32) (local $j i32)
                    {run})
            )"#
        )
    }

    fn about(&self) -> String {
        let mut image = Image { at: ABOUT, bytes: Vec::new() };
        let about = image.reserve(32);
        let name = image.text(&self.name);
        image.set_pair(about, name);
        let version = image.text(&self.version);
        image.set_pair(about + 8, version);
        let description = image.text("a guest");
        image.set_pair(about + 16, description);
        let steps = image.reserve(32 * self.steps.len());
        image.set_pair(about + 24, (steps, self.steps.len()));
        for (step, at) in self.steps.iter().zip((steps..).step_by(32)) {
            let name = image.text(step);
            image.set_pair(at, name);
            let branches = image.reserve(8 * self.branches.len());
            image.set_pair(at + 24, (branches, self.branches.len()));
            for (branch, at) in self.branches.iter().zip((branches..).step_by(8)) {
                let word = image.text(branch);
                image.set_pair(at, word);
            }
        }
        image.data()
    }
}

fn encode(core: &str, resolve: &Resolve, package: PackageId) -> Vec<u8> {
    let world = resolve.select_world(&[package], Some("plugin")).unwrap();
    let mut module = wat::parse_str(core).unwrap();
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8).unwrap();
    let encoder = ComponentEncoder::default().module(&module).unwrap();
    encoder.validate(true).encode().unwrap()
}

/// A piece of the guest's memory.
struct Image {
    at: u32,
    bytes: Vec<u8>,
}

impl Image {
    fn reserve(&mut self, size: usize) -> u32 {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        let at = self.at + u32::try_from(self.bytes.len()).unwrap();
        self.bytes.resize(self.bytes.len() + size, 0);
        at
    }

    fn set(&mut self, at: u32, bytes: &[u8]) {
        let from = usize::try_from(at - self.at).unwrap();
        self.bytes[from..from + bytes.len()].copy_from_slice(bytes);
    }

    fn set_pair(&mut self, at: u32, (pointer, length): (u32, usize)) {
        self.set(at, &pointer.to_le_bytes());
        self.set(at + 4, &u32::try_from(length).unwrap().to_le_bytes());
    }

    fn text(&mut self, text: &str) -> (u32, usize) {
        let at = self.reserve(text.len());
        self.set(at, text.as_bytes());
        (at, text.len())
    }

    fn facts(&mut self, facts: &[(String, String)]) -> (u32, usize) {
        let list = self.reserve(16 * facts.len());
        for ((name, value), at) in facts.iter().zip((list..).step_by(16)) {
            let name = self.text(name);
            self.set_pair(at, name);
            let value = self.text(value);
            self.set_pair(at + 8, value);
        }
        (list, facts.len())
    }

    fn data(&self) -> String {
        let hex: String = self.bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
        format!("(data (i32.const {}) \"{hex}\")", self.at)
    }
}
