//! Changes to messages that are there.

use super::*;

#[tokio::test]
async fn ids_change_on_a_move_unless_the_other_kind_is_preferred() {
    let c = Client::start(Fill::Small).await;
    let mail = c.sandbox.ms_in_folder(MS_MARA, "Inbox").remove(0);
    let moved = c.json("POST", &format!("/me/messages/{}/move", mail.id), &json!({"destinationId": "archive"})).await;
    assert_eq!((moved.status, &moved.json()["id"]), (201, &json!(mail.id)));
    assert_eq!(code(&c.get(&format!("/me/messages/{}", mail.mutable_id)).await), "ErrorItemNotFound");
    let base = c.sandbox.microsoft_base();
    let headers = [("Authorization", format!("Bearer {}", c.token)), ("Content-Type", "application/json".to_owned())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let target = format!("/v1.0/me/messages/{}/move", mail.id);
    let back = send(&base, "POST", &target, &headers, br#"{"destinationId":"inbox"}"#).await.json();
    assert_ne!(back["id"].as_str().unwrap(), mail.mutable_id, "another one after every move");
    assert_eq!(c.get(&format!("/me/messages/{}", back["id"].as_str().unwrap())).await.json()["id"], mail.id);
    for (target, expected) in [("AAkALgx", 400), ("AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A00000000000fffff", 404)] {
        assert_eq!(c.get(&format!("/me/messages/{target}")).await.status, expected);
    }
}

#[tokio::test]
async fn properties_change_and_a_change_key_can_be_asked_for() {
    let c = Client::start(Fill::Small).await;
    let mail = c.sandbox.ms_in_folder(MS_MARA, "Inbox").remove(0);
    let path = format!("/me/messages/{}", mail.id);
    let etag = c.get(&path).await.json()["@odata.etag"].as_str().unwrap().to_owned();
    let body = json!({"isRead": false, "flag": {"flagStatus": "flagged"}, "categories": ["Red category"]});
    let changed = c.json("PATCH", &path, &body).await.json();
    assert_eq!(
        (&changed["isRead"], &changed["flag"]["flagStatus"], &changed["categories"][0]),
        (&json!(false), &json!("flagged"), &json!("Red category"))
    );
    let headers = [("Content-Type", "application/json"), ("If-Match", etag.as_str())];
    let late = c.ask("PATCH", &path, &headers, br#"{"isRead":true}"#).await;
    assert_eq!((late.status, code(&late).as_str()), (412, "ErrorIrresolvableConflict"));
    for (bad, status) in [
        (json!({"subject": "other"}), 400),
        (json!({"isRead": "yes"}), 400),
        (json!({"flag": {"flagStatus": "starred"}}), 400),
        (json!({"flag": {"flagStatus": "flagged", "colour": 1}}), 400),
    ] {
        assert_eq!(c.json("PATCH", &path, &bad).await.status, status, "{bad}");
    }
    assert_eq!(c.ask("PATCH", &path, &[("Content-Type", "text/plain")], b"{}").await.status, 415);
    assert_eq!(c.ask("DELETE", &path, &[], b"").await.status, 204);
    assert_eq!(c.sandbox.ms_in_folder(MS_MARA, "Deleted Items")[0].id, mail.id, "deleting is a move");
    assert_eq!(c.ask("POST", &format!("{path}/permanentDelete"), &[], b"").await.status, 204);
    assert_eq!(c.get(&path).await.status, 404);
}
