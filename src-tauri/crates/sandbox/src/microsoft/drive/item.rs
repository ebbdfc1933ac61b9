//! A file of the folder as Graph says it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::time::Timestamp;
use serde_json::{Map, Value, json};

use super::super::resource::stamp;

/// Properties that may be selected.
pub(super) const PROPERTIES: [&str; 9] =
    ["id", "name", "size", "eTag", "cTag", "lastModifiedDateTime", "createdDateTime", "webUrl", "file"];

#[derive(Clone, Debug)]
pub(super) struct Item {
    pub id: String,
    pub name: String,
    pub mime: String,
    pub bytes: Vec<u8>,
    pub modified: Timestamp,
    pub revision: u32,
    /// Not in the folder: not to be seen.
    pub outside: bool,
}

impl Item {
    pub fn json(&self, select: &[String]) -> Value {
        let at = stamp(self.modified);
        let all = json!({
            "id": self.id, "name": self.name, "size": self.bytes.len(), "eTag": format!("\"{},{}\"", self.id, self.revision),
            "cTag": format!("\"c:{},{}\"", self.id, self.revision), "lastModifiedDateTime": at, "createdDateTime": at,
            "webUrl": format!("https://onedrive.example/redir?resid={}", self.id),
            "file": {"mimeType": self.mime, "hashes": {"quickXorHash": quick_xor(&self.bytes)}},
        });
        let keep = |name: &str| select.is_empty() || name == "id" || select.iter().any(|s| s == name);
        let kept: Map<String, Value> =
            all.as_object().into_iter().flatten().filter(|(k, _)| keep(k)).map(|(k, v)| (k.clone(), v.clone())).collect();
        Value::Object(kept)
    }
}

/// Microsoft's checksum, written the slow way: bit by bit.
fn quick_xor(bytes: &[u8]) -> String {
    let mut bits = [false; 160];
    for (n, byte) in bytes.iter().enumerate() {
        for bit in 0..8 {
            if byte >> bit & 1 == 1
                && let Some(there) = bits.get_mut((n * 11 + bit) % 160)
            {
                *there = !*there;
            }
        }
    }
    let mut out = [0_u8; 20];
    for (n, bit) in bits.iter().enumerate() {
        if let Some(byte) = out.get_mut(n / 8) {
            *byte |= u8::from(*bit) << (n % 8);
        }
    }
    for (byte, length) in out.iter_mut().skip(12).zip((bytes.len() as u64).to_le_bytes()) {
        *byte ^= length;
    }
    STANDARD.encode(out)
}
