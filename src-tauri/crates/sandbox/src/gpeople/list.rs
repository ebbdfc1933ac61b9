//! Reading a list: whole, or what changed since a sync token.

use domain::{people::PeopleList, time::Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    PeopleError,
    world::{Entry, GpeopleWorld, List, shown},
};
use crate::text;

type Query = [(String, String)];

const SEVEN_DAYS_MS: i64 = 7 * 86_400_000;
/// Parameters that every Google API takes.
const COMMON: [&str; 5] = ["alt", "prettyPrint", "fields", "key", "quotaUser"];
const OF_CONTACTS: [&str; 31] = [
    "addresses",
    "ageRanges",
    "biographies",
    "birthdays",
    "calendarUrls",
    "clientData",
    "coverPhotos",
    "emailAddresses",
    "events",
    "externalIds",
    "fileAses",
    "genders",
    "imClients",
    "interests",
    "locales",
    "locations",
    "memberships",
    "metadata",
    "miscKeywords",
    "names",
    "nicknames",
    "occupations",
    "organizations",
    "phoneNumbers",
    "photos",
    "relations",
    "sipAddresses",
    "skills",
    "urls",
    "userDefined",
    "residences",
];
const OF_OTHERS: [&str; 5] = ["emailAddresses", "metadata", "names", "phoneNumbers", "photos"];

/// What a sync token stands for. Opaque to the client.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sync {
    generation: u32,
    serial: u64,
    /// When the whole list was read.
    whole: i64,
    question: String,
}

/// Where a page begins.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Place {
    generation: u32,
    skip: usize,
    /// What the sync token at the end will stand for.
    serial: u64,
    whole: i64,
    question: String,
}

fn seal<T: Serialize>(token: &T) -> String {
    text::b64url(serde_json::to_string(token).unwrap_or_default().as_bytes())
}

fn open<T: DeserializeOwned>(token: &str) -> Option<T> {
    serde_json::from_slice(&text::b64url_strict(token)?).ok()
}

fn param<'a>(query: &'a Query, name: &str) -> Option<&'a str> {
    query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Everything that has to be the same with a token as it was without.
fn question(list: PeopleList, query: &Query, but: &[&str]) -> String {
    let mut kept: Vec<String> = query.iter().filter(|(k, _)| !but.contains(&k.as_str())).map(|(k, v)| format!("{k}={v}")).collect();
    kept.sort();
    format!("{}?{}", list.name(), kept.join("&"))
}

fn flag(query: &Query, name: &str) -> Result<bool, PeopleError> {
    match param(query, name) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(PeopleError::bad(format!("Invalid value at '{name}' (TYPE_BOOL), \"{other}\""))),
    }
}

/// The fields that are asked for.
fn mask(list: PeopleList, query: &Query) -> Result<Vec<&str>, PeopleError> {
    let (name, known) = match list {
        PeopleList::Contacts => ("personFields", &OF_CONTACTS[..]),
        PeopleList::Others => ("readMask", &OF_OTHERS[..]),
    };
    let fields: Vec<&str> = param(query, name).unwrap_or_default().split(',').map(str::trim).filter(|f| !f.is_empty()).collect();
    if fields.is_empty() {
        return Err(PeopleError::bad(format!("{name} mask is required. Please specify one or more valid paths.")));
    }
    match fields.iter().find(|field| !known.contains(field)) {
        Some(field) => Err(PeopleError::bad(format!("Invalid {name} mask path: \"{field}\". Valid paths are documented."))),
        None => Ok(fields),
    }
}

fn size(query: &Query) -> Result<usize, PeopleError> {
    match param(query, "pageSize").map(str::parse::<usize>) {
        None | Some(Ok(0)) => Ok(100),
        Some(Ok(n @ 1..=1000)) => Ok(n),
        _ => Err(PeopleError::bad("Page size must be between 1 and 1000.")),
    }
}

