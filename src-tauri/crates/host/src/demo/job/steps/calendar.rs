//! The calendar's part of the job: what is there is here, what is made here is there, and two who change one event both have their way.

use domain::{audit::Actor, time::Timestamp};
use engine::{EngineError, EventFields, EventTime, EventView, Members};

use super::{Detail, Job, ensure, failed};
use crate::demo::connect_calendars;

const DAY_MS: i64 = 86_400_000;

pub(super) async fn connect(job: &mut Job) -> Detail {
    connect_calendars(&job.engine, &job.sandbox).await?;
    sync(job).await?;
    let here = job.engine.calendars().await?;
    let there = job.sandbox.calendars();
    for calendar in &there {
        let found = here.iter().find(|c| c.name == calendar.display).ok_or_else(|| failed(format!("{} is not here", calendar.display)))?;
        ensure(
            found.events == calendar.members as u64,
            format!("{}: {} events here, {} there", calendar.display, found.events, calendar.members),
        )?;
        ensure(found.writable == calendar.writable, format!("{}: who may change it is not the same", calendar.display))?;
    }
    let now = super::super::at(job);
    let (fortnight, _) = job.engine.agenda(now.plus_millis(-7 * DAY_MS), now.plus_millis(7 * DAY_MS), false).await?;
    ensure(fortnight.len() > 20, format!("only {} events in a fortnight", fortnight.len()))?;
    ensure(here.len() > there.len(), "the subscribed calendar is missing")?;
    Ok(format!("{} calendars, {} events in this fortnight, counts equal at the server", here.len(), fortnight.len()))
}

/// A round of every connection; the first that fails is told.
pub(super) async fn sync(job: &Job) -> Result<(), EngineError> {
    let ids: std::collections::BTreeSet<_> = job.engine.connections().await?.into_iter().map(|c| c.id).collect();
    for id in ids {
        let report = job.engine.sync_now(Some(&id)).await?;
        if let Some(e) = report.scopes.into_iter().find_map(|s| s.error) {
            return Err(e);
        }
    }
    Ok(())
}

/// `days` from today at this time of UTC.
fn time(now: Timestamp, days: i64, hour: &str, end: &str) -> Option<EventTime> {
    let day = chrono::DateTime::from_timestamp(now.secs() + days * 86_400, 0)?.date_naive();
    Some(EventTime::Clock { start: format!("{day}T{hour}"), end: format!("{day}T{end}"), zone: Some("UTC".to_owned()) })
}

/// The members of all writable calendars at the server that hold this text.
fn there(job: &Job, text: &str) -> Vec<(String, sandbox::CalendarItem)> {
    let all =
        job.sandbox.calendars().into_iter().flat_map(|c| job.sandbox.calendar_items(&c.name).into_iter().map(move |i| (c.name.clone(), i)));
    all.filter(|(_, i)| i.ics.contains(text)).collect()
}

pub(super) async fn events(job: &mut Job) -> Detail {
    let now = super::super::at(job);
    let fields = EventFields { title: Some("Zwetschgenkuchen".to_owned()), time: time(now, 2, "15:00", "16:00"), ..EventFields::default() };
    // Which calendar is the default depends on what was connected first.
    let names: Vec<String> = job.sandbox.calendars().into_iter().filter(|c| c.writable).map(|c| c.display).collect();
    let own = job.engine.calendars().await?.into_iter().find(|c| c.writable && names.contains(&c.name));
    let own = own.ok_or_else(|| failed("no calendar of the server can be written to"))?;
    let made = job.engine.create_event(Some(own.id), &fields, Actor::Cli).await?;
    let key = made.key.ok_or_else(|| failed("the new event has no key"))?;
    job.engine.drain_outbox(None).await?;
    let copies = there(job, "SUMMARY:Zwetschgenkuchen");
    let [(calendar, copy)] = copies.as_slice() else { return Err(failed(format!("{} copies at the server instead of 1", copies.len()))) };

    // Somebody else names a place while the time is changed here.
    let moved = EventFields { time: time(now, 3, "15:30", "16:30"), ..EventFields::default() };
    job.engine.update_event(&key, Members::All, &moved, Actor::Cli).await?;
    job.sandbox.edit_calendar_item(calendar, &copy.name, "LOCATION", "Balkon").map_err(failed)?;
    job.engine.drain_outbox(None).await?;
    let both = there(job, "SUMMARY:Zwetschgenkuchen");
    let kept = both.first().is_some_and(|(_, i)| i.ics.contains("LOCATION:Balkon") && i.ics.contains("T153000"));
    ensure(kept, "one of two changes to one event was lost")?;
    let shown = job.engine.event(&key).await?;
    ensure(shown.row.location == "Balkon" && shown.row.pending.is_none(), "the other change did not come back")?;

    job.engine.delete_event(&key, Members::All, Actor::Cli).await?;
    job.engine.drain_outbox(None).await?;
    ensure(there(job, "SUMMARY:Zwetschgenkuchen").is_empty(), "the deletion did not reach the server")?;
    ensure(job.engine.event(&key).await.is_err(), "it is still here")?;
    Ok("made, moved while somebody else named a place (both kept), deleted; each seen at the server".to_owned())
}

pub(super) async fn answer(job: &mut Job) -> Detail {
    let now = super::super::at(job);
    let (rows, _) = job.engine.agenda(now.plus_millis(-7 * DAY_MS), now.plus_millis(21 * DAY_MS), false).await?;
    let own: Vec<_> = job.sandbox.calendars().into_iter().map(|c| c.display).collect();
    let own: Vec<_> = job.engine.calendars().await?.into_iter().filter(|c| own.contains(&c.name)).map(|c| c.id).collect();
    let open = |r: &&EventView| r.mine.as_deref() == Some("none") && !r.repeats && own.contains(&r.calendar);
    let invitation = rows.iter().find(open).ok_or_else(|| failed("there is no invitation to answer"))?;
    let (key, title) = (invitation.key.clone(), invitation.title.clone());
    job.engine.respond_event(&key, Members::All, "accepted", Actor::Cli).await?;
    job.engine.drain_outbox(None).await?;
    let shown = job.engine.event(&key).await?;
    ensure(shown.row.mine.as_deref() == Some("accepted"), "the answer is not shown")?;
    let accepted = there(job, &format!("SUMMARY:{title}")).iter().any(|(_, i)| i.ics.contains("PARTSTAT=ACCEPTED"));
    ensure(accepted, "the answer did not reach the server")?;
    Ok(format!("“{title}” accepted, seen at the server"))
}
