//! An event into another calendar of the same account (`events.move`, PROVIDERS 1.6). It keeps its id, its members and its guests, and nobody
//! is told.

use domain::{
    calendar::{ItemWritten, Moving},
    error::ProviderError,
    ids::RemoteId,
};

use super::{
    api::CalendarApi,
    resource::{WHAT, read},
    write::{answer, gone, written},
};
use crate::ical::{self, refused};

/// `eventType` as [`super::from_json`] keeps it.
const TYPE: &str = "X-GOOGLE-EVENT-TYPE";

/// Google moves events of the usual kind, and whole ones. Whether the person organises it is the engine's to know.
pub fn moving(ics: &str) -> Result<Moving, ProviderError> {
    let doc = ical::doc::read(ics, None, "Google")?;
    let Some(master) = doc.master else {
        return Err(refused("You are invited to single dates of this series, so it stays in the calendar that it is in."));
    };
    match master.component.value(TYPE).map(str::trim) {
        None | Some("" | "default") => Ok(Moving::Whole),
        Some(_) => Err(refused("Google keeps events of this kind (birthdays, focus time, out of office, working places) in one calendar.")),
    }
}

pub async fn relocate(api: &CalendarApi, from: &str, to: &str, id: &RemoteId, etag: &str) -> Result<ItemWritten, ProviderError> {
    let Some(there) = read(api, from, id.as_str()).await? else {
        // An earlier attempt moved it.
        let there = read(api, to, id.as_str()).await?.ok_or_else(gone)?;
        return written(api, id, &there);
    };
    if there.group.etag() != etag {
        return Err(ProviderError::Conflict(WHAT.to_owned()));
    }
    let mut url = api.urls.events(from, [there.series.as_str(), "move"]);
    url.query_pairs_mut().extend_pairs([("destination", to), ("sendUpdates", "none")]);
    api.post(WHAT, url).await?;
    answer(api, to, id).await
}
