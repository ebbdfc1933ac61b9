//! A master and its members, put together to one resource.

use std::collections::BTreeMap;

use calendar::lines::{Component, Line};
use domain::{calendar::RemoteItem, error::ProviderError, ids::RemoteId};
use sha2::{Digest as _, Sha256};

use super::{
    api::CalendarApi,
    from_json::{Context, vevent},
    model::Event,
    pages::{self, About},
    times,
};
use crate::ical::{lines::document, times::exdate};

/// Somebody may be invited to single members of a series alone. Then there is no master to be named by, and the UID names them. No id of
/// Google's has a colon.
const BY_UID: &str = "uid:";
pub const WHAT: &str = "This event";

/// Everything of one series, or one event.
#[derive(Clone, Debug, Default)]
pub struct Group {
    pub master: Option<Event>,
    /// By id.
    pub members: BTreeMap<String, Event>,
}

/// By the id of the series. Of an event that is listed twice the last one counts.
pub fn gather(events: Vec<Event>) -> BTreeMap<String, Group> {
    let mut out: BTreeMap<String, Group> = BTreeMap::new();
    for event in events.into_iter().filter(|event| !event.id.is_empty()) {
        let group = out.entry(event.series().to_owned()).or_default();
        if event.recurring_event_id.is_some() {
            group.members.insert(event.id.clone(), event);
        } else {
            group.master = Some(event);
        }
    }
    out
}

impl Group {
    /// Members that take place in another way than the master says.
    pub fn live(&self) -> impl Iterator<Item = &Event> {
        self.members.values().filter(|member| !member.is_cancelled())
    }

    /// Changes with every part of it. The master's own tag is before the plus: [`master_etag`].
    pub fn etag(&self) -> String {
        let own = self.master.as_ref().map_or("", |master| master.etag.as_str());
        if self.members.is_empty() {
            return own.to_owned();
        }
        let mut hash = Sha256::new();
        for (id, member) in &self.members {
            hash.update(format!("{id}\n{}\n{}\n", member.etag, member.status));
        }
        let start = hash.finalize().first_chunk::<12>().map(|start| domain::hex(start)).unwrap_or_default();
        format!("{own}+{start}")
    }

    /// None: nothing of it takes place any more.
    pub fn item(&self, series: &str, about: &About, owner: &str) -> Option<RemoteItem> {
        let ics = self.ics(about, owner)?;
        let id = match &self.master {
            Some(_) => series.to_owned(),
            None => self.live().next().map(|member| format!("{BY_UID}{}", member.uid()))?,
        };
        Some(RemoteItem { id: RemoteId(id), etag: self.etag(), ics: Some(ics) })
    }

    pub fn ics(&self, about: &About, owner: &str) -> Option<String> {
        let zone = self.master.as_ref().and_then(|m| m.start.as_ref()?.time_zone.as_deref());
        let context = Context { about, owner, zone };
        let mut out = document("Google Calendar");
        if let Some(master) = &self.master {
            if master.is_cancelled() {
                return None;
            }
            let mut component = vevent(master, &context)?;
            component.lines.extend(self.left_out(master, zone.or(about.zone.as_deref())));
            out.children.push(component);
        }
        let mut members: Vec<(String, Component)> = Vec::new();
        for member in self.live() {
            let Some(component) = vevent(member, &context) else { continue };
            // In the order of the series, which ids are not where it was moved to another zone.
            members.push((component.value("RECURRENCE-ID").unwrap_or_default().to_owned(), component));
        }
        members.sort_by(|a, b| a.0.cmp(&b.0));
        out.children.extend(members.into_iter().map(|(_, component)| component));
        (!out.children.is_empty()).then(|| out.print())
    }

    /// Members that were taken out, as EXDATE of the master in the form of its start (RFC 5545 section 3.8.5.1).
    fn left_out(&self, master: &Event, zone: Option<&str>) -> Option<Line> {
        let start = times::when(master.start.as_ref()?, zone)?;
        let cancelled = self.members.values().filter(|member| member.is_cancelled());
        exdate(&start, cancelled.filter_map(|member| times::when(member.original_start_time.as_ref()?, zone)))
    }
}

/// The tag of the master alone; empty where there is no master.
pub fn master_etag(etag: &str) -> &str {
    // A tag ends with its quote (RFC 9110 section 8.8.3), and what is behind it is ours.
    match etag.rsplit_once('+') {
        Some((own, rest)) if rest.len() == 24 && rest.bytes().all(|b| b.is_ascii_hexdigit()) => own,
        _ => etag,
    }
}

/// A resource as it is now.
#[derive(Debug)]
pub struct There {
    /// The id of the series.
    pub series: String,
    pub group: Group,
    pub about: About,
}

impl There {
    pub fn item(&self, owner: &str) -> Option<RemoteItem> {
        self.group.item(&self.series, &self.about, owner)
    }
}

/// None: it is gone.
pub async fn read(api: &CalendarApi, calendar: &str, id: &str) -> Result<Option<There>, ProviderError> {
    if let Some(uid) = id.strip_prefix(BY_UID) {
        return orphans(api, calendar, uid).await;
    }
    let Some(master) = event(api, calendar, id).await? else { return Ok(None) };
    if master.is_cancelled() {
        return Ok(None);
    }
    let listing = pages::of_uid(api, calendar, &master.uid()).await?;
    let mut groups = gather(listing.events);
    let mut group = groups.remove(id).unwrap_or_default();
    // Read a moment later, so it is the newer one.
    let master = group.master.take().unwrap_or(master);
    if master.is_cancelled() {
        return Ok(None);
    }
    group.master = Some(master);
    Ok(Some(There { series: id.to_owned(), group, about: listing.about }))
}

/// Members of a series whose master is not for this person.
async fn orphans(api: &CalendarApi, calendar: &str, uid: &str) -> Result<Option<There>, ProviderError> {
    let listing = pages::of_uid(api, calendar, uid).await?;
    let found = gather(listing.events).into_iter().find(|(_, group)| group.live().next().is_some());
    Ok(found.map(|(series, group)| There { series, group, about: listing.about }))
}

/// One event by itself; None where there is none.
async fn event(api: &CalendarApi, calendar: &str, id: &str) -> Result<Option<Event>, ProviderError> {
    match api.get(WHAT, api.urls.events(calendar, [id])).await {
        Ok(event) => Ok(Some(event)),
        Err(ProviderError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The series that a member belongs to, where only the member was told of. The id is gone where nothing of it is left.
pub async fn around(api: &CalendarApi, calendar: &str, series: &str, group: &Group) -> Result<Option<There>, ProviderError> {
    if let Some(there) = read(api, calendar, series).await? {
        return Ok(Some(there));
    }
    // A cancelled member need not say more than its id.
    let known = group.members.values().find_map(|member| member.ical_uid.clone());
    let uid = match known {
        Some(uid) => Some(uid),
        None => match group.members.keys().next() {
            Some(member) => event(api, calendar, member).await?.and_then(|member| member.ical_uid),
            None => None,
        },
    };
    match uid {
        Some(uid) => {
            let there = orphans(api, calendar, &uid).await?;
            Ok(there)
        }
        None => Ok(None),
    }
}

/// What members without a master are called.
pub fn id_of_uid(uid: &str) -> RemoteId {
    RemoteId(format!("{BY_UID}{uid}"))
}
