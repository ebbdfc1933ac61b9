//! What every [`CalendarSource`] owes the engine, as tests that any of them can be run through: [`suite!`] with a function that starts a
//! [`Rig`], or [`reading!`] where a source can only be read.
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

mod plan;

/// The provider's side of a test. One calendar, empty at the start.
pub(crate) trait Rig: Send + Sync {
    fn source(&self) -> &dyn CalendarSource;
    fn sandbox(&self) -> &Sandbox;
    fn calendar(&self) -> RemoteId;
    /// Paths of the calendar's requests, as faults name them.
    fn paths(&self) -> &'static str;
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

fn refuse(rig: &dyn Rig, nth: u32, status: u16) {
    rig.sandbox().control().add_fault(Fault::status(rig.paths(), status, "scripted").nth(nth));
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

pub(crate) async fn a_first_sync_brings_what_is_there(rig: &dyn Rig) {
    let ids = kinds().map(|plan| (rig.put(None, &plan), plan));
    let mirror = synced(rig).await;
    same(rig, &mirror);
    for (id, plan) in ids {
        assert_eq!(mirror.plan(&id), plan);
    }
    let found = rig.source().calendars().await.unwrap();
    assert!(found.iter().any(|calendar| calendar.id == rig.calendar().as_str() && calendar.events));
}

pub(crate) async fn quiet_rounds_change_nothing(rig: &dyn Rig) {
    kinds().iter().for_each(|plan| drop(rig.put(None, plan)));
    let mut mirror = synced(rig).await;
    let before = mirror.rows.clone();
    for secs in [60, 60, 7 * 3600, 20 * 86_400] {
        pass(rig, secs);
        mirror.sync(rig).await.unwrap();
        assert_eq!(mirror.rows, before, "after {secs} seconds");
    }
}

pub(crate) async fn the_same_cursor_tells_the_same(rig: &dyn Rig) {
    let gone = rig.put(None, &kinds()[0]);
    let mirror = synced(rig).await;
    pass(rig, 5);
    let new = rig.put(None, &series());
    rig.remove(&gone);
    let mut told = Vec::new();
    for _ in 0..2 {
        let batch = rig.source().changes(&scope(rig), mirror.cursor.as_ref(), BUDGET).await.unwrap();
        let present = batch.present.map(|mut ids| {
            ids.sort();
            ids
        });
        let mut all: Vec<String> = batch.changes.iter().map(|change| format!("{change:?}")).collect();
        all.sort();
        told.push((all, present));
    }
    assert_eq!(told[0], told[1]);
    assert!(told[0].0.iter().any(|change| change.contains(new.as_str())), "{told:?}");
}

pub(crate) async fn what_others_do_arrives(rig: &dyn Rig) {
    let mut mirror = synced(rig).await;
    let [single, days, whole, _] = kinds();
    let one = rig.put(None, &single);
    let two = rig.put(None, &whole);
    let three = rig.put(None, &days);
    let round = async |mirror: &mut Mirror| {
        pass(rig, 5);
        mirror.sync(rig).await.unwrap();
        same(rig, mirror);
    };
    round(&mut mirror).await;
    assert_eq!(mirror.plan(&two), whole);
    rig.put(Some(&one), &Plan { place: "Elsewhere".to_owned(), ..Plan::clock("Dentist, later", "2026-11-25 17:00", 45) });
    round(&mut mirror).await;
    assert_eq!(mirror.plan(&one).title, "Dentist, later");
    // One date is put off, another one is left out: of the series itself nothing changes.
    let mut other = whole.clone();
    other.moved.insert(day("2026-12-15"), wall("2026-12-15 11:30"));
    rig.put(Some(&two), &other);
    round(&mut mirror).await;
    assert_eq!(mirror.plan(&two), other);
    other.out.insert(day("2026-12-22"));
    rig.put(Some(&two), &other);
    round(&mut mirror).await;
    assert_eq!(mirror.plan(&two), other);
    rig.put(Some(&two), &Plan { title: "Stand-up of all".to_owned(), ..other });
    round(&mut mirror).await;
    rig.remove(&three);
    round(&mut mirror).await;
    rig.remove(&two);
    round(&mut mirror).await;
    assert_eq!(mirror.rows.keys().collect::<Vec<_>>(), [&one]);
}

/// What takes place in some years is no less there.
pub(crate) async fn what_is_far_away_arrives_as_well(rig: &dyn Rig) {
    let far = rig.put(None, &Plan::clock("Jubilee", "2031-05-01 12:00", 60));
    let mut mirror = synced(rig).await;
    same(rig, &mirror);
    rig.put(Some(&far), &Plan::clock("Jubilee, in the hall", "2031-05-01 13:00", 60));
    let past = rig.put(None, &Plan::days("Moved in", "2011-04-01", 1));
    pass(rig, 86_400);
    mirror.sync(rig).await.unwrap();
    same(rig, &mirror);
    rig.remove(&past);
    pass(rig, 86_400);
    mirror.sync(rig).await.unwrap();
    same(rig, &mirror);
}

pub(crate) async fn void_cursors_lose_and_keep_nothing(rig: &dyn Rig) {
    let [single, days, whole, _] = kinds();
    let (kept, gone) = (rig.put(None, &whole), rig.put(None, &single));
    let mut mirror = synced(rig).await;
    pass(rig, 5);
    rig.remove(&gone);
    let new = rig.put(None, &days);
    rig.void();
    mirror.sync(rig).await.unwrap();
    same(rig, &mirror);
    assert!(mirror.rows.contains_key(&kept) && mirror.rows.contains_key(&new) && mirror.rows.len() == 2);
    // And goes on from there.
    pass(rig, 5);
    rig.put(Some(&kept), &Plan { title: "Kept on".to_owned(), ..whole });
    mirror.sync(rig).await.unwrap();
    same(rig, &mirror);
}

pub(crate) async fn new_events_are_made_once_and_whole(rig: &dyn Rig) {
    for (n, plan) in (1..).zip(kinds()) {
        let written = create(rig, n, &plan).await.unwrap();
        assert_eq!(rig.look(&written.id), Some(plan.clone()));
        if let Some(ics) = &written.ics {
            assert_eq!(Plan::read(ics), plan, "{ics}");
        }
        pass(rig, 5);
        assert_eq!(create(rig, n, &plan).await.unwrap().id, written.id, "asked again");
        assert_eq!((rig.look(&written.id), rig.count()), (Some(plan), n as usize));
    }
    // Another write that says the same is another event.
    create(rig, 9, &kinds()[0]).await.unwrap();
    let mirror = synced(rig).await;
    same(rig, &mirror);
    assert_eq!(rig.count(), 5);
}

pub(crate) async fn a_new_event_whose_answer_was_lost_is_made_once(rig: &dyn Rig) {
    for (n, plan) in (1..).zip(kinds()) {
        rig.sandbox().control().clear_faults();
        lose_answer(rig);
        let error = create(rig, n, &plan).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Retry, "{error}");
        assert_eq!(rig.count(), n as usize, "it is there, and nobody has heard");
        // Of a series, what is otherwise may be lost on the way as well: each try gets further.
        let mut tries = 0;
        let written = loop {
            pass(rig, 30);
            tries += 1;
            match create(rig, n, &plan).await {
                Ok(written) => break written,
                Err(error) => assert!(error.class() == ErrorClass::Retry && tries < 4, "{error}"),
            }
        };
        assert_eq!((rig.look(&written.id), rig.count()), (Some(plan), n as usize));
    }
}

pub(crate) async fn a_change_changes_what_it_names(rig: &dyn Rig) {
    let [single, days, whole, _] = kinds();
    let ids = [single, days, whole].map(|plan| rig.put(None, &plan));
    let mut mirror = synced(rig).await;
    type Edit = fn(&mut Plan);
    let edits: [(usize, Edit); 10] = [
        (0, |plan| plan.title = "Dentist; the other, new one".to_owned()),
        (0, |plan| plan.place = "Main street 3\\b".to_owned()),
        (0, |plan| *plan = Plan { place: plan.place.clone(), ..Plan::clock(&plan.title.clone(), "2026-11-26 08:00", 90) }),
        (1, |plan| *plan = Plan::days("Elin's birthday", "2026-12-25", 3)),
        (2, |plan| plan.title = "Stand-up for all".to_owned()),
        (2, |plan| plan.out.extend([day("2026-12-15")])),
        (2, |plan| plan.moved.extend([(day("2026-12-22"), wall("2026-12-22 09:30"))])),
        (2, |plan| plan.moved.extend([(day("2026-12-08"), wall("2026-12-10 15:00"))])),
        // The member that was otherwise is left out.
        (2, |plan| {
            plan.moved.remove(&day("2026-12-22"));
            plan.out.insert(day("2026-12-22"));
        }),
        (2, |plan| plan.place.clear()),
    ];
    for (n, (which, edit)) in edits.into_iter().enumerate() {
        let id = &ids[which];
        let ics = mirror.edited(id, edit);
        let expected = Plan::read(&ics);
        pass(rig, 5);
        mirror.save(rig, id, &ics).await.unwrap();
        assert_eq!(rig.look(id).as_ref(), Some(&expected), "edit {n}");
        assert_eq!(mirror.plan(id), expected, "edit {n}");
        mirror.sync(rig).await.unwrap();
        same(rig, &mirror);
    }
    assert_eq!(rig.count(), 3);
}

pub(crate) async fn a_change_whose_answer_was_lost_is_done_once(rig: &dyn Rig) {
    let id = rig.put(None, &series());
    let mut mirror = synced(rig).await;
    let ics = mirror.edited(&id, |plan| plan.title = "After".to_owned());
    pass(rig, 5);
    lose_answer(rig);
    let error = rig.source().write(&mirror.update(rig, &id, &ics)).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Retry, "{error}");
    rig.sandbox().control().clear_faults();
    // A provider that can tell that it is not what it was made from any more says so; there is nothing left to merge then.
    mirror.save(rig, &id, &ics).await.unwrap();
    assert_eq!((rig.look(&id), rig.count()), (Some(Plan { title: "After".to_owned(), ..series() }), 1));
    mirror.sync(rig).await.unwrap();
    same(rig, &mirror);
}

