//! Tasks (VTODO, RFC 5545 section 3.6.2): what they say, and changes to their lines. Lines that nobody here knows stay as they are.
//!
//! How often a task repeats is read and never written: what follows when one of a series is done, every program decides for itself, so its
//! state and its day are left to the one that knows.

use chrono::{Duration as Span, NaiveDate, NaiveDateTime};
use domain::{
    tasks::{Due, Priority, TaskFields, TaskPatch, TaskStatus},
    time::Timestamp,
};

use super::{
    fields::touch,
    resource::describe_zones,
    times::{Form, Time, later, utc},
};
use crate::{
    duration::Duration,
    file,
    lines::{Component, Line, escape, parse, unescape},
    read::{Zones, events},
    when::When,
    zone::NamedZone,
};

const WALL: &str = "%Y-%m-%dT%H:%M:%S";

/// A task as its resource says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Todo {
    pub uid: String,
    /// All but the task above it, which is [`Self::parent`].
    pub fields: TaskFields,
    /// UID of the task above it.
    pub parent: Option<String>,
    /// Its RRULE, as it is written; empty where it has dates of its own instead (RDATE). None: it does not repeat.
    pub rule: Option<String>,
    pub url: Option<String>,
    /// CREATED, as it is written; sorts as text.
    pub created: String,
    pub completed_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

/// Why it can't be changed, for the person who wants it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TodoError {
    #[error("There is no task in this file: it can only be kept as it is, or deleted.")]
    NoTodo,
    #[error("This task repeats: tick it off, and change its day, in the program that made it.")]
    Repeats,
    #[error("The time at which this task is due is none.")]
    NoTime,
}

/// Where the task of a resource stands: of a series its master.
struct Open {
    root: usize,
    child: usize,
    zones: Zones,
    roots: Vec<Component>,
}

impl Open {
    fn read(ics: &str) -> Option<Self> {
        let roots = parse(ics.as_bytes()).ok()?;
        let root = roots.iter().position(|root| root.children_of("VTODO").next().is_some())?;
        let calendar = roots.get(root)?;
        let all = || calendar.children.iter().enumerate().filter(|(_, child)| child.is("VTODO"));
        let (child, _) = all().find(|(_, child)| child.line("RECURRENCE-ID").is_none()).or_else(|| all().next())?;
        let (_, zones) = events(&calendar.print(), NamedZone::utc().zone())?;
        Some(Self { root, child, zones, roots })
    }

    fn todo(&self) -> Option<&Component> {
        self.roots.get(self.root)?.children.get(self.child)
    }
}

/// None where there is no VTODO with a UID.
pub fn read(ics: &str) -> Option<Todo> {
    let open = Open::read(ics)?;
    let todo = open.todo()?;
    let stamp = |name: &str| Time::of(todo, name, &open.zones).map(|time| time.when.instant(NamedZone::utc().zone()));
    let repeats = ["RRULE", "RDATE"].iter().any(|name| todo.line(name).is_some());
    Some(Todo {
        uid: todo.text("UID")?,
        fields: TaskFields {
            title: todo.text("SUMMARY").unwrap_or_default(),
            notes: todo.text("DESCRIPTION").unwrap_or_default(),
            due: due(todo, &open.zones),
            priority: priority(todo),
            labels: todo.lines_of("CATEGORIES").flat_map(|line| list(line.value())).collect(),
            status: status(todo),
            parent: None,
        },
        parent: todo.lines_of("RELATED-TO").find(|line| names_parent(line)).map(Line::unescaped),
        rule: repeats.then(|| todo.value("RRULE").unwrap_or_default().to_owned()),
        url: todo.text("URL"),
        created: todo.value("CREATED").unwrap_or_default().to_owned(),
        completed_at: stamp("COMPLETED"),
        updated_at: stamp("LAST-MODIFIED").or_else(|| stamp("DTSTAMP")),
    })
}

/// A relation without a type is one to the parent (RFC 5545 section 3.2.15).
fn names_parent(line: &Line) -> bool {
    line.param("RELTYPE").is_none_or(|kind| kind.eq_ignore_ascii_case("PARENT"))
}

