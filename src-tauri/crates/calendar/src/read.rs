//! From bytes to series. Whatever can be understood is; what can't is named, and nothing else is lost over it.

use std::{borrow::Cow, collections::HashMap};

use calcard::{
    Entry, Parser,
    common::PartialDateTime,
    icalendar::{
        ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarParameterName as Name, ICalendarParameterValue,
        ICalendarPeriod, ICalendarProperty as Property, ICalendarValue as Value,
    },
};
use chrono::{NaiveDate, NaiveDateTime};
use domain::time::Zone;

use crate::{
    call::{self, CallState},
    duration::minutes_before,
    event::{Attendee, Event, Lasts, Participation, Person, Status},
    lines::{self, Line},
    series::{Rule, Series},
    when::When,
    zone::{NamedZone, Onset, of_onsets},
};

/// More is not read: no calendar of a person is so large, and a feed could be anything.
pub const MOST_BYTES: usize = 10 << 20;
/// Changes of one description of a zone that are followed: two a year until well after 2100.
const MOST_ONSETS: usize = 400;
/// ACTIONs of alarms that a person notices (RFC 5545 section 3.8.6.1).
pub(crate) const ALARMS: [&str; 3] = ["DISPLAY", "AUDIO", "EMAIL"];
/// What vendors write instead of CONFERENCE, in the order in which they are believed.
pub(crate) const JOIN: [&str; 2] = ["X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL"];
/// Zones of one document that are only described. A person's calendar has one or two.
const MOST_DESCRIBED: usize = 20;

/// METHOD (RFC 5546 section 1.4): what whoever sent this wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    Publish,
    Request,
    Reply,
    Cancel,
    Counter,
    DeclineCounter,
    Refresh,
    Add,
    Other(String),
}

impl Method {
    fn parse(text: &str) -> Self {
        match text.to_ascii_uppercase().as_str() {
            "PUBLISH" => Self::Publish,
            "REQUEST" => Self::Request,
            "REPLY" => Self::Reply,
            "CANCEL" => Self::Cancel,
            "COUNTER" => Self::Counter,
            "DECLINECOUNTER" => Self::DeclineCounter,
            "REFRESH" => Self::Refresh,
            "ADD" => Self::Add,
            _ => Self::Other(text.to_owned()),
        }
    }
}

/// What could not be taken as it was written, of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It has no beginning: it is not in the document that was read.
    NoStart,
    /// Its rule means nothing: it happens once.
    Rule(String),
    /// It ends before it begins: it takes no time, or one day.
    EndsBefore,
    /// Its zone means nothing: it is shown in the viewer's.
    Zone(String),
}

/// One iCalendar stream: all of its VCALENDARs.
#[derive(Clone, Debug, Default)]
pub struct Document {
    pub method: Option<Method>,
    /// NAME or X-WR-CALNAME.
    pub name: Option<String>,
    pub series: Vec<(String, Series)>,
    /// By UID, in the order in which they were met.
    pub problems: Vec<(String, Problem)>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("this is {0} bytes long, and no more than 10 MB are read of a calendar")]
    TooLarge(usize),
    #[error("this is no iCalendar file: it has no VCALENDAR")]
    NotACalendar,
    #[error("this calendar has more than a million lines, and no more are read")]
    TooManyLines,
    #[error("this calendar holds components that are more than ten deep in each other, and no program writes such")]
    TooDeep,
}

/// `viewer`: where a time without a zone, or in a zone that means nothing, is taken to be.
pub fn read(bytes: &[u8], viewer: &Zone) -> Result<Document, ReadError> {
    if bytes.len() > MOST_BYTES {
        return Err(ReadError::TooLarge(bytes.len()));
    }
    let text = lines::decode(bytes);
    let text = mark_endless(&text);
    let mut parser = Parser::new(&text);
    let mut document = Document::default();
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut found = false;
    loop {
        match parser.entry() {
            Entry::ICalendar(calendar) => {
                found = true;
                Reader::new(&calendar, viewer).read(&mut document, &mut known);
            }
            Entry::Eof => break,
            _ => {}
        }
    }
    if found { Ok(document) } else { Err(ReadError::NotACalendar) }
}

