//! The list, first sync, and what changes afterwards.

use super::*;

#[tokio::test]
async fn calendars_have_names_rights_and_zones() {
    let fixture = Fixture::filled(Fill::Demo).await;
    let hidden =
        GcalCalendar { id: "old@group".into(), role: "owner".into(), hidden: true, time_zone: "UTC".into(), ..GcalCalendar::default() };
    fixture.sandbox.add_gcal_calendar(MARA, hidden.clone());
    fixture.sandbox.add_gcal_calendar(MARA, GcalCalendar { id: "busy@x".into(), role: "freeBusyReader".into(), hidden: false, ..hidden });
    fixture.sandbox.set_gcal(|s| s.page = Some(2));
    let all = fixture.source.calendars().await.unwrap();
    let shown: Vec<_> = all.iter().map(|c| (c.name.as_str(), c.writable, c.events, c.zone.as_deref().unwrap())).collect();
    assert_eq!(
        shown,
        [(MARA, true, true, "Europe/Stockholm"), ("Holidays in Sweden", false, true, "Europe/Stockholm"), ("", false, false, "UTC")]
    );
    assert!(all.iter().all(|c| c.schedules && !c.tasks) && all[0].colour.as_deref() == Some("#9fe1e7") && all[0].id == MARA);
}

#[tokio::test]
async fn what_the_person_did_not_grant_is_off() {
    let sandbox = Sandbox::start(SandboxOptions::small()).await.unwrap();
    let config = domain::config::Config { providers: sandbox.provider_config(), ca_file: None };
    let providers = Providers::new(&config, sandbox.clock().as_clock()).unwrap();
    let mut sources = Vec::new();
    for scopes in [&["calendar.events"][..], &["calendar.events.readonly", "calendar.calendarlist.readonly"], &["gmail.modify"]] {
        let scopes: Vec<String> = scopes.iter().map(|s| format!("https://www.googleapis.com/auth/{s}")).collect();
        let granted: Vec<String> = scopes.iter().filter(|s| !s.ends_with("events.readonly")).cloned().collect();
        let all = sandbox::AutoConsent { scopes: Some([vec!["openid".to_owned()], granted].concat()), ..sandbox::AutoConsent::default() };
        sandbox.set_auto_consent(Provider::Google, Some(all));
        let tokens = sign_in(&providers, "google", GOOGLE_REDIRECT).await;
        let credentials = Arc::new(Tokens { fixed: Some(tokens.access_token.expose_secret().to_owned()), ..Tokens::default() });
        sources.push(providers.calendar(&connection("google", &scopes), credentials).unwrap());
    }
    assert!(sources.pop().unwrap().is_none(), "mail alone brings no calendar");
    let read_only = sources.pop().unwrap().unwrap();
    assert!(read_only.calendars().await.unwrap().iter().all(|c| !c.writable));
    let write = CalendarWrite::Delete { calendar: MARA.into(), id: "x".into(), etag: String::new() };
    assert!(matches!(read_only.write(&write).await, Err(ProviderError::Unsupported(why)) if why.contains("calendar.events")));
    // Without the list there is the main calendar.
    let alone = sources.pop().unwrap().unwrap().calendars().await.unwrap();
    assert_eq!(alone.iter().map(|c| (c.id.as_str(), c.writable)).collect::<Vec<_>>(), [(MARA, true)]);
}

