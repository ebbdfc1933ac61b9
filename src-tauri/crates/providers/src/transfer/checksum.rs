//! Checksums by which a file here and the same file at its provider are compared.

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    error::ProviderError,
    files::{FileContent, FileSink},
};
use sha2::{Digest as _, Sha256};

/// Read from what is sent in pieces of this many bytes.
const STEP: usize = 1024 * 1024;

pub(crate) enum Sum {
    /// Google's `sha256Checksum`, in hex.
    Sha256(Sha256),
    /// Microsoft's `quickXorHash`, in base64.
    QuickXor(QuickXor),
}

impl Sum {
    pub fn sha256() -> Self {
        Self::Sha256(Sha256::new())
    }
    pub fn quick_xor() -> Self {
        Self::QuickXor(QuickXor::default())
    }
    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(sum) => sum.update(bytes),
            Self::QuickXor(sum) => sum.update(bytes),
        }
    }
    /// As the provider writes it.
    pub fn text(self) -> String {
        match self {
            Self::Sha256(sum) => domain::hex(&sum.finalize()),
            Self::QuickXor(sum) => STANDARD.encode(sum.finish()),
        }
    }
}

/// Of a whole file that is to be sent.
pub(crate) async fn of(content: &mut dyn FileContent, size: u64, mut sum: Sum) -> Result<String, ProviderError> {
    let mut at = 0;
    while at < size {
        let bytes = content.read_at(at, STEP).await?;
        if bytes.is_empty() {
            return Err(ProviderError::Refused("The file is shorter than it was.".to_owned()));
        }
        sum.update(&bytes);
        at += bytes.len() as u64;
    }
    Ok(sum.text())
}

/// A sink that sums up what goes through it.
pub(crate) struct Summed<'a> {
    pub sink: &'a mut dyn FileSink,
    pub sum: Sum,
}

#[async_trait]
impl FileSink for Summed<'_> {
    async fn chunk(&mut self, bytes: &[u8]) -> Result<(), ProviderError> {
        self.sum.update(bytes);
        self.sink.chunk(bytes).await
    }
}

/// QuickXorHash (Microsoft, "Code snippets: QuickXorHash algorithm"): every byte is exclusive-ored into a circular vector of 160 bits, each
/// 11 bits further than the one before, and the length into its last 64 bits. It finds damage, not malice.
#[derive(Default)]
pub(crate) struct QuickXor {
    vector: [u8; 20],
    length: u64,
}

impl QuickXor {
    const BITS: u64 = 160;
    const SHIFT: u64 = 11;

    fn update(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            let bit = (self.length % Self::BITS) * Self::SHIFT % Self::BITS;
            let (cell, offset) = ((bit / 8) as usize, bit % 8);
            // 16 bits that begin in one byte of the vector and end in the next.
            let [low, high] = (u16::from(byte) << offset).to_le_bytes();
            for (cell, part) in [(cell, low), ((cell + 1) % self.vector.len(), high)] {
                if let Some(there) = self.vector.get_mut(cell) {
                    *there ^= part;
                }
            }
            self.length += 1;
        }
    }

    fn finish(mut self) -> [u8; 20] {
        for (there, part) in self.vector.iter_mut().skip(12).zip(self.length.to_le_bytes()) {
            *there ^= part;
        }
        self.vector
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quick_xor(bytes: &[u8]) -> String {
        let mut sum = Sum::quick_xor();
        sum.update(bytes);
        sum.text()
    }

    #[test]
    fn quick_xor_is_the_one_that_microsoft_documents() {
        assert_eq!(quick_xor(b""), "AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        assert_eq!(quick_xor(b"\x4a"), "SgAAAAAAAAAAAAAAAQAAAAAAAAA=");
        assert_eq!(quick_xor(b"\xb5\xb4"), "taAFAAAAAAAAAAAAAgAAAAAAAAA=");
        assert_eq!(quick_xor(b"\xd2\x96\x4f"), "0rDEEwAAAAAAAAAAAwAAAAAAAAA=");
        // Around the end of the vector: the 160th byte stands where the first does.
        let mut twice = vec![0_u8; 161];
        (twice[0], twice[160]) = (0xff, 0xff);
        assert_eq!(quick_xor(&twice), quick_xor(&[0; 161]));
    }

    #[test]
    fn pieces_make_the_sum_of_the_whole() {
        let bytes: Vec<u8> = (0..5000_u32).map(|n| (n * 7 % 251) as u8).collect();
        for mut sum in [Sum::sha256(), Sum::quick_xor()] {
            let whole = match &sum {
                Sum::Sha256(_) => domain::hex(&Sha256::digest(&bytes)),
                Sum::QuickXor(_) => quick_xor(&bytes),
            };
            for piece in bytes.chunks(37) {
                sum.update(piece);
            }
            assert_eq!(sum.text(), whole);
        }
    }
}
