//! Mara's tasks to start with: the same life as in her mail and calendars, with dates around now.

use chrono::{DateTime, Days, NaiveDate};
use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{
    handles::put,
    task::{TodoistProject, stamp},
    world::TodoistWorld,
};
use crate::{Fill, rng::Rng};

const INBOX: &str = "6XsbxInboxProject";
const STUDIO: &str = "6XsbxStudioProjec";
const HOME: &str = "6XsbxHomeProject0";

pub(crate) fn world(fill: Fill, mut rng: Rng, now: Timestamp) -> TodoistWorld {
    // Personal tokens have forty hexadecimal digits.
    let token = (0..5).fold(String::new(), |token, _| token + &format!("{:08x}", rng.draw() & 0xffff_ffff));
    let mut world = TodoistWorld::new(token);
    for (order, (id, name, color)) in
        [(INBOX, "Inbox", "grey"), (STUDIO, "Studio", "violet"), (HOME, "Home", "olive_green")].into_iter().enumerate()
    {
        world.keep_project(TodoistProject {
            id: id.to_owned(),
            name: name.to_owned(),
            color: color.to_owned(),
            child_order: order as i64,
            inbox_project: id == INBOX,
            view_style: "list".to_owned(),
            ..TodoistProject::default()
        });
    }
    let tasks = match fill {
        Fill::Empty | Fill::Bulk(_) => Vec::new(),
        Fill::Small => small(now),
        Fill::Demo => demo(now),
    };
    // Written a while ago: nothing of it looks like the last minute's.
    let made = now.plus_secs(-8 * 86_400);
    for task in tasks {
        if let Err(error) = put(&mut world, task, made) {
            tracing::error!(error, "a fixture is no valid task");
        }
    }
    world
}

/// A day so many days from now.
fn day(now: Timestamp, days: i64) -> NaiveDate {
    let today = DateTime::from_timestamp_millis(now.millis()).unwrap_or_default().date_naive();
    let far = Days::new(days.unsigned_abs());
    if days < 0 { today.checked_sub_days(far) } else { today.checked_add_days(far) }.unwrap_or(today)
}

fn due(date: &str) -> Value {
    json!({"date": date, "is_recurring": false, "string": date, "lang": "en", "timezone": null})
}

fn small(now: Timestamp) -> Vec<Value> {
    vec![
        json!({"id": "6XsbxSmallTaskOne", "content": "Water the plants", "project_id": HOME, "due": due(&day(now, 1).to_string())}),
        json!({"id": "6XsbxSmallTaskTwo", "content": "Call Bo", "priority": 4, "labels": ["phone"]}),
        json!({"id": "6XsbxSmallTaskDon", "content": "Send the invoice", "project_id": STUDIO, "checked": true, "completed_at": stamp(now.plus_secs(-2 * 86_400))}),
    ]
}

fn demo(now: Timestamp) -> Vec<Value> {
    let on = |days: i64| day(now, days).to_string();
    let floating = |days: i64, time: &str| format!("{}T{time}", day(now, days));
    let fixed = |days: i64, time: &str| json!({"date": format!("{}T{time}Z", day(now, days)), "is_recurring": false, "string": "as agreed", "lang": "en", "timezone": "America/New_York"});
    let every = |date: String, words: &str| json!({"date": date, "is_recurring": true, "string": words, "lang": "en", "timezone": null});
    let done = |days: i64| stamp(now.plus_secs(-days * 86_400 - 5 * 3600));
    vec![
        json!({"id": "6XsbxNorthgateDeck", "content": "Finish the Northgate deck", "description": "Numbers from Priya are in the **shared folder**.\n\nThe board sees it on Thursday.", "project_id": STUDIO, "priority": 4, "labels": ["northgate", "deep work"], "due": due(&on(2))}),
        json!({"id": "6XsbxDeckOutline0", "content": "Agree the outline with Tobias", "parent_id": "6XsbxNorthgateDeck", "checked": true, "completed_at": done(1)}),
        json!({"id": "6XsbxDeckCharts00", "content": "Redraw the charts", "parent_id": "6XsbxNorthgateDeck", "priority": 3, "due": due(&floating(1, "15:30:00"))}),
        json!({"id": "6XsbxDeckProof000", "content": "Proofread, aloud", "parent_id": "6XsbxNorthgateDeck"}),
        json!({"id": "6XsbxNewYorkCall0", "content": "Call New York about the contract", "project_id": STUDIO, "priority": 3, "labels": ["phone"], "due": fixed(3, "15:00:00")}),
        json!({"id": "6XsbxTimesheets00", "content": "Fill in the timesheet", "project_id": STUDIO, "due": every(on(0), "every friday")}),
        json!({"id": "6XsbxInvoiceLate0", "content": "Remind Halden of invoice 2026-114", "project_id": STUDIO, "priority": 2, "labels": ["money"], "due": due(&on(-3))}),
        json!({"id": "6XsbxPortfolio000", "content": "Rework the portfolio page", "description": "https://nordlysstudio.example/work", "project_id": STUDIO}),
        json!({"id": "6XsbxPlants000000", "content": "Water the plants", "project_id": HOME, "due": every(floating(1, "08:00:00"), "every 3 days at 8:00")}),
        json!({"id": "6XsbxDentist00000", "content": "Dentist: ask for a later time", "project_id": HOME, "priority": 2, "labels": ["phone"], "due": due(&floating(0, "11:00:00"))}),
        json!({"id": "6XsbxGroceries000", "content": "Shopping for Saturday", "project_id": HOME, "due": due(&on(4))}),
        json!({"id": "6XsbxGroceriesAa0", "content": "Saffron", "parent_id": "6XsbxGroceries000"}),
        json!({"id": "6XsbxGroceriesBb0", "content": "Almonds", "parent_id": "6XsbxGroceries000"}),
        json!({"id": "6XsbxPassport0000", "content": "Renew the passport", "project_id": HOME, "due": due(&on(30))}),
        json!({"id": "6XsbxIdea00000000", "content": "A talk about letterforms of the north?", "labels": ["someday"]}),
        json!({"id": "6XsbxBook00000000", "content": "Give Ines her book back"}),
        json!({"id": "6XsbxDoneTaxes000", "content": "Send the papers to the accountant", "project_id": HOME, "checked": true, "completed_at": done(6), "labels": ["money"]}),
        json!({"id": "6XsbxDoneStandup0", "content": "Write up the workshop", "project_id": STUDIO, "checked": true, "completed_at": done(20), "priority": 3}),
        json!({"id": "6XsbxDoneSummer00", "content": "Book the cabin", "project_id": HOME, "checked": true, "completed_at": done(70)}),
    ]
}
