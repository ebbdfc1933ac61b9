//! An event as it is to be in a calendar of another account, or where the provider makes it anew: somebody else calls it there.

use domain::calendar::CallKind;

use crate::{
    call,
    edit::{Context, EditError, Resource, fields::touch, guests},
    event::Person,
    lines::{Component, Line},
};

/// Whom it is for, and what is otherwise there.
#[derive(Clone, Copy, Debug)]
pub struct Home<'a> {
    /// As whom the person calls meetings there.
    pub me: Option<&'a Person>,
    /// The call that the calendar there can make; None: none that was asked for is made.
    pub calls: Option<CallKind>,
    /// Of a meeting with guests, who are told that one is off and another is on: two meetings have two UIDs (RFC 5546 section 2.1.5).
    pub uid: Option<&'a str>,
}

/// Whether somebody is invited who would hear of it.
pub fn has_guests(ics: &str, own: &[String], context: &Context<'_>) -> Result<bool, EditError> {
    let resource = Resource::read(ics, context.viewer)?;
    let mine = |address: &str| own.iter().any(|own| own.eq_ignore_ascii_case(address));
    let mut lines = resource.master.iter().chain(&resource.overrides).flat_map(|own| own.component.lines_of("ATTENDEE"));
    Ok(lines.any(|line| !guests::resource(line) && !mine(&guests::address(line))))
}

/// The text for there. `own`: addresses of the person.
pub fn rehomed(ics: &str, own: &[String], home: &Home<'_>, context: &Context<'_>) -> Result<String, EditError> {
    let mut resource = Resource::read(ics, context.viewer)?;
    let master = resource.master.iter_mut();
    for part in master.chain(&mut resource.overrides) {
        call::rekind(&mut part.component, home.calls);
        if let Some(uid) = home.uid {
            part.component.set(Line::text("UID", uid));
            part.component.set(Line::new("SEQUENCE", "0"));
        }
        if part.component.line("ORGANIZER").is_some() {
            called_by(&mut part.component, own, home);
        }
        touch(&mut part.component, context.now);
    }
    Ok(resource.print())
}

/// The same text as that of this UID.
pub fn with_uid(ics: &str, uid: &str, context: &Context<'_>) -> Result<String, EditError> {
    let mut resource = Resource::read(ics, context.viewer)?;
    let master = resource.master.iter_mut();
    for part in master.chain(&mut resource.overrides) {
        part.component.set(Line::text("UID", uid));
    }
    Ok(resource.print())
}

fn called_by(component: &mut Component, own: &[String], home: &Home<'_>) {
    // The person's other addresses are no guests of their own meeting.
    let mine = |line: &Line| own.iter().any(|own| guests::is(line, own)) || home.me.is_some_and(|me| guests::is(line, &me.address));
    component.lines.retain(|line| !line.is("ATTENDEE") || !mine(line));
    component.remove("ORGANIZER");
    let Some(me) = home.me.filter(|_| component.line("ATTENDEE").is_some()) else { return };
    component.lines.push(guests::written(me, "ORGANIZER"));
    component.lines.push(guests::written(me, "ATTENDEE").with("ROLE", "REQ-PARTICIPANT").with("PARTSTAT", "ACCEPTED"));
    guests::ask_again(component);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use domain::time::{Timestamp, Zone};

    use super::*;

    const MEETING: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20261101T000000Z\r\nSEQUENCE:3\r\n\
        DTSTART:20261201T100000Z\r\nDTEND:20261201T110000Z\r\nSUMMARY:Review\r\nORGANIZER:mailto:me@old.example\r\n\
        ATTENDEE;PARTSTAT=ACCEPTED:mailto:me@old.example\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:bo@x.example\r\n\
        X-AURELIUS-CALL;KIND=teams:wanted/1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    #[test]
    fn guests_are_asked_again_by_whom_the_person_is_there() {
        let context = Context { now: Timestamp(0), viewer: &Zone::fixed(0), me: None };
        let own = ["me@old.example".to_owned()];
        assert!(has_guests(MEETING, &own, &context).unwrap());
        assert!(!has_guests(MEETING, &["me@old.example".to_owned(), "bo@x.example".to_owned()], &context).unwrap());
        let me = Person { address: "me@new.example".to_owned(), name: "Me".to_owned() };
        let home = Home { me: Some(&me), calls: Some(CallKind::GoogleMeet), uid: Some("b") };
        let text = rehomed(MEETING, &own, &home, &context).unwrap();
        for line in [
            "UID:b\r\n",
            "SEQUENCE:0\r\n",
            "ORGANIZER;CN=Me:mailto:me@new.example\r\n",
            "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:bo@x.example\r\n",
            "X-AURELIUS-CALL;KIND=google_meet:wanted/1\r\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
        assert!(!text.contains("old.example"), "{text}");
        let none = rehomed(MEETING, &own, &Home { calls: None, uid: None, ..home }, &context).unwrap();
        assert!(none.contains("UID:a\r\n") && !none.contains(call::LINE), "{none}");
        assert!(with_uid(MEETING, "c", &context).unwrap().contains("UID:c\r\n"));
    }
}
