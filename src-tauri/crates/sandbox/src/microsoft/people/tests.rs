//! Contacts and people over HTTP: what is answered, what is refused, and what delta tells.

use serde_json::Value;

use super::super::tests::{Client, code};
use crate::{Fill, MS_MARA, MsPerson};

const SCOPES: &str = "openid offline_access User.Read Contacts.Read People.Read";

fn person(id: &str, name: &str) -> MsPerson {
    MsPerson { id: id.into(), name: name.into(), emails: vec![format!("{}@x.example", name.to_lowercase())] }
}

async fn start() -> (Client, String) {
    let c = Client::with(Fill::Empty, SCOPES).await;
    for n in 1..=3 {
        assert!(c.sandbox.put_ms_contact(MS_MARA, person(&format!("c{n}"), &format!("Person{n}"))));
    }
    let one = c.get("/me/contacts?$top=1&$select=parentFolderId").await.json();
    assert!(one["value"][0]["id"] == "c1" && one["value"][0]["displayName"].is_null() && one["@odata.nextLink"].is_string(), "{one}");
    let folder = one["value"][0]["parentFolderId"].as_str().unwrap().to_owned();
    (c, folder)
}

#[tokio::test]
async fn each_list_needs_its_own_scope() {
    let c = Client::with(Fill::Empty, "openid offline_access User.Read Contacts.Read").await;
    assert_eq!(c.get("/me/contacts").await.status, 200);
    let reply = c.get("/me/people").await;
    assert_eq!((reply.status, code(&reply).as_str()), (403, "ErrorAccessDenied"));
    let c = Client::with(Fill::Empty, "openid offline_access User.Read People.Read").await;
    assert_eq!((c.get("/me/people").await.status, c.get("/me/contacts").await.status), (200, 403));
    assert_eq!(c.get("/me/contactFolders/x/contacts/delta").await.status, 403);
}

#[tokio::test]
async fn nobody_can_be_searched_for_and_nonsense_is_refused() {
    let (c, folder) = start().await;
    for target in [
        "/me/people?$search=\"ann\"".to_owned(),
        "/me/people?$top=1001".to_owned(),
        "/me/people?$select=mails".to_owned(),
        "/me/contacts?$search=\"ann\"".to_owned(),
        "/me/contacts?$select=scoredEmailAddresses".to_owned(),
        "/me/contacts/delta".to_owned(),
        format!("/me/contactFolders/{folder}/contacts/delta?$top=5"),
        format!("/me/contactFolders/{folder}/contacts/delta?$select=mails"),
        format!("/me/contactFolders/{folder}/contacts/delta?$deltatoken=nonsense"),
    ] {
        assert_eq!(c.get(&target).await.status, 400, "{target}");
    }
    assert_eq!(c.get("/me/contactFolders/elsewhere/contacts/delta").await.status, 404);
    assert_eq!(c.get("/me/contacts/nobody").await.status, 404);
}

#[tokio::test]
async fn delta_walks_then_tells_and_old_tokens_are_void() {
    let (c, folder) = start().await;
    let round = async |first: &str| {
        let (mut next, mut items) = (first.to_owned(), Vec::<Value>::new());
        for _ in 0..9 {
            let body = c.ask("GET", &next, &[("Prefer", "odata.maxpagesize=2")], b"").await.json();
            items.extend(body["value"].as_array().unwrap().iter().cloned());
            match (body["@odata.nextLink"].as_str(), body["@odata.deltaLink"].as_str()) {
                (Some(link), None) => next = link.to_owned(),
                (None, Some(link)) => return (items, link.to_owned()),
                other => panic!("{other:?}"),
            }
        }
        panic!("no end");
    };
    let (items, link) = round(&format!("/me/contactFolders/{folder}/contacts/delta?$select=displayName,emailAddresses")).await;
    assert!(items.len() == 3 && items[0]["parentFolderId"].is_null() && items[0]["emailAddresses"][0]["address"] == "person1@x.example");
    c.sandbox.put_ms_contact(MS_MARA, person("c4", "New"));
    c.sandbox.delete_ms_contact(MS_MARA, "c2");
    let (items, next) = round(&link).await;
    assert_eq!(items.len(), 2);
    assert!(items[0]["displayName"] == "New" && items[1]["id"] == "c2" && items[1]["@removed"]["reason"] == "deleted", "{items:?}");
    assert!(round(&next).await.0.is_empty());
    c.sandbox.ms_expire_sync(MS_MARA);
    let reply = c.ask("GET", &next, &[], b"").await;
    assert_eq!((reply.status, code(&reply).as_str()), (410, "syncStateNotFound"));
}

#[tokio::test]
async fn relevant_people_come_in_pages() {
    let (c, _) = start().await;
    c.sandbox.set_ms_people(MS_MARA, (0..12).map(|n| person(&format!("p{n}"), &format!("P{n}"))).collect());
    let page = c.get("/me/people?$top=5&$skip=10&$select=scoredEmailAddresses").await.json();
    assert_eq!((page["value"].as_array().unwrap().len(), page["@odata.nextLink"].is_null()), (2, true));
    assert_eq!(page["value"][0]["scoredEmailAddresses"][0]["address"], "p10@x.example");
    assert_eq!(c.get("/me/people").await.json()["value"].as_array().unwrap().len(), 10);
}
