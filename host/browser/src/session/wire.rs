//! The parts of Chromium's events that are read, and no others.

use serde::Deserialize;

use super::headers::Headers;

#[derive(Deserialize)]
pub(crate) struct TargetInfo<'a> {
    #[serde(rename = "targetId")]
    pub(crate) id: &'a str,
    #[serde(rename = "type")]
    pub(crate) kind: &'a str,
    #[serde(rename = "browserContextId")]
    pub(crate) context: Option<&'a str>,
    #[serde(rename = "openerId")]
    pub(crate) opener: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FrameAttached {
    pub(super) frame_id: String,
    pub(super) parent_frame_id: String,
}

#[derive(Deserialize)]
pub(super) struct FrameNavigated {
    pub(super) frame: FrameInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FrameInfo {
    pub(super) id: String,
    pub(super) parent_id: Option<String>,
    pub(super) loader_id: String,
    pub(super) url: String,
    pub(super) url_fragment: Option<String>,
    pub(super) unreachable_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FrameTree {
    pub(super) frame: FrameInfo,
    #[serde(default)]
    pub(super) child_frames: Vec<FrameTree>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WithinDocument {
    pub(super) frame_id: String,
    pub(super) url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FrameDetached {
    pub(super) frame_id: String,
    pub(super) reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfFrame {
    pub(super) frame_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StartedNavigating {
    pub(super) frame_id: String,
    pub(super) url: String,
    pub(super) loader_id: String,
    pub(super) navigation_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestedNavigation {
    pub(super) frame_id: String,
    pub(super) disposition: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Lifecycle {
    pub(super) frame_id: String,
    pub(super) loader_id: String,
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct DragIntercepted {
    pub(super) data: serde_json::Value,
}

#[derive(Deserialize)]
pub(super) struct ContextCreated {
    pub(super) context: ContextInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContextInfo {
    pub(super) id: i64,
    pub(super) origin: String,
    pub(super) name: String,
    pub(super) unique_id: String,
    pub(super) aux_data: Option<AuxData>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuxData {
    pub(super) frame_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContextDestroyed {
    pub(super) execution_context_unique_id: String,
}

#[derive(Deserialize)]
pub(super) struct BindingCalled {
    pub(super) name: String,
    pub(super) payload: String,
}

#[derive(Deserialize)]
pub(super) struct DialogOpening {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) message: String,
    #[serde(default, rename = "defaultPrompt")]
    pub(super) proposed: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DialogClosed {
    pub(super) frame_id: String,
    pub(super) result: bool,
}

/// What kind of line it is, before anything else of it is read.
#[derive(Deserialize)]
pub(super) struct ConsoleKind<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Console {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) args: Vec<ConsoleArgument>,
    pub(super) stack_trace: Option<StackTrace>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StackTrace {
    #[serde(default)]
    pub(super) call_frames: Vec<CallFrame>,
}

/// A place in a script, counted from 0.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CallFrame {
    pub(super) url: String,
    pub(super) line_number: i64,
    pub(super) column_number: i64,
}

#[derive(Deserialize)]
pub(super) struct ConsoleArgument {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) subtype: Option<String>,
    pub(super) value: Option<serde_json::Value>,
    pub(super) description: Option<String>,
    pub(super) preview: Option<Preview>,
}

/// The first few properties of an object.
#[derive(Deserialize)]
pub(super) struct Preview {
    #[serde(default)]
    pub(super) overflow: bool,
    pub(super) properties: Vec<Property>,
}

#[derive(Deserialize)]
pub(super) struct Property {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) value: Option<String>,
}

/// What Chromium itself says about a page.
#[derive(Deserialize)]
pub(super) struct Logged {
    pub(super) entry: LogEntry,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogEntry {
    pub(super) source: String,
    pub(super) level: String,
    pub(super) text: String,
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) line_number: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Thrown {
    pub(super) exception_details: ThrownDetails,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ThrownDetails {
    pub(super) text: String,
    pub(super) url: Option<String>,
    pub(super) line_number: i64,
    pub(super) column_number: i64,
    pub(super) exception: Option<ConsoleArgument>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Paused {
    pub(super) request_id: String,
    pub(super) request: PausedRequest,
    pub(super) frame_id: String,
    pub(super) resource_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Challenged {
    pub(super) request_id: String,
    pub(super) request: PausedRequest,
    pub(super) auth_challenge: Challenge,
}

#[derive(Deserialize)]
pub(super) struct Challenge {
    pub(super) source: Option<String>,
    pub(super) origin: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DownloadBegins {
    pub(super) frame_id: String,
    pub(super) guid: String,
    pub(super) url: String,
    pub(super) suggested_filename: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DownloadProgress {
    pub(super) guid: String,
    pub(super) total_bytes: f64,
    pub(super) received_bytes: f64,
    pub(super) state: String,
}

#[derive(Deserialize)]
pub(super) struct PausedRequest {
    pub(super) url: String,
    #[serde(default)]
    pub(super) method: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WillBeSent {
    pub(super) request_id: String,
    pub(super) loader_id: String,
    pub(super) request: PausedRequest,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) frame_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResponseReceived {
    pub(super) request_id: String,
    pub(super) loader_id: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) response: ResponseInfo,
    pub(super) frame_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResponseInfo {
    pub(super) url: String,
    pub(super) status: u16,
    pub(super) mime_type: String,
    #[serde(default)]
    charset: String,
    #[serde(default)]
    pub(super) from_service_worker: bool,
    #[serde(default)]
    headers: Headers,
}

impl ResponseInfo {
    /// Bytes of its body on the wire, compressed or not, if it says so before they come.
    pub(super) fn length(&self) -> Option<u64> {
        self.headers.length.as_ref().and_then(|length| length.trim().parse().ok())
    }

    /// Bytes of its body as Chromium hands it over, if that can be known before they come: it unpacks what is
    /// compressed, and text becomes UTF-8.
    pub(super) fn own_length(&self) -> Option<u64> {
        let encoding = self.headers.encoding.as_deref().map_or("identity", str::trim);
        let as_it_came = encoding.eq_ignore_ascii_case("identity")
            && (self.charset.eq_ignore_ascii_case("utf-8")
                || (self.charset.is_empty() && !self.mime_type.starts_with("text/")));
        self.length().filter(|_| as_it_came)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LoadingFinished {
    pub(super) request_id: String,
    /// Bytes as they came; a number with a point.
    #[serde(default)]
    pub(super) encoded_data_length: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LoadingFailed {
    pub(super) request_id: String,
    pub(super) error_text: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) canceled: bool,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_length_of_a_body_is_known_where_it_comes_as_it_was_sent() {
        let length = |mime_type: &str, charset: &str, encoding: Option<&str>| {
            let mut headers = serde_json::json!({"Content-Length": "12"});
            if let Some(encoding) = encoding {
                headers["Content-Encoding"] = encoding.into();
            }
            let response = serde_json::json!({
                "url": "", "status": 200, "mimeType": mime_type, "charset": charset, "headers": headers,
            });
            let response: ResponseInfo = serde_json::from_value(response).unwrap();
            assert_eq!(response.length(), Some(12));
            response.own_length()
        };
        assert_eq!(length("application/json", "", None), Some(12));
        assert_eq!(length("text/plain", "UTF-8", Some("identity")), Some(12));
        assert_eq!(length("text/plain", "utf-8", Some("gzip")), None);
        assert_eq!(length("text/plain", "iso-8859-1", None), None);
        assert_eq!(length("text/html", "", None), None);
    }
}
