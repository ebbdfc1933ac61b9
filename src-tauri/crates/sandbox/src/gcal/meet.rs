//! Calls of events: asked for with `conferenceData.createRequest`, made a moment later (PROVIDERS 1.6).

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{
    Event,
    check::bad,
    series::{is_cancelled, text},
    world::{Calendar, GcalWorld},
};
use crate::gmail::{Call, error::ApiError};

/// What is asked for; the new event of this `id`, or the change of it, says that it is pending. Without `conferenceDataVersion=1` Google
/// looks at none of it.
pub(super) fn asked(
    change: &mut Event,
    before: Option<&Event>,
    calendar: &mut Calendar,
    call: &Call<'_>,
    id: &str,
) -> Result<(), ApiError> {
    if call.param("conferenceDataVersion") != Some("1") {
        change.remove("conferenceData");
        return Ok(());
    }
    match change.get("conferenceData") {
        // The address goes with it.
        Some(Value::Null) => drop(change.insert("hangoutLink".to_owned(), Value::Null)),
        Some(data) => {
            let Some(request) = data.get("createRequest").cloned() else { return Ok(()) };
            let name = request.get("requestId").and_then(Value::as_str).filter(|name| !name.is_empty());
            let name = name.ok_or_else(|| bad("Missing conference create request ID."))?.to_owned();
            let kind = request.get("conferenceSolutionKey").and_then(|key| key.get("type")).and_then(Value::as_str);
            if calendar.no_meet || kind != Some("hangoutsMeet") {
                return Err(bad("Invalid conference type value."));
            }
            let known = before.and_then(|event| event.get("conferenceData")).filter(|data| {
                data.get("createRequest").and_then(|asked| asked.get("requestId")).and_then(Value::as_str) == Some(name.as_str())
            });
            if let Some(known) = known {
                change.insert("conferenceData".to_owned(), known.clone());
                return Ok(());
            }
            change.insert("conferenceData".to_owned(), told(&name, "pending"));
            calendar.meets.push((id.to_owned(), call.now));
        }
        None => {}
    }
    Ok(())
}

fn told(name: &str, state: &str) -> Value {
    json!({"createRequest": {"requestId": name, "conferenceSolutionKey": {"type": "hangoutsMeet"}, "status": {"statusCode": state}}})
}

impl GcalWorld {
    /// Calls that are made by now.
    pub(super) fn meet(&mut self, email: &str, now: Timestamp) {
        let (after, fails) = (self.switches.meet_ms, self.switches.meet_fails);
        for calendar in self.calendars_mut(email) {
            let (ready, waiting): (Vec<_>, Vec<_>) = calendar.meets.drain(..).partition(|(_, since)| now.since(*since) >= after);
            calendar.meets = waiting;
            for (id, _) in ready {
                made(calendar, &id, fails, now);
            }
        }
    }
}

fn made(calendar: &mut Calendar, id: &str, fails: bool, now: Timestamp) {
    let Some(mut event) = calendar.event(id).filter(|event| !is_cancelled(event)).cloned() else { return };
    let asked = event.get("conferenceData").and_then(|data| data.get("createRequest"));
    let Some(name) = asked.and_then(|asked| asked.get("requestId")).and_then(Value::as_str).map(str::to_owned) else { return };
    let mut data = told(&name, if fails { "failure" } else { "success" });
    if !fails {
        let room = format!("{}-meet", text(&event, "id").unwrap_or_default());
        let link = format!("https://meet.google.example/{room}");
        if let Some(data) = data.as_object_mut() {
            let point = json!({"entryPointType": "video", "uri": link, "label": format!("meet.google.example/{room}")});
            data.insert("entryPoints".to_owned(), json!([point]));
            data.insert("conferenceId".to_owned(), json!(room));
        }
        event.insert("hangoutLink".to_owned(), json!(link));
    }
    event.insert("conferenceData".to_owned(), data);
    calendar.keep(event, now);
}
