//! One request to Graph, alone or in a batch, and its answer.

use axum::response::Response;
use domain::time::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::GraphError;

pub(super) struct Call<'a> {
    pub method: &'a str,
    /// Decoded segments after `/v1.0`, with `name('id')` taken apart.
    pub path: Vec<String>,
    pub query: Vec<(String, String)>,
    /// (lower-case name, value).
    pub headers: Vec<(String, String)>,
    pub body: &'a [u8],
    pub now: Timestamp,
    /// `http://127.0.0.1:PORT`.
    pub base: &'a str,
}

#[derive(Debug)]
pub(super) enum Answer {
    Json(u16, Value),
    /// Content type and bytes.
    Bytes(&'static str, Vec<u8>),
    /// A status without a body.
    Empty(u16),
    /// 302 to an address that is its own permission.
    Found(String),
    /// As it is.
    Raw(Response),
}

impl Answer {
    pub const fn ok(value: Value) -> Self {
        Self::Json(200, value)
    }
}

impl Call<'_> {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// All that is preferred, in all `Prefer` headers.
    fn preferences(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(|(n, _)| n == "prefer").flat_map(|(_, v)| v.split(',')).map(str::trim)
    }

    /// Whether ids are to be those that never change.
    pub fn immutable(&self) -> bool {
        self.preferences().any(|p| p.replace(' ', "").eq_ignore_ascii_case("IdType=\"ImmutableId\""))
    }

    /// The quoted value of a preference.
    pub fn preferred(&self, name: &str) -> Option<String> {
        let value =
            self.preferences().find_map(|p| p.split_once('=').filter(|(n, _)| n.trim().eq_ignore_ascii_case(name)).map(|(_, v)| v))?;
        Some(value.trim().trim_matches('"').to_owned())
    }

    pub fn max_page(&self) -> Option<usize> {
        self.preferences().find_map(|p| p.strip_prefix("odata.maxpagesize="))?.trim().parse().ok()
    }

    pub fn content_type(&self) -> String {
        let kind = self.header("content-type").unwrap_or_default();
        kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The JSON body; unknown properties are refused by the types.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, GraphError> {
        if self.content_type() != "application/json" {
            return Err(GraphError::new(415, "RequestBodyRead", "A supported MIME type could not be found: application/json is needed."));
        }
        serde_json::from_slice(self.body).map_err(|e| GraphError::new(400, "RequestBodyRead", format!("{e}")))
    }

    /// `If-Match` against what is there.
    pub fn precondition(&self, etag: &str) -> Result<(), GraphError> {
        match self.header("if-match") {
            Some(given) if given != "*" && given != etag => {
                let text =
                    "The send or update operation could not be performed because the change key passed in the request does not match.";
                Err(GraphError::new(412, "ErrorIrresolvableConflict", text))
            }
            _ => Ok(()),
        }
    }
}

/// The segments of a path, decoded; `mailFolders('inbox')` is two of them.
pub(super) fn segments(path: &str) -> Vec<String> {
    let mut out = Vec::new();
    for part in crate::text::segments(path, "/").unwrap_or_default() {
        match part.strip_suffix("')").and_then(|p| p.split_once("('")) {
            Some((name, id)) => out.extend([name.to_owned(), id.to_owned()]),
            None => out.push(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_path_are_the_same() {
        let wanted = ["me", "mailFolders", "AA=b", "messages", "delta"];
        assert_eq!(segments("/me/mailFolders/AA%3Db/messages/delta"), wanted);
        assert_eq!(segments("/me/mailFolders('AA%3Db')/messages/delta"), wanted);
    }
}
