//! Calls of one request, and their answers (RFC 8620 sections 3.3 to 3.7).

use domain::{error::ProviderError, time::Timestamp};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::{
    error::{self, MethodError},
    session::{CORE, MAIL, SUBMISSION},
};

/// Method calls in their order; each is known by its number.
#[derive(Clone, Debug, Default)]
pub struct Calls(Vec<(&'static str, Map<String, Value>)>);

impl Calls {
    pub fn one(method: &'static str, arguments: Value) -> Self {
        Self::default().and(method, arguments)
    }

    /// The account is added where the request is made.
    #[must_use]
    pub fn and(mut self, method: &'static str, arguments: Value) -> Self {
        let Value::Object(arguments) = arguments else { return self };
        self.0.push((method, arguments));
        self
    }

    /// An argument that is taken from the answer to call `number`.
    pub fn result(&self, number: usize, path: &str) -> Value {
        let name = self.0.get(number).map(|(name, _)| *name).unwrap_or_default();
        json!({"resultOf": number.to_string(), "name": name, "path": path})
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn body(&self, account: &str) -> Value {
        let sends = self.0.iter().any(|(name, _)| name.starts_with("EmailSubmission/") || name.starts_with("Identity/"));
        let using: &[&str] = if sends { &[CORE, MAIL, SUBMISSION] } else { &[CORE, MAIL] };
        let call = |(number, (name, arguments)): (usize, &(&str, Map<String, Value>))| {
            let mut arguments = arguments.clone();
            arguments.insert("accountId".to_owned(), json!(account));
            json!([name, arguments, number.to_string()])
        };
        json!({"using": using, "methodCalls": self.0.iter().enumerate().map(call).collect::<Vec<_>>()})
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    method_responses: Vec<(String, Value, String)>,
    #[serde(default)]
    session_state: String,
}

/// What came back.
pub struct Answers {
    host: String,
    now: Timestamp,
    all: Vec<(String, Value, String)>,
    pub session_state: String,
}

impl Answers {
    pub fn read(host: &str, now: Timestamp, body: &[u8]) -> Result<Self, ProviderError> {
        let Response { method_responses, session_state } = crate::http::json::parse(host, error::PROTOCOL, body)?;
        Ok(Self { host: host.to_owned(), now, all: method_responses, session_state })
    }

    /// The error that a call was answered with.
    pub fn error(&self, number: usize) -> Option<MethodError> {
        let id = number.to_string();
        let (_, value, _) = self.all.iter().find(|(name, _, of)| name == "error" && *of == id)?;
        Some(serde_json::from_value(value.clone()).unwrap_or_default())
    }

    /// An error of any call that another try may heal, as long as the whole request may be made again.
    pub fn passing(&self, what: &str) -> Option<ProviderError> {
        let errors = (0..self.all.len()).filter_map(|number| self.error(number));
        errors.filter(MethodError::is_passing).map(|error| error.means(what, &self.host, self.now)).next()
    }

    /// The answer to call `number` by this method; its error where it was refused. `what` says in words what was asked for.
    pub fn take<T: DeserializeOwned>(&mut self, what: &str, number: usize, method: &str) -> Result<T, ProviderError> {
        if let Some(error) = self.error(number) {
            return Err(error.means(what, &self.host, self.now));
        }
        let broken = |detail: &str| error::protocol(&self.host, &format!("{detail} of {method}"));
        let id = number.to_string();
        let at = self.all.iter().position(|(name, _, of)| name == method && *of == id).ok_or_else(|| broken("no answer"))?;
        let (_, value, _) = self.all.remove(at);
        serde_json::from_value(value).map_err(|_| broken("an unreadable answer"))
    }

    /// The same for a method that answers beside the one that was called; None: it does not.
    pub fn beside<T: DeserializeOwned>(&mut self, number: usize, method: &str) -> Option<T> {
        let id = number.to_string();
        let at = self.all.iter().position(|(name, _, of)| name == method && *of == id)?;
        serde_json::from_value(self.all.remove(at).1).ok()
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub const fn now(&self) -> Timestamp {
        self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_found_by_call_and_method() {
        let body = r#"{"methodResponses":[["error",{"type":"serverUnavailable"},"1"],["A/set",{"a":1},"0"],["B/set",{"b":2},"0"]],"sessionState":"s"}"#;
        let mut answers = Answers::read("mail.example", Timestamp(0), body.as_bytes()).unwrap();
        assert_eq!(answers.passing("this").map(|e| e.code()), Some("server"));
        assert_eq!(answers.take::<Value>("this", 1, "A/get").unwrap_err().code(), "server");
        assert_eq!(answers.beside::<Value>(0, "B/set"), Some(json!({"b": 2})));
        assert_eq!(answers.take::<Value>("this", 0, "A/set").unwrap(), json!({"a": 1}));
        assert_eq!(answers.take::<Value>("this", 0, "A/set").unwrap_err().code(), "protocol");
    }

    #[test]
    fn only_what_sends_uses_submission() {
        let calls = Calls::one("Email/query", json!({}));
        let calls = calls.clone().and("Email/get", json!({"#ids": calls.result(0, "/ids")}));
        let body = calls.body("u");
        assert_eq!(body["using"], json!([CORE, MAIL]));
        assert_eq!(
            body["methodCalls"][1],
            json!(["Email/get", {"accountId": "u", "#ids": {"resultOf": "0", "name": "Email/query", "path": "/ids"}}, "1"])
        );
        assert_eq!(calls.and("Identity/get", json!({})).body("u")["using"].as_array().unwrap().len(), 3);
    }
}
