//! Task lists over CalDAV against the sandbox's server: what every source of tasks owes (the contract), and what is CalDAV's own.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]

use std::sync::Arc;

use chrono::{NaiveDateTime, TimeDelta};
use domain::{
    connection::DavServer,
    error::ProviderError,
    ids::RemoteId,
    tasks::{Due, Priority, TaskFields, TaskPatch, TaskSource, TaskStatus, TaskWrite},
    time::Timestamp,
};
use sandbox::{CalendarItem, Fault, FaultAction, NewCalendar, Sandbox, SandboxOptions};

use super::tests::{Keys, event};
use crate::{
    scripted::http_at,
    task_contract::{Mirror, Rig, Trouble, key},
};

const NAMES: [&str; 2] = ["chores", "harbour"];

pub struct World {
    sandbox: Sandbox,
    source: Arc<dyn TaskSource>,
    lists: [RemoteId; 2],
}

fn todo_list(name: &str, components: &[&str]) -> NewCalendar {
    NewCalendar { components: components.iter().map(|c| (*c).to_owned()).collect(), ..NewCalendar::events(name, name, "#336699") }
}

fn source(sandbox: &Sandbox, excluded: Vec<String>) -> Arc<dyn TaskSource> {
    let server = DavServer { url: sandbox.caldav_base(), username: sandbox.caldav_user(), excluded };
    super::tasks(&server, Arc::new(Keys(sandbox.caldav_password())), http_at(sandbox.clock().as_clock())).unwrap()
}

async fn start() -> World {
    let sandbox = Sandbox::start(SandboxOptions::small()).await.unwrap();
    sandbox.clock().freeze(true);
    sandbox.add_calendar(todo_list(NAMES[0], &["VTODO"]));
    // Events and tasks in one, as Nextcloud has it.
    sandbox.add_calendar(todo_list(NAMES[1], &["VEVENT", "VTODO"]));
    let source = source(&sandbox, Vec::new());
    let all = source.lists().await.unwrap();
    let lists = NAMES.map(|name| all.iter().find(|list| list.name == name).unwrap().id.clone());
    World { sandbox, source, lists }
}

/// Written and read here by other means than the client's.
fn ics(uid: &str, fields: &TaskFields, parent: Option<&str>) -> String {
    let text = |text: &str| text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n");
    let mut lines = vec![format!("UID:{uid}"), "DTSTAMP:20261122T090000Z".to_owned(), format!("SUMMARY:{}", text(&fields.title))];
    if !fields.notes.is_empty() {
        lines.push(format!("DESCRIPTION:{}", text(&fields.notes)));
    }
    match &fields.due {
        None => {}
        Some(Due::Day { day }) => lines.push(format!("DUE;VALUE=DATE:{}", day.replace('-', ""))),
        Some(other) => panic!("{other:?}"),
    }
    let priority = match fields.priority {
        Priority::Urgent => 1,
        Priority::High => 3,
        Priority::Medium => 5,
        Priority::Low => 9,
        Priority::None => 0,
    };
    lines.push(format!("PRIORITY:{priority}"));
    lines.extend(fields.labels.iter().map(|label| format!("CATEGORIES:{}", text(label))));
    lines.push(match fields.status {
        TaskStatus::Open => "STATUS:NEEDS-ACTION".to_owned(),
        TaskStatus::Started => "STATUS:IN-PROCESS".to_owned(),
        TaskStatus::Done => "STATUS:COMPLETED\r\nCOMPLETED:20261122T090000Z".to_owned(),
        TaskStatus::Cancelled => "STATUS:CANCELLED".to_owned(),
    });
    lines.extend(parent.map(|uid| format!("RELATED-TO;RELTYPE=PARENT:{uid}")));
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VTODO\r\n{}\r\nEND:VTODO\r\nEND:VCALENDAR\r\n", lines.join("\r\n"))
}

