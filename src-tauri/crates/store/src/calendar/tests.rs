#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{
    calendar::RemoteCalendar,
    ids::{CalendarId, ConnectionId, ItemId, RemoteId},
    integration::Service,
    outbox::OutboxOp,
    sync::{SyncCursor, SyncScope},
    time::Timestamp,
};

use super::{spans::window_sql, *};
use crate::{
    Resting,
    testing::{Home, at, connection, home, note},
};

const HOUR: i64 = 3_600_000;

fn span(member: &str, part: usize, kind: SpanKind, start: i64, hours: i64) -> SpanData {
    SpanData { member: member.to_owned(), part, kind, start, finish: start + hours * HOUR }
}

fn data(uid: &str, title: &str, spans: Vec<SpanData>) -> ItemData {
    let part = PartData {
        title: title.to_owned(),
        location: String::new(),
        status: "confirmed",
        mine: None,
        free: false,
        joins: false,
        owns: true,
    };
    ItemData { ics: format!("BEGIN:VCALENDAR {uid} {title}"), uid: uid.to_owned(), repeats: spans.len() > 1, parts: vec![part], spans }
}

fn once(uid: &str, title: &str, start: i64) -> ItemData {
    data(uid, title, vec![span("", 0, SpanKind::Instant, start, 1)])
}

struct World {
    home: Home,
    connection: ConnectionId,
    calendar: CalendarId,
    scope: SyncScope,
}

async fn world() -> World {
    let home = home().await;
    let mut new = connection("dav", "me@dav.example");
    new.accounts.clear();
    home.store.insert_connection(&new, &note("connection.created"), at(0)).await.unwrap();
    let id = ConnectionId::new("dav");
    let remote =
        |id: &str, writable| RemoteCalendar { id: id.into(), name: id.into(), writable, events: true, ..RemoteCalendar::default() };
    let list = [remote("/ro/", false), remote("/home/", true)];
    assert!(home.store.upsert_calendars(&id, &list, |_, n| n as u8).await.unwrap());
    assert!(!home.store.upsert_calendars(&id, &list, |_, n| n as u8).await.unwrap(), "nothing new");
    let calendar = home.store.calendars().await.unwrap().into_iter().find(|c| c.writable).unwrap();
    assert!(calendar.preferred, "the first that can be written to");
    let scope = home.store.ensure_scope(&id, Service::Calendar, Some(&calendar.remote)).await.unwrap();
    World { home, connection: id, calendar: calendar.id, scope }
}

impl World {
    fn store(&self) -> &Store {
        &self.home.store
    }

    async fn commit(&self, upserts: Vec<(&str, &str, ItemData)>, gone: &[&str], present: Option<&[&str]>) -> CalendarReport {
        let ids = |list: &[&str]| list.iter().map(|r| RemoteId::new(*r)).collect();
        let batch = CalendarBatch {
            scope: self.scope.clone(),
            calendar: self.calendar,
            upserts: upserts
                .into_iter()
                .map(|(remote, etag, data)| IncomingItem { remote: RemoteId::new(remote), etag: etag.into(), data })
                .collect(),
            gone: ids(gone),
            present: present.map(ids),
            next: SyncCursor::Opaque { value: "1".into() },
            more: false,
            progress: None,
        };
        self.store().commit_items(batch).await.unwrap()
    }

    async fn edit(&self, item: Option<ItemId>, data: Option<ItemData>) -> Option<ItemId> {
        let edit = ItemEdit { item, calendar: self.calendar, data, title: "t".into() };
        self.store().edit_items(&self.connection, &[edit], at(5), &note("event.changed"), at(0)).await.unwrap()[0]
    }

    async fn titles(&self, from: i64, to: i64) -> Vec<String> {
        let rows = self.store().spans(Timestamp(from), Timestamp(to), false, 100).await.unwrap();
        rows.into_iter().map(|r| r.title).collect()
    }

    async fn waiting(&self) -> Vec<String> {
        self.store().outbox(false).await.unwrap().iter().map(|o| o.op.kind().to_owned()).collect()
    }

