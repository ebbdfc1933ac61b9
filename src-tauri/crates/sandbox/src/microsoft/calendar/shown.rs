//! Calendars and events as Graph writes them.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::{
    super::{
        call::{Answer, Call},
        error::GraphError,
        resource::stamp,
        world::MsSwitches,
    },
    diary::{Calendar, Diary, Entry, Fields, all_day, id, span},
    options::{CALENDAR, EVENT, Options},
    zones,
};

/// Only where they are asked for by name.
const ON_REQUEST: [&str; 3] = ["occurrenceId", "cancelledOccurrences", "exceptionOccurrences"];

/// In which zone times are said, and which ids.
pub(super) struct Manner {
    pub zone: String,
    pub immutable: bool,
}

impl Manner {
    /// `Prefer: outlook.timezone="…"`; UTC where nothing is preferred.
    pub fn of(call: &Call<'_>) -> Result<Self, GraphError> {
        let zone = call.preferred("outlook.timezone").unwrap_or_else(|| "UTC".to_owned());
        if zones::named(&zone).is_none() {
            return Err(GraphError::new(
                400,
                "TimeZoneNotSupportedException",
                format!("A valid TimeZone value must be specified. The following TimeZone value is not supported: {zone}."),
            ));
        }
        Ok(Self { zone, immutable: call.immutable() })
    }
}

fn calendar_json(calendar: &Calendar, main: bool, switches: &MsSwitches, select: &[String]) -> Value {
    let (all, usual) = if switches.no_meetings { (json!([]), "unknown") } else { (json!(["teamsForBusiness"]), "teamsForBusiness") };
    let all = json!({
        "id": calendar.id, "name": calendar.name, "color": calendar.color, "hexColor": calendar.hex,
        "canEdit": calendar.can_edit, "isDefaultCalendar": main,
        "allowedOnlineMeetingProviders": all, "defaultOnlineMeetingProvider": usual,
    });
    let Value::Object(mut all) = all else { return Value::Null };
    all.retain(|name, _| select.is_empty() || name == "id" || select.iter().any(|s| s == name));
    Value::Object(all)
}

pub(super) fn calendars(diary: &Diary, call: &Call<'_>, switches: &MsSwitches) -> Result<Answer, GraphError> {
    let options = Options::of(call, &CALENDAR, &["$select", "$top", "$skip"])?;
    let main = diary.main();
    let all: Vec<Value> = diary.calendars.iter().map(|c| calendar_json(c, c.id == main, switches, &options.select)).collect();
    Ok(page(call, &options, all))
}

pub(super) fn calendar(diary: &Diary, id: &str, call: &Call<'_>, switches: &MsSwitches) -> Result<Answer, GraphError> {
    let options = Options::of(call, &CALENDAR, &["$select"])?;
    let found = diary.calendar(id)?;
    Ok(Answer::ok(calendar_json(found, found.id == diary.main(), switches, &options.select)))
}

/// A page of a list that is complete here; the next one by `$skip`.
pub(super) fn page(call: &Call<'_>, options: &Options, all: Vec<Value>) -> Answer {
    let room = options.top.or(call.max_page()).unwrap_or(10).max(1);
    let more = all.len() > options.skip + room;
    let value: Vec<Value> = all.into_iter().skip(options.skip).take(room).collect();
    let mut out = json!({"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#Collection", "value": value});
    if more {
        let query = call.query.iter().filter(|(name, _)| name != "$skip");
        let query: Vec<String> = query.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let path: Vec<String> = call.path.iter().map(|part| encoded(part)).collect();
        let link = format!("{}/v1.0/{}?{}&$skip={}", call.base, path.join("/"), query.join("&"), options.skip + room);
        if let Some(map) = out.as_object_mut() {
            map.insert("@odata.nextLink".to_owned(), json!(link));
        }
    }
    Answer::ok(out)
}

