//! Raw messages, newest first as asked, in batches; failed parts are asked for again, and only those.

use std::{collections::VecDeque, time::Duration};

use domain::{error::ProviderError, ids::RemoteId, source::MailSink};
use reqwest::{StatusCode, header::HeaderMap};

use super::{
    api::{Api, Message, parse},
    batch::{self, Answer},
    labels,
    quota::cost,
    raw,
};
use crate::http::{Call, chunk, host_of};

/// Smaller than Gmail allows: a click of the person waits behind one batch, and 25 messages are 5 seconds' worth of units.
const PARTS: usize = if batch::MAX_PARTS < 25 { batch::MAX_PARTS } else { 25 };
const ATTEMPTS: u32 = 5;
/// A message that Gmail stores is at most about 50 MB; this also ends a reply that never ends.
const RAW_CAP: u64 = 160 * 1024 * 1024;
const LARGE_TIMEOUT: Duration = Duration::from_mins(30);

/// Streams the raw bytes of `ids` into `sink`. Messages that are gone are left out.
pub async fn fetch(api: &Api, ids: &[RemoteId], sink: &mut dyn MailSink) -> Result<(), ProviderError> {
    let mut queue: VecDeque<(&str, u32)> = ids.iter().map(|id| (id.as_str(), 0)).collect();
    while !queue.is_empty() {
        let chunk: Vec<(&str, u32)> = queue.drain(..queue.len().min(PARTS)).collect();
        let outcome = chunk_of(api, &chunk, sink).await?;
        for id in outcome.large {
            large(api, id, sink).await?;
        }
        if let Some(error) = outcome.failed {
            wait(api, &outcome.again, error).await?;
            // In front, to keep the order newest first.
            for item in outcome.again.into_iter().rev() {
                queue.push_front(item);
            }
        }
    }
    Ok(())
}

#[derive(Default)]
struct Outcome<'a> {
    /// To be fetched alone.
    large: Vec<&'a str>,
    /// To be asked again, with the number of tries so far.
    again: Vec<(&'a str, u32)>,
    /// Why.
    failed: Option<ProviderError>,
}

/// One batch. Errors that time may heal are in the outcome, because what was delivered before them must not be paid for twice.
async fn chunk_of<'a>(api: &Api, chunk: &[(&'a str, u32)], sink: &mut dyn MailSink) -> Result<Outcome<'a>, ProviderError> {
    let ids: Vec<&str> = chunk.iter().map(|(id, _)| *id).collect();
    api.bucket().take(cost::MESSAGE_GET.saturating_mul(ids.len() as u32)).await;
    let mut outcome = Outcome::default();
    let mut open: Vec<bool> = vec![true; chunk.len()];
    match batch::get(api, &ids, "format=raw").await {
        Ok(mut answers) => loop {
            let (number, answer) = match answers.next().await {
                Ok(Some(next)) => next,
                Ok(None) => break,
                Err(error) => {
                    outcome.failed = Some(passing(error)?);
                    break;
                }
            };
            let (Some(&(id, tries)), Some(slot)) = (chunk.get(number), open.get_mut(number)) else { continue };
            if !std::mem::take(slot) {
                continue;
            }
            match answer {
                Answer::TooLarge => outcome.large.push(id),
                Answer::Reply { status, body, .. } if status.is_success() => deliver(api, id, &body, sink).await?,
                Answer::Reply { status, headers, body } => match judge(api, id, status, &headers, &body).await {
                    Verdict::Gone => {}
                    Verdict::Again(error) => {
                        outcome.again.push((id, tries + 1));
                        outcome.failed = Some(error);
                    }
                    Verdict::Fatal(error) => return Err(error),
                },
            }
        },
        Err(error) => outcome.failed = Some(passing(error)?),
    }
    for ((id, tries), open) in chunk.iter().zip(open) {
        if open {
            outcome.again.push((id, tries + 1));
            outcome.failed.get_or_insert_with(|| ProviderError::Server {
                provider: "Google".to_owned(),
                detail: "a part of a batch had no answer".to_owned(),
            });
        }
    }
    Ok(outcome)
}

/// Errors worth another try here; all others at once.
fn passing(error: ProviderError) -> Result<ProviderError, ProviderError> {
    match error {
        ProviderError::RateLimited { .. }
        | ProviderError::Server { .. }
        | ProviderError::Unreachable { .. }
        | ProviderError::Protocol { .. } => Ok(error),
        other => Err(other),
    }
}

enum Verdict {
    Gone,
    Again(ProviderError),
    Fatal(ProviderError),
}