    async fn item_of(&self, uid: &str) -> ItemRow {
        self.store().items_by_uid(uid).await.unwrap().into_iter().next().unwrap()
    }

    /// Takes the next due write, as the worker does.
    async fn claim(&self) -> Option<domain::outbox::OutboxItem> {
        self.store().claim_next(at(100), 60_000, &Resting::default()).await.unwrap()
    }

    async fn put(&self, outbox: domain::ids::OutboxId, row: &ItemRow, etag: &str) {
        let put = PutDone {
            outbox,
            item: row.id,
            edits: row.edits,
            remote: row.remote.clone().unwrap_or_else(|| RemoteId::new("/home/new.ics")),
            etag: etag.into(),
            ics: row.ics.clone(),
            data: None,
        };
        self.store().item_put(&put, &note("outbox.done"), at(101)).await.unwrap();
    }
}

#[tokio::test]
async fn a_page_and_its_cursor_are_one_and_repeating_it_changes_nothing() {
    let w = world().await;
    let page = || vec![("/home/a.ics", "1", once("a", "Lunch", 10 * HOUR)), ("/home/b.ics", "1", once("b", "Plan", 30 * HOUR))];
    assert_eq!(w.commit(page(), &[], None).await, CalendarReport { added: 2, updated: 0, removed: 0 });
    assert_eq!(w.commit(page(), &[], None).await, CalendarReport { added: 0, updated: 2, removed: 0 });
    assert_eq!(w.titles(9 * HOUR, 31 * HOUR).await, ["Lunch", "Plan"]);
    assert_eq!(w.store().calendar_etags(w.calendar).await.unwrap().len(), 2);
    let state = w.store().scope(w.scope.id).await.unwrap();
    assert!(state.complete && state.cursor == Some(SyncCursor::Opaque { value: "1".into() }));
    assert_eq!(w.commit(vec![], &["/home/a.ics"], None).await.removed, 1);
    assert_eq!(w.commit(vec![("/home/c.ics", "1", once("c", "New", 0))], &[], Some(&["/home/c.ics"])).await.removed, 1, "swept");
    assert_eq!(w.titles(-HOUR, 99 * HOUR).await, ["New"]);
}

#[tokio::test]
async fn a_window_holds_what_touches_it_and_what_is_long() {
    let w = world().await;
    let day = 24 * HOUR;
    let long = data("long", "Sabbatical", vec![span("", 0, SpanKind::Days, -200 * day, 400 * 24)]);
    let days = data("days", "Trip", vec![span("", 0, SpanKind::Days, 2 * day, 3 * 24)]);
    w.commit(
        vec![("1", "1", long), ("2", "1", days), ("3", "1", once("x", "Before", day)), ("4", "1", once("y", "After", 9 * day))],
        &[],
        None,
    )
    .await;
    assert_eq!(w.titles(4 * day, 5 * day).await, ["Sabbatical", "Trip"]);
    assert_eq!(w.titles(300 * day, 301 * day).await, [""; 0]);
    // Hidden calendars are not in a window, unless they are asked for.
    w.store().change_calendar(w.calendar, Some(false), None, false).await.unwrap();
    assert!(w.titles(4 * day, 5 * day).await.is_empty());
    assert_eq!(w.store().spans(Timestamp(4 * day), Timestamp(5 * day), true, 100).await.unwrap().len(), 2);
    let plan = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", window_sql()))).fetch_all(&w.store().inner.readers).await;
    let plan: Vec<String> = plan.unwrap().iter().map(|r| r.get::<String, _>(3)).collect();
    assert!(plan.iter().any(|l| l.contains("calendar_span_start")), "{plan:#?}");
    assert!(plan.iter().any(|l| l.contains("calendar_span_long")), "{plan:#?}");
    assert!(!plan.iter().any(|l| l.starts_with("SCAN s") || l.starts_with("SCAN i") || l.starts_with("SCAN p")), "{plan:#?}");
}

