//! What two sides made of one resource, put together: by component, and inside of it by what a person would call one thing (the time,
//! the guests, …). Where both changed the same thing to something else, theirs stays in the text and both are told.
//!
//! It starts from theirs, so what nobody understands is as the server has it; what was changed here against the base goes into it.
//!
//! A date of a series may be described by an override on one side and by the series itself on another. Then the series says what an
//! override would have said, so that "the title of all" here and "another room for one date" there go together. And where one side moved the
//! whole series, the others are first moved to where it is now: after that a date has the same name on all sides.

mod component;
#[cfg(test)]
mod edit_tests;

use std::collections::BTreeSet;

use domain::time::Zone;

use self::component::{Three, same, title};
use crate::{
    edit::{
        EditError, Own, Resource,
        series::{divide, instance, moved_to},
        times::Times,
    },
    file::labels,
    when::When,
};

/// Both values of one thing, in words that a person can read; empty where a side has none.
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

/// `base`: what both sides began with. DTSTAMP, LAST-MODIFIED, SEQUENCE and CREATED never conflict: the later one is kept.
pub fn merge(base: &str, mine: &str, theirs: &str, viewer: &Zone) -> Result<Merged, EditError> {
    let (base, mine, theirs) = (Resource::read(base, viewer)?, Resource::read(mine, viewer)?, Resource::read(theirs, viewer)?);
    let described: BTreeSet<String> = theirs.calendar.children_of("VTIMEZONE").filter_map(|zone| zone.text("TZID")).collect();
    let mut conflicts = Vec::new();
    let [base, mine, theirs] = together([base, mine, theirs])?;
    let (base, mine, theirs, moved) = meet(base, mine, theirs, &mut conflicts)?;
    let sides = Sides { base: &base, mine: &mine, theirs: &theirs, moved };
    let mut out = theirs.clone();
    out.master = sides.master(&mut conflicts);
    out.overrides.clear();
    let mut keys: Vec<(String, bool)> = Vec::new();
    for own in [&theirs, &base, &mine].into_iter().flat_map(|side| &side.overrides) {
        keys.extend(own.key().map(|key| (key, own.onward())));
    }
    let mut seen = BTreeSet::new();
    keys.retain(|key| seen.insert(key.clone()));
    let next = theirs.next_place();
    let mut kept = BTreeSet::new();
    for (key, onward) in keys {
        let before = conflicts.len();
        let own = sides.date(&key, onward, next, &mut conflicts);
        if own.is_some() && conflicts.iter().skip(before).any(|conflict| conflict.field == "deleted") {
            kept.insert(key);
        }
        out.overrides.extend(own);
    }
    // A date that was taken away here and changed there is there: no EXDATE of ours hides it.
    if let (Some(master), Some(there)) = (&mut out.master, &theirs.master) {
        let theirs: BTreeSet<String> = there.event.except.iter().map(When::key).collect();
        divide(&mut master.component, &["EXDATE"], &mine.zones, |when| !kept.contains(&when.key()) || theirs.contains(&when.key()));
    }
    let mut used = BTreeSet::new();
    out.master.iter().chain(&out.overrides).for_each(|own| used.extend(labels(&own.component)));
    let known = |label: &String| described.contains(label) || used.contains(label);
    out.keep_zones(|zone| zone.text("TZID").is_some_and(|label| known(&label)));
    Ok(Merged { ics: out.print(), conflicts })
}

/// Every side has the descriptions of all zones. What two describe is as theirs says it.
fn together(sides: [Resource; 3]) -> Result<[Resource; 3], EditError> {
    let zones: Vec<_> = sides.iter().rev().flat_map(|side| side.calendar.children_of("VTIMEZONE").cloned()).collect();
    let mut out = Vec::new();
    for mut side in sides.clone() {
        let mut more = false;
        for zone in &zones {
            if zone.text("TZID").is_some_and(|label| !side.described(&label)) {
                side.add_zone(zone.clone());
                more = true;
            }
        }
        out.push(if more { Resource::read(&side.print(), &side.viewer)? } else { side });
    }
    Ok(<[Resource; 3]>::try_from(out).unwrap_or(sides))
}

/// All sides at the times at which the series is in the end; and whether those are mine.
fn meet(
    base: Resource,
    mine: Resource,
    theirs: Resource,
    conflicts: &mut Vec<Conflict>,
) -> Result<(Resource, Resource, Resource, bool), EditError> {
    let times = |side: &Resource| side.master.as_ref().map(|own| own.times(&side.zones, &side.viewer)).transpose();
    let (Some(was), Some(here), Some(there)) = (times(&base)?, times(&mine)?, times(&theirs)?) else {
        return Ok((base, mine, theirs, false));
    };
    let equal = |a: &Times, b: &Times| (&a.start.when, &a.end.when) == (&b.start.when, &b.end.when);
    if equal(&here, &was) && equal(&there, &was) {
        return Ok((base, mine, theirs, false));
    }
    if equal(&there, &was) {
        return Ok((moved_to(&base, &here)?, mine, moved_to(&theirs, &here)?, true));
    }
    if !equal(&here, &was) && !equal(&here, &there) {
        let words = |side: &Resource| side.master.as_ref().map(|own| component::time(&own.event)).unwrap_or_default();
        conflicts.push(Conflict { field: "time", mine: words(&mine), theirs: words(&theirs) });
    }
    let mine = if equal(&here, &there) { mine } else { moved_to(&mine, &there)? };
    Ok((moved_to(&base, &there)?, mine, theirs, false))
}

