//! Items that go to another calendar: where they are, what the rounds do meanwhile, and every way that a move can end.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{
    calendar::RemoteCalendar,
    ids::{CalendarId, ConnectionId, ItemId, RemoteId},
    integration::Service,
    outbox::OutboxOp,
    sync::{SyncCursor, SyncScope},
};

use super::*;
use crate::{
    Resting, StoreError,
    testing::{Home, at, connection, home, note},
};

const REMOTE: &str = "/home/a.ics";

fn data(title: &str) -> ItemData {
    let part = PartData {
        title: title.to_owned(),
        location: String::new(),
        status: "confirmed",
        mine: None,
        free: false,
        joins: false,
        owns: true,
    };
    let span = SpanData { member: String::new(), part: 0, kind: SpanKind::Instant, start: 0, finish: 3_600_000 };
    ItemData { ics: format!("BEGIN:VCALENDAR {title}"), uid: "a".into(), repeats: false, parts: vec![part], spans: vec![span] }
}

struct World {
    home: Home,
    id: ConnectionId,
    /// `/home/`, `/work/` and `/club/`, in this order.
    calendars: [CalendarId; 3],
    scopes: Vec<SyncScope>,
    item: ItemId,
}

async fn world() -> World {
    let home = home().await;
    let mut new = connection("dav", "me@dav.example");
    new.accounts.clear();
    home.store.insert_connection(&new, &note("connection.created"), at(0)).await.unwrap();
    let id = ConnectionId::new("dav");
    let names = ["/home/", "/work/", "/club/"];
    let list = names.map(|n| RemoteCalendar { id: n.into(), name: n.into(), writable: true, events: true, ..RemoteCalendar::default() });
    home.store.upsert_calendars(&id, &list, |_, n| n as u8).await.unwrap();
    let rows = home.store.calendars().await.unwrap();
    let calendars = names.map(|n| rows.iter().find(|c| c.remote == RemoteId::new(n)).unwrap().id);
    let mut scopes = Vec::new();
    for name in names {
        scopes.push(home.store.ensure_scope(&id, Service::Calendar, Some(&RemoteId::new(name))).await.unwrap());
    }
    let mut world = World { home, id, calendars, scopes, item: ItemId(0) };
    world.round(0, vec![(REMOTE, "1", data("Tea"))], &[]).await;
    world.item = world.one(0).await.unwrap().id;
    world
}

impl World {
    fn store(&self) -> &Store {
        &self.home.store
    }

    /// A round over one of the calendars: what came, and what is there besides.
    async fn round(&self, n: usize, upserts: Vec<(&str, &str, ItemData)>, gone: &[&str]) -> CalendarReport {
        let upserts = upserts
            .into_iter()
            .map(|(remote, etag, data)| IncomingItem { remote: RemoteId::new(remote), etag: etag.into(), data })
            .collect();
        let batch = CalendarBatch {
            scope: self.scopes[n].clone(),
            calendar: self.calendars[n],
            upserts,
            gone: gone.iter().map(|r| RemoteId::new(*r)).collect(),
            present: None,
            next: SyncCursor::Opaque { value: "1".into() },
            more: false,
            progress: None,
        };
        self.store().commit_items(batch).await.unwrap()
    }

    async fn to(&self, n: usize, title: &str) -> Result<(), StoreError> {
        let edit = ItemEdit { item: Some(self.item), calendar: self.calendars[n], data: Some(data(title)), title: title.into() };
        self.store().edit_items(&self.id, &[edit], at(5), &note("event.changed"), at(0)).await.map(|_| ())
    }

    /// The one event of a calendar.
    async fn one(&self, n: usize) -> Option<ItemRow> {
        let all = self.store().items_by_uid("a").await.unwrap();
        let mut here = all.into_iter().filter(|row| row.calendar == self.calendars[n]);
        let one = here.next();
        assert!(here.next().is_none(), "it is there twice");
        one
    }

    async fn kinds(&self) -> Vec<String> {
        self.store().outbox(false).await.unwrap().iter().map(|o| o.op.kind().to_owned()).collect()
    }

    async fn claim(&self) -> domain::outbox::OutboxItem {
        self.store().claim_next(at(200), 60_000, &Resting::default()).await.unwrap().unwrap()
    }

