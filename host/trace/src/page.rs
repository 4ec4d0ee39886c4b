//! A captured document made ready to be looked at: its target marked, its placeholders replaced by
//! addresses of this viewer.

use std::fmt::Write as _;

use serde::Deserialize;

/// What a capture's line says.
#[derive(Deserialize)]
pub(crate) struct Capture {
    #[serde(default)]
    frames: Vec<Frame>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Frame {
    frame: String,
    parent: Option<String>,
    #[serde(default = "nowhere")]
    index: i64,
    html: String,
}

#[derive(Deserialize)]
struct Target {
    frame: String,
    at: Option<usize>,
    anchor: String,
}

fn nowhere() -> i64 {
    -1
}

/// How the target looks.
const MARK: &str = "<style>[data-mavm-target]{outline:3px solid #d6336c!important;outline-offset:2px!important;box-shadow:0 0 0 6px #d6336c55!important}</style>";

impl Capture {
    /// The page's own document: the one that no other of the capture holds.
    pub(crate) fn main(&self) -> Option<usize> {
        let known = |id: &String| self.frames.iter().any(|frame| frame.frame == *id);
        self.frames.iter().position(|frame| !frame.parent.as_ref().is_some_and(known))
    }

    /// The resource that a frame's document is.
    pub(crate) fn html_of(&self, frame: usize) -> Option<&str> {
        self.frames.get(frame).map(|frame| frame.html.as_str())
    }

    /// Which part of a frame's document is to be shown: an element's id.
    pub(crate) fn anchor(&self, frame: usize) -> &str {
        match (&self.target, self.frames.get(frame)) {
            (Some(target), Some(frame)) if target.frame == frame.frame && target.at.is_some() => {
                &target.anchor
            }
            _ => "mavm-scroll",
        }
    }

    /// The document, with `root` before the addresses of resources and `here` before those of frames.
    pub(crate) fn shown(&self, number: usize, html: &str, root: &str, here: &str) -> String {
        let Some(frame) = self.frames.get(number) else { return String::new() };
        let mut html = html.to_owned();
        if let Some(target) = self.target.as_ref().filter(|target| target.frame == frame.frame)
            && let Some(at) = target.at.filter(|at| html.is_char_boundary(*at))
        {
            let id = if target.anchor == "mavm-target" { " id=\"mavm-target\"" } else { "" };
            html.insert_str(at, &format!(" data-mavm-target=\"\"{id}"));
        }
        let doctype = "<!DOCTYPE html>";
        html.insert_str(if html.starts_with(doctype) { doctype.len() } else { 0 }, MARK);
        let html = replaced(&html, "mavm-resource:", |id| {
            id.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| format!("{root}/resource/{id}"))
        });
        replaced(&html, "mavm-frame:", |index| {
            let index: i64 = index.parse().ok()?;
            let inside = self.frames.iter().position(|inner| {
                inner.parent.as_ref() == Some(&frame.frame) && inner.index == index
            })?;
            Some(format!("{here}/{inside}#{}", escaped(self.anchor(inside))))
        })
    }
}

/// Replaces `nameVALUE;`. What isn't known becomes nothing.
fn replaced(text: &str, name: &str, by: impl Fn(&str) -> Option<String>) -> String {
    let mut parts = text.split(name);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(';').filter(|(value, _)| value.len() <= 64) {
            Some((value, rest)) => {
                out.push_str(&by(value).unwrap_or_default());
                out.push_str(rest);
            }
            None => out.push_str(part),
        }
    }
    out
}

/// An id as the fragment of an address in an attribute.
pub(crate) fn escaped(id: &str) -> String {
    let mut out = String::new();
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A style sheet with addresses of this viewer.
pub(crate) fn style(text: &str, root: &str) -> String {
    replaced(text, "mavm-resource:", |id| {
        id.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| format!("{root}/resource/{id}"))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_target_is_marked_and_frames_find_their_documents() {
        let capture: Capture = serde_json::from_str(
            r#"{"frames":[{"frame":"A","parent":null,"index":-1,"html":"h1"},{"frame":"B","parent":"A","index":0,"html":"h2"}],
                "target":{"frame":"B","at":9,"anchor":"mavm-target","box":[1,2,3,4]}}"#,
        )
        .unwrap();
        assert_eq!(capture.main(), Some(0));
        let outer = capture.shown(
            0,
            r#"<iframe src="mavm-frame:0;"><img src="mavm-resource:ab;">"#,
            "/t",
            "/t/page/7",
        );
        assert!(
            outer.ends_with(r#"<iframe src="/t/page/7/1#mavm-target"><img src="/t/resource/ab">"#),
            "{outer}"
        );
        let inner = capture.shown(1, "<p>12345é", "/t", "/t/page/7");
        assert!(!inner.contains("data-mavm-target=\"\""), "not within a letter: {inner}");
        let inner = capture.shown(1, "<i></i><b>x", "/t", "/t/page/7");
        assert!(inner.contains("<i></i><b data-mavm-target=\"\" id=\"mavm-target\">x"));
    }

    #[test]
    fn hostile_placeholders_lead_nowhere() {
        let text = "mavm-resource:../../x; mavm-resource:ab\" onload=x; mavm-resource:none";
        assert_eq!(style(text, "/t"), "  none");
        assert_eq!(escaped("a b\"<"), "a%20b%22%3C");
    }
}