/// (name with its parameters, value) of the lines of the task.
fn lines_of(item: &CalendarItem) -> Vec<(String, String)> {
    let text = item.ics.replace("\r\n ", "");
    let todo = text.split("BEGIN:VTODO").nth(1).unwrap().split("END:VTODO").next().unwrap().to_owned();
    let plain = |text: &str| text.replace("\\n", "\n").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\");
    todo.lines().filter_map(|line| line.split_once(':')).map(|(name, value)| (name.to_owned(), plain(value))).collect()
}

impl World {
    fn calendar(&self, list: &RemoteId) -> &'static str {
        NAMES[self.lists.iter().position(|l| l == list).unwrap()]
    }

    fn items(&self, list: &RemoteId) -> Vec<CalendarItem> {
        self.sandbox.calendar_items(self.calendar(list)).into_iter().filter(|item| item.ics.contains("BEGIN:VTODO")).collect()
    }

    fn item(&self, list: &RemoteId, id: &RemoteId) -> Option<CalendarItem> {
        self.items(list).into_iter().find(|item| item.href.replace('@', "%40") == id.as_str())
    }

    fn id(list: &RemoteId, name: &str) -> RemoteId {
        RemoteId(format!("{list}{name}"))
    }

    fn by_uid(&self, list: &RemoteId, uid: &str) -> RemoteId {
        Self::id(list, &self.items(list).into_iter().find(|item| item.uid == uid).unwrap().name)
    }

    async fn synced(&self) -> Mirror {
        let mut mirror = Mirror::default();
        mirror.sync(self).await.unwrap();
        mirror
    }
}

impl Rig for World {
    fn source(&self) -> &dyn TaskSource {
        &*self.source
    }
    fn now(&self) -> Timestamp {
        self.sandbox.now()
    }
    fn pass(&self, secs: i64) {
        self.sandbox.clock().advance(secs * 1000);
    }
    fn lists(&self) -> [RemoteId; 2] {
        self.lists.clone()
    }
    fn put(&self, list: &RemoteId, id: Option<&RemoteId>, fields: &TaskFields) -> RemoteId {
        let parent = fields.parent.as_ref().map(|id| self.item(list, id).unwrap().uid);
        let (name, uid) = match id {
            Some(id) => self.item(list, id).map(|item| (item.name, item.uid)).unwrap(),
            None => {
                let n = self.sandbox.calendar_items(self.calendar(list)).len();
                (format!("t{n}.ics"), format!("t{n}-{}@x.test", self.calendar(list)))
            }
        };
        self.sandbox.put_calendar_item(self.calendar(list), &name, &ics(&uid, fields, parent.as_deref())).unwrap();
        Self::id(list, &name)
    }
    fn remove(&self, list: &RemoteId, id: &RemoteId) {
        let name = self.item(list, id).unwrap().name;
        assert!(self.sandbox.delete_calendar_item(self.calendar(list), &name));
    }
    fn look(&self, list: &RemoteId, id: &RemoteId) -> Option<TaskFields> {
        let lines = lines_of(&self.item(list, id)?);
        let of = |name: &str| lines.iter().find(|(n, _)| n.split(';').next() == Some(name));
        let text = |name: &str| of(name).map(|(_, value)| value.clone()).unwrap_or_default();
        let due = of("DUE").map(|(name, value)| {
            let wall = |text: &str| NaiveDateTime::parse_from_str(text.trim_end_matches('Z'), "%Y%m%dT%H%M%S").unwrap();
            if name.contains("VALUE=DATE") {
                Due::Day { day: format!("{}-{}-{}", &value[..4], &value[4..6], &value[6..8]) }
            } else if let Some((_, zone)) = name.split_once("TZID=") {
                // The tests have one such time, in winter.
                assert_eq!(zone, "Europe/Stockholm");
                let utc = wall(value) - TimeDelta::hours(1);
                Due::At { at: Timestamp::from_secs(utc.and_utc().timestamp()), zone: Some(zone.to_owned()) }
            } else if value.ends_with('Z') {
                Due::At { at: Timestamp::from_secs(wall(value).and_utc().timestamp()), zone: None }
            } else {
                Due::Floating { at: wall(value).format("%Y-%m-%dT%H:%M:%S").to_string() }
            }
        });
        let labels = lines.iter().filter(|(name, _)| name == "CATEGORIES");
        Some(TaskFields {
            title: text("SUMMARY"),
            notes: text("DESCRIPTION"),
            due,
            priority: match text("PRIORITY").as_str() {
                "1" => Priority::Urgent,
                "3" => Priority::High,
                "5" => Priority::Medium,
                "9" => Priority::Low,
                "" | "0" => Priority::None,
                other => panic!("{other}"),
            },
            labels: labels.flat_map(|(_, value)| value.split(',').map(str::to_owned)).collect(),
            status: match text("STATUS").as_str() {
                "COMPLETED" => TaskStatus::Done,
                "CANCELLED" => TaskStatus::Cancelled,
                "IN-PROCESS" => TaskStatus::Started,
                "" | "NEEDS-ACTION" => TaskStatus::Open,
                other => panic!("{other}"),
            },
            parent: of("RELATED-TO").map(|(_, uid)| self.by_uid(list, uid)),
        })
    }
    fn count(&self) -> usize {
        self.lists.iter().map(|list| self.items(list).len()).sum()
    }
    fn trouble(&self, trouble: Trouble) {
        let control = self.sandbox.control();
        match trouble {
            Trouble::LostAnswer => control.add_fault(Fault::new("/dav/*", FaultAction::Drop { after_commit: true }).method("PUT")),
            Trouble::Unavailable => control.add_fault(Fault::status("/dav/*", 503, "")),
            Trouble::Wait => control.add_fault(Fault::status("/dav/*", 429, "")),
            Trouble::SignedOut => self.sandbox.set_caldav_password("another one"),
        }
    }
    fn void(&self) {
        self.sandbox.void_sync_tokens();
    }
}