pub(crate) async fn changes_of_both_sides_are_kept(rig: &dyn Rig) {
    let id = rig.put(None, &series());
    let mut mirror = synced(rig).await;
    let ics = mirror.edited(&id, |plan| plan.title = "Mine".to_owned());
    pass(rig, 5);
    rig.put(Some(&id), &Plan { place: "Theirs".to_owned(), ..series() });
    let error = rig.source().write(&mirror.update(rig, &id, &ics)).await.unwrap_err();
    assert!(matches!(error, ProviderError::Conflict(_)), "{error:?}");
    assert_eq!(rig.look(&id).unwrap().place, "Theirs", "nothing is written over");
    mirror.save(rig, &id, &ics).await.unwrap();
    let both = Plan { title: "Mine".to_owned(), place: "Theirs".to_owned(), ..series() };
    assert_eq!(rig.look(&id), Some(both));
    mirror.sync(rig).await.unwrap();
    same(rig, &mirror);
}

pub(crate) async fn what_is_deleted_is_gone(rig: &dyn Rig) {
    let (id, other) = (rig.put(None, &series()), rig.put(None, &kinds()[0]));
    let mut mirror = synced(rig).await;
    let late = mirror.update(rig, &id, &mirror.edited(&id, |plan| plan.title = "Too late".to_owned()));
    let of = |id: &RemoteId, etag: &str| CalendarWrite::Delete { calendar: rig.calendar(), id: id.clone(), etag: etag.to_owned() };
    pass(rig, 5);
    // Of another version it is somebody else's news first.
    rig.put(Some(&other), &Plan { place: "Elsewhere".to_owned(), ..kinds()[0].clone() });
    let error = rig.source().write(&of(&other, &mirror.rows[&other].0)).await.unwrap_err();
    assert!(matches!(error, ProviderError::Conflict(_)), "{error:?}");
    for _ in 0..2 {
        rig.source().write(&of(&id, &mirror.rows[&id].0)).await.unwrap();
        assert_eq!((rig.look(&id), rig.count()), (None, 1));
    }
    let error = rig.source().write(&late).await.unwrap_err();
    assert!(matches!(error, ProviderError::NotFound(_) | ProviderError::Conflict(_)), "{error:?}");
    assert_eq!(rig.count(), 1);
    mirror.sync(rig).await.unwrap();
    same(rig, &mirror);
}

