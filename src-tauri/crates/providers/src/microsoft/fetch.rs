//! Raw messages in batches; what is too large for a batch comes alone, streamed.

use std::{collections::VecDeque, time::Duration};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use domain::{error::ProviderError, ids::RemoteId, source::MailSink, sync::RemoteMail};

use super::{
    api::{Api, broken},
    batch::{self, Part},
    wait,
};
use crate::http::{Call, chunk, host_of};

/// Fewer than Graph takes: a click of the person waits behind one batch, which holds every permit.
const PARTS: usize = 10;
/// Largest reply of a batch that is kept in memory; beyond it each message comes alone.
const BATCH_CAP: usize = 24 * 1024 * 1024;
/// Exchange stores at most 150 MB; this also ends a reply that never ends.
const MIME_CAP: u64 = 220 * 1024 * 1024;
const LARGE_TIMEOUT: Duration = Duration::from_mins(30);
/// Bytes that are handed to the sink at once.
const STEP: usize = 256 * 1024;

/// With padding or without: the documentation does not say which a batch uses.
const ANY_PADDING: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// Streams the raw bytes of `ids` into `sink`. Messages that are gone are left out.
pub async fn fetch(api: &Api, ids: &[RemoteId], sink: &mut dyn MailSink) -> Result<(), ProviderError> {
    let mut queue: VecDeque<(&str, u32)> = ids.iter().map(|id| (id.as_str(), 0)).collect();
    while !queue.is_empty() {
        let chunk: Vec<(&str, u32)> = queue.drain(..queue.len().min(PARTS)).collect();
        let parts: Vec<Part> = chunk.iter().map(|(id, _)| Part::get(api.urls.relative(&api.urls.me(["messages", id, "$value"])))).collect();
        let mut again: Vec<(&str, u32)> = Vec::new();
        let mut failed = None;
        match batch::run(api, &parts, BATCH_CAP).await {
            Ok(answers) => {
                for (&(id, tries), answer) in chunk.iter().zip(answers) {
                    let refused = match answer {
                        Some(answer) if answer.status.is_success() => match decode(&answer.body) {
                            Some(raw) => {
                                deliver(id, &raw, sink).await?;
                                continue;
                            }
                            None => broken(&host_of(&api.urls.batch()), "a message that is not base64"),
                        },
                        answer => batch::refusal(api, "this message", answer.as_ref()),
                    };
                    match refused {
                        ProviderError::NotFound(_) => {}
                        error if wait::passing(&error) => {
                            again.push((id, tries + 1));
                            failed = Some(batch::worse(failed, error));
                        }
                        // One message that Exchange itself can't render must not stop all others for ever.
                        ProviderError::Refused(why) => sink.unreadable(RemoteMail::new(RemoteId::new(id)), b"", &why).await?,
                        error => return Err(error),
                    }
                }
            }
            // Among other things: more bytes than are kept.
            Err(ProviderError::Protocol { .. }) => {
                for (id, _) in &chunk {
                    alone(api, id, sink).await?;
                }
            }
            Err(error) if wait::passing(&error) => {
                again = chunk.iter().map(|(id, tries)| (*id, tries + 1)).collect();
                failed = Some(error);
            }
            Err(error) => return Err(error),
        }
        batch::again(api, &mut queue, again, failed).await?;
    }
    Ok(())
}

fn decode(body: &serde_json::Value) -> Option<Vec<u8>> {
    let text = body.as_str()?;
    // The documentation speaks of base64url in one place; both alphabets mean the same bytes.
    let standard: String = text
        .chars()
        .map(|c| {
            if c == '-' {
                '+'
            } else if c == '_' {
                '/'
            } else {
                c
            }
        })
        .collect();
    ANY_PADDING.decode(standard).ok()
}

async fn deliver(id: &str, raw: &[u8], sink: &mut dyn MailSink) -> Result<(), ProviderError> {
    sink.begin(RemoteMail { size: Some(raw.len() as u64), ..RemoteMail::new(RemoteId::new(id)) }).await?;
    for piece in raw.chunks(STEP) {
        sink.chunk(piece).await?;
    }
    sink.end().await
}

/// One message as it arrives.
async fn alone(api: &Api, id: &str, sink: &mut dyn MailSink) -> Result<(), ProviderError> {
    let url = api.urls.me(["messages", id, "$value"]);
    let host = host_of(&url);
    let mut tries = 0;
    let mut open = loop {
        match api.open("this message", Call::get(url.clone()).timeout(LARGE_TIMEOUT)).await {
            Ok(open) => break open,
            Err(ProviderError::NotFound(_)) => return Ok(()),
            Err(ProviderError::Refused(why)) => return sink.unreadable(RemoteMail::new(RemoteId::new(id)), b"", &why).await,
            Err(error) if wait::passing(&error) => {
                tries += 1;
                wait::before_again(api.shared(), tries, error, api.now()).await?;
            }
            Err(error) => return Err(error),
        }
    };
    sink.begin(RemoteMail::new(RemoteId::new(id))).await?;
    let mut received = 0u64;
    while let Some(piece) = chunk(&host, &mut open.response).await? {
        received = received.saturating_add(piece.len() as u64);
        if received > MIME_CAP {
            return Err(broken(&host, "a message larger than any that Exchange stores"));
        }
        sink.chunk(&piece).await?;
    }
    sink.end().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_alphabet_with_or_without_padding() {
        for text in ["/+8=", "/+8", "_-8=", "_-8"] {
            assert_eq!(decode(&text.into()), Some(vec![0xff, 0xef]), "{text}");
        }
        assert_eq!(decode(&"a b".into()), None);
        assert_eq!(decode(&serde_json::json!({"a": 1})), None);
    }
}