crate::task_contract::suite!(start);

fn titled(title: &str) -> TaskFields {
    TaskFields { title: title.to_owned(), ..TaskFields::default() }
}

fn title(title: &str) -> TaskPatch {
    TaskPatch { title: Some(title.to_owned()), ..TaskPatch::default() }
}

#[tokio::test]
async fn lists_are_what_takes_tasks_and_was_not_left_out() {
    let w = start().await;
    let lists = w.source.lists().await.unwrap();
    assert_eq!(lists.iter().map(|list| list.name.as_str()).collect::<Vec<_>>(), NAMES);
    let can = lists[0].can;
    assert!(can.write && can.due_time && can.subtasks && can.priority && can.labels && can.deletes && !can.moves);
    assert_eq!(lists[0].colour.as_deref(), Some("#336699"));
    let fewer = source(&w.sandbox, vec![w.lists[0].0.clone()]).lists().await.unwrap();
    assert_eq!(fewer.iter().map(|list| list.name.as_str()).collect::<Vec<_>>(), [NAMES[1]]);
    w.sandbox.change_calendar(NAMES[0], None, None, Some(false));
    assert!(!w.source.lists().await.unwrap()[0].can.write);
}

#[tokio::test]
async fn events_of_the_same_collection_are_no_tasks() {
    let w = start().await;
    let [_, mixed] = w.lists();
    w.sandbox.put_calendar_item(NAMES[1], "lunch.ics", &event("lunch@x.test", "Lunch")).unwrap();
    let id = w.put(&mixed, None, &titled("Task"));
    let mut mirror = w.synced().await;
    assert_eq!(mirror.rows.keys().collect::<Vec<_>>(), [&id]);
    w.pass(5);
    w.sandbox.delete_calendar_item(NAMES[1], "lunch.ics");
    mirror.sync(&w).await.unwrap();
    assert_eq!(mirror.rows.len(), 1);
}

