//! Microsoft's contacts and relevant people against the sandbox.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    error::ProviderError,
    ids::ScopeId,
    integration::Service,
    people::{PeopleList, PeopleSource as _, RemotePerson},
    sync::{Budget, Change, SyncCursor, SyncScope},
};
use sandbox::{Fill, MS_MARA, MsPerson, Sandbox, SandboxOptions};

use super::{
    super::{Grants, tests::graph},
    GraphPeople,
};
use crate::{
    Providers,
    connector::tests::{MS_REDIRECT, sign_in, vault},
    http::patience::real_jitter,
    registry::ms_scope,
    scripted::moving,
};

struct Fixture {
    sandbox: Sandbox,
    source: GraphPeople,
    rows: BTreeMap<String, RemotePerson>,
    cursor: Option<SyncCursor>,
}

impl Fixture {
    async fn start(without: &[&str]) -> Self {
        let sandbox = Sandbox::start(SandboxOptions { fill: Fill::Empty, ..SandboxOptions::default() }).await.unwrap();
        sandbox.clock().freeze(true);
        let config = domain::config::Config { providers: sandbox.provider_config(), ca_file: None };
        let providers = Arc::new(Providers::new(&config, sandbox.clock().as_clock()).unwrap());
        let tokens = sign_in(&providers, "microsoft", MS_REDIRECT).await;
        let credentials = vault(&providers, "microsoft", &tokens, sandbox.clock().as_clock());
        let scopes: Vec<String> = tokens.scopes.unwrap().into_iter().filter(|s| !without.contains(&s.as_str())).collect();
        let sleep = moving(sandbox.clock(), &Arc::default());
        let source = GraphPeople::new(graph(&sandbox, credentials, sleep, real_jitter()), Grants::new(&scopes));
        Self { sandbox, source, rows: BTreeMap::new(), cursor: None }
    }

    async fn sync(&mut self, list: PeopleList) -> Result<usize, ProviderError> {
        let scope = SyncScope { id: ScopeId(1), connection: "c1".into(), service: Service::People, container: Some(list.name().into()) };
        let mut told = 0;
        loop {
            let budget = Budget { items: 1_000, since: None };
            let batch = self.source.changes(&scope, self.cursor.as_ref(), budget, self.sandbox.now()).await?;
            for change in batch.changes {
                told += 1;
                match change {
                    Change::Gone(id) => drop(self.rows.remove(id.as_str())),
                    Change::Upsert(person) => drop(self.rows.insert(person.id.0.clone(), person)),
                }
            }
            if let Some(present) = batch.present {
                self.rows.retain(|id, _| present.iter().any(|p| p.as_str() == id));
            }
            self.cursor = Some(batch.next);
            if !batch.more {
                return Ok(told);
            }
        }
    }

    fn names(&self) -> Vec<(&str, Vec<&str>)> {
        self.rows.values().map(|p| (p.name.as_str(), p.emails.iter().map(String::as_str).collect())).collect()
    }

    fn put(&self, id: &str, name: &str, emails: &[&str]) {
        assert!(self.sandbox.put_ms_contact(MS_MARA, person(id, name, emails)));
    }
}

fn person(id: &str, name: &str, emails: &[&str]) -> MsPerson {
    MsPerson { id: id.into(), name: name.into(), emails: emails.iter().map(|e| (*e).to_owned()).collect() }
}

#[tokio::test]
async fn the_address_book_is_followed_also_from_when_nobody_was_in_it() {
    let mut f = Fixture::start(&[]).await;
    assert_eq!(f.source.lists(), PeopleList::ALL);
    assert_eq!(f.sync(PeopleList::Contacts).await.unwrap(), 0);
    f.put("c1", "Anna Berg", &["anna@x.example", "anna@home.example"]);
    f.put("c2", "", &["b@x.example"]);
    f.put("c3", "Exchange alone", &["/o=ExchangeLabs/cn=c"]);
    f.sync(PeopleList::Contacts).await.unwrap();
    let all = [("Anna Berg", vec!["anna@x.example", "anna@home.example"]), ("", vec!["b@x.example"]), ("Exchange alone", vec![])];
    assert_eq!(f.names(), all);
    assert_eq!(f.sync(PeopleList::Contacts).await.unwrap(), 0, "nothing changed");

    f.put("c2", "Ben Carl", &["b@x.example"]);
    assert!(f.sandbox.delete_ms_contact(MS_MARA, "c1"));
    assert_eq!(f.sync(PeopleList::Contacts).await.unwrap(), 2);
    assert_eq!(f.names(), [("Ben Carl", vec!["b@x.example"]), ("Exchange alone", vec![])]);
}

#[tokio::test]
async fn relevant_people_are_read_whole_each_time() {
    let mut f = Fixture::start(&[]).await;
    let many: Vec<MsPerson> = (0..1_200).map(|n| person(&format!("p{n}"), &format!("P {n}"), &[&format!("p{n}@x.example")])).collect();
    f.sandbox.set_ms_people(MS_MARA, many);
    f.sync(PeopleList::Others).await.unwrap();
    assert_eq!(f.rows.len(), 1_000, "the best thousand, and no more");
    assert!(f.rows.contains_key("p0") && !f.rows.contains_key("p1100"));
    f.sandbox.set_ms_people(MS_MARA, vec![person("p7", "P 7", &["p7@x.example"]), person("n", "New", &["n@x.example"])]);
    f.sync(PeopleList::Others).await.unwrap();
    assert_eq!(f.names(), [("New", vec!["n@x.example"]), ("P 7", vec!["p7@x.example"])]);
}

#[tokio::test]
async fn what_was_not_granted_is_not_asked_for() {
    let mut f = Fixture::start(&[ms_scope::CONTACTS_READ]).await;
    assert_eq!(f.source.lists(), [PeopleList::Others]);
    let before = f.sandbox.control().log().len();
    assert!(matches!(f.sync(PeopleList::Contacts).await.unwrap_err(), ProviderError::Unsupported(_)));
    assert_eq!(f.sandbox.control().log().len(), before);
    let f = Fixture::start(&[ms_scope::CONTACTS_READ, ms_scope::PEOPLE_READ]).await;
    assert!(f.source.lists().is_empty());
}
