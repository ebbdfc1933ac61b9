//! The write itself. What a file is to be made under is on the disk before anything is sent, so that an attempt whose answer was lost is
//! found again and no second file is made.

use async_trait::async_trait;
use domain::{
    audit::{Actor, Outcome},
    connection::Connection,
    error::ProviderError,
    files::{FileContent, FilePut},
    outbox::OutboxItem,
};
use store::RawReader;

use crate::{Engine, core::audit, outbox::Done, read::on_pool, sync::round::sink_error};

/// The sealed bytes of an item. None only while a thread reads them.
struct Sealed(Option<RawReader>);

#[async_trait]
impl FileContent for Sealed {
    async fn read_at(&mut self, offset: u64, len: usize) -> Result<Vec<u8>, ProviderError> {
        let mut reader = self.0.take().ok_or_else(|| ProviderError::Sink("the file is being read already".to_owned()))?;
        let (reader, bytes) = on_pool(move || {
            let bytes = reader.read_at(offset, len);
            (reader, bytes)
        })
        .await
        .map_err(|e| ProviderError::Sink(e.message))?;
        self.0 = Some(reader);
        bytes.map_err(sink_error)
    }
}

impl Engine {
    pub(crate) async fn write_file(
        &self,
        connection: &Connection,
        item: &OutboxItem,
        (name, mime, size): (&str, &str, u64),
    ) -> Result<Done, ProviderError> {
        let source = self.require_files(connection)?;
        let reserved = match self.store().saved_file(item.id).await.map_err(sink_error)?.remote {
            Some(reserved) => reserved,
            None => {
                let reserved = source.reserve(name).await?;
                self.store().file_reserved(item.id, &reserved).await.map_err(sink_error)?;
                reserved
            }
        };
        // An item that the person sends back into the queue counts from the start again, but keeps its last error.
        let tried = item.attempts > 1 || item.last_error.is_some();
        let put = FilePut { reserved, name: name.to_owned(), mime: mime.to_owned(), size, tried };
        let reader = self.store().outbox_reader(item.id).await.map_err(sink_error)?;
        let file = source.put(&put, &mut Sealed(Some(reader))).await?;
        let detail = format!("bytes={size} attempts={}", item.attempts);
        let entry = audit(Actor::Engine, "file.saved", format!("outbox:{}", item.id), Outcome::Ok, detail);
        self.store().file_saved(item.id, &file, &entry, self.now()).await.map_err(sink_error)?;
        Ok(Done::default())
    }
}
