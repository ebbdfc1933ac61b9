//! Edits of a series: one member, all that follow, all.

use chrono::{Duration, NaiveDateTime, NaiveTime};
use domain::time::Zone;

use crate::{
    edit::{
        Context, EditError, Edited, Fields,
        fields::{self, finish, inherited, touch},
        resource::{Member, Own, Resource, describe_zones, has_members, named},
        rules::{Move, Parts},
        times::{Form, Time, Times, later, utc},
    },
    event::Lasts,
    file,
    lines::{Component, Line},
    read::Zones,
    series::{Rule, Series},
    when::When,
};

/// Members of a rule that are counted: as many as are followed when it is expanded.
const MOST_STEPS: u32 = 200_000;

pub(super) fn create(uid: &str, fields: &Fields, context: &Context<'_>) -> Result<String, EditError> {
    let span = fields.time.as_ref().ok_or(EditError::NoTime)?;
    let times = Times::of_span(span, None, &|_| false)?;
    let mut event = Component::new("VEVENT");
    event.lines.push(Line::text("UID", uid));
    touch(&mut event, context.now);
    event.lines.push(Line::new("CREATED", &utc(context.now)));
    event.lines.push(Line::new("SEQUENCE", "0"));
    times.put(&mut event);
    if let Some(rule) = fields.rule.as_deref().map(str::trim).filter(|rule| !rule.is_empty()) {
        event.lines.push(Line::new("RRULE", &fitting(rule, &times.start, context)?));
    }
    let mut calendar = Component::new("VCALENDAR");
    calendar.lines = file::header();
    calendar.children.push(event);
    // What there is to compare with: nothing.
    let (found, _) = crate::read::events(&calendar.print(), context.viewer).ok_or(EditError::NoEvent)?;
    let empty = found.into_iter().next().flatten().ok_or(EditError::NoStart)?;
    if let Some(event) = calendar.children.last_mut() {
        fields::put(event, &empty, fields, context);
    }
    describe_zones(&mut calendar);
    Ok(calendar.print())
}

/// A rule as a person gives it, with an end of the right kind.
fn fitting(rule: &str, start: &Time, context: &Context<'_>) -> Result<String, EditError> {
    Rule::parse(rule, &start.when).map_err(EditError::Rule)?;
    let mut parts = Parts::parse(rule);
    if parts.get("COUNT").is_some() && parts.get("UNTIL").is_some() {
        return Err(EditError::Rule("it has both COUNT and UNTIL".to_owned()));
    }
    parts.fit_until(start, context.viewer);
    Ok(parts.print())
}

/// One component by itself.
fn one(resource: &Resource, own: &mut Own, fields: &Fields, context: &Context<'_>) -> Result<(), EditError> {
    let before = own.component.clone();
    if let Some(span) = &fields.time {
        let old = own.times(&resource.zones, &resource.viewer)?;
        let new = Times::of_span(span, Some(&old.start), &|label| resource.described(label))?;
        if new != old {
            new.put(&mut own.component);
        }
    }
    fields::put(&mut own.component, &own.event, fields, context);
    finish(&before, &mut own.component, context);
    Ok(())
}

pub(super) fn only(resource: &mut Resource, member: &When, fields: &Fields, context: &Context<'_>) -> Result<(), EditError> {
    if fields.rule.is_some() {
        return Err(EditError::RuleOfOne);
    }
    if resource.single() {
        return if resource.is_first(member) { all(resource, fields, None, context) } else { Err(EditError::NoSuchMember) };
    }
    with_member(resource, member, |resource, own| one(resource, own, fields, context))
}

/// Edits the override of a member, which is made where there is none and the edit changes anything.
pub(super) fn with_member(
    resource: &mut Resource,
    member: &When,
    edit: impl FnOnce(&Resource, &mut Own) -> Result<(), EditError>,
) -> Result<(), EditError> {
    let found = resource.member(member)?;
    let mut own = match found.own.and_then(|n| resource.overrides.get(n)) {
        Some(own) if own.onward() => return Err(EditError::Ranged),
        Some(own) => own.clone(),
        None => instance(resource, &found)?,
    };
    let before = own.component.clone();
    edit(resource, &mut own)?;
    match found.own.and_then(|n| resource.overrides.get_mut(n)) {
        Some(place) => *place = own,
        None if own.component != before => resource.overrides.push(own),
        None => {}
    }
    Ok(())
}

