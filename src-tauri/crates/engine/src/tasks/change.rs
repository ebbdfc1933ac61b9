//! What the form of a task says, checked against what its list can hold. Pure.

use domain::{
    ids::{TaskId, TaskListId},
    tasks::{Due, Priority, TaskFields, TaskStatus},
};
use serde::{Deserialize, Serialize};
use store::TaskListRow;

use crate::{EngineError, agenda::fields::day};

/// When it is to be due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueChange {
    Never,
    On(Due),
}

/// Where it is to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParentChange {
    /// On its own.
    Top,
    Below(TaskId),
}

/// Whatever is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskChange {
    pub title: Option<String>,
    pub notes: Option<String>,
    pub due: Option<DueChange>,
    pub priority: Option<Priority>,
    /// All of them.
    pub labels: Option<Vec<String>>,
    pub status: Option<TaskStatus>,
    pub parent: Option<ParentChange>,
    /// To another list of the same connection, with what stands below it.
    pub list: Option<TaskListId>,
}

fn wrong_time(text: &str) -> EngineError {
    EngineError::invalid(format!("“{text}” is not a time."), "Write it as 2026-12-01T09:30:00.")
}

fn checked_due(due: &Due) -> Result<Due, EngineError> {
    Ok(match due {
        Due::Day { day: text } => Due::Day { day: day(text)?.to_string() },
        Due::Floating { at } => {
            let parsed = chrono::NaiveDateTime::parse_from_str(at.trim(), "%Y-%m-%dT%H:%M:%S")
                .or_else(|_| chrono::NaiveDateTime::parse_from_str(at.trim(), "%Y-%m-%dT%H:%M"))
                .map_err(|_| wrong_time(at))?;
            Due::Floating { at: parsed.format("%Y-%m-%dT%H:%M:%S").to_string() }
        }
        Due::At { at, zone } => {
            chrono::DateTime::from_timestamp_millis(at.millis()).ok_or_else(|| wrong_time(&at.millis().to_string()))?;
            Due::At { at: *at, zone: zone.clone() }
        }
    })
}

impl TaskChange {
    /// What it makes of a task; where it stands is the caller's.
    pub(super) fn apply(&self, fields: &mut TaskFields) -> Result<(), EngineError> {
        if let Some(title) = &self.title {
            // Nobody shows a second line, and no provider keeps it.
            fields.title = title.split_whitespace().collect::<Vec<_>>().join(" ");
            if fields.title.is_empty() {
                return Err(EngineError::invalid("A task needs a title.", "Write what is to be done."));
            }
        }
        if let Some(notes) = &self.notes {
            fields.notes.clone_from(notes);
        }
        match &self.due {
            Some(DueChange::Never) => fields.due = None,
            Some(DueChange::On(due)) => fields.due = Some(checked_due(due)?),
            None => {}
        }
        fields.priority = self.priority.unwrap_or(fields.priority);
        fields.status = self.status.unwrap_or(fields.status);
        if let Some(labels) = &self.labels {
            let mut kept: Vec<String> = Vec::with_capacity(labels.len());
            for label in labels.iter().map(|l| l.trim()).filter(|l| !l.is_empty()) {
                if !kept.iter().any(|k| k == label) {
                    kept.push(label.to_owned());
                }
            }
            fields.labels = kept;
        }
        Ok(())
    }
}

pub(super) fn cannot(list: &TaskListRow, what: &str) -> EngineError {
    EngineError::new("unsupported", format!("{} can't {what}.", list.name), "Choose another list, or leave it as it is.")
}

pub(super) fn writable(list: &TaskListRow) -> Result<(), EngineError> {
    if list.can.write {
        return Ok(());
    }
    Err(EngineError::new("read_only", format!("{} can only be read.", list.name), "Choose another list."))
}