pub(crate) async fn trouble_is_named_and_passes(rig: &dyn Rig) {
    let id = rig.put(None, &kinds()[0]);
    let mut mirror = synced(rig).await;
    rig.put(Some(&id), &Plan { place: "Elsewhere".to_owned(), ..kinds()[0].clone() });
    for status in [503, 429] {
        pass(rig, 3_700);
        refuse(rig, 1, status);
        let read = mirror.sync(rig).await.unwrap_err();
        assert_eq!(read.class(), ErrorClass::Retry, "{read:?}");
        assert_eq!(matches!(read, ProviderError::RateLimited { .. }), status == 429, "{read:?}");
    }
    mirror.sync(rig).await.unwrap();
    same(rig, &mirror);
    rig.sign_out();
    // One fresh token that is refused may be a hiccup; several in a row are not.
    let mut last = None;
    for _ in 0..3 {
        pass(rig, 3_700);
        last = Some(mirror.sync(rig).await.unwrap_err());
    }
    assert_eq!(last.as_ref().map(ProviderError::class), Some(ErrorClass::Reauth), "{last:?}");
}

pub(crate) async fn refused_writes_are_not_done(rig: &dyn Rig) {
    let plan = &kinds()[0];
    for (n, status) in (1..).zip([503, 429]) {
        refuse(rig, 1, status);
        let error = create(rig, n, plan).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Retry, "{error:?}");
        assert_eq!(rig.count(), n as usize - 1, "what was refused was not done");
        pass(rig, 60);
        create(rig, n, plan).await.unwrap();
        assert_eq!(rig.count(), n as usize);
    }
}

