//! docs/browser.md says how to try a page of one's own. The plugin that it shows is compiled here, so
//! that it does for whoever follows the page.
#![allow(clippy::unwrap_used)]

#[path = "docs/try_page.rs"]
mod try_page;

#[test]
fn the_plugin_that_the_docs_show_is_the_one_that_compiles() {
    let docs = include_str!("../../../docs/browser.md");
    let (_, rest) = docs.split_once("```rust\n").unwrap();
    let (block, _) = rest.split_once("```").unwrap();
    // It stands in a list.
    let lines = block.lines().map(|line| line.strip_prefix("   ").unwrap_or(line));
    let shown = lines.collect::<Vec<_>>().join("\n");
    assert_eq!(shown.trim(), include_str!("docs/try_page.rs").trim());
}