    /// The other calendar has it, as the worker says.
    async fn put(&self, n: usize) {
        let outbox = self.claim().await.id;
        let row = self.one(n).await.unwrap();
        let put = PutDone {
            outbox,
            item: row.id,
            edits: row.edits,
            remote: RemoteId::new("/work/a.ics"),
            etag: "w1".into(),
            ics: row.ics.clone(),
            data: None,
        };
        self.store().item_put(&put, &note("event.changed"), at(150)).await.unwrap();
    }

    async fn moving(&self) -> Option<ItemMove> {
        self.store().item_move(self.item).await.unwrap()
    }

    /// Whether the next round reads the calendar from its beginning.
    async fn reads_anew(&self, n: usize) -> bool {
        let all = self.store().scopes(Some(&self.id)).await.unwrap();
        all.into_iter().find(|s| s.scope.id == self.scopes[n].id).unwrap().cursor.is_none()
    }
}

#[tokio::test]
async fn it_is_in_the_new_calendar_at_once_and_rounds_pass_by_what_it_leaves() {
    let w = world().await;
    w.to(1, "Tea").await.unwrap();
    let row = w.one(1).await.unwrap();
    assert_eq!((row.id, row.remote, w.one(0).await), (w.item, None, None));
    let moving = w.moving().await.unwrap();
    assert_eq!((moving.source, moving.remote.as_str(), moving.etag.as_str(), moving.made), (w.calendars[0], REMOTE, "1", false));
    assert_eq!(moving.base, data("Tea").ics);
    assert_eq!(w.store().left_behind(w.calendars[0], &RemoteId::new(REMOTE)).await.unwrap(), Some(moving));

    // Somebody changes it there, or deletes it: neither brings it back nor takes it from where it is now.
    let report = w.round(0, vec![(REMOTE, "2", data("Coffee"))], &[]).await;
    assert_eq!((report.added, report.updated), (0, 0));
    w.round(0, vec![], &[REMOTE]).await;
    assert_eq!((w.one(0).await, w.one(1).await.unwrap().id), (None, w.item));
    // It survives a restart in between.
    let w = World { home: w.home.reopen().await, ..w };
    assert!(w.moving().await.is_some());
    assert_eq!(w.kinds().await, ["put_item"]);
}

#[tokio::test]
async fn before_anything_went_out_it_is_taken_back_without_a_trace() {
    let w = world().await;
    w.to(1, "Tea").await.unwrap();
    w.to(0, "Tea").await.unwrap();
    let row = w.one(0).await.unwrap();
    assert_eq!((row.remote.unwrap().as_str(), row.etag.as_str(), row.base), (REMOTE, "1", None));
    assert_eq!((w.moving().await, w.kinds().await.len(), w.reads_anew(0).await), (None, 0, false));

    // With a change beside, only that is written, and it stands on what the provider has.
    w.to(1, "Cake").await.unwrap();
    w.to(0, "Cake").await.unwrap();
    let row = w.one(0).await.unwrap();
    assert_eq!((row.remote.unwrap().as_str(), row.base.unwrap()), (REMOTE, data("Tea").ics));
    assert_eq!((w.moving().await, w.kinds().await), (None, vec!["put_item".to_owned()]));
}

#[tokio::test]
async fn to_a_third_calendar_it_goes_from_where_it_lies() {
    let w = world().await;
    w.to(1, "Tea").await.unwrap();
    w.to(2, "Tea").await.unwrap();
    assert_eq!((w.one(1).await, w.one(2).await.unwrap().id), (None, w.item));
    assert_eq!(w.moving().await.unwrap().source, w.calendars[0], "nobody ever had it in the second");
    assert_eq!(w.kinds().await, ["put_item"]);
}

#[tokio::test]
async fn made_there_it_is_cleared_away_here_and_goes_nowhere_else_before_that() {
    let w = world().await;
    w.to(1, "Tea").await.unwrap();
    w.put(1).await;
    let row = w.one(1).await.unwrap();
    assert_eq!((row.remote.unwrap().as_str(), row.etag.as_str(), row.base), ("/work/a.ics", "w1", None));
    assert!(w.moving().await.unwrap().made);
    assert_eq!(w.kinds().await, ["clear_moved"]);
    let refused = w.to(2, "Tea").await.unwrap_err();
    assert_eq!(refused.code(), "conflict");
    assert_eq!(w.one(1).await.unwrap().id, w.item, "and it stays where it is");
    // What was seen of it there belongs to the move: the delete is made under the version that lies there now.
    let moving = w.moving().await.unwrap();
    w.store().move_rebased(&moving, &data("Coffee").ics, "2").await.unwrap();
    assert_eq!(w.moving().await.unwrap().etag, "2");

    let job = w.claim().await;
    let OutboxOp::ClearMoved { calendar, remote, title, .. } = &job.op else { panic!("{:?}", job.op) };
    assert_eq!((*calendar, remote.as_str(), title.as_str()), (w.calendars[0], REMOTE, "Tea"));
    w.store().move_cleared(job.id, *calendar, remote, &note("event.moved"), at(102)).await.unwrap();
    assert_eq!((w.moving().await, w.kinds().await.len(), w.reads_anew(0).await), (None, 0, false));
    w.to(2, "Tea").await.unwrap();
    assert!(w.one(2).await.is_some(), "and on it goes");
}

