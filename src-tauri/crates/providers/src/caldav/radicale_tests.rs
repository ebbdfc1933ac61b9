//! The client against a real Radicale (Debian: `apt-get install radicale`), started for each test on this machine.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use domain::{
    calendar::{CalendarSource, CalendarWrite, RemoteItem},
    connection::DavServer,
    error::ProviderError,
    ids::RemoteId,
    integration::Service,
    sync::{Budget, Change, ChangeBatch, SyncCursor, SyncScope},
    tasks::{Due, Priority, RemoteTask, TaskFields, TaskPatch, TaskSource, TaskStatus, TaskWrite},
    time::Timestamp,
};
use reqwest::{
    Method,
    header::{AUTHORIZATION, HeaderValue},
};
use url::Url;

use super::tests::{Keys, event};
use crate::{http::Call, scripted::http, task_contract::key};

const USER: &str = "jo@x.test";
const PASSWORD: &str = "correct: horse é";

struct Radicale {
    child: Child,
    port: u16,
    _home: tempfile::TempDir,
}

impl Drop for Radicale {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Radicale {
    async fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("users"), format!("{USER}:{PASSWORD}\n")).unwrap();
        for _ in 0..5 {
            let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let config = format!(
                "[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = htpasswd\nhtpasswd_filename = {0}/users\nhtpasswd_encryption = plain\n\
                 delay = 0\n[encoding]\nrequest = utf-8\n[storage]\nfilesystem_folder = {0}/store\n",
                home.path().display()
            );
            std::fs::write(home.path().join("config"), config).unwrap();
            let mut child = Command::new("radicale")
                .arg("--config")
                .arg(home.path().join("config"))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap_or_else(|e| panic!("radicale can't be started ({e}): apt-get install radicale"));
            for _ in 0..600 {
                if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                    return Self { child, port, _home: home };
                }
                // Somebody else took the port: another one.
                if child.try_wait().unwrap().is_some() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("radicale does not come up")
    }

    fn connect(&self, password: &str) -> Arc<dyn CalendarSource> {
        // A bare host: this machine's are asked over http.
        let server = DavServer { url: format!("127.0.0.1:{}", self.port), username: USER.into(), excluded: Vec::new() };
        super::source(&server, Arc::new(Keys(password.to_owned())), http()).unwrap()
    }

    /// A calendar, made as another program would.
    async fn make_calendar(&self, name: &str) {
        self.make_collection(name, "VEVENT").await;
    }

    async fn make_collection(&self, name: &str, component: &str) {
        use base64::Engine as _;
        let url = Url::parse(&format!("http://127.0.0.1:{}/{USER}/{name}/", self.port)).unwrap();
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"));
        let body = r#"<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:A="http://apple.com/ns/ical/"><D:set><D:prop>
            <D:displayname>Büro</D:displayname><A:calendar-color>#00AAFFFF</A:calendar-color>
            <C:supported-calendar-component-set><C:comp name="VEVENT"/></C:supported-calendar-component-set></D:prop></D:set></C:mkcalendar>"#;
        let body = body.replace("VEVENT", component);
        let call = Call::new(Method::from_bytes(b"MKCALENDAR").unwrap(), url)
            .header(AUTHORIZATION, HeaderValue::from_str(&format!("Basic {pair}")).unwrap())
            .body(HeaderValue::from_static("application/xml; charset=utf-8"), body);
        let reply = http().send(&call, None, 10_000).await.unwrap();
        assert_eq!(reply.status.as_u16(), 201, "{}", String::from_utf8_lossy(&reply.body));
    }
}

async fn round(
    source: &dyn CalendarSource,
    calendar: &RemoteId,
    cursor: Option<&SyncCursor>,
) -> Result<ChangeBatch<RemoteItem>, ProviderError> {
    let scope =
        SyncScope { id: domain::ids::ScopeId(1), connection: "c1".into(), service: Service::Calendar, container: Some(calendar.clone()) };
    source.changes(&scope, cursor, Budget { items: 100, since: None }).await
}

fn name(n: usize) -> String {
    format!("{n:0>26}")
}

fn create(calendar: &RemoteId, n: usize, ics: &str) -> CalendarWrite {
    CalendarWrite::Create { calendar: calendar.clone(), name: name(n), ics: ics.to_owned() }
}

#[tokio::test]
async fn a_bare_host_and_a_password_are_enough_and_a_wrong_one_is_told() {
    let radicale = Radicale::start().await;
    radicale.make_calendar("work").await;
    let calendars = radicale.connect(PASSWORD).calendars().await.unwrap();
    assert_eq!(calendars.len(), 1);
    let work = &calendars[0];
    assert_eq!((work.id.as_str(), work.name.as_str(), work.colour.as_deref()), ("/jo%40x.test/work/", "Büro", Some("#00aaff")));
    assert!(work.writable && work.events && !work.tasks && !work.schedules, "{work:?}");
    let error = radicale.connect("wrong").calendars().await.unwrap_err();
    assert!(matches!(error, ProviderError::Auth(_)), "{error}");
}

