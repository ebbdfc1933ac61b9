//! Waiting until the server says that something changed (RFC 8620 section 7.3): a stream of events, with a ping as a sign of life.

use std::time::Duration;

use bytes::Bytes;
use domain::error::ProviderError;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

use super::{
    answers::Calls,
    api::{Api, Open},
    error,
    model::{Email, Got},
};

const THE_MAIL: &str = "the mail";
/// What a change of which is waited for.
const TYPES: &str = "Email";
/// Seconds between signs of life; the server may make it more.
const PING_SECS: u64 = 60;
/// A line on which nothing came for so long is dead.
const SILENCE: Duration = Duration::from_secs(3 * PING_SECS);
/// No event is longer.
const LONGEST_LINE: usize = 64 * 1024;

#[derive(Deserialize)]
struct StateChange {
    changed: BTreeMap<String, BTreeMap<String, Value>>,
}

/// At most `max`.
pub async fn wait(api: &Api, max: Duration) -> Result<(), ProviderError> {
    let none = || ProviderError::Unsupported("This server does not tell of new mail by itself.".to_owned());
    let open = api.events(TYPES, PING_SECS, max + SILENCE).await?.ok_or_else(none)?;
    let account = api.session().await?.account.clone();
    // What changed between the last round and the beginning of the stream is told by nobody.
    if let Some(synced) = api.shared().synced() {
        let mut answers = api.ask(THE_MAIL, &Calls::one("Email/get", json!({"ids": [], "properties": ["id"]}))).await?;
        if answers.take::<Got<Email>>(THE_MAIL, 0, "Email/get")?.state != synced {
            return Ok(());
        }
    }
    // Nothing came: the engine looks for itself, as it does after every wait.
    tokio::time::timeout(max, listen(open, &account)).await.unwrap_or(Ok(()))
}

/// Until the mail of this account changes.
async fn listen(mut open: Open, account: &str) -> Result<(), ProviderError> {
    let lost = |reason: &str| ProviderError::Unreachable { host: open.host.clone(), reason: reason.to_owned() };
    let mut events = Events::default();
    loop {
        let piece = match tokio::time::timeout(SILENCE, open.response.chunk()).await {
            Ok(Ok(Some(piece))) => piece,
            // Servers close streams now and then; what changed meanwhile is seen by the round that follows.
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(e)) => return Err(crate::http::transport(&open.host, &e)),
            Err(_) => return Err(lost("no sign of life for three minutes")),
        };
        for data in events.take(&piece).map_err(|()| error::protocol(&open.host, "an event without measure"))? {
            let change: StateChange = crate::http::json::parse(&open.host, error::PROTOCOL, data.as_bytes())?;
            if change.changed.get(account).is_some_and(|types| types.contains_key(TYPES)) {
                return Ok(());
            }
        }
    }
}

/// Lines of a stream of events (HTML section 9.2.6), as far as it is needed: the data of each `state`.
#[derive(Default)]
struct Events {
    line: Vec<u8>,
    name: String,
    data: String,
    /// The last byte was a carriage return: a line feed after it ends no further line.
    after_return: bool,
}

impl Events {
    /// The data of the events that end in this piece. An error: one is longer than any.
    fn take(&mut self, piece: &Bytes) -> Result<Vec<String>, ()> {
        let mut whole = Vec::new();
        for byte in piece {
            let second_half = std::mem::take(&mut self.after_return) && *byte == b'\n';
            match byte {
                b'\n' if second_half => {}
                b'\n' | b'\r' => {
                    self.after_return = *byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    whole.extend(self.end_of_line(&String::from_utf8_lossy(&line)));
                }
                byte => self.line.push(*byte),
            }
            if self.line.len() + self.data.len() > LONGEST_LINE {
                return Err(());
            }
        }
        Ok(whole)
    }

    fn end_of_line(&mut self, line: &str) -> Option<String> {
        if line.is_empty() {
            let (name, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
            return (name == "state" && !data.is_empty()).then_some(data);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            // Comments, ids and what is not known.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_however_they_are_cut() {
        let text = ": hello\r\n\r\nevent: ping\ndata: {}\n\nevent:state\rid: 1\rdata: {\"a\":\rdata: 1}\r\revent: state\n\nevent: state\ndata: x\n\n";
        for size in [1, 2, 3, 7, text.len()] {
            let mut events = Events::default();
            let pieces = text.as_bytes().chunks(size).map(Bytes::copy_from_slice);
            let all: Vec<String> = pieces.flat_map(|piece| events.take(&piece).unwrap()).collect();
            assert_eq!(all, ["{\"a\":\n1}", "x"], "pieces of {size}");
        }
        let mut endless = Events::default();
        assert!(endless.take(&Bytes::from(vec![b'x'; LONGEST_LINE + 1])).is_err());
    }
}
