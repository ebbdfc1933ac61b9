//! Raw messages: the blob of each mail, streamed. A few are asked for ahead, so that a slow line is not waited for after each.

use std::collections::HashMap;

use domain::{error::ProviderError, ids::RemoteId, source::MailSink, sync::RemoteMail};
use futures_util::{StreamExt as _, stream};
use serde_json::json;

use super::{
    answers::Calls,
    api::{Api, Open},
    error,
    model::{Email, Got},
    shared::IN_FLIGHT,
};
use crate::http::chunk;

const THESE_MAILS: &str = "these mails";
/// Ids of one question.
const MANY: usize = 200;
/// Larger than any mail; this also ends a reply that never ends.
const MIME_CAP: u64 = 220 * 1024 * 1024;

/// Streams the raw bytes of `ids` into `sink`. Messages that are gone are left out.
pub async fn fetch(api: &Api, ids: &[RemoteId], sink: &mut dyn MailSink) -> Result<(), ProviderError> {
    let most = api.session().await?.limits.max_objects_in_get.min(MANY);
    for some in ids.chunks(most) {
        let mut blobs = blobs(api, some).await?;
        let wanted: Vec<(&RemoteId, String)> = some.iter().filter_map(|id| Some((id, blobs.remove(id.as_str())?))).collect();
        let open = |(id, blob): (&RemoteId, String)| {
            let id = id.clone();
            async move { (id, api.download(&blob).await) }
        };
        let mut opened = stream::iter(wanted.into_iter().map(open)).buffered(IN_FLIGHT as usize);
        while let Some((id, open)) = opened.next().await {
            match open {
                Ok(open) => deliver(&id, open, sink).await?,
                Err(ProviderError::NotFound(_)) => {}
                // One mail that the server itself can't give must not stop all others for ever.
                Err(ProviderError::Refused(why)) => sink.unreadable(RemoteMail::new(id), b"", &why).await?,
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// Blobs of mails by their ids.
async fn blobs(api: &Api, ids: &[RemoteId]) -> Result<HashMap<String, String>, ProviderError> {
    let mut answers = api.ask(THESE_MAILS, &Calls::one("Email/get", json!({"ids": ids, "properties": ["id", "blobId"]}))).await?;
    let got: Got<Email> = answers.take(THESE_MAILS, 0, "Email/get")?;
    Ok(got.list.into_iter().filter_map(|mail| Some((mail.id, mail.blob_id?))).collect())
}

async fn deliver(id: &RemoteId, mut open: Open, sink: &mut dyn MailSink) -> Result<(), ProviderError> {
    sink.begin(RemoteMail::new(id.clone())).await?;
    let mut received = 0u64;
    while let Some(piece) = chunk(&open.host, &mut open.response).await? {
        received = received.saturating_add(piece.len() as u64);
        if received > MIME_CAP {
            return Err(error::protocol(&open.host, "a mail larger than any"));
        }
        sink.chunk(&piece).await?;
    }
    sink.end().await
}