/// What the labels of one VCALENDAR mean.
#[derive(Clone, Debug)]
pub(crate) struct Zones {
    labels: HashMap<String, NamedZone>,
    /// X-WR-TIMEZONE: the zone of times that name none that is known.
    pub(crate) default: Option<NamedZone>,
    viewer: Zone,
}

impl Zones {
    /// None: nobody explains it.
    fn find(&self, label: &str) -> Option<NamedZone> {
        self.labels.get(label).cloned().or_else(|| NamedZone::known(label))
    }

    /// What is taken for a label that nobody explains.
    fn instead(&self, label: &str) -> NamedZone {
        self.default.clone().unwrap_or_else(|| NamedZone::unknown(label, self.viewer.clone()))
    }

    pub(crate) fn zone(&self, label: &str) -> NamedZone {
        self.find(label).unwrap_or_else(|| self.instead(label))
    }
}

/// The VEVENTs of the first VCALENDAR in a text that was printed here, in order; each as far as it is understood.
pub(crate) fn events(text: &str, viewer: &Zone) -> Option<(Vec<Option<Event>>, Zones)> {
    let text = mark_endless(text);
    let Entry::ICalendar(calendar) = Parser::new(&text).entry() else { return None };
    let mut reader = Reader::new(&calendar, viewer);
    let children = calendar.components.first()?.component_ids.iter().filter_map(|id| calendar.component_by_id(*id));
    let events = children
        .filter(|child| child.component_type == ICalendarComponentType::VEvent)
        .map(|child| reader.event(child, self::text(child, &Property::Uid).unwrap_or_default().to_owned()))
        .collect();
    Some((events, reader.zones))
}

/// The parser leaves out an INTERVAL of 0, as though it were 1. What no parser takes for a number reaches [`Rule::parse`], which refuses it.
fn mark_endless(text: &str) -> Cow<'_, str> {
    let endless = |line: &Line| {
        let zero =
            |part: &str| part.split_once('=').is_some_and(|(k, v)| k.trim().eq_ignore_ascii_case("INTERVAL") && v.trim().parse() == Ok(0));
        line.is("RRULE") && line.value().split(';').any(zero)
    };
    // Only a document that says INTERVAL is looked at line by line.
    if !says(text, "INTERVAL=0") || !lines::unfold(text).any(|line| endless(&line)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for line in lines::unfold(text) {
        out.push_str(&if endless(&line) {
            line.as_str().to_ascii_uppercase().replace("INTERVAL=", "INTERVAL=NONE")
        } else {
            line.as_str().to_owned()
        });
        out.push_str("\r\n");
    }
    Cow::Owned(out)
}

/// Whether it is in the text, in any case and folded anywhere. `word` must not begin again inside of itself.
fn says(text: &str, word: &str) -> bool {
    let word = word.as_bytes();
    let mut at = 0;
    for byte in text.bytes().filter(|b| !b.is_ascii_whitespace()) {
        let byte = byte.to_ascii_uppercase();
        at = if word.get(at) == Some(&byte) { at + 1 } else { usize::from(word.first() == Some(&byte)) };
        if at == word.len() {
            return true;
        }
    }
    false
}

