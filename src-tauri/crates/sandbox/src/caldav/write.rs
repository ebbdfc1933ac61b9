//! GET, PUT and DELETE of one member (RFC 4791 section 5.3, RFC 9110 section 13).

use axum::http::{HeaderMap, header};

use super::{
    Call, Reply,
    error::DavError,
    ical::Component,
    path::Place,
    rules::{self, Checked},
    schedule,
    world::{CalWorld, Member},
};
use crate::feed::{etag_listed, http_date};

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

pub(super) fn get(world: &CalWorld, call: &Call<'_>, calendar: &str, name: &str) -> Result<Reply, DavError> {
    let member = world.calendar(calendar).and_then(|c| c.get(name)).ok_or_else(DavError::not_found)?;
    let fresh = header(call.headers, header::IF_NONE_MATCH.as_str()).is_some_and(|list| etag_listed(list, &member.etag));
    let mut reply = if fresh { Reply::empty(304) } else { Reply::text(200, "text/calendar; charset=utf-8", member.ics.clone()) };
    reply = reply.header("ETag", &member.etag).header("Last-Modified", &http_date(member.modified));
    Ok(with_schedule_tag(world, member, reply))
}

fn with_schedule_tag(world: &CalWorld, member: &Member, reply: Reply) -> Reply {
    // RFC 6638 section 3.2.10: of scheduling objects only.
    if world.switches.auto_schedule && member.ics.contains("\nORGANIZER") {
        reply.header("Schedule-Tag", &member.schedule_tag)
    } else {
        reply
    }
}

/// RFC 9110 section 13.1: `If-Match` compares strongly, so a weak tag never fits; `If-None-Match: *` means "only if new".
pub(super) fn preconditions(headers: &HeaderMap, member: Option<&Member>) -> Result<(), DavError> {
    let failed = |why: &str| Err(DavError::new(412, why));
    if let Some(list) = header(headers, header::IF_MATCH.as_str()) {
        let fits = match (list.trim(), member) {
            ("*", member) => member.is_some(),
            (list, Some(member)) => list.split(',').any(|tag| tag.trim() == member.etag),
            (_, None) => false,
        };
        if !fits {
            return failed("the resource is not what If-Match says");
        }
    }
    if let Some(list) = header(headers, header::IF_NONE_MATCH.as_str()) {
        let there = match (list.trim(), member) {
            ("*", member) => member.is_some(),
            (list, Some(member)) => etag_listed(list, &member.etag),
            (_, None) => false,
        };
        if there {
            return failed("the resource exists");
        }
    }
    // RFC 6638 section 8.3.
    if let Some(tag) = header(headers, "If-Schedule-Tag-Match")
        && member.is_none_or(|m| m.schedule_tag != tag.trim())
    {
        return failed("the resource is not what If-Schedule-Tag-Match says");
    }
    Ok(())
}

