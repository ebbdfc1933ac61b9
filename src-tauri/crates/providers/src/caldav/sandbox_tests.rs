//! The client against the sandbox's calendar server, which was written from the RFCs by other hands: what servers may lawfully do
//! differently, one switch after the other.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use domain::{
    calendar::{CalendarSource, CalendarWrite, RemoteItem},
    connection::DavServer,
    error::ProviderError,
    ids::RemoteId,
    integration::Service,
    sync::{Budget, Change, SyncCursor, SyncScope},
};
use sandbox::{CalendarState, Edit, Fault, FaultAction, HrefStyle, NewCalendar, Sandbox, SandboxOptions};

use super::tests::{Keys, event};
use crate::scripted::http;

async fn start() -> (Sandbox, Arc<dyn CalendarSource>) {
    let sandbox = Sandbox::start(SandboxOptions::small()).await.unwrap();
    sandbox.add_calendar(NewCalendar::events("probe", "Probe", "#336699"));
    let server = DavServer { url: sandbox.caldav_base(), username: sandbox.caldav_user(), excluded: Vec::new() };
    let source = super::source(&server, Arc::new(Keys(sandbox.caldav_password())), http()).unwrap();
    (sandbox, source)
}

async fn probe(source: &Arc<dyn CalendarSource>) -> RemoteId {
    let calendars = source.calendars().await.unwrap();
    RemoteId(calendars.iter().find(|c| c.name == "Probe").unwrap().id.clone())
}

/// What the engine keeps: versions by id.
#[derive(Default)]
struct Mirror {
    cursor: Option<SyncCursor>,
    items: BTreeMap<String, String>,
    pages: usize,
}

impl Mirror {
    /// One whole round, as the engine does it.
    async fn round(&mut self, source: &Arc<dyn CalendarSource>, calendar: &RemoteId) -> Result<(), ProviderError> {
        let scope = SyncScope {
            id: domain::ids::ScopeId(1),
            connection: "c1".into(),
            service: Service::Calendar,
            container: Some(calendar.clone()),
        };
        loop {
            let batch = source.changes(&scope, self.cursor.as_ref(), Budget { items: 100, since: None }).await?;
            self.pages += 1;
            for change in batch.changes {
                match change {
                    Change::Upsert(RemoteItem { id, etag, .. }) => drop(self.items.insert(id.0, etag)),
                    Change::Gone(id) => drop(self.items.remove(id.as_str())),
                }
            }
            if let Some(present) = batch.present {
                let there: BTreeSet<String> = present.into_iter().map(|id| id.0).collect();
                self.items.retain(|id, _| there.contains(id));
            }
            self.cursor = Some(batch.next);
            if !batch.more {
                return Ok(());
            }
        }
    }

    /// The same versions as the server's, however it spells its paths.
    fn agrees(&self, sandbox: &Sandbox) {
        let theirs: BTreeMap<String, String> =
            sandbox.calendar_items("probe").into_iter().map(|item| (item.href.replace('@', "%40"), item.etag)).collect();
        assert_eq!(self.items, theirs);
    }
}

fn put(sandbox: &Sandbox, n: usize) {
    sandbox.put_calendar_item("probe", &format!("e{n}.ics"), &event(&format!("e{n}@x.test"), &format!("Event {n}"))).unwrap();
}

#[tokio::test]
async fn the_calendars_are_what_the_server_says() {
    let (sandbox, source) = start().await;
    let found = source.calendars().await.unwrap();
    let theirs: Vec<CalendarState> = sandbox.calendars();
    assert_eq!(found.len(), theirs.len());
    for state in &theirs {
        let calendar = found.iter().find(|c| c.name == state.display).unwrap();
        assert_eq!(calendar.id, state.href.replace('@', "%40"));
        assert_eq!(
            (calendar.writable, calendar.colour.as_deref(), calendar.schedules),
            (state.writable, Some(state.colour.as_str()), false)
        );
    }
    sandbox.set_caldav(|s| s.auto_schedule = true);
    assert!(source.calendars().await.unwrap().iter().all(|c| c.schedules));
    sandbox.set_caldav_password("another");
    assert!(matches!(source.calendars().await.unwrap_err(), ProviderError::Auth(_)));
}

