//! What two sides made of one resource, put together: by component, and inside of it by what a person would call one thing (the time,
//! the guests, …). Where both changed the same thing to something else, theirs stays in the text and both are told.
//!
//! It starts from theirs, so what nobody understands is as the server has it; what was changed here against the base goes into it.

use std::collections::BTreeSet;

use domain::time::Zone;

use crate::{
    edit::{EditError, Own, Resource},
    event::Event,
    lines::{Component, Line},
    when::When,
};

/// Both values of one thing, in words that a person can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// `title`, `time`, `repeats`, `location`, `description`, `free`, `status`, `alarms`, `guests`, `join`, `deleted`, `other`.
    pub field: &'static str,
    pub mine: String,
    pub theirs: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// Of what conflicts, it holds theirs.
    pub ics: String,
    pub conflicts: Vec<Conflict>,
}

/// `base`: what both sides began with.
pub fn merge(base: &str, mine: &str, theirs: &str, viewer: &Zone) -> Result<Merged, EditError> {
    let (base, mine) = (Resource::read(base, viewer)?, Resource::read(mine, viewer)?);
    let mut theirs = Resource::read(theirs, viewer)?;
    let mut conflicts = Vec::new();
    for zone in mine.calendar.children_of("VTIMEZONE") {
        if !zone.text("TZID").is_some_and(|label| theirs.described(&label)) {
            theirs.calendar.children.push(zone.clone());
        }
    }
    theirs.master = one(base.master.as_ref(), mine.master.as_ref(), theirs.master.take(), &mut conflicts);
    let mut keys: Vec<String> = [&base, &mine, &theirs].into_iter().flat_map(|r| r.overrides.iter().filter_map(Own::key)).collect();
    keys.sort_unstable();
    keys.dedup();
    let of = |r: &Resource, key: &str| r.overrides.iter().find(|own| own.key().as_deref() == Some(key)).cloned();
    let mut overrides = Vec::with_capacity(keys.len());
    for key in keys {
        let next = theirs.next_place();
        let (was, here, there) = (of(&base, &key), of(&mine, &key), of(&theirs, &key));
        let added = there.is_none();
        if let Some(mut own) = one(was.as_ref(), here.as_ref(), there, &mut conflicts) {
            if added {
                own.at = next;
            }
            overrides.push(own);
        }
    }
    theirs.overrides = overrides;
    Ok(Merged { ics: theirs.print(), conflicts })
}

/// One component as three sides have it.
fn one(base: Option<&Own>, mine: Option<&Own>, theirs: Option<Own>, conflicts: &mut Vec<Conflict>) -> Option<Own> {
    match (base, mine, theirs) {
        (_, None, None) => None,
        (None, None, Some(theirs)) => Some(theirs),
        (None, Some(mine), None) => Some(mine.clone()),
        // Deleted here: gone, unless somebody changed it there.
        (Some(base), None, Some(theirs)) => {
            if same(&base.component, &theirs.component) {
                return None;
            }
            conflicts.push(Conflict { field: "deleted", mine: String::new(), theirs: title(&theirs) });
            Some(theirs)
        }
        (Some(base), Some(mine), None) => {
            if !same(&base.component, &mine.component) {
                conflicts.push(Conflict { field: "deleted", mine: title(mine), theirs: String::new() });
            }
            None
        }
        (base, Some(mine), Some(mut theirs)) => {
            let empty = Component::new("VEVENT");
            let three = Three { base: base.map_or(&empty, |own| &own.component), mine, theirs: theirs.clone() };
            theirs.component = three.merged(conflicts);
            Some(theirs)
        }
    }
}

fn title(own: &Own) -> String {
    own.component.text("SUMMARY").unwrap_or_default()
}

/// Lines that say when something was written, not what.
const STAMPS: [&str; 3] = ["DTSTAMP", "LAST-MODIFIED", "CREATED"];

/// Equal but for who wrote it last.
fn same(a: &Component, b: &Component) -> bool {
    let told = |c: &Component| {
        let mut lines: Vec<String> =
            c.lines.iter().filter(|l| !l.is("SEQUENCE") && !STAMPS.iter().any(|s| l.is(s))).map(|l| l.as_str().to_owned()).collect();
        lines.extend(c.children.iter().map(Component::print));
        lines.sort_unstable();
        lines
    };
    told(a) == told(b)
}