#[tokio::test]
async fn several_changes_in_a_row_are_one_write() {
    let w = world().await;
    w.commit(vec![("/home/a.ics", "1", once("a", "Lunch", 0))], &[], None).await;
    let item = w.item_of("a").await.id;
    for title in ["One", "Two", "Three"] {
        w.edit(Some(item), Some(once("a", title, HOUR))).await;
    }
    assert_eq!(w.waiting().await, ["put_item"]);
    let row = w.item_of("a").await;
    assert!(row.ics.contains("Three") && row.base.as_deref().is_some_and(|b| b.contains("Lunch")));
    // What the provider says meanwhile does not overwrite it, and does not sweep it away.
    w.commit(vec![("/home/a.ics", "2", once("a", "Theirs", 0))], &["/home/a.ics"], Some(&[])).await;
    assert_eq!(w.titles(0, 9 * HOUR).await, ["Three"]);
    // A change while the write is on its way is a write of its own, and waits for the first.
    let first = w.claim().await.unwrap();
    w.edit(Some(item), Some(once("a", "Four", HOUR))).await;
    assert_eq!(w.waiting().await.len(), 2);
    assert!(w.claim().await.is_none(), "one at a time");
    w.put(first.id, &row, "3").await;
    let between = w.item_of("a").await;
    assert!(between.base.as_deref().is_some_and(|b| b.contains("Three")) && between.etag == "3" && between.ics.contains("Four"));
    let second = w.claim().await.unwrap();
    w.put(second.id, &between, "4").await;
    let settled = w.item_of("a").await;
    assert!(settled.base.is_none() && settled.etag == "4" && settled.ics.contains("Four"));
    assert!(w.waiting().await.is_empty());
}

#[tokio::test]
async fn what_was_only_ever_here_goes_without_a_trace_and_the_rest_by_a_write() {
    let w = world().await;
    let made = w.edit(None, Some(once("n", "New", 0))).await.unwrap();
    assert_eq!(w.waiting().await, ["put_item"]);
    assert_eq!(w.edit(Some(made), None).await, None);
    assert!(w.waiting().await.is_empty() && w.titles(0, HOUR).await.is_empty());
    // One whose creation is on the way is deleted after it.
    let made = w.edit(None, Some(once("m", "New", 0))).await.unwrap();
    let first = w.claim().await.unwrap();
    assert_eq!(first.op.item(), Some(made));
    assert_eq!(w.edit(Some(made), None).await, Some(made));
    assert!(w.titles(0, HOUR).await.is_empty(), "gone from sight at once");
    let row = w.store().calendar_item(made).await.unwrap();
    w.put(first.id, &row, "1").await;
    let delete = w.claim().await.unwrap();
    assert!(matches!(delete.op, OutboxOp::DeleteItem { .. }));
    assert!(w.store().calendar_item(made).await.unwrap().remote.is_some(), "known to be there, so it can be deleted there");
    w.store().item_deleted(delete.id, made, &note("outbox.done"), at(102)).await.unwrap();
    assert!(w.store().calendar_item(made).await.is_err());
}

#[tokio::test]
async fn a_deletion_can_be_taken_back_before_and_after_it_went_out() {
    let w = world().await;
    w.commit(vec![("/home/a.ics", "1", once("a", "Lunch", 0))], &[], None).await;
    let item = w.item_of("a").await.id;
    w.edit(Some(item), None).await;
    assert_eq!(w.waiting().await, ["delete_item"]);
    w.edit(Some(item), Some(once("a", "Lunch", 0))).await;
    assert_eq!(w.waiting().await, ["put_item"], "the deletion is off");
    let put = w.claim().await.unwrap();
    let row = w.item_of("a").await;
    w.put(put.id, &row, "2").await;
    // On its way already: it is made anew behind it.
    w.edit(Some(item), None).await;
    let delete = w.claim().await.unwrap();
    w.edit(Some(item), Some(once("a", "Lunch", 0))).await;
    w.store().item_deleted(delete.id, item, &note("outbox.done"), at(102)).await.unwrap();
    let row = w.item_of("a").await;
    assert!(row.remote.is_none() && row.base.is_none() && !row.removed);
    assert!(matches!(w.claim().await.unwrap().op, OutboxOp::PutItem { .. }));
}

