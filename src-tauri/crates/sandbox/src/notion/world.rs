//! Data sources and pages of the stand-in.

use std::collections::BTreeMap;

use chrono::{DateTime, Days};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Refusal, page::NotionPage};
use crate::{Fill, rng::Rng};

pub(super) const STUDIO: &str = "2f26ee68-df30-4251-aad4-8ddc420cba01";
pub(super) const PRESS: &str = "2f26ee68-df30-4251-aad4-8ddc420cba02";
pub(super) const HOUSE: &str = "2f26ee68-df30-4251-aad4-8ddc420cba03";
const BOOKS: &str = "2f26ee68-df30-4251-aad4-8ddc420cba04";
const EDITORIAL: &str = "2f26ee68-df30-4251-aad4-8ddc420cba05";
/// Who is in the workspace.
pub(super) const PEOPLE: [(&str, &str); 2] =
    [("8c0f6a10-0000-4000-8000-00000000000a", "Ines Moreau"), ("8c0f6a10-0000-4000-8000-00000000000b", "Tom Weber")];

/// How Notion behaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NotionSwitches {
    /// Requests in a second.
    pub calls: usize,
    /// Whether the integration may read who is in the workspace.
    pub people: bool,
}

impl Default for NotionSwitches {
    fn default() -> Self {
        // Three on average; tests are quicker than people.
        Self { calls: 1000, people: true }
    }
}

/// A table of pages with properties of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    pub id: String,
    pub name: String,
    /// As they are on the wire.
    pub properties: Value,
}

impl Source {
    /// A property by its name or id.
    pub fn property(&self, key: &str) -> Option<&Value> {
        let all = self.properties.as_object()?;
        all.get(key).or_else(|| all.values().find(|p| p.get("id").and_then(Value::as_str) == Some(key)))
    }

    /// The type of a property, and its id.
    pub fn kind(&self, key: &str) -> Option<(&str, &str)> {
        let property = self.property(key)?;
        Some((property.get("type")?.as_str()?, property.get("id")?.as_str()?))
    }

    /// An option of a property by its id or its name: both, in this order.
    pub fn option(&self, key: &str, kind: &str, wanted: &str) -> Option<(String, String)> {
        let options = self.property(key)?.get(kind)?.get("options")?.as_array()?;
        let text = |option: &Value, field: &str| option.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        options.iter().map(|o| (text(o, "id"), text(o, "name"))).find(|(id, name)| id == wanted || name == wanted)
    }

    /// The name of the property of a type.
    pub fn of(&self, kind: &str) -> Option<&str> {
        self.properties.as_object()?.iter().find(|(_, property)| property.get("type") == Some(&json!(kind))).map(|(name, _)| name.as_str())
    }

    pub fn json(&self) -> Value {
        json!({
            "object": "data_source", "id": self.id, "in_trash": false, "properties": self.properties,
            "title": [{"type": "text", "text": {"content": self.name}, "plain_text": self.name}],
        })
    }
}

#[derive(Default)]
pub struct NotionWorld {
    /// The token that is accepted.
    pub(super) token: String,
    pub(super) sources: Vec<Source>,
    pub(super) pages: BTreeMap<String, NotionPage>,
    /// Cursors of before are not known.
    pub(super) generation: u64,
    pub switches: NotionSwitches,
    calls: Vec<Timestamp>,
    made: u64,
}

impl NotionWorld {
    pub(super) fn fresh_id(&mut self) -> String {
        self.made += 1;
        format!("59833787-2cf9-4fdf-8782-{:012x}", self.made)
    }

    pub(super) fn source(&self, id: &str) -> Result<&Source, Refusal> {
        self.sources.iter().find(|source| source.id == id).ok_or_else(|| Refusal::not_found(id))
    }

    /// One in the trash can be asked for.
    pub(super) fn page(&self, id: &str) -> Result<&NotionPage, Refusal> {
        self.pages.get(id).filter(|page| !page.deleted).ok_or_else(|| Refusal::not_found(id))
    }

    /// Puts a page there as edited now.
    pub(super) fn keep(&mut self, mut page: NotionPage, now: Timestamp) -> NotionPage {
        page.edited = now.millis();
        if page.created == 0 {
            page.created = now.millis();
        }
        self.pages.insert(page.id.clone(), page.clone());
        page
    }

    pub(super) fn spend(&mut self, now: Timestamp) -> Result<(), Refusal> {
        self.calls.retain(|at| (0..1000).contains(&now.since(*at)));
        if self.calls.len() >= self.switches.calls {
            return Err(Refusal {
                after: Some(1),
                ..Refusal::new(429, "rate_limited", "You have been rate limited. Please try again in a few minutes.")
            });
        }
        self.calls.push(now);
        Ok(())
    }
}

