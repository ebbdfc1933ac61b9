//! A mapping and the table that it fits: what a page says of a task, and what is written for it.

use chrono::NaiveDate;
use domain::{
    error::ProviderError,
    tables::{DoneBy, PropertyKind, Step, TableMapping, TableOption, TableProperty},
    tasks::{Due, Priority, TaskAbilities, TaskFields, TaskPatch, TaskStatus},
};
use serde_json::{Map, Value, json};

use super::{
    error,
    model::{instant, plain},
};

/// In characters, of one piece of text; Notion's own.
const MAX_TEXT: usize = 2000;
/// Pieces of a text.
const MAX_PIECES: usize = 100;

/// What is read and written of a table. Properties are named by id.
#[derive(Clone, Debug)]
pub struct Columns {
    mapping: TableMapping,
    /// The title's id.
    title: String,
    /// The word for the type of what says whether a task is done.
    done_word: &'static str,
    options: Vec<TableOption>,
    /// The same of the priority.
    priority_word: &'static str,
    priorities: Vec<TableOption>,
}

fn word(properties: &[TableProperty], id: &str) -> (&'static str, Vec<TableOption>) {
    let found = properties.iter().find(|p| p.id == id);
    let word = match found.map(|p| p.kind) {
        Some(PropertyKind::Status) => "status",
        Some(PropertyKind::Checkbox) => "checkbox",
        _ => "select",
    };
    (word, found.map(|p| p.options.clone()).unwrap_or_default())
}

impl Columns {
    /// Refused, with the words for the person, where the mapping does not fit.
    pub fn new(mapping: TableMapping, properties: &[TableProperty]) -> Result<Self, ProviderError> {
        if let Some(misfit) = mapping.problem(properties) {
            return Err(ProviderError::Refused(misfit.words()));
        }
        let title = properties.iter().find(|p| p.kind == PropertyKind::Title).ok_or_else(|| error::protocol("a table without a title"))?;
        let (done_word, options) = word(properties, mapping.done.property());
        let (priority_word, priorities) = mapping.priority.as_ref().map(|p| word(properties, &p.property)).unwrap_or_default();
        Ok(Self { title: title.id.clone(), mapping, done_word, options, priority_word, priorities })
    }

    /// Changes with whatever makes the same page another task: another mapping, another group of an option.
    pub fn fingerprint(&self) -> String {
        let steps: Vec<_> = self.options.iter().map(|o| (&o.id, o.step)).collect();
        json!([self.mapping, steps]).to_string()
    }

    pub const fn can(&self) -> TaskAbilities {
        TaskAbilities {
            write: true,
            notes: self.mapping.notes.is_some(),
            due_day: self.mapping.due.is_some(),
            due_time: false,
            priority: self.mapping.priority.is_some(),
            coarse_priority: false,
            labels: self.mapping.labels.is_some(),
            subtasks: false,
            moves: false,
            deletes: true,
        }
    }

    pub fn title(&self) -> &str {
        &self.title
    }

    /// What an option of the state says; None: the page has none.
    fn says(&self, option: Option<&str>) -> TaskStatus {
        let step = match &self.mapping.done {
            DoneBy::Options { started, done, .. } => option.and_then(|id| {
                let is = |all: &[String]| all.iter().any(|one| one == id);
                if is(done) { Some(Step::Done) } else { is(started).then_some(Step::Started) }
            }),
            _ => option.and_then(|id| self.options.iter().find(|o| o.id == id)).and_then(|o| o.step),
        };
        match step {
            Some(Step::Done) => TaskStatus::Done,
            Some(Step::Started) => TaskStatus::Started,
            Some(Step::Open) | None => TaskStatus::Open,
        }
    }

    fn with(&self, status: TaskStatus) -> impl Iterator<Item = &TableOption> {
        self.options.iter().filter(move |o| self.says(Some(&o.id)) == status)
    }

