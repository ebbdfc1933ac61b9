//! Faults and the request log: how a test makes a provider misbehave, and how it proves what was asked of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which stand-in a request went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    Google,
    Oidc,
    /// CalDAV and the calendar feed.
    Caldav,
    Todoist,
    Github,
    Linear,
    Asana,
    Trello,
    Jira,
    Notion,
    Jmap,
    /// Entra and Graph.
    Microsoft,
}

impl Provider {
    pub const ALL: [Self; 12] = [
        Self::Google,
        Self::Oidc,
        Self::Caldav,
        Self::Todoist,
        Self::Github,
        Self::Linear,
        Self::Asana,
        Self::Trello,
        Self::Jira,
        Self::Notion,
        Self::Jmap,
        Self::Microsoft,
    ];
}

/// One line of the fault script. Matching requests are counted from 1; the fault fires from the `nth` on, `times` times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    #[serde(default)]
    pub provider: Option<Provider>,
    #[serde(default)]
    pub method: Option<String>,
    /// Exact path, `*` for any run of characters. Parts of a batch are matched by their own path (status faults only).
    pub path: String,
    #[serde(default = "one")]
    pub nth: u32,
    /// 0: for ever.
    #[serde(default = "one")]
    pub times: u32,
    pub action: FaultAction,
}

const fn one() -> u32 {
    1
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultAction {
    /// Answers without doing anything. `body` wins over `reason`, which makes Google's error shape (or that of the provider); CalDAV has no such shape: a body
    /// there is a text (XML), else none.
    Status {
        status: u16,
        #[serde(default)]
        retry_after: Option<String>,
        #[serde(default)]
        reason: Option<String>,
        #[serde(default)]
        body: Option<Value>,
    },
    /// Closes the connection without a byte; `after_commit`: the request has taken effect by then.
    Drop {
        #[serde(default)]
        after_commit: bool,
    },
    /// Waits before the request is looked at.
    Delay { millis: u64 },
    /// The body comes in pieces of `chunk` bytes with a pause before each.
    SlowBody { millis: u64, chunk: usize },
    /// The promised Content-Length is not kept: the connection closes after `keep` bytes.
    Truncate { keep: usize },
}

impl Fault {
    pub fn new(path: &str, action: FaultAction) -> Self {
        Self { provider: None, method: None, path: path.to_owned(), nth: 1, times: 1, action }
    }
    /// A plain status with a reason in Google's error shape.
    pub fn status(path: &str, status: u16, reason: &str) -> Self {
        Self::new(path, FaultAction::Status { status, retry_after: None, reason: Some(reason.to_owned()), body: None })
    }
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }
    #[must_use]
    pub const fn nth(mut self, nth: u32) -> Self {
        self.nth = nth;
        self
    }
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    fn matches(&self, provider: Provider, method: &str, path: &str) -> bool {
        self.provider.is_none_or(|p| p == provider)
            && self.method.as_deref().is_none_or(|m| m.eq_ignore_ascii_case(method))
            && glob(&self.path, path)
    }
}

/// `*` stands for any run of characters, everything else for itself.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(head) else { return false };
    if rest.is_empty() {
        return true;
    }
    text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| text.get(at..).is_some_and(|tail| glob(rest, tail)))
}

/// One request that arrived. Holds no body and no header, hence no token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    pub at: Timestamp,
    pub provider: Provider,
    pub method: String,
    pub path: String,
    /// As sent; the values of `code`, `state`, `token` and `code_challenge` are replaced.
    pub query: String,
    /// 0: the connection was dropped.
    pub status: u16,
    /// A part of a batch.
    pub batched: bool,
}

#[derive(Default)]
struct Armed {
    faults: Vec<(Fault, u32, u32)>,
}

/// Shared by all stand-ins of one sandbox.
#[derive(Clone, Default)]
pub struct Control {
    armed: Arc<Mutex<Armed>>,
    log: Arc<Mutex<Vec<LogEntry>>>,
}

/// A poisoned lock means that another request panicked; its data is still the best there is.
pub(crate) fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Control {
    pub fn add_fault(&self, fault: Fault) {
        locked(&self.armed).faults.push((fault, 0, 0));
    }

    pub fn clear_faults(&self) {
        locked(&self.armed).faults.clear();
    }

    /// Counts this request at every matching fault and returns the first that fires.
    pub(crate) fn fire(&self, provider: Provider, method: &str, path: &str, only_status: bool) -> Option<FaultAction> {
        let mut fired = None;
        for (fault, seen, done) in &mut locked(&self.armed).faults {
            if only_status && !matches!(fault.action, FaultAction::Status { .. }) || !fault.matches(provider, method, path) {
                continue;
            }
            *seen += 1;
            if fired.is_none() && *seen >= fault.nth && (fault.times == 0 || *done < fault.times) {
                *done += 1;
                fired = Some(fault.action.clone());
            }
        }
        fired
    }

    pub(crate) fn record(&self, mut entry: LogEntry) {
        entry.query = redacted(&entry.query);
        locked(&self.log).push(entry);
    }

    pub fn log(&self) -> Vec<LogEntry> {
        locked(&self.log).clone()
    }

    pub fn clear_log(&self) {
        locked(&self.log).clear();
    }

    /// How many requests had this method and a path that fits `pattern` (`*` as in faults); batch parts included.
    pub fn count(&self, method: &str, pattern: &str) -> usize {
        locked(&self.log).iter().filter(|e| e.method.eq_ignore_ascii_case(method) && glob(pattern, &e.path)).count()
    }
}

fn redacted(query: &str) -> String {
    let secret = |key: &str| matches!(key, "code" | "state" | "token" | "access_token" | "code_challenge" | "nonce");
    query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((key, _)) if secret(key) => format!("{key}=*"),
            _ => pair.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glob_matches_whole_paths() {
        assert!(glob("/a/*/c", "/a/b/c"));
        assert!(glob("/a/*", "/a/"));
        assert!(glob("*", ""));
        assert!(glob("*send", "/x/send"));
        assert!(!glob("/a", "/a/b"));
        assert!(!glob("/a/*/c", "/a/b/d"));
    }

    #[test]
    fn a_fault_fires_at_its_nth_request_and_no_more() {
        let control = Control::default();
        control.add_fault(Fault::status("/x", 503, "backendError").nth(2).times(2));
        let fired: Vec<bool> = (0..5).map(|_| control.fire(Provider::Google, "GET", "/x", false).is_some()).collect();
        assert_eq!(fired, [false, true, true, false, false]);
        assert!(control.fire(Provider::Google, "GET", "/y", false).is_none());
    }

    #[test]
    fn the_log_keeps_no_secret() {
        assert_eq!(redacted("code=4/0x&scope=a&state=s"), "code=*&scope=a&state=*");
    }
}
