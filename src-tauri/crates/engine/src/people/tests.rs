//! Lists of people with the real clients against the sandbox.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{audit::Actor, integration::Service, people::PeopleList};
use sandbox::{AutoConsent, Fault, Gperson, MARA, Provider};

use crate::flow_tests::{World, google, no_errors, world};

fn put(w: &World, list: PeopleList, id: &str, name: &str, emails: &[&str]) {
    let emails = emails.iter().map(|e| (*e).to_owned()).collect();
    w.sandbox.put_google_person(MARA, list, &Gperson { id: id.into(), name: name.into(), emails });
}

/// Address, name and list of whoever is suggested.
async fn found(w: &World, prefix: &str) -> Vec<(String, String, Option<PeopleList>)> {
    let all = w.engine.suggest_people(prefix, 20).await.unwrap();
    all.into_iter().map(|p| (p.address.email, p.address.name, p.source.map(|s| s.list))).collect()
}

async fn lists(w: &World) -> Vec<String> {
    let all = w.engine.connections().await.unwrap();
    let scopes = all.into_iter().flat_map(|c| c.scopes).filter(|s| s.service == Service::People);
    scopes.map(|s| s.name).collect()
}

#[tokio::test]
async fn they_are_copied_and_nobody_is_asked_what_is_typed() {
    let w = world().await;
    put(&w, PeopleList::Contacts, "people/c1", "Quentin Rask", &["quentin@x.example", "q.rask@home.example"]);
    put(&w, PeopleList::Others, "otherContacts/c2", "", &["quay@harbour.example"]);
    let connection = google(&w).await;
    no_errors(&w.engine.sync_now(None).await.unwrap());
    assert_eq!(lists(&w).await, ["Address book", "Other people"]);
    let asked = w.sandbox.control().log().len();
    let own = |email: &str, name: &str, list| (email.to_owned(), name.to_owned(), Some(list));
    let wanted = [
        own("q.rask@home.example", "Quentin Rask", PeopleList::Contacts),
        own("quentin@x.example", "Quentin Rask", PeopleList::Contacts),
        own("quay@harbour.example", "", PeopleList::Others),
    ];
    let mut all = found(&w, "q").await;
    all[..2].sort();
    assert_eq!(all, wanted);
    assert_eq!(found(&w, "rask").await.len(), 2, "by any word of the name");
    assert_eq!(w.sandbox.control().log().len(), asked, "only what is stored here is searched");

    // What changes there comes with a later round, and goes with the connection.
    assert!(w.sandbox.delete_google_person(MARA, PeopleList::Contacts, "people/c1"));
    no_errors(&w.engine.sync_now(None).await.unwrap());
    assert_eq!(found(&w, "q").await, [own("quay@harbour.example", "", PeopleList::Others)]);
    w.engine.disconnect(&connection.connection.id, Actor::Person).await.unwrap();
    assert!(found(&w, "q").await.is_empty());
}

#[tokio::test]
async fn who_was_written_to_comes_first_and_each_address_once() {
    let w = world().await;
    google(&w).await;
    no_errors(&w.engine.sync_now(None).await.unwrap());
    // Somebody whom the mail knows: in the address book, too, in other letters.
    let mut known = None;
    for letter in 'a'..='z' {
        known = known.or(w.engine.suggest_people(&letter.to_string(), 20).await.unwrap().into_iter().find(|p| p.mailed));
    }
    let known = known.unwrap();
    let email = known.address.email.clone();
    put(&w, PeopleList::Contacts, "people/c1", "Aaron Aalto", &["aa@aalto.example"]);
    put(&w, PeopleList::Contacts, "people/c2", "Another Name", &[&email.to_uppercase()]);
    no_errors(&w.engine.sync_now(None).await.unwrap());
    let all = found(&w, &email).await;
    assert_eq!(all.len(), 1, "{all:?}");
    if !known.address.name.is_empty() {
        assert_eq!(all[0].1, known.address.name, "the name that the person's mail has");
    }
    assert!(found(&w, "aalto").await.iter().any(|p| p.0 == "aa@aalto.example"));
}

#[tokio::test]
async fn without_the_scope_mail_goes_on_and_a_refused_list_stops_nothing_else() {
    let w = world().await;
    let scopes = ["openid", "email", "https://www.googleapis.com/auth/gmail.modify"].map(str::to_owned).to_vec();
    let consent = AutoConsent { account: Some(MARA.to_owned()), scopes: Some(scopes), ..AutoConsent::default() };
    w.sandbox.set_auto_consent(Provider::Google, Some(consent));
    google(&w).await;
    no_errors(&w.engine.sync_now(None).await.unwrap());
    assert!(lists(&w).await.is_empty());

    let w = world().await;
    google(&w).await;
    w.sandbox.control().add_fault(Fault::status("/v1/people/*", 403, "SERVICE_DISABLED").times(0));
    w.sandbox.control().add_fault(Fault::status("/v1/otherContacts", 403, "SERVICE_DISABLED").times(0));
    let report = w.engine.sync_now(None).await.unwrap();
    let (people, others): (Vec<_>, Vec<_>) =
        report.scopes.into_iter().partition(|s| ["Address book", "Other people"].contains(&s.name.as_str()));
    assert!(others.iter().all(|s| s.error.is_none()), "{others:?}");
    assert!(people.iter().all(|s| s.error.is_some()), "{people:?}");
}
