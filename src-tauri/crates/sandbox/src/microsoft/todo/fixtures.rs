//! What Mara has to do at the harbour, and at home. It speaks of the same things as the mail of the fixtures.

use chrono::{NaiveDate, TimeDelta, Weekday};
use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{handles::put, task::Zoned, world::Todo};
use crate::{Fill, fixtures::calendar::Around};

/// Lists and tasks of the work account. Another account has Exchange's own lists, empty.
pub(in super::super) fn fill(todo: &mut Todo, fill: Fill, now: Timestamp) {
    let quay = todo.add_list("Quay 7", "none");
    let days = Days(Around::new(now));
    let all: Vec<(&str, Vec<Value>)> = match fill {
        Fill::Empty | Fill::Bulk(_) => Vec::new(),
        Fill::Small => vec![("defaultList", vec![json!({"title": "Answer Signe about the berth plan", "dueDateTime": days.due(1)})])],
        Fill::Demo => vec![("defaultList", tasks(days)), (&quay, inspection(days)), ("flaggedEmails", flagged())],
    };
    // Written a while ago: nothing of it looks like the last minute's.
    let made = now.plus_secs(-6 * 86_400);
    for (list, tasks) in all {
        for (n, task) in tasks.into_iter().enumerate() {
            if let Err(error) = put(todo, list, task, made.plus_secs(n as i64 * 2411)) {
                tracing::error!(list, error, "a fixture is no valid task");
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Days(Around);

impl Days {
    /// So many days from today, as To Do in Stockholm says it: its midnight, in UTC.
    fn due(self, days: i64) -> Value {
        let day = self.0.today.checked_add_signed(TimeDelta::days(days)).unwrap_or(self.0.today);
        Self::midnight(day)
    }

    fn midnight(day: NaiveDate) -> Value {
        let midnight = day.and_time(chrono::NaiveTime::MIN);
        json!(Zoned::utc(midnight.checked_sub_signed(TimeDelta::hours(1)).unwrap_or(midnight)))
    }
}

fn tasks(days: Days) -> Vec<Value> {
    let friday = Days::midnight(days.0.day(0, Weekday::Fri));
    let weekly = json!({
        "pattern": {"type": "weekly", "interval": 1, "month": 0, "dayOfMonth": 0, "daysOfWeek": ["friday"], "firstDayOfWeek": "monday", "index": "first"},
        "range": {"type": "noEnd", "startDate": days.0.day(-4, Weekday::Fri).to_string(), "endDate": "0001-01-01", "recurrenceTimeZone": "W. Europe Standard Time", "numberOfOccurrences": 0},
    });
    vec![
        json!({"title": "Read the berth plan for the autumn", "importance": "high", "dueDateTime": days.due(1),
            "body": {"contentType": "text", "content": "Signe wants remarks before Friday.\r\nBerths 3 and 4 are swapped again."}}),
        json!({"title": "Weekly report to Signe", "dueDateTime": friday, "recurrence": weekly, "categories": ["Reports"]}),
        json!({"title": "Order tide tables for next year", "importance": "low"}),
        json!({"title": "Travel expenses, October", "status": "completed"}),
    ]
}

fn inspection(days: Days) -> Vec<Value> {
    let step = |id: &str, name: &str, done: bool| json!({"id": id, "displayName": name, "isChecked": done});
    let steps = [step("s1", "Boat and diver", true), step("s2", "Drawings of 1987", false), step("s3", "Tell the ferry office", false)];
    vec![
        json!({"title": "Prepare the inspection of quay 7", "status": "inProgress", "dueDateTime": days.due(4), "checklistItems": steps,
            "categories": ["Quay 7"]}),
        json!({"title": "Permit from the harbour office", "status": "waitingOnOthers", "dueDateTime": days.due(-1), "categories": ["Quay 7"]}),
        json!({"title": "Compare the survey with last year's", "dueDateTime": days.due(0),
            "body": {"contentType": "html", "content": "<html><body><p>Piles 1 to 14; Tor has the old figures.</p></body></html>"}}),
    ]
}

fn flagged() -> Vec<Value> {
    let link = json!([{"id": "l1", "applicationName": "Outlook", "displayName": "Survey of quay 7", "webUrl": "https://outlook.office365.example/owa/"}]);
    vec![json!({"title": "Survey of quay 7", "linkedResources": link})]
}
