//! Reading: the list of a calendar, its view over a window, one event, and the members of a series.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta};
use serde_json::{Value, json};

use super::{
    super::{
        call::{Answer, Call},
        error::GraphError,
    },
    diary::{Diary, Entry, span},
    options::{EVENT, Options},
    shown::{self, Manner, page},
};

/// Exchange takes no larger view.
const MOST_DAYS: i64 = 1_825;
const RANGE: [&str; 2] = ["startDateTime", "endDateTime"];

/// What a window holds: seconds since the epoch.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Window {
    pub from: i64,
    pub to: i64,
}

impl Window {
    pub fn of(call: &Call<'_>) -> Result<Self, GraphError> {
        let at = |name: &str| {
            let missing = || {
                GraphError::new(
                    400,
                    "ErrorInvalidParameter",
                    format!("This request requires a time window specified by the query string parameter {name}."),
                )
            };
            let (_, text) = call.query.iter().find(|(n, _)| n == name).ok_or_else(missing)?;
            let offset = DateTime::parse_from_rfc3339(text).map(|at| at.timestamp());
            let plain = || NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map(|at| at.and_utc().timestamp());
            offset.or_else(|_| plain()).map_err(|_| GraphError::new(400, "ErrorInvalidParameter", format!("'{text}' is no point in time.")))
        };
        let window = Self { from: at("startDateTime")?, to: at("endDateTime")? };
        if window.to <= window.from {
            return Err(GraphError::new(400, "ErrorCalendarEndDateIsEarlierThanStartDate", "The end of the view is before its start."));
        }
        if window.to - window.from > MOST_DAYS * 86_400 {
            return Err(GraphError::new(
                400,
                "ErrorCalendarViewRangeTooBig",
                "The specified viewing range exceeds the maximum value of five years.",
            ));
        }
        Ok(window)
    }

    pub fn holds(self, from: i64, to: i64) -> bool {
        from < self.to && (to > self.from || from == to && from >= self.from)
    }

    /// Members of a series that are in it, each as it is now.
    pub fn days(self, entry: &Entry) -> Vec<NaiveDate> {
        let until = DateTime::from_timestamp(self.to, 0).and_then(|at| at.naive_utc().date().checked_add_signed(TimeDelta::days(60)));
        let inside = |day: &NaiveDate| {
            let at = span(&entry.member(*day));
            self.holds(at.from, at.to)
        };
        entry.days(until.unwrap_or(NaiveDate::MAX)).into_iter().filter(inside).collect()
    }
}

pub(super) fn events(diary: &Diary, calendar: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let options = Options::of(call, &EVENT, &["$select", "$top", "$skip", "$filter"])?;
    let manner = Manner::of(call)?;
    if options.select.iter().any(|name| ["cancelledOccurrences", "exceptionOccurrences"].contains(&name.as_str())) {
        return Err(GraphError::query("This property is told of one series that is asked for by its id."));
    }
    let wanted = |entry: &&Entry| options.uid.as_ref().is_none_or(|uid| *uid == entry.uid);
    let all = diary.in_calendar(calendar).filter(wanted).map(|entry| shown::event(entry, None, &manner, &options.select)).collect();
    Ok(page(call, &options, all))
}

pub(super) fn view(diary: &Diary, calendar: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let options = Options::of(call, &EVENT, &["$select", "$top", "$skip", RANGE[0], RANGE[1]])?;
    let (window, manner) = (Window::of(call)?, Manner::of(call)?);
    let mut all: Vec<(i64, Value)> = Vec::new();
    for entry in diary.in_calendar(calendar) {
        if entry.recurrence.is_none() {
            let at = span(&entry.fields);
            all.extend(window.holds(at.from, at.to).then(|| (at.from, shown::event(entry, None, &manner, &options.select))));
        }
        all.extend(
            window
                .days(entry)
                .into_iter()
                .map(|day| (span(&entry.member(day)).from, shown::event(entry, Some(day), &manner, &options.select))),
        );
    }
    all.sort_by_key(|(from, _)| *from);
    Ok(page(call, &options, all.into_iter().map(|(_, value)| value).collect()))
}

pub(super) fn get(diary: &Diary, id: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let options = Options::of(call, &EVENT, &["$select", "$expand"])?;
    let manner = Manner::of(call)?;
    let (entry, day) = diary.find(id)?;
    Ok(Answer::ok(whole(entry, day, &manner, &options)))
}

pub(super) fn whole(entry: &Entry, day: Option<NaiveDate>, manner: &Manner, options: &Options) -> Value {
    let mut out = shown::event(entry, day, manner, &options.select);
    if let (Some(map), true, None) = (out.as_object_mut(), options.expand, day) {
        let all: Vec<Value> = entry.exceptions.keys().map(|day| shown::event(entry, Some(*day), manner, &[])).collect();
        map.insert("exceptionOccurrences".to_owned(), json!(all));
    }
    out
}

pub(super) fn instances(diary: &Diary, id: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let options = Options::of(call, &EVENT, &["$select", "$top", "$skip", RANGE[0], RANGE[1]])?;
    let (window, manner) = (Window::of(call)?, Manner::of(call)?);
    let (entry, None) = diary.find(id)? else { return Err(GraphError::property("A member of a series has no members.")) };
    if entry.recurrence.is_none() {
        return Err(GraphError::property("The event is no series."));
    }
    let all = window.days(entry).into_iter().map(|day| shown::event(entry, Some(day), &manner, &options.select)).collect();
    Ok(page(call, &options, all))
}