fn known_parameters(list: PeopleList, query: &Query) -> Result<(), PeopleError> {
    let own = match list {
        PeopleList::Contacts => &["personFields", "sortOrder"][..],
        PeopleList::Others => &["readMask"][..],
    };
    let known = |name: &str| {
        own.contains(&name)
            || COMMON.contains(&name)
            || ["pageSize", "pageToken", "requestSyncToken", "syncToken", "sources"].contains(&name)
    };
    for (n, (name, _)) in query.iter().enumerate() {
        if !known(name) {
            let why = format!("Invalid JSON payload received. Unknown name \"{name}\": Cannot bind query parameter.");
            return Err(PeopleError::bad(why));
        }
        if name != "sources" && query.iter().take(n).any(|(other, _)| other == name) {
            return Err(PeopleError::bad(format!("Invalid value at '{name}': it is given twice.")));
        }
    }
    Ok(())
}

pub(super) fn page(world: &GpeopleWorld, email: &str, list: PeopleList, query: &Query, now: Timestamp) -> Result<Value, PeopleError> {
    known_parameters(list, query)?;
    let fields = mask(list, query)?;
    let most = size(query)?.min(world.switches.page.unwrap_or(usize::MAX));
    let wants_token = flag(query, "requestSyncToken")?;
    let empty = List::default();
    let people = world.list(email, list).unwrap_or(&empty);
    let since = match param(query, "syncToken") {
        None => None,
        Some(token) => Some(synced(world, list, query, token, now)?),
    };
    if since.is_some() && param(query, "sortOrder").is_some() {
        return Err(PeopleError::bad("Sort order can't be used with a sync token."));
    }
    let place = match param(query, "pageToken") {
        Some(token) => place(world, list, query, token)?,
        None => Place {
            generation: world.switches.page_generation,
            skip: 0,
            serial: people.serial,
            whole: since.as_ref().map_or(now.millis(), |s| s.whole),
            question: question(list, query, &["pageToken"]),
        },
    };
    let mut all: Vec<(&String, &Entry)> = people
        .entries
        .iter()
        .filter(|(_, e)| since.as_ref().map_or(!e.deleted, |s| e.serial > s.serial && (!e.deleted || e.made <= s.serial)))
        .collect();
    all.sort_by_key(|(_, e)| e.made);
    let items: Vec<Value> = all.iter().skip(place.skip).take(most).map(|(id, entry)| shown(id, entry, &fields, since.is_some())).collect();
    let (name, total) = match list {
        PeopleList::Contacts => ("connections", "totalItems"),
        PeopleList::Others => ("otherContacts", "totalSize"),
    };
    let mut out = serde_json::Map::new();
    if !items.is_empty() {
        out.insert(name.to_owned(), json!(items));
        out.insert(total.to_owned(), json!(people.entries.values().filter(|e| !e.deleted).count()));
    }
    if place.skip + most < all.len() {
        out.insert("nextPageToken".to_owned(), json!(seal(&Place { skip: place.skip + most, ..place })));
    } else if wants_token {
        let question = question(list, query, &["pageToken", "syncToken"]);
        let generation = world.switches.sync_generation;
        let sync = Sync { generation, serial: place.serial, whole: place.whole, question };
        out.insert("nextSyncToken".to_owned(), json!(seal(&sync)));
    }
    Ok(Value::Object(out))
}

fn synced(world: &GpeopleWorld, list: PeopleList, query: &Query, token: &str, now: Timestamp) -> Result<Sync, PeopleError> {
    let sync: Sync = open(token).ok_or_else(|| PeopleError::bad("Sync token is invalid."))?;
    if sync.question != question(list, query, &["pageToken", "syncToken"]) {
        return Err(PeopleError::bad("Request parameters must match the call that the sync token is from."));
    }
    if sync.generation != world.switches.sync_generation || now.millis() - sync.whole >= SEVEN_DAYS_MS {
        return Err(PeopleError::expired(world.switches.expired_status));
    }
    Ok(sync)
}

fn place(world: &GpeopleWorld, list: PeopleList, query: &Query, token: &str) -> Result<Place, PeopleError> {
    let place: Option<Place> = open(token);
    let valid = |p: &Place| p.generation == world.switches.page_generation && p.question == question(list, query, &["pageToken"]);
    place.filter(valid).ok_or_else(|| PeopleError::bad("Page token is invalid, or request parameters do not match its call."))
}
