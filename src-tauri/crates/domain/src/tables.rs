//! Tables of pages as task lists: which property of a table says what of a task.
//!
//! People shape such tables as they like, so nothing about them is known before somebody chose. What is chosen names properties and options by
//! their ids: a new name changes nothing. What no longer fits the table is said ([`TableMapping::problem`]), never guessed anew.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{Priority, RemoteTask},
};

/// What a property holds, as far as a task has a use for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PropertyKind {
    Title,
    /// One of its options, which its provider keeps in groups: to do, begun, done.
    Status,
    Checkbox,
    /// One of its options, or none.
    Select,
    MultiSelect,
    Date,
    People,
    Text,
    Other,
}

/// The group that a provider keeps an option of a status in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Open,
    Started,
    Done,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableOption {
    pub id: String,
    pub name: String,
    /// None: it is in no group.
    pub step: Option<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableProperty {
    pub id: String,
    pub name: String,
    pub kind: PropertyKind,
    /// In the provider's order; of a status the order of its groups.
    pub options: Vec<TableOption>,
}

/// What says whether a task is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum DoneBy {
    Checkbox {
        property: String,
    },
    /// A status, by the groups of its provider.
    Groups {
        property: String,
    },
    /// A status or select, by ids of options; any other, and none, is open.
    Options {
        property: String,
        #[serde(default)]
        started: Vec<String>,
        done: Vec<String>,
    },
}

impl DoneBy {
    pub fn property(&self) -> &str {
        match self {
            Self::Checkbox { property } | Self::Groups { property } | Self::Options { property, .. } => property,
        }
    }
}

/// A status or select that says how much a task matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriorityBy {
    pub property: String,
    /// By ids of options; any other is [`Priority::None`].
    pub options: BTreeMap<String, Priority>,
}

/// Only pages that name this person are tasks; new ones are given to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignedTo {
    pub property: String,
    /// The provider's id of them.
    pub person: String,
}

/// Ids of the properties that say what of a task; its title is the table's title. Stored for years: add fields with defaults, change none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableMapping {
    pub done: DoneBy,
    /// A date.
    #[serde(default)]
    pub due: Option<String>,
    #[serde(default)]
    pub priority: Option<PriorityBy>,
    /// A multi-select.
    #[serde(default)]
    pub labels: Option<String>,
    /// None: all pages are tasks.
    #[serde(default)]
    pub assigned: Option<AssignedTo>,
    /// A text.
    #[serde(default)]
    pub notes: Option<String>,
}

/// Why a mapping does not fit its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    Gone {
        field: &'static str,
    },
    Changed {
        field: &'static str,
        name: String,
    },
    /// Nothing of what was chosen says that a task is done.
    NeverDone {
        name: String,
    },
}

impl Misfit {
    /// For the person.
    pub fn words(&self) -> String {
        match self {
            Self::Gone { field } => {
                format!("The property for “{field}” is no longer in this table. Choose another one: until then its tasks are read-only.")
            }
            Self::Changed { field, name } => {
                format!(
                    "“{name}” can no longer be used for “{field}”: its type was changed. Choose another one: until then its tasks are read-only."
                )
            }
            Self::NeverDone { name } => {
                format!("No option of “{name}” means that a task is done. Choose one: until then its tasks are read-only.")
            }
        }
    }
}

impl TableMapping {
    /// What no longer fits. None: all of it does. Options that went away alone are no problem while one is left that says “done”.
    pub fn problem(&self, properties: &[TableProperty]) -> Option<Misfit> {
        use PropertyKind::{Checkbox, Date, MultiSelect, People, Select, Status, Text};
        let done: &[PropertyKind] = match &self.done {
            DoneBy::Checkbox { .. } => &[Checkbox],
            DoneBy::Groups { .. } => &[Status],
            DoneBy::Options { .. } => &[Status, Select],
        };
        let wanted: [(&'static str, Option<&str>, &[PropertyKind]); 6] = [
            ("Done", Some(self.done.property()), done),
            ("Due", self.due.as_deref(), &[Date]),
            ("Priority", self.priority.as_ref().map(|p| p.property.as_str()), &[Select, Status]),
            ("Labels", self.labels.as_deref(), &[MultiSelect]),
            ("Whose tasks", self.assigned.as_ref().map(|a| a.property.as_str()), &[People]),
            ("Notes", self.notes.as_deref(), &[Text]),
        ];
        for (field, id, kinds) in wanted {
            let Some(id) = id else { continue };
            match properties.iter().find(|p| p.id == id) {
                None => return Some(Misfit::Gone { field }),
                Some(p) if !kinds.contains(&p.kind) => return Some(Misfit::Changed { field, name: p.name.clone() }),
                Some(_) => {}
            }
        }
        let state = properties.iter().find(|p| p.id == self.done.property())?;
        let says = |option: &TableOption| match &self.done {
            DoneBy::Checkbox { .. } => true,
            DoneBy::Groups { .. } => option.step == Some(Step::Done),
            DoneBy::Options { done, .. } => done.contains(&option.id),
        };
        let never = !matches!(self.done, DoneBy::Checkbox { .. }) && !state.options.iter().any(says);
        never.then(|| Misfit::NeverDone { name: state.name.clone() })
    }
}

/// What holds of one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableChoice {
    /// Whether it is a task list.
    pub used: bool,
    /// Kept while it is not used. None: nothing was chosen yet.
    #[serde(default)]
    pub mapping: Option<TableMapping>,
}

