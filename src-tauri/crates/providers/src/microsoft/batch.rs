//! `$batch`: up to twenty calls in one request, each with its own answer (PROVIDERS 2.4). Parts that were throttled are asked again, and
//! only those.

use std::collections::{BTreeMap, VecDeque};

use domain::error::ProviderError;
use reqwest::{
    Method, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use url::Url;

use super::{
    MICROSOFT,
    api::{Api, IMMUTABLE, json_call, parse},
    shared::IN_FLIGHT,
    wait,
};

/// Graph's limit.
pub const MAX_PARTS: usize = 20;
/// Graph works through a batch while we wait.
const TIMEOUT: std::time::Duration = std::time::Duration::from_mins(5);

/// Largest reply of [`settle`]: a message that is moved or changed is answered whole, its text included.
const SETTLE_CAP: usize = 48 * 1024 * 1024;

/// One call of a batch.
#[derive(Clone, Debug)]
pub struct Part {
    pub method: &'static str,
    /// Path below `/v1.0` and query.
    pub url: String,
    pub body: Option<Value>,
}

impl Part {
    pub const fn get(url: String) -> Self {
        Self { method: "GET", url, body: None }
    }
}

/// What one call was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

#[derive(Deserialize)]
struct Responses {
    responses: Vec<Response>,
}

#[derive(Deserialize)]
struct Response {
    id: String,
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, Value>,
    #[serde(default)]
    body: Value,
}

/// One batch. Answer `n` is to part `n`; None where there came none. At most `cap` bytes.
pub async fn run(api: &Api, parts: &[Part], cap: usize) -> Result<Vec<Option<Answer>>, ProviderError> {
    let request = |(n, part): (usize, &Part)| {
        // The preference of the batch itself is none of its parts'.
        let mut request = json!({"id": n.to_string(), "method": part.method, "url": part.url, "headers": {"Prefer": IMMUTABLE}});
        if let (Some(body), Some(map)) = (&part.body, request.as_object_mut()) {
            map.insert("headers".to_owned(), json!({"Prefer": IMMUTABLE, "Content-Type": "application/json"}));
            map.insert("body".to_owned(), body.clone());
        }
        request
    };
    let requests: Vec<Value> = parts.iter().enumerate().map(request).collect();
    let url = api.urls.batch();
    let call = json_call(Method::POST, url.clone(), &json!({ "requests": requests }))?.timeout(TIMEOUT);
    let reply = api.reply_within("these messages", call, cap, IN_FLIGHT).await?;
    let Responses { responses } = parse(&url, &reply.body)?;
    let mut answers: Vec<Option<Answer>> = parts.iter().map(|_| None).collect();
    for response in responses {
        let slot = response.id.parse::<usize>().ok().and_then(|n| answers.get_mut(n));
        if let (Some(slot), Ok(status)) = (slot, StatusCode::from_u16(response.status)) {
            slot.get_or_insert(Answer { status, headers: header_map(&response.headers), body: response.body });
        }
    }
    Ok(answers)
}

fn header_map(headers: &BTreeMap<String, Value>) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        // Numbers come as numbers, too.
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&text)) {
            map.insert(name, value);
        }
    }
    map
}

/// What the refusal of one part means. The batch itself was let in: where a part is not, the access ended while it was worked on. The next
/// request renews it, or says that it can't.
pub fn refusal(api: &Api, what: &str, answer: Option<&Answer>) -> ProviderError {
    let server = |detail: &str| ProviderError::Server { provider: MICROSOFT.to_owned(), detail: detail.to_owned() };
    let Some(answer) = answer else { return server("a part of a batch had no answer") };
    let body = answer.body.to_string();
    match api.refusal(what, answer.status, &answer.headers, body.as_bytes()) {
        ProviderError::Auth(_) => server("the access ended in the middle of a batch"),
        error => error,
    }
}

/// Of two refusals, the one that asks for more patience.
pub fn worse(a: Option<ProviderError>, b: ProviderError) -> ProviderError {
    match a {
        Some(a) if a.retry_at() >= b.retry_at() => a,
        _ => b,
    }
}

/// Puts parts back that are asked for again, in front, so that the order stays; and waits as long as the refusal wants.
pub async fn again<T>(
    api: &Api,
    queue: &mut VecDeque<(T, u32)>,
    parts: Vec<(T, u32)>,
    failed: Option<ProviderError>,
) -> Result<(), ProviderError> {
    let Some(error) = failed else { return Ok(()) };
    let tries = parts.iter().map(|(_, tries)| *tries).max().unwrap_or(wait::ATTEMPTS);
    wait::before_again(api.shared(), tries, error, api.now()).await?;
    for part in parts.into_iter().rev() {
        queue.push_front(part);
    }
    Ok(())
}

/// All parts, in as many batches as it takes, each tried again as long as that may help. Result `n` is about part `n`; the error is one of a
/// batch as a whole, or of a part that was refused too often.
pub async fn settle(api: &Api, what: &str, parts: &[Part]) -> Result<Vec<Result<Value, ProviderError>>, ProviderError> {
    let mut results: Vec<Option<Result<Value, ProviderError>>> = parts.iter().map(|_| None).collect();
    let mut queue: VecDeque<(usize, u32)> = (0..parts.len()).map(|n| (n, 0)).collect();
    while !queue.is_empty() {
        let chunk: Vec<(usize, u32)> = queue.drain(..queue.len().min(MAX_PARTS)).collect();
        let asked: Vec<Part> = chunk.iter().filter_map(|(n, _)| parts.get(*n).cloned()).collect();
        let mut failed = None;
        let mut again = Vec::new();
        match run(api, &asked, SETTLE_CAP).await {
            Ok(answers) => {
                for (&(n, tries), answer) in chunk.iter().zip(answers) {
                    let outcome = match answer {
                        Some(answer) if answer.status.is_success() => Ok(answer.body),
                        answer => Err(refusal(api, what, answer.as_ref())),
                    };
                    match outcome {
                        Err(error) if wait::passing(&error) => {
                            again.push((n, tries + 1));
                            failed = Some(worse(failed, error));
                        }
                        outcome => {
                            if let Some(slot) = results.get_mut(n) {
                                *slot = Some(outcome);
                            }
                        }
                    }
                }
            }
            Err(error) if wait::passing(&error) => {
                again = chunk.iter().map(|(n, tries)| (*n, tries + 1)).collect();
                failed = Some(error);
            }
            Err(error) => return Err(error),
        }
        self::again(api, &mut queue, again, failed).await?;
    }
    let missing = || ProviderError::Server { provider: MICROSOFT.to_owned(), detail: "a part of a batch had no answer".to_owned() };
    Ok(results.into_iter().map(|r| r.unwrap_or_else(|| Err(missing()))).collect())
}

/// What is at these addresses now. None: gone.
pub async fn read_each<T: DeserializeOwned>(
    api: &Api,
    what: &str,
    urls: impl IntoIterator<Item = Url>,
) -> Result<Vec<Option<T>>, ProviderError> {
    let parts: Vec<Part> = urls.into_iter().map(|url| Part::get(api.urls.relative(&url))).collect();
    let answers = settle(api, what, &parts).await?;
    let read = |answer| match answer {
        Ok(body) => parse::<T>(&api.urls.batch(), Value::to_string(&body).as_bytes()).map(Some),
        Err(ProviderError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    };
    answers.into_iter().map(read).collect()
}
