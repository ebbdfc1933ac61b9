//! The stand-in by itself: what it refuses, and what it tells.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::people::PeopleList;
use serde_json::Value;

use crate::{
    Gperson, MARA, Sandbox, SandboxOptions,
    test_client::{Reply, get, google_token},
};

const BOOK: &str = "/v1/people/me/connections";
const OTHERS: &str = "/v1/otherContacts";
const ALL: &str = "https://www.googleapis.com/auth/contacts.readonly https://www.googleapis.com/auth/contacts.other.readonly";

struct Client {
    sandbox: Sandbox,
    token: String,
}

impl Client {
    async fn with(scopes: &str) -> Self {
        let sandbox = Sandbox::start(SandboxOptions { access_secs: 30 * 86_400, ..SandboxOptions::default() }).await.unwrap();
        let token = google_token(&sandbox, scopes).await;
        Self { sandbox, token }
    }

    fn put(&self, list: PeopleList, id: &str, name: &str) {
        let person = Gperson { id: id.into(), name: name.into(), emails: vec![format!("{}@x.example", name.to_lowercase())] };
        self.sandbox.put_google_person(MARA, list, &person);
    }

    async fn get(&self, target: &str) -> Reply {
        get(&self.sandbox.google_base(), target, &self.token).await
    }

    async fn ok(&self, target: &str) -> Value {
        let reply = self.get(target).await;
        assert_eq!(reply.status, 200, "{target}: {}", reply.text());
        reply.json()
    }

    async fn refused(&self, target: &str) -> (u16, String) {
        let reply = self.get(target).await;
        let error = &reply.json()["error"];
        (reply.status, error["details"][0]["reason"].as_str().or(error["status"].as_str()).unwrap().to_owned())
    }
}

fn names(page: &Value) -> Vec<&str> {
    page["connections"].as_array().map_or(Vec::new(), |all| {
        all.iter()
            .map(|p| p["names"][0]["displayName"].as_str().unwrap_or(if p["metadata"]["deleted"] == true { "-" } else { "?" }))
            .collect()
    })
}

#[tokio::test]
async fn each_list_needs_its_own_scope() {
    let client = Client::with("https://www.googleapis.com/auth/contacts.readonly").await;
    let (book, others) = (format!("{BOOK}?personFields=names"), format!("{OTHERS}?readMask=names"));
    client.ok(&book).await;
    assert_eq!(client.refused(&others).await, (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT".to_owned()));
    let client = Client::with("https://www.googleapis.com/auth/contacts.other.readonly").await;
    client.ok(&others).await;
    assert_eq!(client.refused(&book).await.0, 403);
    assert_eq!(get(&client.sandbox.google_base(), &others, "no-token").await.status, 401);
    assert_eq!(client.get("/v1/people/c1").await.status, 404);
}

#[tokio::test]
async fn nonsense_is_refused() {
    let client = Client::with(ALL).await;
    for target in [
        format!("{BOOK}?pageSize=10"),
        format!("{BOOK}?personFields=names,mails"),
        format!("{BOOK}?readMask=names"),
        format!("{BOOK}?personFields=names&pageSize=1001"),
        format!("{BOOK}?personFields=names&pageSize=x"),
        format!("{BOOK}?personFields=names&requestSyncToken=yes"),
        format!("{BOOK}?personFields=names&query=ann"),
        format!("{BOOK}?personFields=names&pageToken=nonsense"),
        format!("{BOOK}?personFields=names&syncToken=nonsense"),
        format!("{OTHERS}?readMask=names,birthdays"),
        format!("{OTHERS}?personFields=names"),
        format!("{OTHERS}?readMask=names&sortOrder=LAST_NAME_ASCENDING"),
    ] {
        assert_eq!(client.refused(&target).await, (400, "INVALID_ARGUMENT".to_owned()), "{target}");
    }
}

#[tokio::test]
async fn tokens_are_bound_to_their_question_and_tell_what_changed() {
    let client = Client::with(ALL).await;
    for (id, name) in [("people/c1", "Ann"), ("people/c2", "Bo"), ("people/c3", "Cy")] {
        client.put(PeopleList::Contacts, id, name);
    }
    let ask = format!("{BOOK}?personFields=names,metadata&pageSize=2&requestSyncToken=true");
    let first = client.ok(&ask).await;
    assert_eq!((names(&first), &first["totalItems"], &first["nextSyncToken"]), (vec!["Ann", "Bo"], &3.into(), &Value::Null));
    let token = first["nextPageToken"].as_str().unwrap();
    assert_eq!(client.refused(&format!("{BOOK}?personFields=names&pageSize=2&requestSyncToken=true&pageToken={token}")).await.0, 400);
    // Changed after the list began: told with its token.
    client.put(PeopleList::Contacts, "people/c1", "Anna");
    let last = client.ok(&format!("{ask}&pageToken={token}")).await;
    assert_eq!(names(&last), ["Cy"]);
    let sync = last["nextSyncToken"].as_str().unwrap();
    assert!(client.sandbox.delete_google_person(MARA, PeopleList::Contacts, "people/c2"));
    assert!(client.sandbox.rename_google_person(MARA, PeopleList::Contacts, "people/c3", "people/c33"));
    let since = client.ok(&format!("{ask}&syncToken={sync}")).await;
    assert_eq!(names(&since), ["Anna", "-"]);
    let since = client.ok(&format!("{ask}&syncToken={sync}&pageToken={}", since["nextPageToken"].as_str().unwrap())).await;
    assert_eq!(since["connections"][0]["metadata"]["previousResourceNames"][0], "people/c3");
    let next = since["nextSyncToken"].as_str().unwrap();
    assert!(names(&client.ok(&format!("{ask}&syncToken={next}")).await).is_empty());
    // Whoever does not ask for the metadata is not told who is gone.
    let bare = format!("{BOOK}?personFields=names&requestSyncToken=true");
    let token = client.ok(&bare).await["nextSyncToken"].as_str().unwrap().to_owned();
    client.sandbox.delete_google_person(MARA, PeopleList::Contacts, "people/c1");
    assert_eq!(names(&client.ok(&format!("{bare}&syncToken={token}")).await), ["?"]);
    assert_eq!(client.refused(&format!("{ask}&syncToken={token}")).await.0, 400, "another question");
}

#[tokio::test]
async fn a_sync_token_holds_for_seven_days_after_the_whole_list() {
    let client = Client::with(ALL).await;
    let ask = format!("{OTHERS}?readMask=names,emailAddresses,metadata&requestSyncToken=true");
    let token = client.ok(&ask).await["nextSyncToken"].as_str().unwrap().to_owned();
    client.sandbox.clock().advance(6 * 86_400_000);
    let next = client.ok(&format!("{ask}&syncToken={token}")).await["nextSyncToken"].as_str().unwrap().to_owned();
    client.sandbox.clock().advance(86_400_000);
    assert_eq!(client.refused(&format!("{ask}&syncToken={next}")).await, (400, "EXPIRED_SYNC_TOKEN".to_owned()));
    client.sandbox.set_gpeople(|s| s.expired_status = 410);
    assert_eq!(client.refused(&format!("{ask}&syncToken={token}")).await, (410, "EXPIRED_SYNC_TOKEN".to_owned()));
}
