//! Calendars from the command line. As with mail, what is changed is queued like a change of the window and then worked on at once, so
//! that a script sees what the provider made of it; what can't be done now stays queued and the answer says so.

mod typed;

use std::{collections::HashSet, time::Duration};

use domain::{
    audit::Actor,
    ids::{CalendarId, ItemId, OutboxId},
    outbox::{OutboxItem, OutboxState, WedgeReason},
    time::{Timestamp, Zone},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Outcome, list as page, mail, shapes};
use crate::{
    CalendarView, Engine, EngineError, EventDetail, EventDone, EventFields, GuestsQuestion, Members, MoveTo,
    agenda::{busy::blocks, parse_key},
    undo::UndoWork,
    views::{OutboxOutcome, OutboxReport},
    zone,
};

pub use typed::{EndWords, WhenWords};

/// One write; a server that does not answer in that time keeps it queued.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
/// Where only the beginning is given, or nothing: two weeks.
const DAYS_SHOWN: i64 = 14;
const DAY_SECS: i64 = 86_400;
/// Ways back among which the one just made is looked for: other commands may be at work in the same engine.
const LATELY: u32 = 100;

/// The commands under `calendar`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum CalendarRequest {
    List,
    Events {
        /// None: today.
        from: Option<Timestamp>,
        /// None: two weeks later.
        to: Option<Timestamp>,
        /// Of calendars that are not shown, too.
        hidden: bool,
        calendar: Option<String>,
    },
    /// Events by their words, as [`Engine::find_events`] orders them.
    Find {
        text: String,
        /// Of calendars that are not shown, too.
        hidden: bool,
        limit: u32,
    },
    Show {
        key: String,
    },
    Create {
        calendar: Option<String>,
        fields: Box<FieldWords>,
        queue: bool,
    },
    Update {
        key: String,
        members: Members,
        /// Where it is to be.
        #[serde(default)]
        calendar: Option<String>,
        /// Guests may get a new invitation.
        #[serde(default)]
        anew: bool,
        fields: Box<FieldWords>,
        queue: bool,
    },
    Delete {
        key: String,
        members: Members,
        queue: bool,
    },
    Respond {
        key: String,
        members: Members,
        /// `accepted`, `declined`, `tentative`.
        answer: String,
        queue: bool,
    },
    Resolve {
        key: String,
        mine: bool,
        queue: bool,
    },
    Export {
        calendar: String,
    },
    Import {
        calendar: Option<String>,
        /// The text of an .ics file.
        text: String,
        queue: bool,
    },
    FreeBusy {
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        /// Addresses. None: when the person has no time.
        with: Vec<String>,
        /// Whose connection is asked for others; None: that of the calendar that new events go to.
        calendar: Option<String>,
    },
}

impl CalendarRequest {
    /// Whether a provider is talked to.
    pub(super) const fn asks_servers(&self) -> bool {
        match self {
            Self::Create { .. }
            | Self::Update { .. }
            | Self::Delete { .. }
            | Self::Respond { .. }
            | Self::Resolve { .. }
            | Self::Import { .. } => true,
            Self::FreeBusy { with, .. } => !with.is_empty(),
            Self::List | Self::Events { .. } | Self::Find { .. } | Self::Show { .. } | Self::Export { .. } => false,
        }
    }
}

/// What an event is to be: `when` takes the place of [`EventFields::time`], which knows no durations.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct FieldWords {
    pub fields: EventFields,
    pub when: Option<WhenWords>,
}

