//! The calendars below the homes of a person (RFC 4791 section 5.2, RFC 3744 section 5.5, RFC 6638 section 2).

use calendar::NamedZone;
use domain::{calendar::RemoteCalendar, error::ProviderError};
use reqwest::{Method, header::HeaderMap};
use url::Url;

use super::{
    discover::{Found, is_calendar},
    place::{as_collection, id_of, join, last_part},
    text::tzid,
    wire::{CAP, Wire},
    xml::{Ns, Response},
};
use crate::http::Call;

const PROPS: &str = "<D:resourcetype/><D:displayname/><D:current-user-privilege-set/><C:supported-calendar-component-set/>\
                     <C:calendar-timezone/><C:calendar-timezone-id/><A:calendar-color/>";
const MAX_NAME: usize = 200;
/// The class of servers that tell guests and organisers themselves (RFC 6638 section 2).
const SCHEDULES: &str = "calendar-auto-schedule";

/// Every calendar of every home. One that two homes list is one.
pub async fn list(wire: &Wire, place: &Found) -> Result<Vec<RemoteCalendar>, ProviderError> {
    let mut out: Vec<RemoteCalendar> = Vec::new();
    for home in &place.homes {
        let (url, reply) = wire.send(wire.propfind(home.url.clone(), home.depth, PROPS), CAP).await?;
        let found = wire.read("The list of calendars", &url, &reply)?;
        let calendars: Vec<(Url, &Response)> = found
            .responses
            .iter()
            .filter(|r| is_calendar(r))
            .filter_map(|r| join(&url, &r.href).map(|at| (as_collection(at), r)))
            .filter(|(at, _)| wire.start().trusts(at))
            .collect();
        if calendars.is_empty() {
            continue;
        }
        let schedules = schedules(wire, &url, &reply.headers).await?;
        for (at, response) in calendars {
            let calendar = calendar(place, &at, response, schedules);
            if !out.iter().any(|known| known.id == calendar.id) {
                out.push(calendar);
            }
        }
    }
    Ok(out)
}

/// Many servers say their classes with every reply; the others are asked.
async fn schedules(wire: &Wire, home: &Url, headers: &HeaderMap) -> Result<bool, ProviderError> {
    if headers.contains_key("dav") {
        return Ok(has_class(headers));
    }
    let (_, reply) = wire.send(Call::new(Method::OPTIONS, home.clone()), CAP).await?;
    Ok(reply.status.is_success() && has_class(&reply.headers))
}

fn has_class(headers: &HeaderMap) -> bool {
    let values = headers.get_all("dav").iter().filter_map(|v| v.to_str().ok());
    values.flat_map(|v| v.split(',')).any(|class| class.trim().eq_ignore_ascii_case(SCHEDULES))
}

fn calendar(place: &Found, at: &Url, response: &Response, schedules: bool) -> RemoteCalendar {
    let id = id_of(&place.base, at).0;
    let named = response.text(Ns::Dav, "displayname").map(clean).filter(|name| !name.is_empty());
    let name = named.unwrap_or_else(|| clean(&last_part(at.path())));
    let zone = response
        .text(Ns::CalDav, "calendar-timezone-id")
        .map(str::to_owned)
        .or_else(|| response.text(Ns::CalDav, "calendar-timezone").and_then(tzid))
        .and_then(|label| NamedZone::known(&label))
        .map(|zone| zone.name().to_owned());
    let takes = |component: &str| takes(response, component);
    RemoteCalendar {
        id,
        name,
        colour: response.text(Ns::Apple, "calendar-color").and_then(colour),
        zone,
        writable: writable(response),
        events: takes("VEVENT"),
        tasks: takes("VTODO"),
        schedules,
        calls: None,
    }
}

fn clean(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect::<String>().trim().to_owned()
}

/// `#rrggbb` of what may carry transparency as well.
fn colour(text: &str) -> Option<String> {
    let digits = text.strip_prefix('#').filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let long = match digits.len() {
        3 | 4 => digits.chars().take(3).flat_map(|c| [c, c]).collect(),
        6 | 8 => digits.chars().take(6).collect::<String>(),
        _ => return None,
    };
    Some(format!("#{}", long.to_ascii_lowercase()))
}

/// A calendar that does not say what it takes takes everything (RFC 4791 section 5.2.3).
fn takes(response: &Response, component: &str) -> bool {
    let Some(set) = response.prop(Ns::CalDav, "supported-calendar-component-set") else { return true };
    set.children.iter().filter(|c| c.is(Ns::CalDav, "comp")).any(|c| c.label.as_deref().is_some_and(|l| l.eq_ignore_ascii_case(component)))
}

/// Servers without access control say nothing of privileges (RFC 3744 section 5.5).
fn writable(response: &Response) -> bool {
    let Some(set) = response.prop(Ns::Dav, "current-user-privilege-set") else { return true };
    ["all", "write", "write-content", "bind"].iter().any(|name| set.holds(Ns::Dav, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_lose_their_transparency() {
        for (text, want) in [
            ("#FF2968FF", Some("#ff2968")),
            ("#0e61B9", Some("#0e61b9")),
            ("#fa0", Some("#ffaa00")),
            ("red", None),
            ("#12345", None),
            ("#gggggg", None),
        ] {
            assert_eq!(colour(text).as_deref(), want, "{text}");
        }
    }
}
