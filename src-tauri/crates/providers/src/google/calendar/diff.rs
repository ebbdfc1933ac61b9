//! What of a resource changed, as the calls that Google has for it.
//!
//! A member that is otherwise is written at its own id, a member that is left out is deleted there: so Google tells the guests of that one
//! alone. When the series itself moves, its members have other ids afterwards, and what is there then is looked at again.

use std::collections::BTreeSet;

use calendar::Status;
use domain::error::ProviderError;
use serde_json::{Map, Value, json};

use super::{
    call,
    model::{Attendee, Event},
    resource::There,
    times,
    to_json::AsGoogle as _,
};
use crate::ical::{Doc, Entry, refused, times::utc_zone};

/// Nobody else sees these: nobody is told.
const PRIVATE: [&str; 2] = ["reminders", "colorId"];

pub type Fields = Map<String, Value>;

/// `sendUpdates` for a change of these fields.
pub fn told(fields: &Fields) -> &'static str {
    if fields.keys().all(|key| PRIVATE.contains(&key.as_str())) { "none" } else { "all" }
}

#[derive(Debug, PartialEq)]
pub enum Member {
    Patch { key: String, fields: Fields },
    Remove { key: String },
}

/// What the master becomes.
#[derive(Debug, Default)]
pub struct Master {
    /// Empty: it stays.
    pub fields: Fields,
    /// Its members are others now.
    pub moved: bool,
}

/// Fields that differ. What is gone is null; of a time everything is said, because Google merges objects.
fn differing(before: &Fields, after: &Fields) -> Fields {
    let mut out = Fields::new();
    for (name, value) in after.iter().filter(|(name, value)| before.get(*name) != Some(value)) {
        let value = if name == "start" || name == "end" { times::instead(value) } else { value.clone() };
        out.insert(name.clone(), value);
    }
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        out.insert(name.clone(), Value::Null);
    }
    out
}

/// Addresses to meet at that Google knows of this event.
fn known(event: Option<&Event>) -> Vec<String> {
    let Some(event) = event else { return Vec::new() };
    let points = event.conference_data.iter().flat_map(|c| &c.entry_points).map(|point| point.uri.clone());
    points.chain(event.hangout_link.clone()).collect()
}

fn compare(before: &Entry, after: &Entry, there: Option<&Event>, floating: Option<&str>) -> Result<Fields, ProviderError> {
    let known = known(there);
    let mut fields = differing(&before.fields(floating, &known)?, &after.fields(floating, &known)?);
    if call::dropped(before, after, there) {
        fields.insert("conferenceData".to_owned(), Value::Null);
    } else if let Some(request) = call::request(after, there) {
        fields.insert("conferenceData".to_owned(), request);
    }
    if let Some(wanted) = fields.get("attendees") {
        let (list, omitted) = there.map_or((&[][..], false), |event| (event.attendees.as_slice(), event.attendees_omitted));
        let whole = guests(wanted, list, omitted)?;
        fields.insert("attendees".to_owned(), whole);
        if omitted {
            fields.insert("attendeesOmitted".to_owned(), json!(true));
        }
    }
    Ok(fields)
}

/// Google replaces the list whole, so what it says of guests that we don't know goes back as it came.
fn guests(wanted: &Value, there: &[Attendee], omitted: bool) -> Result<Value, ProviderError> {
    let mut out = Vec::new();
    for guest in wanted.as_array().into_iter().flatten() {
        let email = guest.get("email").and_then(Value::as_str).unwrap_or_default();
        let known = there.iter().find(|known| known.email.eq_ignore_ascii_case(email));
        let mut whole = known.and_then(|known| serde_json::to_value(known).ok()).unwrap_or_else(|| json!({}));
        if let (Some(whole), Some(guest)) = (whole.as_object_mut(), guest.as_object()) {
            for name in ["optional", "resource"] {
                whole.remove(name);
            }
            whole.extend(guest.clone());
        }
        out.push((known.is_some_and(|known| known.is_self), whole));
    }
    if omitted {
        // Only a part of the list is known: one's own answer is all that can be said without losing the others.
        out.retain(|(own, _)| *own);
        if out.is_empty() {
            return Err(refused("This event has more guests than Google shows: change its guests at Google."));
        }
    }
    Ok(Value::Array(out.into_iter().map(|(_, guest)| guest).collect()))
}

