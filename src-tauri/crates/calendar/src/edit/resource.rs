//! One resource as it is edited: its components beside what they mean.

use std::collections::HashMap;

use domain::time::{Timestamp, Zone};

use crate::{
    edit::{
        EditError,
        times::{Time, Times},
        vtimezone,
    },
    event::Event,
    file::labels,
    lines::{Component, parse},
    read::{Zones, events},
    series::{Occurrence, Series},
    when::When,
};

/// A VEVENT of the resource.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    /// Its place among the children.
    pub at: usize,
    pub component: Component,
    /// As it was when the resource was read.
    pub event: Event,
}

impl Own {
    /// The key of the member that it stands for.
    pub fn key(&self) -> Option<String> {
        self.event.stands_for.as_ref().map(|(member, _)| member.key())
    }

    /// It stands for all that follow, too.
    pub fn onward(&self) -> bool {
        matches!(self.event.stands_for, Some((_, true)))
    }

    pub fn times(&self, zones: &Zones, viewer: &Zone) -> Result<Times, EditError> {
        let start = Time::of(&self.component, "DTSTART", zones).ok_or(EditError::NoStart)?;
        Ok(Times::lasting(&start, self.event.lasts, viewer))
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Resource {
    /// What was before and after the VCALENDAR in its stream.
    before: Vec<Component>,
    after: Vec<Component>,
    /// Without the VEVENTs below.
    pub calendar: Component,
    /// Where its children were among those.
    places: Vec<usize>,
    pub zones: Zones,
    pub viewer: Zone,
    pub uid: String,
    pub master: Option<Own>,
    pub overrides: Vec<Own>,
}

/// A member that is there.
pub(crate) struct Member {
    /// As the master's own rule and dates name it. None: only its override does.
    pub named: Option<Occurrence>,
    /// The override that stands for it.
    pub own: Option<usize>,
    /// The override from before that stands for all that follow.
    pub governed: Option<usize>,
}

impl Resource {
    /// The first VCALENDAR that holds a VEVENT, and everything of that one's UID. Versions that a later one replaces are left out (RFC 5546
    /// section 2.1.5).
    pub fn read(ics: &str, viewer: &Zone) -> Result<Self, EditError> {
        let mut roots = parse(ics.as_bytes())?;
        let at = roots.iter().position(|root| root.children_of("VEVENT").next().is_some()).ok_or(EditError::NoEvent)?;
        let after = roots.split_off(at + 1);
        let mut calendar = roots.pop().ok_or(EditError::NoEvent)?;
        let (found, zones) = events(&calendar.print(), viewer).ok_or(EditError::NoEvent)?;
        let mut found = found.into_iter();
        let mut out = Self {
            before: roots,
            after,
            calendar: Component::default(),
            places: Vec::new(),
            zones,
            viewer: viewer.clone(),
            uid: String::new(),
            master: None,
            overrides: Vec::new(),
        };
        let mut known: HashMap<(String, bool), usize> = HashMap::new();
        let (mut rest, mut any) = (Vec::new(), false);
        for (at, component) in std::mem::take(&mut calendar.children).into_iter().enumerate() {
            let event = if component.is("VEVENT") { found.next().flatten() } else { None };
            match event {
                Some(event) if !any || (!out.uid.is_empty() && event.uid == out.uid) => {
                    any = true;
                    out.uid.clone_from(&event.uid);
                    out.place(Own { at, component, event }, &mut known);
                }
                _ => {
                    rest.push(component);
                    out.places.push(at);
                }
            }
        }
        calendar.children = rest;
        out.calendar = calendar;
        if any { Ok(out) } else { Err(EditError::NoStart) }
    }

    fn place(&mut self, own: Own, known: &mut HashMap<(String, bool), usize>) {
        let version = |own: &Own| (own.event.sequence, own.event.stamp);
        let Some(key) = own.key() else {
            if self.master.as_ref().is_none_or(|old| version(&own) >= version(old)) {
                self.master = Some(own);
            }
            return;
        };
        let at = *known.entry((key, own.onward())).or_insert(self.overrides.len());
        match self.overrides.get_mut(at) {
            Some(old) if version(&own) >= version(old) => *old = own,
            Some(_) => {}
            None => self.overrides.push(own),
        }
    }

    /// Where one more VEVENT belongs: with the others.
    pub fn next_place(&self) -> usize {
        self.master.iter().chain(&self.overrides).map(|own| own.at).max().unwrap_or(usize::MAX)
    }

    /// As it is now, with a description of every zone that it speaks of.
    pub fn print(&self) -> String {
        let mut calendar = self.calendar.clone();
        let places = self.places.iter().copied().chain(std::iter::repeat(0));
        let mut children: Vec<(usize, Component)> = places.zip(std::mem::take(&mut calendar.children)).collect();
        children.extend(self.master.iter().chain(&self.overrides).map(|own| (own.at, own.component.clone())));
        children.sort_by_key(|(at, _)| *at);
        calendar.children = children.into_iter().map(|(_, child)| child).collect();
        describe_zones(&mut calendar);
        let mut out = String::new();
        for root in self.before.iter().chain([&calendar]).chain(&self.after) {
            root.print_to(&mut out);
        }
        out
    }

    /// A resource of its own beside it: the same head and zones, and nothing in it.
    pub fn beside(&self, uid: &str) -> Self {
        let mut calendar = self.calendar.clone();
        calendar.children.retain(|child| child.is("VTIMEZONE"));
        Self {
            before: Vec::new(),
            after: Vec::new(),
            calendar,
            places: Vec::new(),
            zones: self.zones.clone(),
            viewer: self.viewer.clone(),
            uid: uid.to_owned(),
            master: None,
            overrides: Vec::new(),
        }
    }

    pub fn series(&self) -> Series {
        Series {
            master: self.master.as_ref().map(|own| own.event.clone()),
            overrides: self.overrides.iter().map(|own| own.event.clone()).collect(),
        }
    }

    /// What the master names by itself.
    pub fn named(&self) -> Series {
        Series { master: self.master.as_ref().map(|own| own.event.clone()), overrides: Vec::new() }
    }

    /// It happens once.
    pub fn single(&self) -> bool {
        self.overrides.is_empty() && self.master.as_ref().is_some_and(|own| own.event.rule.is_none() && own.event.also.is_empty())
    }

    /// Whether this is the master's own start.
    pub fn is_first(&self, member: &When) -> bool {
        self.master.as_ref().is_some_and(|own| own.event.start.key() == member.key())
    }

    pub fn member(&self, member: &When) -> Result<Member, EditError> {
        let key = member.key();
        let own = self.overrides.iter().position(|own| own.key().as_ref() == Some(&key));
        let named = named(&self.named(), member, &self.viewer);
        if named.is_none() && own.is_none() {
            return Err(EditError::NoSuchMember);
        }
        let at = member.instant(&self.viewer);
        let since = |own: &Own| own.event.stands_for.as_ref().map_or(at, |(since, _)| since.instant(&self.viewer));
        let onward = self.overrides.iter().enumerate().filter(|(_, own)| own.onward() && since(own) <= at);
        let governed = onward.max_by_key(|(_, own)| since(own)).map(|(n, _)| n).filter(|n| Some(*n) != own);
        Ok(Member { named, own, governed })
    }

    /// One more VTIMEZONE, before everything else.
    pub fn add_zone(&mut self, zone: Component) {
        self.calendar.children.insert(0, zone);
        self.places.insert(0, 0);
    }

    pub fn keep_zones(&mut self, wanted: impl Fn(&Component) -> bool) {
        let places = std::mem::take(&mut self.places).into_iter().chain(std::iter::repeat(0));
        let children = places.zip(std::mem::take(&mut self.calendar.children));
        let kept = children.filter(|(_, child)| !child.is("VTIMEZONE") || wanted(child));
        (self.places, self.calendar.children) = kept.unzip();
    }

    pub fn described(&self, label: &str) -> bool {
        self.calendar.children_of("VTIMEZONE").any(|zone| zone.text("TZID").as_deref() == Some(label))
    }
}

/// The member of this key, as the master names it.
pub(crate) fn named(series: &Series, member: &When, viewer: &Zone) -> Option<Occurrence> {
    let key = member.key();
    let at = member.instant(viewer);
    let found = series.occurrences(at, at.plus_secs(1), viewer).occurrences;
    found.into_iter().find(|o| o.member.key() == key)
}

/// Whether anything is left of it.
pub(crate) fn has_members(ics: &str, viewer: &Zone) -> bool {
    let Ok(resource) = Resource::read(ics, viewer) else { return false };
    let series = resource.series();
    let Some(start) = series.master.as_ref().map(|master| master.start.instant(viewer)) else { return !series.overrides.is_empty() };
    let far = Timestamp(i64::MAX / 4);
    // The years in which most series have members, before all of time.
    [start.plus_secs(366 * 86_400), far]
        .into_iter()
        .any(|to| !series.occurrences(Timestamp(i64::MIN / 4), to, viewer).occurrences.is_empty())
}

/// Every TZID that is used and is the name of an IANA zone has a VTIMEZONE.
pub(super) fn describe_zones(calendar: &mut Component) {
    for label in labels(calendar) {
        if calendar.children_of("VTIMEZONE").any(|zone| zone.text("TZID").as_ref() == Some(&label)) {
            continue;
        }
        if let Some(zone) = vtimezone::of_name(&label) {
            let at = calendar.children.iter().take_while(|child| child.is("VTIMEZONE")).count();
            calendar.children.insert(at, zone);
        }
    }
}
