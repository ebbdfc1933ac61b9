//! Contacts and relevant people as Graph serves them: `/me/contacts`, the delta of one contact folder, and `/me/people`.
//!
//! The delta is where the documentation has it, below a folder by its id: `/me/contacts/delta` is not there. Nothing can be searched for:
//! whoever sends what a person types is refused.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    call::{Answer, Call},
    error::GraphError,
    query::{Options, listed},
    world::MsWorld,
};
use crate::{Fill, Sandbox};

mod delta;
#[cfg(test)]
mod tests;

/// The main folder.
const FOLDER: &str = "AQMkADAwATM0MDAAMS0yMDky-contacts-AAA=";
/// Of a list where nothing else is asked for.
const PAGE: usize = 10;
const CONTACT: [&str; 12] = [
    "id",
    "displayName",
    "givenName",
    "surname",
    "nickName",
    "companyName",
    "emailAddresses",
    "parentFolderId",
    "createdDateTime",
    "lastModifiedDateTime",
    "categories",
    "mobilePhone",
];
const PERSON: [&str; 9] =
    ["id", "displayName", "givenName", "surname", "companyName", "scoredEmailAddresses", "personType", "userPrincipalName", "jobTitle"];

/// Somebody, in the contacts or among the relevant people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MsPerson {
    pub id: String,
    /// Empty: none.
    pub name: String,
    pub emails: Vec<String>,
}

pub(super) struct Contact {
    person: MsPerson,
    /// When it changed, and when it came.
    changed: u64,
    arrived: u64,
}

/// The people of one account.
#[derive(Default)]
pub(super) struct Circle {
    contacts: BTreeMap<String, Contact>,
    /// (serial, id).
    removals: Vec<(u64, String)>,
    /// Most relevant first.
    relevant: Vec<MsPerson>,
    serial: u64,
    /// Sync tokens from before are too old.
    void_before: u64,
}

impl Circle {
    fn put(&mut self, person: MsPerson) {
        self.serial += 1;
        let arrived = self.contacts.get(&person.id).map_or(self.serial, |c| c.arrived);
        self.removals.retain(|(_, id)| *id != person.id);
        self.contacts.insert(person.id.clone(), Contact { person, changed: self.serial, arrived });
    }

    fn remove(&mut self, id: &str) -> bool {
        self.serial += 1;
        let there = self.contacts.remove(id).is_some();
        if there {
            self.removals.push((self.serial, id.to_owned()));
        }
        there
    }

    /// Every delta token of before is too old from now on.
    pub fn expire_sync(&mut self) {
        self.serial += 1;
        self.void_before = self.serial;
    }
}

/// What any one of is needed for a path below `/me`; None: it is no path of people.
pub(super) fn scopes(first: &str) -> Option<&'static [&'static str]> {
    match first {
        "contacts" | "contactFolders" => Some(&["Contacts.Read", "Contacts.ReadWrite"]),
        "people" => Some(&["People.Read"]),
        _ => None,
    }
}

/// One call of somebody whose token allows it.
pub(super) fn run(world: &mut MsWorld, email: &str, rest: &[&str], call: &Call<'_>) -> Result<Answer, GraphError> {
    let switches = world.switches.clone();
    let circle = world.circle(email)?;
    match (call.method, rest) {
        ("GET", ["contacts"]) => contacts(circle, call),
        ("GET", ["contacts", "delta"]) => Err(GraphError::malformed_id()),
        ("GET", ["contacts", id]) => {
            let options = options(call, &CONTACT)?;
            let contact = circle.contacts.get(*id).ok_or_else(GraphError::not_found)?;
            Ok(Answer::ok(chosen(contact_json(&contact.person), &options.select)))
        }
        ("GET", ["contactFolders", folder, "contacts", "delta"]) if *folder == FOLDER => delta::delta(circle, call, &switches),
        ("GET", ["contactFolders", _, "contacts", "delta"]) => Err(GraphError::not_found()),
        ("GET", ["people"]) => {
            let options = options(call, &PERSON)?;
            Ok(listed(call, &options, PAGE, "users('me')/people", &circle.relevant, |p| chosen(person_json(p), &options.select)))
        }
        (_, other) => Err(GraphError::no_resource(other.first().unwrap_or(&""))),
    }
}