#[tokio::test]
async fn every_way_to_spell_a_path_and_every_redirect_means_the_same() {
    for hrefs in [HrefStyle::Plain, HrefStyle::Encoded, HrefStyle::Absolute, HrefStyle::Mixed] {
        for well_known in [301, 302, 307, 308] {
            let (sandbox, source) = start().await;
            sandbox.set_caldav(|s| {
                s.hrefs = hrefs;
                s.well_known = well_known;
                s.duplicates = true;
            });
            (0..4).for_each(|n| put(&sandbox, n));
            let calendar = probe(&source).await;
            let mut mirror = Mirror::default();
            mirror.round(&source, &calendar).await.unwrap();
            mirror.agrees(&sandbox);
            let ids: Vec<RemoteId> = mirror.items.keys().map(|id| RemoteId(id.clone())).collect();
            let fetched = source.fetch(&calendar, &ids).await.unwrap();
            assert_eq!(fetched.len(), 4, "each once");
            for item in fetched {
                let theirs = sandbox.calendar_items("probe").into_iter().find(|i| i.href.replace('@', "%40") == item.id.0).unwrap();
                assert_eq!((item.ics, item.etag), (Some(theirs.ics), theirs.etag));
            }
        }
    }
}

#[tokio::test]
async fn rounds_follow_whatever_the_server_can_do() {
    for (limit, tokens) in [(0, true), (3, true), (0, false)] {
        let (sandbox, source) = start().await;
        sandbox.set_caldav(|s| {
            s.sync_limit = limit;
            s.sync_collection = tokens;
        });
        let calendar = probe(&source).await;
        (0..10).for_each(|n| put(&sandbox, n));
        let mut mirror = Mirror::default();
        mirror.round(&source, &calendar).await.unwrap();
        mirror.agrees(&sandbox);
        assert_eq!(mirror.pages, if limit == 0 { 1 } else { 4 });
        sandbox.edit_calendar_item("probe", "e1.ics", "SUMMARY", "Changed").unwrap();
        assert!(sandbox.delete_calendar_item("probe", "e2.ics"));
        (10..15).for_each(|n| put(&sandbox, n));
        mirror.round(&source, &calendar).await.unwrap();
        mirror.agrees(&sandbox);
        let before = mirror.pages;
        mirror.round(&source, &calendar).await.unwrap();
        assert_eq!(mirror.pages, before + 1);
        mirror.agrees(&sandbox);
        // Everything given out so far is void, and something went away meanwhile.
        sandbox.void_sync_tokens();
        assert!(sandbox.delete_calendar_item("probe", "e3.ics"));
        if tokens {
            assert!(matches!(mirror.round(&source, &calendar).await.unwrap_err(), ProviderError::CursorExpired));
            mirror.cursor = None;
        }
        mirror.round(&source, &calendar).await.unwrap();
        mirror.agrees(&sandbox);
    }
}

#[tokio::test]
async fn a_server_that_loses_or_gains_tokens_is_followed() {
    let (sandbox, source) = start().await;
    let calendar = probe(&source).await;
    put(&sandbox, 1);
    let mut mirror = Mirror::default();
    mirror.round(&source, &calendar).await.unwrap();
    sandbox.set_caldav(|s| s.sync_collection = false);
    assert!(matches!(mirror.round(&source, &calendar).await.unwrap_err(), ProviderError::CursorExpired));
    mirror.cursor = None;
    put(&sandbox, 2);
    mirror.round(&source, &calendar).await.unwrap();
    mirror.agrees(&sandbox);
    sandbox.set_caldav(|s| s.sync_collection = true);
    assert!(sandbox.delete_calendar_item("probe", "e1.ics"));
    mirror.round(&source, &calendar).await.unwrap();
    mirror.agrees(&sandbox);
    assert!(sandbox.remove_calendar("probe"));
    assert!(matches!(mirror.round(&source, &calendar).await.unwrap_err(), ProviderError::NotFound(_)));
}

