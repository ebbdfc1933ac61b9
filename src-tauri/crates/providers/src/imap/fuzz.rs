//! The reading half of a session without a socket, for tests/fuzz.

use bytes::{Bytes, BytesMut};

use super::{
    frame::{Frame, Framer},
    names,
    parse::{self, Part, Response},
};

/// Framing, responses and names, written down; ends at the first thing that is wrong, as a session does.
pub(crate) fn fuzz(bytes: &[u8], step: usize) -> String {
    let mut framer = Framer::default();
    let mut parts: Vec<Part> = Vec::new();
    let mut literal: Option<BytesMut> = None;
    let mut out = String::new();
    for slice in bytes.chunks(step.max(1)) {
        framer.buffer.extend_from_slice(slice);
        loop {
            match framer.next() {
                Ok(None) => break,
                Err(why) => return format!("{out}!{why}"),
                Ok(Some(Frame::Data { bytes, left })) => {
                    let mut kept = literal.take().unwrap_or_default();
                    kept.extend_from_slice(&bytes);
                    if left == 0 {
                        parts.push(Part::Literal(kept.freeze()));
                    } else {
                        literal = Some(kept);
                    }
                }
                Ok(Some(Frame::Text { text, literal })) => {
                    parts.push(Part::Text(text));
                    match literal {
                        Some(0) => parts.push(Part::Literal(Bytes::new())),
                        Some(_) => out.push_str(&format!("{:?}\n", parse::peek_fetch(&parts))),
                        None => match parse::parse(&std::mem::take(&mut parts)) {
                            Ok(response) => out.push_str(&describe(&response)),
                            Err(why) => return format!("{out}!{why}"),
                        },
                    }
                }
            }
        }
    }
    out
}

fn describe(response: &Response) -> String {
    if let Response::Status(name, _) = response {
        let id = names::to_id(name, false);
        // A name that a server gave must reach it again unchanged.
        if !names::is_ambiguous(&id) && names::decode(&String::from_utf8_lossy(name)).is_some() {
            assert_eq!(names::to_id(&names::to_wire(&id, false), false), id);
        }
    }
    format!("{response:?}\n")
}
