//! A master and its members, put together to one resource.

use calendar::{When, lines::Component, zone::NamedZone};
use chrono::NaiveDate;
use domain::{calendar::RemoteItem, error::ProviderError, ids::RemoteId};
use url::Url;

use super::{
    super::{
        api::{Api, parse},
        batch::{self, Part},
        endpoints::with_query,
    },
    from_json::{self, Context, vevent},
    model::{Event, SELECT},
    times, uid,
};
use crate::ical::{lines::document, times::exdate};

pub const WHAT: &str = "This event";
/// What of a master is told only where it is asked for by its id.
const MEMBERS: [(&str, &str); 2] = [("$select", "id,cancelledOccurrences"), ("$expand", "exceptionOccurrences")];

/// A resource as it is now.
#[derive(Clone, Debug, Default)]
pub struct There {
    /// Or an event that happens once.
    pub master: Event,
    /// Members that are otherwise.
    pub exceptions: Vec<Event>,
    /// Members that were taken out.
    pub cancelled: Vec<NaiveDate>,
}

impl There {
    pub fn etag(&self) -> &str {
        &self.master.etag
    }

    pub fn zone(&self) -> Option<NamedZone> {
        from_json::zone(&self.master)
    }

    /// Keys of members that are otherwise, each with its event.
    pub fn member(&self, key: &str) -> Option<&Event> {
        let zone = self.zone();
        let start = from_json::start(&self.master, None)?;
        self.exceptions.iter().find(|event| from_json::stands_for(event, &start, zone.as_ref()).is_some_and(|when| when.key() == key))
    }

    /// None: it has no start that can be read.
    pub fn item(&self, owner: &str) -> Option<RemoteItem> {
        let ics = Some(self.ics(owner)?);
        Some(RemoteItem { id: RemoteId::new(&self.master.id), etag: self.etag().to_owned(), ics })
    }

    pub fn ics(&self, owner: &str) -> Option<String> {
        let uid = uid::plain(self.master.ical_uid.as_deref().unwrap_or(&self.master.id));
        let start = from_json::start(&self.master, None)?;
        let mut out = document("Microsoft Graph");
        let mut master = vevent(&self.master, &Context { owner, series: None, uid: &uid })?;
        let at = |day: &NaiveDate| start.on_wall(day.and_time(start.wall().time()));
        master.lines.extend(exdate(&start, self.cancelled.iter().map(at)));
        out.children.push(master);
        let context = Context { owner, series: Some((&start, self.zone())), uid: &uid };
        let mut members: Vec<(String, Component)> = Vec::new();
        for event in &self.exceptions {
            let Some(component) = vevent(event, &context) else { continue };
            members.push((component.value("RECURRENCE-ID").unwrap_or_default().to_owned(), component));
        }
        members.sort_by(|a, b| a.0.cmp(&b.0));
        out.children.extend(members.into_iter().map(|(_, component)| component));
        Some(out.print())
    }

    /// What a series begins like.
    pub fn start(&self) -> Option<When> {
        from_json::start(&self.master, None)
    }
}

/// An event's address.
pub fn place(api: &Api, calendar: &str, id: &str) -> Url {
    api.urls.me(["calendars", calendar, "events", id])
}

/// None: it is gone.
pub async fn read(api: &Api, calendar: &str, id: &str) -> Result<Option<There>, ProviderError> {
    Ok(read_all(api, calendar, &[id]).await?.into_iter().next())
}

/// Those that there are, in the order in which they were asked for.
pub async fn read_all(api: &Api, calendar: &str, ids: &[&str]) -> Result<Vec<There>, ProviderError> {
    let all = ask(api, calendar, ids, &[("$select", SELECT)]).await?;
    let mut found: Vec<There> = all.into_iter().map(|master| There { master, ..There::default() }).collect();
    let series: Vec<String> = found.iter().filter(|there| there.master.is_master()).map(|there| there.master.id.clone()).collect();
    let series: Vec<&str> = series.iter().map(String::as_str).collect();
    for members in ask(api, calendar, &series, &MEMBERS).await? {
        if let Some(there) = found.iter_mut().find(|there| there.master.id == members.id) {
            there.cancelled = members.cancelled_occurrences.iter().filter_map(|id| times::day_of(id)).collect();
            there.exceptions = members.exception_occurrences;
        }
    }
    Ok(found)
}

/// What is gone is left out.
async fn ask(api: &Api, calendar: &str, ids: &[&str], options: &[(&str, &str)]) -> Result<Vec<Event>, ProviderError> {
    let part = |id: &&str| Part::get(api.urls.relative(&with_query(place(api, calendar, id), options)));
    let parts: Vec<Part> = ids.iter().map(part).collect();
    let mut out = Vec::with_capacity(ids.len());
    for answer in batch::settle(api, WHAT, &parts).await? {
        match answer {
            Ok(body) => out.push(parse(&api.urls.batch(), body.to_string().as_bytes())?),
            Err(ProviderError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(out)
}
