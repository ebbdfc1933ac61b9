//! VALARMs of a person (RFC 5545 section 3.6.6). Only those that say "so long before it starts" are theirs to choose here; an alarm at a
//! fixed time, before the end, or for a program stays as it is.

use std::collections::BTreeSet;

use crate::{
    duration::{Duration, minutes_before},
    lines::{Component, Line},
    read::ALARMS,
};

/// Minutes before the start, where it is one of those that [`Event::alarms`](crate::Event::alarms) lists.
fn minutes(alarm: &Component) -> Option<i32> {
    let action = alarm.text("ACTION")?;
    let trigger = alarm.line("TRIGGER")?;
    let of_end = trigger.param("RELATED").is_some_and(|related| related.eq_ignore_ascii_case("END"));
    let known = ALARMS.iter().any(|known| known.eq_ignore_ascii_case(action.trim()));
    let after = Duration::parse(trigger.value()).filter(|_| known && !of_end && alarm.is("VALARM"))?;
    Some(minutes_before(after.total_secs()))
}

/// Whether any came or went. What rings at a time that stays is kept with all it knows, such as that it was dismissed (RFC 9074
/// section 6.1).
pub(super) fn set(event: &mut Component, wanted: &[i32], summary: &str) -> bool {
    let wanted: BTreeSet<i32> = wanted.iter().copied().collect();
    let before = event.children.len();
    event.children.retain(|child| minutes(child).is_none_or(|minutes| wanted.contains(&minutes)));
    let there: BTreeSet<i32> = event.children.iter().filter_map(minutes).collect();
    let changed = before != event.children.len() || wanted != there;
    event.children.extend(wanted.difference(&there).map(|minutes| {
        let mut alarm = Component::new("VALARM");
        alarm.lines.push(Line::new("ACTION", "DISPLAY"));
        alarm.lines.push(Line::new("TRIGGER", &Duration::before(*minutes)));
        // It must not be missing (section 3.6.6).
        alarm.lines.push(Line::text("DESCRIPTION", if summary.trim().is_empty() { "Reminder" } else { summary }));
        alarm
    }));
    changed
}