pub(super) async fn run(engine: &Engine, request: CalendarRequest) -> Result<Outcome, EngineError> {
    match request {
        CalendarRequest::List => {
            let items = engine.calendars().await?.iter().map(shapes::calendar).collect();
            Ok(page(items, None).into())
        }
        CalendarRequest::Events { from, to, hidden, calendar } => events(engine, from, to, hidden, calendar).await,
        CalendarRequest::Find { text, hidden, limit } => {
            if !text.chars().any(char::is_alphanumeric) {
                return Err(EngineError::invalid("There is no word to look for.", "Give a word of the title or the place."));
            }
            let rows = engine.find_events(&text, hidden, limit).await?;
            Ok(page(rows.iter().map(shapes::event_row).collect(), None).into())
        }
        CalendarRequest::Show { key } => Ok(shapes::event(&engine.event(&key).await?).into()),
        CalendarRequest::Create { calendar, fields, queue } => {
            let calendar = match calendar {
                Some(text) => Some(calendar_named(engine, &text).await?.id),
                None => None,
            };
            let fields = resolved(*fields, None)?;
            let done = engine.create_event(calendar, &fields, Actor::Cli).await?;
            written(engine, None, &done, None, queue).await
        }
        CalendarRequest::Update { key, members, calendar, anew, fields, queue } => {
            let before = engine.event(&key).await?;
            let fields = resolved(*fields, Some(&before))?;
            let to = match calendar {
                Some(text) => Some(MoveTo { calendar: calendar_named(engine, &text).await?.id, anew }),
                None => None,
            };
            if fields == EventFields::default() && to.is_none() {
                return Err(EngineError::invalid("Nothing is to be changed.", "Give at least one of the fields, such as --title."));
            }
            let done = match to {
                Some(to) => engine.move_event(&key, members, &fields, to, Actor::Cli).await?,
                None => engine.update_event(&key, members, &fields, Actor::Cli).await?,
            };
            written(engine, Some(&before), &done, (members != Members::Following).then_some(key.as_str()), queue).await
        }
        CalendarRequest::Delete { key, members, queue } => {
            let before = engine.event(&key).await?;
            let done = engine.delete_event(&key, members, Actor::Cli).await?;
            written(engine, Some(&before), &EventDone { key: None, ..done }, Some(&key), queue).await
        }
        CalendarRequest::Respond { key, members, answer, queue } => {
            let before = engine.event(&key).await?;
            let done = engine.respond_event(&key, members, &answer, Actor::Cli).await?;
            written(engine, Some(&before), &done, Some(&key), queue).await
        }
        CalendarRequest::Resolve { key, mine, queue } => {
            let before = engine.event(&key).await.ok();
            let done = engine.resolve_event(&key, mine, Actor::Cli).await?;
            written(engine, before.as_ref(), &done, Some(&key), queue).await
        }
        CalendarRequest::Export { calendar } => {
            let calendar = calendar_named(engine, &calendar).await?;
            let (name, text) = engine.export_calendar(calendar.id).await?;
            Ok(json!({"id": calendar.id.to_string(), "name": name, "text": text}).into())
        }
        CalendarRequest::Import { calendar, text, queue } => import(engine, calendar, text, queue).await,
        CalendarRequest::FreeBusy { from, to, with, calendar } if !with.is_empty() => {
            let (from, to) = range(from, to, engine.now(), &zone::local())?;
            let calendar = match calendar {
                Some(text) => Some(calendar_named(engine, &text).await?.id),
                None => None,
            };
            let question = GuestsQuestion { people: with, from, to, calendar, event: None };
            let people = engine.guests_time(&question, Actor::Cli).await?;
            Ok(page(people.iter().map(shapes::guest_time).collect(), None).into())
        }
        CalendarRequest::FreeBusy { from, to, .. } => {
            let (from, to) = range(from, to, engine.now(), &zone::local())?;
            let (rows, cut) = engine.agenda(from, to, true).await?;
            if cut {
                return Err(EngineError::invalid("There is too much in this time to say when it is free.", "Ask for less at once."));
            }
            let items = blocks(&rows, from, to).into_iter().map(|span| shapes::busy(&span)).collect();
            Ok(page(items, None).into())
        }
    }
}

fn resolved(words: FieldWords, before: Option<&EventDetail>) -> Result<EventFields, EngineError> {
    let time = words.when.map(|when| typed::time(&when, before, &zone::local())).transpose()?;
    Ok(EventFields { time, ..words.fields })
}

/// From today for two weeks, where nothing else is said.
fn range(from: Option<Timestamp>, to: Option<Timestamp>, now: Timestamp, viewer: &Zone) -> Result<(Timestamp, Timestamp), EngineError> {
    let midnight = |at: Timestamp, days: i64| viewer.instant((viewer.wall_secs(at).div_euclid(DAY_SECS) + days) * DAY_SECS);
    let from = from.unwrap_or_else(|| midnight(now, 0));
    let to = to.unwrap_or_else(|| midnight(from, DAYS_SHOWN));
    if to <= from {
        return Err(EngineError::invalid("The end lies before the beginning.", "Give a --to that is later than --from."));
    }
    Ok((from, to))
}