/// A member as an override that says nothing new.
pub(crate) fn instance(resource: &Resource, member: &Member) -> Result<Own, EditError> {
    let (viewer, zones) = (&resource.viewer, &resource.zones);
    let (Some(master), Some(found)) = (&resource.master, &member.named) else { return Err(EditError::NoSuchMember) };
    let first = Time::of(&master.component, "DTSTART", zones).ok_or(EditError::NoStart)?;
    let here = first.on_wall(found.member.wall());
    let base = member.governed.and_then(|n| resource.overrides.get(n)).unwrap_or(master);
    let mut own = Own { at: resource.next_place(), component: base.component.clone(), event: base.event.clone() };
    let mut times = Times::lasting(&here, master.event.lasts, viewer);
    if let Some((since, _)) = &base.event.stands_for {
        let start = Time::of(&base.component, "DTSTART", zones).ok_or(EditError::NoStart)?;
        let shift = start.when.wall() - since.wall();
        times = Times::lasting(&start.on_wall(later(here.when.wall(), shift)), base.event.lasts, viewer);
    } else if times.end.when.instant(viewer) != found.end {
        // A date of its own length.
        times.end = here.at(found.end, viewer);
        own.event.lasts = Lasts::Exactly(found.end.secs() - found.start.secs());
        own.component.remove("DURATION");
    }
    for name in ["RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"] {
        own.component.remove(name);
    }
    match (own.component.line("DURATION").is_some(), own.component.line_mut("DTSTART")) {
        (true, Some(line)) => times.start.put(line, &times.start.value()),
        _ => put_times(&mut own.component, &times, viewer),
    }
    let at = own.component.lines.iter().position(|line| line.is("UID")).map_or(0, |at| at + 1);
    own.component.lines.insert(at, here.line("RECURRENCE-ID"));
    own.event.start = times.start.when;
    own.event.stands_for = Some((here.when, false));
    own.event.rule = None;
    own.event.also = Vec::new();
    own.event.except = Vec::new();
    Ok(own)
}

/// Where a length that stays is written as it was: as DURATION, or not at all.
fn put_times(component: &mut Component, times: &Times, viewer: &Zone) {
    let least = if times.start.when.is_date() { Lasts::Nominally { days: 1, secs: 0 } } else { Lasts::Exactly(0) };
    let unsaid = component.line("DTEND").is_none() && *times == Times::lasting(&times.start, least, viewer);
    match component.line_mut("DTSTART") {
        Some(line) if unsaid => times.start.put(line, &times.start.value()),
        _ => times.put(component),
    }
}

/// All of it. `anchor`: the member whose time is given, where that is not the start.
pub(super) fn all(resource: &mut Resource, fields: &Fields, anchor: Option<&When>, context: &Context<'_>) -> Result<(), EditError> {
    let Some(mut master) = resource.master.take() else { return orphans(resource, fields, context) };
    let before = master.component.clone();
    let overrides: Vec<Component> = resource.overrides.iter().map(|own| own.component.clone()).collect();
    whole(resource, &mut master, fields, anchor, context)?;
    finish(&before, &mut master.component, context);
    resource.master = Some(master);
    for (own, before) in resource.overrides.iter_mut().zip(&overrides) {
        finish(before, &mut own.component, context);
    }
    // Under another rule some dates are none any more.
    if before.value("RRULE").is_some() && fields.rule.is_some() && !resource.overrides.is_empty() {
        let series = Resource::read(&resource.print(), &resource.viewer)?;
        let (names, viewer) = (series.named(), resource.viewer.clone());
        let keys: Vec<bool> = series.overrides.iter().map(|own| is_named(&names, own, &viewer)).collect();
        if keys.len() == resource.overrides.len() {
            let mut keep = keys.into_iter();
            resource.overrides.retain(|_| keep.next().unwrap_or(true));
        }
    }
    Ok(())
}

fn is_named(series: &Series, own: &Own, viewer: &Zone) -> bool {
    own.event.stands_for.as_ref().is_none_or(|(member, _)| named(series, member, viewer).is_some())
}

