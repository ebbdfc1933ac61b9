//! A resource as Google's fields.
//!
//! All fields that a person can change here are said for every component, so that two versions of one can be compared field by field and
//! only what differs is sent.

use calendar::{Status, lines::Line, zone::NamedZone};
use chrono::NaiveDateTime;
use domain::error::ProviderError;
use serde_json::{Map, Value, json};

use super::{from_json::plain, times};
use crate::ical::{
    self, Doc, Entry,
    lines::{address, says},
    times::{iana, in_utc},
};

/// Google's limits (PROVIDERS 1.6): reminders of one event, and minutes before it.
const MOST_REMINDERS: usize = 5;
const MOST_MINUTES: i64 = 40_320;

pub fn read(ics: &str, floating: Option<&str>) -> Result<Doc, ProviderError> {
    ical::doc::read(ics, floating, "Google")
}

/// An entry as Google's fields.
pub trait AsGoogle {
    /// RRULE, EXRULE and RDATE.
    fn rules(&self) -> Vec<String>;
    /// EXDATE.
    fn exceptions(&self) -> Vec<String>;
    /// `floating`: the zone of times without one. `known`: where one meets on the net, as far as Google knows it already; another address
    /// goes into the description, because Google has no field for it.
    fn fields(&self, floating: Option<&str>, known: &[String]) -> Result<Map<String, Value>, ProviderError>;
}

impl AsGoogle for Entry {
    fn rules(&self) -> Vec<String> {
        let lines = self.component.lines.iter();
        lines.filter(|line| ["RRULE", "EXRULE", "RDATE"].iter().any(|name| line.is(name))).map(|line| rule(self, line)).collect()
    }

    fn exceptions(&self) -> Vec<String> {
        self.component.lines_of("EXDATE").map(|line| rule(self, line)).collect()
    }

    fn fields(&self, floating: Option<&str>, known: &[String]) -> Result<Map<String, Value>, ProviderError> {
        let text = |name: &str| self.component.text(name).unwrap_or_default();
        let mut out = Map::new();
        out.insert("summary".to_owned(), json!(text("SUMMARY")));
        out.insert("description".to_owned(), json!(description(self, known)));
        out.insert("location".to_owned(), json!(text("LOCATION")));
        out.insert("start".to_owned(), times::json(&self.event.start, floating, self.is_series())?);
        out.insert("end".to_owned(), times::json(&self.end, floating, self.is_series())?);
        let status = if self.event.status == Status::Tentative { "tentative" } else { "confirmed" };
        out.insert("status".to_owned(), json!(status));
        out.insert("transparency".to_owned(), json!(if self.event.free { "transparent" } else { "opaque" }));
        let class = self.component.value("CLASS").unwrap_or_default().trim().to_ascii_lowercase();
        let visibility = if ["public", "private", "confidential"].contains(&class.as_str()) { class.as_str() } else { "default" };
        out.insert("visibility".to_owned(), json!(visibility));
        out.insert("attendees".to_owned(), Value::Array(self.component.lines_of("ATTENDEE").filter_map(attendee).collect()));
        out.insert("reminders".to_owned(), json!({ "useDefault": false, "overrides": reminders(self) }));
        if let Some(colour) = self.component.text("X-GOOGLE-COLOR-ID") {
            out.insert("colorId".to_owned(), json!(colour));
        }
        Ok(out)
    }
}

fn rule(entry: &Entry, line: &Line) -> String {
    let mut line = line.clone();
    if let Some(label) = line.param("TZID")
        && let Some(zone) = NamedZone::known(&label)
    {
        line.set_param("TZID", zone.name());
    }
    let on_wall = !line.is("RRULE") && !line.is("EXRULE") && line.value().contains('T') && !line.value().contains('Z');
    if let Some(zone) = entry.event.start.zone().and_then(iana).filter(|_| on_wall && line.param("TZID").is_none()) {
        line.set_param("TZID", &zone);
    }
    if line.is("RRULE") || line.is("EXRULE") {
        let parts: Vec<String> = line.value().split(';').map(|part| until(entry, part)).collect();
        line.set_value(&parts.join(";"));
    }
    line.as_str().to_owned()
}

/// UNTIL in UTC for times of a clock, and a day for days: Google takes nothing else (PROVIDERS 1.6).
fn until(entry: &Entry, part: &str) -> String {
    let Some((name, value)) = part.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("UNTIL")) else {
        return part.to_owned();
    };
    let day = value.get(..8).unwrap_or(value);
    if entry.event.start.is_date() {
        return format!("{name}={day}");
    }
    if value.ends_with('Z') {
        return part.to_owned();
    }
    let last = if value.contains('T') { value.to_owned() } else { format!("{day}T235959") };
    match NaiveDateTime::parse_from_str(&last, "%Y%m%dT%H%M%S") {
        Ok(wall) => format!("{name}={}", in_utc(&entry.event.start.on_wall(wall)).format("%Y%m%dT%H%M%SZ")),
        Err(_) => part.to_owned(),
    }
}

