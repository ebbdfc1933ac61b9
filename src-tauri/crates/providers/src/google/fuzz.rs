//! The reading half of Gmail's API without a socket, for tests/fuzz.

use reqwest::{StatusCode, header::HeaderMap};
use url::Url;

use super::{
    api::{self, Message, MessageList, Profile},
    batch, error, labels, raw, sync,
};

/// What the bytes mean, written down: as a batch and as a large message in slices of `step` bytes, and as every document whole.
pub(crate) fn fuzz(bytes: &[u8], step: usize) -> String {
    let mut out = batch::fuzz(bytes, step);
    let mut extractor = raw::Extractor::default();
    let mut decoded = Vec::new();
    let fed = bytes.chunks(step.max(1)).try_for_each(|piece| extractor.feed(piece, &mut decoded));
    let ended = fed.and_then(|()| extractor.finish(&mut decoded));
    // Where it fails, how much was decoded before depends on the slices.
    match ended {
        Ok(()) => out.push_str(&format!("raw {decoded:?}\n")),
        Err(why) => out.push_str(&format!("raw: {why}\n")),
    }
    let Ok(url) = Url::parse("https://gmail.googleapis.com/") else { return out };
    if let Ok(message) = api::parse::<Message>(&url, bytes) {
        if let Some(text) = &message.raw {
            let whole: Result<Vec<Vec<u8>>, _> = raw::decode(text).collect();
            if let Ok(pieces) = whole {
                assert_eq!(pieces.iter().map(Vec::len).sum::<usize>() as u64, raw::decoded_len(text), "{text}");
            }
        }
        out.push_str(&format!("{:?}\n", labels::from_message(&message)));
    }
    out.push_str(&format!("{:?}\n", api::parse::<MessageList>(&url, bytes).is_ok()));
    out.push_str(&format!("{:?}\n", api::parse::<Profile>(&url, bytes).is_ok()));
    out.push_str(&format!("{} {}\n", labels::fuzz(bytes), sync::fuzz(bytes)));
    for status in [400, 403, 404, 429, 500] {
        let status = StatusCode::from_u16(status).unwrap_or_default();
        let refusal = error::from_reply("this message", status, &HeaderMap::new(), bytes, domain::time::Timestamp(0)).to_string();
        assert!(refusal.chars().count() < 1_000 && !refusal.contains(char::is_control), "{refusal:?}");
        out.push_str(&refusal);
    }
    out
}