fn whole(
    resource: &mut Resource,
    master: &mut Own,
    fields: &Fields,
    anchor: Option<&When>,
    context: &Context<'_>,
) -> Result<(), EditError> {
    let old = master.times(&resource.zones, &resource.viewer)?;
    let rule = master.component.value("RRULE").map(str::to_owned);
    let given =
        fields.rule.as_deref().map(str::trim).filter(|given| !Parts::parse(given).same(&Parts::parse(rule.as_deref().unwrap_or(""))));
    for own in &mut resource.overrides {
        let fields = inherited(fields, &master.event, &own.event);
        fields::put(&mut own.component, &own.event, &fields, context);
    }
    let mut new = old.clone();
    if let Some(span) = &fields.time {
        new = Times::of_span(span, Some(&old.start), &|label| resource.described(label))?;
        if let Some(anchor) = anchor {
            let late = old.start.when.wall() - old.start.wall_of(anchor);
            let beside = |time: &Time| time.on_wall(later(time.when.wall(), late));
            new = Times { start: beside(&new.start), end: beside(&new.end) };
        }
    }
    if new != old {
        relocate(resource, master, &old, &new, rule.as_deref().filter(|_| given.is_none()))?;
    }
    match given {
        Some("") => {
            for name in ["RRULE", "EXRULE", "RDATE", "EXDATE"] {
                master.component.remove(name);
            }
            resource.overrides.clear();
        }
        Some(given) => master.component.set(Line::new("RRULE", &fitting(given, &new.start, context)?)),
        None => {}
    }
    fields::put(&mut master.component, &master.event, fields, context);
    Ok(())
}

/// Puts a series at other times. `rule`: what has to follow; None: it stays as it is.
fn relocate(resource: &mut Resource, master: &mut Own, old: &Times, new: &Times, rule: Option<&str>) -> Result<(), EditError> {
    let viewer = resource.viewer.clone();
    let (way, moved) = Move::new(&old.start, &new.start, rule, &viewer)?;
    new.put(&mut master.component);
    if let Some(moved) = moved.filter(|moved| !rule.is_some_and(|rule| Parts::parse(rule) == Parts::parse(moved))) {
        Rule::parse(&moved, &new.start.when).map_err(|_| EditError::Immovable)?;
        if let Some(line) = master.component.line_mut("RRULE") {
            line.set_value(&moved);
        }
    }
    if !way.stays() {
        move_dates(&mut master.component, &way, &resource.zones);
    }
    for own in &mut resource.overrides {
        move_override(own, &way, master.event.lasts, new, &resource.zones, &viewer)?;
    }
    Ok(())
}

/// The same series at other times, as though somebody had moved all of it; a rule that can't follow stays as it is.
pub(crate) fn moved_to(resource: &Resource, to: &Times) -> Result<Resource, EditError> {
    let mut out = resource.clone();
    let Some(mut master) = out.master.take() else { return Ok(out) };
    let old = master.times(&out.zones, &out.viewer)?;
    let rule = master.component.value("RRULE").map(str::to_owned);
    let (again, at_first) = (out.clone(), master.clone());
    if relocate(&mut out, &mut master, &old, to, rule.as_deref()).is_err() {
        (out, master) = (again, at_first);
        relocate(&mut out, &mut master, &old, to, None)?;
    }
    out.master = Some(master);
    Resource::read(&out.print(), &out.viewer)
}

/// Dates of a series that is not here. They move together, and stand for the dates that they stood for.
fn orphans(resource: &mut Resource, fields: &Fields, context: &Context<'_>) -> Result<(), EditError> {
    if fields.rule.is_some() {
        return Err(EditError::NoSeries);
    }
    if fields.time.is_some() && resource.overrides.len() > 1 {
        return Err(EditError::NoSeries);
    }
    let mut overrides = std::mem::take(&mut resource.overrides);
    overrides.iter_mut().try_for_each(|own| one(resource, own, fields, context))?;
    resource.overrides = overrides;
    Ok(())
}

/// A date of the old series in the new one.
fn moved(time: &Time, way: &Move) -> Time {
    if time.when.is_date() && !way.old.when.is_date() {
        // A day that stands for what begins on it.
        let wall = way.wall(time.when.wall().date().and_time(way.old.when.wall().time()));
        return Time { when: When::Date(wall.date()), form: Form::Date };
    }
    way.new.on_wall(way.wall(old_wall(time, way)))
}

fn old_wall(time: &Time, way: &Move) -> NaiveDateTime {
    let wall = way.old.wall_of(&time.when);
    if way.old.when.is_date() { wall.date().and_time(NaiveTime::MIN) } else { wall }
}

/// EXDATE and RDATE. A line with anything on it that is no time stays as it is.
fn move_dates(component: &mut Component, way: &Move, zones: &Zones) {
    let mut out = Vec::with_capacity(component.lines.len());
    for line in std::mem::take(&mut component.lines) {
        let moved = if line.is("EXDATE") || line.is("RDATE") { move_line(&line, way, zones) } else { None };
        out.extend(moved.unwrap_or_else(|| vec![line]));
    }
    component.lines = out;
}

