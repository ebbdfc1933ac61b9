//! Asana's error shape (PROVIDERS 6.4, A.6).

use serde_json::{Value, json};

use crate::text;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Refusal {
    pub status: u16,
    message: String,
    /// A fresh sync token, beside the error.
    sync: Option<String>,
    /// Seconds.
    pub after: Option<i64>,
}

impl Refusal {
    pub fn new(status: u16, message: &str) -> Self {
        Self { status, message: message.to_owned(), ..Self::default() }
    }

    pub fn unknown(kind: &str, gid: &str) -> Self {
        Self::new(404, &format!("{kind}: Unknown object: {gid}"))
    }

    pub fn limited(after: i64) -> Self {
        let words = format!("You have made too many requests recently. Please wait {after} seconds before making another request.");
        Self { after: Some(after), ..Self::new(429, &words) }
    }

    /// There is no position, or it is too old: `sync` is where to go on after everything was read.
    pub fn sync(sync: String) -> Self {
        Self {
            sync: Some(sync),
            ..Self::new(
                412,
                "Sync token invalid or too old. If you are attempting to keep resources in sync, you must fetch the full dataset for this query now and use the new sync token for the next sync.",
            )
        }
    }

    pub fn body(&self) -> Value {
        let mut body = json!({"errors": [{"message": self.message, "help": "For more information on API status codes and how to handle them, read the docs"}]});
        if let Some(sync) = &self.sync {
            text::put(&mut body, "sync", json!(sync));
        }
        body
    }
}

/// What the fault script asked for.
pub(crate) fn scripted(status: u16, reason: Option<&str>) -> Value {
    Refusal::new(status, reason.unwrap_or("This failure was asked for by the fault script.")).body()
}