    /// What `page` (the values of its properties) says.
    pub fn fields(&self, page: &Value) -> TaskFields {
        let value = |id: &str, kind: &str| {
            let property = page.as_object().into_iter().flatten().find(|(_, p)| p.get("id").and_then(Value::as_str) == Some(id));
            property.and_then(|(_, p)| p.get(kind)).cloned().unwrap_or_default()
        };
        let option = |id: &str, kind: &str| value(id, kind).get("id").and_then(Value::as_str).map(str::to_owned);
        let start = self.mapping.due.as_ref().and_then(|id| value(id, "date").get("start")?.as_str().map(str::to_owned));
        let due = start.and_then(|start| match instant(&start) {
            Some(at) => Some(Due::At { at, zone: None }),
            None => start.parse::<NaiveDate>().ok().map(|day| Due::Day { day: day.to_string() }),
        });
        let tags = self.mapping.labels.as_ref().map(|id| value(id, "multi_select")).unwrap_or_default();
        let labels = tags.as_array().into_iter().flatten().filter_map(|tag| tag.get("name")?.as_str().map(str::to_owned)).collect();
        let status = match &self.mapping.done {
            DoneBy::Checkbox { property } if value(property, "checkbox") == json!(true) => TaskStatus::Done,
            DoneBy::Checkbox { .. } => TaskStatus::Open,
            done => self.says(option(done.property(), self.done_word).as_deref()),
        };
        let priority = self.mapping.priority.as_ref().and_then(|by| by.options.get(&option(&by.property, self.priority_word)?));
        let notes = self.mapping.notes.as_ref().map(|id| plain(&value(id, "rich_text"))).unwrap_or_default();
        TaskFields {
            title: plain(&value(&self.title, "title")),
            notes,
            due,
            priority: priority.copied().unwrap_or_default(),
            labels,
            status,
            parent: None,
        }
    }

    /// Whether a page is among those that are wanted.
    pub fn takes(&self, page: &Value) -> bool {
        let Some(assigned) = &self.mapping.assigned else { return true };
        let mut of =
            page.as_object().into_iter().flatten().filter(|(_, p)| p.get("id").and_then(Value::as_str) == Some(&assigned.property));
        let people = of.next().and_then(|(_, p)| p.get("people")).and_then(Value::as_array);
        people.into_iter().flatten().any(|one| one.get("id").and_then(Value::as_str) == Some(&assigned.person))
    }

    /// A filter for the pages that are wanted. None: all are.
    pub fn wanted(&self) -> Option<Value> {
        let assigned = self.mapping.assigned.as_ref()?;
        Some(json!({"property": assigned.property, "people": {"contains": assigned.person}}))
    }

    /// Filters that together leave what is not done.
    pub fn undone(&self) -> Vec<Value> {
        let property = self.mapping.done.property();
        let mut filters: Vec<Value> = match &self.mapping.done {
            DoneBy::Checkbox { .. } => vec![json!({"property": property, "checkbox": {"equals": false}})],
            _ => {
                let done = self.with(TaskStatus::Done);
                done.map(|o| json!({"property": property, self.done_word: {"does_not_equal": o.name}})).collect()
            }
        };
        filters.extend(self.wanted());
        filters
    }

    /// What a new page has beside its fields: whose it is.
    pub fn given(&self) -> Option<(String, Value)> {
        let assigned = self.mapping.assigned.as_ref()?;
        Some((assigned.property.clone(), json!({"people": [{"object": "user", "id": assigned.person}]})))
    }

