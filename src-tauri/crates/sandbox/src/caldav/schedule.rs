//! What an auto-scheduling server does with a PUT or DELETE (RFC 6638 section 3.2): it tells the guests of an organiser's change and the
//! organiser of a guest's answer. Nothing leaves this machine: the messages are kept for tests to read.
//!
//! The server marks what it sent in the stored object (SCHEDULE-STATUS), so such a PUT answers without an ETag: a client that also
//! sends mail, or that trusts its own copy, is found out here.

use std::collections::BTreeSet;

use domain::time::Timestamp;
use serde::Serialize;

use super::{
    error::DavError,
    ical::{Component, Property},
};

/// iTIP method of a message (RFC 5546).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ScheduleMethod {
    /// An invitation or its change.
    Request,
    Reply,
    Cancel,
}

/// One message that the server sent in the person's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scheduled {
    pub method: ScheduleMethod,
    pub uid: String,
    /// Addresses in lower case.
    pub to: Vec<String>,
    /// Of one instance: RECURRENCE-ID as written.
    pub recurrence_id: Option<String>,
    /// Of an answer.
    pub partstat: Option<String>,
    pub summary: String,
    pub at: Timestamp,
}

/// What a write means for others.
pub(super) struct Outcome {
    pub messages: Vec<Scheduled>,
    /// The object with its marks, where messages were sent.
    pub marked: Option<Component>,
}

/// RFC 6638 section 7.1: whoever says CLIENT or NONE tells them himself, or not at all.
fn by_server(person: &Property) -> bool {
    person.param("SCHEDULE-AGENT").is_none_or(|agent| agent.eq_ignore_ascii_case("SERVER"))
}

fn master(tree: &Component) -> Option<&Component> {
    tree.entries().find(|c| c.get("RECURRENCE-ID").is_none()).or_else(|| tree.entries().next())
}

fn organizer(tree: &Component) -> Option<&Property> {
    tree.entries().find_map(|c| c.get("ORGANIZER"))
}

fn guests(tree: &Component, me: &[String]) -> BTreeSet<String> {
    let all = tree.entries().flat_map(|c| c.all("ATTENDEE")).filter(|a| by_server(a)).filter_map(Property::mailto);
    all.filter(|address| !me.contains(address)).collect()
}

struct Writer<'a> {
    me: &'a [String],
    now: Timestamp,
    uid: String,
    messages: Vec<Scheduled>,
}

impl Writer<'_> {
    fn send(&mut self, method: ScheduleMethod, to: impl IntoIterator<Item = String>, about: &Component, partstat: Option<&str>) {
        let to: Vec<String> = to.into_iter().collect();
        if to.is_empty() {
            return;
        }
        self.messages.push(Scheduled {
            method,
            uid: self.uid.clone(),
            to,
            recurrence_id: about.value("RECURRENCE-ID").map(str::to_owned),
            partstat: partstat.map(str::to_owned),
            summary: about.value("SUMMARY").unwrap_or_default().to_owned(),
            at: self.now,
        });
    }
}

/// `before`: what is stored. `me`: the person's addresses.
pub(super) fn on_put(before: Option<&Component>, after: &Component, uid: &str, me: &[String], now: Timestamp) -> Result<Outcome, DavError> {
    let mut organizers = after.entries().map(|c| c.get("ORGANIZER").and_then(Property::mailto));
    let first = organizers.next().flatten();
    if organizers.any(|other| other != first) {
        return Err(DavError::caldav("same-organizer-in-all-components", "the components name different organisers"));
    }
    let mut writer = Writer { me, now, uid: uid.to_owned(), messages: Vec::new() };
    let Some(organizer) = organizer(after) else {
        return Ok(Outcome { messages: Vec::new(), marked: None });
    };
    let mine = organizer.mailto().is_some_and(|address| me.contains(&address));
    if mine {
        organise(&mut writer, before, after);
    } else {
        if let Some(before) = before {
            allowed(before, after)?;
        }
        answer(&mut writer, before, after, organizer);
    }
    let marked = (!writer.messages.is_empty()).then(|| mark(after, &writer, mine));
    Ok(Outcome { messages: writer.messages, marked })
}

fn organise(writer: &mut Writer<'_>, before: Option<&Component>, after: &Component) {
    let now = guests(after, writer.me);
    let then = before.map(|b| guests(b, writer.me)).unwrap_or_default();
    let Some(about) = master(after) else { return };
    if let Some(before) = before.and_then(master) {
        writer.send(ScheduleMethod::Cancel, then.difference(&now).cloned(), before, None);
    }
    if about.value("STATUS") == Some("CANCELLED") && about.get("RECURRENCE-ID").is_none() {
        writer.send(ScheduleMethod::Cancel, now, about, None);
        return;
    }
    // Instances that are called off are told as such; the rest is one message.
    let newly_off: Vec<&Component> = after
        .entries()
        .filter(|c| c.get("RECURRENCE-ID").is_some() && c.value("STATUS") == Some("CANCELLED"))
        .filter(|c| before.is_none_or(|b| same_instance(b, c).is_none_or(|old| old.value("STATUS") != Some("CANCELLED"))))
        .collect();
    for instance in newly_off {
        writer.send(ScheduleMethod::Cancel, now.iter().cloned(), instance, None);
    }
    let changed = before.is_none_or(|b| essence(b, false, true) != essence(after, false, true));
    if changed {
        writer.send(ScheduleMethod::Request, now, about, None);
    }
}