pub(super) fn is_calendar_text(headers: &HeaderMap) -> bool {
    let kind = header(headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let mut parts = kind.split(';').map(|p| p.trim().to_ascii_lowercase());
    parts.next().as_deref() == Some("text/calendar")
        && parts.all(|p| p.strip_prefix("charset=").is_none_or(|c| c.trim_matches('"') == "utf-8"))
}

pub(super) fn put(world: &mut CalWorld, call: &Call<'_>, calendar: &str, name: &str) -> Result<Reply, DavError> {
    let href = call.hrefs(world).of(&Place::Calendar(calendar.to_owned()));
    match world.calendar(calendar) {
        // RFC 4918 section 9.7.1: the collection must be there.
        None => return Err(DavError::new(409, "there is no such calendar")),
        Some(c) if !c.writable => {
            let privilege = if c.get(name).is_some() { "write-content" } else { "bind" };
            return Err(DavError::read_only(&href, privilege));
        }
        Some(_) => {}
    }
    if !is_calendar_text(call.headers) {
        return Err(DavError::caldav("supported-calendar-data", "the body is not text/calendar in UTF-8"));
    }
    race(world, call, calendar, name);
    let member = world.calendar(calendar).and_then(|c| c.get(name));
    preconditions(call.headers, member)?;
    if call.body.len() > world.switches.max_resource {
        return Err(DavError::caldav("max-resource-size", format!("at most {} bytes", world.switches.max_resource)));
    }
    let checked = rules::check(call.body)?;
    admit(world, call, calendar, name, &checked)?;
    let before = member.and_then(|m| super::ical::parse(m.ics.as_bytes()).ok());
    let created = member.is_none();
    let (ics, changed) = stored_as(world, before.as_ref(), &checked, call)?;
    let Some(target) = world.calendar_mut(calendar) else { return Err(DavError::not_found()) };
    let etag = target.store(name, &checked.uid, ics, false, call.now).etag.clone();
    let reply = Reply::empty(if created { 201 } else { 204 });
    // RFC 4791 section 5.3.4: no tag for what the client doesn't have.
    let reply = if changed { reply } else { reply.header("ETag", &etag) };
    let stored = world.calendar(calendar).and_then(|c| c.get(name));
    Ok(stored.map_or(reply.clone(), |member| with_schedule_tag(world, member, reply)))
}

/// Somebody else's change, where one waits for this write.
fn race(world: &mut CalWorld, call: &Call<'_>, calendar: &str, name: &str) {
    let there = world.calendar(calendar).is_some_and(|c| c.get(name).is_some());
    if there && !world.switches.edit_before_put.is_empty() {
        let edit = world.switches.edit_before_put.remove(0);
        if let Err(error) = world.apply(calendar, name, &edit, call.now) {
            tracing::warn!(error = error.text(), "the scripted edit made no valid object");
        }
    }
}

fn admit(world: &CalWorld, call: &Call<'_>, calendar: &str, name: &str, checked: &Checked) -> Result<(), DavError> {
    let Some(target) = world.calendar(calendar) else { return Err(DavError::not_found()) };
    if !target.components.contains(&checked.kind) {
        return Err(DavError::caldav("supported-calendar-component", format!("this calendar takes no {}", checked.kind)));
    }
    let member = |name: &str| call.hrefs(world).of(&Place::Member(calendar.to_owned(), name.to_owned()));
    if let Some(other) = target.with_uid(&checked.uid).filter(|other| *other != name) {
        return Err(DavError::uid_conflict(403, &member(other)));
    }
    // Another UID under the same name would be another event in its place.
    if target.get(name).is_some_and(|m| m.uid != checked.uid) {
        return Err(DavError::uid_conflict(403, &member(name)));
    }
    Ok(())
}

/// The text to keep, and whether it is another than was sent. Records what an auto-scheduling server sends.
fn stored_as(world: &mut CalWorld, before: Option<&Component>, checked: &Checked, call: &Call<'_>) -> Result<(String, bool), DavError> {
    let mut rewritten = None;
    if world.switches.auto_schedule {
        let outcome = schedule::on_put(before, &checked.tree, &checked.uid, &world.addresses, call.now)?;
        world.scheduled.extend(outcome.messages);
        rewritten = outcome.marked;
    }
    if world.switches.rewrite {
        let mut tree = rewritten.unwrap_or_else(|| checked.tree.clone());
        for entry in tree.entries_mut() {
            entry.set("X-SBX-REWRITTEN", "1");
        }
        rewritten = Some(tree);
    }
    Ok(match (rewritten, std::str::from_utf8(call.body)) {
        (Some(tree), _) => (tree.write(), true),
        (None, Ok(sent)) => (sent.to_owned(), false),
        // Folded in the middle of a code point: lawful, but no text until it is folded anew.
        (None, Err(_)) => (checked.tree.write(), true),
    })
}

pub(super) fn delete(world: &mut CalWorld, call: &Call<'_>, calendar: &str, name: &str) -> Result<Reply, DavError> {
    let href = call.hrefs(world).of(&Place::Calendar(calendar.to_owned()));
    let target = world.calendar(calendar).ok_or_else(DavError::not_found)?;
    let member = target.get(name).ok_or_else(DavError::not_found)?;
    if !target.writable {
        return Err(DavError::read_only(&href, "unbind"));
    }
    preconditions(call.headers, Some(member))?;
    if world.switches.auto_schedule
        && let Ok(tree) = super::ical::parse(member.ics.as_bytes())
    {
        let silent = header(call.headers, "Schedule-Reply").is_some_and(|v| v.trim().eq_ignore_ascii_case("f"));
        let messages = schedule::on_delete(&tree, &member.uid, silent, &world.addresses, call.now);
        world.scheduled.extend(messages);
    }
    if let Some(target) = world.calendar_mut(calendar) {
        target.remove(name);
    }
    Ok(Reply::empty(204))
}