pub fn master(before: &Doc, after: &Doc, there: &There, floating: Option<&str>) -> Result<Master, ProviderError> {
    let (Some(was), Some(is)) = (&before.master, &after.master) else {
        return match (&before.master, &after.master) {
            (None, Some(_)) => Err(refused("You are invited to single dates of this series, so the series itself can't be changed.")),
            _ => Ok(Master::default()),
        };
    };
    if is.event.status == Status::Cancelled {
        return Err(refused("Google keeps no event that is cancelled: delete it instead."));
    }
    let event = there.group.master.as_ref();
    let mut fields = compare(was, is, event, floating)?;
    let moved = fields.contains_key("start") || was.rules() != is.rules();
    let recurrence = if moved {
        // What is left out has moved along in the text.
        is.rules().into_iter().chain(is.exceptions()).collect::<Vec<_>>()
    } else {
        let back: BTreeSet<String> = was.left_out().difference(&is.left_out()).cloned().collect();
        event.map(|event| without(&event.recurrence, &back, is)).unwrap_or_default()
    };
    let now = event.map(|event| event.recurrence.as_slice()).unwrap_or_default();
    if recurrence != now && (moved || was.is_series()) {
        fields.insert("recurrence".to_owned(), if recurrence.is_empty() { Value::Null } else { json!(recurrence) });
    }
    if fields.contains_key("recurrence") && !fields.contains_key("start") {
        // A series needs a zone, which the event may have had none of.
        for (name, when) in [("start", &is.event.start), ("end", &is.end)] {
            fields.insert(name.to_owned(), times::instead(&times::json(when, floating, is.is_series())?));
        }
    }
    Ok(Master { fields, moved: moved && was.is_series() })
}

/// Google's lines without those EXDATEs that are back.
fn without(lines: &[String], back: &BTreeSet<String>, entry: &Entry) -> Vec<String> {
    let mut out = Vec::new();
    for line in lines {
        if back.is_empty() || !line.starts_with("EXDATE") {
            out.push(line.clone());
            continue;
        }
        let Some((head, values)) = line.split_once(':') else { continue };
        let kept: Vec<&str> =
            values.split(',').filter(|value| !key_of(head, value, entry).is_some_and(|key| back.contains(&key))).collect();
        if !kept.is_empty() {
            out.push(format!("{head}:{}", kept.join(",")));
        }
    }
    out
}

fn key_of(head: &str, value: &str, entry: &Entry) -> Option<String> {
    let mut component = entry.component.clone();
    component.remove("EXDATE");
    component.lines.push(calendar::lines::Line::new(head, value));
    let mut calendar = calendar::lines::Component::new("VCALENDAR");
    calendar.children.push(component);
    let read = calendar::read(calendar.print().as_bytes(), &utc_zone()).ok()?;
    read.series.first()?.1.master.as_ref()?.except.first().map(calendar::When::key)
}

fn wanted(entry: &Entry) -> Option<String> {
    calendar::call::wanted(&entry.component).map(|(id, _)| id)
}

/// What becomes of the members. `before` is what they were made from, `there` what Google has now; the master is as in `after` already.
pub fn members(before: &Doc, after: &Doc, there: &There, moved: bool, floating: Option<&str>) -> Result<Vec<Member>, ProviderError> {
    let mut out = Vec::new();
    let out_before = before.master.as_ref().map(Entry::left_out).unwrap_or_default();
    let out_after = after.master.as_ref().map(Entry::left_out).unwrap_or_default();
    let mut removed: BTreeSet<&String> = BTreeSet::new();
    // Where the series moved, its text already said what is left out.
    if !moved {
        removed.extend(out_after.difference(&out_before));
    }
    removed.extend(after.members.iter().filter(|(_, m)| m.event.status == Status::Cancelled).map(|(key, _)| key));
    removed.extend(before.members.keys().filter(|key| !after.members.contains_key(*key) && (moved || out_after.contains(*key))));
    let cancelled = |key: &str| of_key(there, key).is_some_and(Event::is_cancelled);
    out.extend(removed.iter().filter(|key| !cancelled(key)).map(|key| Member::Remove { key: (*key).clone() }));

    let back = out_before.difference(&out_after).filter(|key| cancelled(key));
    let keys: BTreeSet<&String> = after.members.keys().chain(before.members.keys()).chain(back).collect();
    for key in keys.into_iter().filter(|key| !removed.contains(key)) {
        let plain = after.master.as_ref().and_then(|master| master.member(key));
        let event = of_key(there, key);
        let was = if cancelled(key) { plain.as_ref() } else { before.members.get(key).or(plain.as_ref()) };
        let Some(is) = after.members.get(key).or(plain.as_ref()) else { continue };
        let like = event.filter(|event| !event.is_cancelled()).or(there.group.master.as_ref());
        let mut fields = match was {
            Some(was) => compare(was, is, like, floating)?,
            // The series has no such member that could be named: everything is said.
            None => is.fields(floating, &known(like))?,
        };
        // What was asked for the series is not asked for once more.
        if after.master.as_ref().is_some_and(|master| wanted(master).is_some() && wanted(master) == wanted(is)) {
            fields.remove("conferenceData");
        }
        if cancelled(key) {
            fields.insert("status".to_owned(), json!(if is.event.status == Status::Tentative { "tentative" } else { "confirmed" }));
        }
        if !fields.is_empty() {
            out.push(Member::Patch { key: key.clone(), fields });
        }
    }
    Ok(out)
}

/// Google's own event for a member, where there is one.
pub fn of_key<'a>(there: &'a There, key: &str) -> Option<&'a Event> {
    let zone = there.group.master.as_ref().and_then(|m| m.start.as_ref()?.time_zone.as_deref()).or(there.about.zone.as_deref());
    there.group.members.values().find(|member| {
        let start = member.original_start_time.as_ref().and_then(|time| times::when(time, zone));
        start.is_some_and(|start| start.key() == key)
    })
}