#[tokio::test]
async fn events_are_made_changed_and_deleted_and_the_token_tells() {
    let radicale = Radicale::start().await;
    radicale.make_calendar("work").await;
    let source = radicale.connect(PASSWORD);
    let calendar = RemoteId::from("/jo%40x.test/work/");
    let empty = round(&*source, &calendar, None).await.unwrap();
    assert!(empty.changes.is_empty() && empty.present == Some(Vec::new()) && !empty.more);
    assert!(matches!(&empty.next, SyncCursor::Opaque { value } if value.starts_with(r#"{"token":"#)), "{:?}", empty.next);

    let lunch = event("lunch@x.test", "Lunch in Zürich & <more>");
    let made = source.write(&create(&calendar, 1, &lunch)).await.unwrap();
    assert_eq!(made.id.as_str(), format!("/jo%40x.test/work/{}.ics", name(1)));
    assert!(!made.etag.is_empty());
    let again = source.write(&create(&calendar, 1, &lunch)).await.unwrap();
    assert_eq!((again.id, again.etag), (made.id.clone(), made.etag.clone()), "asked twice, made once");
    let other = source.write(&create(&calendar, 1, &event("other@x.test", "Other"))).await.unwrap_err();
    assert!(matches!(other, ProviderError::Conflict(_)), "{other}");
    let twin = source.write(&create(&calendar, 2, &lunch)).await.unwrap_err();
    assert!(matches!(&twin, ProviderError::Refused(why) if why.contains("identifier")), "{twin}");

    let second = round(&*source, &calendar, Some(&empty.next)).await.unwrap();
    let [Change::Upsert(item)] = second.changes.as_slice() else { panic!("{:?}", second.changes) };
    assert_eq!((&item.id, &item.etag, second.present.is_none()), (&made.id, &made.etag, true));
    let fetched = source.fetch(&calendar, &[made.id.clone(), "/jo%40x.test/work/none.ics".into()]).await.unwrap();
    assert_eq!((fetched.len(), &fetched[0].id, &fetched[0].etag), (1, &made.id, &made.etag));
    assert!(fetched[0].ics.as_ref().unwrap().contains("Lunch in Zürich & <more>"));

    let dinner = lunch.replace("Lunch", "Dinner");
    let update = |etag: &str| CalendarWrite::Update {
        calendar: calendar.clone(),
        id: made.id.clone(),
        etag: etag.to_owned(),
        before: lunch.clone(),
        ics: dinner.clone(),
    };
    let stale = source.write(&update("\"stale\"")).await.unwrap_err();
    assert!(matches!(stale, ProviderError::Conflict(_)), "{stale}");
    let changed = source.write(&update(&made.etag)).await.unwrap();
    assert_ne!(changed.etag, made.etag);

    let delete = |etag: &str| CalendarWrite::Delete { calendar: calendar.clone(), id: made.id.clone(), etag: etag.to_owned() };
    let stale = source.write(&delete(&made.etag)).await.unwrap_err();
    assert!(matches!(stale, ProviderError::Conflict(_)), "{stale}");
    source.write(&delete(&changed.etag)).await.unwrap();
    source.write(&delete(&changed.etag)).await.unwrap();
    let late = source.write(&update(&changed.etag)).await.unwrap_err();
    assert!(matches!(late, ProviderError::NotFound(_)), "{late}");
    let third = round(&*source, &calendar, Some(&second.next)).await.unwrap();
    assert!(matches!(third.changes.as_slice(), [Change::Gone(id)] if *id == made.id), "{:?}", third.changes);
}

#[tokio::test]
async fn an_unknown_token_means_everything_anew_and_many_come_in_pages() {
    let radicale = Radicale::start().await;
    radicale.make_calendar("work").await;
    let source = radicale.connect(PASSWORD);
    let calendar = RemoteId::from("/jo%40x.test/work/");
    for n in 0..60 {
        source.write(&create(&calendar, n, &event(&format!("{n}@x.test"), &format!("Event {n}")))).await.unwrap();
    }
    let unknown = format!(r#"{{"token":"http://radicale.org/ns/sync/{}"}}"#, "0".repeat(64));
    let error = round(&*source, &calendar, Some(&SyncCursor::Opaque { value: unknown })).await.unwrap_err();
    assert!(matches!(error, ProviderError::CursorExpired), "{error}");
    let all = round(&*source, &calendar, None).await.unwrap();
    let present = all.present.unwrap();
    assert_eq!((all.changes.len(), present.len()), (60, 60));
    let fetched = source.fetch(&calendar, &present).await.unwrap();
    assert_eq!(fetched.len(), 60);
    for change in &all.changes {
        let Change::Upsert(listed) = change else { panic!("{change:?}") };
        let item = fetched.iter().find(|item| item.id == listed.id).unwrap();
        assert_eq!(item.etag, listed.etag);
    }
    let none = RemoteId::from("/jo%40x.test/none/");
    assert!(matches!(round(&*source, &none, None).await.unwrap_err(), ProviderError::NotFound(_)));
}

async fn tasks(radicale: &Radicale) -> Arc<dyn TaskSource> {
    let server = DavServer { url: format!("127.0.0.1:{}", radicale.port), username: USER.into(), excluded: Vec::new() };
    super::tasks(&server, Arc::new(Keys(PASSWORD.to_owned())), http()).unwrap()
}

#[tokio::test]
async fn tasks_are_made_changed_ticked_off_and_deleted() {
    let radicale = Radicale::start().await;
    radicale.make_collection("todo", "VTODO").await;
    radicale.make_calendar("work").await;
    let source = tasks(&radicale).await;
    let lists = source.lists().await.unwrap();
    let [list] = lists.as_slice() else { panic!("{lists:?}") };
    assert!(list.can.write && list.id.as_str() == "/jo%40x.test/todo/");
    let all = TaskFields {
        title: "Äpfel, Birnen; und mehr".into(),
        notes: "one\ntwo".into(),
        due: Some(Due::At { at: Timestamp::from_secs(1_800_000_000), zone: Some("Europe/Stockholm".into()) }),
        priority: Priority::High,
        labels: vec!["deep, work".into(), "home".into()],
        ..TaskFields::default()
    };
    let create = |n: u32, fields: &TaskFields| TaskWrite::Create {
        list: list.id.clone(),
        key: key(n),
        fields: fields.clone(),
        tried: false,
        since: Timestamp(0),
    };
    let above = source.write(&create(1, &all)).await.unwrap();
    assert_eq!(source.write(&create(1, &all)).await.unwrap().id, above.id, "asked twice, made once");
    let below = TaskFields { title: "Below".into(), parent: Some(above.id.clone()), ..TaskFields::default() };
    let below = source.write(&create(2, &below)).await.unwrap().task.unwrap();
    let scope =
        SyncScope { id: domain::ids::ScopeId(1), connection: "c1".into(), service: Service::Tasks, container: Some(list.id.clone()) };
    let budget = Budget { items: 100, since: None };
    let first = source.changes(&scope, None, budget, Timestamp(0)).await.unwrap();
    let row = |batch: &ChangeBatch<RemoteTask>, id: &RemoteId| {
        let rows = batch.changes.iter().filter_map(|c| if let Change::Upsert(task) = c { Some(task.clone()) } else { None });
        rows.into_iter().find(|task| task.id == *id)
    };
    let there = row(&first, &above.id).unwrap();
    assert_eq!((there.fields.clone(), row(&first, &below.id).unwrap().fields.parent), (all.clone(), Some(above.id.clone())));
    let update = |row: &RemoteTask, patch: TaskPatch| TaskWrite::Update {
        list: list.id.clone(),
        id: row.id.clone(),
        key: key(3),
        version: row.version.clone(),
        before: row.fields.clone(),
        patch,
    };
    let done = TaskPatch { status: Some(TaskStatus::Done), title: Some("Obst".into()), ..TaskPatch::default() };
    let written = source.write(&update(&there, done)).await.unwrap().task.unwrap();
    assert!(written.fields.status == TaskStatus::Done && written.completed_at.is_some());
    let stale = source.write(&update(&there, TaskPatch { title: Some("Gemüse".into()), ..TaskPatch::default() })).await.unwrap_err();
    assert!(matches!(stale, ProviderError::Conflict(_)), "{stale}");
    let second = source.changes(&scope, Some(&first.next), budget, Timestamp(0)).await.unwrap();
    assert_eq!(row(&second, &above.id).unwrap().fields, TaskFields { title: "Obst".into(), status: TaskStatus::Done, ..all });
    let delete = TaskWrite::Delete { list: list.id.clone(), id: below.id.clone(), key: key(4), version: below.version };
    source.write(&delete).await.unwrap();
    source.write(&delete).await.unwrap();
    let third = source.changes(&scope, Some(&second.next), budget, Timestamp(0)).await.unwrap();
    assert!(matches!(third.changes.as_slice(), [Change::Gone(id)] if *id == below.id), "{:?}", third.changes);
}
