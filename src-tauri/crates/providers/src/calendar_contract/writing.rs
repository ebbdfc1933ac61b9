//! What is written is there, all of it and once, whatever breaks on the way.

use super::*;

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

pub(crate) async fn refused_writes_are_not_done(rig: &dyn Rig) {
    let plan = &kinds()[0];
    for (n, status) in (1..).zip([503, 429]) {
        refuse(rig, status);
        let error = create(rig, n, plan).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Retry, "{error:?}");
        assert_eq!(rig.count(), n as usize - 1, "what was refused was not done");
        pass(rig, 60);
        create(rig, n, plan).await.unwrap();
        assert_eq!(rig.count(), n as usize);
    }
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
