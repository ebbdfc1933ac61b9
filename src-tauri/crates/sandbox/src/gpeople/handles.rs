//! What a test may look at and change in a Google account's people from outside, beside HTTP.

use domain::people::PeopleList;
use serde::{Deserialize, Serialize};

use super::world::{GpeopleSwitches, GpeopleWorld};
use crate::{Sandbox, control::locked};

/// Somebody in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gperson {
    /// Resource name: `people/c…` or `otherContacts/c…`.
    pub id: String,
    pub name: String,
    pub emails: Vec<String>,
}

pub(super) fn all(world: &GpeopleWorld, email: &str, list: PeopleList) -> Vec<Gperson> {
    let there = world.list(email, list).into_iter().flat_map(|l| &l.entries).filter(|(_, e)| !e.deleted);
    there.map(|(id, e)| Gperson { id: id.clone(), name: e.name.clone(), emails: e.emails.clone() }).collect()
}

impl Sandbox {
    /// By resource name.
    pub fn google_people(&self, email: &str, list: PeopleList) -> Vec<Gperson> {
        all(&locked(&self.shared.gpeople), email, list)
    }

    /// The person puts somebody there, or changes who is there, in Google's own program.
    pub fn put_google_person(&self, email: &str, list: PeopleList, person: &Gperson) {
        locked(&self.shared.gpeople).list_mut(email, list).put(&person.id, &person.name, &person.emails);
    }

    /// False: nobody is called so.
    pub fn delete_google_person(&self, email: &str, list: PeopleList, id: &str) -> bool {
        locked(&self.shared.gpeople).list_mut(email, list).delete(id)
    }

    /// Somebody is known by another resource name from now on, as when a contact is linked to a profile.
    pub fn rename_google_person(&self, email: &str, list: PeopleList, from: &str, to: &str) -> bool {
        locked(&self.shared.gpeople).list_mut(email, list).rename(from, to)
    }

    pub fn set_gpeople(&self, change: impl FnOnce(&mut GpeopleSwitches)) {
        change(&mut locked(&self.shared.gpeople).switches);
    }
}