struct Reader<'a> {
    calendar: &'a ICalendar,
    viewer: &'a Zone,
    zones: Zones,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    fn new(calendar: &'a ICalendar, viewer: &'a Zone) -> Self {
        let default = calendar.components.first().and_then(|root| other(root, "X-WR-TIMEZONE")).and_then(NamedZone::known);
        let zones = Zones { labels: HashMap::new(), default, viewer: viewer.clone() };
        let mut reader = Self { calendar, viewer, zones, problems: Vec::new() };
        let mut described = 0;
        for component in calendar.timezones() {
            if let Some(label) = text(component, &Property::Tzid) {
                let zone =
                    NamedZone::known(label).or_else(|| other(component, "X-LIC-LOCATION").and_then(NamedZone::known)).or_else(|| {
                        described += 1;
                        (described <= MOST_DESCRIBED).then(|| reader.described(label, component)).flatten()
                    });
                reader.zones.labels.extend(zone.map(|zone| (label.to_owned(), zone)));
            }
        }
        reader
    }

    fn read(mut self, document: &mut Document, known: &mut HashMap<String, usize>) {
        if let Some(root) = self.calendar.components.first() {
            document.method = document.method.take().or_else(|| {
                root.property(&Property::Method).and_then(|e| e.values.first()).map(|v| match v {
                    Value::Method(method) => Method::parse(calcard::common::IanaString::as_str(method)),
                    other => Method::parse(other.as_text().unwrap_or_default()),
                })
            });
            document.name =
                document.name.take().or_else(|| text(root, &Property::Name).or_else(|| other(root, "X-WR-CALNAME")).map(str::to_owned));
        }
        for (n, component) in self.calendar.components.iter().enumerate() {
            if component.component_type != ICalendarComponentType::VEvent {
                continue;
            }
            let uid = text(component, &Property::Uid).map_or_else(|| format!("without-uid-{n}"), str::to_owned);
            let event = self.event(component, uid.clone());
            document.problems.extend(self.problems.drain(..).map(|p| (uid.clone(), p)));
            let Some(event) = event else { continue };
            let at = *known.entry(uid.clone()).or_insert_with(|| {
                document.series.push((uid, Series::default()));
                document.series.len() - 1
            });
            let Some((_, series)) = document.series.get_mut(at) else { continue };
            place(series, event);
        }
    }

    fn event(&mut self, component: &ICalendarComponent, uid: String) -> Option<Event> {
        let Some(start) = component.property(&Property::Dtstart).and_then(|e| self.whens(e).into_iter().next()) else {
            self.problems.push(Problem::NoStart);
            return None;
        };
        let lasts = self.lasts(component, &start);
        let rule = component.property(&Property::Rrule).and_then(|entry| {
            let text = match entry.values.first()? {
                Value::RecurrenceRule(rule) => rule.to_string(),
                other => other.as_text()?.to_owned(),
            };
            Rule::parse(&text, &start).map_err(|why| self.problems.push(Problem::Rule(why))).ok()
        });
        let also = component.properties(&Property::Rdate).flat_map(|e| self.rdates(e)).collect();
        let except = component.properties(&Property::Exdate).flat_map(|e| self.whens(e)).collect();
        let stands_for = component.property(&Property::RecurrenceId).and_then(|entry| {
            // The parser leaves out any RANGE but THISANDFUTURE.
            let onward = entry.has_parameter(&Name::Range);
            Some((self.whens(entry).into_iter().next()?, onward))
        });
        let status = match component
            .property(&Property::Status)
            .and_then(|e| e.values.first())
            .map(shown)
            .unwrap_or_default()
            .to_ascii_uppercase()
            .as_str()
        {
            "CANCELLED" => Status::Cancelled,
            "TENTATIVE" => Status::Tentative,
            _ => Status::Confirmed,
        };
        Some(Event {
            uid,
            sequence: component.property(&Property::Sequence).and_then(|e| e.values.first()).and_then(Value::as_integer).unwrap_or(0),
            stamp: component
                .property(&Property::Dtstamp)
                .and_then(|e| self.whens(e).into_iter().next())
                .map(|w| w.instant(&Zone::fixed(0))),
            summary: text(component, &Property::Summary).unwrap_or_default().to_owned(),
            description: text(component, &Property::Description).unwrap_or_default().to_owned(),
            location: text(component, &Property::Location).unwrap_or_default().to_owned(),
            status,
            free: component
                .property(&Property::Transp)
                .and_then(|e| e.values.first())
                .map(shown)
                .is_some_and(|t| t.eq_ignore_ascii_case("TRANSPARENT")),
            organizer: component.property(&Property::Organizer).and_then(person),
            attendees: component.properties(&Property::Attendee).filter_map(attendee).collect(),
            join: join(component),
            call: other(component, call::LINE).and_then(CallState::of),
            alarms: self.alarms(component),
            start,
            lasts,
            rule,
            also,
            except,
            stands_for,
        })
    }

    /// All values of a property of times.
    fn whens(&mut self, entry: &ICalendarEntry) -> Vec<When> {
        let label = entry.tz_id().map(str::to_owned);
        entry.values.iter().filter_map(|v| v.as_partial_date_time()).filter_map(|at| self.when(at, label.as_deref())).collect()
    }

    fn when(&mut self, at: &PartialDateTime, label: Option<&str>) -> Option<When> {
        let day = NaiveDate::from_ymd_opt(i32::from(at.year?), u32::from(at.month?), u32::from(at.day?))?;
        let Some(hour) = at.hour else { return Some(When::Date(day)) };
        // A leap second is the last second before it: no clock on a wall shows it.
        let second = u32::from(at.second.unwrap_or(0)).min(59);
        let wall = day.and_hms_opt(u32::from(hour), u32::from(at.minute.unwrap_or(0)), second)?;
        Some(match (offset_secs(at), label) {
            (Some(secs), _) => When::At(wall, NamedZone::fixed(secs)),
            (None, Some(label)) => When::At(wall, self.zone(label)),
            (None, None) => self.zones.default.clone().map_or(When::Floating(wall), |zone| When::At(wall, zone)),
        })
    }

    fn zone(&mut self, label: &str) -> NamedZone {
        if let Some(zone) = self.zones.find(label) {
            return zone;
        }
        self.problems.push(Problem::Zone(label.to_owned()));
        let zone = self.zones.instead(label);
        // It is told once.
        self.zones.labels.insert(label.to_owned(), zone.clone());
        zone
    }

    fn lasts(&mut self, component: &ICalendarComponent, start: &When) -> Lasts {
        let least = if start.is_date() { Lasts::Nominally { days: 1, secs: 0 } } else { Lasts::Exactly(0) };
        if let Some(end) = component.property(&Property::Dtend).and_then(|e| self.whens(e).into_iter().next()) {
            let secs = between(start, &end, self.viewer);
            // The days of a person, who may write the same day twice for "one day".
            if start.is_date() {
                let days = (end.wall().date() - start.wall().date()).num_days();
                if days < 0 {
                    self.problems.push(Problem::EndsBefore);
                }
                return Lasts::Nominally { days: days.max(1), secs: 0 };
            }
            if secs < 0 {
                self.problems.push(Problem::EndsBefore);
                return least;
            }
            return Lasts::Exactly(secs);
        }
        let Some(Value::Duration(duration)) = component.property(&Property::Duration).and_then(|e| e.values.first()) else { return least };
        if duration.neg && duration.as_seconds() != 0 {
            self.problems.push(Problem::EndsBefore);
            return least;
        }
        let days = i64::from(duration.weeks) * 7 + i64::from(duration.days);
        let secs = i64::from(duration.hours) * 3600 + i64::from(duration.minutes) * 60 + i64::from(duration.seconds);
        Lasts::Nominally { days, secs }
    }

    fn rdates(&mut self, entry: &ICalendarEntry) -> Vec<(When, Option<Lasts>)> {
        let label = entry.tz_id().map(str::to_owned);
        let mut out = Vec::new();
        for value in &entry.values {
            match value {
                Value::PartialDateTime(at) => out.extend(self.when(at, label.as_deref()).map(|w| (w, None))),
                Value::Period(ICalendarPeriod::Range { start, end }) => {
                    if let (Some(start), Some(end)) = (self.when(start, label.as_deref()), self.when(end, label.as_deref())) {
                        let secs = between(&start, &end, self.viewer).max(0);
                        out.push((start, Some(Lasts::Exactly(secs))));
                    }
                }
                Value::Period(ICalendarPeriod::Duration { start, duration }) => {
                    if let Some(start) = self.when(start, label.as_deref()) {
                        out.push((start, Some(Lasts::Exactly(duration.as_seconds().max(0)))));
                    }
                }
                _ => {}
            }
        }
        out
    }

    fn alarms(&self, component: &ICalendarComponent) -> Vec<i32> {
        let children = component.component_ids.iter().filter_map(|id| self.calendar.component_by_id(*id));
        let mut out: Vec<i32> = children.filter(|c| c.component_type == ICalendarComponentType::VAlarm).filter_map(alarm).collect();
        out.sort_unstable();
        out.dedup();
        out
    }

    /// A zone that nobody knows by name, by what its VTIMEZONE says.
    fn described(&self, label: &str, component: &ICalendarComponent) -> Option<NamedZone> {
        let mut onsets = Vec::new();
        for child in component.component_ids.iter().filter_map(|id| self.calendar.component_by_id(*id)) {
            let offset = |property| offset_secs(child.property(&property)?.values.first()?.as_partial_date_time()?);
            let (Some(from), Some(to)) = (offset(Property::Tzoffsetfrom), offset(Property::Tzoffsetto)) else { continue };
            let plain = |at: &PartialDateTime| at.to_date_time().map(|at| at.date_time);
            let begin = child.property(&Property::Dtstart).and_then(|e| e.values.first()).and_then(Value::as_partial_date_time);
            let Some(first) = begin.and_then(plain) else { continue };
            let start = When::At(first, NamedZone::fixed(from));
            let mut walls = vec![first];
            if let Some(Value::RecurrenceRule(rule)) = child.property(&Property::Rrule).and_then(|e| e.values.first())
                && let Ok(rule) = Rule::parse(&rule.to_string(), &start)
                && rule.of_days()
            {
                walls.extend(rule.onsets(&start, MOST_ONSETS));
            }
            walls.extend(
                child.properties(&Property::Rdate).flat_map(|e| &e.values).filter_map(|v| v.as_partial_date_time().and_then(plain)),
            );
            onsets.extend(walls.into_iter().map(|wall: NaiveDateTime| Onset {
                at: wall.and_utc().timestamp() - i64::from(from),
                from,
                to,
            }));
        }
        (!onsets.is_empty()).then(|| NamedZone::described(label, of_onsets(onsets)))
    }
}