async fn events(
    engine: &Engine,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    hidden: bool,
    calendar: Option<String>,
) -> Result<Outcome, EngineError> {
    let (from, to) = range(from, to, engine.now(), &zone::local())?;
    let only = match calendar {
        Some(text) => Some(calendar_named(engine, &text).await?.id),
        None => None,
    };
    // Who names a calendar means it, shown or not.
    let (rows, cut) = engine.agenda(from, to, hidden || only.is_some()).await?;
    let wanted = rows.iter().filter(|r| only.is_none_or(|id| r.calendar == id || r.also.contains(&id)));
    let mut value = page(wanted.map(shapes::event_row).collect(), None);
    if let Some(map) = value.as_object_mut() {
        map.insert("cut".into(), cut.into());
    }
    Ok(value.into())
}

/// A calendar by its id; its name works too where it is the only one.
async fn calendar_named(engine: &Engine, text: &str) -> Result<CalendarView, EngineError> {
    let text = text.trim();
    let all = engine.calendars().await?;
    if let Some(one) = text.parse::<CalendarId>().ok().and_then(|id| all.iter().find(|c| c.id == id)) {
        return Ok(one.clone());
    }
    let named: Vec<_> = all.iter().filter(|c| c.name.to_lowercase() == text.to_lowercase()).collect();
    match named.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(EngineError::new("not_found", format!("There is no calendar “{text}”."), "Take the id from `calendar list`.")),
        _ => Err(EngineError::invalid(format!("Several calendars are called “{text}”."), "Use the id from `calendar list`.")),
    }
}

/// Does what was queued, and tells what came of it. `same`: the key that was asked for, where it goes on naming the event.
async fn written(
    engine: &Engine,
    before: Option<&EventDetail>,
    done: &EventDone,
    same: Option<&str>,
    queue: bool,
) -> Result<Outcome, EngineError> {
    let asked = same.or(done.key.as_deref()).unwrap_or_default();
    let (state, failed) = if queue {
        ("queued", None)
    } else {
        let ids = outbox_of(engine, done, same).await?;
        let first = settle(engine, &ids).await?;
        // What went to another calendar has something left to be deleted.
        let more: Vec<OutboxId> = outbox_of(engine, done, same).await?.into_iter().filter(|id| !ids.contains(id)).collect();
        if first.1.is_some() || more.is_empty() { first } else { settle(engine, &more).await? }
    };
    let mut now = None;
    if done.key.is_some() || failed.is_some() {
        for key in [Some(asked), done.key.as_deref()].into_iter().flatten() {
            now = engine.event(key).await.ok();
            if now.is_some() {
                break;
            }
        }
    }
    let title = now.as_ref().or(before).map(|e| e.row.title.clone()).unwrap_or_default();
    let id = now.as_ref().map_or_else(|| asked.to_owned(), |e| e.row.key.clone());
    let value = json!({
        "id": id,
        "title": title,
        "state": state,
        "words": done.words,
        "event": now.as_ref().map(|e| shapes::event_row(&e.row)),
    });
    Ok(Outcome { value, failed })
}

/// What a write has in the outbox. Its way back names every event that it touched, and the mail that tells of an answer.
async fn outbox_of(engine: &Engine, done: &EventDone, key: Option<&str>) -> Result<Vec<OutboxId>, EngineError> {
    let keys = [key, done.key.as_deref()];
    let mut items: HashSet<ItemId> = keys.into_iter().flatten().filter_map(|k| parse_key(k).ok()).map(|(item, _)| item).collect();
    let mut ids = Vec::new();
    if let Some(undo) = done.undo
        && let Some(record) = engine.undo_list(LATELY).await?.into_iter().find(|r| r.id == undo)
        && let Ok(UndoWork::Events { items: back, answer, told }) = serde_json::from_value(record.work)
    {
        items.extend(back.iter().map(|b| b.item));
        let mails = answer.and_then(|a| a.mail).into_iter().chain(told);
        ids.extend(mails.flat_map(|m| m.items).map(|i| i.outbox));
    }
    let waiting = engine.outbox(None).await?;
    // The event before the mail that speaks of it.
    let mut all: Vec<OutboxId> = waiting.iter().filter(|o| o.op.item().is_some_and(|i| items.contains(&i))).map(|o| o.id).collect();
    all.extend(ids);
    Ok(all)
}

