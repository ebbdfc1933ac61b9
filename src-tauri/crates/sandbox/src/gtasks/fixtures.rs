//! Google's task lists to start with: what Mara has to do at home, and for the studio. They speak of the same things as the mail and the
//! calendars of the fixtures.

use chrono::TimeDelta;
use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{
    handles::put,
    list::List,
    world::{GtasksSwitches, GtasksWorld, STANDARD_LIMIT},
};
use crate::{
    Fill, Quota,
    fixtures::{MARA, MARA_WORK, calendar::Around},
};

const MINE: &str = "MDQyNzE4MjgxODI4NDU5";
const HOME: &str = "MTQxNDIxMzU2MjM3MzA5";
const WORK: &str = "MDMxNDE1OTI2NTM1ODk3";
const LAUNCH: &str = "MTYxODAzMzk4ODc0OTg5";

pub(crate) fn world(fill: Fill, quota: Quota, now: Timestamp) -> GtasksWorld {
    let limit = (quota == Quota::Standard).then_some(STANDARD_LIMIT);
    let mut world = GtasksWorld::default();
    world.switches = GtasksSwitches { calls_per_day: limit, ..GtasksSwitches::default() };
    // Written a while ago: nothing of it looks like the last minute's.
    let made = now.plus_secs(-8 * 86_400);
    for (email, id, title) in [(MARA, MINE, "My Tasks"), (MARA, HOME, "Home"), (MARA_WORK, WORK, "My Tasks"), (MARA_WORK, LAUNCH, "Launch")]
    {
        world.add(email, List::new(id, title, made));
    }
    let days = Days(Around::new(now));
    let all: Vec<(&str, &str, Vec<Value>)> = match fill {
        Fill::Empty | Fill::Bulk(_) => Vec::new(),
        Fill::Small => vec![(MARA, MINE, vec![task("gt-lunch", "Book a table for Thursday", days.due(1))])],
        Fill::Demo => {
            vec![(MARA, MINE, mine(days)), (MARA, HOME, home(days)), (MARA_WORK, WORK, work(days)), (MARA_WORK, LAUNCH, launch(days))]
        }
    };
    for (email, list, tasks) in all {
        for (n, task) in tasks.into_iter().enumerate() {
            if let Err(error) = put(&mut world, email, list, task, made.plus_secs(n as i64 * 3607)) {
                tracing::error!(list, error, "a fixture is no valid task");
            }
        }
    }
    world
}

#[derive(Clone, Copy)]
struct Days(Around);

impl Days {
    /// So many days from today.
    fn due(self, days: i64) -> Value {
        let day = self.0.today.checked_add_signed(TimeDelta::days(days)).unwrap_or(self.0.today);
        json!({"due": day.to_string()})
    }

    /// Ticked off in Google's own program so many days ago, hence hidden.
    fn done(self, days: i64) -> Value {
        let day = self.0.today.checked_sub_signed(TimeDelta::days(days)).unwrap_or(self.0.today);
        json!({"status": "completed", "completed": format!("{day}T16:20:00.000Z")})
    }
}

fn task(id: &str, title: &str, more: Value) -> Value {
    let mut task = json!({"id": id, "title": title});
    if let (Some(task), Value::Object(more)) = (task.as_object_mut(), more) {
        task.extend(more);
    }
    task
}

fn with(mut task: Value, name: &str, value: Value) -> Value {
    if let Some(task) = task.as_object_mut() {
        task.insert(name.to_owned(), value);
    }
    task
}

fn below(parent: &str, task: Value) -> Value {
    with(task, "parent", json!(parent))
}

fn mine(days: Days) -> Vec<Value> {
    let notes = "Marta needs the receipts by the end of the month.\n- trains\n- the printer\n- hotel in Bergen";
    vec![
        with(task("gt-receipts", "Send receipts to Marta", days.due(3)), "notes", json!(notes)),
        below("gt-receipts", task("gt-trains", "Train tickets", json!({}))),
        below("gt-receipts", task("gt-hotel", "Hotel invoice, Bergen", days.done(2))),
        task("gt-dentist", "Call Tandhälsan about the new time", days.due(-2)),
        task("gt-passport", "Renew passport", days.due(40)),
        task("gt-book", "Return library books", days.done(5)),
    ]
}

fn home(days: Days) -> Vec<Value> {
    vec![
        task("gt-window", "Ask Henrik about the kitchen window", days.due(0)),
        task("gt-present", "Present for Elin", days.due(6)),
        with(task("gt-choir", "Choir: learn the second alto part", json!({})), "notes", json!("Karin sent the recording.")),
    ]
}

fn work(days: Days) -> Vec<Value> {
    let link = json!([{"type": "email", "description": "Field guide, second proof", "link": "https://mail.google.example/#all/18c1"}]);
    vec![
        with(task("gt-proof", "Read the second proof", days.due(0)), "links", link),
        with(task("gt-comment", "Answer Priya's comment", days.due(1)), "assigned", json!(true)),
    ]
}

fn launch(days: Days) -> Vec<Value> {
    vec![
        task("gt-launch", "Field guide launch", days.due(12)),
        below("gt-launch", task("gt-venue", "Book the venue", days.done(3))),
        below("gt-launch", task("gt-invite", "Invitations out", days.due(-1))),
        below("gt-launch", task("gt-print", "Paweł: confirm the print run", days.due(2))),
    ]
}
