//! `messages/delta`.

use super::*;

/// All pages of a round: items and the delta link.
async fn round(c: &Client, first: &str, page: usize) -> (Vec<Value>, String) {
    let mut next = first.to_owned();
    let mut items = Vec::new();
    for _ in 0..200 {
        let reply = c.ask("GET", &next, &[("Prefer", &format!("odata.maxpagesize={page}"))], b"").await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let body = reply.json();
        items.extend(body["value"].as_array().unwrap().iter().cloned());
        match (body["@odata.nextLink"].as_str(), body["@odata.deltaLink"].as_str()) {
            (Some(link), None) => next = link.to_owned(),
            (None, Some(link)) => return (items, link.to_owned()),
            other => panic!("{other:?}"),
        }
    }
    panic!("no end");
}

const FIRST: &str = "/me/mailFolders/inbox/messages/delta?$select=isRead,flag,subject&$orderby=receivedDateTime%20desc";

#[tokio::test]
async fn a_round_walks_the_folder_and_the_next_one_tells_what_changed() {
    let c = Client::start(Fill::Bulk(25)).await;
    let (items, link) = round(&c, FIRST, 10).await;
    let newest: Vec<String> = c.sandbox.ms_in_folder(MS_MARA, "Inbox").into_iter().map(|m| m.id).collect();
    assert_eq!(items.iter().map(|i| i["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>(), newest);
    assert!(items[0].get("body").is_none() && items[0]["subject"].is_string());
    assert!(round(&c, &link, 10).await.0.is_empty());
    c.sandbox.ms_set(MS_MARA, &newest[0], Some(true), None);
    c.sandbox.ms_set(MS_MARA, &newest[1], None, Some(true));
    c.sandbox.ms_move(MS_MARA, &newest[2], "archive");
    c.sandbox.ms_delete(MS_MARA, &newest[3]);
    let new = c.sandbox.ms_deliver_text(MS_MARA, "a@x.test", "new", "x").unwrap();
    let (changes, link) = round(&c, &link, 2).await;
    let of = |id: &str| changes.iter().find(|i| i["id"] == id).unwrap_or_else(|| panic!("{changes:?}"));
    assert!(of(&newest[0])["isRead"] == true && of(&newest[0]).get("flag").is_none(), "read state alone");
    assert_eq!(of(&newest[1])["flag"]["flagStatus"], "flagged");
    assert_eq!((&of(&newest[2])["@removed"]["reason"], &of(&newest[3])["@removed"]["reason"]), (&json!("changed"), &json!("deleted")));
    assert_eq!(of(&new)["subject"], "new");
    assert_eq!(changes.len(), 5);
    let (arrived, _) = round(&c, "/me/mailFolders/archive/messages/delta", 10).await;
    assert_eq!(arrived[0]["id"], newest[2], "it keeps its id");
    c.sandbox.ms_expire_sync(MS_MARA);
    let gone = c.get(&link).await;
    assert_eq!((gone.status, code(&gone).as_str()), (410, "syncStateNotFound"));
}

#[tokio::test]
async fn pages_may_be_empty_or_repeat_and_options_stay_as_they_were() {
    let c = Client::start(Fill::Bulk(25)).await;
    c.sandbox.set_ms_switches(|s| (s.delta_gaps, s.delta_repeats) = (true, true));
    let first = c.get(FIRST).await.json();
    assert!(first["value"].as_array().unwrap().is_empty() && first["@odata.nextLink"].is_string());
    let (items, link) = round(&c, FIRST, 10).await;
    assert_eq!(items.len(), 27, "two were told twice");
    for bad in [format!("{link}&$select=id"), format!("{link}x"), "/me/mailFolders/inbox/messages/delta?$deltatoken=AAAA".to_owned()] {
        assert_eq!(c.get(&bad).await.status, 400, "{bad}");
    }
    for bad in ["$search=%22x%22", "$filter=isRead%20eq%20true", "$orderby=subject", "$skip=3"] {
        assert_eq!(c.get(&format!("/me/mailFolders/inbox/messages/delta?{bad}")).await.status, 400, "{bad}");
    }
    let since = c.sandbox.ms_messages(MS_MARA)[4].received;
    let filter = format!("/me/mailFolders/inbox/messages/delta?$filter=receivedDateTime%20ge%20{}", super::super::resource::stamp(since));
    c.sandbox.set_ms_switches(|s| (s.delta_gaps, s.delta_repeats) = (false, false));
    assert!(round(&c, &filter, 50).await.0.len() >= 5);
}