#[tokio::test]
async fn an_answer_that_never_came_makes_no_second_event() {
    let w = world().await;
    let item = w.edit(None, Some(once("n", "New", 0))).await.unwrap();
    w.claim().await.unwrap();
    // The next round sees it before the write knows that it is there.
    w.commit(vec![("/home/new.ics", "1", once("n", "New", 0))], &[], None).await;
    assert_eq!(w.titles(0, HOUR).await, ["New"]);
    assert_eq!(w.store().calendar_item(item).await.unwrap().remote, None, "its own write will say");
}

#[tokio::test]
async fn both_versions_are_kept_until_one_is_chosen() {
    let w = world().await;
    w.commit(vec![("/home/a.ics", "1", once("a", "Lunch", 0))], &[], None).await;
    let item = w.item_of("a").await.id;
    let prepare = async || {
        w.edit(Some(item), Some(once("a", "Mine", 0))).await;
        let put = w.claim().await.unwrap();
        w.store().item_conflict(item, "BEGIN:VCALENDAR a Theirs", "9").await.unwrap();
        let reason = domain::outbox::WedgeReason::Conflict;
        w.store().wedge(put.id, reason, "Lunch", &note("outbox.wedged"), at(103)).await.unwrap();
    };
    prepare().await;
    let rows = w.store().spans(Timestamp(0), Timestamp(HOUR), false, 9).await.unwrap();
    assert!(rows[0].conflict && rows[0].title == "Mine");
    let row = w.store().calendar_item(item).await.unwrap();
    w.store().keep_mine(&w.connection, &row, "Mine", &note("event.resolved"), at(104)).await.unwrap();
    let kept = w.store().calendar_item(item).await.unwrap();
    assert_eq!((kept.base.as_deref(), kept.etag.as_str(), kept.theirs.as_deref()), (Some("BEGIN:VCALENDAR a Theirs"), "9", None));
    let put = w.store().claim_next(at(200), 60_000, &Resting::default()).await.unwrap().unwrap();
    w.put(put.id, &kept, "10").await;
    prepare().await;
    w.store().keep_theirs(item, Some(&once("a", "Theirs", 0)), "11", &note("event.resolved"), at(105)).await.unwrap();
    let kept = w.store().calendar_item(item).await.unwrap();
    assert!(kept.base.is_none() && kept.theirs.is_none() && kept.etag == "11" && w.waiting().await.is_empty());
    assert_eq!(w.titles(0, HOUR).await, ["Theirs"]);
}

#[tokio::test]
async fn series_are_expanded_for_a_range_that_is_remembered() {
    let w = world().await;
    let series = |n: i64| {
        let spans = (0..n).map(|d| span(&format!("d{d}"), 0, SpanKind::Instant, d * 24 * HOUR, 1)).collect();
        data("s", "Stand-up", spans)
    };
    w.commit(vec![("s", "1", series(2)), ("o", "1", once("o", "Once", 0))], &[], None).await;
    assert_eq!(w.store().calendar_range().await.unwrap(), None);
    let all = w.store().series(ItemId(0), 10).await.unwrap();
    assert_eq!(all.len(), 1, "what happens once is none");
    let members: Vec<_> = all.into_iter().map(|(item, _)| (item, series(5_000).spans)).collect();
    let range = (Timestamp(0), Timestamp(9_000 * 24 * HOUR));
    w.store().expand_series(range, &[range], SeriesMembers::of(&members).unwrap()).await.unwrap();
    assert_eq!(w.store().calendar_range().await.unwrap(), Some((Timestamp(0), Timestamp(9_000 * 24 * HOUR))));
    assert_eq!(w.store().spans(Timestamp(0), Timestamp(9_000 * 24 * HOUR), false, 9_999).await.unwrap().len(), 5_001);
    assert_eq!(w.store().span(members[0].0, "d7").await.unwrap().start, 7 * 24 * HOUR);
}

