//! Making, changing and deleting events.

use chrono::NaiveDate;
use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{
    super::{
        call::{Answer, Call},
        error::GraphError,
        world::MsSwitches,
    },
    check::{self, Target},
    diary::{Diary, Entry, Fields},
    handles::MsTold,
    options::Options,
    pattern::Recurrence,
    shown::Manner,
    view::whole,
};

/// What an event has that nobody says anything about.
fn usual() -> Fields {
    let all = json!({
        "subject": "", "body": {"contentType": "html", "content": ""}, "location": {"displayName": ""}, "isAllDay": false, "showAs": "busy",
        "sensitivity": "normal", "importance": "normal", "categories": [], "isReminderOn": true, "reminderMinutesBeforeStart": 15,
        "attendees": [], "isCancelled": false, "isOnlineMeeting": false, "onlineMeetingProvider": "unknown", "onlineMeeting": null,
        "responseRequested": true, "allowNewTimeProposals": true, "hideAttendees": false,
    });
    let Value::Object(all) = all else { return Fields::new() };
    all
}

/// Who makes an event, and how it is known elsewhere.
pub(super) struct Origin {
    pub organizer: (String, String),
    pub own: bool,
    pub uid: String,
    pub response: String,
}

/// Stores a new event. `body` is as it was checked.
pub(super) fn store(diary: &mut Diary, calendar: &str, mut body: Fields, origin: Origin, now: Timestamp) -> Result<u64, GraphError> {
    let transaction = body.remove("transactionId").and_then(|v| v.as_str().map(str::to_owned));
    let recurrence = body.remove("recurrence").filter(|r| !r.is_null()).map(|r| Recurrence::parse(&r)).transpose()?;
    let mut fields = usual();
    fields.extend(body);
    check::times(&fields)?;
    meet(&mut fields, &origin.uid);
    let calendar = calendar.to_owned();
    let key = diary.insert(|key, serial| Entry {
        key,
        calendar,
        fields,
        recurrence: None,
        exceptions: std::collections::BTreeMap::new(),
        cancelled: std::collections::BTreeMap::new(),
        uid: origin.uid,
        organizer: origin.organizer,
        own: origin.own,
        response: origin.response,
        transaction,
        created: now,
        modified: now,
        changed: serial,
        whole: serial,
    });
    if let Some(entry) = diary.entries.get_mut(&key) {
        repeat(entry, recurrence);
    }
    Ok(key)
}

/// A series begins on the first of its days, whatever start it was given. (unverified)
fn repeat(entry: &mut Entry, recurrence: Option<Recurrence>) {
    entry.recurrence = recurrence;
    let first = entry.recurrence.as_ref().and_then(|r| {
        let until = r.range.start_date.checked_add_months(chrono::Months::new(60))?;
        r.days(until).first().copied()
    });
    if let Some(first) = first {
        let fields = entry.member(first);
        for name in ["start", "end"] {
            if let Some(time) = fields.get(name) {
                entry.fields.insert(name.to_owned(), time.clone());
            }
        }
    }
}

/// A meeting at Teams gets an address and a part of the text.
fn meet(fields: &mut Fields, uid: &str) {
    if fields.get("isOnlineMeeting") != Some(&json!(true)) || fields.get("onlineMeeting").is_some_and(|m| !m.is_null()) {
        return;
    }
    let room: String = uid.chars().rev().filter(char::is_ascii_alphanumeric).take(12).collect();
    let link = format!("https://teams.microsoft.example/l/meetup-join/{room}");
    let content = fields.get("body").and_then(|b| b.get("content")).and_then(Value::as_str).unwrap_or_default();
    let blob = format!(
        "<div class=\"me-email-text\"><div>________________________________________________________________________________</div><a href=\"{link}\">Join the meeting now</a></div>"
    );
    let content = format!("{content}{blob}");
    fields.insert("body".to_owned(), json!({"contentType": "html", "content": content}));
    fields.insert("onlineMeeting".to_owned(), json!({"joinUrl": link}));
    fields.insert("onlineMeetingProvider".to_owned(), json!("teamsForBusiness"));
}

pub(super) fn addresses(fields: &Fields) -> Vec<String> {
    let all = fields.get("attendees").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|guest| guest.get("emailAddress")?.get("address")?.as_str()).map(str::to_owned).collect()
}

fn tell(diary: &mut Diary, what: &str, key: u64) {
    let Some(entry) = diary.entries.get(&key).filter(|entry| entry.own) else { return };
    let subject = entry.fields.get("subject").and_then(Value::as_str).unwrap_or_default().to_owned();
    let told = addresses(&entry.fields).into_iter().map(|whom| MsTold { what: what.to_owned(), whom, subject: subject.clone() });
    let told: Vec<MsTold> = told.collect();
    diary.told.extend(told);
}

fn editable(diary: &Diary, calendar: &str) -> Result<(), GraphError> {
    if diary.calendar(calendar)?.can_edit { Ok(()) } else { Err(GraphError::access_denied()) }
}

fn answered(diary: &Diary, status: u16, key: u64, day: Option<NaiveDate>, call: &Call<'_>) -> Result<Answer, GraphError> {
    let manner = Manner::of(call)?;
    let entry = diary.entries.get(&key).ok_or_else(GraphError::not_found)?;
    Ok(Answer::Json(status, whole(entry, day, &manner, &Options::default())))
}