/// Seconds east of UTC, where it says so: `Z`, or an offset.
fn offset_secs(at: &PartialDateTime) -> Option<i32> {
    let secs = i32::from(at.tz_hour?) * 3600 + i32::from(at.tz_minute.unwrap_or(0)) * 60;
    Some(if at.tz_minus { -secs } else { secs })
}

/// Seconds from one to the other.
fn between(start: &When, end: &When, viewer: &Zone) -> i64 {
    match (start, end) {
        // No clock changes between two times on whoever's wall.
        (When::Floating(start), When::Floating(end)) => (*end - *start).num_seconds(),
        _ => end.instant(viewer).secs() - start.instant(viewer).secs(),
    }
}

/// Two of one kind: the later version wins (RFC 5546 section 2.1.5), and with it who comes last.
fn place(series: &mut Series, event: Event) {
    let newer = |old: &Event| (event.sequence, event.stamp) >= (old.sequence, old.stamp);
    if event.stands_for.is_none() {
        if series.master.as_ref().is_none_or(newer) {
            series.master = Some(event);
        }
    } else if let Some(old) = series.overrides.iter_mut().find(|o| o.stands_for == event.stands_for) {
        if newer(old) {
            *old = event;
        }
    } else {
        series.overrides.push(event);
    }
}

