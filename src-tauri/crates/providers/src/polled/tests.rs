//! Following a provider that exists in a few lines here.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::Mutex;

use domain::tasks::{TaskFields, TaskStatus};

use super::*;

const T: Timestamp = Timestamp(1_795_000_000_000);

#[derive(Default)]
struct Provider {
    /// Id, when it changed, whether it is closed.
    tasks: Mutex<Vec<(&'static str, i64, bool)>>,
    asked: Mutex<Vec<String>>,
    /// The listing of what is open leaves this one out.
    hides: Mutex<Option<&'static str>>,
    forgets_places: Mutex<bool>,
}

fn task((id, at, closed): (&str, i64, bool)) -> RemoteTask {
    let status = if closed { TaskStatus::Done } else { TaskStatus::Open };
    RemoteTask {
        id: id.into(),
        list: "l".into(),
        version: String::new(),
        fields: TaskFields { title: id.to_owned(), status, ..TaskFields::default() },
        position: String::new(),
        repeats: None,
        url: None,
        completed_at: None,
        updated_at: Some(T.plus_secs(at)),
    }
}

#[async_trait]
impl Polled for Provider {
    async fn page(&self, question: Question<'_>) -> Result<Page, ProviderError> {
        self.asked.lock().unwrap().push(format!("since {:?} {:?}", question.since.map(|s| s.since(T) / 1000), question.tag));
        let at: usize = question.at.map_or(0, |at| at.parse().unwrap());
        if at > 0 && std::mem::take(&mut *self.forgets_places.lock().unwrap()) {
            return Err(ProviderError::Refused("no such place".to_owned()));
        }
        let all: Vec<_> = self
            .tasks
            .lock()
            .unwrap()
            .iter()
            .copied()
            .map(task)
            .filter(|t| question.since.is_none_or(|s| t.updated_at.unwrap() >= s))
            .collect();
        let more = all.len() > at + question.size;
        let told = all.into_iter().skip(at).take(question.size).collect();
        Ok(Page { told, gone: Vec::new(), next: more.then(|| (at + question.size).to_string()), tag: Some("t".to_owned()) })
    }
    async fn open(&self, _marks: &[Mark]) -> Result<Listing, ProviderError> {
        let hidden = *self.hides.lock().unwrap();
        let ids = self.tasks.lock().unwrap().iter().filter(|t| !t.2 && Some(t.0) != hidden).map(|t| t.0.into()).collect();
        Ok(Listing { ids, marks: Vec::new() })
    }
    async fn one(&self, id: &RemoteId) -> Result<Option<RemoteTask>, ProviderError> {
        self.asked.lock().unwrap().push(format!("one {id}"));
        Ok(self.tasks.lock().unwrap().iter().copied().find(|t| id.as_str() == t.0).map(task))
    }
}

impl Provider {
    fn with(tasks: &[(&'static str, i64, bool)]) -> Self {
        Self { tasks: Mutex::new(tasks.to_vec()), ..Self::default() }
    }
    fn set(&self, tasks: &[(&'static str, i64, bool)]) {
        *self.tasks.lock().unwrap() = tasks.to_vec();
    }
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

/// What a round tells, and where it leads.
async fn round(source: &Provider, mut cursor: Option<SyncCursor>, at: i64) -> (Vec<String>, Option<Vec<String>>, SyncCursor) {
    let mut told = Vec::new();
    loop {
        let batch = changes(source, cursor.as_ref(), 2, T.plus_secs(at)).await.unwrap();
        told.extend(batch.changes.iter().map(|change| match change {
            Change::Upsert(task) => format!("+{}{}", task.id, if task.fields.status.is_closed() { "!" } else { "" }),
            Change::Gone(id) => format!("-{id}"),
        }));
        if !batch.more {
            return (told, batch.present.map(|ids| ids.into_iter().map(|id| id.0).collect()), batch.next);
        }
        assert!(batch.present.is_none());
        cursor = Some(batch.next);
    }
}

#[tokio::test]
async fn what_went_away_is_gone_and_what_came_without_a_change_is_here() {
    let source = Provider::with(&[("a", 0, false), ("b", 0, false), ("c", -500, true)]);
    let (told, present, cursor) = round(&source, None, 10).await;
    assert_eq!((told.len(), present), (3, Some(vec!["a".to_owned(), "b".to_owned(), "c".to_owned()])));
    assert_eq!(source.asked().len(), 2, "two pages, and nothing else");
    // "b" is no longer mine, and "d" is, though it did not change for long.
    source.set(&[("a", 0, false), ("c", -500, true), ("d", -900, false)]);
    let (told, present, cursor) = round(&source, Some(cursor), 100).await;
    assert_eq!((told, present), (vec!["+a".to_owned(), "-b".to_owned(), "+d".to_owned()], None));
    assert_eq!(source.asked(), ["since Some(-60) None", "one b", "one d"]);
    let (told, _, cursor) = round(&source, Some(cursor), 200).await;
    assert_eq!((told, source.asked()), (vec![], vec!["since Some(0) None".to_owned()]));
    // The same question with the tag of its answer.
    let (_, _, cursor) = round(&source, Some(cursor), 210).await;
    assert_eq!(source.asked(), ["since Some(0) Some(\"t\")"]);
    // A closed one that goes away is found by reading everything, a day later.
    source.set(&[("a", 0, false), ("d", -900, false)]);
    let (_, present, _) = round(&source, Some(cursor), 86_500).await;
    assert_eq!(present.unwrap(), ["a", "d"]);
}

#[tokio::test]
async fn a_listing_that_lost_one_between_its_pages_makes_nothing_vanish() {
    let source = Provider::with(&[("a", 0, false), ("b", 0, false)]);
    let (_, _, cursor) = round(&source, None, 10).await;
    *source.hides.lock().unwrap() = Some("b");
    let (told, _, cursor) = round(&source, Some(cursor), 100).await;
    assert!(told.contains(&"+b".to_owned()) && !told.iter().any(|t| t.starts_with('-')), "{told:?}");
    // Closed meanwhile, and told so: no reason to ask.
    *source.hides.lock().unwrap() = None;
    source.set(&[("a", 0, false), ("b", 150, true)]);
    source.asked();
    let (told, _, _) = round(&source, Some(cursor), 200).await;
    assert_eq!((told, source.asked().len()), (vec!["+b!".to_owned()], 1));
}

#[tokio::test]
async fn a_place_that_is_no_longer_known_begins_the_round_anew() {
    let source = Provider::with(&[("a", 0, false), ("b", 0, false), ("c", 0, false)]);
    *source.forgets_places.lock().unwrap() = true;
    let (told, present, _) = round(&source, None, 10).await;
    assert_eq!((told, present.unwrap().len()), (["+a", "+b", "+a", "+b", "+c"].map(str::to_owned).to_vec(), 3));
}

#[test]
fn cursors_are_as_they_were() {
    let text = r#"{"v":1,"from":5,"newest":6,"newest_at":7,"swept":8,"open":["a"],"marks":[{"tag":"t","ids":["a"],"next":null}],"tag":[5,"x"],"round":{"from":null,"size":100,"began":9,"at":"n","newest":null,"pages":1,"ids":["a"]}}"#;
    let cursor = Cursor::parse(&SyncCursor::Opaque { value: text.to_owned() }).unwrap();
    assert_eq!(cursor.store(), SyncCursor::Opaque { value: text.to_owned() });
    for value in ["", "{}", r#"{"v":2,"newest_at":0,"swept":0}"#] {
        assert_eq!(Cursor::parse(&SyncCursor::Opaque { value: value.to_owned() }), None);
    }
    assert_eq!(Cursor::parse(&SyncCursor::Since { at: T }), None);
}