fn same_instance<'a>(tree: &'a Component, entry: &Component) -> Option<&'a Component> {
    tree.entries().find(|c| c.value("RECURRENCE-ID") == entry.value("RECURRENCE-ID"))
}

fn my_answer<'a>(entry: &'a Component, me: &[String]) -> Option<&'a str> {
    let attendee = entry.all("ATTENDEE").find(|a| a.mailto().is_some_and(|address| me.contains(&address)))?;
    Some(attendee.param("PARTSTAT").unwrap_or("NEEDS-ACTION"))
}

fn answer(writer: &mut Writer<'_>, before: Option<&Component>, after: &Component, organizer: &Property) {
    if !by_server(organizer) {
        return;
    }
    let Some(to) = organizer.mailto() else { return };
    for entry in after.entries() {
        let Some(now) = my_answer(entry, writer.me) else { continue };
        let old = before.and_then(|b| same_instance(b, entry).or_else(|| master(b)));
        let then = old.and_then(|c| my_answer(c, writer.me)).unwrap_or("NEEDS-ACTION");
        if now != then {
            writer.send(ScheduleMethod::Reply, [to.clone()], entry, Some(now));
        }
    }
}

/// RFC 6638 section 3.2.2.1: a guest may answer, hide, colour and be reminded, but not move somebody else's meeting.
fn allowed(before: &Component, after: &Component) -> Result<(), DavError> {
    const THEIRS: [&str; 10] =
        ["DTSTART", "DTEND", "DURATION", "RRULE", "SUMMARY", "LOCATION", "DESCRIPTION", "STATUS", "SEQUENCE", "ORGANIZER"];
    let told = |entry: &Component, name: &str| entry.get(name).map(|p| (p.param("TZID").map(str::to_owned), p.value.clone()));
    for entry in after.entries() {
        let Some(old) = same_instance(before, entry) else { continue };
        if let Some(name) = THEIRS.into_iter().find(|name| told(old, name) != told(entry, name)) {
            return Err(DavError::caldav("allowed-attendee-scheduling-object-change", format!("{name} is the organiser's")));
        }
    }
    Ok(())
}

fn mark(after: &Component, writer: &Writer<'_>, mine: bool) -> Component {
    let mut marked = after.clone();
    for entry in marked.entries_mut() {
        for property in &mut entry.properties {
            let told = match property.name.as_str() {
                "ATTENDEE" => mine && by_server(property) && property.mailto().is_some_and(|a| !writer.me.contains(&a)),
                "ORGANIZER" => !mine,
                _ => false,
            };
            if told {
                // RFC 6638 section 3.2.9: 1.1, sent, nothing known of its arrival.
                property.set_param("SCHEDULE-STATUS", "1.1");
            }
        }
    }
    marked
}

/// `silent`: `Schedule-Reply: F` (RFC 6638 section 8.1).
pub(super) fn on_delete(before: &Component, uid: &str, silent: bool, me: &[String], now: Timestamp) -> Vec<Scheduled> {
    let mut writer = Writer { me, now, uid: uid.to_owned(), messages: Vec::new() };
    let (Some(organizer), Some(about)) = (organizer(before), master(before)) else { return Vec::new() };
    if organizer.mailto().is_some_and(|address| me.contains(&address)) {
        writer.send(ScheduleMethod::Cancel, guests(before, me), about, None);
    } else if !silent && by_server(organizer) && my_answer(about, me).is_some_and(|answer| answer != "DECLINED") {
        writer.send(ScheduleMethod::Reply, organizer.mailto(), about, Some("DECLINED"));
    }
    writer.messages
}

/// Whether two objects differ in nothing but what guests answered.
pub(super) fn same_but_answers(before: &Component, after: &Component) -> bool {
    essence(before, true, false) == essence(after, true, false)
}

/// The object without what tells nobody anything: stamps, marks, alarms, private properties; with `answers` also without the
/// guests' answers, with `cancelled` without instances that were called off.
fn essence(tree: &Component, answers: bool, cancelled: bool) -> Vec<String> {
    let entries = tree.entries().filter(|c| !(cancelled && c.get("RECURRENCE-ID").is_some() && c.value("STATUS") == Some("CANCELLED")));
    let mut out: Vec<String> = entries
        .map(|entry| {
            let mut bare = Component { name: entry.name.clone(), ..Component::default() };
            bare.properties = entry
                .properties
                .iter()
                .filter(|p| !matches!(p.name.as_str(), "DTSTAMP" | "LAST-MODIFIED" | "CREATED" | "SEQUENCE") && !p.name.starts_with("X-"))
                .cloned()
                .map(|mut p| {
                    p.params.retain(|(name, _)| name != "SCHEDULE-STATUS" && !(answers && matches!(name.as_str(), "PARTSTAT" | "RSVP")));
                    p
                })
                .collect();
            bare.properties.sort_by(|a, b| (&a.name, &a.value).cmp(&(&b.name, &b.value)));
            bare.write()
        })
        .collect();
    out.sort();
    out
}
