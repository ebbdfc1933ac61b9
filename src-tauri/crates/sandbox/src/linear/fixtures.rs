//! The teams and issues of Mara's workspace at Linear to start with.

use chrono::{DateTime, Days};
use domain::time::Timestamp;

use super::{
    issue::{LinearIssue, LinearLabel, LinearState, LinearTeam},
    world::{COLLEAGUE, LinearWorld, USER},
};
use crate::{Fill, rng::Rng};

const PRODUCT: &str = "7d0f3a5e-11aa-4c55-8d0e-000000000001";
const BRAND: &str = "7d0f3a5e-11aa-4c55-8d0e-000000000002";

pub(crate) fn world(fill: Fill, mut rng: Rng, now: Timestamp) -> LinearWorld {
    let digits = rng.token(40).replace(['-', '_'], "x");
    let mut world = LinearWorld::new(format!("lin_api_{digits}"));
    world.teams = vec![team(PRODUCT, "PRO", "Product", "#5e6ad2"), team(BRAND, "BRA", "Brand", "#f2994a")];
    world.labels = ["Bug", "Research"]
        .iter()
        .enumerate()
        .map(|(n, name)| LinearLabel { id: format!("c0ffee00-0000-4000-8000-{n:012}"), name: (*name).to_owned(), team: None, group: false })
        .collect();
    world.labels.push(LinearLabel {
        id: "c0ffee00-0000-4000-8000-00000000ffff".to_owned(),
        name: "Kind".to_owned(),
        team: None,
        group: true,
    });
    let issues = match fill {
        Fill::Empty | Fill::Bulk(_) => Vec::new(),
        Fill::Small => demo(&world, now).into_iter().take(2).collect(),
        Fill::Demo => demo(&world, now),
    };
    // Written a while ago: nothing of it looks like the last minute's.
    for (n, issue) in issues.into_iter().enumerate() {
        let number = world.next_number(&issue.team);
        world.keep(LinearIssue { number, ..issue }, now.plus_secs(-8 * 86_400 + n as i64 * 3600));
    }
    world
}

fn team(id: &str, key: &str, name: &str, color: &str) -> LinearTeam {
    let kinds = [
        ("Triage", "triage"),
        ("Backlog", "backlog"),
        ("Todo", "unstarted"),
        ("In Progress", "started"),
        ("In Review", "started"),
        ("Done", "completed"),
        ("Canceled", "canceled"),
    ];
    let states = kinds.iter().enumerate().map(|(n, (name, kind))| LinearState {
        id: format!("{}-{n:04x}-{}", &key.to_ascii_lowercase(), kind),
        name: (*name).to_owned(),
        kind: (*kind).to_owned(),
        position: n as f64,
    });
    LinearTeam { id: id.to_owned(), key: key.to_owned(), name: name.to_owned(), color: color.to_owned(), states: states.collect() }
}

fn demo(world: &LinearWorld, now: Timestamp) -> Vec<LinearIssue> {
    let id = |n: u32| format!("b1a5e000-0000-4000-8000-{n:012}");
    let state = |team: &str, kind: &str| world.state_of(team, kind).map(|state| state.id.clone()).unwrap_or_default();
    let today = DateTime::from_timestamp(now.secs(), 0).unwrap_or_default().date_naive();
    let on = |days: u64| today.checked_add_days(Days::new(days)).map(|day| day.to_string());
    let issue = |n: u32, team: &str, kind: &str, title: &str, priority: u8| LinearIssue {
        id: id(n),
        team: team.to_owned(),
        state: state(team, kind),
        title: title.to_owned(),
        priority,
        assignee: Some(USER.to_owned()),
        sort_order: f64::from(n) * -10.5,
        ..LinearIssue::default()
    };
    vec![
        LinearIssue { due_date: on(3), labels: vec!["Bug".to_owned()], ..issue(1, PRODUCT, "started", "The export forgets the bleed", 1) },
        issue(2, BRAND, "completed", "Choose the typeface for numerals", 3),
        LinearIssue { parent: Some(id(1)), ..issue(3, PRODUCT, "unstarted", "Measure it on the old printer", 0) },
        LinearIssue {
            description: Some("With **Tobias**, before the board meets.".to_owned()),
            due_date: on(10),
            ..issue(4, BRAND, "backlog", "Colour names in both languages", 4)
        },
        issue(5, PRODUCT, "canceled", "Support for punch cards", 0),
        LinearIssue { assignee: Some(COLLEAGUE.to_owned()), ..issue(6, PRODUCT, "started", "Rewrite the importer", 2) },
    ]
}