/// What holds of the tables of a connection, by their remote ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSettings {
    #[serde(default)]
    pub tables: BTreeMap<String, TableChoice>,
    /// How many tables are shared and not used, as of the last listing.
    #[serde(default)]
    pub unused: u32,
}

impl TableSettings {
    /// Takes over what was found: tables that nobody chose anything for, and the count. Returns whether that changed something.
    pub fn learn(&mut self, found: &Self) -> bool {
        let before = self.clone();
        for (id, choice) in &found.tables {
            self.tables.entry(id.clone()).or_insert_with(|| choice.clone());
        }
        self.unused = found.unused;
        *self != before
    }
}

/// A table that the connection sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteTable {
    pub id: RemoteId,
    pub name: String,
    pub properties: Vec<TableProperty>,
    /// What its properties look like. None: nothing in it can say “done” by itself.
    pub suggested: Option<TableMapping>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TablePerson {
    pub id: String,
    pub name: String,
}

/// A source of tasks whose lists are tables.
#[async_trait]
pub trait TableSource: Send + Sync {
    /// All that are shared, used or not.
    async fn tables(&self) -> Result<Vec<RemoteTable>, ProviderError>;
    /// Whom pages may be assigned to; nobody where the provider does not tell.
    async fn people(&self) -> Result<Vec<TablePerson>, ProviderError>;
    /// The first pages of a table as tasks. Not every one that is told of by [`crate::tasks::TaskSource::changes`].
    async fn preview(&self, table: &RemoteId, mapping: &TableMapping) -> Result<Vec<RemoteTask>, ProviderError>;
    /// What holds now: what was chosen, and of what nobody chose anything for what was suggested when it was first seen.
    fn settings(&self) -> TableSettings;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property(id: &str, kind: PropertyKind, options: &[(&str, Option<Step>)]) -> TableProperty {
        let options = options.iter().map(|(id, step)| TableOption { id: (*id).into(), name: id.to_uppercase(), step: *step }).collect();
        TableProperty { id: id.into(), name: format!("{id}!"), kind, options }
    }

    #[test]
    fn a_mapping_fits_while_its_properties_are_there_and_something_says_done() {
        let mapping = |done| TableMapping { done, due: Some("d".into()), priority: None, labels: None, assigned: None, notes: None };
        let options = mapping(DoneBy::Options { property: "s".into(), started: Vec::new(), done: vec!["x".into()] });
        let table = [property("s", PropertyKind::Select, &[("x", None)]), property("d", PropertyKind::Date, &[])];
        assert_eq!(options.problem(&table), None);
        assert_eq!(options.problem(&table[..1]), Some(Misfit::Gone { field: "Due" }));
        let text = [property("s", PropertyKind::Text, &[]), property("d", PropertyKind::Date, &[])];
        assert_eq!(options.problem(&text), Some(Misfit::Changed { field: "Done", name: "s!".into() }));
        let fewer = [property("s", PropertyKind::Select, &[("y", None)]), property("d", PropertyKind::Date, &[])];
        assert_eq!(options.problem(&fewer), Some(Misfit::NeverDone { name: "s!".into() }));
        let groups = mapping(DoneBy::Groups { property: "s".into() });
        assert!(matches!(groups.problem(&table), Some(Misfit::Changed { .. })), "a select has no groups");
        let status = [
            property("s", PropertyKind::Status, &[("a", Some(Step::Open)), ("z", Some(Step::Done))]),
            property("d", PropertyKind::Date, &[]),
        ];
        assert_eq!(groups.problem(&status), None);
    }

    #[test]
    fn what_was_found_never_overrides_what_was_chosen() {
        let choice = |used| TableChoice { used, mapping: None };
        let mut settings = TableSettings { tables: [("a".to_owned(), choice(false))].into(), unused: 0 };
        let found = TableSettings { tables: [("a".to_owned(), choice(true)), ("b".to_owned(), choice(true))].into(), unused: 2 };
        assert!(settings.learn(&found) && !settings.learn(&found));
        assert_eq!((settings.tables["a"].used, settings.tables["b"].used, settings.unused), (false, true, 2));
        let text = r#"{"tables":{"a":{"used":true,"mapping":{"done":{"by":"groups","property":"s"}}}}}"#;
        let stored: TableSettings = serde_json::from_str(text).unwrap();
        assert_eq!(stored.tables["a"].mapping.as_ref().unwrap().done.property(), "s");
    }
}