fn move_line(line: &Line, way: &Move, zones: &Zones) -> Option<Vec<Line>> {
    let label = line.param("TZID");
    let read = |value: &str| Time::read(value, label.as_deref(), zones);
    let mut out: Vec<(Time, Vec<String>, bool)> = Vec::new();
    for value in line.value().split(',').map(str::trim).filter(|value| !value.is_empty()) {
        let (begin, end) = value.split_once('/').map_or((value, None), |(begin, end)| (begin, Some(end)));
        let old = read(begin)?;
        let new = moved(&old, way);
        // A day has no length of its own.
        let end = end.filter(|_| !new.when.is_date()).map(|end| match read(end) {
            Some(end) => {
                let by = way.old.wall_of(&end.when) - way.old.wall_of(&old.when);
                new.on_wall(later(new.when.wall(), by)).value()
            }
            None => end.to_owned(),
        });
        let period = end.is_some();
        let text = end.map_or_else(|| new.value(), |end| format!("{}/{end}", new.value()));
        match out.iter_mut().find(|(form, _, of_periods)| form.form == new.form && *of_periods == period) {
            Some((_, values, _)) => values.push(text),
            None => out.push((new, vec![text], period)),
        }
    }
    let line = |(form, values, period): (Time, Vec<String>, bool)| {
        let mut line = line.clone();
        form.put(&mut line, &values.join(","));
        if period {
            line.set_param("VALUE", "PERIOD");
        }
        line
    };
    Some(out.into_iter().map(line).collect())
}

/// `lasts`: of the old master; `master`: the new one's times.
fn move_override(own: &mut Own, way: &Move, lasts: Lasts, master: &Times, zones: &Zones, viewer: &Zone) -> Result<(), EditError> {
    let Some(member) = Time::of(&own.component, "RECURRENCE-ID", zones) else { return Ok(()) };
    let to = moved(&member, way);
    let old = own.times(zones, viewer)?;
    let wall = old.start.when.wall();
    let by = to.when.wall() - if member.when.is_date() { member.when.wall() } else { old_wall(&member, way) };
    let start = if way.stays() {
        old.start.clone()
    } else if old.start.when.is_date() != way.old.when.is_date() {
        // It is of another kind than its series, and stays so: it moves by days.
        let days = to.when.wall().date() - member.when.wall().date();
        old.start.on_wall(later(wall, days))
    } else if old.start.when.zone() == way.old.when.zone() || way.new.when.is_date() {
        way.new.on_wall(later(wall, by))
    } else {
        old.start.on_wall(later(wall, by))
    };
    let length = if own.event.lasts == lasts {
        master.end.when.wall() - master.start.when.wall()
    } else {
        old.end.when.wall() - old.start.when.wall()
    };
    let length = if start.when.is_date() { Duration::days(((length.num_seconds() + 86_399) / 86_400).max(1)) } else { length };
    let new = Times { end: start.on_wall(later(start.when.wall(), length)), start };
    if new != old {
        new.put(&mut own.component);
    }
    if !way.stays()
        && let Some(line) = own.component.line_mut("RECURRENCE-ID")
    {
        to.put(line, &to.value());
    }
    Ok(())
}

/// Takes a member away; whether nothing is left at all.
pub(super) fn without(resource: &mut Resource, member: &When, context: &Context<'_>) -> Result<bool, EditError> {
    if resource.single() {
        return if resource.is_first(member) { Ok(true) } else { Err(EditError::NoSuchMember) };
    }
    let found = resource.member(member)?;
    if let Some(n) = found.own {
        if resource.overrides.get(n).is_some_and(Own::onward) {
            return Err(EditError::Ranged);
        }
        resource.overrides.remove(n);
    }
    let zones = resource.zones.clone();
    let Some(master) = &mut resource.master else { return Ok(resource.overrides.is_empty()) };
    let first = Time::of(&master.component, "DTSTART", &zones).ok_or(EditError::NoStart)?;
    let before = master.component.clone();
    if let Some(named) = &found.named {
        let line = first.on_wall(named.member.wall()).line("EXDATE");
        let mut after = ["EXDATE", "RDATE", "RRULE", "DTSTART"].iter();
        let at = after.find_map(|name| master.component.lines.iter().rposition(|line| line.is(name)));
        master.component.lines.insert(at.map_or(0, |at| at + 1), line);
    }
    finish(&before, &mut master.component, context);
    Ok(false)
}

