//! The properties of a table as Notion has them, and what they look like to somebody who sees the table for the first time.

use domain::{
    tables::{DoneBy, PriorityBy, PropertyKind, Step, TableMapping, TableOption, TableProperty},
    tasks::Priority,
};
use serde_json::Value;

/// Words in the names of dates on which things are due, best first.
const DUE: &[&str] = &["due", "deadline", "fällig", "when", "date"];
const PRIORITY: &[&str] = &["priorit", "importance", "wichtigkeit", "urgency"];
const NOTES: &[&str] = &["note", "description", "details", "notiz", "beschreibung"];
/// Words in the names of options, the more urgent first: “highest” holds “high”.
const STEPS: &[(Priority, &[&str])] = &[
    (Priority::Urgent, &["urgent", "critical", "highest", "dringend", "kritisch", "p0"]),
    (Priority::High, &["high", "hoch", "p1"]),
    (Priority::Medium, &["medium", "normal", "mittel", "p2"]),
    (Priority::Low, &["low", "niedrig", "gering", "p3"]),
];

fn list<'a>(of: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    of.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Its title first, then by name.
pub fn properties(table: &Value) -> Vec<TableProperty> {
    let each = table.as_object().into_iter().flatten();
    let mut found: Vec<TableProperty> = each.map(|(name, property)| read(name, property)).collect();
    found.sort_by_key(|p| p.kind != PropertyKind::Title);
    found
}

fn read(name: &str, property: &Value) -> TableProperty {
    let (word, nothing) = (text(property, "type"), Value::Null);
    let inner = property.get(word).unwrap_or(&nothing);
    let option = |o: &Value, step| TableOption { id: text(o, "id").to_owned(), name: text(o, "name").to_owned(), step };
    let (kind, options) = match word {
        "title" => (PropertyKind::Title, Vec::new()),
        "status" => (PropertyKind::Status, grouped(inner)),
        "checkbox" => (PropertyKind::Checkbox, Vec::new()),
        "select" => (PropertyKind::Select, list(inner, "options").map(|o| option(o, None)).collect()),
        "multi_select" => (PropertyKind::MultiSelect, Vec::new()),
        "date" => (PropertyKind::Date, Vec::new()),
        "people" => (PropertyKind::People, Vec::new()),
        "rich_text" => (PropertyKind::Text, Vec::new()),
        _ => (PropertyKind::Other, Vec::new()),
    };
    TableProperty { id: text(property, "id").to_owned(), name: name.to_owned(), kind, options }
}

/// The groups of a status are three, in this order, whatever they are called.
fn grouped(status: &Value) -> Vec<TableOption> {
    let steps = [Step::Open, Step::Started, Step::Done];
    let ids = list(status, "groups")
        .zip(steps)
        .flat_map(|(group, step)| list(group, "option_ids").filter_map(Value::as_str).map(move |id| (id, step)));
    let found = ids.filter_map(|(id, step)| {
        let option = list(status, "options").find(|option| text(option, "id") == id)?;
        Some(TableOption { id: id.to_owned(), name: text(option, "name").to_owned(), step: Some(step) })
    });
    found.collect()
}

/// By types, because people name properties as they like; by names where several are of a type. None: nothing says what is done.
pub fn suggest(properties: &[TableProperty]) -> Option<TableMapping> {
    let of = |kind: PropertyKind| properties.iter().filter(move |p| p.kind == kind);
    let done = of(PropertyKind::Status)
        .find(|p| p.options.iter().any(|o| o.step == Some(Step::Done)))
        .map(|p| DoneBy::Groups { property: p.id.clone() })
        .or_else(|| of(PropertyKind::Checkbox).next().map(|p| DoneBy::Checkbox { property: p.id.clone() }))?;
    of(PropertyKind::Title).next()?;
    let named = |kind: PropertyKind, words: &[&str]| {
        let has = |p: &TableProperty, word: &str| p.name.to_lowercase().contains(word);
        words.iter().find_map(|word| of(kind).find(|p| has(p, word)))
    };
    let priority = named(PropertyKind::Select, PRIORITY)
        .map(|p| PriorityBy { property: p.id.clone(), options: p.options.iter().filter_map(step).collect() });
    Some(TableMapping {
        due: named(PropertyKind::Date, DUE).or_else(|| of(PropertyKind::Date).next()).map(|p| p.id.clone()),
        labels: of(PropertyKind::MultiSelect).next().map(|p| p.id.clone()),
        priority: priority.filter(|p| !p.options.is_empty()),
        assigned: None,
        notes: named(PropertyKind::Text, NOTES).map(|p| p.id.clone()),
        done,
    })
}

fn step(option: &TableOption) -> Option<(String, Priority)> {
    let name = option.name.to_lowercase();
    let found = STEPS.iter().find(|(_, words)| words.iter().any(|word| name.contains(word)));
    found.map(|(priority, _)| (option.id.clone(), *priority))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn properties_are_found_by_their_types() {
        let table = properties(&json!({
            "Name": {"id": "title", "type": "title"}, "Start date": {"id": "a", "type": "date"}, "Due by": {"id": "b", "type": "date"},
            "Area": {"id": "c", "type": "multi_select"}, "Seen": {"id": "d", "type": "checkbox"}, "Formula": {"id": "f", "type": "formula"},
            "Priorität": {"id": "p", "type": "select", "select": {"options": [{"id": "1", "name": "Highest"}, {"id": "2", "name": "Hoch"}, {"id": "3", "name": "?"}]}},
            "State": {"id": "s", "type": "status", "status": {
                "options": [{"id": "z", "name": "Shipped"}, {"id": "x", "name": "Idea"}, {"id": "y", "name": "Doing"}],
                "groups": [{"option_ids": ["x"]}, {"option_ids": ["y"]}, {"option_ids": ["z"]}],
            }},
        }));
        assert_eq!(table[0].kind, PropertyKind::Title, "the title comes first");
        let state = table.iter().find(|p| p.id == "s").unwrap();
        let steps: Vec<_> = state.options.iter().map(|o| (o.name.as_str(), o.step)).collect();
        assert_eq!(steps, [("Idea", Some(Step::Open)), ("Doing", Some(Step::Started)), ("Shipped", Some(Step::Done))]);
        let found = suggest(&table).unwrap();
        assert_eq!(found.done, DoneBy::Groups { property: "s".into() });
        assert_eq!((found.due.as_deref(), found.labels.as_deref(), found.notes, found.assigned), (Some("b"), Some("c"), None, None));
        let by = [("1".to_owned(), Priority::Urgent), ("2".to_owned(), Priority::High)].into();
        assert_eq!(found.priority, Some(PriorityBy { property: "p".into(), options: by }));
        let ticked = properties(&json!({"Name": {"id": "title", "type": "title"}, "Done": {"id": "d", "type": "checkbox"}}));
        assert_eq!(suggest(&ticked).unwrap().done, DoneBy::Checkbox { property: "d".into() });
        assert!(suggest(&ticked[..1]).is_none() && suggest(&ticked[1..]).is_none());
    }
}
