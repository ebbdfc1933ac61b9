//! Google's people against the sandbox: rows kept as the engine keeps them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    ExposeSecret as _,
    error::{ErrorClass, ProviderError},
    ids::ScopeId,
    integration::Service,
    people::{PeopleList, PeopleSource as _, RemotePerson},
    sync::{Budget, Change, SyncCursor, SyncScope},
};
use sandbox::{Fault, Fill, Gperson, MARA, Provider, Sandbox, SandboxOptions};

use super::{super::Grants, GooglePeople};
use crate::{
    Providers,
    connector::tests::{GOOGLE_REDIRECT, connection, sign_in_for},
    google::shared::Accounts,
    http::patience::real_jitter,
    registry::scope,
    scripted::{Tokens, http_at, moving},
};

const BOTH: &[&str] = &[scope::CONTACTS_READONLY, scope::OTHER_CONTACTS];

struct Fixture {
    sandbox: Sandbox,
    source: GooglePeople,
    rows: BTreeMap<PeopleList, BTreeMap<String, RemotePerson>>,
    cursors: BTreeMap<PeopleList, SyncCursor>,
}

impl Fixture {
    async fn start(scopes: &[&str]) -> Self {
        let sandbox =
            Sandbox::start(SandboxOptions { fill: Fill::Empty, access_secs: 30 * 86_400, ..SandboxOptions::default() }).await.unwrap();
        sandbox.clock().freeze(true);
        let config = domain::config::Config { providers: sandbox.provider_config(), ca_file: None };
        let providers = Providers::new(&config, sandbox.clock().as_clock()).unwrap();
        let only = ["openid", scope::EMAIL].iter().chain(scopes).map(|s| (*s).to_owned()).collect();
        let consent = sandbox::AutoConsent { account: Some(MARA.to_owned()), scopes: Some(only), ..Default::default() };
        sandbox.set_auto_consent(Provider::Google, Some(consent));
        let tokens = sign_in_for(&providers, "google", GOOGLE_REDIRECT, scopes).await;
        let credentials = Arc::new(Tokens { fixed: Some(tokens.access_token.expose_secret().to_owned()), ..Tokens::default() });
        let granted = tokens.scopes.as_ref().unwrap();
        let accounts = Accounts::waiting_by(moving(sandbox.clock(), &Arc::default()), real_jitter());
        let config = sandbox.provider_config().remove("google").unwrap();
        let http = http_at(sandbox.clock().as_clock());
        let source =
            GooglePeople::new(http, credentials, &config, Grants::new(granted), &accounts, &connection("google", granted)).unwrap();
        Self { sandbox, source, rows: BTreeMap::new(), cursors: BTreeMap::new() }
    }

    fn put(&self, list: PeopleList, id: &str, name: &str, emails: &[&str]) {
        let emails = emails.iter().map(|e| (*e).to_owned()).collect();
        self.sandbox.put_google_person(MARA, list, &Gperson { id: id.into(), name: name.into(), emails });
    }

    /// One round as the engine does it. Returns what it was told of: `+id` and `-id`, and in how many pages.
    async fn sync(&mut self, list: PeopleList) -> Result<(Vec<String>, usize), ProviderError> {
        let scope = SyncScope { id: ScopeId(1), connection: "c1".into(), service: Service::People, container: Some(list.name().into()) };
        let (mut seen, mut pages) = (Vec::new(), 0);
        loop {
            let budget = Budget { items: 1_000, since: None };
            let batch = self.source.changes(&scope, self.cursors.get(&list), budget, self.sandbox.now()).await?;
            pages += 1;
            let rows = self.rows.entry(list).or_default();
            let (gone, come): (Vec<_>, Vec<_>) = batch.changes.into_iter().partition(|c| matches!(c, Change::Gone(_)));
            for change in gone.into_iter().chain(come) {
                match change {
                    Change::Gone(id) => {
                        rows.remove(id.as_str());
                        seen.push(format!("-{id}"));
                    }
                    Change::Upsert(person) => {
                        seen.push(format!("+{}", person.id));
                        rows.insert(person.id.0.clone(), person);
                    }
                }
            }
            if let Some(present) = batch.present {
                rows.retain(|id, _| present.iter().any(|p| p.as_str() == id));
            }
            self.cursors.insert(list, batch.next);
            if !batch.more {
                return Ok((seen, pages));
            }
        }
    }