#[tokio::test]
async fn writes_meet_a_server_that_rewrites_and_people_who_are_faster() {
    let (sandbox, source) = start().await;
    let calendar = probe(&source).await;
    sandbox.set_caldav(|s| s.rewrite = true);
    let ics = event("w@x.test", "Lunch");
    let name = "0123456789abcdefghijklmnop".to_owned();
    let create = CalendarWrite::Create { calendar: calendar.clone(), name, ics: ics.clone() };
    let made = source.write(&create).await.unwrap();
    let kept = made.ics.clone().unwrap();
    assert!(kept.contains("X-SBX-REWRITTEN"), "{kept}");
    assert_eq!(sandbox.calendar_items("probe")[0].etag, made.etag);
    let again = source.write(&create).await.unwrap();
    assert_eq!((&again.id, &again.etag), (&made.id, &made.etag));

    let update = |etag: &str| CalendarWrite::Update {
        calendar: calendar.clone(),
        id: made.id.clone(),
        etag: etag.to_owned(),
        before: kept.clone(),
        ics: kept.replace("Lunch", "Dinner"),
    };
    sandbox.set_caldav(|s| {
        s.rewrite = false;
        s.edit_before_put = vec![Edit { property: "LOCATION".into(), value: "Elsewhere".into() }];
    });
    assert!(matches!(source.write(&update(&made.etag)).await.unwrap_err(), ProviderError::Conflict(_)));
    let now = source.fetch(&calendar, std::slice::from_ref(&made.id)).await.unwrap().remove(0);
    assert!(now.ics.unwrap().contains("LOCATION:Elsewhere"), "nothing was written over it");
    let written = source.write(&update(&now.etag)).await.unwrap();
    assert!(written.ics.is_none() && written.etag != now.etag);

    let delete = |etag: &str| CalendarWrite::Delete { calendar: calendar.clone(), id: made.id.clone(), etag: etag.to_owned() };
    assert!(matches!(source.write(&delete(&now.etag)).await.unwrap_err(), ProviderError::Conflict(_)));
    source.write(&delete(&written.etag)).await.unwrap();
    source.write(&delete(&written.etag)).await.unwrap();
    assert!(sandbox.calendar_items("probe").is_empty());
}

#[tokio::test]
async fn what_the_server_will_not_take_it_says_why() {
    let (sandbox, source) = start().await;
    let calendar = probe(&source).await;
    let create = |n: usize, ics: String| CalendarWrite::Create { calendar: calendar.clone(), name: format!("{n:0>26}"), ics };
    source.write(&create(1, event("a@x.test", "x"))).await.unwrap();
    let refused = async |write: CalendarWrite, words: &str| {
        let error = source.write(&write).await.unwrap_err();
        assert!(matches!(&error, ProviderError::Refused(why) if why.contains(words)), "{words}: {error}");
    };
    refused(create(2, event("a@x.test", "x")), "identifier").await;
    refused(create(3, event("b@x.test", "x").replace("VEVENT", "VTODO")), "another calendar").await;
    refused(create(4, "BEGIN:VCALENDAR\r\nnonsense".to_owned()), "valid").await;
    sandbox.set_caldav(|s| s.max_resource = 200);
    refused(create(5, event("c@x.test", &"long ".repeat(100))), "larger").await;
    assert!(sandbox.change_calendar("probe", None, None, Some(false)));
    assert_eq!(source.write(&create(6, event("d@x.test", "x"))).await.unwrap_err().code(), "refused");
    assert!(!source.calendars().await.unwrap().iter().find(|c| c.name == "Probe").unwrap().writable);
}

