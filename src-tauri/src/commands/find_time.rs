//! When guests have time, and when all of them do.

use domain::{
    audit::Actor,
    free_busy::{BusyKind, BusySpan},
    ids::CalendarId,
    time::Timestamp,
};
use engine::{GuestTime, GuestsQuestion, SlotPerson, SlotsQuestion, WorkingHours};

use crate::{
    convert::millis,
    dto::{ApiError, BusyDto, Empty, GuestTimeDto, GuestsTimeReq, Settings, SlotDto, SlotPersonDto, SlotsReq},
    state::Shell,
};

const MINUTE_MS: i64 = 60_000;

fn busy(span: BusySpan) -> BusyDto {
    let kind = match span.kind {
        BusyKind::Tentative => "tentative",
        BusyKind::Busy => "busy",
        BusyKind::Unavailable => "unavailable",
    };
    BusyDto { start: millis(span.start), end: millis(span.end), kind: kind.to_owned() }
}

fn span(dto: &BusyDto) -> Result<BusySpan, ApiError> {
    let kind = match dto.kind.as_str() {
        "tentative" => BusyKind::Tentative,
        "busy" => BusyKind::Busy,
        "unavailable" => BusyKind::Unavailable,
        _ => return Err(ApiError::bad_request("a kind of busy time")),
    };
    Ok(BusySpan::new(Timestamp(dto.start.0), Timestamp(dto.end.0), kind))
}

fn guest(time: GuestTime) -> GuestTimeDto {
    let why = time.not_known.and_then(|why| serde_json::to_value(why).ok());
    GuestTimeDto {
        address: time.address,
        own: time.own,
        busy: time.busy.into_iter().map(busy).collect(),
        not_known: why.and_then(|why| why.as_str().map(str::to_owned)),
    }
}

fn person(dto: SlotPersonDto) -> Result<SlotPerson, ApiError> {
    let busy = dto.busy.map(|spans| spans.iter().map(span).collect::<Result<Vec<_>, _>>()).transpose()?;
    Ok(SlotPerson { busy, required: dto.required })
}

/// The settings count days from Sunday, calendars from Monday.
fn hours(settings: &Settings) -> WorkingHours {
    let (from, to) = settings.work_hours;
    let minute = |m: u32| u16::try_from(m).unwrap_or(u16::MAX);
    let day = |n: u32| settings.work_days.contains(&((n + 1) % 7));
    WorkingHours { days: [0, 1, 2, 3, 4, 5, 6].map(day), from: minute(from), to: minute(to) }
}

pub async fn guests_time(shell: &Shell, req: GuestsTimeReq) -> Result<Vec<GuestTimeDto>, ApiError> {
    let mut ended = shell.ask_anew();
    let engine = shell.engine().await?;
    let question = GuestsQuestion {
        people: req.people,
        from: Timestamp(req.from.0),
        to: Timestamp(req.to.0),
        calendar: req.calendar.map(|id| CalendarId(id.0)),
        event: req.event,
    };
    tokio::select! {
        // Another question, or nobody who waits: the request that is under way is dropped with it.
        _ = ended.changed() => Err(ApiError::new("cancelled", "Nobody waits for this answer any more.", "")),
        told = engine.guests_time(&question, Actor::Person) => Ok(told?.into_iter().map(guest).collect()),
    }
}

pub async fn guests_time_cancel(shell: &Shell, _: Empty) -> Result<Empty, ApiError> {
    drop(shell.ask_anew());
    Ok(Empty {})
}

pub async fn slots(shell: &Shell, req: SlotsReq) -> Result<Vec<SlotDto>, ApiError> {
    let question = SlotsQuestion {
        people: req.people.into_iter().map(person).collect::<Result<_, _>>()?,
        from: Timestamp(req.from.0),
        to: Timestamp(req.to.0),
        length: i64::from(req.minutes) * MINUTE_MS,
        hours: hours(&shell.settings()),
        zone: None,
        most: req.most as usize,
    };
    let found = shell.engine().await?.find_slots(question).await?;
    let places = |list: Vec<usize>| list.into_iter().filter_map(|n| u32::try_from(n).ok()).collect();
    let slot =
        |s: engine::Slot| SlotDto { start: millis(s.start), end: millis(s.end), cannot: places(s.cannot), perhaps: places(s.perhaps) };
    Ok(found.into_iter().map(slot).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_of_the_settings_is_one_of_the_calendar() {
        let settings = Settings { work_days: vec![0, 1, 6], work_hours: (480, 1_440), ..Settings::default() };
        let week = [true, false, false, false, false, true, true];
        assert_eq!(hours(&settings), WorkingHours { days: week, from: 480, to: 1_440 });
        let office = hours(&Settings::default());
        assert!(office.is_sane() && office.days == [true, true, true, true, true, false, false]);
    }
}