#[tokio::test]
async fn a_task_above_is_found_by_its_uid_also_after_a_restart() {
    let w = start().await;
    let [list, _] = w.lists();
    let above = w.put(&list, None, &titled("Above"));
    let mut mirror = w.synced().await;
    w.pass(5);
    let again = World { source: source(&w.sandbox, Vec::new()), sandbox: w.sandbox, lists: w.lists };
    let below = again.put(&list, None, &TaskFields { parent: Some(above.clone()), ..titled("Below") });
    mirror.sync(&again).await.unwrap();
    assert_eq!(mirror.rows[&below].fields.parent, Some(above));
    // One that is nowhere is none.
    let orphan = ics("orphan@x.test", &titled("Orphan"), Some("nobody@x.test"));
    again.sandbox.put_calendar_item(NAMES[0], "orphan.ics", &orphan).unwrap();
    mirror.sync(&again).await.unwrap();
    assert_eq!(mirror.rows[&World::id(&list, "orphan.ics")].fields.parent, None);
    let lost = TaskFields { parent: Some(World::id(&list, "none.ics")), ..titled("x") };
    let create = TaskWrite::Create { list, key: key(1), fields: lost, tried: false, since: again.now() };
    assert!(matches!(again.source.write(&create).await.unwrap_err(), ProviderError::Refused(_)));
}

#[tokio::test]
async fn lines_that_nobody_here_knows_stay_and_what_repeats_is_read_only() {
    let w = start().await;
    let [list, other] = w.lists();
    let text = ics("water@x.test", &titled("Water"), None)
        .replace("STATUS:", "X-SORT;P=\"a:b\":12\r\nDTSTART;VALUE=DATE:20261123\r\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH\r\nSTATUS:");
    w.sandbox.put_calendar_item(NAMES[0], "water.ics", &text).unwrap();
    let mirror = w.synced().await;
    let id = World::id(&list, "water.ics");
    assert_eq!(mirror.rows[&id].repeats.as_deref(), Some("every 2 weeks, on 2 days"));
    let done = TaskPatch { status: Some(TaskStatus::Done), ..TaskPatch::default() };
    let due = TaskPatch { due: Some(Some(Due::Day { day: "2026-12-01".into() })), ..TaskPatch::default() };
    for patch in [done, due] {
        let error = w.source.write(&mirror.write(&id, &key(1), patch)).await.unwrap_err();
        assert!(matches!(&error, ProviderError::Refused(why) if why.contains("repeats")), "{error}");
    }
    let moved = TaskPatch { list: Some(other), ..TaskPatch::default() };
    assert!(matches!(w.source.write(&mirror.write(&id, &key(2), moved)).await.unwrap_err(), ProviderError::Refused(_)));
    w.source.write(&mirror.write(&id, &key(3), title("Water the plants"))).await.unwrap();
    let there = w.item(&list, &id).unwrap().ics;
    assert!(
        there.contains("X-SORT;P=\"a:b\":12") && there.contains("RRULE:FREQ=WEEKLY") && there.contains("SUMMARY:Water the plants"),
        "{there}"
    );
}

#[tokio::test]
async fn a_change_from_an_old_version_is_a_conflict_and_speaks_of_a_task() {
    let w = start().await;
    let [list, _] = w.lists();
    let id = w.put(&list, None, &titled("One"));
    let mirror = w.synced().await;
    w.put(&list, Some(&id), &titled("Two"));
    let error = w.source.write(&mirror.write(&id, &key(1), title("Ours"))).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Conflict(what) if what == "This task"), "{error}");
    let delete = TaskWrite::Delete { list: list.clone(), id: id.clone(), key: key(2), version: mirror.rows[&id].version.clone() };
    let error = w.source.write(&delete).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Conflict(what) if what == "This task"), "{error}");
    assert_eq!(w.look(&list, &id).unwrap().title, "Two", "nothing was lost");
}