    fn same(&self, list: PeopleList) {
        let rows: Vec<(String, String, Vec<String>)> =
            self.rows[&list].values().map(|p| (p.id.0.clone(), p.name.clone(), p.emails.clone())).collect();
        let mut there: Vec<_> = self.sandbox.google_people(MARA, list).into_iter().map(|p| (p.id, p.name, p.emails)).collect();
        there.sort();
        assert_eq!(rows, there);
    }
}

#[tokio::test]
async fn both_lists_are_read_to_their_end_and_then_only_what_changed() {
    let mut f = Fixture::start(BOTH).await;
    assert_eq!(f.source.lists(), PeopleList::ALL);
    for (list, prefix) in [(PeopleList::Contacts, "people/c"), (PeopleList::Others, "otherContacts/c")] {
        for n in 1..=7 {
            f.put(list, &format!("{prefix}{n}"), &format!("Person {n}"), &[&format!("p{n}@x.example")]);
        }
        f.sandbox.set_gpeople(|s| s.page = Some(3));
        let (seen, pages) = f.sync(list).await.unwrap();
        assert_eq!((seen.len(), pages), (7, 3));
        f.same(list);
        assert_eq!(f.sync(list).await.unwrap().0, Vec::<String>::new(), "nothing changed");

        f.put(list, &format!("{prefix}2"), "Another name", &["p2@x.example", "p2@home.example"]);
        f.put(list, &format!("{prefix}8"), "", &["p8@x.example"]);
        assert!(f.sandbox.delete_google_person(MARA, list, &format!("{prefix}5")));
        let mut seen = f.sync(list).await.unwrap().0;
        seen.sort();
        assert_eq!(seen, [format!("+{prefix}2"), format!("+{prefix}8"), format!("-{prefix}5")]);
        f.same(list);
    }
}

#[tokio::test]
async fn somebody_who_is_called_otherwise_from_now_on_is_there_once() {
    let mut f = Fixture::start(BOTH).await;
    f.put(PeopleList::Contacts, "people/c1", "Anna Berg", &["anna@x.example"]);
    f.sync(PeopleList::Contacts).await.unwrap();
    assert!(f.sandbox.rename_google_person(MARA, PeopleList::Contacts, "people/c1", "people/g900"));
    f.sync(PeopleList::Contacts).await.unwrap();
    f.same(PeopleList::Contacts);
}

#[tokio::test]
async fn a_token_that_is_too_old_means_to_read_all_again() {
    for status in [400, 410] {
        let mut f = Fixture::start(BOTH).await;
        f.sandbox.set_gpeople(|s| s.expired_status = status);
        f.put(PeopleList::Contacts, "people/c1", "Anna", &["anna@x.example"]);
        f.sync(PeopleList::Contacts).await.unwrap();
        f.sandbox.set_gpeople(|s| s.sync_generation += 1);
        f.put(PeopleList::Contacts, "people/c2", "Ben", &["ben@x.example"]);
        let error = f.sync(PeopleList::Contacts).await.unwrap_err();
        assert!(matches!(error, ProviderError::CursorExpired), "{status}: {error:?}");
        f.cursors.clear();
        f.sync(PeopleList::Contacts).await.unwrap();
        f.same(PeopleList::Contacts);
    }
}

#[tokio::test]
async fn what_was_not_granted_is_not_asked_for() {
    let mut f = Fixture::start(&[scope::OTHER_CONTACTS]).await;
    assert_eq!(f.source.lists(), [PeopleList::Others]);
    let before = f.sandbox.control().log().len();
    let error = f.sync(PeopleList::Contacts).await.unwrap_err();
    assert!(matches!(error, ProviderError::Unsupported(_)), "{error:?}");
    assert_eq!(f.sandbox.control().log().len(), before);
    f.sync(PeopleList::Others).await.unwrap();
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let mut f = Fixture::start(BOTH).await;
    f.put(PeopleList::Contacts, "people/c1", "Anna", &["anna@x.example"]);
    f.sandbox.control().add_fault(Fault::status("/v1/people/*", 403, "SERVICE_DISABLED").times(0));
    let error = f.sync(PeopleList::Contacts).await.unwrap_err();
    assert_ne!(error.class(), ErrorClass::Resync, "{error:?}");
    f.sandbox.control().clear_faults();
    f.sync(PeopleList::Contacts).await.unwrap();
    f.same(PeopleList::Contacts);
}
