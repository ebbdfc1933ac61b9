//! Bytes as hexadecimal digits (RFC 4648 section 8), in lower case.

use std::fmt::Write as _;

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_two_digits() {
        assert_eq!((hex(&[0, 0x0f, 0xa0, 0xff]).as_str(), hex(&[]).as_str()), ("000fa0ff", ""));
    }
}
