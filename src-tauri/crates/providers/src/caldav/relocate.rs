//! MOVE of one member into another collection of the server (RFC 4918 section 9.9). The resource stays as it is, so no server that schedules
//! tells anybody of it.

use domain::{calendar::ItemWritten, error::ProviderError};
use reqwest::{
    Method, StatusCode,
    header::{HeaderName, HeaderValue, IF_MATCH},
};
use url::Url;

use super::{
    fetch::get,
    place::id_of,
    text::{is_strong, uid},
    wire::{ITEM_CAP, Wire},
    write::{delete, gone, header},
};

const DESTINATION: HeaderName = HeaderName::from_static("destination");
/// What is there is never written over.
const OVERWRITE: HeaderName = HeaderName::from_static("overwrite");

/// [`ProviderError::Unsupported`] where the server moves nothing: then it is made anew there.
pub async fn relocate(wire: &Wire, base: &Url, from: Url, to: Url, etag: &str) -> Result<ItemWritten, ProviderError> {
    let method = Method::from_bytes(b"MOVE").map_err(|_| gone(wire))?;
    let destination = HeaderValue::from_str(to.as_str()).map_err(|_| gone(wire))?;
    let mut call = Wire::item(method, from.clone()).header(DESTINATION, destination).header(OVERWRITE, HeaderValue::from_static("F"));
    if is_strong(etag) {
        call = call.header(IF_MATCH, header(wire, etag)?);
    }
    let (at, reply) = wire.send(call, ITEM_CAP).await?;
    match reply.status {
        status if status.is_success() => there(wire, base, &to).await?.ok_or_else(|| gone(wire)),
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            // An earlier attempt moved it.
            there(wire, base, &to).await?.ok_or_else(|| gone(wire))
        }
        StatusCode::PRECONDITION_FAILED => match (get(wire, from.clone()).await?, get(wire, to.clone()).await?) {
            (None, Some((etag, ics))) => Ok(ItemWritten { id: id_of(base, &to), etag, ics: Some(ics) }),
            (None, None) => Err(gone(wire)),
            // A copy that an earlier attempt made: what is left of the move is to delete the other.
            (Some((now, own)), Some((copied, ics))) if now == etag && uid(&own).is_some() && uid(&own) == uid(&ics) => {
                delete(wire, from, etag).await?;
                Ok(ItemWritten { id: id_of(base, &to), etag: copied, ics: Some(ics) })
            }
            (Some(_), _) => Err(ProviderError::Conflict(wire.what().to_owned())),
        },
        // RFC 4918 section 9.9.4: 403 and 502 are about the destination, 405 and 501 about the method.
        StatusCode::FORBIDDEN | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED | StatusCode::BAD_GATEWAY => {
            Err(ProviderError::Unsupported("This server moves no events.".to_owned()))
        }
        _ => Err(wire.refused(wire.what(), &at, &reply)),
    }
}

async fn there(wire: &Wire, base: &Url, at: &Url) -> Result<Option<ItemWritten>, ProviderError> {
    Ok(get(wire, at.clone()).await?.map(|(etag, ics)| ItemWritten { id: id_of(base, at), etag, ics: Some(ics) }))
}