#[tokio::test]
async fn what_is_left_behind_on_purpose_is_read_again_as_an_event_of_its_own() {
    let w = world().await;
    w.to(1, "Tea").await.unwrap();
    w.put(1).await;
    let job = w.claim().await;
    w.store().leave_behind(job.id, w.calendars[0], &RemoteId::new(REMOTE), &note("outbox.discarded"), at(102)).await.unwrap();
    assert!(w.reads_anew(0).await, "a round from the beginning brings it");
    assert_eq!(w.round(0, vec![(REMOTE, "1", data("Tea"))], &[]).await.added, 1);
    assert_ne!(w.one(0).await.unwrap().id, w.one(1).await.unwrap().id);
}

#[tokio::test]
async fn a_move_that_is_given_up_is_back_but_not_one_that_is_made() {
    let w = world().await;
    w.to(1, "Tea").await.unwrap();
    w.store().give_up_move(w.item).await.unwrap();
    assert_eq!(w.one(0).await.unwrap().remote.unwrap().as_str(), REMOTE);

    let w = world().await;
    w.to(1, "Tea").await.unwrap();
    w.put(1).await;
    w.store().give_up_move(w.item).await.unwrap();
    assert!(w.one(0).await.is_none() && w.moving().await.unwrap().made, "it lies in both: the older of them is still to go");
}

#[tokio::test]
async fn deleted_on_its_way_it_is_deleted_where_it_lies() {
    let w = world().await;
    w.to(1, "Tea").await.unwrap();
    let edit = ItemEdit { item: Some(w.item), calendar: w.calendars[1], data: None, title: "Tea".into() };
    w.store().edit_items(&w.id, &[edit], at(5), &note("event.deleted"), at(0)).await.unwrap();
    let job = w.claim().await;
    assert_eq!((job.op.kind(), w.moving().await), ("delete_item", None));
    let row = w.store().calendar_item(w.item).await.unwrap();
    assert_eq!((row.calendar, row.remote.unwrap().as_str(), row.etag.as_str()), (w.calendars[0], REMOTE, "1"));
}

#[tokio::test]
async fn a_provider_that_moves_it_itself_leaves_nothing_to_clear() {
    for changed in [false, true] {
        let w = world().await;
        w.to(1, "Tea").await.unwrap();
        let row = w.one(1).await.unwrap();
        // A round was faster than the answer, and brought what was moved under its new name.
        let there = RemoteId::new("/work/moved.ics");
        w.store().item_moved(&row, &there, "m1", &data("Tea"), changed).await.unwrap();
        let row = w.one(1).await.unwrap();
        assert_eq!((row.remote.unwrap(), row.etag.as_str(), w.moving().await), (there, "m1", None));
        assert_eq!(row.base.is_some(), changed, "what was changed beside still stands on what the provider has");
        assert!(!w.reads_anew(0).await);
        // Its old calendar may say that it is gone: that is another item's name now.
        w.round(0, vec![], &[REMOTE]).await;
        assert!(w.one(1).await.is_some());
    }
}

#[tokio::test]
async fn an_item_whose_new_calendar_goes_away_is_read_from_the_old_one_again() {
    let w = world().await;
    w.to(1, "Tea").await.unwrap();
    let left = [("/home/", true), ("/club/", true)].map(|(n, writable)| RemoteCalendar {
        id: n.into(),
        name: n.into(),
        writable,
        events: true,
        ..RemoteCalendar::default()
    });
    w.store().upsert_calendars(&w.id, &left, |_, n| n as u8).await.unwrap();
    assert!(w.reads_anew(0).await);
    assert_eq!(w.round(0, vec![(REMOTE, "1", data("Tea"))], &[]).await.added, 1);
}
