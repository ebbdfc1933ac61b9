//! The calendars of one person and their history.
//!
//! Every calendar counts its changes; the number of the last change of each name is all that sync tokens need (RFC 6578 section 3).
//! A removed name keeps its number, so that a client that has seen it hears of it.

use std::collections::BTreeMap;

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{error::DavError, free_busy::CaldavPerson, ical::Component, path::HrefStyle, rules, schedule::Scheduled};
use crate::text;

/// What the server does otherwise than a plain one. `/_sbx/caldav/switches` takes the same names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CaldavSwitches {
    /// Members in one answer to `sync-collection`; the rest is announced with 507. 0: no limit.
    pub sync_limit: usize,
    /// False: the report is answered with 405, and neither token nor report is announced.
    pub sync_collection: bool,
    /// RFC 6638: the server tells guests and organisers.
    pub auto_schedule: bool,
    /// PUT stores another text (`X-SBX-REWRITTEN`) and answers without an ETag.
    pub rewrite: bool,
    /// Each PUT to an existing member first meets one of these: somebody else was faster.
    pub edit_before_put: Vec<Edit>,
    /// MOVE is answered; else with 405.
    pub moves: bool,
    pub hrefs: HrefStyle,
    /// Every response of a report comes twice.
    pub duplicates: bool,
    /// Of `/.well-known/caldav`: a redirect (301, 302, 303, 307, 308), else there is none and this is its status.
    pub well_known: u16,
    /// `max-resource-size`, bytes.
    pub max_resource: usize,
}

impl Default for CaldavSwitches {
    fn default() -> Self {
        Self {
            sync_limit: 0,
            sync_collection: true,
            auto_schedule: false,
            rewrite: false,
            edit_before_put: Vec::new(),
            moves: true,
            hrefs: HrefStyle::default(),
            duplicates: false,
            well_known: 301,
            max_resource: 1_048_576,
        }
    }
}

/// Sets a property of an object's first entry (the master of a series).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// As `LOCATION`.
    pub property: String,
    /// As it stands in the text, escaped.
    pub value: String,
}

impl Edit {
    pub fn new(property: &str, value: &str) -> Self {
        Self { property: property.to_owned(), value: value.to_owned() }
    }
}

/// A calendar as it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCalendar {
    /// Segment of the path.
    pub name: String,
    pub display: String,
    /// `#rrggbb`.
    pub colour: String,
    pub writable: bool,
    /// `VEVENT`, `VTODO`.
    pub components: Vec<String>,
}

impl NewCalendar {
    /// Writable, for events.
    pub fn events(name: &str, display: &str, colour: &str) -> Self {
        Self {
            name: name.to_owned(),
            display: display.to_owned(),
            colour: colour.to_owned(),
            writable: true,
            components: vec!["VEVENT".to_owned()],
        }
    }
}

pub(crate) struct Member {
    /// With its quotes.
    pub etag: String,
    pub ics: String,
    pub uid: String,
    /// RFC 6638 section 3.2.10: stays where only a guest's answer came in.
    pub schedule_tag: String,
    pub modified: Timestamp,
    /// Number of the change that made it.
    born: u64,
}

struct Change {
    number: u64,
    born: u64,
}

pub(crate) struct Calendar {
    pub display: String,
    pub colour: String,
    pub writable: bool,
    pub components: Vec<String>,
    members: BTreeMap<String, Member>,
    /// The last change of every name that ever was.
    changes: BTreeMap<String, Change>,
    number: u64,
    /// Tokens of another epoch are void.
    epoch: u64,
}

impl Calendar {
    fn new(made: NewCalendar, epoch: u64) -> Self {
        Self {
            display: made.display,
            colour: made.colour,
            writable: made.writable,
            components: made.components,
            members: BTreeMap::new(),
            changes: BTreeMap::new(),
            number: 0,
            epoch,
        }
    }

    pub fn members(&self) -> impl Iterator<Item = (&String, &Member)> {
        self.members.iter()
    }

    pub fn get(&self, name: &str) -> Option<&Member> {
        self.members.get(name)
    }

    /// Name of the member with this UID.
    pub fn with_uid(&self, uid: &str) -> Option<&str> {
        self.members.iter().find(|(_, m)| m.uid == uid).map(|(name, _)| name.as_str())
    }

    pub fn ctag(&self) -> String {
        format!("{}-{}", self.epoch, self.number)
    }

    /// Stores text that has been checked. Returns the member.
    pub fn store(&mut self, name: &str, uid: &str, ics: String, keep_schedule_tag: bool, now: Timestamp) -> &Member {
        self.number += 1;
        let (number, epoch) = (self.number, self.epoch);
        let digest: String = text::s256(&ics).chars().take(12).collect();
        let etag = format!("\"{epoch}-{number}-{digest}\"");
        let before = self.members.remove(name);
        let born = before.as_ref().map_or(number, |m| m.born);
        let kept = before.filter(|_| keep_schedule_tag).map(|m| m.schedule_tag);
        let schedule_tag = kept.unwrap_or_else(|| format!("\"s{epoch}-{number}\""));
        self.changes.insert(name.to_owned(), Change { number, born });
        let member = Member { etag, ics, uid: uid.to_owned(), schedule_tag, modified: now, born };
        self.members.entry(name.to_owned()).or_insert(member)
    }

    pub fn remove(&mut self, name: &str) -> Option<Member> {
        let member = self.members.remove(name)?;
        self.number += 1;
        self.changes.insert(name.to_owned(), Change { number: self.number, born: member.born });
        Some(member)
    }