pub(super) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// An event, a series, or one member of it.
pub(super) fn event(entry: &Entry, day: Option<NaiveDate>, manner: &Manner, select: &[String]) -> Value {
    let fields = day.map_or_else(|| entry.fields.clone(), |day| entry.member(day));
    let mut out = Map::new();
    out.insert("@odata.etag".to_owned(), json!(entry.etag()));
    for name in EVENT {
        let wanted = if select.is_empty() { !ON_REQUEST.contains(&name) } else { select.iter().any(|s| s == name) };
        if (name == "id" || wanted) && name != "exceptionOccurrences" {
            out.insert(name.to_owned(), property(entry, day, &fields, name, manner));
        }
    }
    Value::Object(out)
}

pub(super) fn kind(entry: &Entry, day: Option<NaiveDate>) -> &'static str {
    match day {
        Some(day) if entry.exceptions.contains_key(&day) => "exception",
        Some(_) => "occurrence",
        None if entry.recurrence.is_some() => "seriesMaster",
        None => "singleInstance",
    }
}

fn person((name, address): &(String, String)) -> Value {
    json!({"emailAddress": {"name": if name.is_empty() { address } else { name }, "address": address}})
}

/// In the zone that was asked for; a day is midnight there, too.
pub(super) fn time(fields: &Fields, name: &str, zone: &str) -> Value {
    let all = span(fields);
    let (at, own) = if name == "start" { (all.from, &all.start_zone) } else { (all.to, &all.end_zone) };
    let wall = if all_day(fields) { zones::wall_of(at, own) } else { zones::wall_of(at, zone) };
    json!({"dateTime": wall.format("%Y-%m-%dT%H:%M:%S.0000000").to_string(), "timeZone": zone})
}

fn property(entry: &Entry, day: Option<NaiveDate>, fields: &Fields, name: &str, manner: &Manner) -> Value {
    let known = || fields.get(name).cloned().unwrap_or_default();
    let all = span(fields);
    let oid = |day: &NaiveDate| format!("OID.{}.{day}", id(entry.key, None, manner.immutable));
    match name {
        "id" => json!(id(entry.key, day, manner.immutable)),
        "createdDateTime" => json!(stamp(entry.created)),
        "lastModifiedDateTime" => json!(stamp(entry.modified)),
        "changeKey" => json!(entry.etag().trim_start_matches("W/").trim_matches('"')),
        "transactionId" => json!(entry.transaction),
        "originalStartTimeZone" => json!(zones::windows(&all.start_zone)),
        "originalEndTimeZone" => json!(zones::windows(&all.end_zone)),
        // That of a member is not that of its series.
        "iCalUId" => json!(day.map_or_else(|| entry.uid.clone(), |day| format!("{}-{day}", entry.uid))),
        "start" | "end" => time(fields, name, &manner.zone),
        "isOrganizer" => json!(entry.own),
        "organizer" => person(&entry.organizer),
        "responseStatus" => {
            json!({"response": fields.get("ownResponse").and_then(Value::as_str).unwrap_or(&entry.response), "time": "0001-01-01T00:00:00Z"})
        }
        "seriesMasterId" => json!(day.map(|_| id(entry.key, None, manner.immutable))),
        "type" => json!(kind(entry, day)),
        "recurrence" => {
            day.is_none().then(|| entry.recurrence.as_ref().map(super::pattern::Recurrence::json)).flatten().unwrap_or_default()
        }
        "originalStart" => day.map_or(Value::Null, |day| {
            // A day is midnight of the zone that it was written in.
            let at = chrono::DateTime::from_timestamp(entry.original(day).from, 0).unwrap_or_default();
            json!(at.format("%Y-%m-%dT%H:%M:%SZ").to_string())
        }),
        "occurrenceId" => json!(day.as_ref().map(oid)),
        "cancelledOccurrences" => json!(entry.cancelled.keys().map(oid).collect::<Vec<_>>()),
        "bodyPreview" => json!(
            fields
                .get("body")
                .and_then(|b| b.get("content"))
                .and_then(Value::as_str)
                .unwrap_or_default()
                .chars()
                .take(255)
                .collect::<String>()
        ),
        "webLink" => json!(format!("https://outlook.office365.example/owa/?itemid={}", id(entry.key, day, false))),
        "locations" => fields.get("location").map(|place| json!([place])).unwrap_or_default(),
        "hasAttachments" | "isDraft" => json!(false),
        "onlineMeetingUrl" => Value::Null,
        _ => known(),
    }
}
