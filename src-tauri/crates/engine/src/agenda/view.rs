//! What is on, as lists and the panel of one event show it.

use domain::{
    calendar::CallKind,
    connection::Connection,
    ids::{CalendarId, ConnectionId, ItemId},
    time::{Timestamp, Zone},
};
use serde::{Deserialize, Serialize};
use store::{CalendarRow, ItemRow, SpanKind, SpanRow};

use super::{
    data::{Reader, of_member, series_of},
    key, parse_key, range,
};
use crate::{
    Engine, EngineError,
    read::{GuestView, RepeatsView, invite, on_pool},
    zone,
};

/// Rows of one answer: nobody sees more on one screen.
const MOST: u32 = 6_000;
/// Guests that are listed. All are counted.
const GUESTS: usize = 500;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarView {
    pub id: CalendarId,
    pub connection: ConnectionId,
    /// What the person calls the connection.
    pub source: String,
    pub name: String,
    pub hue: u8,
    pub shown: bool,
    pub writable: bool,
    pub preferred: bool,
    /// The video call that its provider makes for an event.
    pub calls: Option<CallKind>,
    pub error: Option<String>,
    pub last_sync: Option<Timestamp>,
    pub events: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventView {
    pub key: String,
    pub calendar: CalendarId,
    pub title: String,
    pub location: String,
    /// The end is exclusive.
    pub start: Timestamp,
    pub end: Timestamp,
    /// First day and the day after the last, as ISO dates, where it is about whole days.
    pub days: Option<(String, String)>,
    pub status: String,
    pub mine: Option<String>,
    pub free: bool,
    pub repeats: bool,
    pub editable: bool,
    pub join: bool,
    /// `waiting`, `conflict`, `failed`.
    pub pending: Option<String>,
    /// The same meeting in other calendars.
    pub also: Vec<CalendarId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventDetail {
    pub row: EventView,
    pub uid: String,
    pub description: String,
    pub zone: Option<String>,
    pub organizer: Option<GuestView>,
    pub guests: Vec<GuestView>,
    pub guest_count: u64,
    pub join: Option<String>,
    /// A call that the provider is to make, and that is not there yet.
    pub call: Option<String>,
    pub repeats: Option<RepeatsView>,
    pub rule: Option<String>,
    pub alarms: Vec<i32>,
    pub can_respond: bool,
    /// Why it can't be changed, in words.
    pub locked: Option<String>,
    pub conflict: Vec<ConflictView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictView {
    pub field: String,
    pub mine: String,
    pub theirs: String,
}

/// When a member is, to within a day: where to look for it.
fn about(member: &str) -> Option<Timestamp> {
    let day = chrono::NaiveDate::parse_from_str(member.get(..8)?, "%Y%m%d").ok()?;
    Some(Timestamp::from_secs(day.and_hms_opt(12, 0, 0)?.and_utc().timestamp()))
}

/// When a stored span is, for somebody in this zone; and the days, where it is about days.
fn when(row: &SpanRow, viewer: &Zone) -> (Timestamp, Timestamp, Option<(String, String)>) {
    if row.kind == SpanKind::Instant {
        return (Timestamp(row.start), Timestamp(row.finish), None);
    }
    let of = |wall: i64| viewer.instant(wall.div_euclid(1000));
    let day = |wall: i64| chrono::DateTime::from_timestamp_millis(wall).map(|at| at.date_naive().to_string()).unwrap_or_default();
    let days = (row.kind == SpanKind::Days).then(|| (day(row.start), day(row.finish)));
    (of(row.start), of(row.finish), days)
}

/// `stuck`: events whose write waits for the person.
pub(super) fn view(row: SpanRow, calendars: &[CalendarRow], stuck: &[ItemId], viewer: &Zone) -> EventView {
    let (start, end, days) = when(&row, viewer);
    let writable = calendars.iter().any(|c| c.id == row.calendar && c.writable);
    EventView {
        key: key(row.item, &row.member),
        calendar: row.calendar,
        title: row.title,
        location: row.location,
        start,
        end,
        days,
        status: row.status,
        mine: row.mine,
        free: row.free,
        repeats: row.repeats,
        editable: writable && row.owns,
        join: row.joins,
        pending: match (row.conflict, row.waits) {
            (true, _) => Some("conflict".to_owned()),
            (false, true) if stuck.contains(&row.item) => Some("failed".to_owned()),
            (false, true) => Some("waiting".to_owned()),
            (false, false) => None,
        },
        also: Vec::new(),
    }
}

/// One row for each meeting: what stands in several calendars under one UID at one time is the one that can be changed best, and names
/// the others.
pub(super) fn merged(rows: Vec<(String, EventView)>) -> Vec<EventView> {
    let mut out: Vec<EventView> = Vec::with_capacity(rows.len());
    let mut known = std::collections::HashMap::<(String, i64), usize>::new();
    for (uid, row) in rows {
        let slot = known.entry((uid, row.start.millis())).or_insert(usize::MAX);
        match out.get_mut(*slot) {
            None => {
                *slot = out.len();
                out.push(row);
            }
            Some(first) if first.calendar == row.calendar => out.push(row),
            Some(first) => {
                let better = (row.mine.is_some(), row.editable) > (first.mine.is_some(), first.editable);
                let (mut keep, other) = if better { (row, first.clone()) } else { (first.clone(), row) };
                keep.also.extend(other.also);
                keep.also.push(other.calendar);
                keep.also.sort_unstable();
                keep.also.dedup();
                *first = keep;
            }
        }
    }
    out
}

impl Engine {
    pub async fn calendars(&self) -> Result<Vec<CalendarView>, EngineError> {
        let (rows, connections) = (self.store().calendars().await?, self.store().connections().await?);
        let scopes = self.store().scopes(None).await?;
        let counts = self.store().calendar_counts().await?;
        let connector = self.connector();
        let with_calendars: Vec<_> = connections.iter().filter(|k| rows.iter().any(|c| c.connection == k.id)).collect();
        // Two services may know the person by the same address.
        let source = |of: &Connection| match connector.integration(&of.integration) {
            Some(row) if with_calendars.iter().any(|k| k.id != of.id && k.label == of.label) => format!("{} · {}", of.label, row.label),
            _ => of.label.clone(),
        };
        let sources: Vec<String> =
            rows.iter().map(|c| connections.iter().find(|k| k.id == c.connection).map(source).unwrap_or_default()).collect();
        Ok(rows
            .into_iter()
            .zip(sources)
            .map(|(c, source)| {
                let connection = connections.iter().find(|k| k.id == c.connection);
                let scope = scopes.iter().find(|s| {
                    s.scope.service == domain::integration::Service::Calendar
                        && s.scope.connection == c.connection
                        && s.scope.container.as_ref() == Some(&c.remote)
                });
                CalendarView {
                    id: c.id,
                    source,
                    error: connection
                        .and_then(|k| k.status_reason.clone())
                        .or_else(|| scope.filter(|s| s.error_count > 0).and_then(|s| s.error_message.clone())),
                    last_sync: scope.and_then(|s| s.last_ok),
                    events: counts.iter().find(|(id, _)| *id == c.id).map_or(0, |(_, n)| *n),
                    connection: c.connection,
                    name: c.name,
                    hue: c.hue,
                    shown: c.shown,
                    writable: c.writable,
                    preferred: c.preferred,
                    calls: c.calls,
                }
            })
            .collect())
    }

    pub async fn change_calendar(&self, id: CalendarId, shown: Option<bool>, hue: Option<u8>, preferred: bool) -> Result<(), EngineError> {
        if hue.is_some_and(|h| h > 9) {
            return Err(EngineError::invalid("There is no such colour.", "Choose one of the ten."));
        }
        if preferred && !self.store().calendar(id).await?.writable {
            return Err(EngineError::invalid("Nothing can be added to this calendar.", "Choose one that can be changed."));
        }
        self.store().change_calendar(id, shown, hue, preferred).await?;
        self.emit().changed_many(crate::events::Entity::Calendar);
        self.emit().changed_many(crate::events::Entity::Event);
        Ok(())
    }

    /// Whatever touches `from .. to`, by start, whole days first; and whether there is more. `hidden`: of calendars that are not shown, too.
    pub async fn agenda(&self, from: Timestamp, to: Timestamp, hidden: bool) -> Result<(Vec<EventView>, bool), EngineError> {
        if to <= from || to.since(from) > range::WINDOW_MS {
            return Err(EngineError::invalid("That is no range of at most 400 days.", "Ask for less at once."));
        }
        self.expand(from, to).await?;
        let rows = self.store().spans(from, to, hidden, MOST).await?;
        self.expand_ahead(from, to);
        let cut = rows.len() >= MOST as usize;
        let calendars = self.store().calendars().await?;
        let stuck = self.stuck(&rows).await?;
        let viewer = zone::local();
        let inside = |v: &EventView| v.start < to && (v.end > from || (v.end == v.start && v.start >= from));
        let shown = rows.into_iter().map(|r| (r.uid.clone(), view(r, &calendars, &stuck, &viewer))).filter(|(_, v)| inside(v)).collect();
        let mut views = merged(shown);
        views.sort_by(|a, b| (a.start, a.days.is_none(), b.end, &a.title).cmp(&(b.start, b.days.is_none(), a.end, &b.title)));
        Ok((views, cut))
    }

    /// Which of these can't be written as they are; asked only where something waits.
    pub(super) async fn stuck(&self, rows: &[SpanRow]) -> Result<Vec<ItemId>, EngineError> {
        if rows.iter().any(|r| r.waits) { Ok(self.store().stuck_items().await?) } else { Ok(Vec::new()) }
    }

    /// Everything that is shown of one event.
    pub async fn event(&self, key: &str) -> Result<EventDetail, EngineError> {
        let (item, member) = parse_key(key)?;
        let row = self.store().calendar_item(item).await?;
        if row.removed {
            return Err(EngineError::not_found("This event"));
        }
        let span = match self.store().span(item, &member).await {
            Ok(span) => span,
            // A member that nobody has looked at yet, or one whose series moved under it.
            Err(_) => self.find_span(item, &member).await?,
        };
        let calendars = self.store().calendars().await?;
        let reader = self.item_reader().await?;
        let viewer = reader.viewer.clone();
        let stuck = self.stuck(std::slice::from_ref(&span)).await?;
        let shown = view(span, &calendars, &stuck, &viewer);
        let writable = calendars.iter().any(|c| c.id == row.calendar && c.writable);
        on_pool(move || detail(shown, &row, &member, &reader, writable)).await?.ok_or_else(|| EngineError::not_found("This event"))
    }

    async fn find_span(&self, item: ItemId, member: &str) -> Result<SpanRow, EngineError> {
        let at = about(member).ok_or_else(|| EngineError::not_found("This event"))?;
        self.expand(at.plus_millis(-2 * 86_400_000), at.plus_millis(2 * 86_400_000)).await?;
        self.store().span(item, member).await.map_err(|_| EngineError::not_found("This event"))
    }
}

fn detail(row: EventView, item: &ItemRow, member: &str, reader: &Reader, writable: bool) -> Option<EventDetail> {
    let (uid, series) = series_of(&item.ics, &reader.viewer)?;
    let event = of_member(&series, member)?;
    let master = series.master.as_ref().unwrap_or(event);
    let mine = reader.me(event);
    let called_by_other = event.organizer.as_ref().filter(|o| !reader.is_own(&o.address));
    let locked = if writable {
        called_by_other.map(|o| format!("Only {} can change it.", o.shown()))
    } else {
        Some("This calendar can only be read.".to_owned())
    };
    let conflict = match (&item.theirs, &item.base) {
        (Some(theirs), _) if theirs.is_empty() => {
            vec![ConflictView { field: "deleted".to_owned(), mine: row.title.clone(), theirs: String::new() }]
        }
        (Some(theirs), Some(base)) => calendar::merge(base, &item.ics, theirs, &reader.viewer)
            .map(|m| m.conflicts.into_iter().map(|c| ConflictView { field: c.field.to_owned(), mine: c.mine, theirs: c.theirs }).collect())
            .unwrap_or_default(),
        _ => Vec::new(),
    };
    Some(EventDetail {
        uid,
        description: event.description.clone(),
        zone: event.start.zone().map(|z| z.name().to_owned()),
        organizer: event.organizer.as_ref().map(|p| invite::guest(p, "none", false)),
        guests: event.attendees.iter().filter(|a| !a.resource).take(GUESTS).map(invite::attendee).collect(),
        guest_count: event.attendees.iter().filter(|a| !a.resource).count() as u64,
        join: event.join.clone().filter(|url| url.len() < 2_000),
        call: event.call.filter(|_| event.join.is_none()).map(|state| state.as_str().to_owned()),
        repeats: invite::repeats(master),
        rule: master.rule.as_ref().map(|r| r.text().to_owned()),
        alarms: event.alarms.clone(),
        can_respond: writable && mine.is_some(),
        locked,
        conflict,
        row: EventView { mine: mine.map(|a| invite::answer_of(a).to_owned()), ..row },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(calendar: i64, editable: bool, mine: Option<&str>) -> EventView {
        EventView {
            key: format!("{calendar}/"),
            calendar: CalendarId(calendar),
            title: "Plan".to_owned(),
            location: String::new(),
            start: Timestamp(1_000),
            end: Timestamp(2_000),
            days: None,
            status: "confirmed".to_owned(),
            mine: mine.map(str::to_owned),
            free: false,
            repeats: false,
            editable,
            join: false,
            pending: None,
            also: Vec::new(),
        }
    }

    #[test]
    fn one_meeting_in_two_calendars_is_shown_once_and_as_the_better_one() {
        let found = merged(vec![
            ("a".to_owned(), row(1, false, None)),
            ("a".to_owned(), row(2, true, None)),
            ("a".to_owned(), row(3, false, Some("accepted"))),
            ("b".to_owned(), row(1, true, None)),
        ]);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].calendar.0, found[0].also.iter().map(|c| c.0).collect::<Vec<_>>()), (3, vec![1, 2]));
        // The same UID twice in one calendar is no copy: a program that makes such files means two events.
        assert_eq!(merged(vec![("a".to_owned(), row(1, true, None)), ("a".to_owned(), row(1, true, None))]).len(), 2);
    }

    #[test]
    fn days_and_floating_times_are_the_viewers() {
        let berlin = calendar::NamedZone::known("Europe/Berlin").unwrap().zone().clone();
        let of = |kind, start, finish| {
            when(
                &SpanRow {
                    item: ItemId(1),
                    member: String::new(),
                    calendar: CalendarId(1),
                    uid: String::new(),
                    title: String::new(),
                    location: String::new(),
                    kind,
                    start,
                    finish,
                    status: String::new(),
                    mine: None,
                    free: false,
                    joins: false,
                    owns: true,
                    repeats: false,
                    waits: false,
                    conflict: false,
                },
                &berlin,
            )
        };
        // 2026-03-29 has 23 hours there.
        let (start, end, days) = of(SpanKind::Days, 1_774_742_400_000, 1_774_828_800_000);
        assert_eq!((end.since(start), days), (23 * 3_600_000, Some(("2026-03-29".to_owned(), "2026-03-30".to_owned()))));
        assert_eq!(start.millis(), 1_774_742_400_000 - 3_600_000);
        let (start, _, days) = of(SpanKind::Floating, 1_774_785_600_000, 1_774_789_200_000);
        assert_eq!((start.millis(), days), (1_774_785_600_000 - 7_200_000, None));
        assert_eq!(of(SpanKind::Instant, 5_000, 6_000), (Timestamp(5_000), Timestamp(6_000), None));
    }
}
