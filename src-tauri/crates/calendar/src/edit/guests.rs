//! ORGANIZER and ATTENDEE lines (RFC 5545 sections 3.8.4.1 and 3.8.4.3).

use std::collections::HashSet;

use crate::{
    edit::EditError,
    event::{Participation, Person},
    lines::{Component, Line},
};

/// More are not invited by hand.
const MOST_GUESTS: usize = 2_000;
/// RFC 5321 section 4.5.3.1 allows for 254 octets.
const LONGEST_ADDRESS: usize = 320;

/// Of a line, without `mailto:`: EMAIL (RFC 7986 section 6.2) where the address is no mail address.
pub(crate) fn address(line: &Line) -> String {
    let value = line.unescaped();
    let value = value.trim();
    let scheme = value.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    let plain = if scheme { value.get(7..).unwrap_or_default() } else { value };
    let email = || line.param("EMAIL").filter(|email| !email.is_empty());
    if plain.contains('@') { plain.to_owned() } else { email().unwrap_or_else(|| plain.to_owned()) }
}

pub(super) fn is(line: &Line, other: &str) -> bool {
    address(line).eq_ignore_ascii_case(other.trim())
}

/// A room or a resource: not somebody who is invited or answers.
pub(super) fn resource(line: &Line) -> bool {
    line.param("CUTYPE").is_some_and(|kind| ["ROOM", "RESOURCE"].iter().any(|known| known.eq_ignore_ascii_case(&kind)))
}

pub(super) fn written(person: &Person, name: &str) -> Line {
    let mut line = Line::new(name, &format!("mailto:{}", person.address.trim()));
    if !person.name.trim().is_empty() {
        line.set_param("CN", person.name.trim());
    }
    line
}

pub(super) fn organizer(component: &Component) -> Option<String> {
    component.line("ORGANIZER").map(address).filter(|address| !address.is_empty())
}

/// The person may speak for the event: it is theirs, or nobody's in particular.
pub(super) fn may_call(component: &Component, me: Option<&Person>) -> bool {
    organizer(component).is_none_or(|organizer| me.is_some_and(|me| me.address.trim().eq_ignore_ascii_case(&organizer)))
}

/// Everybody is asked again, but for who calls the meeting.
pub(super) fn ask_again(component: &mut Component) {
    let caller = organizer(component).unwrap_or_default();
    for line in component.lines.iter_mut().filter(|line| line.is("ATTENDEE") && !is(line, &caller)) {
        if line.param("PARTSTAT").is_some_and(|answer| !answer.eq_ignore_ascii_case("NEEDS-ACTION")) {
            line.set_param("PARTSTAT", Participation::NeedsAction.as_str());
        }
    }
}

/// Checked before anything is written.
pub(super) fn check(guests: &[Person]) -> Result<(), EditError> {
    if guests.len() > MOST_GUESTS {
        return Err(EditError::TooManyGuests(guests.len()));
    }
    let bad = guests.iter().map(|guest| guest.address.trim()).find(|address| {
        let (name, host) = address.rsplit_once('@').unwrap_or_default();
        let odd = |c: char| c.is_whitespace() || c.is_control() || "<>\"".contains(c);
        name.is_empty() || host.is_empty() || address.len() > LONGEST_ADDRESS || address.contains(odd)
    });
    bad.map_or(Ok(()), |address| Err(EditError::Address(address.to_owned())))
}

/// Whether anybody came or went. Who stays keeps their line; so do rooms and resources, and whoever calls the meeting.
pub(super) fn set(component: &mut Component, guests: &[Person], me: Option<&Person>) -> bool {
    let before: Vec<Line> = component.lines.clone();
    let caller = organizer(component);
    let wanted: HashSet<String> = guests.iter().map(|guest| guest.address.trim().to_lowercase()).collect();
    let stays = |line: &Line| {
        let of_caller = caller.as_ref().is_some_and(|caller| is(line, caller)) && !guests.is_empty();
        resource(line) || of_caller || wanted.contains(&address(line).to_lowercase())
    };
    component.lines.retain(|line| !line.is("ATTENDEE") || stays(line));
    let mine = |address: &str| me.is_some_and(|me| me.address.trim().eq_ignore_ascii_case(address.trim()));
    let mut new = Vec::new();
    if let Some(me) = me.filter(|_| caller.is_none() && !guests.is_empty()) {
        component.lines.push(written(me, "ORGANIZER"));
        if !component.lines_of("ATTENDEE").any(|line| is(line, &me.address)) {
            new.push(written(me, "ATTENDEE").with("ROLE", "REQ-PARTICIPANT").with("PARTSTAT", "ACCEPTED"));
        }
    }
    let mut seen: HashSet<String> = component.lines_of("ATTENDEE").chain(&new).map(|line| address(line).to_lowercase()).collect();
    for guest in guests.iter().filter(|guest| seen.insert(guest.address.trim().to_lowercase())) {
        let line = written(guest, "ATTENDEE").with("ROLE", "REQ-PARTICIPANT");
        new.push(if mine(&guest.address) {
            line.with("PARTSTAT", "ACCEPTED")
        } else {
            line.with("PARTSTAT", "NEEDS-ACTION").with("RSVP", "TRUE")
        });
    }
    let at = component.lines.iter().rposition(|line| line.is("ATTENDEE")).map_or(component.lines.len(), |at| at + 1);
    component.lines.splice(at..at, new);
    // An event of one's own that nobody else comes to is no meeting.
    if component.line("ATTENDEE").is_none() && caller.is_some_and(|caller| mine(&caller)) {
        component.remove("ORGANIZER");
    }
    component.lines != before
}

/// Sets the answer of whoever has one of these addresses; false where nobody has.
pub(super) fn answer(component: &mut Component, addresses: &[String], answer: Participation) -> bool {
    let mut any = false;
    for line in component.lines.iter_mut().filter(|line| line.is("ATTENDEE") && addresses.iter().any(|own| is(line, own))) {
        line.set_param("PARTSTAT", answer.as_str());
        line.remove_param("RSVP");
        any = true;
    }
    any
}

/// The answer so far.
pub(super) fn answered(component: &Component, addresses: &[String]) -> Option<Participation> {
    let own = |line: &&Line| addresses.iter().any(|own| is(line, own));
    component.lines_of("ATTENDEE").find(own).map(|line| Participation::parse(&line.param("PARTSTAT").unwrap_or_default()))
}