/// What the refusal of one part of a batch means. The batch itself was let in: where a part is not, the access ended while it was
/// answered. The next request renews it, or says that it can't.
async fn of_part(api: &Api, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> ProviderError {
    match api.refusal("this message", status, headers, body).await {
        ProviderError::Auth(_) => {
            ProviderError::Server { provider: "Google".to_owned(), detail: "the access ended in the middle of a batch".to_owned() }
        }
        error => error,
    }
}

async fn judge(api: &Api, id: &str, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Verdict {
    match of_part(api, status, headers, body).await {
        ProviderError::NotFound(_) => Verdict::Gone,
        error @ (ProviderError::RateLimited { .. } | ProviderError::Server { .. }) => Verdict::Again(error),
        ProviderError::Refused(why) => {
            // One message that Gmail itself can't show must not stop all others for ever.
            tracing::warn!(id, %why, "Gmail refuses to give out this message; left out");
            Verdict::Gone
        }
        error => Verdict::Fatal(error),
    }
}

/// Backs off before failed parts are asked again; gives the error up to the engine after [`ATTEMPTS`] tries.
async fn wait(api: &Api, again: &[(&str, u32)], error: ProviderError) -> Result<(), ProviderError> {
    let tries = again.iter().map(|(_, tries)| *tries).max().unwrap_or(ATTEMPTS);
    // A wait that Google names is the engine's to keep: it may close the lid meanwhile.
    if tries >= ATTEMPTS || error.retry_at().is_some() {
        return Err(error);
    }
    let doublings = tries.saturating_sub(1).min(6);
    let pause = if matches!(error, ProviderError::RateLimited { .. }) {
        // Units come back by the minute, so this is patient: the engine would throw away what this page has cost already.
        let ceiling = (5_000u64 << doublings).min(60_000);
        ceiling / 2 + api.bucket().jitter(ceiling / 2)
    } else {
        // Full jitter (PROVIDERS 0.3): base 500 ms, doubled each time.
        api.bucket().jitter(1_000 << doublings)
    };
    api.bucket().sleep(Duration::from_millis(pause)).await;
    Ok(())
}

async fn deliver(api: &Api, id: &str, body: &[u8], sink: &mut dyn MailSink) -> Result<(), ProviderError> {
    let url = api.urls.batch();
    let message: Message = parse(&url, body)?;
    let broken = |detail: &str| ProviderError::Protocol { host: host_of(&url), protocol: "Gmail API", detail: detail.to_owned() };
    if message.id != id {
        return Err(broken("another message than asked for"));
    }
    let text = message.raw.as_deref().ok_or_else(|| broken("a message without its raw bytes"))?;
    let mut mail = labels::from_message(&message);
    mail.size = Some(raw::decoded_len(text));
    sink.begin(mail).await?;
    for piece in raw::decode(text) {
        sink.chunk(&piece.map_err(broken)?).await?;
    }
    sink.end().await?;
    api.round().fetched(id);
    Ok(())
}

/// A message too large for a batch: what it is first, then its bytes as they arrive.
async fn large(api: &Api, id: &str, sink: &mut dyn MailSink) -> Result<(), ProviderError> {
    let url = |format: &str| {
        let mut url = api.urls.user(["messages", id]);
        url.query_pairs_mut().append_pair("format", format);
        url
    };
    let message: Message = match api.get(cost::MESSAGE_GET, "this message", url("minimal")).await {
        Ok(message) => message,
        Err(ProviderError::NotFound(_)) => return Ok(()),
        Err(error) => return Err(error),
    };
    let call = Call::get(url("raw")).timeout(LARGE_TIMEOUT);
    let host = call.host();
    let mut open = match api.open(cost::MESSAGE_GET, "this message", &call).await {
        Ok(open) => open,
        Err(ProviderError::NotFound(_)) => return Ok(()),
        Err(error) => return Err(error),
    };
    let broken = |detail: &str| ProviderError::Protocol { host: host.clone(), protocol: "Gmail API", detail: detail.to_owned() };
    sink.begin(labels::from_message(&message)).await?;
    let mut extractor = raw::Extractor::default();
    let mut decoded = Vec::new();
    let mut received = 0u64;
    while let Some(piece) = chunk(&host, &mut open.response).await? {
        received = received.saturating_add(piece.len() as u64);
        if received > RAW_CAP {
            return Err(broken("a message larger than any that Gmail stores"));
        }
        extractor.feed(&piece, &mut decoded).map_err(broken)?;
        if !decoded.is_empty() {
            sink.chunk(&decoded).await?;
            decoded.clear();
        }
    }
    extractor.finish(&mut decoded).map_err(broken)?;
    if !decoded.is_empty() {
        sink.chunk(&decoded).await?;
    }
    sink.end().await?;
    api.round().fetched(id);
    Ok(())
}

/// `messages.get` of many without their bodies (20 units each, so only where needed); `query` says in which format. None: the
/// message is gone.
pub async fn states(api: &Api, ids: &[String], query: &str) -> Result<Vec<(String, Option<Message>)>, ProviderError> {
    let mut out = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(batch::MAX_PARTS) {
        let names: Vec<&str> = chunk.iter().map(String::as_str).collect();
        api.bucket().take(cost::MESSAGE_GET.saturating_mul(names.len() as u32)).await;
        let mut answers = batch::get(api, &names, query).await?;
        let before = out.len();
        while let Some((number, answer)) = answers.next().await? {
            let Some(id) = chunk.get(number) else { continue };
            match answer {
                Answer::Reply { status, body, .. } if status.is_success() => {
                    out.push((id.clone(), Some(parse(&api.urls.batch(), &body)?)));
                }
                Answer::Reply { status, headers, body } => match of_part(api, status, &headers, &body).await {
                    ProviderError::NotFound(_) => out.push((id.clone(), None)),
                    error => return Err(error),
                },
                Answer::TooLarge => {}
            }
        }
        if out.len() - before != chunk.len() {
            return Err(ProviderError::Server { provider: "Google".to_owned(), detail: "a part of a batch had no answer".to_owned() });
        }
    }
    Ok(out)
}