fn description(entry: &Entry, known: &[String]) -> String {
    let text = entry.component.text("DESCRIPTION").unwrap_or_default();
    let html = entry.component.line("X-ALT-DESC").map(Line::unescaped);
    // An HTML version of another text is one that somebody forgot.
    let mut out = html.filter(|html| plain(html) == text).unwrap_or_else(|| text.clone());
    let place = entry.component.text("LOCATION").unwrap_or_default();
    for link in entry.links().filter(|link| !known.iter().any(|k| k == link) && !text.contains(link) && !place.contains(link)) {
        out = if out.is_empty() { link.to_owned() } else { format!("{out}\n\n{link}") };
    }
    out
}

/// Google has no reminders after the start, and none at a fixed time.
fn reminders(entry: &Entry) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    for alarm in entry.component.children_of("VALARM") {
        let method = match alarm.value("ACTION").map(str::to_ascii_uppercase).as_deref() {
            Some("DISPLAY" | "AUDIO") => "popup",
            Some("EMAIL") => "email",
            _ => continue,
        };
        let Some(trigger) = alarm.line("TRIGGER") else { continue };
        let of_end = trigger.param("RELATED").is_some_and(|related| related.eq_ignore_ascii_case("END"));
        let Some(minutes) = before(trigger.value()).filter(|minutes| !of_end && *minutes >= 0) else { continue };
        let reminder = json!({ "method": method, "minutes": minutes.min(MOST_MINUTES) });
        if !out.contains(&reminder) && out.len() < MOST_REMINDERS {
            out.push(reminder);
        }
    }
    out
}

/// Minutes before, of a DURATION (RFC 5545 section 3.3.6). None where it is none.
fn before(text: &str) -> Option<i64> {
    let (sign, rest) = match text.trim().strip_prefix('-') {
        Some(rest) => (1, rest),
        None => (-1, text.trim().trim_start_matches('+')),
    };
    let (mut total, mut digits) = (0_i64, String::new());
    for c in rest.strip_prefix('P')?.chars() {
        let secs = match c {
            '0'..='9' => {
                digits.push(c);
                continue;
            }
            'T' => continue,
            'W' => 7 * 86_400,
            'D' => 86_400,
            'H' => 3_600,
            'M' => 60,
            'S' => 1,
            _ => return None,
        };
        total = total.checked_add(digits.parse::<i64>().ok()?.checked_mul(secs)?)?;
        digits.clear();
    }
    digits.is_empty().then_some(sign * (total / 60))
}

fn attendee(line: &Line) -> Option<Value> {
    let email = address(line)?;
    let mut out = Map::new();
    out.insert("email".to_owned(), json!(email));
    if let Some(name) = line.param("CN").filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case(&email)) {
        out.insert("displayName".to_owned(), json!(name));
    }
    if says(line, "ROLE", &["OPT-PARTICIPANT", "NON-PARTICIPANT"]) {
        out.insert("optional".to_owned(), json!(true));
    }
    if says(line, "CUTYPE", &["RESOURCE", "ROOM"]) {
        out.insert("resource".to_owned(), json!(true));
    }
    let status = match line.param("PARTSTAT").unwrap_or_default().to_ascii_uppercase().as_str() {
        "ACCEPTED" => "accepted",
        "DECLINED" => "declined",
        "TENTATIVE" => "tentative",
        _ => "needsAction",
    };
    out.insert("responseStatus".to_owned(), json!(status));
    if let Some(others) = line.param("X-NUM-GUESTS").and_then(|n| n.parse::<i64>().ok()) {
        out.insert("additionalGuests".to_owned(), json!(others));
    }
    if let Some(comment) = line.param("X-RESPONSE-COMMENT") {
        out.insert("comment".to_owned(), json!(comment));
    }
    Some(Value::Object(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_before_the_start() {
        for (text, minutes) in [
            ("-PT10M", Some(10)),
            ("-P1D", Some(1440)),
            ("-P1DT2H", Some(1560)),
            ("-P1W", Some(10_080)),
            ("PT0S", Some(0)),
            ("PT5M", Some(-5)),
        ] {
            assert_eq!(before(text), minutes, "{text}");
        }
        for bad in ["", "-", "P1", "20261130T090000Z", "-PT1X", "-PT99999999999999999999H"] {
            assert_eq!(before(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_end_of_a_rule_is_of_the_kind_that_google_takes() {
        let series = |start: &str, until: &str| {
            let ics = format!(
                "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\n{start}\nRRULE:FREQ=DAILY;UNTIL={until};INTERVAL=2\nEND:VEVENT\nEND:VCALENDAR\n"
            );
            read(&ics, None).unwrap().master.unwrap().rules().remove(0)
        };
        let timed = "DTSTART;TZID=Europe/Zurich:20261130T090000";
        for (start, until, rule) in [
            (timed, "20270601", "RRULE:FREQ=DAILY;UNTIL=20270601T215959Z;INTERVAL=2"),
            (timed, "20270601T090000", "RRULE:FREQ=DAILY;UNTIL=20270601T070000Z;INTERVAL=2"),
            (timed, "20270601T070000Z", "RRULE:FREQ=DAILY;UNTIL=20270601T070000Z;INTERVAL=2"),
            ("DTSTART;VALUE=DATE:20261130", "20270601T070000Z", "RRULE:FREQ=DAILY;UNTIL=20270601;INTERVAL=2"),
        ] {
            assert_eq!(series(start, until), rule);
        }
    }
}