/// Ends a series before a member; whether nothing is left at all.
pub(super) fn until(resource: &mut Resource, member: &When, context: &Context<'_>) -> Result<bool, EditError> {
    if resource.master.is_none() {
        return Err(EditError::NoSeries);
    }
    if resource.is_first(member) {
        return Ok(true);
    }
    let found = resource.member(member)?;
    let at = found.named.as_ref().map_or(member, |named| &named.member).clone();
    cut(resource, &at, context)?;
    Ok(false)
}

/// Keeps what is before a member.
fn cut(resource: &mut Resource, member: &When, context: &Context<'_>) -> Result<(), EditError> {
    let (viewer, zones) = (resource.viewer.clone(), resource.zones.clone());
    resource.overrides.retain(|own| own.event.stands_for.as_ref().is_none_or(|(of, _)| side(of, member, &viewer).0));
    let Some(master) = &mut resource.master else { return Err(EditError::NoSeries) };
    let before = master.component.clone();
    let first = Time::of(&master.component, "DTSTART", &zones).ok_or(EditError::NoStart)?;
    // A rule that has ended by then is not to begin again.
    let goes_on = match &master.event.rule {
        Some(rule) => count(rule, &master.event.start, member, &viewer)?.1.is_some(),
        None => false,
    };
    if let Some(line) = master.component.line_mut("RRULE") {
        let mut parts = Parts::parse(line.value());
        if goes_on || (parts.get("COUNT").is_none() && parts.get("UNTIL").is_none()) {
            parts.end_before(&first, member, &viewer);
            line.set_value(&parts.print());
        }
    }
    divide(&mut master.component, &["EXDATE", "RDATE"], &zones, |of| side(of, member, &viewer).0);
    finish(&before, &mut master.component, context);
    Ok(())
}

/// Whether a date belongs before a member, and whether to it and what follows. A day that stands for what begins on it may be both.
fn side(of: &When, member: &When, viewer: &Zone) -> (bool, bool) {
    if of.is_date() && !member.is_date() {
        let (of, member) = (of.wall().date(), member.wall().date());
        return (of <= member, of >= member);
    }
    let before = of.instant(viewer) < member.instant(viewer);
    (before, !before)
}

/// Keeps the dates that are wanted, of EXDATE or RDATE. What is no time stays.
pub(crate) fn divide(component: &mut Component, names: &[&str], zones: &Zones, wanted: impl Fn(&When) -> bool) {
    component.lines.retain_mut(|line| {
        if !names.iter().any(|name| line.is(name)) {
            return true;
        }
        let label = line.param("TZID");
        let keep = |value: &&str| {
            let begin = value.split('/').next().unwrap_or(value);
            Time::read(begin, label.as_deref(), zones).is_none_or(|time| wanted(&time.when))
        };
        let all: Vec<&str> = line.value().split(',').collect();
        let kept: Vec<&str> = all.iter().copied().filter(keep).collect();
        if kept.len() == all.len() {
            return true;
        }
        let kept = kept.join(",");
        line.set_value(&kept);
        !kept.is_empty()
    });
}

/// Where a series is divided: members of its rule before that, and the first one from there on.
fn count(rule: &Rule, start: &When, member: &When, viewer: &Zone) -> Result<(u32, Option<NaiveDateTime>), EditError> {
    let first = start.wall();
    let walls = rule.walls(first).map_err(EditError::Rule)?;
    let mut before: u32 = 0;
    for wall in std::iter::once(first).chain(walls.filter(|wall| *wall != first)) {
        let here = start.on_wall(wall);
        if rule.counts().is_some_and(|most| before >= most) || (wall != first && rule.over(&here, here.instant(viewer))) {
            return Ok((before, None));
        }
        if wall >= member.wall() {
            return Ok((before, Some(wall)));
        }
        before += 1;
        if before > MOST_STEPS {
            return Err(EditError::NoSuchMember);
        }
    }
    // It names nothing more, ever.
    Ok((before, None))
}