fn status() -> Value {
    let names = ["Not started", "In progress", "Done", "Archived"];
    let option = |n: usize, name: &str| json!({"id": format!("s{n}"), "name": name, "color": "default"});
    let options: Vec<Value> = names.iter().enumerate().map(|(n, name)| option(n, name)).collect();
    json!({"id": "stat", "type": "status", "status": {"options": options, "groups": [
        {"id": "g0", "name": "To-do", "color": "gray", "option_ids": ["s0"]},
        {"id": "g1", "name": "In progress", "color": "blue", "option_ids": ["s1"]},
        {"id": "g2", "name": "Complete", "color": "green", "option_ids": ["s2", "s3"]},
    ]}})
}

pub(crate) fn world(fill: Fill, mut rng: Rng, now: Timestamp) -> NotionWorld {
    let digits = rng.token(43).replace(['-', '_'], "x");
    let mut world = NotionWorld { token: format!("ntn_{digits}"), ..NotionWorld::default() };
    let plain = |id: &str, kind: &str| json!({"id": id, "type": kind, kind: {}});
    let select = |id: &str, names: &[&str]| {
        let option = |(n, name): (usize, &&str)| json!({"id": format!("{id}{n}"), "name": name, "color": "default"});
        json!({"id": id, "type": "select", "select": {"options": names.iter().enumerate().map(option).collect::<Vec<_>>()}})
    };
    let tags = || json!({"id": "tags", "type": "multi_select", "multi_select": {"options": []}});
    let source = |id: &str, name: &str, properties: Value| Source { id: id.to_owned(), name: name.to_owned(), properties };
    let tasks = || json!({"Task": plain("title", "title"), "Status": status(), "Due": plain("due", "date"), "Tags": tags(), "Estimate": plain("est", "number")});
    world.sources = vec![
        source(STUDIO, "Studio tasks", tasks()),
        source(PRESS, "Press", tasks()),
        source(
            HOUSE,
            "Household",
            json!({"Name": plain("title", "title"), "Done": plain("done", "checkbox"), "When": plain("when", "date"), "Tags": tags()}),
        ),
        // Nothing in it says “done” by itself.
        source(
            EDITORIAL,
            "Editorial",
            json!({
                "Story": plain("title", "title"), "Stage": select("stg", &["Pitch", "Writing", "Published", "Dropped"]), "Deadline": plain("dead", "date"),
                "Importance": select("imp", &["High", "Normal", "Low"]), "Author": plain("who", "people"), "Notes": plain("txt", "rich_text"), "Beat": tags(),
            }),
        ),
        source(BOOKS, "Books", json!({"Title": plain("title", "title"), "Pages": plain("n", "number")})),
    ];
    let pages = match fill {
        Fill::Empty | Fill::Bulk(_) => Vec::new(),
        Fill::Small => demo(now).into_iter().take(2).collect(),
        Fill::Demo => demo(now),
    };
    // Written a while ago: nothing of it looks like the last minute's.
    for (n, page) in pages.into_iter().enumerate() {
        let id = world.fresh_id();
        world.keep(NotionPage { id, ..page }, now.plus_secs(-8 * 86_400 + n as i64 * 3600));
    }
    world
}

fn demo(now: Timestamp) -> Vec<NotionPage> {
    let today = DateTime::from_timestamp(now.secs(), 0).unwrap_or_default().date_naive();
    let on = |days: u64| today.checked_add_days(Days::new(days)).map(|day| day.to_string());
    let page = |source: &str, title: &str, status: Option<&str>| NotionPage {
        source: source.to_owned(),
        title: title.to_owned(),
        status: status.map(str::to_owned),
        ..NotionPage::default()
    };
    vec![
        NotionPage { date: on(3), tags: vec!["print".to_owned()], ..page(STUDIO, "Proofs of the spring catalogue", Some("In progress")) },
        NotionPage { done: true, ..page(HOUSE, "Defrost the freezer", None) },
        page(STUDIO, "Sort the old letterheads", Some("Archived")),
        NotionPage {
            date: Some("2026-12-09T16:00:00.000+01:00".to_owned()),
            ..page(PRESS, "Interview with the radio", Some("Not started"))
        },
        NotionPage { date: on(9), ..page(HOUSE, "Candles", None) },
        NotionPage {
            date: on(5),
            picked: [("stg".to_owned(), "Writing".to_owned()), ("imp".to_owned(), "High".to_owned())].into(),
            people: vec![PEOPLE[0].0.to_owned()],
            text: "Two sources so far.".to_owned(),
            ..page(EDITORIAL, "The last type foundry", None)
        },
        NotionPage {
            picked: [("stg".to_owned(), "Published".to_owned())].into(),
            people: vec![PEOPLE[1].0.to_owned()],
            ..page(EDITORIAL, "Paper prices", None)
        },
        page(BOOKS, "The elements of typographic style", None),
    ]
}
