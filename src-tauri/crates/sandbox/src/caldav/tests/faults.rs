//! What goes wrong on purpose: faults, switches, and somebody else's hand.

use super::*;
use crate::{Edit, Fault, FaultAction, NewCalendar};

#[tokio::test]
async fn another_text_than_was_sent_has_no_tag() {
    let rig = Rig::new().await;
    rig.sandbox.set_caldav(|s| s.rewrite = true);
    let path = format!("{PERSONAL}r.ics");
    let made = rig.put(&path, &event("r", &format!("DESCRIPTION:{}\r\n", "long ".repeat(40))), &[]).await;
    assert_eq!((made.status, made.header("etag")), (201, None));
    let kept = rig.send("GET", &path, &[], "").await;
    assert!(kept.text().contains("\r\nX-SBX-REWRITTEN:1\r\n") && kept.text().split("\r\n").all(|l| l.len() <= 75));
    let tag = kept.header("etag").unwrap();
    let again = rig.put(&path, &kept.text().replace("SUMMARY:Test", "SUMMARY:Other"), &[("If-Match", &tag)]).await;
    assert_eq!((again.status, again.header("etag")), (204, None));
}

#[tokio::test]
async fn somebody_else_was_faster_once() {
    let rig = Rig::new().await;
    let path = format!("{PERSONAL}r.ics");
    let tag = rig.put(&path, &event("r", ""), &[]).await.header("etag").unwrap();
    rig.sandbox.set_caldav(|s| s.edit_before_put = vec![Edit::new("LOCATION", "Elsewhere")]);
    // A new member meets nobody.
    assert_eq!(rig.put(&format!("{PERSONAL}n.ics"), &event("n", ""), &[("If-None-Match", "*")]).await.status, 201);
    assert_eq!(rig.put(&path, &event("r", "DESCRIPTION:Mine\r\n"), &[("If-Match", &tag)]).await.status, 412);
    let theirs = rig.send("GET", &path, &[], "").await;
    assert!(theirs.text().contains("LOCATION:Elsewhere") && !theirs.text().contains("Mine"));
    let merged = event("r", "LOCATION:Elsewhere\r\nDESCRIPTION:Mine\r\n");
    assert_eq!(rig.put(&path, &merged, &[("If-Match", &theirs.header("etag").unwrap())]).await.status, 204);
    assert!(rig.sandbox.caldav_switches().edit_before_put.is_empty());
}

#[tokio::test]
async fn busy_strange_and_broken_servers() {
    let rig = Rig::new().await;
    let arm = |status: u16, wait: Option<&str>| {
        let action = FaultAction::Status { status, retry_after: wait.map(str::to_owned), reason: None, body: None };
        rig.sandbox.control().add_fault(Fault::new("/dav/*", action).times(2));
    };
    for (status, wait) in [(429, Some("3")), (503, Some("Wed, 21 Oct 2026 07:28:00 GMT")), (401, None)] {
        arm(status, wait);
        for _ in 0..2 {
            let reply = rig.propfind(WORK, "0", "<D:displayname/>").await;
            assert_eq!((reply.status, reply.header("retry-after").as_deref()), (status, wait));
            assert_eq!(reply.header("www-authenticate").is_some(), status == 401);
        }
        assert_eq!(rig.propfind(WORK, "0", "<D:displayname/>").await.status, 207);
    }
    let xml = "<D:error xmlns:D=\"DAV:\"><D:lock-token-submitted/></D:error>";
    let action = FaultAction::Status { status: 423, retry_after: None, reason: None, body: Some(xml.into()) };
    rig.sandbox.control().add_fault(Fault::new("*x.ics", action).method("PUT"));
    assert_eq!(refusal(&rig.put(&format!("{WORK}x.ics"), &event("x", ""), &[]).await), refused(423, "lock-token-submitted"));
    assert!(rig.sandbox.calendar_items("work").iter().all(|i| i.name != "x.ics"));
}

#[tokio::test]
async fn a_write_may_be_done_though_its_answer_is_lost() {
    let rig = Rig::new().await;
    let path = format!("{WORK}lost.ics");
    let arm = |after_commit| {
        let fault = Fault::new("*lost.ics", FaultAction::Drop { after_commit });
        rig.sandbox.control().add_fault(fault.method("PUT"));
    };
    let create = [("Content-Type", "text/calendar"), ("If-None-Match", "*")];
    let there = || rig.sandbox.calendar_items("work").iter().any(|i| i.name == "lost.ics");
    arm(false);
    assert!(rig.try_send("PUT", &path, &create, &event("lost", "")).await.is_none() && !there());
    arm(true);
    assert!(rig.try_send("PUT", &path, &create, &event("lost", "")).await.is_none() && there());
    assert_eq!(rig.put(&path, &event("lost", ""), &[("If-None-Match", "*")]).await.status, 412);
    assert_eq!(rig.sandbox.control().count("PUT", "*/lost.ics"), 3);
}

