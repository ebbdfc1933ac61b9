//! Changes, imports and submissions, and why they are refused.

use super::*;

#[tokio::test]
async fn a_patch_changes_what_it_names_and_is_refused_one_by_one() {
    let sandbox = start(Fill::Small).await;
    let [inbox, archive] = ["Inbox", "Archive"].map(|name| sandbox.jmap_mailbox(name).unwrap());
    let id = sandbox.jmap_deliver_text("a@b.example", "new", "new\n");
    let update = json!({
        (&id): {"keywords/$seen": true, (format!("mailboxIds/{inbox}")): null, (format!("mailboxIds/{archive}")): true},
        "none": {"keywords/$seen": true},
    });
    let answer = one(&sandbox, "Email/set", json!({"update": update})).await;
    assert_eq!((&answer["updated"][&id], &answer["notUpdated"]["none"]["type"]), (&Value::Null, &json!("notFound")));
    let email = sandbox.jmap_email(&id).unwrap();
    assert_eq!((email.mailboxes.iter().collect::<Vec<_>>(), email.keywords.len()), (vec![&archive], 1));
    for (patch, kind) in [
        (json!({(format!("mailboxIds/{archive}")): null}), "invalidProperties"),
        (json!({"mailboxIds": {"none": true}}), "invalidProperties"),
        (json!({"mailboxIds": {(&archive): false}}), "invalidProperties"),
        (json!({"keywords/a b": true}), "invalidProperties"),
        (json!({"keywords/$seen": false}), "invalidProperties"),
        (json!({"keywords": {}, "keywords/$seen": true}), "invalidPatch"),
        (json!({"keywords/$seen/x": true}), "invalidPatch"),
        (json!({"subject": "x"}), "invalidProperties"),
    ] {
        let answer = one(&sandbox, "Email/set", json!({"update": {(&id): patch}})).await;
        assert_eq!(answer["notUpdated"][&id]["type"], json!(kind), "{patch}");
    }
    assert_eq!(sandbox.jmap_email(&id).unwrap(), email, "nothing changed");
    sandbox.set_jmap(|s| s.refused = vec![(id.clone(), "tooManyKeywords".to_owned())]);
    let answer = one(&sandbox, "Email/set", json!({"update": {(&id): {}}})).await;
    assert_eq!(answer["notUpdated"][&id]["type"], "tooManyKeywords");
    sandbox.set_jmap(|s| s.refused.clear());
    let answer = one(&sandbox, "Email/set", json!({"destroy": [id, "none"]})).await;
    assert_eq!((&answer["destroyed"], &answer["notDestroyed"]["none"]["type"]), (&json!([id]), &json!("notFound")));
}

#[tokio::test]
async fn mailboxes_keep_their_mail_their_children_and_their_roles() {
    let sandbox = start(Fill::Small).await;
    let made = one(&sandbox, "Mailbox/set", json!({"create": {"a": {"name": "Tax"}}})).await;
    let id = made["created"]["a"]["id"].as_str().unwrap().to_owned();
    let choir = sandbox.jmap_mailbox("Choir").unwrap();
    for (change, field, kind) in [
        (json!({"create": {"b": {"name": "Tax"}}}), "notCreated", "invalidProperties"),
        (json!({"create": {"b": {"name": "x", "role": "sent"}}}), "notCreated", "invalidProperties"),
        (json!({"create": {"b": {"name": "x", "parentId": "none"}}}), "notCreated", "invalidProperties"),
        (json!({"update": {(&choir): {"parentId": sandbox.jmap_mailbox("Scores").unwrap()}}}), "notUpdated", "invalidProperties"),
        (json!({"update": {(sandbox.jmap_mailbox("Inbox").unwrap()): {"name": "x"}}}), "notUpdated", "forbidden"),
        (json!({"destroy": [choir]}), "notDestroyed", "mailboxHasChild"),
        (json!({"destroy": [sandbox.jmap_mailbox("Scores").unwrap()]}), "notDestroyed", "mailboxHasEmail"),
        (json!({"destroy": [sandbox.jmap_mailbox("Sent").unwrap()]}), "notDestroyed", "forbidden"),
    ] {
        let answer = one(&sandbox, "Mailbox/set", change.clone()).await;
        assert_eq!(answer[field].as_object().unwrap().values().next().unwrap()["type"], json!(kind), "{change}");
    }
    let answer = one(&sandbox, "Mailbox/set", json!({"update": {(&id): {"name": "Taxes", "parentId": choir}}})).await;
    assert!(answer["notUpdated"].as_object().unwrap().is_empty());
    let answer = one(&sandbox, "Mailbox/set", json!({"destroy": [id]})).await;
    assert_eq!(answer["destroyed"], json!([id]));
}

fn mail(from: &str, to: &str) -> Vec<u8> {
    format!("From: {from}\r\nTo: {to}\r\nSubject: Hi\r\nMessage-ID: <hi@postkasse.example>\r\n\r\nHi\r\n").into_bytes()
}