    /// What is sent of a change. What this table can't hold is refused with words before anything is sent.
    pub fn changed(&self, patch: &TaskPatch) -> Result<Map<String, Value>, ProviderError> {
        let mut properties = Map::new();
        let none = |what: &str| error::refused(&format!("This database at Notion has no {what}."));
        if let Some(title) = &patch.title {
            if title.chars().count() > MAX_TEXT {
                return Err(error::refused(&format!("The title is too long for Notion: it takes {MAX_TEXT} characters.")));
            }
            properties.insert(self.title.clone(), json!({"title": [{"text": {"content": title}}]}));
        }
        match (&patch.due, &self.mapping.due) {
            (None, _) | (Some(None), None) => {}
            (Some(Some(_)), None) => return Err(none("date")),
            (Some(None), Some(id)) => drop(properties.insert(id.clone(), json!({"date": null}))),
            (Some(Some(Due::Day { day })), Some(id)) => drop(properties.insert(id.clone(), json!({"date": {"start": day}}))),
            (Some(Some(_)), Some(_)) => return Err(error::refused("Only a day can be set at Notion from here: leave the time away.")),
        }
        match (&patch.labels, &self.mapping.labels) {
            (None, _) => {}
            (Some(labels), None) if labels.is_empty() => {}
            (Some(_), None) => return Err(none("labels")),
            // A comma would part a label in two.
            (Some(labels), Some(id)) => {
                let tags: Vec<Value> = labels.iter().map(|label| json!({"name": label.replace(',', " ")})).collect();
                properties.insert(id.clone(), json!({"multi_select": tags}));
            }
        }
        match (&patch.notes, &self.mapping.notes) {
            (None, _) => {}
            (Some(notes), None) if notes.is_empty() => {}
            (Some(_), None) => return Err(none("text that could be changed from here")),
            (Some(notes), Some(id)) => drop(properties.insert(id.clone(), json!({"rich_text": pieces(notes)?}))),
        }
        if let Some(priority) = patch.priority {
            properties.extend(self.set_priority(priority)?);
        }
        if let Some(status) = patch.status {
            let value = self.set_status(status).ok_or_else(|| none("status for that"))?;
            properties.insert(self.mapping.done.property().to_owned(), value);
        }
        if patch.parent.as_ref().is_some_and(Option::is_some) {
            return Err(none("task above another"));
        }
        Ok(properties)
    }

    /// None: this table has no word for it.
    fn set_status(&self, status: TaskStatus) -> Option<Value> {
        if matches!(self.mapping.done, DoneBy::Checkbox { .. }) {
            return Some(json!({"checkbox": status.is_closed()}));
        }
        let open = || {
            self.with(TaskStatus::Open)
                .find(|o| o.step.is_none_or(|step| step == Step::Open))
                .or_else(|| self.with(TaskStatus::Open).next())
        };
        let option = match status {
            TaskStatus::Open => open(),
            TaskStatus::Started => self.with(TaskStatus::Started).next().or_else(open),
            TaskStatus::Done | TaskStatus::Cancelled => self.with(TaskStatus::Done).next(),
        };
        match option {
            Some(option) => Some(json!({self.done_word: {"id": option.id}})),
            // A select may have nothing chosen, and that is open.
            None => (self.done_word == "select" && !status.is_closed()).then(|| json!({"select": null})),
        }
    }

    fn set_priority(&self, priority: Priority) -> Result<Option<(String, Value)>, ProviderError> {
        let Some(by) = &self.mapping.priority else {
            let nothing = priority == Priority::None;
            return if nothing {
                Ok(None)
            } else {
                Err(error::refused("This database at Notion has no priority that could be changed from here."))
            };
        };
        // In the table's order; what was given no meaning of its own means nothing.
        let means = |o: &&TableOption| by.options.get(&o.id) == Some(&priority);
        match self.priorities.iter().find(means) {
            Some(option) => Ok(Some((by.property.clone(), json!({self.priority_word: {"id": option.id}})))),
            None if priority == Priority::None && self.priority_word == "select" => {
                Ok(Some((by.property.clone(), json!({"select": null}))))
            }
            None => Err(error::refused("No option of this database at Notion was chosen for this priority.")),
        }
    }
}

/// A text in pieces as long as Notion takes them.
fn pieces(text: &str) -> Result<Vec<Value>, ProviderError> {
    let all: Vec<char> = text.chars().collect();
    let pieces: Vec<Value> = all.chunks(MAX_TEXT).map(|piece| json!({"text": {"content": piece.iter().collect::<String>()}})).collect();
    if pieces.len() > MAX_PIECES {
        return Err(error::refused(&format!("The notes are too long for Notion: it takes {} characters.", MAX_TEXT * MAX_PIECES)));
    }
    Ok(pieces)
}
