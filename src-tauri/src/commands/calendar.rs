//! The calendar: which there are, what is on, what is changed of it, and connecting one.

use std::io::Write as _;

use domain::{
    SecretString,
    audit::Actor,
    ids::{CalendarId, ConnectionId, MessageId},
    time::Timestamp,
};
use engine::{CalendarView, ConnectDav, ConnectFeed, EventDetail, EventView, MoveTo};

use crate::{
    commands::activity::new_file,
    convert::{self, millis},
    dto::{
        ApiError, AppEvent, CalendarChangeReq, CalendarDto, CalendarImportReq, CalendarImported, CalendarReq, ConnectDavReq,
        ConnectFeedReq, ConnectionDto, Empty, EventConflict, EventCreateReq, EventDeleteReq, EventDone, EventDto, EventFields,
        EventFindReq, EventReq, EventResolveReq, EventRespondReq, EventRow, EventTime, EventUpdateReq, EventsReq, EventsRes, Id,
        InviteNoteReq, InviteRespondReq, Members, SavedFile,
    },
    state::Shell,
};

fn calendar(view: CalendarView) -> CalendarDto {
    CalendarDto {
        id: Id(view.id.0),
        connection: view.connection.to_string(),
        source: view.source,
        name: view.name,
        hue: view.hue,
        shown: view.shown,
        writable: view.writable,
        default: view.preferred,
        video: view.calls.map(|kind| kind.as_str().to_owned()),
        error: view.error,
        last_sync: view.last_sync.map(millis),
    }
}

fn row(view: EventView) -> EventRow {
    EventRow {
        key: view.key,
        calendar: Id(view.calendar.0),
        title: view.title,
        location: view.location,
        start: millis(view.start),
        end: millis(view.end),
        days: view.days,
        status: view.status,
        mine: view.mine,
        free: view.free,
        repeats: view.repeats,
        editable: view.editable,
        join: view.join,
        pending: view.pending,
        also: view.also.into_iter().map(|c| Id(c.0)).collect(),
    }
}

fn detail(view: EventDetail) -> EventDto {
    EventDto {
        row: row(view.row),
        description: view.description,
        zone: view.zone,
        organizer: view.organizer.map(convert::guest),
        guests: view.guests.into_iter().map(convert::guest).collect(),
        guest_count: view.guest_count as u32,
        join: view.join,
        call: view.call,
        repeats: view.repeats.map(convert::repeats),
        rule: view.rule,
        alarms: view.alarms,
        can_respond: view.can_respond,
        locked: view.locked,
        conflict: view.conflict.into_iter().map(|c| EventConflict { field: c.field, mine: c.mine, theirs: c.theirs }).collect(),
    }
}

fn fields(dto: EventFields) -> engine::EventFields {
    engine::EventFields {
        title: dto.title,
        location: dto.location,
        description: dto.description,
        time: dto.time.map(|t| match t {
            EventTime::Days { from, until } => engine::EventTime::Days { from, until },
            EventTime::Clock { start, end, zone } => engine::EventTime::Clock { start, end, zone },
        }),
        rule: dto.rule,
        free: dto.free,
        alarms: dto.alarms,
        guests: dto.guests,
        join: dto.join,
        video: dto.video,
    }
}

const fn members(dto: Members) -> engine::Members {
    match dto {
        Members::Only => engine::Members::Only,
        Members::Following => engine::Members::Following,
        Members::All => engine::Members::All,
    }
}

fn done(done: engine::EventDone) -> EventDone {
    EventDone {
        key: done.key,
        undo_until: done.undo.map(|_| millis(done.until)),
        undo: done.undo.map(|id| format!("u:{id}")),
        words: done.words,
    }
}

pub async fn calendars(shell: &Shell, _: Empty) -> Result<Vec<CalendarDto>, ApiError> {
    Ok(shell.engine().await?.calendars().await?.into_iter().map(calendar).collect())
}

pub async fn calendar_change(shell: &Shell, req: CalendarChangeReq) -> Result<Vec<CalendarDto>, ApiError> {
    let engine = shell.engine().await?;
    engine.change_calendar(CalendarId(req.id.0), req.shown, req.hue, req.default == Some(true)).await?;
    calendars(shell, Empty {}).await
}

pub async fn events(shell: &Shell, req: EventsReq) -> Result<EventsRes, ApiError> {
    let (events, cut) = shell.engine().await?.agenda(Timestamp(req.from.0), Timestamp(req.to.0), false).await?;
    Ok(EventsRes { events: events.into_iter().map(row).collect(), cut })
}

