//! Task lists of a CalDAV server: the collections that take VTODO, read and written as the calendars are.
//!
//! A task is a resource, and its id the path of that; what stands below it names it by UID. So the paths of UIDs are remembered as they are
//! read; where one is not known, the whole list is read for it once. Where events and tasks lie in one collection, the texts of both are
//! read and the tasks taken.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use calendar::edit::todo::{self, Todo, TodoError};
use domain::{
    calendar::{CalendarSource as _, CalendarWrite, ItemWritten, RemoteItem},
    error::ProviderError,
    ids::RemoteId,
    sync::{Budget, Change, ChangeBatch, SyncCursor, SyncScope},
    tasks::{RemoteTask, RemoteTaskList, TaskAbilities, TaskFields, TaskPatch, TaskSource, TaskWrite, TaskWritten},
    time::Timestamp,
};

use super::{source::DavSource, wire::Wire};
use crate::every::{Unit, every};

const THIS_LIST: &str = "This list";
const THIS_TASK: &str = "This task";

pub struct DavTasks {
    dav: DavSource,
    /// Ids of calendars that the person left out.
    excluded: Vec<String>,
    /// Paths by UID, of each list. Losing it costs a reading, never correctness.
    paths: Mutex<HashMap<RemoteId, HashMap<String, RemoteId>>>,
}

impl DavTasks {
    pub fn new(wire: Wire, excluded: Vec<String>) -> Self {
        Self { dav: DavSource::new(wire.about_tasks()), excluded, paths: Mutex::default() }
    }

    fn paths(&self) -> MutexGuard<'_, HashMap<RemoteId, HashMap<String, RemoteId>>> {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, list: &RemoteId, uid: &str) -> Option<RemoteId> {
        self.paths().get(list)?.get(uid).cloned()
    }

    /// The tasks among these resources, with their versions.
    async fn read(&self, list: &RemoteId, ids: &[RemoteId]) -> Result<Vec<(RemoteItem, Todo)>, ProviderError> {
        let items = self.dav.fetch(list, ids).await?;
        let todo = |item: RemoteItem| item.ics.as_deref().and_then(todo::read).map(|todo| (item, todo));
        let found: Vec<(RemoteItem, Todo)> = items.into_iter().filter_map(todo).collect();
        let mut all = self.paths();
        let paths = all.entry(list.clone()).or_default();
        for (item, todo) in &found {
            paths.insert(todo.uid.clone(), item.id.clone());
        }
        drop(all);
        Ok(found)
    }

    async fn one(&self, list: &RemoteId, id: &RemoteId) -> Result<Option<(RemoteItem, Todo)>, ProviderError> {
        Ok(self.read(list, std::slice::from_ref(id)).await?.into_iter().next())
    }

    /// Notes the paths of everything in a list.
    async fn learn(&self, scope: &SyncScope, list: &RemoteId, budget: Budget) -> Result<(), ProviderError> {
        let mut cursor = None;
        loop {
            let batch = self.dav.changes(scope, cursor.as_ref(), budget).await?;
            self.read(list, &upserts(&batch.changes)).await?;
            if !batch.more {
                return Ok(());
            }
            cursor = Some(batch.next);
        }
    }

    fn remote(&self, list: &RemoteId, id: RemoteId, version: String, todo: Todo) -> RemoteTask {
        let parent = todo.parent.as_deref().and_then(|uid| self.path(list, uid)).filter(|parent| *parent != id);
        let closed = todo.fields.status.is_closed();
        let completed_at = todo.completed_at.or(todo.updated_at).or(Some(Timestamp(0)));
        RemoteTask {
            list: list.clone(),
            version,
            fields: TaskFields { parent, ..todo.fields },
            position: todo.created,
            repeats: todo.rule.as_deref().map(words),
            url: todo.url.filter(|url| url.starts_with("https://")),
            completed_at: completed_at.filter(|_| closed),
            updated_at: todo.updated_at,
            id,
        }
    }

    /// UID of the task that another one is to stand below.
    async fn uid_of(&self, list: &RemoteId, parent: Option<&RemoteId>) -> Result<Option<String>, ProviderError> {
        let Some(parent) = parent else { return Ok(None) };
        let found = self.one(list, parent).await?;
        let gone = || ProviderError::Refused("The task that this one is to stand below no longer exists.".to_owned());
        found.map(|(_, todo)| Some(todo.uid)).ok_or_else(gone)
    }

    async fn create(&self, list: &RemoteId, key: &str, fields: &TaskFields) -> Result<TaskWritten, ProviderError> {
        let parent = self.uid_of(list, fields.parent.as_ref()).await?;
        // The key is name and UID: asked twice, it is made once.
        let ics = todo::create(key, fields, parent.as_deref(), self.dav.now()).map_err(refused)?;
        let write = CalendarWrite::Create { calendar: list.clone(), name: key.to_owned(), ics: ics.clone() };
        let written = self.dav.write(&write).await?;
        Ok(self.written(list, written, ics))
    }

    async fn update(&self, list: &RemoteId, id: &RemoteId, version: &str, patch: &TaskPatch) -> Result<TaskWritten, ProviderError> {
        if patch.list.as_ref().is_some_and(|to| to != list) {
            return Err(ProviderError::Refused("A task stays in its list on this server: move it there.".to_owned()));
        }
        let (item, there) = self.one(list, id).await?.ok_or_else(|| ProviderError::NotFound(THIS_TASK.to_owned()))?;
        let now = self.remote(list, item.id.clone(), item.etag.clone(), there);
        if says(&now.fields, patch) {
            // Perhaps it was an earlier attempt that changed it.
            return Ok(TaskWritten { id: id.clone(), task: Some(now) });
        }
        if item.etag != version {
            return Err(ProviderError::Conflict(THIS_TASK.to_owned()));
        }
        let parent = self.uid_of(list, patch.parent.as_ref().and_then(Option::as_ref)).await?;
        let before = item.ics.unwrap_or_default();
        let ics = todo::change(&before, patch, parent.as_deref(), self.dav.now()).map_err(refused)?;
        let write = CalendarWrite::Update { calendar: list.clone(), id: id.clone(), etag: item.etag, before, ics: ics.clone() };
        let written = self.dav.write(&write).await?;
        Ok(self.written(list, written, ics))
    }

    /// `sent`: what the server has, where it does not say otherwise.
    fn written(&self, list: &RemoteId, written: ItemWritten, sent: String) -> TaskWritten {
        let ItemWritten { id, etag, ics } = written;
        let todo = todo::read(&ics.unwrap_or(sent)).filter(|_| !etag.is_empty());
        if let Some(todo) = &todo {
            self.paths().entry(list.clone()).or_default().insert(todo.uid.clone(), id.clone());
        }
        let task = todo.map(|todo| self.remote(list, id.clone(), etag, todo));
        TaskWritten { id, task }
    }
}

