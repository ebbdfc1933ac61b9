//! All people of the stand-in, and what changed when.

use std::collections::BTreeMap;

use domain::people::PeopleList;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// How Google behaves, where it may behave in more than one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GpeopleSwitches {
    /// Pages are never longer, whatever was asked for.
    pub page: Option<usize>,
    /// Under which status an expired sync token is refused: 400 or 410. Google's reference names only the reason.
    pub expired_status: u16,
    /// Sync tokens that were given out under another number are expired.
    pub sync_generation: u32,
    /// Page tokens that were given out under another number are refused.
    pub page_generation: u32,
}

impl Default for GpeopleSwitches {
    fn default() -> Self {
        Self { page: None, expired_status: 400, sync_generation: 0, page_generation: 0 }
    }
}

/// Somebody in a list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    pub name: String,
    pub emails: Vec<String>,
    /// What it was called before.
    pub previous: Vec<String>,
    pub deleted: bool,
    /// When it last changed.
    pub serial: u64,
    /// When it was made: the order of a list.
    pub made: u64,
}

/// By resource name.
#[derive(Default)]
pub(crate) struct List {
    pub entries: BTreeMap<String, Entry>,
    pub serial: u64,
}

impl List {
    /// Whoever is there already keeps the place.
    pub fn put(&mut self, resource: &str, name: &str, emails: &[String]) {
        self.serial += 1;
        let serial = self.serial;
        let entry = self.entries.entry(resource.to_owned()).or_insert_with(|| Entry { made: serial, ..Entry::default() });
        *entry = Entry { name: name.to_owned(), emails: emails.to_vec(), deleted: false, serial, ..entry.clone() };
    }

    /// False: nobody is called so.
    pub fn delete(&mut self, resource: &str) -> bool {
        self.serial += 1;
        let serial = self.serial;
        let Some(entry) = self.entries.get_mut(resource).filter(|e| !e.deleted) else { return false };
        (entry.deleted, entry.serial) = (true, serial);
        true
    }

    /// The same person under another resource name. False: nobody is called so.
    pub fn rename(&mut self, from: &str, to: &str) -> bool {
        self.serial += 1;
        let Some(mut entry) = self.entries.remove(from) else { return false };
        entry.previous.push(from.to_owned());
        entry.serial = self.serial;
        self.entries.insert(to.to_owned(), entry);
        true
    }
}

#[derive(Default)]
pub struct GpeopleWorld {
    lists: BTreeMap<(String, PeopleList), List>,
    pub switches: GpeopleSwitches,
}

impl GpeopleWorld {
    pub(crate) fn list(&self, email: &str, list: PeopleList) -> Option<&List> {
        self.lists.get(&(email.to_owned(), list))
    }

    pub(crate) fn list_mut(&mut self, email: &str, list: PeopleList) -> &mut List {
        self.lists.entry((email.to_owned(), list)).or_default()
    }
}

/// As Google says it, with the fields that were asked for. Of somebody who was deleted it says only that, and only with the metadata.
pub(super) fn shown(resource: &str, entry: &Entry, fields: &[&str], with_token: bool) -> Value {
    let mut out = Map::new();
    out.insert("resourceName".to_owned(), json!(resource));
    out.insert("etag".to_owned(), json!(format!("%EgUBAgc{}", entry.serial)));
    let asked = |name: &str| fields.contains(&name);
    let source = json!({"type": "CONTACT", "id": resource.rsplit('/').next()});
    if asked("metadata") {
        let metadata = if entry.deleted {
            json!({"deleted": true, "objectType": "PERSON"})
        } else if with_token && !entry.previous.is_empty() {
            json!({"sources": [source], "objectType": "PERSON", "previousResourceNames": entry.previous})
        } else {
            json!({"sources": [source], "objectType": "PERSON"})
        };
        out.insert("metadata".to_owned(), metadata);
    }
    if entry.deleted {
        return Value::Object(out);
    }
    if asked("names") && !entry.name.is_empty() {
        let given = entry.name.split(' ').next();
        let name = json!({"metadata": {"primary": true, "sourcePrimary": true, "source": source}, "displayName": entry.name,
            "givenName": given, "unstructuredName": entry.name});
        out.insert("names".to_owned(), json!([name]));
    }
    if asked("emailAddresses") && !entry.emails.is_empty() {
        let one = |(n, email): (usize, &String)| {
            let metadata = if n == 0 { json!({"primary": true, "source": source}) } else { json!({"source": source}) };
            json!({"metadata": metadata, "value": email})
        };
        out.insert("emailAddresses".to_owned(), entry.emails.iter().enumerate().map(one).collect());
    }
    Value::Object(out)
}