#[tokio::test]
async fn a_range_takes_what_is_new_and_sweeps_what_is_left_behind() {
    let w = world().await;
    let day = 24 * HOUR;
    let daily = |from: i64, to: i64| (from..to).map(|d| span(&format!("d{d}"), 0, SpanKind::Instant, d * day, 1)).collect::<Vec<_>>();
    let range = |from: i64, to: i64| (Timestamp(from * day), Timestamp(to * day));
    w.commit(vec![("s", "1", data("s", "Stand-up", daily(0, 2))), ("o", "1", once("o", "Once", 3 * day))], &[], None).await;
    let item = w.item_of("s").await.id;
    let expand = async |now, pieces: &[_], from, to| {
        w.store().expand_series(now, pieces, SeriesMembers::of(&[(item, daily(from, to))]).unwrap()).await.unwrap();
    };
    let seen = async |from: i64, to: i64| {
        w.store().spans(Timestamp(from * day), Timestamp(to * day - 15 * HOUR), true, 99_999).await.unwrap().len()
    };
    // It grows on both sides, and what was there stays.
    expand(range(10, 20), &[range(10, 20)], 10, 20).await;
    expand(range(5, 25), &[range(5, 10), range(20, 25)], 5, 10).await;
    assert_eq!(seen(10, 20).await, 10);
    assert_eq!(seen(5, 10).await, 5);
    // What is left of an earlier look is not what is there now.
    let moved = vec![span("d12b", 0, SpanKind::Instant, 12 * day, 1)];
    w.store().expand_series(range(5, 25), &[range(12, 14)], SeriesMembers::of(&[(item, moved)]).unwrap()).await.unwrap();
    assert_eq!(w.store().span(item, "d12b").await.unwrap().start, 12 * day);
    assert!(w.store().span(item, "d12").await.is_err() && w.store().span(item, "d13").await.is_err());
    assert!(w.store().span(item, "d11").await.is_ok() && w.store().span(item, "d14").await.is_ok(), "beside the piece nothing is touched");
    // A jump: nothing that is far away is next, and it is gone by and by; what happens once never is.
    expand(range(0, 3_000), &[range(0, 3_000)], 0, 3_000).await;
    expand(range(9_000, 9_010), &[range(9_000, 9_010)], 9_000, 9_000).await;
    assert!(w.store().find_events("stand", Timestamp(100 * day), true, 9).await.unwrap().is_empty());
    assert_eq!(w.store().find_far_series("stand", 9).await.unwrap(), [item]);
    let rows =
        async || sqlx::query_scalar::<_, i64>("SELECT count(*) FROM calendar_span").fetch_one(&w.store().inner.readers).await.unwrap();
    let before = rows().await;
    assert!(before > 1 && before < 3_000, "{before}");
    expand(range(9_000, 9_020), &[range(9_010, 9_020)], 9_010, 9_010).await;
    assert_eq!(rows().await, 1);
    assert_eq!(w.titles(3 * day, 4 * day).await, ["Once"]);
}

#[tokio::test]
async fn any_text_comes_back_through_a_window() {
    let w = world().await;
    let odd = "\"q\" \\ \u{0} \u{1f} \u{7f} \u{2028} 😀 [1,null]";
    let mut event = once(odd, odd, 0);
    event.parts[0].location = "{}".into();
    event.parts[0].mine = Some("accepted");
    w.commit(vec![("/a", "1", event)], &[], None).await;
    let row = w.store().spans(Timestamp(0), Timestamp(HOUR), false, 9).await.unwrap().remove(0);
    assert_eq!((row.uid.as_str(), row.title.as_str(), row.location.as_str(), row.mine.as_deref()), (odd, odd, "{}", Some("accepted")));
    // As one row says it.
    assert_eq!(row, w.store().span(row.item, "").await.unwrap());
}

