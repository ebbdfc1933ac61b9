//! What every [`CalendarSource`] owes the engine, as tests that any of them can be run through: [`suite!`] with a function that starts a
//! [`Rig`], or [`read_only!`] where a source can only be read.
//!
//! The rig is the provider's side: what somebody else does there, what there is, and what goes wrong. [`Mirror`] is the engine's: it keeps
//! rows as the store would, and merges as the engine does. Both speak of [`Plan`]s, so that each provider's own form is written and read by
//! its rig alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use domain::{
    calendar::{CalendarSource, CalendarWrite, ItemWritten},
    error::{ErrorClass, ProviderError},
    ids::{RemoteId, ScopeId},
    integration::Service,
    sync::{Budget, Change, SyncCursor, SyncScope},
    time::Zone,
};
use sandbox::{Fault, FaultAction, Sandbox};

pub(crate) use plan::{Plan, ZONE, day, wall};
pub(crate) use reading::*;
pub(crate) use writing::*;

mod plan;
mod reading;
mod writing;

/// The provider's side of a test. One calendar, empty at the start.
pub(crate) trait Rig: Send + Sync {
    fn source(&self) -> &dyn CalendarSource;
    fn sandbox(&self) -> &Sandbox;
    fn calendar(&self) -> RemoteId;
    /// Paths of the calendar's requests, as faults name them.
    fn paths(&self) -> &'static str;
    /// Those of them that 410 is said of as of a cursor: of a thing it says that it is gone.
    fn listing(&self) -> &'static str {
        self.paths()
    }
    /// Somebody else writes an event: a new one, or all of the one with this id.
    fn put(&self, id: Option<&RemoteId>, plan: &Plan) -> RemoteId;
    /// Somebody else deletes an event.
    fn remove(&self, id: &RemoteId);
    /// An event as it is there; None: there is none.
    fn look(&self, id: &RemoteId) -> Option<Plan>;
    fn count(&self) -> usize;
    /// All cursors that were given out are too old.
    fn void(&self);
    /// From now on nobody is known.
    fn sign_out(&self);
}

fn pass(rig: &dyn Rig, secs: i64) {
    rig.sandbox().clock().advance(secs * 1000);
}

/// The next request is refused.
fn refuse(rig: &dyn Rig, status: u16) {
    rig.sandbox().control().add_fault(Fault::status(rig.paths(), status, "scripted"));
}

/// The next write is done, but the connection breaks before its answer.
fn lose_answer(rig: &dyn Rig) {
    for method in ["POST", "PATCH", "PUT"] {
        rig.sandbox().control().add_fault(Fault::new(rig.paths(), FaultAction::Drop { after_commit: true }).method(method));
    }
}

/// Rows and the cursor as the engine keeps them.
#[derive(Default)]
pub(crate) struct Mirror {
    /// Etag and text.
    pub rows: BTreeMap<RemoteId, (String, String)>,
    pub cursor: Option<SyncCursor>,
}

fn scope(rig: &dyn Rig) -> SyncScope {
    SyncScope { id: ScopeId(1), connection: "c1".into(), service: Service::Calendar, container: Some(rig.calendar()) }
}

const BUDGET: Budget = Budget { items: 100, since: None };

impl Mirror {
    /// One round, as the engine does it.
    pub async fn sync(&mut self, rig: &dyn Rig) -> Result<(), ProviderError> {
        for _ in 0..1000 {
            let batch = match rig.source().changes(&scope(rig), self.cursor.as_ref(), BUDGET).await {
                Err(ProviderError::CursorExpired) if self.cursor.is_some() => {
                    self.cursor = None;
                    continue;
                }
                other => other?,
            };
            let (mut wanted, mut rows) = (Vec::new(), self.rows.clone());
            for change in batch.changes {
                match change {
                    Change::Gone(id) => drop(rows.remove(&id)),
                    Change::Upsert(item) if !item.etag.is_empty() && rows.get(&item.id).is_some_and(|(etag, _)| *etag == item.etag) => {}
                    Change::Upsert(item) => match item.ics {
                        Some(ics) => drop(rows.insert(item.id, (item.etag, ics))),
                        None => wanted.push(item.id),
                    },
                }
            }
            for item in rig.source().fetch(&rig.calendar(), &wanted).await? {
                rows.insert(item.id, (item.etag, item.ics.unwrap()));
            }
            if let Some(present) = batch.present {
                assert!(!batch.more, "what is present is said on the last page");
                rows.retain(|id, _| present.contains(id));
            }
            // Committed together.
            (self.rows, self.cursor) = (rows, Some(batch.next));
            if !batch.more {
                return Ok(());
            }
        }
        panic!("a round without an end");
    }

    fn plan(&self, id: &RemoteId) -> Plan {
        Plan::read(&self.rows[id].1)
    }

    /// The text of this event with another plan, as an edit leaves it: everything else stays.
    fn edited(&self, id: &RemoteId, change: impl FnOnce(&mut Plan)) -> String {
        let before = &self.rows[id].1;
        let mut plan = Plan::read(before);
        change(&mut plan);
        plan.onto(before)
    }

