//! The workspaces, projects and tasks of Mara at Asana to start with.

use chrono::{DateTime, Days};
use domain::time::Timestamp;

use super::{
    task::{AsanaProject, AsanaTask, AsanaWorkspace, stamp},
    world::{AsanaWorld, COLLEAGUE, USER},
};
use crate::{Fill, rng::Rng};

const WORK: &str = "1100000000000001";
const HOME: &str = "1100000000000002";
const FAIR: &str = "1300000000000001";
const SHOP: &str = "1300000000000002";

pub(crate) fn world(fill: Fill, mut rng: Rng, now: Timestamp) -> AsanaWorld {
    let secret = rng.token(32).replace(['-', '_'], "x");
    let mut world = AsanaWorld::new(format!("2/{USER}/1209:{secret}"));
    world.workspaces = [(WORK, "Nordlys", "1400000000000001"), (HOME, "Lindqvist family", "1400000000000002")]
        .map(|(gid, name, list)| AsanaWorkspace { gid: gid.to_owned(), name: name.to_owned(), task_list: list.to_owned() })
        .to_vec();
    let project = |gid: &str, name: &str, color: &str| AsanaProject {
        gid: gid.to_owned(),
        name: name.to_owned(),
        workspace: WORK.to_owned(),
        color: Some(color.to_owned()),
        archived: false,
    };
    world.projects = vec![project(FAIR, "Book fair", "dark-teal"), project(SHOP, "Shop", "light-orange")];
    let tasks = match fill {
        Fill::Empty | Fill::Bulk(_) => Vec::new(),
        Fill::Small => demo(now).into_iter().take(2).collect(),
        Fill::Demo => demo(now),
    };
    // Written a while ago: nothing of it looks like the last minute's.
    for (n, task) in tasks.into_iter().enumerate() {
        let gid = world.fresh_gid();
        world.keep(AsanaTask { gid, ..task }, now.plus_secs(-8 * 86_400 + n as i64 * 3600));
    }
    world
}

fn demo(now: Timestamp) -> Vec<AsanaTask> {
    let today = DateTime::from_timestamp(now.secs(), 0).unwrap_or_default().date_naive();
    let on = |days: u64| today.checked_add_days(Days::new(days)).map(|day| day.to_string());
    let task = |workspace: &str, project: Option<&str>, name: &str| AsanaTask {
        workspace: workspace.to_owned(),
        projects: project.map(str::to_owned).into_iter().collect(),
        name: name.to_owned(),
        assignee: Some(USER.to_owned()),
        ..AsanaTask::default()
    };
    let noon = now.plus_secs(4 * 86_400);
    vec![
        AsanaTask { due_on: on(5), tags: vec!["print".to_owned()], ..task(WORK, Some(FAIR), "Order the banner") },
        AsanaTask { completed: true, ..task(WORK, Some(SHOP), "Photograph the notebooks") },
        AsanaTask {
            due_at: Some(stamp(noon)),
            due_on: on(4),
            notes: "Hall 3, stand C41.".to_owned(),
            ..task(WORK, Some(FAIR), "Meet the stand builder")
        },
        task(WORK, None, "Read the contract of the printer"),
        AsanaTask { due_on: on(20), ..task(HOME, None, "Book the cabin") },
        AsanaTask { assignee: Some(COLLEAGUE.to_owned()), ..task(WORK, Some(SHOP), "Write the product texts") },
    ]
}
