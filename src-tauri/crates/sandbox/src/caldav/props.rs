//! PROPFIND and the properties behind it (RFC 4918 section 9.1, RFC 4791 section 5.2, RFC 3744, RFC 5397, RFC 6638).

use std::fmt::Write as _;

use super::{
    Call, Reply,
    error::DavError,
    path::{Hrefs, Place},
    world::CalWorld,
    xml::{self, APPLE, CALDAV, CALENDARSERVER, DAV, Element, tag},
};
use crate::feed::http_date;

/// A property's namespace and name.
pub(super) type Name = (String, String);

/// What `allprop` and `propname` speak of; CalDAV's own are asked for by name only (RFC 4791 section 5.2).
const ALL: [&str; 8] = [
    "resourcetype",
    "displayname",
    "getetag",
    "getcontenttype",
    "getcontentlength",
    "getlastmodified",
    "sync-token",
    "current-user-principal",
];

pub(super) enum Asked {
    Named(Vec<Name>),
    All,
    Names,
}

/// The body of a PROPFIND; none at all means `allprop`.
fn asked(body: &[u8]) -> Result<Asked, DavError> {
    if body.is_empty() {
        return Ok(Asked::All);
    }
    let root = xml::parse(body).map_err(DavError::bad)?;
    if !root.is(DAV, "propfind") {
        return Err(DavError::bad("the body is no propfind"));
    }
    match (root.child(DAV, "prop"), root.child(DAV, "allprop"), root.child(DAV, "propname")) {
        (Some(prop), None, None) => Ok(Asked::Named(names(prop))),
        (None, Some(_), None) => Ok(Asked::All),
        (None, None, Some(_)) => Ok(Asked::Names),
        _ => Err(DavError::bad("a propfind asks for exactly one of prop, allprop and propname")),
    }
}

pub(super) fn names(prop: &Element) -> Vec<Name> {
    prop.children.iter().map(|c| (c.ns.clone(), c.name.clone())).collect()
}

pub(super) fn propfind(world: &CalWorld, call: &Call<'_>, place: &Place) -> Result<Reply, DavError> {
    let asked = asked(call.body)?;
    let below = match call.depth {
        Some("0") => false,
        Some("1") => true,
        // Absent means infinity (RFC 4918 section 9.1), and nobody lists a whole server.
        None | Some("infinity") => return Err(DavError::dav("propfind-finite-depth", "ask with Depth 0 or 1")),
        Some(other) => return Err(DavError::bad(format!("{other} is no Depth"))),
    };
    if !exists(world, place) {
        return Err(DavError::not_found());
    }
    let mut places = vec![place.clone()];
    if below {
        places.extend(children(world, place));
    }
    let hrefs = call.hrefs(world);
    let responses: String = places.iter().map(|place| answer(world, place, &asked, &hrefs)).collect();
    Ok(Reply::multistatus(&responses))
}

pub(super) fn exists(world: &CalWorld, place: &Place) -> bool {
    match place {
        Place::Root | Place::Principal | Place::Home => true,
        Place::Inbox | Place::Outbox => world.switches.auto_schedule,
        Place::Calendar(name) => world.calendar(name).is_some(),
        Place::Member(calendar, name) => world.calendar(calendar).is_some_and(|c| c.get(name).is_some()),
        Place::Nowhere => false,
    }
}

