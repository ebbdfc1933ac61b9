//! A file in memory, on both sides.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use async_trait::async_trait;
use domain::{
    error::ProviderError,
    files::{FileContent, FileSink},
};

/// What is sent.
pub(crate) struct Memory(pub Vec<u8>);

#[async_trait]
impl FileContent for Memory {
    async fn read_at(&mut self, offset: u64, len: usize) -> Result<Vec<u8>, ProviderError> {
        let from = usize::try_from(offset).unwrap().min(self.0.len());
        Ok(self.0[from..(from + len).min(self.0.len())].to_vec())
    }
}

/// What arrived.
#[derive(Default)]
pub(crate) struct Kept(pub Vec<u8>);

#[async_trait]
impl FileSink for Kept {
    async fn chunk(&mut self, bytes: &[u8]) -> Result<(), ProviderError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// Not two bytes alike at the places where pieces meet.
pub(crate) fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n * 31 + n / 251) as u8).collect()
}