/// What a person would call one thing; None: every property for itself.
fn field_of(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_uppercase().as_str() {
        "SUMMARY" => "title",
        "DTSTART" | "DTEND" | "DURATION" => "time",
        "RRULE" | "EXRULE" => "repeats",
        "LOCATION" => "location",
        "DESCRIPTION" => "description",
        "TRANSP" => "free",
        "STATUS" => "status",
        "CONFERENCE" | "X-GOOGLE-CONFERENCE" | "X-MICROSOFT-SKYPETEAMSMEETINGURL" | "X-MICROSOFT-ONLINEMEETINGCONFLINK" => "join",
        _ => return None,
    })
}

struct Three<'a> {
    base: &'a Component,
    mine: &'a Own,
    theirs: Own,
}

type Lines = BTreeSet<String>;

fn lines(component: &Component, mut of: impl FnMut(&Line) -> bool) -> Lines {
    component.lines.iter().filter(|l| of(l)).map(|l| l.as_str().to_owned()).collect()
}

impl Three<'_> {
    fn merged(&self, conflicts: &mut Vec<Conflict>) -> Component {
        let mut out = self.theirs.component.clone();
        let mine = &self.mine.component;
        let mut names: Vec<String> =
            self.base.lines.iter().chain(&mine.lines).chain(&out.lines).map(|l| l.name().to_ascii_uppercase()).collect();
        names.sort_unstable();
        names.dedup();
        let mut done: BTreeSet<&'static str> = BTreeSet::new();
        for name in &names {
            match name.as_str() {
                "UID" | "RECURRENCE-ID" => {}
                "SEQUENCE" => self.largest(&mut out, name, |l| l.value().trim().parse::<i64>().unwrap_or(0)),
                stamp if STAMPS.contains(&stamp) => self.largest(&mut out, name, |l| l.value().to_owned()),
                "EXDATE" | "RDATE" => self.set(&mut out, name),
                "ATTENDEE" | "ORGANIZER" => {
                    if done.insert("guests") {
                        self.guests(&mut out, conflicts);
                    }
                }
                _ => match field_of(name) {
                    Some(field) => {
                        if done.insert(field) {
                            self.group(&mut out, field, |l| field_of(l.name()) == Some(field), conflicts);
                        }
                    }
                    None => self.group(&mut out, "other", |l| l.is(name), conflicts),
                },
            }
        }
        self.children(&mut out, conflicts);
        out
    }

    /// The later or larger of both.
    fn largest<K: Ord>(&self, out: &mut Component, name: &str, key: impl Fn(&Line) -> K) {
        let all = out.line(name).into_iter().chain(self.mine.component.line(name));
        if let Some(line) = all.max_by_key(|l| key(l)).cloned() {
            out.set(line);
        }
    }

    /// Lines that stand for one thing: whoever changed it has it.
    fn group(&self, out: &mut Component, field: &'static str, of: impl Fn(&Line) -> bool, conflicts: &mut Vec<Conflict>) {
        let (base, mine, theirs) = (lines(self.base, &of), lines(&self.mine.component, &of), lines(&self.theirs.component, &of));
        if mine == base || mine == theirs {
            return;
        }
        if theirs == base {
            replace(out, &of, self.mine.component.lines.iter().filter(|l| of(l)).cloned().collect());
            return;
        }
        let words = |own: &Own, lines: &Lines| told(field, own, lines);
        conflicts.push(Conflict { field, mine: words(self.mine, &mine), theirs: words(&self.theirs, &theirs) });
    }

    /// Dates that are in or out one by one: what either side added is in, what either took away is out.
    fn set(&self, out: &mut Component, name: &str) {
        let of = |c: &Component| -> Lines { c.lines_of(name).flat_map(values).collect() };
        let (base, mine, theirs) = (of(self.base), of(&self.mine.component), of(&self.theirs.component));
        let merged: Lines =
            mine.union(&theirs).filter(|v| !base.contains(*v) || (mine.contains(*v) && theirs.contains(*v))).cloned().collect();
        if merged != theirs {
            let fresh = merged.iter().map(|v| line_of(v)).collect();
            replace(out, |l| l.is(name), fresh);
        }
    }

    /// Guest by guest.
    fn guests(&self, out: &mut Component, conflicts: &mut Vec<Conflict>) {
        let is = |l: &Line| l.is("ATTENDEE") || l.is("ORGANIZER");
        let key = |l: &Line| format!("{}:{}", l.name().to_ascii_uppercase(), l.value().trim().to_ascii_lowercase());
        let find = |c: &Component, k: &str| c.lines.iter().find(|l| is(l) && key(l) == k).cloned();
        let mine = &self.mine.component;
        let mut keys: Vec<String> = Vec::new();
        for line in out.lines.iter().chain(&mine.lines).filter(|l| is(l)) {
            let k = key(line);
            if !keys.contains(&k) {
                keys.push(k);
            }
        }
        let (mut fresh, mut apart) = (Vec::new(), false);
        for k in &keys {
            let text = |l: &Option<Line>| l.as_ref().map(|l| l.as_str().to_owned());
            let (b, m, t) = (find(self.base, k), find(mine, k), find(&self.theirs.component, k));
            let keep = if text(&m) == text(&b) || text(&m) == text(&t) {
                t
            } else if text(&t) == text(&b) {
                m
            } else {
                apart = true;
                t
            };
            fresh.extend(keep);
        }
        if apart {
            let words = |own: &Own| told("guests", own, &Lines::new());
            conflicts.push(Conflict { field: "guests", mine: words(self.mine), theirs: words(&self.theirs) });
        }
        let before: Vec<&str> = out.lines.iter().filter(|l| is(l)).map(Line::as_str).collect();
        if before != fresh.iter().map(Line::as_str).collect::<Vec<_>>() {
            replace(out, is, fresh);
        }
    }

    /// Alarms together, and every other kind of child for itself.
    fn children(&self, out: &mut Component, conflicts: &mut Vec<Conflict>) {
        let mine = &self.mine.component;
        let mut names: Vec<String> =
            self.base.children.iter().chain(&mine.children).chain(&out.children).map(|c| c.name.to_ascii_uppercase()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let of = |c: &Component| -> Lines { c.children_of(&name).map(Component::print).collect() };
            let (base, here, there) = (of(self.base), of(mine), of(&self.theirs.component));
            if here == base || here == there {
                continue;
            }
            if there != base {
                let field = if name == "VALARM" { "alarms" } else { "other" };
                conflicts.push(Conflict { field, mine: told(field, self.mine, &here), theirs: told(field, &self.theirs, &there) });
                continue;
            }
            out.children.retain(|c| !c.is(&name));
            out.children.extend(mine.children_of(&name).cloned());
        }
    }
}

