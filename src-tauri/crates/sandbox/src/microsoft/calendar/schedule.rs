//! `getSchedule`: when people of the same organisation have no time.

use chrono::DateTime;
use domain::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{
        call::{Answer, Call},
        error::GraphError,
        world::MsWorld,
    },
    diary::{Diary, span},
    view::Window,
    zones,
};

/// Schedules of one call. (unverified)
const MOST: usize = 20;
/// Days of one call.
const MOST_DAYS: i64 = 62;

/// What somebody of the organisation shows of their time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MsSchedule {
    /// `busy`, `tentative`, …, and from when to when.
    pub items: Vec<(String, Timestamp, Timestamp)>,
    /// `responseCode` instead of an answer.
    pub error: Option<String>,
    /// Only the view in signs is shown.
    pub view_only: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Question {
    schedules: Vec<String>,
    start_time: Moment,
    end_time: Moment,
    #[serde(default = "usual")]
    availability_view_interval: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Moment {
    date_time: String,
    time_zone: String,
}

const fn usual() -> i64 {
    30
}

impl Moment {
    fn secs(&self) -> Result<i64, GraphError> {
        let bad = || GraphError::new(400, "ErrorInvalidTimeZoneId", "The time or its time zone is not valid.");
        zones::named(&self.time_zone).ok_or_else(bad)?;
        Ok(zones::instant(zones::wall(&self.date_time).ok_or_else(bad)?, &self.time_zone))
    }
}

type Span = (String, i64, i64);

pub(super) fn ask(world: &mut MsWorld, email: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let question: Question = call.json()?;
    world.mailbox(email)?;
    // A personal account has nobody to ask for. (unverified: how it says so)
    if world.switches.no_schedules {
        return Err(GraphError::access_denied());
    }
    if question.schedules.is_empty() || question.schedules.len() > MOST {
        return Err(GraphError::new(400, "ErrorInvalidParameter", format!("1 to {MOST} schedules can be asked for.")));
    }
    let window = Window { from: question.start_time.secs()?, to: question.end_time.secs()? };
    if window.to <= window.from || window.to - window.from > MOST_DAYS * 86_400 {
        return Err(GraphError::new(400, "ErrorInvalidTimeInterval", "The requested time duration specified is not valid."));
    }
    if !(5..=1440).contains(&question.availability_view_interval) {
        return Err(GraphError::new(400, "ErrorInvalidMergedFreeBusyInterval", "The interval must be between 5 and 1440 minutes."));
    }
    let mut out = Vec::new();
    for address in &question.schedules {
        out.push(one(world, email, address, window, question.availability_view_interval));
    }
    Ok(Answer::ok(json!({"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#Collection(scheduleInformation)", "value": out})))
}

fn one(world: &mut MsWorld, email: &str, address: &str, window: Window, step: i64) -> Value {
    let failed =
        |code: &str| json!({"scheduleId": address, "availabilityView": "", "error": {"message": "No free/busy.", "responseCode": code}});
    if address.eq_ignore_ascii_case(email) {
        let spans = of_diary(world.diary(email), window);
        return told(address, &spans, window, step, false);
    }
    let Some(shown) = world.schedules.get(&address.to_ascii_lowercase()) else { return failed("ErrorMailRecipientNotFound") };
    if let Some(code) = &shown.error {
        return failed(code);
    }
    let inside = |(_, from, to): &&(String, Timestamp, Timestamp)| window.holds(from.secs(), to.secs());
    let spans: Vec<Span> = shown.items.iter().filter(inside).map(|(status, from, to)| (status.clone(), from.secs(), to.secs())).collect();
    told(address, &spans, window, step, shown.view_only)
}

fn of_diary(diary: &Diary, window: Window) -> Vec<Span> {
    let mut out = Vec::new();
    for entry in diary.entries.values() {
        let all = if entry.recurrence.is_some() {
            window.days(entry).into_iter().map(|day| entry.member(day)).collect()
        } else {
            vec![entry.fields.clone()]
        };
        for fields in all {
            let at = span(&fields);
            if window.holds(at.from, at.to) {
                out.push((fields.get("showAs").and_then(Value::as_str).unwrap_or("busy").to_owned(), at.from, at.to));
            }
        }
    }
    out
}

fn told(address: &str, spans: &[Span], window: Window, step: i64, view_only: bool) -> Value {
    let wall = |at: i64| DateTime::from_timestamp(at, 0).unwrap_or_default().format("%Y-%m-%dT%H:%M:%S.0000000").to_string();
    let time = |at: i64| json!({"dateTime": wall(at), "timeZone": "UTC"});
    let items: Vec<Value> = spans
        .iter()
        .map(|(status, from, to)| json!({"status": status, "start": time(*from), "end": time(*to), "isPrivate": false}))
        .collect();
    let mut view = String::new();
    let mut at = window.from;
    while at < window.to {
        let strongest = spans.iter().filter(|(_, from, to)| *from < at + step * 60 && *to > at).map(|(status, ..)| sign(status)).max();
        view.push(strongest.map_or('0', |(_, sign)| sign));
        at += step * 60;
    }
    json!({"scheduleId": address, "availabilityView": view, "scheduleItems": if view_only { Vec::new() } else { items }})
}

/// By what counts more where several lie over each other.
fn sign(status: &str) -> (u8, char) {
    match status {
        "oof" => (4, '3'),
        "busy" => (3, '2'),
        "tentative" => (2, '1'),
        "workingElsewhere" => (1, '4'),
        _ => (0, '0'),
    }
}