pub(super) fn following(
    resource: &Resource,
    member: &When,
    fields: &Fields,
    new_uid: &str,
    context: &Context<'_>,
) -> Result<Edited, EditError> {
    let mut old = resource.clone();
    let Some(master) = old.master.clone() else { return Err(EditError::NoSeries) };
    let found = old.member(member)?;
    let ranged = found.governed.is_some() || found.own.and_then(|n| old.overrides.get(n)).is_some_and(Own::onward);
    if ranged {
        return Err(EditError::Ranged);
    }
    let viewer = old.viewer.clone();
    let rule = Parts::parse(master.component.value("RRULE").unwrap_or_default());
    let fields = Fields { rule: fields.rule.clone().filter(|given| !Parts::parse(given).same(&rule)), ..fields.clone() };
    // Positions in a week are counted from its first day, or from where the series begins in it.
    if fields.rule.is_none() && rule.get("FREQ") == Some("WEEKLY") && rule.get("BYSETPOS").is_some() {
        return Err(EditError::Immovable);
    }
    let first = Time::of(&master.component, "DTSTART", &old.zones).ok_or(EditError::NoStart)?;
    let here = found.named.as_ref().map_or_else(|| member.clone(), |named| named.member.clone());
    let here = first.on_wall(first.wall_of(&here));
    let (before, next) = match &master.event.rule {
        Some(rule) => count(rule, &master.event.start, &here.when, &viewer)?,
        None => (0, None),
    };
    // A date beside the rule does not begin one: the next one of the rule does.
    let begin = next.map_or_else(|| here.clone(), |wall| first.on_wall(wall));
    let mut new = old.beside(new_uid);
    let mut component = master.component.clone();
    match (component.line("DURATION").is_some(), component.line_mut("DTSTART")) {
        (true, Some(line)) => begin.put(line, &begin.value()),
        _ => put_times(&mut component, &Times::lasting(&begin, master.event.lasts, &viewer), &viewer),
    }
    if let Some(line) = component.line_mut("RRULE") {
        let mut parts = Parts::parse(line.value());
        let left = master.event.rule.as_ref().and_then(Rule::counts).map(|count| count.saturating_sub(before));
        if let Some(left) = left {
            parts.set("COUNT", &left.to_string());
            line.set_value(&parts.print());
        }
        if next.is_none() || left == Some(1) {
            component.remove("RRULE");
        }
    }
    let from = here.when.instant(&viewer);
    let start = begin.when.instant(&viewer);
    divide(&mut component, &["EXDATE", "RDATE"], &old.zones, |of| side(of, &here.when, &viewer).1);
    divide(&mut component, &["RDATE"], &old.zones, |of| of.instant(&viewer) != start);
    component.set(Line::new("CREATED", &utc(context.now)));
    touch(&mut component, context.now);
    let rename = |mut own: Own| {
        own.component.set(Line::text("UID", new_uid));
        own
    };
    new.master = Some(rename(Own { component, ..master }));
    let after = old.overrides.iter().filter(|own| own.event.stands_for.as_ref().is_some_and(|(of, _)| side(of, &here.when, &viewer).1));
    new.overrides = after.cloned().map(rename).collect();
    cut(&mut old, &here.when, context)?;
    // Read again: it is another series now.
    let mut new = Resource::read(&new.print(), &viewer)?;
    let as_it_was = new.print();
    let anchor = (from != start).then_some(&here.when);
    all(&mut new, &fields, anchor, context)?;
    // The date itself may have been something else before: it is the one that the person edits.
    let mut new = Resource::read(&new.print(), &viewer)?;
    let member = match &fields.time {
        Some(span) => Times::of_span(span, Some(&here), &|label| new.described(label))?.start.when,
        None => here.when.clone(),
    };
    if let Some(n) = new.overrides.iter().position(|own| own.key() == Some(member.key())) {
        let mut own = new.overrides.remove(n);
        one(&new, &mut own, &Fields { rule: None, ..fields }, context)?;
        new.overrides.insert(n, own);
    }
    if new.print() == as_it_was {
        return Ok(Edited { ics: Some(resource.print()), new: None });
    }
    let ics = old.print();
    let alone = !has_members(&ics, &viewer);
    // Nothing may be left before it: then it is the old series, and stays that. Else it is a new one, and this is its first version.
    let version = |own: &Own| own.component.value("SEQUENCE").and_then(|n| n.trim().parse::<u32>().ok());
    let sequence = old.master.as_ref().and_then(version).filter(|_| alone).unwrap_or(0);
    for own in new.master.iter_mut().chain(&mut new.overrides) {
        own.component.set(Line::new("SEQUENCE", &sequence.to_string()));
        if alone {
            own.component.set(Line::text("UID", &old.uid));
        }
    }
    let text = new.print();
    Ok(if alone { Edited { ics: Some(text), new: None } } else { Edited { ics: Some(ics), new: Some((new_uid.to_owned(), text)) } })
}