async fn draft(sandbox: &Sandbox, raw: &[u8]) -> Value {
    let drafts = sandbox.jmap_mailbox("Drafts").unwrap();
    let blob = upload(sandbox, raw).await;
    let emails = json!({"m": {"blobId": blob, "mailboxIds": {drafts: true}, "keywords": {"$draft": true}}});
    one(sandbox, "Email/import", json!({"emails": emails})).await
}

#[tokio::test]
async fn what_is_imported_has_to_be_a_mail_in_a_mailbox() {
    let sandbox = start(Fill::Empty).await;
    let made = draft(&sandbox, &mail(JMAP_MARA, "a@b.example")).await;
    let id = made["created"]["m"]["id"].as_str().unwrap();
    assert_eq!(sandbox.jmap_email(id).unwrap().message_id, "hi@postkasse.example");
    assert_eq!(draft(&sandbox, b"no mail").await["notCreated"]["m"]["type"], "invalidEmail");
    let emails = json!({
        "nowhere": {"blobId": "x", "mailboxIds": {}}, "unknown": {"blobId": "x", "mailboxIds": {(sandbox.jmap_mailbox("Inbox").unwrap()): true}},
    });
    let answer = one(&sandbox, "Email/import", json!({"emails": emails})).await;
    assert_eq!(answer["notCreated"]["nowhere"]["properties"], json!(["mailboxIds"]));
    assert_eq!(answer["notCreated"]["unknown"]["properties"], json!(["blobId"]));
    sandbox.set_jmap(|s| s.forbids_duplicates = true);
    let twice = draft(&sandbox, &mail(JMAP_MARA, "a@b.example")).await;
    assert_eq!((&twice["notCreated"]["m"]["type"], &twice["notCreated"]["m"]["existingId"]), (&json!("alreadyExists"), &json!(id)));
}

#[tokio::test]
async fn a_submission_is_checked_and_what_follows_happens_only_then() {
    let sandbox = start(Fill::Empty).await;
    let [drafts, sent] = ["Drafts", "Sent"].map(|name| sandbox.jmap_mailbox(name).unwrap());
    let id = draft(&sandbox, &mail(JMAP_MARA, "a@b.example")).await["created"]["m"]["id"].as_str().unwrap().to_owned();
    let foreign = draft(&sandbox, &mail("else@where.example", "a@b.example")).await["created"]["m"]["id"].as_str().unwrap().to_owned();
    let party = |address: &str| json!({"email": address});
    let submit = async |email: &str, identity: &str, from: &str, to: &[&str]| {
        let envelope = json!({"mailFrom": party(from), "rcptTo": to.iter().map(|t| party(t)).collect::<Vec<_>>()});
        let then = json!({"#s": {(format!("mailboxIds/{drafts}")): null, (format!("mailboxIds/{sent}")): true, "keywords/$draft": null}});
        let create = json!({"s": {"emailId": email, "identityId": identity, "envelope": envelope}});
        ask(&sandbox, json!([["EmailSubmission/set", {"create": create, "onSuccessUpdateEmail": then}, "0"]])).await
    };
    for (email, identity, from, to, kind) in [
        ("none", "i1", JMAP_MARA, &["a@b.example"][..], "invalidProperties"),
        (&id, "i9", JMAP_MARA, &["a@b.example"], "invalidProperties"),
        (&foreign, "i1", JMAP_MARA, &["a@b.example"], "forbiddenFrom"),
        (&id, "i1", "else@where.example", &["a@b.example"], "forbiddenMailFrom"),
        (&id, "i1", JMAP_MARA, &[], "noRecipients"),
        (&id, "i1", JMAP_MARA, &["a@b.example", "refused@b.example"], "invalidRecipients"),
    ] {
        let answer = submit(email, identity, from, to).await;
        assert_eq!(answer[0][1]["notCreated"]["s"]["type"], json!(kind));
        assert_eq!(answer.as_array().unwrap().len(), 1, "nothing follows");
    }
    assert!(sandbox.jmap_submissions().is_empty());
    let answer = submit(&id, "i1", JMAP_MARA, &["a@b.example", JMAP_MARA]).await;
    assert_eq!((&answer[1][0], &answer[1][2]), (&json!("Email/set"), &json!("0")));
    let email = sandbox.jmap_email(&id).unwrap();
    assert_eq!((email.mailboxes.contains(&sent), email.mailboxes.len(), email.keywords.len()), (true, 1, 0));
    assert_eq!(sandbox.jmap_submissions()[0].recipients, ["a@b.example", JMAP_MARA]);
    assert_eq!(sandbox.jmap_emails().iter().filter(|e| e.message_id == email.message_id).count(), 3, "it came to her, too");
    let found = one(&sandbox, "EmailSubmission/query", json!({"filter": {"emailIds": [id]}})).await;
    assert_eq!(found["ids"].as_array().unwrap().len(), 1);
}