#[tokio::test]
async fn others_are_asked_for_at_the_outbox_of_a_server_that_schedules() {
    use domain::{
        free_busy::{BusyKind, BusySpan, FreeBusyQuestion, NotKnown},
        time::Timestamp,
    };
    use sandbox::CaldavPerson;

    let (sandbox, source) = start().await;
    let from = Timestamp::from_secs(1_796_083_200);
    let question =
        FreeBusyQuestion { people: ["eva", "ben", "olu"].map(|n| format!("{n}@x.test")).to_vec(), from, to: from.plus_secs(86_400) };
    assert_eq!(source.free_busy(&question).await.unwrap_err().code(), "unsupported", "it does not schedule");
    sandbox.set_caldav(|s| {
        s.auto_schedule = true;
        s.hrefs = HrefStyle::Mixed;
    });
    let at = |hour: i64| from.plus_secs(hour * 3600);
    let spans = [(8, 10, BusyKind::Busy), (10, 11, BusyKind::Tentative), (12, 13, BusyKind::Busy), (20, 30, BusyKind::Unavailable)];
    let spans = spans.map(|(start, end, kind)| BusySpan::new(at(start), at(end), kind)).to_vec();
    sandbox.set_caldav_person("eva@x.test", CaldavPerson::Busy(spans.clone()));
    sandbox.set_caldav_person("ben@x.test", CaldavPerson::Closed);
    let found = source.free_busy(&question).await.unwrap();
    let clipped = BusySpan { end: at(24), ..spans[3] };
    assert_eq!(found[0].busy, Ok(vec![spans[0], spans[1], spans[2], clipped]));
    assert_eq!((&found[1].busy, &found[2].busy), (&Err(NotKnown::Refused), &Err(NotKnown::NotFound)));
    sandbox.set_caldav_password("another");
    assert_eq!(source.free_busy(&question).await.unwrap_err().code(), "auth");
}

#[tokio::test]
async fn a_member_is_moved_once_and_nothing_is_written_over() {
    let (sandbox, source) = start().await;
    sandbox.add_calendar(NewCalendar::events("other", "Other", "#993366"));
    let from = probe(&source).await;
    let to = RemoteId(source.calendars().await.unwrap().iter().find(|c| c.name == "Other").unwrap().id.clone());
    let made = source.write(&CalendarWrite::Create { calendar: from.clone(), name: "abc".into(), ics: event("m", "M") }).await.unwrap();
    let relocate = |etag: &str, name: &str| CalendarWrite::Move {
        from: from.clone(),
        to: to.clone(),
        id: made.id.clone(),
        etag: etag.to_owned(),
        name: name.to_owned(),
    };
    assert!(matches!(source.write(&relocate("\"old\"", "new")).await, Err(ProviderError::Conflict(_))));
    sandbox.put_calendar_item("other", "taken.ics", &event("other", "Other")).unwrap();
    assert!(matches!(source.write(&relocate(&made.etag, "taken")).await, Err(ProviderError::Conflict(_))));
    sandbox.control().add_fault(Fault::new("/dav/*", FaultAction::Drop { after_commit: true }).method("MOVE"));
    assert!(source.write(&relocate(&made.etag, "new")).await.is_err());
    let written = source.write(&relocate(&made.etag, "new")).await.unwrap();
    assert!(written.id.as_str().ends_with("/other/new.ics") && written.ics.is_some());
    assert!(sandbox.calendar_items("probe").is_empty() && sandbox.calendar_items("other").len() == 2);
    // Gone before it was moved; and a server that moves nothing.
    sandbox.delete_calendar_item("other", "new.ics");
    assert!(matches!(source.write(&relocate(&made.etag, "new")).await, Err(ProviderError::NotFound(_))));
    sandbox.set_caldav(|s| s.moves = false);
    assert!(matches!(source.write(&relocate(&made.etag, "new")).await, Err(ProviderError::Unsupported(_))));
}
