//! Which properties of a table say what of a task. Found by their types, because people name them as they like.

use domain::tasks::TaskStatus;
use serde_json::{Value, json};

/// What says whether a task is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Checkbox(String),
    Status {
        name: String,
        /// Names of options: to be done, begun, done.
        open: Vec<String>,
        started: Vec<String>,
        done: Vec<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    pub title: String,
    pub state: State,
    pub due: Option<String>,
    pub labels: Option<String>,
}

/// Words in the names of dates on which things are due, best first.
const DUE: &[&str] = &["due", "deadline", "fällig", "when", "date"];

impl Schema {
    /// None: it is no table of tasks.
    pub fn read(properties: &Value) -> Option<Self> {
        let of = |kind: &str| {
            let all = properties.as_object().into_iter().flatten();
            all.filter(|(_, property)| property.get("type").and_then(Value::as_str) == Some(kind))
                .map(|(name, _)| name.clone())
                .collect::<Vec<_>>()
        };
        let status = of("status").into_iter().find_map(|name| status(&name, properties.get(&name)?.get("status")?));
        let state = status.or_else(|| of("checkbox").into_iter().next().map(State::Checkbox))?;
        let dates = of("date");
        let named = DUE.iter().find_map(|word| dates.iter().find(|name| name.to_lowercase().contains(word)));
        Some(Self {
            title: of("title").into_iter().next()?,
            state,
            due: named.or(dates.first()).cloned(),
            labels: of("multi_select").into_iter().next(),
        })
    }

    /// What a property of this value says.
    pub fn status(&self, properties: &Value) -> TaskStatus {
        match &self.state {
            State::Checkbox(name) => {
                let done = properties.get(name).and_then(|p| p.get("checkbox")).and_then(Value::as_bool);
                if done == Some(true) { TaskStatus::Done } else { TaskStatus::Open }
            }
            State::Status { name, started, done, .. } => {
                let option = properties.get(name).and_then(|p| p.get("status")).and_then(|s| s.get("name")).and_then(Value::as_str);
                let is = |all: &[String]| option.is_some_and(|option| all.iter().any(|one| one == option));
                match (is(done), is(started)) {
                    (true, _) => TaskStatus::Done,
                    (_, true) => TaskStatus::Started,
                    _ => TaskStatus::Open,
                }
            }
        }
    }

    /// Name and value of the property that says this; None: this table has no word for it.
    pub fn set_status(&self, status: TaskStatus) -> Option<(String, Value)> {
        match &self.state {
            State::Checkbox(name) => Some((name.clone(), json!({"checkbox": status.is_closed()}))),
            State::Status { name, open, started, done } => {
                let option = match status {
                    TaskStatus::Open => open.first(),
                    TaskStatus::Started => started.first().or(open.first()),
                    TaskStatus::Done | TaskStatus::Cancelled => done.first(),
                }?;
                Some((name.clone(), json!({"status": {"name": option}})))
            }
        }
    }

    /// A filter for what is not done.
    pub fn undone(&self) -> Value {
        match &self.state {
            State::Checkbox(name) => json!({"property": name, "checkbox": {"equals": false}}),
            State::Status { name, done, .. } => {
                let each = done.iter().map(|option| json!({"property": name, "status": {"does_not_equal": option}}));
                json!({"and": each.collect::<Vec<_>>()})
            }
        }
    }
}

/// The groups of a status are three, in this order, whatever they are called.
fn status(name: &str, status: &Value) -> Option<State> {
    let list = |of: &Value, key: &str| of.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |of: &Value, key: &str| of.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let options = list(status, "options");
    let mut groups = list(status, "groups").into_iter().map(|group| {
        let ids: Vec<String> = list(&group, "option_ids").iter().filter_map(Value::as_str).map(str::to_owned).collect();
        ids.iter()
            .filter_map(|id| options.iter().find(|option| text(option, "id") == *id))
            .map(|option| text(option, "name"))
            .collect::<Vec<_>>()
    });
    let (open, started, done) = (groups.next()?, groups.next()?, groups.next()?);
    (!done.is_empty()).then(|| State::Status { name: name.to_owned(), open, started, done })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_found_by_their_types() {
        let table = json!({
            "Name": {"type": "title"}, "Start date": {"type": "date"}, "Due by": {"type": "date"}, "Area": {"type": "multi_select"}, "Seen": {"type": "checkbox"},
            "State": {"type": "status", "status": {
                "options": [{"id": "c", "name": "Shipped"}, {"id": "a", "name": "Idea"}, {"id": "b", "name": "Doing"}],
                "groups": [{"option_ids": ["a"]}, {"option_ids": ["b"]}, {"option_ids": ["c"]}],
            }},
        });
        let schema = Schema::read(&table).unwrap();
        assert_eq!((schema.title.as_str(), schema.due.as_deref(), schema.labels.as_deref()), ("Name", Some("Due by"), Some("Area")));
        assert_eq!(schema.set_status(TaskStatus::Done).unwrap(), ("State".to_owned(), json!({"status": {"name": "Shipped"}})));
        let said = |option: &str| schema.status(&json!({"State": {"status": {"name": option}}}));
        assert_eq!(
            [said("Idea"), said("Doing"), said("Shipped"), said("New one")],
            [TaskStatus::Open, TaskStatus::Started, TaskStatus::Done, TaskStatus::Open]
        );
        assert_eq!(schema.undone(), json!({"and": [{"property": "State", "status": {"does_not_equal": "Shipped"}}]}));
        let ticked = Schema::read(&json!({"Name": {"type": "title"}, "Done": {"type": "checkbox"}})).unwrap();
        assert_eq!((ticked.state.clone(), ticked.due, ticked.labels), (State::Checkbox("Done".into()), None, None));
        assert!(
            Schema::read(&json!({"Name": {"type": "title"}})).is_none() && Schema::read(&json!({"Done": {"type": "checkbox"}})).is_none()
        );
    }
}