    fn update(&self, rig: &dyn Rig, id: &RemoteId, ics: &str) -> CalendarWrite {
        let (etag, before) = self.rows[id].clone();
        CalendarWrite::Update { calendar: rig.calendar(), id: id.clone(), etag, before, ics: ics.to_owned() }
    }

    /// Keeps what a write was answered with.
    fn written(&mut self, sent: &str, written: ItemWritten) -> RemoteId {
        let ics = written.ics.unwrap_or_else(|| sent.to_owned());
        self.rows.insert(written.id.clone(), (written.etag, ics));
        written.id
    }

    /// Writes a change; where it was made from something else, merges and tries again.
    async fn save(&mut self, rig: &dyn Rig, id: &RemoteId, ics: &str) -> Result<(), ProviderError> {
        let mut mine = ics.to_owned();
        for _ in 0..3 {
            match rig.source().write(&self.update(rig, id, &mine)).await {
                Ok(written) => {
                    self.written(&mine, written);
                    return Ok(());
                }
                Err(ProviderError::Conflict(_)) => {
                    let there = rig.source().fetch(&rig.calendar(), std::slice::from_ref(id)).await?.remove(0);
                    let theirs = there.ics.unwrap();
                    let merged = calendar::merge(&self.rows[id].1, &mine, &theirs, &Zone::fixed(0)).unwrap();
                    assert!(merged.conflicts.is_empty(), "{:?}", merged.conflicts);
                    self.rows.insert(id.clone(), (there.etag, theirs));
                    mine = merged.ics;
                }
                Err(error) => return Err(error),
            }
        }
        panic!("a conflict without an end");
    }
}

/// The mirror has what is there, no more and no less.
fn same(rig: &dyn Rig, mirror: &Mirror) {
    for (id, (_, ics)) in &mirror.rows {
        assert_eq!(rig.look(id).as_ref(), Some(&Plan::read(ics)), "{id}\n{ics}");
    }
    assert_eq!(mirror.rows.len(), rig.count());
}

async fn synced(rig: &dyn Rig) -> Mirror {
    let mut mirror = Mirror::default();
    mirror.sync(rig).await.unwrap();
    mirror
}

/// As the engine names resources.
fn name(n: u32) -> String {
    format!("{n:0>26}")
}

async fn create(rig: &dyn Rig, n: u32, plan: &Plan) -> Result<ItemWritten, ProviderError> {
    let ics = plan.ics(&format!("new-{n}@x.example"));
    rig.source().write(&CalendarWrite::Create { calendar: rig.calendar(), name: name(n), ics }).await
}

/// Every kind of plan that there is.
fn kinds() -> [Plan; 4] {
    [Plan::clock("Dentist", "2026-11-24 16:20", 30), Plan::days("Elin's birthday", "2026-12-24", 2), series(), days_of_series()]
}

/// Every Tuesday at ten; one is out and one is on the next day.
fn series() -> Plan {
    let mut plan = Plan { weekly: Some(6), place: "Hall, upstairs; left".to_owned(), ..Plan::clock("Stand-up", "2026-11-24 10:00", 15) };
    plan.out.insert(day("2026-12-01"));
    plan.moved.insert(day("2026-12-08"), wall("2026-12-09 14:00"));
    plan
}

fn days_of_series() -> Plan {
    let mut plan = Plan { weekly: Some(4), ..Plan::days("Bins out", "2026-11-25", 1) };
    plan.out.insert(day("2026-12-09"));
    plan
}

/// The tests, each with a rig of its own: `suite!(start)`, where `start` is an async function that returns one.
macro_rules! suite {
    ($start:path) => {
        $crate::calendar_contract::tests!(
            $start:
            a_first_sync_brings_what_is_there,
            quiet_rounds_change_nothing,
            the_same_cursor_tells_the_same,
            what_others_do_arrives,
            what_is_far_away_arrives_as_well,
            void_cursors_lose_and_keep_nothing,
            new_events_are_made_once_and_whole,
            a_new_event_whose_answer_was_lost_is_made_once,
            a_change_changes_what_it_names,
            a_change_whose_answer_was_lost_is_done_once,
            changes_of_both_sides_are_kept,
            what_is_deleted_is_gone,
            trouble_is_named_and_passes,
            refused_writes_are_not_done,
            rounds_that_break_off_are_gone_on_with,
            writes_that_break_off_are_done_once,
            many_events_all_arrive
        );
    };
}

/// The same for what can only be read.
macro_rules! read_only {
    ($start:path) => {
        $crate::calendar_contract::tests!(
            $start:
            a_first_sync_brings_what_is_there,
            quiet_rounds_change_nothing,
            the_same_cursor_tells_the_same,
            what_others_do_arrives,
            what_is_far_away_arrives_as_well,
            many_events_all_arrive,
            writes_are_refused
        );
    };
}

macro_rules! tests {
    ($start:path: $($name:ident),+) => {
        $(
            #[tokio::test]
            async fn $name() {
                let rig = $start().await;
                $crate::calendar_contract::$name(&rig).await;
            }
        )+
    };
}
pub(crate) use {read_only, suite, tests};
