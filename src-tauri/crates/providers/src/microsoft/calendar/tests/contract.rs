//! Microsoft 365 as any source of calendars: what every one of them owes the engine.
#![allow(clippy::string_slice, reason = "all of it is ASCII")]

use super::*;
use crate::calendar_contract::suite;

/// What the wall of the plans shows at this instant.
fn on_wall(utc: NaiveDateTime) -> NaiveDateTime {
    let zone = NamedZone::known(ZONE).unwrap();
    DateTime::from_timestamp(zone.zone().wall_secs(Timestamp::from_secs(utc.and_utc().timestamp())), 0).unwrap().naive_utc()
}

fn time(plan: &Plan, at: NaiveDateTime) -> Value {
    let zone = if plan.days.is_some() { "UTC" } else { "W. Europe Standard Time" };
    json!({"dateTime": at.format("%Y-%m-%dT%H:%M:%S").to_string(), "timeZone": zone})
}

/// The sandbox says everything in UTC.
fn wall_of(event: &Value, name: &str) -> NaiveDateTime {
    let utc: NaiveDateTime = event[name]["dateTime"].as_str().unwrap().parse().unwrap();
    if event["isAllDay"] == true { utc } else { on_wall(utc) }
}

fn plain(plan: &Plan) -> Plan {
    Plan { out: BTreeSet::new(), moved: BTreeMap::new(), ..plan.clone() }
}

impl Rig for Microsoft {
    fn source(&self) -> &dyn CalendarSource {
        &self.source
    }
    fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }
    fn calendar(&self) -> RemoteId {
        RemoteId(self.calendar.clone())
    }
    fn paths(&self) -> &'static str {
        "/v1.0/me/calendars*"
    }

    fn put(&self, id: Option<&RemoteId>, plan: &Plan) -> RemoteId {
        let before = id.and_then(|id| self.look(id));
        let mut series = id.cloned();
        if before.as_ref().map(plain) != Some(plain(plan)) {
            let mut event = json!({"subject": plan.title, "location": {"displayName": plan.place}});
            let same = |b: &Plan| (b.start, b.days, b.minutes, b.weekly) == (plan.start, plan.days, plan.minutes, plan.weekly);
            if !before.as_ref().is_some_and(same) {
                event["isAllDay"] = json!(plan.days.is_some());
                event["start"] = time(plan, plan.start);
                event["end"] = time(plan, plan.end(plan.start));
                if let Some(count) = plan.weekly {
                    let day = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
                    let day = day.iter().find(|d| d[..2].eq_ignore_ascii_case(&plan.weekday())).unwrap();
                    event["recurrence"] = weekly(&plan.start.date().to_string(), count, day);
                    event["recurrence"]["range"]["recurrenceTimeZone"] = time(plan, plan.start)["timeZone"].clone();
                }
            }
            if let Some(id) = id {
                event["id"] = json!(id.as_str());
            }
            series = Some(self.event(event));
        }
        let series = series.unwrap();
        let now = self.look(&series).unwrap();
        let member = |day: &NaiveDate| self.sandbox.ms_member(MS_MARA, series.as_str(), &day.to_string()).unwrap();
        for (day, at) in plan.moved.iter().filter(|(day, at)| now.moved.get(day) != Some(at)) {
            self.event(json!({"id": member(day), "start": time(plan, *at), "end": time(plan, plan.end(*at))}));
        }
        for day in plan.out.iter().filter(|day| !now.out.contains(day)) {
            assert!(self.sandbox.ms_delete_event(MS_MARA, &member(day)));
        }
        series
    }

    fn remove(&self, id: &RemoteId) {
        assert!(self.sandbox.ms_delete_event(MS_MARA, id.as_str()));
    }

    fn look(&self, id: &RemoteId) -> Option<Plan> {
        let event = self.there(id)?;
        let (start, end) = (wall_of(&event, "start"), wall_of(&event, "end"));
        let days = (event["isAllDay"] == true).then(|| (end - start).num_days());
        let out = event["cancelledOccurrences"].as_array().unwrap().iter();
        let mut plan = Plan {
            title: event["subject"].as_str().unwrap().to_owned(),
            place: event["location"]["displayName"].as_str().unwrap().to_owned(),
            start,
            days,
            minutes: if days.is_some() { 0 } else { (end - start).num_minutes() },
            weekly: event["recurrence"]["range"]["numberOfOccurrences"].as_u64().map(|n| n as u32),
            out: out.map(|id| id.as_str().unwrap().rsplit('.').next().unwrap().parse().unwrap()).collect(),
            moved: BTreeMap::new(),
        };
        for member in event["exceptionOccurrences"].as_array().unwrap() {
            let original = DateTime::parse_from_rfc3339(member["originalStart"].as_str().unwrap()).unwrap().naive_utc();
            let day = if days.is_some() { original.date() } else { on_wall(original).date() };
            if wall_of(member, "start") != plan.member(day) {
                plan.moved.insert(day, wall_of(member, "start"));
            }
        }
        Some(plan)
    }

    fn count(&self) -> usize {
        self.sandbox.ms_events(MS_MARA, &self.calendar).len()
    }
    fn void(&self) {
        self.sandbox.ms_expire_sync(MS_MARA);
    }
    fn sign_out(&self) {
        assert!(self.sandbox.kill_grants(Provider::Microsoft, MS_MARA));
    }
}

async fn start() -> Microsoft {
    Microsoft::start(Fill::Empty).await
}

/// Pages that are short, empty or begin with what was told already, and a key that is answered with the event that it made.
async fn in_odd_pages() -> Microsoft {
    let rig = start().await;
    rig.sandbox.set_ms_switches(|s| {
        *s = MsSwitches { delta_page: 3, delta_gaps: true, delta_repeats: true, transaction_repeats: true, ..MsSwitches::default() };
    });
    rig
}

/// A calendar beside the main one, of which no view can be followed.
async fn polled() -> Microsoft {
    let rig = start().await;
    let calendar = rig.sandbox.ms_add_calendar(MS_MARA, "Second", "", true);
    Microsoft { calendar, ..rig }
}

/// One that can.
async fn second() -> Microsoft {
    let rig = polled().await;
    rig.sandbox.set_ms_switches(|s| s.secondary_views = true);
    rig
}

suite!(start);

mod odd_pages {
    use crate::calendar_contract::suite;

    suite!(super::in_odd_pages);
}

mod without_a_view {
    use crate::calendar_contract::suite;

    suite!(super::polled);
}

mod second_calendar {
    use crate::calendar_contract::suite;

    suite!(super::second);
}
