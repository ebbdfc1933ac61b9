//! Events of the seventeenth schema get ids by their week (migration 18), but those that something else knows by the old one.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{
    ids::{CalendarId, ItemId, RemoteId},
    integration::Service,
    sync::SyncCursor,
    time::Timestamp,
};
use sqlx::Connection as _;
use vault::{KeySource, Vault};

use crate::{
    CalendarBatch, IncomingItem, ItemData, PartData, SpanData, SpanKind, Store,
    testing::{note, options},
    upgrade_tests::old_store,
};

const BEFORE: i64 = 17;
const DAY: i64 = 86_400_000;
/// A Thursday, as 1970-01-01: weeks begin with it.
const FIRST: i64 = 2_900 * 7 * DAY;
const PLACES: i64 = 1 << 24;

/// `(id, day, title)`: once, from noon to one.
const ONCE: [(i64, i64, &str); 7] =
    [(2, 40, "late"), (3, 1, "second"), (5, 0, "first"), (8, -400_000, "ancient"), (9, 2, "written"), (10, 3, "undoable"), (11, 4, "task")];

async fn fill(conn: &mut sqlx::SqliteConnection) {
    let mut sql = String::from(
        "INSERT INTO calendar (id, connection, remote, name, hue, writable, schedules) VALUES (1, 'c', '/a/', 'A', 1, 1, 0); \
         INSERT INTO calendar_item (id, calendar, remote, uid, repeats, ics) VALUES (4, 1, 's', 'series', 1, x'00'); \
         INSERT INTO calendar_part (item, part, title, location, status, free, joins, owns) VALUES (4, 0, 'series', 'Club', 'confirmed', 0, 0, 1); \
         INSERT INTO calendar_item (id, calendar, remote, uid, repeats, ics) VALUES (12, 1, 'gone', 'gone', 0, x'00'); \
         DELETE FROM calendar_item WHERE id = 12; \
         INSERT INTO outbox (connection, account, idempotency_key, kind, op, not_before, created_at, item) VALUES ('c', 0, 'k', 'put_item', '{}', 0, 0, 9); \
         INSERT INTO undo (kind, words, count, at, until, work) VALUES ('events', 'w', 1, 0, 9, '{\"type\":\"events\",\"items\":[{\"item\":10,\"calendar\":1,\"ics\":null}]}'); \
         INSERT INTO task_list (id, connection, remote, name, hue, abilities, is_default) VALUES (1, 'c', 't', 'T', 1, '{}', 0); \
         INSERT INTO task (list, title, source_event) VALUES (1, 'x', '11/'); ",
    );
    for (id, day, title) in ONCE {
        let start = FIRST + day * DAY + DAY / 2;
        sql += &format!(
            "INSERT INTO calendar_item (id, calendar, remote, uid, repeats, ics) VALUES ({id}, 1, 'r{id}', '{title}', 0, x'00'); \
             INSERT INTO calendar_part (item, part, title, location, status, free, joins, owns) VALUES ({id}, 0, '{title}', 'Hall', 'confirmed', 0, 0, 1); \
             INSERT INTO calendar_span VALUES ({id}, '', 0, 0, {start}, {start} + 3600000); "
        );
    }
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(conn).await.unwrap();
}

async fn upgraded() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let vault = Vault::create(dir.path(), KeySource::Ephemeral).await.unwrap();
    let mut conn = old_store(dir.path(), &vault, BEFORE).await;
    fill(&mut conn).await;
    conn.close().await.unwrap();
    let store = Store::open(options(dir.path(), &vault)).await.unwrap();
    (dir, store)
}

async fn id_of(store: &Store, title: &str) -> i64 {
    sqlx::query_scalar("SELECT id FROM calendar_item WHERE uid = ?").bind(title).fetch_one(&store.inner.readers).await.unwrap()
}

