//! Mara's address book at Google, and whom Google noted. Some of them write to her, some she has never mailed.

use domain::people::PeopleList;

use super::world::GpeopleWorld;
use crate::{Fill, fixtures::MARA};

const CONTACTS: &[(&str, &[&str])] = &[
    ("Ingrid Solberg", &["ingrid@nordlysstudio.example", "ingrid.solberg@privat.example"]),
    ("Sofie Lindqvist", &["sofie@lindqvist.example"]),
    ("Astrid Nygård", &["astrid.nygard@fiskebryggen.example"]),
    ("Jonas Falk", &["jonas.falk@falkfoto.example"]),
    ("Lena Aalto", &["lena.aalto@saunaseura.example"]),
    ("Dr. Ingeborg Wahl", &["praxis@wahl-kinderarzt.example"]),
    ("Per-Olof Sjögren", &["po.sjogren@bathamn.example"]),
    // Without an address: nobody can be written to there.
    ("Hausmeister Kleist", &[]),
];

const OTHERS: &[(&str, &[&str])] = &[
    ("", &["kontakt@verkstad-soder.example"]),
    ("Ingo Petersen", &["ingo.petersen@hafenamt.example"]),
    ("Hannah Whitaker", &["hannah.whitaker@brightwell.example"]),
];

pub(crate) fn world(fill: Fill) -> GpeopleWorld {
    let mut world = GpeopleWorld::default();
    if fill == Fill::Demo {
        for (list, prefix, all) in [(PeopleList::Contacts, "people/c", CONTACTS), (PeopleList::Others, "otherContacts/c", OTHERS)] {
            for (n, (name, emails)) in all.iter().enumerate() {
                let emails: Vec<String> = emails.iter().map(|e| (*e).to_owned()).collect();
                world.list_mut(MARA, list).put(&format!("{prefix}{}", 4_118_203 + n * 977), name, &emails);
            }
        }
    }
    world
}