/// DUE, or where the task begins and how long it takes.
fn due(todo: &Component, zones: &Zones) -> Option<Due> {
    let time = Time::of(todo, "DUE", zones).or_else(|| {
        let lasts = Duration::parse(todo.value("DURATION")?)?;
        let start = Time::of(todo, "DTSTART", zones)?;
        Some(start.on_wall(later(start.when.wall(), Span::try_seconds(lasts.total_secs())?)))
    })?;
    Some(match &time.when {
        When::Date(day) => Due::Day { day: day.format("%Y-%m-%d").to_string() },
        When::Floating(wall) => Due::Floating { at: wall.format(WALL).to_string() },
        When::At(_, zone) => {
            let named = time.form != Form::Utc && zone.is_iana();
            Due::At { at: time.when.instant(NamedZone::utc().zone()), zone: named.then(|| zone.name().to_owned()) }
        }
    })
}

/// 1 is the highest of nine; five of them are words of others (section 3.8.1.9).
fn priority(todo: &Component) -> Priority {
    match todo.value("PRIORITY").and_then(|n| n.trim().parse::<u8>().ok()) {
        Some(1) => Priority::Urgent,
        Some(2..=4) => Priority::High,
        Some(5) => Priority::Medium,
        Some(6..=9) => Priority::Low,
        _ => Priority::None,
    }
}

fn percent(todo: &Component) -> u32 {
    todo.value("PERCENT-COMPLETE").and_then(|n| n.trim().parse().ok()).unwrap_or(0)
}

/// Without a STATUS, what else says how far it is.
fn status(todo: &Component) -> TaskStatus {
    let said = todo.value("STATUS").map(|word| word.trim().to_ascii_uppercase());
    match said.as_deref() {
        Some("COMPLETED") => TaskStatus::Done,
        Some("CANCELLED") => TaskStatus::Cancelled,
        Some("IN-PROCESS") => TaskStatus::Started,
        Some("NEEDS-ACTION") => TaskStatus::Open,
        _ if todo.line("COMPLETED").is_some() || percent(todo) >= 100 => TaskStatus::Done,
        _ if percent(todo) > 0 => TaskStatus::Started,
        _ => TaskStatus::Open,
    }
}