/// Whatever breaks in the middle of a round: the next ones bring all of it, and nothing twice.
pub(crate) async fn rounds_that_break_off_are_gone_on_with(rig: &dyn Rig) {
    kinds().iter().for_each(|plan| drop(rig.put(None, plan)));
    let mut followed = synced(rig).await;
    for nth in 1..=5 {
        for status in [401, 410, 429, 503] {
            rig.sandbox().control().clear_faults();
            pass(rig, 5);
            let new = rig.put(None, &series());
            refuse(rig, nth, status);
            let mut first = Mirror::default();
            for mirror in [&mut followed, &mut first] {
                let mut tries = 0;
                while let Err(error) = mirror.sync(rig).await {
                    // An access that was refused once is renewed, or the person asked; 410 may be of a thing as well as of a cursor.
                    tries += 1;
                    assert!(tries < 4, "{status} at {nth}: {error:?}");
                    pass(rig, 3_700);
                }
                same(rig, mirror);
            }
            rig.remove(&new);
        }
    }
    rig.sandbox().control().clear_faults();
    pass(rig, 5);
    followed.sync(rig).await.unwrap();
    same(rig, &followed);
}

/// A creation that breaks off wherever it may still makes one event, and all of it.
pub(crate) async fn writes_that_break_off_are_done_once(rig: &dyn Rig) {
    for (n, nth) in (1..).zip(1..=6) {
        rig.sandbox().control().clear_faults();
        rig.sandbox().control().add_fault(Fault::new(rig.paths(), FaultAction::Drop { after_commit: true }).nth(nth));
        let mut tries = 0;
        let written = loop {
            match create(rig, n, &series()).await {
                Ok(written) => break written,
                Err(error) => {
                    tries += 1;
                    assert!(error.class() == ErrorClass::Retry && tries < 4, "{nth}: {error:?}");
                    pass(rig, 60);
                }
            }
        };
        assert_eq!((rig.look(&written.id), rig.count()), (Some(series()), n as usize), "{nth}");
    }
}

pub(crate) async fn many_events_all_arrive(rig: &dyn Rig) {
    for n in 0..260 {
        let plan = Plan::clock(&format!("Event {n}"), &format!("2026-{:02}-{:02} 09:00", 1 + n % 12, 1 + n % 28), 30);
        rig.put(None, &plan);
    }
    let mirror = synced(rig).await;
    assert_eq!(mirror.rows.len(), 260);
    same(rig, &mirror);
}

/// A source that can't be written to says so, and nothing changes.
pub(crate) async fn writes_are_refused(rig: &dyn Rig) {
    let id = rig.put(None, &kinds()[0]);
    let mirror = synced(rig).await;
    let calendars = rig.source().calendars().await.unwrap();
    assert!(calendars.iter().all(|calendar| !calendar.writable));
    let update = mirror.update(rig, &id, &mirror.edited(&id, |plan| plan.title = "Mine".to_owned()));
    let delete = CalendarWrite::Delete { calendar: rig.calendar(), id: id.clone(), etag: mirror.rows[&id].0.clone() };
    for error in [
        create(rig, 1, &series()).await.unwrap_err(),
        rig.source().write(&update).await.unwrap_err(),
        rig.source().write(&delete).await.unwrap_err(),
    ] {
        assert!(matches!(error, ProviderError::Unsupported(_)), "{error:?}");
    }
    assert_eq!((rig.look(&id), rig.count()), (Some(kinds()[0].clone()), 1));
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
macro_rules! reading {
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
pub(crate) use {reading, suite, tests};