/// Whether a list can hold what changes from one state to another (from nothing: all of it).
pub(super) fn fits(list: &TaskListRow, from: Option<&TaskFields>, to: &TaskFields) -> Result<(), EngineError> {
    writable(list)?;
    let nothing = TaskFields::default();
    let from = from.unwrap_or(&nothing);
    if to.notes != from.notes && !list.can.notes {
        return Err(cannot(list, "hold notes"));
    }
    if to.due != from.due {
        let (able, what) = match &to.due {
            Some(Due::At { .. } | Due::Floating { .. }) => (list.can.due_time, "hold a time at which a task is due"),
            Some(Due::Day { .. }) | None => (list.can.due_day || list.can.due_time, "hold a day on which a task is due"),
        };
        if !able {
            return Err(cannot(list, what));
        }
    }
    if to.priority != from.priority && !list.can.priority {
        return Err(cannot(list, "hold a priority"));
    }
    if to.priority != from.priority && list.can.coarse_priority && matches!(to.priority, Priority::Medium | Priority::Urgent) {
        return Err(EngineError::new(
            "unsupported",
            format!("{} can't hold this priority.", list.name),
            "It knows a low and a high one: choose one of them.",
        ));
    }
    if to.labels != from.labels && !list.can.labels {
        return Err(cannot(list, "hold labels"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use domain::{ids::RemoteId, tasks::TaskAbilities, time::Timestamp};

    fn list(can: TaskAbilities) -> TaskListRow {
        TaskListRow {
            id: TaskListId(1),
            connection: "c".into(),
            remote: RemoteId::new("l"),
            name: "Errands".into(),
            hue: 0,
            can,
            default: true,
            shown: true,
            preferred: false,
        }
    }

    #[test]
    fn what_a_list_cannot_hold_is_named_and_what_stays_is_no_matter() {
        let plain = list(TaskAbilities { write: true, due_day: true, ..TaskAbilities::default() });
        let whole = TaskFields {
            title: "x".into(),
            notes: "n".into(),
            due: Some(Due::At { at: Timestamp(0), zone: None }),
            priority: Priority::Low,
            labels: vec!["l".into()],
            ..TaskFields::default()
        };
        let words = |to: TaskFields| fits(&plain, None, &to).map_err(|e| (e.code.clone(), e.message)).err();
        let no = |what: &str| Some(("unsupported".to_owned(), format!("Errands can't hold {what}.")));
        assert_eq!(words(whole.clone()), no("notes"));
        let mut rest = TaskFields { notes: String::new(), ..whole.clone() };
        assert_eq!(words(rest.clone()), no("a time at which a task is due"));
        rest.due = Some(Due::Day { day: "2026-12-01".into() });
        assert_eq!(words(rest.clone()), no("a priority"));
        rest.priority = Priority::None;
        assert_eq!(words(rest.clone()), no("labels"));
        rest.labels.clear();
        assert_eq!(words(rest), None);
        assert!(fits(&plain, Some(&whole), &TaskFields { title: "y".into(), ..whole.clone() }).is_ok());
        assert_eq!(fits(&list(TaskAbilities::default()), None, &whole).unwrap_err().code, "read_only");
    }

    #[test]
    fn a_list_with_two_steps_of_priority_takes_no_third() {
        let coarse = list(TaskAbilities { write: true, priority: true, coarse_priority: true, ..TaskAbilities::default() });
        let to = |priority| TaskFields { title: "x".into(), priority, ..TaskFields::default() };
        for (priority, taken) in
            [(Priority::None, true), (Priority::Low, true), (Priority::High, true), (Priority::Medium, false), (Priority::Urgent, false)]
        {
            let found = fits(&coarse, None, &to(priority));
            assert_eq!(found.is_ok(), taken, "{priority:?}");
            assert!(found.err().is_none_or(|e| e.is("unsupported") && e.hint.contains("low and a high")));
        }
    }

    #[test]
    fn a_form_is_checked() {
        let apply = |change: TaskChange| {
            let mut fields = TaskFields { title: "Call Bo".into(), ..TaskFields::default() };
            change.apply(&mut fields).map(|()| fields)
        };
        assert!(apply(TaskChange { title: Some(" \n ".into()), ..TaskChange::default() }).is_err());
        let due = |due: Due| apply(TaskChange { due: Some(DueChange::On(due)), ..TaskChange::default() });
        assert!(due(Due::Day { day: "2026-02-30".into() }).is_err());
        assert!(due(Due::Floating { at: "noon".into() }).is_err());
        let floating = due(Due::Floating { at: "2026-12-01T09:30".into() }).unwrap().due;
        assert_eq!(floating, Some(Due::Floating { at: "2026-12-01T09:30:00".into() }));
        let change = TaskChange { labels: Some(vec![" a ".into(), "a".into(), String::new()]), ..TaskChange::default() };
        assert_eq!(apply(change).unwrap().labels, ["a"]);
        let text = r#"{"title":"x","due":{"on":{"kind":"day","day":"2026-12-01"}},"parent":"top"}"#;
        let read: TaskChange = serde_json::from_str(text).unwrap();
        assert_eq!((read.parent, read.list), (Some(ParentChange::Top), None));
    }
}
