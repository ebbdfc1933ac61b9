//! The three reports that a client syncs with: sync-collection (RFC 6578 section 3), calendar-multiget and calendar-query (RFC 4791
//! sections 7.8 and 7.9).

use super::{
    Call, Reply,
    error::DavError,
    path::Place,
    props::{self, Name},
    query::Filter,
    world::{CalWorld, Calendar},
    xml::{self, CALDAV, DAV, Element, tag},
};

pub(super) fn report(world: &CalWorld, call: &Call<'_>, place: &Place) -> Result<Reply, DavError> {
    let root = xml::parse(call.body).map_err(DavError::bad)?;
    let Place::Calendar(name) = place else {
        return Err(if props::exists(world, place) {
            DavError::dav("supported-report", "reports are for calendars")
        } else {
            DavError::not_found()
        });
    };
    let calendar = world.calendar(name).ok_or_else(DavError::not_found)?;
    let (responses, rest) = match (root.ns.as_str(), root.name.as_str()) {
        (DAV, "sync-collection") if !world.switches.sync_collection => {
            return Err(DavError::new(405, "this server has no sync-collection"));
        }
        (DAV, "sync-collection") => sync(world, calendar, name, call, &root)?,
        (CALDAV, "calendar-multiget") => (multiget(world, calendar, name, call, &root)?, String::new()),
        (CALDAV, "calendar-query") => (query(world, calendar, name, call, &root)?, String::new()),
        _ => return Err(DavError::dav("supported-report", format!("{} is no report of this server", root.name))),
    };
    let times = if world.switches.duplicates { 2 } else { 1 };
    let all: String = responses.iter().flat_map(|r| std::iter::repeat_n(r.as_str(), times)).collect();
    Ok(Reply::multistatus(&format!("{all}{rest}")))
}

/// A response without properties.
fn bare(href: &str, status: &str, error: &str) -> String {
    let status = tag(DAV, "status", &format!("HTTP/1.1 {status}"));
    tag(DAV, "response", &format!("{}{status}{error}", tag(DAV, "href", &xml::escape(href))))
}

fn sync(world: &CalWorld, calendar: &Calendar, name: &str, call: &Call<'_>, root: &Element) -> Result<(Vec<String>, String), DavError> {
    // RFC 6578 section 3.2: absent is 0, anything else is refused.
    if call.depth.is_some_and(|depth| depth != "0") {
        return Err(DavError::bad("sync-collection is asked with Depth 0"));
    }
    let token = root.child(DAV, "sync-token").ok_or_else(|| DavError::bad("sync-token is missing"))?.text.trim();
    match root.child(DAV, "sync-level").map(|l| l.text.trim()) {
        Some("1") => {}
        Some("infinite") => return Err(DavError::dav("sync-traversal-supported", "only level 1 is supported")),
        _ => return Err(DavError::bad("sync-level is missing or unknown")),
    }
    let prop = root.child(DAV, "prop").ok_or_else(|| DavError::bad("prop is missing"))?;
    let after = match token {
        "" => None,
        token => Some(calendar.number_of(token).ok_or_else(|| DavError::dav("valid-sync-token", "begin anew with an empty token"))?),
    };
    let asked = match root.child(DAV, "limit") {
        None => None,
        Some(limit) => Some(
            limit
                .child(DAV, "nresults")
                .and_then(|n| n.text.trim().parse::<usize>().ok())
                .filter(|n| *n > 0)
                .ok_or_else(|| DavError::bad("limit needs nresults"))?,
        ),
    };
    let limit = asked.into_iter().chain((world.switches.sync_limit > 0).then_some(world.switches.sync_limit)).min();
    let hrefs = call.hrefs(world);
    let names = props::names(prop);
    let mut changes = calendar.changes_after(after);
    let cut = limit.is_some_and(|limit| changes.len() > limit);
    changes.truncate(limit.unwrap_or(usize::MAX));
    let number = if cut { changes.last().map_or(calendar.number(), |(_, number)| *number) } else { calendar.number() };
    let mut responses: Vec<String> = changes
        .iter()
        .map(|(member, _)| {
            let place = Place::Member(name.to_owned(), (*member).to_owned());
            if calendar.get(member).is_some() {
                props::named(world, &place, &names, &[], &hrefs)
            } else {
                bare(&hrefs.of(&place), "404 Not Found", "")
            }
        })
        .collect();
    if cut {
        let error = tag(DAV, "error", &tag(DAV, "number-of-matches-within-limits", ""));
        responses.push(bare(&hrefs.of(&Place::Calendar(name.to_owned())), "507 Insufficient Storage", &error));
    }
    Ok((responses, tag(DAV, "sync-token", &calendar.token(number))))
}