fn text<'a>(component: &'a ICalendarComponent, property: &Property) -> Option<&'a str> {
    component.property(property)?.values.first()?.as_text().filter(|t| !t.trim().is_empty())
}

/// A value of an enumeration, as it is written.
fn shown(value: &Value) -> String {
    use calcard::common::IanaString as _;
    match value {
        Value::Status(status) => status.as_str().to_owned(),
        Value::Action(action) => action.as_str().to_owned(),
        Value::Transparency(transparency) => transparency.as_str().to_owned(),
        other => other.as_text().unwrap_or_default().to_owned(),
    }
}

fn other<'a>(component: &'a ICalendarComponent, name: &str) -> Option<&'a str> {
    component
        .entries
        .iter()
        .find(|e| matches!(&e.name, Property::Other(other) if other.eq_ignore_ascii_case(name)))
        .and_then(|e| e.values.first())
        .and_then(Value::as_text)
        .filter(|t| !t.trim().is_empty())
}

fn person(entry: &ICalendarEntry) -> Option<Person> {
    let address = entry.calendar_address()?.trim();
    // EMAIL (RFC 7986 section 6.2) where the address is no mail address.
    let email = entry.parameter(&Name::Email).and_then(ICalendarParameterValue::as_text);
    let address = if address.contains('@') { address } else { email.unwrap_or(address) };
    let name = entry.parameter(&Name::Cn).and_then(ICalendarParameterValue::as_text).unwrap_or_default();
    (!address.is_empty())
        .then(|| Person { address: address.to_owned(), name: if name == address { String::new() } else { name.to_owned() } })
}