/// Puts lines in the place of those that are meant; at the end where there were none.
fn replace(out: &mut Component, of: impl Fn(&Line) -> bool, fresh: Vec<Line>) {
    let at = out.lines.iter().position(&of).unwrap_or(out.lines.len());
    // None of those before it is meant.
    out.lines.retain(|l| !of(l));
    out.lines.splice(at..at, fresh);
}

/// The values of a line that may have several, each with the name and parameters of its line.
fn values(line: &Line) -> Vec<String> {
    let whole = line.as_str();
    let head = whole.get(..whole.len() - line.value().len()).unwrap_or_default();
    line.value().split(',').map(|v| format!("{head}{}", v.trim())).collect()
}

fn line_of(text: &str) -> Line {
    crate::lines::unfold(text).next().unwrap_or_else(|| Line::new("X-EMPTY", ""))
}

/// A thing in words. `lines`: as it is written, for what has no better ones.
fn told(field: &str, own: &Own, lines: &Lines) -> String {
    let (component, event) = (&own.component, &own.event);
    let text = |name: &str| component.text(name).unwrap_or_default();
    match field {
        "title" => text("SUMMARY"),
        "location" => text("LOCATION"),
        "description" => text("DESCRIPTION"),
        "time" => time(event),
        "repeats" => component.value("RRULE").unwrap_or_default().to_owned(),
        "free" => if event.free { "free" } else { "busy" }.to_owned(),
        "status" => text("STATUS").to_lowercase(),
        "alarms" => event.alarms.iter().map(|m| format!("{m} min")).collect::<Vec<_>>().join(", "),
        "guests" => event.attendees.iter().map(|a| a.person.address.as_str()).collect::<Vec<_>>().join(", "),
        "join" => event.join.clone().unwrap_or_default(),
        _ => lines.iter().cloned().collect::<Vec<_>>().join("\n"),
    }
}

