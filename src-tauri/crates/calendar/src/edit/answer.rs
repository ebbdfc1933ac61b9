//! Answers to an invitation: in the event itself, and as a message to whoever calls the meeting (RFC 5546 section 3.2.3).

use crate::{
    edit::{
        Context, EditError, Members,
        fields::touch,
        guests,
        resource::{Own, Resource, describe_zones},
        series::{instance, with_member},
        times::utc,
    },
    event::Participation,
    file::{PRODID, labels},
    lines::{Component, Line},
};

/// Sets the answer of whoever has one of these addresses.
///
/// For one member of a series it makes an override. For all of it, an override that was answered otherwise keeps its answer. SEQUENCE
/// stays: it belongs to whoever calls the meeting.
pub fn respond(
    ics: &str,
    members: &Members,
    addresses: &[String],
    answer: Participation,
    context: &Context<'_>,
) -> Result<String, EditError> {
    let mut resource = Resource::read(ics, context.viewer)?;
    let caller = resource.master.iter().chain(&resource.overrides).find_map(|own| guests::organizer(&own.component));
    let set = |own: &mut Own| {
        let before = own.component.clone();
        let invited = guests::answer(&mut own.component, addresses, answer);
        if before != own.component {
            touch(&mut own.component, context.now);
        }
        invited
    };
    let invited = match members {
        Members::Only(member) if !resource.single() => {
            let mut invited = false;
            with_member(&mut resource, member, |_, own| {
                invited = set(own);
                Ok(())
            })?;
            invited
        }
        Members::Only(member) | Members::Following(member) if !resource.is_first(member) => {
            return Err(if resource.single() { EditError::NoSuchMember } else { EditError::AnswerFollowing });
        }
        Members::Only(_) | Members::Following(_) | Members::All => {
            let before = resource.master.as_ref().and_then(|own| guests::answered(&own.component, addresses));
            let mut invited = resource.master.as_mut().is_some_and(set);
            for own in &mut resource.overrides {
                let own_answer = guests::answered(&own.component, addresses);
                if before.is_none() || own_answer == before || own_answer == Some(Participation::NeedsAction) {
                    invited |= set(own);
                }
            }
            invited
        }
    };
    if invited { Ok(resource.print()) } else { Err(EditError::NotInvited(caller)) }
}

/// The message that tells whoever calls the meeting: a VCALENDAR with METHOD:REPLY and one VEVENT, about the series or one member.
///
/// It says who answers what, to which version, and enough of the event for a person to know it by. Parameters that are between a program
/// and its own server (RFC 6638 section 7) are not in it.
pub fn reply(ics: &str, members: &Members, address: &str, answer: Participation, context: &Context<'_>) -> Result<String, EditError> {
    let resource = Resource::read(ics, context.viewer)?;
    let own = match members {
        Members::Only(member) if !resource.single() => {
            let found = resource.member(member)?;
            match found.own.and_then(|n| resource.overrides.get(n)) {
                Some(own) => own.clone(),
                None => instance(&resource, &found)?,
            }
        }
        Members::Only(member) | Members::Following(member) if !resource.is_first(member) => {
            return Err(if resource.single() { EditError::NoSuchMember } else { EditError::AnswerFollowing });
        }
        Members::Only(_) | Members::Following(_) | Members::All => {
            // Of a series that is not here, the only date.
            let own = resource.master.as_ref().or_else(|| resource.overrides.first().filter(|_| resource.overrides.len() == 1));
            own.cloned().ok_or(EditError::NoSeries)?
        }
    };
    let caller = guests::organizer(&own.component).ok_or(EditError::NoOrganizer)?;
    let guest = own.component.lines_of("ATTENDEE").find(|line| guests::is(line, address));
    let guest = guest.ok_or(EditError::NotInvited(Some(caller)))?;
    let mut event = Component::new("VEVENT");
    let keep = |name: &str| own.component.line(name).cloned();
    event.lines.extend(["UID", "RECURRENCE-ID", "SEQUENCE"].into_iter().filter_map(keep));
    event.lines.push(Line::new("DTSTAMP", &utc(context.now)));
    event.lines.extend(keep("ORGANIZER").map(between));
    let mut line = Line::new("ATTENDEE", guest.value()).with("PARTSTAT", answer.as_str());
    for name in ["CN", "EMAIL", "SENT-BY"] {
        if let Some(value) = guest.param(name) {
            line.set_param(name, &value);
        }
    }
    event.lines.push(line);
    event.lines.extend(["SUMMARY", "DTSTART", "DTEND", "DURATION"].into_iter().filter_map(keep));
    let mut calendar = Component::new("VCALENDAR");
    calendar.lines = vec![Line::new("PRODID", PRODID), Line::new("VERSION", "2.0"), Line::new("METHOD", "REPLY")];
    let used = labels(&event);
    let described = resource.calendar.children_of("VTIMEZONE").filter(|zone| zone.text("TZID").is_some_and(|label| used.contains(&label)));
    calendar.children = described.cloned().collect();
    calendar.children.push(event);
    describe_zones(&mut calendar);
    Ok(calendar.print())
}

/// Without what is between a program and its server.
pub(super) fn between(mut line: Line) -> Line {
    for name in ["SCHEDULE-AGENT", "SCHEDULE-FORCE-SEND", "SCHEDULE-STATUS"] {
        line.remove_param(name);
    }
    line
}