struct Sides<'a> {
    base: &'a Resource,
    mine: &'a Resource,
    theirs: &'a Resource,
    /// The series is at my times, and not where it was.
    moved: bool,
}

/// What a side says about a date: by an override, or by the series.
fn said(side: &Resource, key: &str, onward: bool, member: &When) -> (Option<Own>, bool) {
    let own = side.overrides.iter().find(|own| own.onward() == onward && own.key().as_deref() == Some(key));
    if own.is_some() || onward {
        return (own.cloned(), own.is_some());
    }
    let named = side.member(member).ok().filter(|found| found.own.is_none());
    (named.and_then(|found| instance(side, &found).ok()), false)
}

fn gone(mine: Option<&Own>, theirs: Option<&Own>) -> Conflict {
    let title = |own: Option<&Own>| own.map(title).unwrap_or_default();
    Conflict { field: "deleted", mine: title(mine), theirs: title(theirs) }
}

impl Sides<'_> {
    fn three<'a>(&'a self, base: Option<&'a Own>, mine: &'a Own, theirs: &'a Own) -> Three<'a> {
        Three { base, mine, theirs, zones: [&self.base.zones, &self.mine.zones, &self.theirs.zones], moved: self.moved }
    }

    fn unchanged(&self, base: &Own, other: &Own, side: &Resource) -> bool {
        same(base, &self.base.zones, other, &side.zones)
    }

    fn master(&self, conflicts: &mut Vec<Conflict>) -> Option<Own> {
        let base = self.base.master.as_ref();
        match (&self.mine.master, &self.theirs.master) {
            (Some(mine), Some(theirs)) => {
                let component = self.three(base, mine, theirs).merged(conflicts);
                Some(Own { component, ..theirs.clone() })
            }
            (None, Some(theirs)) => {
                let drop = base.is_some_and(|base| self.unchanged(base, theirs, self.theirs));
                if base.is_some() && !drop {
                    conflicts.push(gone(None, Some(theirs)));
                }
                (!drop).then(|| theirs.clone())
            }
            (Some(mine), None) => {
                let add = base.is_none();
                if base.is_some_and(|base| !self.unchanged(base, mine, self.mine)) {
                    conflicts.push(gone(Some(mine), None));
                }
                add.then(|| mine.clone())
            }
            (None, None) => None,
        }
    }

    /// The override of a date, where it has one in the end. `place`: for one that is new there.
    fn date(&self, key: &str, onward: bool, place: usize, conflicts: &mut Vec<Conflict>) -> Option<Own> {
        let mut all = [self.theirs, self.mine, self.base].into_iter().flat_map(|side| &side.overrides);
        let member = all.find(|own| own.key().as_deref() == Some(key)).and_then(|own| own.event.stands_for.clone())?.0;
        let (base, own_before) = said(self.base, key, onward, &member);
        let (mine, own_here) = said(self.mine, key, onward, &member);
        let (theirs, own_there) = said(self.theirs, key, onward, &member);
        // One side gave up an override that was there: the date is as the series says, or gone with it.
        let mine = mine.filter(|_| own_here || !own_before);
        let theirs = theirs.filter(|_| own_there || !own_before);
        match (mine, theirs) {
            _ if !own_here && !own_there => None,
            (Some(mine), Some(theirs)) => {
                let told = conflicts.len();
                let component = self.three(base.as_ref(), &mine, &theirs).merged(conflicts);
                let merged = Own { component, ..theirs.clone() };
                // An override that says nothing is none, unless there is one.
                let says = own_there || conflicts.len() > told || merged.component != theirs.component;
                let at = if own_there { theirs.at } else { place };
                says.then_some(Own { at, ..merged })
            }
            // It is gone on one side, or was never there.
            (None, Some(theirs)) => match base {
                Some(base) if self.unchanged(&base, &theirs, self.theirs) => None,
                Some(_) => {
                    conflicts.push(gone(None, Some(&theirs)));
                    Some(theirs)
                }
                None => Some(theirs),
            },
            (Some(mine), None) => match base {
                Some(base) => {
                    if !self.unchanged(&base, &mine, self.mine) {
                        conflicts.push(gone(Some(&mine), None));
                    }
                    None
                }
                None => Some(Own { at: place, ..mine }),
            },
            (None, None) => None,
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