/// Does these now. What became of all of them together, and what the person has to look at.
pub(super) async fn settle(engine: &Engine, ids: &[OutboxId]) -> Result<(&'static str, Option<EngineError>), EngineError> {
    let mut state = "done";
    let mut failed = None;
    for id in ids {
        // One that was tried in vain before waits for its next try; the person is here now.
        let item = engine.outbox_item(*id).await?;
        if item.state == OutboxState::Queued
            && item.not_before > engine.now()
            && let Err(e) = engine.outbox_send_now(*id).await
        {
            tracing::debug!(code = %e.code, "an item started meanwhile");
        }
        let report = engine.send_and_wait(*id, WRITE_TIMEOUT).await?;
        match report.outcome {
            OutboxOutcome::Done | OutboxOutcome::Proved => {}
            OutboxOutcome::Later | OutboxOutcome::Waiting => {
                if failed.is_none() {
                    state = "queued";
                }
            }
            OutboxOutcome::Wedged => {
                let (word, error) = stuck(engine, *id, &report).await;
                (state, failed) = (word, failed.or(Some(error)));
            }
        }
    }
    Ok((state, failed))
}

async fn stuck(engine: &Engine, id: OutboxId, report: &OutboxReport) -> (&'static str, EngineError) {
    let error = mail::not_done(engine, id, report).await;
    (if error.is("conflict") { "conflict" } else { "wedged" }, error)
}

pub(super) const fn conflicting(item: &OutboxItem) -> bool {
    matches!(item.state, OutboxState::Wedged { reason: WedgeReason::Conflict, .. })
}

/// Both sides changed the same thing of an event: one of them has to be chosen.
pub(super) fn conflict(item: &OutboxItem) -> EngineError {
    let key = item.op.item().map(|i| crate::agenda::key(i, "")).unwrap_or_default();
    let title = shapes::title(&item.op);
    EngineError::new(
        "conflict",
        format!("{} was changed here and elsewhere.", if title.is_empty() { "The event".to_owned() } else { format!("“{title}”") }),
        format!("Compare with `calendar show {key}`, then `calendar resolve {key} --keep mine` or `--keep theirs`."),
    )
}

/// Events of this calendar's connection that are not written yet.
async fn waiting(engine: &Engine, of: &CalendarView) -> Result<Vec<OutboxItem>, EngineError> {
    let all = engine.outbox(Some(&of.connection)).await?;
    Ok(all.into_iter().filter(|o| o.op.item().is_some()).collect())
}

async fn import(engine: &Engine, calendar: Option<String>, text: String, queue: bool) -> Result<Outcome, EngineError> {
    let into = match calendar {
        Some(text) => calendar_named(engine, &text).await?,
        None => usual(engine).await?,
    };
    let before: HashSet<OutboxId> = waiting(engine, &into).await?.iter().map(|o| o.id).collect();
    let done = engine.import_calendar(Some(into.id), text, Actor::Cli).await?;
    let mine: HashSet<OutboxId> = waiting(engine, &into).await?.iter().map(|o| o.id).filter(|id| !before.contains(id)).collect();
    let (mut state, mut failed) = ("queued", None);
    if !queue {
        // Several at a time: a file may hold thousands.
        engine.drain_outbox(Some(&into.connection)).await?;
        let left: Vec<OutboxItem> = waiting(engine, &into).await?.into_iter().filter(|o| mine.contains(&o.id)).collect();
        let wedged = left.iter().filter(|o| matches!(o.state, OutboxState::Wedged { .. })).count();
        state = if wedged > 0 {
            "wedged"
        } else if left.is_empty() {
            "done"
        } else {
            "queued"
        };
        failed = left.iter().find_map(|o| match &o.state {
            OutboxState::Wedged { detail, .. } => Some(EngineError::new(
                "wedged",
                format!("{wedged} of the events were not taken: {detail}"),
                "They stay in the outbox: see `outbox list`, then retry or discard them.",
            )),
            _ => None,
        });
    }
    let value = json!({
        "id": into.id.to_string(),
        "name": into.name,
        "state": state,
        "added": done.added,
        "known": done.known,
        "problems": done.problems,
    });
    Ok(Outcome { value, failed })
}

/// The calendar that new events go to, as [`Engine::create_event`] chooses it.
async fn usual(engine: &Engine) -> Result<CalendarView, EngineError> {
    let all = engine.calendars().await?;
    let found = all.iter().find(|c| c.preferred && c.writable).or_else(|| all.iter().find(|c| c.writable));
    found.cloned().ok_or_else(|| {
        EngineError::new("no_calendar", "There is no calendar to put it in.", "Connect one with `connect caldav`, then `sync`.")
    })
}

#[cfg(test)]
mod tests;