#[tokio::test]
async fn discovery_may_be_missing_or_move_otherwise() {
    let rig = Rig::new().await;
    for (status, location) in [(302, Some("/dav/")), (307, Some("/dav/")), (308, Some("/dav/")), (404, None)] {
        rig.sandbox.set_caldav(|s| s.well_known = status);
        let reply = rig.send("PROPFIND", "/.well-known/caldav", &[("Depth", "0")], "").await;
        assert_eq!((reply.status, reply.header("location").as_deref()), (status, location));
    }
}

#[tokio::test]
async fn calendars_come_change_and_go() {
    let rig = Rig::new().await;
    let ctag =
        async |path: &str| lines(&rig.propfind(path, "0", "<CS:getctag/>").await)[0].text(super::super::xml::CALENDARSERVER, "getctag");
    let before = ctag(WORK).await;
    rig.sandbox.edit_calendar_item("work", "standup.ics", "SUMMARY", "Sit-down").unwrap();
    assert_ne!(ctag(WORK).await, before);
    assert!(rig.sandbox.change_calendar("work", Some("Studio"), Some("#112233"), None));
    assert_eq!(lines(&rig.propfind(WORK, "0", "<D:displayname/>").await)[0].text(DAV, "displayname"), "Studio");
    let old = token(&rig.sync(WORK, "").await);
    assert!(rig.sandbox.remove_calendar("work"));
    assert_eq!((rig.sync(WORK, &old).await.status, rig.propfind(WORK, "0", "<D:displayname/>").await.status), (404, 404));
    rig.sandbox.add_calendar(NewCalendar::events("work", "Work", "#3a6ee8"));
    assert_eq!(refusal(&rig.sync(WORK, &old).await), refused(403, "valid-sync-token"));
    let wrong = rig.sandbox.put_calendar_item("work", "a.ics", "BEGIN:VCALENDAR\r\n").unwrap_err();
    assert!(wrong.contains("valid-calendar-data"), "{wrong}");
    assert!(rig.sandbox.put_calendar_item("none", "a.ics", &event("a", "")).is_err());
}

#[tokio::test]
async fn another_process_can_steer_the_calendars() {
    let rig = Rig::new().await;
    let base = rig.sandbox.caldav_base();
    let json = [("Content-Type", "application/json")];
    let post = async |path: &str, body: &str| send(&base, "POST", path, &json, body.as_bytes()).await;
    assert_eq!(post("/_sbx/caldav/switches", r#"{"sync_limit":1,"hrefs":"encoded"}"#).await.status, 204);
    assert_eq!(post("/_sbx/caldav/switches", r#"{"sync_limits":1}"#).await.status, 422);
    let switches = rig.sandbox.caldav_switches();
    assert_eq!((switches.sync_limit, switches.well_known), (1, 301));
    let item = serde_json::json!({"calendar": "work", "name": "b.ics", "ics": event("b", "")}).to_string();
    assert_eq!(post("/_sbx/caldav/items", &item).await.status, 200);
    assert_eq!(post("/_sbx/caldav/items", &item.replace("VEVENT", "VALARM")).await.status, 422);
    let change = r#"{"calendar":"work","name":"b.ics","property":"location","value":"There"}"#;
    assert_eq!(post("/_sbx/caldav/edit", change).await.status, 200);
    let items = send(&base, "GET", "/_sbx/caldav/items?calendar=work", &[], b"").await.json();
    assert!(items["items"][0]["ics"].as_str().unwrap().contains("LOCATION:There"));
    assert_eq!(items["items"][0]["href"], format!("{WORK}b.ics"));
    let old = token(&rig.sync(WORK, "").await);
    assert_eq!(post("/_sbx/caldav/void", "").await.status, 204);
    assert_eq!(rig.sync(WORK, &old).await.status, 403);
    let gone = br#"{"calendar":"work","name":"b.ics"}"#;
    assert_eq!(send(&base, "DELETE", "/_sbx/caldav/items", &json, gone).await.status, 204);
    assert_eq!(send(&base, "DELETE", "/_sbx/caldav/items", &json, gone).await.status, 404);
    let calendars = send(&base, "GET", "/_sbx/caldav/calendars", &[], b"").await.json();
    assert_eq!((calendars["items"].as_array().unwrap().len(), &calendars["items"][0]["writable"]), (3, &serde_json::json!(false)));
    assert_eq!(send(&base, "GET", "/_sbx/caldav/scheduled", &[], b"").await.json()["items"], serde_json::json!([]));
}