fn upserts(changes: &[Change<RemoteItem>]) -> Vec<RemoteId> {
    changes.iter().filter_map(|change| if let Change::Upsert(item) = change { Some(item.id.clone()) } else { None }).collect()
}

/// Whether a task is what the change makes of it.
fn says(is: &TaskFields, patch: &TaskPatch) -> bool {
    let mut wanted = is.clone();
    patch.apply(&mut wanted);
    wanted == *is
}

fn refused(error: TodoError) -> ProviderError {
    ProviderError::Refused(error.to_string())
}

/// Of a rule, what a glance tells.
fn words(rule: &str) -> String {
    let part = |name: &str| rule.split(';').find_map(|part| part.split_once('=').filter(|(n, _)| n.eq_ignore_ascii_case(name)));
    let unit = match part("FREQ").map(|(_, frequency)| frequency.to_ascii_uppercase()).as_deref() {
        Some("DAILY") => Some(Unit::Day),
        Some("WEEKLY") => Some(Unit::Week),
        Some("MONTHLY") => Some(Unit::Month),
        Some("YEARLY") => Some(Unit::Year),
        _ => None,
    };
    let interval = part("INTERVAL").and_then(|(_, n)| n.parse().ok()).unwrap_or(1);
    every(unit, interval, part("BYDAY").map_or(0, |(_, days)| days.split(',').count()))
}

#[async_trait]
impl TaskSource for DavTasks {
    async fn lists(&self) -> Result<Vec<RemoteTaskList>, ProviderError> {
        let calendars = self.dav.calendars().await?.into_iter().filter(|c| c.tasks && !self.excluded.contains(&c.id));
        let list = |c: domain::calendar::RemoteCalendar| {
            let can = TaskAbilities {
                write: c.writable,
                notes: true,
                due_day: true,
                due_time: true,
                priority: true,
                coarse_priority: false,
                labels: true,
                subtasks: true,
                moves: false,
                deletes: true,
            };
            RemoteTaskList { id: RemoteId(c.id), name: c.name, colour: c.colour, default: false, can }
        };
        Ok(calendars.map(list).collect())
    }

    fn one_scope(&self) -> bool {
        false
    }

    /// A page is what the server sends.
    async fn changes(
        &self,
        scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        budget: Budget,
        _now: Timestamp,
    ) -> Result<ChangeBatch<RemoteTask>, ProviderError> {
        let list = scope.container.as_ref().ok_or_else(|| ProviderError::NotFound(THIS_LIST.to_owned()))?;
        let batch = self.dav.changes(scope, cursor, budget).await?;
        let found = self.read(list, &upserts(&batch.changes)).await?;
        let unknown = found.iter().filter_map(|(_, todo)| todo.parent.as_deref()).any(|uid| self.path(list, uid).is_none());
        if unknown {
            self.learn(scope, list, budget).await?;
        }
        let gone = batch.changes.into_iter().filter_map(|change| if let Change::Gone(id) = change { Some(Change::Gone(id)) } else { None });
        let tasks = found.into_iter().map(|(item, todo)| Change::Upsert(self.remote(list, item.id, item.etag, todo)));
        let changes = tasks.chain(gone).collect();
        let ChangeBatch { present, reset, next, more, progress, .. } = batch;
        Ok(ChangeBatch { changes, present, reset, next, more, progress })
    }

    async fn write(&self, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
        match write {
            TaskWrite::Create { list, key, fields, .. } => self.create(list, key, fields).await,
            TaskWrite::Update { list, id, version, patch, .. } => self.update(list, id, version, patch).await,
            TaskWrite::Delete { list, id, version, .. } => {
                let write = CalendarWrite::Delete { calendar: list.clone(), id: id.clone(), etag: version.clone() };
                self.dav.write(&write).await?;
                Ok(TaskWritten { id: id.clone(), task: None })
            }
        }
    }
}
