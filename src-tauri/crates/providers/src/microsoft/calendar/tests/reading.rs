//! The list, grants, and what is special about following Graph.

use domain::{ExposeSecret as _, source::Connector as _};
use sandbox::{AutoConsent, FaultAction};

use std::sync::Arc;

use super::*;
use crate::{connector::tests::sign_in_for, scripted::Tokens};

#[tokio::test]
async fn calendars_have_names_colours_and_rights() {
    let rig = Microsoft::start(Fill::Demo).await;
    rig.sandbox.ms_add_calendar(MS_MARA, "Holidays", "#123456", false);
    let all = rig.source.calendars().await.unwrap();
    let shown: Vec<_> = all.iter().map(|c| (c.name.as_str(), c.colour.as_deref(), c.writable)).collect();
    assert_eq!(shown, [("Calendar", None, true), ("Quay 7", Some("#4adacc"), true), ("Holidays", Some("#123456"), false)]);
    assert!(all.iter().all(|c| c.schedules && c.events && !c.tasks) && all[0].id == rig.calendar);
}

#[tokio::test]
async fn what_was_not_granted_is_off_and_says_so() {
    let sandbox = Sandbox::start(SandboxOptions::small()).await.unwrap();
    let config = domain::config::Config { providers: sandbox.provider_config(), ca_file: None };
    let providers = Providers::new(&config, sandbox.clock().as_clock()).unwrap();
    let mut sources = Vec::new();
    for scopes in [&["Mail.ReadWrite", "Mail.Send"][..], &["Calendars.Read"], &["Calendars.ReadWrite"]] {
        let granted = [&["openid", "User.Read"][..], scopes].concat().iter().map(|s| (*s).to_owned()).collect();
        sandbox.set_auto_consent(Provider::Microsoft, Some(AutoConsent { scopes: Some(granted), ..AutoConsent::default() }));
        let tokens = sign_in_for(&providers, "microsoft", MS_REDIRECT, &["Calendars.Read"]).await;
        let granted = tokens.scopes.clone().unwrap();
        let (_, lacking) = providers.integration(&"microsoft".into()).unwrap().granted(&granted);
        let lacks_calendar = lacking.iter().filter(|f| f.id.starts_with("calendar.")).count();
        let credentials = Arc::new(Tokens { fixed: Some(tokens.access_token.expose_secret().to_owned()), ..Tokens::default() });
        sources.push((lacks_calendar, providers.calendar(&connection("microsoft", &granted), credentials).unwrap()));
    }
    let (lacking, writes) = sources.pop().unwrap();
    assert!(lacking == 0 && writes.unwrap().calendars().await.unwrap()[0].writable);
    let (lacking, reads) = sources.pop().unwrap();
    let reads = reads.unwrap();
    assert!(lacking == 1 && !reads.calendars().await.unwrap()[0].writable);
    let write = CalendarWrite::Delete { calendar: "x".into(), id: "x".into(), etag: String::new() };
    assert!(
        matches!(reads.write(&write).await, Err(ProviderError::Unsupported(why)) if why.contains("Calendars.ReadWrite") && why.contains("Reconnect"))
    );
    // A connection from before calendars were asked for: its mail goes on.
    let (lacking, mail) = sources.pop().unwrap();
    assert!(lacking == 2 && mail.is_none());
}

#[tokio::test]
async fn the_demo_is_read_whole_and_shares_a_meeting_with_the_other_calendars() {
    let rig = Microsoft::start(Fill::Demo).await;
    let mirror = rig.mirror().await;
    assert_eq!(mirror.rows.len(), 5);
    let uids: Vec<String> = mirror.rows.values().map(|(_, ics)| series_of(ics).master.unwrap().uid).collect();
    let dav: Vec<String> = rig.sandbox.calendar_items("work").into_iter().map(|item| item.uid).collect();
    assert_eq!(uids.iter().filter(|uid| dav.contains(uid)).count(), 1, "{uids:?}");
    let planning = mirror.rows.values().map(|(_, ics)| series_of(ics)).find(|s| !s.overrides.is_empty()).unwrap();
    assert_eq!((planning.overrides.len(), planning.master.as_ref().unwrap().except.len()), (1, 1));
    assert!(planning.master.unwrap().join.is_some());
}

#[tokio::test]
async fn a_quiet_round_is_one_request_and_a_window_moves_with_time() {
    let rig = Microsoft::start(Fill::Small).await;
    let mut mirror = rig.mirror().await;
    let requests =
        |rig: &Microsoft| rig.sandbox.control().log().iter().filter(|e| e.path.contains("/calendars") && e.status == 200).count();
    let queries = |rig: &Microsoft| -> Vec<String> {
        let log = rig.sandbox.control().log();
        log.iter().filter(|e| e.query.contains("startDateTime") && e.status == 200).map(|e| e.query.clone()).collect()
    };
    let mut round = async |secs: i64| {
        rig.sandbox.clock().advance(secs * 1000);
        rig.sandbox.control().clear_log();
        mirror.sync(&rig).await.unwrap();
        (requests(&rig), queries(&rig))
    };
    assert_eq!(round(60).await, (1, Vec::new()));
    // The list again, since what takes place outside of the window is told nowhere else.
    assert_eq!(round(6 * 3_600).await, (2, Vec::new()));
    assert_eq!(round(60).await, (1, Vec::new()));
    let (_, first) = round(14 * 86_400).await;
    assert_eq!(first.len(), 1, "a new window");
    let (_, second) = round(15 * 86_400).await;
    assert!(second.len() == 1 && second != first);
    assert!(!first[0].contains("select") && !first[0].contains("filter"));
}

#[tokio::test]
async fn every_call_asks_for_ids_that_stay_and_none_for_more_than_graph_takes() {
    let rig = Microsoft::start(Fill::Demo).await;
    let mirror = rig.mirror().await;
    assert!(mirror.rows.keys().all(|id| id.as_str().starts_with("AAkA")), "{:?}", mirror.rows.keys());
    assert!(rig.sandbox.ms_peak() <= 4);
    let log = rig.sandbox.control().log();
    assert!(log.iter().all(|e| e.status < 400), "{:?}", log.iter().find(|e| e.status >= 400));
}

#[tokio::test]
async fn refusals_are_in_words_and_broken_answers_are_tried_again() {
    let mut rig = Microsoft::start(Fill::Small).await;
    rig.sandbox.control().add_fault(Fault::new("/v1.0/me/calendars", FaultAction::Truncate { keep: 10 }));
    assert!(matches!(rig.source.calendars().await, Err(ProviderError::Unreachable { .. })));
    rig.sandbox.control().add_fault(Fault::status("/v1.0/me/calendars", 403, "ErrorAccessDenied"));
    assert!(matches!(rig.source.calendars().await, Err(ProviderError::Unsupported(why)) if why.contains("Reconnect")));
    rig.calendar = "AAMkAGI2-calendar-ffffAAA=".to_owned();
    assert!(matches!(Mirror::default().sync(&rig).await, Err(ProviderError::NotFound(_))));
    let foreign = SyncCursor::Opaque {
        value: json!({"v": 1, "opened": rig.sandbox.now().millis(), "listed": 0, "link": "https://evil.example/x"}).to_string(),
    };
    let mut mirror = Mirror { cursor: Some(foreign), ..Mirror::default() };
    assert!(matches!(mirror.sync(&rig).await, Err(ProviderError::Protocol { .. })), "a token goes to Graph alone");
}