/// The names asked for, once what is said of calendar-data has been looked at.
fn wanted(root: &Element) -> Result<Vec<Name>, DavError> {
    let Some(prop) = root.child(DAV, "prop") else { return Ok(Vec::new()) };
    if let Some(data) = prop.child(CALDAV, "calendar-data") {
        if data.attribute("content-type").is_some_and(|kind| kind != "text/calendar")
            || data.attribute("version").is_some_and(|version| version != "2.0")
        {
            return Err(DavError::caldav("supported-calendar-data", "only text/calendar 2.0 is kept here"));
        }
        if !data.children.is_empty() {
            // Honest rather than wrong: nothing here asks for parts, and a half-right answer would teach the wrong thing.
            return Err(DavError::new(501, "the sandbox gives whole objects only: no expand, limit or comp"));
        }
    }
    Ok(props::names(prop))
}

fn with_data(world: &CalWorld, place: &Place, calendar: &Calendar, member: &str, names: &[Name], hrefs: &super::path::Hrefs<'_>) -> String {
    let data = calendar.get(member).map(|m| xml::escape(&m.ics)).unwrap_or_default();
    props::named(world, place, names, &[((CALDAV.to_owned(), "calendar-data".to_owned()), data)], hrefs)
}

fn multiget(world: &CalWorld, calendar: &Calendar, name: &str, call: &Call<'_>, root: &Element) -> Result<Vec<String>, DavError> {
    let names = wanted(root)?;
    let hrefs = call.hrefs(world);
    let asked: Vec<&Element> = root.children.iter().filter(|c| c.is(DAV, "href")).collect();
    if asked.is_empty() {
        return Err(DavError::bad("calendar-multiget names no href"));
    }
    Ok(asked
        .into_iter()
        .map(|href| {
            let place = hrefs.path_of(&href.text).map(|path| Place::of(&path, &world.user));
            match place {
                Some(Place::Member(of, member)) if of == name && calendar.get(&member).is_some() => {
                    let place = Place::Member(of, member.clone());
                    with_data(world, &place, calendar, &member, &names, &hrefs)
                }
                // Said back as it was asked.
                _ => bare(href.text.trim(), "404 Not Found", ""),
            }
        })
        .collect())
}

fn query(world: &CalWorld, calendar: &Calendar, name: &str, call: &Call<'_>, root: &Element) -> Result<Vec<String>, DavError> {
    let names = wanted(root)?;
    let filter = root.child(CALDAV, "filter").ok_or_else(|| DavError::caldav("valid-filter", "filter is missing"))?;
    let filter = Filter::parse(filter)?;
    let below = match call.depth {
        // RFC 3253 section 3.6: absent is 0, and a calendar itself is no object.
        None | Some("0") => false,
        Some("1" | "infinity") => true,
        Some(other) => return Err(DavError::bad(format!("{other} is no Depth"))),
    };
    let hrefs = call.hrefs(world);
    let zone = super::ical::parse(world.zone.as_bytes()).ok();
    let zone = zone.as_ref().and_then(|z| z.components.first());
    Ok(calendar
        .members()
        .filter(|(_, member)| below && super::ical::parse(member.ics.as_bytes()).is_ok_and(|tree| filter.takes(&tree, zone)))
        .map(|(member, _)| {
            let place = Place::Member(name.to_owned(), member.clone());
            with_data(world, &place, calendar, member, &names, &hrefs)
        })
        .collect())
}