pub(super) fn create(diary: &mut Diary, calendar: &str, call: &Call<'_>, fresh: &str, switches: &MsSwitches) -> Result<Answer, GraphError> {
    Manner::of(call)?;
    editable(diary, calendar)?;
    let body = check::body(call.json()?, Target::New)?;
    check::meeting(&body, providers(switches))?;
    let transaction = body.get("transactionId").and_then(Value::as_str);
    if let Some(known) = diary.entries.values().find(|entry| transaction.is_some() && entry.transaction.as_deref() == transaction) {
        if switches.transaction_repeats {
            return answered(diary, 201, known.key, None, call);
        }
        let why = "Your request can't be completed. The TransactionId value in the request has already been used to create a meeting.";
        return Err(GraphError::new(409, "ErrorDuplicateTransactionId", why));
    }
    // Of the owner as a guest nothing is kept.
    let organizer = diary.owner.clone();
    let uid = format!("040000008200E00074C5B7101A82E00800000000{fresh}");
    let key = store(diary, calendar, body, Origin { organizer, own: true, uid, response: "organizer".to_owned() }, call.now)?;
    tell(diary, "invited", key);
    answered(diary, 201, key, None, call)
}

/// Writes to an event or to one member of a series; `body` is as it was checked.
pub(super) fn change(diary: &mut Diary, key: u64, day: Option<NaiveDate>, mut body: Fields, now: Timestamp) -> Result<(), GraphError> {
    let recurrence = body.remove("recurrence");
    let serial = diary.tick();
    let entry = diary.entries.get_mut(&key).ok_or_else(GraphError::not_found)?;
    let mut fields = day.map_or_else(|| entry.fields.clone(), |day| entry.member(day));
    let before = fields.clone();
    if before.get("isOnlineMeeting") == Some(&json!(true)) {
        // Once it is one, changes of that are taken and ignored (Graph: `event` resource, isOnlineMeeting).
        body.retain(|name, _| name != "isOnlineMeeting" && name != "onlineMeetingProvider");
    }
    fields.extend(body.clone());
    check::times(&fields)?;
    if before.get("onlineMeeting").is_some_and(|m| !m.is_null()) {
        let said = fields.get("body").and_then(|b| b.get("content")).and_then(Value::as_str).unwrap_or_default();
        if !said.contains("________________") {
            // Without its part of the text it is no meeting at Teams any more.
            fields.insert("isOnlineMeeting".to_owned(), json!(false));
            fields.insert("onlineMeeting".to_owned(), Value::Null);
        }
    }
    (entry.changed, entry.modified) = (serial, now);
    if let Some(day) = day {
        let own = fields.into_iter().filter(|(name, value)| body.contains_key(name) || before.get(name) != Some(value));
        let mut kept = entry.exceptions.remove(&day).map(|(_, own)| own).unwrap_or_default();
        kept.extend(own);
        entry.exceptions.insert(day, (serial, kept));
        return Ok(());
    }
    entry.whole = serial;
    let moved = ["start", "isAllDay"].iter().any(|name| before.get(*name) != fields.get(*name));
    entry.fields = fields;
    let uid = entry.uid.clone();
    meet(&mut entry.fields, &uid);
    if moved || recurrence.is_some() {
        // What was otherwise about its members is forgotten.
        entry.exceptions.clear();
        entry.cancelled.clear();
    }
    if let Some(recurrence) = recurrence {
        let parsed = if recurrence.is_null() { None } else { Some(Recurrence::parse(&recurrence)?) };
        repeat(entry, parsed);
    }
    Ok(())
}

/// `allowedOnlineMeetingProviders`.
fn providers(switches: &MsSwitches) -> &'static [&'static str] {
    if switches.no_meetings { &[] } else { &["teamsForBusiness"] }
}

pub(super) fn patch(diary: &mut Diary, id: &str, call: &Call<'_>, switches: &MsSwitches) -> Result<Answer, GraphError> {
    Manner::of(call)?;
    let (entry, day) = diary.find(id)?;
    call.precondition(&entry.etag())?;
    let (key, own, calendar) = (entry.key, entry.own, entry.calendar.clone());
    editable(diary, &calendar)?;
    let target = if day.is_some() { Target::Member { own } } else { Target::Whole { own } };
    let body = check::body(call.json()?, target)?;
    check::meeting(&body, providers(switches))?;
    let quiet = body.keys().all(|name| ["isReminderOn", "reminderMinutesBeforeStart", "categories", "showAs"].contains(&name.as_str()));
    change(diary, key, day, body, call.now)?;
    if !quiet {
        tell(diary, "updated", key);
    }
    answered(diary, 200, key, day, call)
}

/// A member of a series is taken out of it.
pub(super) fn take(diary: &mut Diary, key: u64, day: Option<NaiveDate>, now: Timestamp) {
    let Some(day) = day else { return diary.remove(key) };
    let serial = diary.tick();
    if let Some(entry) = diary.entries.get_mut(&key) {
        entry.exceptions.remove(&day);
        entry.cancelled.insert(day, serial);
        (entry.changed, entry.modified) = (serial, now);
    }
}

pub(super) fn delete(diary: &mut Diary, id: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let (entry, day) = diary.find(id)?;
    call.precondition(&entry.etag())?;
    let (key, calendar) = (entry.key, entry.calendar.clone());
    editable(diary, &calendar)?;
    tell(diary, "cancelled", key);
    take(diary, key, day, call.now);
    Ok(Answer::Empty(204))
}