/// Each event once: those to come, soonest first, then those that are over; of shown calendars.
pub async fn event_find(shell: &Shell, req: EventFindReq) -> Result<Vec<EventRow>, ApiError> {
    let found = shell.engine().await?.find_events(&req.text, false, req.limit.clamp(1, 200)).await?;
    Ok(found.into_iter().map(row).collect())
}

pub async fn event(shell: &Shell, req: EventReq) -> Result<EventDto, ApiError> {
    Ok(detail(shell.engine().await?.event(&req.key).await?))
}

pub async fn event_create(shell: &Shell, req: EventCreateReq) -> Result<EventDone, ApiError> {
    let calendar = req.calendar.map(|id| CalendarId(id.0));
    Ok(done(shell.engine().await?.create_event(calendar, &fields(req.fields), Actor::Person).await?))
}

pub async fn event_update(shell: &Shell, req: EventUpdateReq) -> Result<EventDone, ApiError> {
    let (engine, which, given) = (shell.engine().await?, members(req.members), fields(req.fields));
    let Some(calendar) = req.calendar else {
        return Ok(done(engine.update_event(&req.key, which, &given, Actor::Person).await?));
    };
    let to = MoveTo { calendar: CalendarId(calendar.0), anew: req.anew == Some(true) };
    Ok(done(engine.move_event(&req.key, which, &given, to, Actor::Person).await?))
}

pub async fn event_delete(shell: &Shell, req: EventDeleteReq) -> Result<EventDone, ApiError> {
    Ok(done(shell.engine().await?.delete_event(&req.key, members(req.members), Actor::Person).await?))
}

pub async fn event_respond(shell: &Shell, req: EventRespondReq) -> Result<EventDone, ApiError> {
    Ok(done(shell.engine().await?.respond_event(&req.key, members(req.members), &req.answer, Actor::Person).await?))
}

pub async fn event_resolve(shell: &Shell, req: EventResolveReq) -> Result<EventDone, ApiError> {
    Ok(done(shell.engine().await?.resolve_event(&req.key, req.mine, Actor::Person).await?))
}

pub async fn calendar_export(shell: &Shell, req: CalendarReq) -> Result<SavedFile, ApiError> {
    let (name, text) = shell.engine().await?.export_calendar(CalendarId(req.id.0)).await?;
    // A calendar may be called anything; a file may not.
    let stem: String = name.chars().map(|c| if c.is_alphanumeric() || " -_".contains(c) { c } else { '_' }).take(80).collect();
    let (path, mut file) = new_file(None, &format!("{}.ics", stem.trim()))?;
    file.write_all(text.as_bytes())
        .map_err(|e| ApiError::new("save_failed", format!("The file could not be written: {e}"), "Check that the disk has space."))?;
    Ok(SavedFile { path: path.display().to_string() })
}

pub async fn calendar_import(shell: &Shell, req: CalendarImportReq) -> Result<CalendarImported, ApiError> {
    let into = req.calendar.map(|id| CalendarId(id.0));
    let found = shell.engine().await?.import_calendar(into, req.text, Actor::Person).await?;
    Ok(CalendarImported { added: found.added, known: found.known, problems: found.problems })
}

pub async fn invite_note(shell: &Shell, req: InviteNoteReq) -> Result<EventDone, ApiError> {
    Ok(done(shell.engine().await?.note_answer(MessageId(req.message.0), Actor::Person).await?))
}

pub async fn invite_respond(shell: &Shell, req: InviteRespondReq) -> Result<EventDone, ApiError> {
    Ok(done(shell.engine().await?.respond_invite(MessageId(req.message.0), &req.answer, Actor::Person).await?))
}

pub async fn connect_dav(shell: &Shell, req: ConnectDavReq) -> Result<ConnectionDto, ApiError> {
    let request = ConnectDav {
        url: req.url,
        username: req.username,
        password: SecretString::from(req.password),
        reconnect: req.reconnect.map(ConnectionId::new),
        actor: Actor::Person,
    };
    let view = shell.engine().await?.connect_dav(request).await?;
    shell.send(AppEvent::Connections);
    Ok(convert::connection(view))
}

pub async fn connect_feed(shell: &Shell, req: ConnectFeedReq) -> Result<ConnectionDto, ApiError> {
    let request =
        ConnectFeed { url: SecretString::from(req.url), name: req.name, private_allowed: req.private_allowed, actor: Actor::Person };
    let view = shell.engine().await?.connect_feed(request).await?;
    shell.send(AppEvent::Connections);
    Ok(convert::connection(view))
}