#[tokio::test]
async fn they_lie_side_by_side_and_are_found_as_before() {
    let (_dir, store) = upgraded().await;
    assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new());
    let broken: i64 = sqlx::query_scalar("SELECT count(*) FROM pragma_foreign_key_check").fetch_one(&store.inner.readers).await.unwrap();
    assert_eq!(broken, 0);
    let week = 131_072 + 2_900;
    assert_eq!((id_of(&store, "first").await, id_of(&store, "second").await), (week * PLACES + 1, week * PLACES + 2));
    assert_eq!(id_of(&store, "late").await, (week + 5) * PLACES + 1);
    let ancient = id_of(&store, "ancient").await;
    assert!(ancient > PLACES && ancient < week * PLACES, "{ancient}");
    // What something else knows keeps its name, and a series has no week.
    for (title, id) in [("written", 9), ("undoable", 10), ("task", 11), ("series", 4)] {
        assert_eq!(id_of(&store, title).await, id, "{title}");
    }
    let shown = store.spans(Timestamp(FIRST), Timestamp(FIRST + 5 * DAY), false, 100).await.unwrap();
    let titles: Vec<&str> = shown.iter().map(|r| r.title.as_str()).collect();
    assert_eq!(titles, ["first", "second", "written", "undoable", "task"]);
    for (_, _, title) in ONCE {
        let found = store.find_events(title, Timestamp(FIRST), false, 10).await.unwrap();
        assert_eq!(found.iter().map(|r| r.item.0).collect::<Vec<_>>(), [id_of(&store, title).await], "{title}");
    }
    // The index of words goes with an event as before.
    store.delete_connection(&"c".into(), None, &note("connection.disconnected"), Timestamp(0)).await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM calendar_words").fetch_one(&store.inner.readers).await.unwrap();
    assert_eq!(left, 0);
}

fn once(uid: &str, start: i64) -> ItemData {
    let part =
        PartData { title: uid.into(), location: String::new(), status: "confirmed", mine: None, free: false, joins: false, owns: true };
    let span = SpanData { member: String::new(), part: 0, kind: SpanKind::Instant, start, finish: start + 1 };
    ItemData { ics: format!("BEGIN:VCALENDAR {uid}"), uid: uid.into(), repeats: false, parts: vec![part], spans: vec![span] }
}

#[tokio::test]
async fn new_ones_go_on_where_those_end_and_no_id_is_given_twice() {
    let (_dir, store) = upgraded().await;
    let scope = store.ensure_scope(&"c".into(), Service::Calendar, Some(&RemoteId::new("/a/"))).await.unwrap();
    let commit = async |upserts: Vec<(&str, ItemData)>, gone: Vec<&str>| {
        let upserts = upserts.into_iter().map(|(r, data)| IncomingItem { remote: RemoteId::new(r), etag: "1".into(), data }).collect();
        let batch = CalendarBatch {
            scope: scope.clone(),
            calendar: CalendarId(1),
            upserts,
            gone: gone.into_iter().map(RemoteId::new).collect(),
            present: None,
            next: SyncCursor::Opaque { value: "1".into() },
            more: false,
            progress: None,
        };
        store.commit_items(batch).await.unwrap();
    };
    let week = 131_072 + 2_900;
    commit(vec![("n1", once("n1", FIRST + 6 * DAY))], vec![]).await;
    assert_eq!(id_of(&store, "n1").await, week * PLACES + 3);
    commit(vec![], vec!["n1"]).await;
    let series = ItemData { repeats: true, ..once("n2", FIRST) };
    let nothing = ItemData { spans: vec![], ..once("n4", FIRST) };
    commit(vec![("n2", series), ("n3", once("n3", FIRST - 1)), ("n4", nothing), ("n5", once("n5", FIRST))], vec![]).await;
    assert_eq!(id_of(&store, "n5").await, week * PLACES + 4, "the id of what is gone is not given out again");
    assert_eq!(id_of(&store, "n3").await, (week - 1) * PLACES + 1);
    // 12 was the last that was given out in the order of things, though it is gone.
    assert_eq!((id_of(&store, "n2").await, id_of(&store, "n4").await), (13, 14));
    // Moved to another week, an event keeps its name.
    commit(vec![("n5", once("n5", FIRST + 70 * DAY))], vec![]).await;
    assert_eq!(id_of(&store, "n5").await, week * PLACES + 4);
    assert_eq!(store.calendar_item(ItemId(13)).await.unwrap().uid, "n2");
}
