//! A mail and its text in one compressed frame.
//!
//! The text that is indexed and shown was cut out of the mail itself, so behind the mail it costs a few bytes where a column
//! of its own cost a third of the mail. Less to store is also less to encrypt, which pays for the compression. Bodies in
//! sealed files are left as they are; so are rows from before this column existed.

use std::io::{Error, ErrorKind};

use crate::error::StoreError;

/// Speed rules: the higher levels gain one part in a hundred on single mails.
const LEVEL: i32 = 1;

/// Compresses many mails with one set of tables.
pub(crate) struct Packer {
    compressor: zstd::bulk::Compressor<'static>,
    both: Vec<u8>,
}

impl Packer {
    pub(crate) fn new() -> Result<Self, StoreError> {
        Ok(Self { compressor: zstd::bulk::Compressor::new(LEVEL).map_err(broken)?, both: Vec::new() })
    }

    /// None where the frame would not be smaller than the mail.
    pub(crate) fn pack(&mut self, raw: &[u8], text: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.both.clear();
        self.both.extend_from_slice(raw);
        self.both.extend_from_slice(text.as_bytes());
        let frame = self.compressor.compress(&self.both).map_err(broken)?;
        Ok((frame.len() < raw.len()).then_some(frame))
    }
}

/// What a row of `raw` holds: `data`, `len` and `packed` (length of the text behind the mail, NULL where nothing is packed).
pub(crate) struct Unpacked {
    pub(crate) raw: Vec<u8>,
    /// None: the text is in `mail_text`.
    pub(crate) text: Option<String>,
}

pub(crate) fn unpack(data: Vec<u8>, len: i64, packed: Option<i64>) -> Result<Unpacked, StoreError> {
    let Some(behind) = packed else { return Ok(Unpacked { raw: data, text: None }) };
    let (len, behind) = (usize::try_from(len).unwrap_or(0), usize::try_from(behind).unwrap_or(0));
    // Both lengths are our own and bounded by what goes into a row.
    let mut raw = zstd::bulk::decompress(&data, len + behind).map_err(broken)?;
    if raw.len() != len + behind {
        return Err(broken(Error::new(ErrorKind::InvalidData, "a stored mail has not the length that was noted")));
    }
    let text = String::from_utf8(raw.split_off(len)).map_err(|e| broken(Error::new(ErrorKind::InvalidData, e)))?;
    Ok(Unpacked { raw, text: Some(text) })
}

fn broken(e: Error) -> StoreError {
    StoreError::Corrupt(format!("a stored mail can't be unpacked: {e}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn mail_and_text_come_back() {
        let raw = b"Subject: x\r\n\r\nHello hello hello, gr\xc3\xbc\xc3\x9fe. ".repeat(40);
        let text = "Hello hello hello, grüße.";
        let frame = Packer::new().unwrap().pack(&raw, text).unwrap().unwrap();
        assert!(frame.len() < raw.len() / 4);
        let back = unpack(frame.clone(), raw.len() as i64, Some(text.len() as i64)).unwrap();
        assert_eq!((back.raw, back.text.as_deref()), (raw.clone(), Some(text)));
        let plain = unpack(raw.clone(), raw.len() as i64, None).unwrap();
        assert_eq!((plain.raw, plain.text), (raw, None));
        assert!(unpack(frame, 5, Some(5)).is_err());
        assert!(unpack(b"no frame".to_vec(), 100, Some(5)).is_err());
        assert!(Packer::new().unwrap().pack(b"short", "").unwrap().is_none());
    }
}
