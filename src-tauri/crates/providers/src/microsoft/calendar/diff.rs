//! What of a resource changed, as the calls that Graph has for it.
//!
//! The master is one call, each member that is otherwise or left out another, and an answer is none of both. When the time or the
//! repetition of a series changes, Exchange forgets what was otherwise about its members: what is there then is looked at again.

use std::collections::BTreeSet;

use calendar::{Participation, Status};
use domain::error::ProviderError;

use super::{
    body, call,
    model::Event,
    resource::There,
    to_json::{Fields, fields},
};
use crate::ical::{Doc, Entry, lines::address, refused};

/// What a guest may change about somebody else's meeting: their own view of it.
const OWN: [&str; 6] = ["isReminderOn", "reminderMinutesBeforeStart", "categories", "showAs", "sensitivity", "importance"];
const TIMES: [&str; 3] = ["start", "end", "isAllDay"];

/// What becomes of one component.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// Empty: nothing is changed.
    pub fields: Fields,
    /// What the person answers.
    pub answer: Option<Participation>,
}

impl Step {
    pub fn is_nothing(&self) -> bool {
        self.fields.is_empty() && self.answer.is_none()
    }
}

#[derive(Debug, PartialEq)]
pub enum Member {
    Change { key: String, step: Step },
    Remove { key: String },
}

impl Member {
    pub fn key(&self) -> &str {
        match self {
            Self::Change { key, .. } | Self::Remove { key } => key,
        }
    }
}

/// What the master becomes.
#[derive(Debug, Default)]
pub struct Master {
    pub step: Step,
    /// Exchange forgets what was otherwise.
    pub moved: bool,
}

/// Fields that differ.
fn differing(before: &Entry, after: &Entry, there: &Event) -> Result<Fields, ProviderError> {
    let known = there.join_url();
    let asks = call::wanted(after).is_some();
    if !asks && known.is_some_and(|known| before.links().any(|link| link == known) && !after.links().any(|link| link == known)) {
        return Err(refused("Microsoft can't take a Teams meeting off an event: make the event anew without it."));
    }
    let request = call::request(after, Some(there))?;
    let (before, mut after) = (fields(before, known)?, fields(after, known)?);
    let times = TIMES.iter().any(|name| before.get(*name) != after.get(*name));
    // Times say together what they mean.
    after.retain(|name, value| before.get(name) != Some(value) || times && TIMES.contains(&name.as_str()));
    if let Some(text) = after.get_mut("body") {
        *text = body::instead(text, there);
    }
    after.extend(request);
    Ok(after)
}

/// The answer that somebody gives here: of a meeting of others, no other one can be changed.
fn answer(before: &Entry, after: &Entry) -> Option<Participation> {
    let said = |entry: &Entry, who: &str| {
        entry.event.attendees.iter().find(|guest| guest.person.address.eq_ignore_ascii_case(who)).map(|guest| guest.participation)
    };
    let of = |guest: &calendar::Attendee| (said(before, &guest.person.address) != Some(guest.participation)).then_some(guest.participation);
    after.event.attendees.iter().find_map(of)
}

fn compare(before: &Entry, after: &Entry, there: &Event) -> Result<Step, ProviderError> {
    let mut changed = differing(before, after, there)?;
    if there.is_own() {
        return Ok(Step { fields: changed, answer: None });
    }
    // Names and kinds of others come with their lines; what counts here is who is there at all.
    let who = |entry: &Entry| entry.component.lines_of("ATTENDEE").filter_map(address).map(|a| a.to_lowercase()).collect::<BTreeSet<_>>();
    if who(before) == who(after) {
        changed.remove("attendees");
    }
    if let Some(name) = changed.keys().find(|name| !OWN.contains(&name.as_str())) {
        let caller = after.event.organizer.as_ref().map_or("Somebody else", |who| who.shown());
        let what = if name == "attendees" { "who comes" } else { "what and when it is" };
        return Err(refused(&format!(
            "{caller} calls this meeting, so only they can change {what}: ask them, or make an event of your own."
        )));
    }
    Ok(Step { fields: changed, answer: answer(before, after) })
}

pub fn master(before: &Doc, after: &Doc, there: &There) -> Result<Master, ProviderError> {
    let (Some(was), Some(is)) = (&before.master, &after.master) else {
        return Err(refused("Single dates without their series can't be written to Microsoft: make an event of its own for each of them."));
    };
    if is.event.status == Status::Cancelled && was.event.status != Status::Cancelled {
        return Err(refused("Microsoft keeps no event that is cancelled: delete it instead."));
    }
    let mut step = compare(was, is, &there.master)?;
    let back: Vec<String> = was.left_out().difference(&is.left_out()).cloned().collect();
    let anew = ["start", "isAllDay", "recurrence"].iter().any(|name| step.fields.contains_key(*name));
    if !back.is_empty() && !anew && is.is_series() {
        // There is no call that brings one back: the same repetition said again brings all back, and those that stay out go once more.
        let all = fields(is, None)?;
        step.fields.extend(all.into_iter().filter(|(name, _)| name == "recurrence"));
    }
    let moved = is.is_series() && (anew || !back.is_empty());
    Ok(Master { step, moved })
}

/// What becomes of the members. `before` is what they were made from, `there` what Graph has now; the master is as in `after` already.
pub fn members(before: &Doc, after: &Doc, there: &There, moved: bool) -> Result<Vec<Member>, ProviderError> {
    let Some(master) = after.master.as_ref().filter(|master| master.is_series()) else { return Ok(Vec::new()) };
    let (out_before, out_after) = (before.master.as_ref().map(Entry::left_out).unwrap_or_default(), master.left_out());
    let cancelled = |member: &Entry| member.event.status == Status::Cancelled;
    let mut removed: BTreeSet<&String> = out_after.difference(&out_before).collect();
    removed.extend(
        after
            .members
            .iter()
            .filter(|(key, member)| cancelled(member) && before.members.get(*key).is_none_or(|was| !cancelled(was)))
            .map(|(key, _)| key),
    );
    let mut out: Vec<Member> = removed.iter().map(|key| Member::Remove { key: (*key).clone() }).collect();
    let keys: BTreeSet<&String> = after.members.keys().chain(before.members.keys()).collect();
    for key in keys.into_iter().filter(|key| !removed.contains(key) && !out_after.contains(*key)) {
        let plain = master.member(key);
        let (Some(is), Some(was)) = (after.members.get(key).or(plain.as_ref()), before.members.get(key).or(plain.as_ref())) else {
            if moved && after.members.contains_key(key) {
                return Err(refused("A date of this series that is otherwise is none of its repetition any more: delete that date first."));
            }
            continue;
        };
        let mut step = compare(was, is, there.member(key).unwrap_or(&there.master))?;
        if call::wanted(master).is_some_and(|asked| call::wanted(is) == Some(asked)) {
            // Asked for the series.
            step.fields.retain(|name, _| !["isOnlineMeeting", "onlineMeetingProvider"].contains(&name.as_str()));
        }
        if !step.is_nothing() {
            out.push(Member::Change { key: key.clone(), step });
        }
    }
    Ok(out)
}