fn attendee(entry: &ICalendarEntry) -> Option<Attendee> {
    use calcard::common::IanaString as _;
    let parameter = |name: &Name| match entry.parameter(name) {
        Some(ICalendarParameterValue::Partstat(p)) => p.as_str().to_owned(),
        Some(ICalendarParameterValue::Role(r)) => r.as_str().to_owned(),
        Some(ICalendarParameterValue::Cutype(c)) => c.as_str().to_owned(),
        Some(other) => other.as_text().unwrap_or_default().to_owned(),
        None => String::new(),
    };
    let role = parameter(&Name::Role);
    let kind = parameter(&Name::Cutype);
    Some(Attendee {
        person: person(entry)?,
        participation: Participation::parse(&parameter(&Name::Partstat)),
        optional: ["OPT-PARTICIPANT", "NON-PARTICIPANT"].iter().any(|r| r.eq_ignore_ascii_case(&role)),
        resource: ["ROOM", "RESOURCE"].iter().any(|k| k.eq_ignore_ascii_case(&kind)),
    })
}

/// Minutes before the start, of an alarm that somebody sees or hears.
fn alarm(component: &ICalendarComponent) -> Option<i32> {
    let action = component.property(&Property::Action)?.values.first().map(shown)?;
    let trigger = component.property(&Property::Trigger)?;
    let of_end = matches!(trigger.parameter(&Name::Related), Some(related) if related.as_text() == Some("END"));
    let Value::Duration(after) = trigger.values.first()? else { return None };
    (!of_end && ALARMS.iter().any(|known| known.eq_ignore_ascii_case(&action))).then(|| minutes_before(after.as_seconds()))
}

fn join(component: &ICalendarComponent) -> Option<String> {
    // A telephone number may come before the address.
    let conferences = component.properties(&Property::Conference).filter_map(|e| e.values.first()).filter_map(Value::as_text);
    conferences
        .chain(JOIN.iter().filter_map(|name| other(component, name)))
        .map(str::trim)
        .find(|url| url.starts_with("https://"))
        .map(str::to_owned)
}