/// Only pages and a choice of properties.
fn options(call: &Call<'_>, properties: &[&str]) -> Result<Options, GraphError> {
    let options = Options::of(call, properties, &[])?;
    if !options.filter.is_empty() || options.search.is_some() || options.order.is_some() {
        return Err(GraphError::query("This stand-in neither filters nor sorts people, nor searches for them."));
    }
    Ok(options)
}

fn contacts(circle: &Circle, call: &Call<'_>) -> Result<Answer, GraphError> {
    let options = options(call, &CONTACT)?;
    let all: Vec<&MsPerson> = circle.contacts.values().map(|c| &c.person).collect();
    Ok(listed(call, &options, PAGE, "users('me')/contacts", &all, |p| chosen(contact_json(p), &options.select)))
}

fn contact_json(person: &MsPerson) -> Value {
    let name = Some(&person.name).filter(|name| !name.is_empty());
    let emails: Vec<Value> = person.emails.iter().map(|e| json!({"name": person.name, "address": e})).collect();
    json!({
        "@odata.etag": "W/\"EQAAABYAAACd9nJ\"", "id": person.id, "displayName": name, "givenName": name, "surname": null, "nickName": null,
        "companyName": null, "emailAddresses": emails, "parentFolderId": FOLDER, "categories": [], "mobilePhone": null,
    })
}

fn person_json(person: &MsPerson) -> Value {
    let scored = |(n, e): (usize, &String)| json!({"address": e, "relevanceScore": 20.0 - n as f64, "selectionLikelihood": "notSpecified"});
    let emails: Vec<Value> = person.emails.iter().enumerate().map(scored).collect();
    json!({
        "id": person.id, "displayName": person.name, "givenName": null, "surname": null, "companyName": null, "jobTitle": null,
        "scoredEmailAddresses": emails, "userPrincipalName": person.emails.first(),
        "personType": {"class": "Person", "subclass": "OrganizationUser"},
    })
}

/// With the id, which is always there.
fn chosen(whole: Value, select: &[String]) -> Value {
    let Value::Object(map) = whole else { return whole };
    let kept = |name: &str| select.is_empty() || name == "id" || name.starts_with('@') || select.iter().any(|s| s == name);
    Value::Object(map.into_iter().filter(|(name, _)| kept(name)).collect::<Map<_, _>>())
}

/// The address book and the colleagues of the work account.
pub(super) fn fill(circle: &mut Circle, fill: Fill) {
    if fill != Fill::Demo {
        return;
    }
    let person = |id: &str, name: &str, email: &str| MsPerson { id: id.into(), name: name.into(), emails: vec![email.into()] };
    for (n, (name, email)) in [
        ("Signe Dahl", "signe.dahl@havnegruppen.example"),
        ("Ivar Moen", "ivar.moen@dykkerservice.example"),
        ("Jorunn Hauge", "jorunn.hauge@kystverket.example"),
    ]
    .into_iter()
    .enumerate()
    {
        circle.put(person(&format!("AAMkAGI2-contact-{n}="), name, email));
    }
    circle.relevant = vec![
        person("d1f6c5a2-0001", "Tor Vik", "tor@kaivakt.example"),
        person("d1f6c5a2-0002", "Ingunn Lie", "ingunn.lie@havnegruppen.example"),
        person("d1f6c5a2-0003", "Driftsgruppen", "drift@havnegruppen.example"),
    ];
}

impl Sandbox {
    /// Contacts, as they are listed.
    pub fn ms_contacts(&self, email: &str) -> Vec<MsPerson> {
        let all = |circle: &mut Circle| circle.contacts.values().map(|c| c.person.clone()).collect();
        self.microsoft(|world, _| world.circle(email).map(all)).unwrap_or_default()
    }

    /// A new contact, or another state of one. False: the account has no mailbox.
    pub fn put_ms_contact(&self, email: &str, person: MsPerson) -> bool {
        self.microsoft(|world, _| world.circle(email).map(|circle| circle.put(person))).is_ok()
    }

    /// False: there is none.
    pub fn delete_ms_contact(&self, email: &str, id: &str) -> bool {
        self.microsoft(|world, _| world.circle(email).map(|circle| circle.remove(id))).unwrap_or(false)
    }

    /// Whom Microsoft finds relevant, most relevant first.
    pub fn set_ms_people(&self, email: &str, people: Vec<MsPerson>) {
        // An account without a mailbox has nobody.
        let _ = self.microsoft(|world, _| world.circle(email).map(|circle| circle.relevant = people));
    }
}