fn time(event: &Event) -> String {
    use crate::event::Lasts;
    let wall = event.start.wall();
    let (days, secs) = match event.lasts {
        Lasts::Exactly(secs) => (0, secs),
        Lasts::Nominally { days, secs } => (days, secs),
    };
    let end = wall.checked_add_signed(chrono::Duration::seconds(days.saturating_mul(86_400).saturating_add(secs))).unwrap_or(wall);
    match &event.start {
        When::Date(day) => {
            let last = end.date().pred_opt().unwrap_or(*day);
            if last <= *day { day.to_string() } else { format!("{day} – {last}") }
        }
        start => {
            let until = if end.date() == wall.date() { end.format("%H:%M").to_string() } else { end.format("%Y-%m-%d %H:%M").to_string() };
            let zone = start.zone().map(|z| format!(" {}", z.name())).unwrap_or_default();
            format!("{} – {until}{zone}", wall.format("%Y-%m-%d %H:%M"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doc(lines: &str) -> String {
        let body = lines.trim().lines().map(str::trim).collect::<Vec<_>>().join("\r\n");
        format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n{body}\r\nEND:VCALENDAR\r\n")
    }

    fn event(lines: &str) -> String {
        doc(&format!(
            "BEGIN:VEVENT\nUID:a\nDTSTAMP:20260101T000000Z\nDTSTART;TZID=Europe/Berlin:20261130T100000\nDURATION:PT1H\n{lines}\nEND:VEVENT"
        ))
    }

    fn of(base: &str, mine: &str, theirs: &str) -> Merged {
        merge(base, mine, theirs, &Zone::fixed(0)).unwrap()
    }

    #[test]
    fn what_each_side_changed_is_in_it() {
        let base = event("SUMMARY:Lunch\nLOCATION:Here\nX-OWN;P=1:kept, as it is");
        let mine = base.replace("SUMMARY:Lunch", "SUMMARY:Dinner").replace("X-OWN;P=1:kept, as it is\r\n", "");
        let theirs =
            base.replace("LOCATION:Here", "LOCATION:There").replace("PT1H", "PT2H").replace("20260101T000000Z", "20260102T000000Z");
        let found = of(&base, &mine, &theirs);
        assert!(found.conflicts.is_empty(), "{found:?}");
        for line in ["SUMMARY:Dinner", "LOCATION:There", "DURATION:PT2H", "DTSTAMP:20260102T000000Z"] {
            assert!(found.ics.contains(&format!("{line}\r\n")), "{line}\n{}", found.ics);
        }
        assert!(!found.ics.contains("X-OWN"), "taken away here");
        assert_eq!(of(&base, &base, &theirs).ics, of(&base, &theirs, &theirs).ics);
    }

    #[test]
    fn what_both_changed_is_told_and_theirs_stays() {
        let base = event("SUMMARY:Lunch");
        let mine = base.replace("SUMMARY:Lunch", "SUMMARY:Mine").replace("T100000", "T110000");
        let theirs = base.replace("SUMMARY:Lunch", "SUMMARY:Theirs").replace("T100000", "T120000");
        let found = of(&base, &mine, &theirs);
        let told = |field: &str| found.conflicts.iter().find(|c| c.field == field).map(|c| (c.mine.as_str(), c.theirs.as_str()));
        assert_eq!(told("title"), Some(("Mine", "Theirs")));
        assert_eq!(told("time"), Some(("2026-11-30 11:00 – 12:00 Europe/Berlin", "2026-11-30 12:00 – 13:00 Europe/Berlin")));
        assert!(found.ics.contains("SUMMARY:Theirs") && found.ics.contains("T120000") && found.conflicts.len() == 2);
        // Both wrote the same: that is no conflict.
        assert!(of(&base, &mine, &mine).conflicts.is_empty());
    }

    #[test]
    fn guests_are_merged_one_by_one() {
        let base = event("ORGANIZER:mailto:me@x\nATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:a@x\nATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:b@x");
        let mine = base.replace("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:b@x", "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:c@x");
        let theirs = base.replace("NEEDS-ACTION:mailto:a@x", "ACCEPTED:mailto:A@x").replace("mailto:A@x", "mailto:a@x");
        let found = of(&base, &mine, &theirs);
        assert!(found.conflicts.is_empty(), "{found:?}");
        assert!(
            found.ics.contains("PARTSTAT=ACCEPTED:mailto:a@x") && found.ics.contains("mailto:c@x") && !found.ics.contains("mailto:b@x")
        );
        let declined = base.replace("NEEDS-ACTION:mailto:a@x", "DECLINED:mailto:a@x");
        assert_eq!(of(&base, &declined, &theirs).conflicts[0].field, "guests");
    }

    #[test]
    fn exceptions_of_both_sides_are_kept() {
        let base = event("RRULE:FREQ=DAILY\nEXDATE;TZID=Europe/Berlin:20261201T100000,20261202T100000");
        let mine = base.replace("20261201T100000,20261202T100000", "20261201T100000,20261202T100000,20261203T100000");
        let theirs = base.replace("20261201T100000,20261202T100000", "20261202T100000,20261204T100000");
        let found = of(&base, &mine, &theirs);
        assert!(found.conflicts.is_empty());
        let days: Vec<bool> = (1..=4).map(|d| found.ics.contains(&format!("2026120{d}T100000"))).collect();
        assert_eq!(days, [false, true, true, true], "{}", found.ics);
    }

    #[test]
    fn components_are_matched_by_what_they_stand_for() {
        let moved = |day: u32, title: &str| {
            format!(
                "BEGIN:VEVENT\nUID:a\nDTSTAMP:20260101T000000Z\nRECURRENCE-ID:202612{day:02}T090000Z\nDTSTART:202612{day:02}T120000Z\nSUMMARY:{title}\nEND:VEVENT\n"
            )
        };
        let series = |rest: &str| {
            doc(&format!(
                "BEGIN:VEVENT\nUID:a\nDTSTAMP:20260101T000000Z\nDTSTART:20261201T090000Z\nRRULE:FREQ=DAILY\nSUMMARY:S\nEND:VEVENT\n{rest}"
            ))
        };
        let base = series(&(moved(3, "Three") + &moved(4, "Four")));
        let mine = series(&(moved(3, "Three mine") + &moved(5, "Five")));
        let theirs = series(&(moved(3, "Three") + &moved(4, "Four") + &moved(6, "Six")));
        let found = of(&base, &mine, &theirs);
        assert!(found.conflicts.is_empty(), "{found:?}");
        for (title, there) in [("Three mine", true), ("Four", false), ("Five", true), ("Six", true)] {
            assert_eq!(found.ics.contains(&format!("SUMMARY:{title}\r\n")), there, "{title}\n{}", found.ics);
        }
        // Deleted on one side and changed on the other.
        let changed = series(&(moved(3, "Three") + &moved(4, "Four changed")));
        let found = of(&base, &mine, &changed);
        assert_eq!((found.conflicts[0].field, found.conflicts[0].theirs.as_str()), ("deleted", "Four changed"));
        assert!(found.ics.contains("Four changed"));
        assert_eq!(of(&base, &changed, &series(&moved(3, "Three"))).conflicts[0].mine, "Four changed");
    }

    #[test]
    fn alarms_and_zones_come_along() {
        let alarm = |m: u32| format!("BEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:x\nTRIGGER:-PT{m}M\nEND:VALARM");
        let base = event("SUMMARY:S");
        let mine = event(&format!("SUMMARY:S\n{}", alarm(10)));
        let found = of(&base, &mine, &base.replace("SUMMARY:S", "SUMMARY:T"));
        assert!(found.conflicts.is_empty() && found.ics.contains("TRIGGER:-PT10M") && found.ics.contains("SUMMARY:T"));
        let both = of(&base, &mine, &event(&format!("SUMMARY:S\n{}", alarm(30))));
        assert_eq!((both.conflicts[0].mine.as_str(), both.conflicts[0].theirs.as_str()), ("10 min", "30 min"));
        let elsewhere = base.replace("Europe/Berlin", "America/New_York");
        assert!(of(&base, &elsewhere, &base).ics.contains("TZID:America/New_York"), "described for whoever reads it");
        assert!(merge("x", "y", "z", &Zone::fixed(0)).is_err());
    }
}