fn children(world: &CalWorld, place: &Place) -> Vec<Place> {
    match place {
        Place::Home => {
            let mut out: Vec<Place> = world.calendars().map(|(name, _)| Place::Calendar(name.clone())).collect();
            if world.switches.auto_schedule {
                out.extend([Place::Inbox, Place::Outbox]);
            }
            out
        }
        Place::Calendar(calendar) => world
            .calendar(calendar)
            .map(|c| c.members().map(|(name, _)| Place::Member(calendar.clone(), name.clone())).collect())
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn answer(world: &CalWorld, place: &Place, asked: &Asked, hrefs: &Hrefs<'_>) -> String {
    let href = hrefs.of(place);
    let all =
        || ALL.iter().map(|&n| (DAV.to_owned(), n.to_owned())).filter(|n| value(world, place, n, hrefs).is_some()).collect::<Vec<_>>();
    match asked {
        Asked::Named(names) => named(world, place, names, &[], hrefs),
        Asked::All => named(world, place, &all(), &[], hrefs),
        Asked::Names => response(&href, &all().iter().map(|(ns, name)| tag(ns, name, "")).collect::<String>(), ""),
    }
}

/// A response with a propstat for what is there and one for what is not. `ready`: values that are no properties of the resource
/// (calendar-data of a report).
pub(super) fn named(world: &CalWorld, place: &Place, names: &[Name], ready: &[(Name, String)], hrefs: &Hrefs<'_>) -> String {
    let (mut found, mut missing) = (String::new(), String::new());
    for name in names {
        let value = ready.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).or_else(|| value(world, place, name, hrefs));
        match value {
            Some(value) => found.push_str(&tag(&name.0, &name.1, &value)),
            None => missing.push_str(&tag(&name.0, &name.1, "")),
        }
    }
    response(&hrefs.of(place), &found, &missing)
}

fn response(href: &str, found: &str, missing: &str) -> String {
    let propstat = |prop: &str, status: &str| {
        let prop = tag(DAV, "prop", prop);
        tag(DAV, "propstat", &format!("{prop}{}", tag(DAV, "status", &format!("HTTP/1.1 {status}"))))
    };
    let mut inner = tag(DAV, "href", &xml::escape(href));
    if !found.is_empty() || missing.is_empty() {
        inner.push_str(&propstat(found, "200 OK"));
    }
    if !missing.is_empty() {
        inner.push_str(&propstat(missing, "404 Not Found"));
    }
    tag(DAV, "response", &inner)
}

/// XML inside of the property; None: the resource has no such property.
fn value(world: &CalWorld, place: &Place, name: &Name, hrefs: &Hrefs<'_>) -> Option<String> {
    let href = |place: &Place| tag(DAV, "href", &xml::escape(&hrefs.of(place)));
    let (ns, name) = (name.0.as_str(), name.1.as_str());
    match (ns, name) {
        (DAV, "resourcetype") => return Some(resource_type(place)),
        (DAV, "current-user-principal") => return Some(href(&Place::Principal)),
        (DAV, "principal-collection-set") => return Some(href(&Place::Root)),
        (DAV, "owner") if !matches!(place, Place::Root) => return Some(href(&Place::Principal)),
        (DAV, "current-user-privilege-set") => return Some(privileges(world, place)),
        _ => {}
    }
    match place {
        Place::Principal => principal(world, ns, name, href),
        Place::Calendar(calendar) => of_calendar(world, calendar, ns, name),
        Place::Member(calendar, member) => {
            let member = world.calendar(calendar)?.get(member)?;
            match (ns, name) {
                (DAV, "getetag") => Some(xml::escape(&member.etag)),
                (DAV, "getcontenttype") => Some("text/calendar; charset=utf-8".to_owned()),
                (DAV, "getcontentlength") => Some(member.ics.len().to_string()),
                (DAV, "getlastmodified") => Some(http_date(member.modified)),
                (CALDAV, "schedule-tag") if world.switches.auto_schedule && member.ics.contains("\nORGANIZER") => {
                    Some(xml::escape(&member.schedule_tag))
                }
                _ => None,
            }
        }
        Place::Inbox | Place::Outbox if (ns, name) == (DAV, "displayname") => {
            Some(if *place == Place::Inbox { "Inbox" } else { "Outbox" }.to_owned())
        }
        _ => None,
    }
}

fn resource_type(place: &Place) -> String {
    let collection = tag(DAV, "collection", "");
    match place {
        Place::Principal => format!("{collection}{}", tag(DAV, "principal", "")),
        Place::Calendar(_) => format!("{collection}{}", tag(CALDAV, "calendar", "")),
        Place::Inbox => format!("{collection}{}", tag(CALDAV, "schedule-inbox", "")),
        Place::Outbox => format!("{collection}{}", tag(CALDAV, "schedule-outbox", "")),
        Place::Root | Place::Home => collection,
        Place::Member(..) | Place::Nowhere => String::new(),
    }
}

fn privileges(world: &CalWorld, place: &Place) -> String {
    let writable = match place {
        Place::Calendar(name) | Place::Member(name, _) => world.calendar(name).is_some_and(|c| c.writable),
        _ => false,
    };
    let names: &[&str] = match (place, writable) {
        (Place::Calendar(_), true) => &["read", "write", "write-properties", "write-content", "bind", "unbind"],
        (Place::Member(..), true) => &["read", "write", "write-content"],
        _ => &["read", "read-current-user-privilege-set"],
    };
    names.iter().map(|name| tag(DAV, "privilege", &tag(DAV, name, ""))).collect()
}

fn principal(world: &CalWorld, ns: &str, name: &str, href: impl Fn(&Place) -> String) -> Option<String> {
    match (ns, name) {
        (DAV, "displayname") => Some(xml::escape(&world.display)),
        (DAV, "principal-URL") => Some(href(&Place::Principal)),
        (CALDAV, "calendar-home-set") => Some(href(&Place::Home)),
        (CALDAV, "calendar-user-address-set") => {
            Some(world.addresses.iter().map(|a| tag(DAV, "href", &xml::escape(&format!("mailto:{a}")))).collect())
        }
        (CALDAV, "calendar-user-type") => Some("INDIVIDUAL".to_owned()),
        (CALDAV, "schedule-inbox-URL") if world.switches.auto_schedule => Some(href(&Place::Inbox)),
        (CALDAV, "schedule-outbox-URL") if world.switches.auto_schedule => Some(href(&Place::Outbox)),
        _ => None,
    }
}

fn of_calendar(world: &CalWorld, calendar: &str, ns: &str, name: &str) -> Option<String> {
    let calendar = world.calendar(calendar)?;
    let syncs = world.switches.sync_collection;
    match (ns, name) {
        (DAV, "displayname") => Some(xml::escape(&calendar.display)),
        // Apple's property has an alpha channel, and servers keep what was set.
        (APPLE, "calendar-color") => Some(format!("{}ff", calendar.colour)),
        (CALENDARSERVER, "getctag") => Some(calendar.ctag()),
        (DAV, "sync-token") if syncs => Some(calendar.token(calendar.number())),
        (DAV, "supported-report-set") => {
            let mut reports = vec![tag(CALDAV, "calendar-multiget", ""), tag(CALDAV, "calendar-query", "")];
            reports.extend(syncs.then(|| tag(DAV, "sync-collection", "")));
            Some(reports.iter().map(|r| tag(DAV, "supported-report", &tag(DAV, "report", r))).collect())
        }
        (CALDAV, "supported-calendar-component-set") => Some(calendar.components.iter().fold(String::new(), |mut out, c| {
            let _ = write!(out, "<C:comp name=\"{}\"/>", xml::escape(c));
            out
        })),
        (CALDAV, "supported-calendar-data") => Some("<C:calendar-data content-type=\"text/calendar\" version=\"2.0\"/>".to_owned()),
        (CALDAV, "calendar-timezone") => Some(xml::escape(&world.zone)),
        (CALDAV, "max-resource-size") => Some(world.switches.max_resource.to_string()),
        _ => None,
    }
}
