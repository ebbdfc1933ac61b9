//! Google Calendar as any source of calendars: what every one of them owes the engine.
#![allow(clippy::string_slice, reason = "all of it is ASCII")]

use calendar::NamedZone;
use chrono::{DateTime, NaiveDate, NaiveDateTime};

use super::*;
use crate::{
    calendar_contract::{Plan, Rig, ZONE, suite},
    connector::tests::vault,
};

struct Google {
    sandbox: Sandbox,
    source: Arc<dyn CalendarSource>,
}

async fn start() -> Google {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    sandbox.clock().freeze(true);
    let config = domain::config::Config { providers: sandbox.provider_config(), ca_file: None };
    let providers = Arc::new(Providers::new(&config, sandbox.clock().as_clock()).unwrap());
    let tokens = sign_in(&providers, "google", GOOGLE_REDIRECT).await;
    let credentials = vault(&providers, "google", &tokens, sandbox.clock().as_clock());
    let source = providers.calendar(&connection("google", tokens.scopes.as_ref().unwrap()), credentials).unwrap().unwrap();
    Google { sandbox, source }
}

/// Pages of three, none of them complete.
async fn in_small_pages() -> Google {
    let google = start().await;
    google.sandbox.set_gcal(|s| s.page = Some(3));
    google
}

/// A time as Google is told it.
fn time(plan: &Plan, at: NaiveDateTime) -> Value {
    match plan.days {
        Some(_) => json!({"date": at.date().to_string()}),
        None => json!({"dateTime": at.format("%Y-%m-%dT%H:%M:%S").to_string(), "timeZone": ZONE}),
    }
}

/// What the wall shows.
fn wall_of(time: &Value) -> NaiveDateTime {
    if let Some(day) = time["date"].as_str() {
        return day.parse::<NaiveDate>().unwrap().and_time(chrono::NaiveTime::MIN);
    }
    let text = time["dateTime"].as_str().unwrap();
    let Ok(at) = DateTime::parse_from_rfc3339(text) else { return text.parse().unwrap() };
    let zone = NamedZone::known(ZONE).unwrap();
    DateTime::from_timestamp(zone.zone().wall_secs(Timestamp::from_secs(at.timestamp())), 0).unwrap().naive_utc()
}

/// How Google calls the member of this day.
fn member(series: &str, plan: &Plan, day: NaiveDate) -> String {
    let start = plan.member(day);
    let when = if plan.days.is_some() { When::Date(day) } else { When::At(start, NamedZone::known(ZONE).unwrap()) };
    format!("{series}_{}", when.key())
}

impl Google {
    fn events(&self) -> Vec<Value> {
        self.sandbox.gcal_events(MARA, MARA)
    }

    fn store(&self, event: Value) -> String {
        self.sandbox.put_gcal_event(MARA, MARA, event).unwrap()
    }
}

impl Rig for Google {
    fn source(&self) -> &dyn CalendarSource {
        self.source.as_ref()
    }
    fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }
    fn calendar(&self) -> RemoteId {
        MARA.into()
    }
    fn paths(&self) -> &'static str {
        "/calendar/v3/calendars/*"
    }
    fn listing(&self) -> &'static str {
        "/calendar/v3/calendars/*/events"
    }

    fn put(&self, id: Option<&RemoteId>, plan: &Plan) -> RemoteId {
        let before = id.and_then(|id| self.look(id));
        let whole = |plan: &Plan| Plan { out: BTreeSet::new(), moved: BTreeMap::new(), ..plan.clone() };
        let mut series = id.map(|id| id.0.clone()).unwrap_or_default();
        if before.as_ref().map(whole) != Some(whole(plan)) {
            let mut event = json!({"summary": plan.title, "location": plan.place, "start": time(plan, plan.start), "end": time(plan, plan.end(plan.start))});
            if let Some(count) = plan.weekly {
                event["recurrence"] = json!([format!("RRULE:FREQ=WEEKLY;COUNT={count};BYDAY={}", plan.weekday())]);
            }
            if let Some(id) = id {
                event["id"] = json!(id.as_str());
            }
            series = self.store(event);
        }
        let known = |day: &NaiveDate, at: Option<&NaiveDateTime>| {
            before.as_ref().is_some_and(|b| b.moved.get(day) == at && at.is_some() || at.is_none() && b.out.contains(day))
        };
        for (day, at) in plan.moved.iter().filter(|(day, at)| !known(day, Some(at))) {
            self.store(json!({"id": member(&series, plan, *day), "start": time(plan, *at), "end": time(plan, plan.end(*at))}));
        }
        for day in plan.out.iter().filter(|day| !known(day, None)) {
            assert!(self.sandbox.delete_gcal_event(MARA, MARA, &member(&series, plan, *day)));
        }
        RemoteId(series)
    }

    fn remove(&self, id: &RemoteId) {
        assert!(self.sandbox.delete_gcal_event(MARA, MARA, id.as_str()));
    }

    fn look(&self, id: &RemoteId) -> Option<Plan> {
        let all = self.events();
        let event = all.iter().find(|e| e["id"] == id.as_str() && e["status"] != "cancelled")?;
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let (start, end) = (wall_of(&event["start"]), wall_of(&event["end"]));
        let days = event["start"]["date"].is_string().then(|| (end - start).num_days());
        let lines: Vec<String> = event["recurrence"].as_array().into_iter().flatten().map(|l| l.as_str().unwrap().to_owned()).collect();
        let rule = lines.iter().find_map(|line| line.strip_prefix("RRULE:"));
        let count = |rule: &str| rule.split(';').find_map(|part| part.strip_prefix("COUNT=")).unwrap().parse().unwrap();
        let dates = lines.iter().filter(|line| line.starts_with("EXDATE")).flat_map(|line| line.rsplit(':').next().unwrap().split(','));
        let mut plan = Plan {
            title: text("summary"),
            place: text("location"),
            start,
            days,
            minutes: if days.is_some() { 0 } else { (end - start).num_minutes() },
            weekly: rule.map(count),
            out: dates.map(|date| NaiveDate::parse_from_str(&date[..8], "%Y%m%d").unwrap()).collect(),
            moved: BTreeMap::new(),
        };
        for other in all.iter().filter(|e| e["recurringEventId"] == id.as_str()) {
            let day = wall_of(&other["originalStartTime"]).date();
            if other["status"] == "cancelled" {
                plan.out.insert(day);
            } else if wall_of(&other["start"]) != plan.member(day) {
                plan.moved.insert(day, wall_of(&other["start"]));
            }
        }
        Some(plan)
    }

    fn count(&self) -> usize {
        self.events().iter().filter(|e| e["status"] != "cancelled" && e["recurringEventId"].is_null()).count()
    }
    fn void(&self) {
        self.sandbox.void_gcal_tokens(MARA);
    }
    fn sign_out(&self) {
        assert!(self.sandbox.kill_grants(Provider::Google, MARA));
    }
}

suite!(start);

mod paged {
    use crate::calendar_contract::suite;

    suite!(super::in_small_pages);
}