#[tokio::test]
async fn others_are_busy_not_known_or_not_asked_for() {
    use domain::free_busy::{BusyKind, BusySpan, FreeBusyQuestion, NotKnown};
    let fixture = Fixture::start().await;
    let bo = "bo@x.example";
    fixture.sandbox.add_gcal_calendar(
        MARA,
        GcalCalendar { id: bo.into(), role: "freeBusyReader".into(), time_zone: "UTC".into(), ..GcalCalendar::default() },
    );
    let of = |id: &str, from: &str, to: &str| json!({"id": id, "summary": "x", "start": {"dateTime": from}, "end": {"dateTime": to}});
    for event in [
        of("plan00", "2026-11-03T09:00:00Z", "2026-11-03T10:00:00Z"),
        of("plan01", "2026-11-03T09:30:00Z", "2026-11-03T11:00:00Z"),
        of("plan02", "2026-11-02T20:00:00Z", "2026-11-03T01:00:00Z"),
    ] {
        fixture.sandbox.put_gcal_event(MARA, bo, event).unwrap();
    }
    let time = |text: &str| Timestamp::from_secs(chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp());
    let mut people: Vec<String> = (0..48).map(|n| format!("nobody{n}@x.example")).collect();
    people.extend(["bo@x.example".to_owned(), MARA.to_owned(), "last@x.example".to_owned()]);
    let question = FreeBusyQuestion { people: people.clone(), from: time("2026-11-03T00:00:00Z"), to: time("2026-11-04T00:00:00Z") };
    fixture.sandbox.control().clear_log();
    let found = fixture.source.free_busy(&question).await.unwrap();
    assert_eq!(found.iter().map(|a| &a.address).collect::<Vec<_>>(), people.iter().collect::<Vec<_>>());
    let span = |from: &str, to: &str| BusySpan::new(time(from), time(to), BusyKind::Busy);
    let busy = vec![span("2026-11-03T00:00:00Z", "2026-11-03T01:00:00Z"), span("2026-11-03T09:00:00Z", "2026-11-03T11:00:00Z")];
    assert_eq!((&found[48].busy, &found[49].busy, &found[50].busy), (&Ok(busy), &Ok(Vec::new()), &Err(NotKnown::NotFound)));
    let calls = fixture.sandbox.control().log().into_iter().filter(|r| r.path.ends_with("/freeBusy")).count();
    assert_eq!(calls, 2, "fifty at a time");

    // Without the scope nothing is sent.
    let events_only = ["https://www.googleapis.com/auth/calendar.events".to_owned()];
    let config = domain::config::Config { providers: fixture.sandbox.provider_config(), ca_file: None };
    let providers = Providers::new(&config, fixture.sandbox.clock().as_clock()).unwrap();
    let without = providers.calendar(&connection("google", &events_only), Arc::new(Tokens::default())).unwrap().unwrap();
    fixture.sandbox.control().clear_log();
    let found = without.free_busy(&FreeBusyQuestion { people: vec![bo.into()], ..question.clone() }).await.unwrap();
    assert_eq!(found[0].busy, Err(NotKnown::NotGranted));
    assert!(fixture.sandbox.control().log().is_empty());

    // Where it was taken back at Google since, Google says so.
    let scopes = ["openid", "https://www.googleapis.com/auth/calendar.events"].map(str::to_owned).to_vec();
    fixture
        .sandbox
        .set_auto_consent(Provider::Google, Some(sandbox::AutoConsent { scopes: Some(scopes), ..sandbox::AutoConsent::default() }));
    let tokens = sign_in(&providers, "google", GOOGLE_REDIRECT).await;
    let credentials = Arc::new(Tokens { fixed: Some(tokens.access_token.expose_secret().to_owned()), ..Tokens::default() });
    let believed =
        ["https://www.googleapis.com/auth/calendar.events", "https://www.googleapis.com/auth/calendar.freebusy"].map(str::to_owned);
    let narrowed = providers.calendar(&connection("google", &believed), credentials).unwrap().unwrap();
    let found = narrowed.free_busy(&FreeBusyQuestion { people: vec![bo.into()], ..question }).await.unwrap();
    assert_eq!(found[0].busy, Err(NotKnown::NotGranted));
}