/// The values of a list of TEXT: commas part them, unless escaped.
fn list(value: &str) -> Vec<String> {
    let mut escaped = false;
    let parts = value.split(|c| {
        let here = escaped;
        escaped = c == '\\' && !here;
        c == ',' && !here
    });
    parts.map(|part| unescape(part).trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// A new resource. `parent`: UID of the task above it.
pub fn create(uid: &str, fields: &TaskFields, parent: Option<&str>, now: Timestamp) -> Result<String, TodoError> {
    let mut todo = Component::new("VTODO");
    todo.lines.push(Line::text("UID", uid));
    touch(&mut todo, now);
    todo.lines.push(Line::new("CREATED", &utc(now)));
    let mut calendar = Component::new("VCALENDAR");
    calendar.lines = file::header();
    // What there is to compare with: nothing.
    let (_, zones) = events(&calendar.print(), NamedZone::utc().zone()).ok_or(TodoError::NoTodo)?;
    let none = TaskFields { title: String::from(" "), ..TaskFields::default() };
    put(&mut todo, &TaskPatch::between(&none, fields), parent, &zones, now)?;
    put_parent(&mut todo, parent);
    calendar.children.push(todo);
    describe_zones(&mut calendar);
    Ok(calendar.print())
}

/// Only the lines that the patch names. `parent`: UID of the task that it goes below.
pub fn change(ics: &str, patch: &TaskPatch, parent: Option<&str>, now: Timestamp) -> Result<String, TodoError> {
    let mut open = Open::read(ics).ok_or(TodoError::NoTodo)?;
    let before = open.todo().cloned().ok_or(TodoError::NoTodo)?;
    let mut todo = before.clone();
    if (patch.due.is_some() || patch.status.is_some()) && ["RRULE", "RDATE"].iter().any(|name| todo.line(name).is_some()) {
        return Err(TodoError::Repeats);
    }
    put(&mut todo, patch, parent, &open.zones, now)?;
    if todo == before {
        return Ok(ics.to_owned());
    }
    touch(&mut todo, now);
    let calendar = open.roots.get_mut(open.root).ok_or(TodoError::NoTodo)?;
    *calendar.children.get_mut(open.child).ok_or(TodoError::NoTodo)? = todo;
    describe_zones(calendar);
    Ok(open.roots.iter().map(Component::print).collect())
}

fn put(todo: &mut Component, patch: &TaskPatch, parent: Option<&str>, zones: &Zones, now: Timestamp) -> Result<(), TodoError> {
    if let Some(title) = &patch.title {
        put_text(todo, "SUMMARY", title);
    }
    if let Some(notes) = &patch.notes {
        put_text(todo, "DESCRIPTION", notes);
    }
    if let Some(due) = &patch.due {
        put_due(todo, due.as_ref(), zones)?;
    }
    match patch.priority {
        None => {}
        Some(Priority::None) => todo.remove("PRIORITY"),
        Some(priority) => todo.set(Line::new("PRIORITY", number(priority))),
    }
    if let Some(labels) = &patch.labels {
        todo.remove("CATEGORIES");
        if !labels.is_empty() {
            let all: Vec<String> = labels.iter().map(|label| escape(label)).collect();
            todo.lines.push(Line::new("CATEGORIES", &all.join(",")));
        }
    }
    if let Some(status) = patch.status {
        put_status(todo, status, now);
    }
    if patch.parent.is_some() {
        put_parent(todo, parent);
    }
    Ok(())
}

const fn number(priority: Priority) -> &'static str {
    match priority {
        Priority::Urgent => "1",
        Priority::High => "3",
        Priority::Medium => "5",
        Priority::Low => "9",
        Priority::None => "0",
    }
}

fn put_text(todo: &mut Component, name: &str, text: &str) {
    if text.is_empty() {
        todo.remove(name);
    } else if let Some(line) = todo.line_mut(name) {
        line.set_text(text);
    } else {
        todo.lines.push(Line::text(name, text));
    }
}

/// A start that does not come before the new time, or is written in another way, goes (RFC 5545 section 3.8.2.3); so does a duration, which
/// nothing has beside DUE.
fn put_due(todo: &mut Component, due: Option<&Due>, zones: &Zones) -> Result<(), TodoError> {
    todo.remove("DURATION");
    let Some(due) = due else {
        todo.remove("DUE");
        return Ok(());
    };
    let time = time_of(due)?;
    if let Some(start) = Time::of(todo, "DTSTART", zones) {
        let utc = NamedZone::utc();
        let alike = matches!(
            (&start.when, &time.when),
            (When::Date(_), When::Date(_)) | (When::Floating(_), When::Floating(_)) | (When::At(..), When::At(..))
        );
        let late = start.when.instant(utc.zone()) > time.when.instant(utc.zone());
        if !alike || late {
            todo.remove("DTSTART");
        }
    }
    let value = time.value();
    match todo.line_mut("DUE") {
        Some(line) => time.put(line, &value),
        None => todo.lines.push(time.line("DUE")),
    }
    Ok(())
}

fn time_of(due: &Due) -> Result<Time, TodoError> {
    match due {
        Due::Day { day } => {
            let day = NaiveDate::parse_from_str(day, "%Y-%m-%d").map_err(|_| TodoError::NoTime)?;
            Ok(Time { when: When::Date(day), form: Form::Date })
        }
        Due::Floating { at } => {
            let wall = NaiveDateTime::parse_from_str(at, WALL).map_err(|_| TodoError::NoTime)?;
            Ok(Time { when: When::Floating(wall), form: Form::Floating })
        }
        Due::At { at, zone } => {
            let zone = zone.as_deref().and_then(NamedZone::known);
            let form = zone.as_ref().map_or(Form::Utc, |zone| Form::Zone(zone.name().to_owned()));
            let zone = zone.unwrap_or_else(NamedZone::utc);
            let wall = chrono::DateTime::from_timestamp(zone.zone().wall_secs(*at), 0).ok_or(TodoError::NoTime)?;
            Ok(Time { when: When::At(wall.naive_utc(), zone), form })
        }
    }
}

fn put_status(todo: &mut Component, status: TaskStatus, now: Timestamp) {
    let word = match status {
        TaskStatus::Open => "NEEDS-ACTION",
        TaskStatus::Started => "IN-PROCESS",
        TaskStatus::Done => "COMPLETED",
        TaskStatus::Cancelled => "CANCELLED",
    };
    todo.set(Line::new("STATUS", word));
    if status == TaskStatus::Done {
        todo.set(Line::new("COMPLETED", &utc(now)));
        todo.set(Line::new("PERCENT-COMPLETE", "100"));
        return;
    }
    todo.remove("COMPLETED");
    if status == TaskStatus::Open || percent(todo) >= 100 {
        todo.remove("PERCENT-COMPLETE");
    }
}

/// Relations of other kinds stay.
fn put_parent(todo: &mut Component, parent: Option<&str>) {
    todo.lines.retain(|line| !(line.is("RELATED-TO") && names_parent(line)));
    if let Some(uid) = parent {
        todo.lines.push(Line::text("RELATED-TO", uid));
    }
}
