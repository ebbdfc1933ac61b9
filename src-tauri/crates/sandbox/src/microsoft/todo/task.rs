//! A task as it is kept and as Graph writes it.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::error::GraphError;

/// `taskStatus`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Status {
    #[default]
    NotStarted,
    InProgress,
    Completed,
    WaitingOnOthers,
    Deferred,
}

/// `importance`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Importance {
    Low,
    #[default]
    Normal,
    High,
}

/// `bodyType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum BodyType {
    #[default]
    Text,
    Html,
}

/// `itemBody`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Body {
    pub content: String,
    #[serde(default)]
    pub content_type: BodyType,
}

/// `dateTimeTimeZone`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Zoned {
    pub date_time: String,
    pub time_zone: String,
}

impl Zoned {
    pub fn utc(at: NaiveDateTime) -> Self {
        Self { date_time: at.format("%Y-%m-%dT%H:%M:%S.0000000").to_string(), time_zone: "UTC".to_owned() }
    }

    /// Of a day: its midnight.
    pub fn midnight(day: NaiveDate) -> Self {
        Self::utc(day.and_time(chrono::NaiveTime::MIN))
    }

    /// As Graph reads it. This stand-in knows UTC, as it has it.
    pub fn read(&self) -> Result<NaiveDateTime, GraphError> {
        if !["UTC", "GMT"].contains(&self.time_zone.as_str()) {
            return Err(GraphError::new(400, "InvalidTimeZone", format!("This stand-in does not know the zone '{}'.", self.time_zone)));
        }
        let text = self.date_time.trim_end_matches('Z');
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map_err(|_| {
            let text = format!("The value '{}' of parameter 'DateTime' is invalid.", self.date_time);
            GraphError::new(400, "InvalidDateTime", text)
        })
    }

    /// Without the time, which a due day does not have.
    pub fn day(&self) -> Result<Self, GraphError> {
        Ok(Self::midnight(self.read()?.date()))
    }

    fn later(&self, days: i64) -> Self {
        self.read().ok().and_then(|at| at.checked_add_signed(TimeDelta::days(days))).map_or_else(|| self.clone(), Self::utc)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Task {
    pub key: u64,
    pub list: String,
    pub title: String,
    pub body: Body,
    pub status: Status,
    pub importance: Importance,
    pub categories: Vec<String>,
    pub due: Option<Zoned>,
    pub reminder: Option<Zoned>,
    pub completed: Option<Zoned>,
    /// `patternedRecurrence`.
    pub recurrence: Option<Value>,
    pub steps: Vec<Value>,
    pub links: Vec<Value>,
    pub created: Timestamp,
    pub modified: Timestamp,
    /// Serial of the last change, and of its coming into its list.
    pub changed: u64,
    pub arrived: u64,
}

fn stamp(at: Timestamp) -> String {
    DateTime::from_timestamp_millis(at.millis()).unwrap_or_default().format("%Y-%m-%dT%H:%M:%S%.3f0000Z").to_string()
}

impl Task {
    pub fn new(key: u64, list: &str, now: Timestamp, serial: u64) -> Self {
        Self {
            key,
            list: list.to_owned(),
            title: String::new(),
            body: Body::default(),
            status: Status::default(),
            importance: Importance::default(),
            categories: Vec::new(),
            due: None,
            reminder: None,
            completed: None,
            recurrence: None,
            steps: Vec::new(),
            links: Vec::new(),
            created: now,
            modified: now,
            changed: serial,
            arrived: serial,
        }
    }

    pub fn id(&self) -> String {
        format!("AlMKXwbQAAAJws6wcAAAA{:012x}=", self.key)
    }

    pub fn etag(&self) -> String {
        format!("W/\"xzyPKP0BiUGgld+lMKXwbQAA{:08x}==\"", self.changed)
    }

    /// Of a completion the day is kept, no time.
    pub fn set_status(&mut self, status: Status, now: Timestamp) {
        let today = DateTime::from_timestamp_millis(now.millis()).unwrap_or_default().date_naive();
        match status {
            Status::Completed if self.status == Status::Completed => {}
            Status::Completed => self.completed = Some(Zoned::midnight(today)),
            _ => self.completed = None,
        }
        self.status = status;
    }

    /// The day after this one on which it is due. As far as this stand-in knows patterns: days, weeks, and months of thirty days.
    pub fn next_due(&self) -> Option<Zoned> {
        let pattern = self.recurrence.as_ref()?.get("pattern")?;
        let days = match pattern.get("type")?.as_str()? {
            "daily" => 1,
            "weekly" => 7,
            _ => 30,
        };
        let interval = pattern.get("interval").and_then(Value::as_i64).unwrap_or(1).max(1);
        self.due.as_ref().map(|due| due.later(days * interval))
    }

    /// Properties that have no value are left out. Steps and links only where they are expanded.
    pub fn resource(&self, expanded: bool) -> Value {
        let mut out = Map::new();
        let mut set = |name: &str, value: Value| drop(out.insert(name.to_owned(), value));
        set("@odata.etag", json!(self.etag()));
        set("id", json!(self.id()));
        set("title", json!(self.title));
        set("body", json!(self.body));
        set("status", json!(self.status));
        set("importance", json!(self.importance));
        set("isReminderOn", json!(self.reminder.is_some()));
        set("hasAttachments", json!(false));
        set("categories", json!(self.categories));
        set("createdDateTime", json!(stamp(self.created)));
        set("lastModifiedDateTime", json!(stamp(self.modified)));
        let times = [("dueDateTime", &self.due), ("reminderDateTime", &self.reminder), ("completedDateTime", &self.completed)];
        for (name, at) in times.into_iter().filter_map(|(name, at)| Some((name, at.as_ref()?))) {
            set(name, json!(at));
        }
        if let Some(recurrence) = &self.recurrence {
            set("recurrence", recurrence.clone());
        }
        for (name, all) in [("checklistItems", &self.steps), ("linkedResources", &self.links)] {
            if expanded && !all.is_empty() {
                set(name, json!(all));
            }
        }
        Value::Object(out)
    }

    /// What delta may tell of one that the client knows: only what changed.
    pub fn sparse(&self) -> Value {
        json!({"@odata.etag": self.etag(), "id": self.id(), "status": self.status, "lastModifiedDateTime": stamp(self.modified)})
    }
}