#[tokio::test]
async fn a_first_sync_puts_series_together_over_pages_and_leaves_out_what_is_gone() {
    let mut fixture = Fixture::start().await;
    fixture.put(standup());
    fixture.put(json!({"id": "standup00_20261110T090000Z", "start": at("2026-11-11T12:00:00"), "end": at("2026-11-11T12:30:00"), "summary": "Moved"}));
    fixture.sandbox.delete_gcal_event(MARA, MARA, "standup00_20261124T090000Z");
    for n in 0..5 {
        fixture.put(json!({"id": format!("single00{n}"), "summary": "x", "start": {"date": "2026-12-24"}, "end": {"date": "2026-12-27"}}));
    }
    fixture.sandbox.delete_gcal_event(MARA, MARA, "single003");
    fixture.sandbox.set_gcal(|s| s.page = Some(1));
    let seen = fixture.sync().await.unwrap();
    assert_eq!(seen, ["+single000", "+single001", "+single002", "+single004", "+standup00"]);
    assert_eq!(
        members(fixture.ics("standup00"), FROM, 29),
        [("20261103T090000Z", "11-03T09:00"), ("20261110T090000Z", "11-11T11:00"), ("20261117T090000Z", "11-17T09:00")]
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
    assert_eq!(fixture.sync().await.unwrap(), [""; 0], "nothing changed");
}

#[tokio::test]
async fn what_changes_is_told_and_only_that() {
    let mut fixture = Fixture::start().await;
    fixture.put(standup());
    fixture.put(json!({"id": "single000", "summary": "One", "start": at("2026-11-05T08:00:00"), "end": at("2026-11-05T09:00:00")}));
    fixture.sync().await.unwrap();
    let first = fixture.rows.clone();

    fixture.put(json!({"id": "single000", "summary": "Two"}));
    assert_eq!(fixture.sync().await.unwrap(), ["+single000"]);
    assert_eq!(read(fixture.ics("single000")).master.unwrap().summary, "Two");
    // A member is taken out, another one is otherwise: each is told of alone, and the tag of the series is another.
    fixture.sandbox.delete_gcal_event(MARA, MARA, "standup00_20261110T090000Z");
    assert_eq!(fixture.sync().await.unwrap(), ["+standup00"]);
    let second = fixture.rows["standup00"].0.clone();
    assert!(second != first["standup00"].0 && second.starts_with(&first["standup00"].0), "the master's own is the same");
    fixture.put(json!({"id": "standup00_20261117T090000Z", "summary": "Long one"}));
    assert_eq!(fixture.sync().await.unwrap(), ["+standup00"]);
    let series = read(fixture.ics("standup00"));
    assert_eq!((series.overrides.len(), series.master.unwrap().except.len()), (1, 1));
    assert_ne!(fixture.rows["standup00"].0, second);
    // The master changes.
    fixture.put(json!({"id": "standup00", "location": "Hall"}));
    assert_eq!(fixture.sync().await.unwrap(), ["+standup00"]);
    assert_eq!(read(fixture.ics("standup00")).master.unwrap().location, "Hall");
    // And goes.
    fixture.sandbox.delete_gcal_event(MARA, MARA, "standup00");
    fixture.sandbox.delete_gcal_event(MARA, MARA, "single000");
    assert_eq!(fixture.sync().await.unwrap(), ["-single000", "-standup00"]);
    assert!(fixture.rows.is_empty());
}

#[tokio::test]
async fn a_void_token_means_everything_again_and_a_void_page_the_round() {
    let mut fixture = Fixture::start().await;
    fixture.put(standup());
    for n in 0..3 {
        fixture.put(json!({"id": format!("single00{n}"), "start": {"date": "2026-12-24"}, "end": {"date": "2026-12-25"}}));
    }
    fixture.sync().await.unwrap();
    fixture.sandbox.delete_gcal_event(MARA, MARA, "single001");
    fixture.sandbox.void_gcal_tokens(MARA);
    assert!(matches!(fixture.sync().await, Err(ProviderError::CursorExpired)));
    fixture.cursor = None;
    fixture.sandbox.set_gcal(|s| s.page = Some(1));
    // The second page is refused once: the round begins anew.
    for (status, reason) in [(400, "invalid"), (410, "fullSyncRequired")] {
        fixture.sandbox.control().clear_log();
        fixture.sandbox.control().add_fault(Fault::status("/calendar/v3/calendars/*/events", status, reason).nth(2));
        assert_eq!(fixture.sync().await.unwrap(), ["+single000", "+single002", "+standup00"]);
        assert_eq!(fixture.sandbox.control().count("GET", "*/events"), 2 + 4);
        fixture.cursor = None;
    }
    assert_eq!(fixture.rows.len(), 3);
    // A cursor of other parameters, or of another kind, is none.
    for value in ["x".to_owned(), json!({"v": 1, "token": "t", "parameters": "other"}).to_string()] {
        fixture.cursor = Some(SyncCursor::Opaque { value });
        assert!(matches!(fixture.sync().await, Err(ProviderError::CursorExpired)));
    }
}

#[tokio::test]
async fn single_members_of_somebody_elses_series_are_one_resource() {
    let mut fixture = Fixture::start().await;
    fixture.sync().await.unwrap();
    let member = |day: &str| {
        json!({
            "id": format!("theirs00_202611{day}T090000Z"), "recurringEventId": "theirs00", "iCalUID": "theirs@x.example", "summary": "Board",
            "originalStartTime": at(&format!("2026-11-{day}T10:00:00")),
            "start": at(&format!("2026-11-{day}T10:00:00")), "end": at(&format!("2026-11-{day}T11:00:00")),
            "organizer": {"email": "chair@x.example"},
            "attendees": [{"email": "chair@x.example", "responseStatus": "accepted"}, {"email": MARA, "responseStatus": "needsAction"}],
        })
    };
    fixture.put(member("10"));
    assert_eq!(fixture.sync().await.unwrap(), ["+uid:theirs@x.example"]);
    fixture.put(member("17"));
    assert_eq!(fixture.sync().await.unwrap(), ["+uid:theirs@x.example"]);
    let series = read(fixture.ics("uid:theirs@x.example"));
    assert!(series.master.is_none() && series.overrides.len() == 2);
    // An answer to one of them.
    let ics = fixture.ics("uid:theirs@x.example").replacen("NEEDS-ACTION", "ACCEPTED", 1);
    fixture.update("uid:theirs@x.example", &ics).await.unwrap();
    assert_eq!(fixture.event("theirs00_20261110T090000Z")["attendees"][1]["responseStatus"], "accepted");
    assert_eq!(fixture.event("theirs00_20261117T090000Z")["attendees"][1]["responseStatus"], "needsAction");
    assert_eq!(fixture.sync().await.unwrap(), ["+uid:theirs@x.example"]);
    // A full listing calls it the same.
    fixture.cursor = None;
    assert_eq!(fixture.sync().await.unwrap(), ["+uid:theirs@x.example"]);
    fixture.sandbox.delete_gcal_event(MARA, MARA, "theirs00_20261110T090000Z");
    fixture.sandbox.delete_gcal_event(MARA, MARA, "theirs00_20261117T090000Z");
    assert!(fixture.sync().await.unwrap().contains(&"-uid:theirs@x.example".to_owned()));
    assert!(fixture.rows.is_empty());
}

#[tokio::test]
async fn limits_are_kept_and_refusals_are_in_words() {
    let mut fixture = Fixture::start().await;
    fixture.sandbox.set_gcal(|s| s.calls_per_minute = Some(2));
    fixture.sync().await.unwrap();
    fixture.sync().await.unwrap();
    let error = fixture.sync().await.unwrap_err();
    assert!(matches!(error, ProviderError::RateLimited { .. }), "{error}");
    fixture.sandbox.set_gcal(|s| s.calls_per_minute = None);
    fixture.calendar = "nobody@x.example".to_owned();
    assert!(matches!(fixture.sync().await, Err(ProviderError::NotFound(_))));
    fixture.sandbox.control().add_fault(Fault::new("*/calendarList", FaultAction::Truncate { keep: 10 }));
    assert!(matches!(fixture.source.calendars().await, Err(ProviderError::Unreachable { .. })));
    fixture.sandbox.control().add_fault(Fault::status("*/calendarList", 503, "backendError"));
    assert!(matches!(fixture.source.calendars().await, Err(ProviderError::Server { .. })));
}

#[tokio::test]
async fn the_demo_is_read_whole_and_shares_a_meeting_with_caldav() {
    let fixture = Fixture::filled(Fill::Demo).await;
    fixture.sandbox.consent_as(Provider::Google, MARA_WORK);
    let source = source(&fixture.sandbox).await;
    let mut work = Fixture { source, calendar: MARA_WORK.to_owned(), ..fixture };
    work.sync().await.unwrap();
    assert!(work.rows.len() >= 7, "{:?}", work.rows.keys());
    for (_, ics) in work.rows.values() {
        read(ics);
    }
    let uid = |ics: &str| ics.lines().find_map(|l| l.strip_prefix("UID:")).map(str::to_owned);
    let uids: Vec<String> = work.rows.values().filter_map(|(_, ics)| uid(ics)).collect();
    let dav: Vec<String> = work.sandbox.calendar_items("work").into_iter().map(|item| item.uid).collect();
    assert_eq!(uids.iter().filter(|uid| dav.contains(uid)).count(), 1);
}