#[tokio::test]
async fn a_calendar_that_is_gone_takes_everything_along_and_so_does_its_connection() {
    let w = world().await;
    w.commit(vec![("a", "1", once("a", "Lunch", 0))], &[], None).await;
    w.edit(Some(w.item_of("a").await.id), Some(once("a", "Mine", 0))).await;
    let only = [RemoteCalendar { id: "/ro/".into(), name: "/ro/".into(), events: true, ..RemoteCalendar::default() }];
    assert!(w.store().upsert_calendars(&w.connection, &only, |_, _| 0).await.unwrap());
    assert!(w.titles(0, HOUR).await.is_empty() && w.waiting().await.is_empty());
    assert!(w.store().scopes(Some(&w.connection)).await.unwrap().is_empty());
    w.store().delete_connection(&w.connection, None, &note("connection.deleted"), at(9)).await.unwrap();
    for table in ["calendar", "calendar_item", "calendar_part", "calendar_span"] {
        let left: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
            .fetch_one(&w.store().inner.readers)
            .await
            .unwrap();
        assert_eq!(left, 0, "{table}");
    }
}

#[tokio::test]
async fn nothing_of_an_event_lies_open_on_the_disk() {
    let w = world().await;
    w.commit(vec![("a", "1", once("a", "XKEYSCOREWORD", 0))], &[], None).await;
    w.store().checkpoint().await.unwrap();
    for (path, bytes) in w.home.bytes() {
        assert!(!bytes.windows(13).any(|x| x == b"XKEYSCOREWORD"), "{}", path.display());
    }
}

#[test]
fn a_text_comes_back_as_it_was() {
    let text = "BEGIN:VCALENDAR\r\nSUMMARY:Grüße\r\n".repeat(50);
    let packed = pack(&text).unwrap();
    assert!(packed.len() < text.len() / 4);
    assert_eq!(unpack(&packed).unwrap(), text);
    assert!(unpack(b"no frame").is_err());
    assert_eq!(unpack(&pack("").unwrap()).unwrap(), "");
}

#[tokio::test]
async fn events_are_found_by_the_beginnings_of_their_words_each_once() {
    let w = world().await;
    let now = 1_000 * HOUR;
    let series = data(
        "s",
        "Überprüfung der Pläne",
        (0..40).map(|n| span(&format!("m{n}"), 0, SpanKind::Instant, now + (n - 20) * HOUR, 1)).collect(),
    );
    let mut place = once("p", "Lunch", now - 50 * HOUR);
    place.parts[0].location = "Café Kafka, Plan 3".into();
    w.commit(vec![("/a", "1", once("a", "Plan the launch", now + 9 * HOUR)), ("/p", "1", place), ("/s", "1", series)], &[], None).await;
    let found = async |text: &str| {
        let rows = w.store().find_events(text, Timestamp(now), true, 10).await.unwrap();
        rows.into_iter().map(|r| (r.title, r.start)).collect::<Vec<_>>()
    };
    // To come first, a series as its next member, which is the one that is on; without the dots of its letters.
    let all = [("Überprüfung der Pläne".into(), now), ("Plan the launch".into(), now + 9 * HOUR), ("Lunch".into(), now - 50 * HOUR)];
    assert_eq!(found("plan").await, all);
    assert_eq!(found("uberpruf PLÄNE").await, all[..1]);
    assert_eq!(found("kafka cafe").await.len(), 1);
    assert!(found("kafka launch").await.is_empty() && found("").await.is_empty() && found("\"* OR").await.is_empty());
    // What changes or goes is found as it is now.
    w.commit(vec![("/a", "2", once("a", "Buy a boat", now))], &["/p"], None).await;
    assert!(found("launch").await.is_empty() && found("kafka").await.is_empty());
    assert_eq!(found("boat").await.len(), 1);
    w.store().delete_connection(&w.connection, None, &note("connection.deleted"), at(0)).await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM calendar_words").fetch_one(&w.store().inner.readers).await.unwrap();
    assert_eq!(left, 0);
}