    /// Changes after a token (None: all members), oldest first, each name once: (name, its change's number).
    ///
    /// A first sync hears of no removals, and a later one only of members that the token can know (RFC 6578 section 3.5.2).
    pub fn changes_after(&self, number: Option<u64>) -> Vec<(&str, u64)> {
        let after = number.unwrap_or(0);
        let known = |name: &str, change: &Change| self.members.contains_key(name) || number.is_some_and(|after| change.born <= after);
        let mut list: Vec<(&str, u64)> = self
            .changes
            .iter()
            .filter(|(name, change)| change.number > after && known(name, change))
            .map(|(name, change)| (name.as_str(), change.number))
            .collect();
        list.sort_by_key(|(_, number)| *number);
        list
    }

    pub const fn number(&self) -> u64 {
        self.number
    }

    /// A URI, as RFC 6578 section 6.2 wants it; opaque to clients.
    pub fn token(&self, number: u64) -> String {
        format!("{TOKENS}{}/{number}", self.epoch)
    }

    /// None: not one of ours, or void.
    pub fn number_of(&self, token: &str) -> Option<u64> {
        let (epoch, number) = token.strip_prefix(TOKENS)?.split_once('/')?;
        let number: u64 = number.parse().ok()?;
        (epoch.parse() == Ok(self.epoch) && number <= self.number).then_some(number)
    }
}

const TOKENS: &str = "http://sandbox.example/ns/sync/";

/// The whole account.
pub(crate) struct CalWorld {
    /// E-mail of the person; also the user name.
    pub user: String,
    pub password: String,
    pub display: String,
    /// `mailto:` addresses under which the person is invited, lower case.
    pub addresses: Vec<String>,
    pub switches: CaldavSwitches,
    pub scheduled: Vec<Scheduled>,
    /// Others whose time may be asked for, by address in lower case.
    pub people: BTreeMap<String, CaldavPerson>,
    calendars: BTreeMap<String, Calendar>,
    /// The zone of all calendars, as a VCALENDAR (RFC 4791 section 5.2.2).
    pub zone: String,
    epoch: u64,
}

impl CalWorld {
    /// An account without calendars; `addresses` begins with the user's own.
    pub fn new(addresses: &[&str], password: &str, display: &str, zone: &str) -> Self {
        Self {
            user: addresses.first().map(|&a| a.to_owned()).unwrap_or_default(),
            password: password.to_owned(),
            display: display.to_owned(),
            addresses: addresses.iter().map(|a| a.to_ascii_lowercase()).collect(),
            switches: CaldavSwitches::default(),
            scheduled: Vec::new(),
            people: BTreeMap::new(),
            calendars: BTreeMap::new(),
            zone: zone.to_owned(),
            epoch: 0,
        }
    }

    /// Replaces one of the same name: a calendar that was deleted and made again has another history.
    pub fn add(&mut self, made: NewCalendar) {
        self.epoch += 1;
        self.calendars.insert(made.name.clone(), Calendar::new(made, self.epoch));
    }

    pub fn remove(&mut self, name: &str) -> bool {
        self.calendars.remove(name).is_some()
    }

    pub fn calendar(&self, name: &str) -> Option<&Calendar> {
        self.calendars.get(name)
    }

    pub fn calendar_mut(&mut self, name: &str) -> Option<&mut Calendar> {
        self.calendars.get_mut(name)
    }

    pub fn calendars(&self) -> impl Iterator<Item = (&String, &Calendar)> {
        self.calendars.iter()
    }

    /// From now on every token that was given out is invalid; the content stays.
    pub fn void_tokens(&mut self) {
        for calendar in self.calendars.values_mut() {
            self.epoch += 1;
            calendar.epoch = self.epoch;
        }
    }

    /// What somebody else put there, by the same rules as a PUT but for the read-only bit. Returns the ETag.
    pub fn put(&mut self, calendar: &str, name: &str, ics: &str, now: Timestamp) -> Result<String, DavError> {
        let checked = rules::check(ics.as_bytes())?;
        let calendar = self.calendars.get_mut(calendar).ok_or_else(DavError::not_found)?;
        if !calendar.components.contains(&checked.kind) {
            return Err(DavError::caldav("supported-calendar-component", format!("the calendar takes no {}", checked.kind)));
        }
        if calendar.with_uid(&checked.uid).is_some_and(|other| other != name) {
            return Err(DavError::caldav("no-uid-conflict", "another resource has this UID"));
        }
        Ok(calendar.store(name, &checked.uid, ics.to_owned(), false, now).etag.clone())
    }

    /// Somebody else changes a member. Returns the new ETag.
    pub fn edit(&mut self, calendar: &str, name: &str, now: Timestamp, change: impl FnOnce(&mut Component)) -> Result<String, DavError> {
        let calendar = self.calendars.get_mut(calendar).ok_or_else(DavError::not_found)?;
        let member = calendar.get(name).ok_or_else(DavError::not_found)?;
        let mut tree = rules::check(member.ics.as_bytes())?.tree;
        change(&mut tree);
        let checked = rules::check(tree.write().as_bytes())?;
        // A guest's answer leaves the schedule tag alone, so that the organiser's own change does not fail over it.
        let answers_only = super::schedule::same_but_answers(&rules::check(member.ics.as_bytes())?.tree, &checked.tree);
        Ok(calendar.store(name, &checked.uid, checked.tree.write(), answers_only, now).etag.clone())
    }

    /// Sets a property of the first entry.
    pub fn apply(&mut self, calendar: &str, name: &str, edit: &Edit, now: Timestamp) -> Result<String, DavError> {
        self.edit(calendar, name, now, |tree| {
            if let Some(entry) = tree.entries_mut().next() {
                entry.set(&edit.property.to_ascii_uppercase(), &edit.value);
            }
        })
    }
}
