//! The projects and issues of Mara's client at Jira to start with.

use chrono::{DateTime, Days};
use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{
    issue::{JiraIssue, JiraProject},
    world::{ACCOUNT, COLLEAGUE, JiraWorld},
};
use crate::{Fill, rng::Rng};

const WEB: &str = "10100";
const OPS: &str = "10200";

pub(crate) fn world(fill: Fill, mut rng: Rng, now: Timestamp) -> JiraWorld {
    let digits = rng.token(48).replace(['-', '_'], "x");
    let mut world = JiraWorld::new(format!("ATATT3x{digits}"));
    world.projects = [(WEB, "WEB", "Website"), (OPS, "OPS", "Operations")]
        .map(|(id, key, name)| JiraProject { id: id.to_owned(), key: key.to_owned(), name: name.to_owned() })
        .to_vec();
    let issues = match fill {
        Fill::Empty | Fill::Bulk(_) => Vec::new(),
        Fill::Small => demo(now).into_iter().take(2).collect(),
        Fill::Demo => demo(now),
    };
    // Written a while ago: nothing of it looks like the last minute's.
    for (n, issue) in issues.into_iter().enumerate() {
        let (id, number) = (world.fresh_id(), world.next_number(&issue.project));
        world.keep(JiraIssue { id, number, ..issue }, now.plus_secs(-8 * 86_400 + n as i64 * 3600));
    }
    world
}

fn demo(now: Timestamp) -> Vec<JiraIssue> {
    let today = DateTime::from_timestamp(now.secs(), 0).unwrap_or_default().date_naive();
    let on = |days: u64| today.checked_add_days(Days::new(days)).map(|day| day.to_string());
    let issue = |project: &str, category: &str, summary: &str| JiraIssue {
        project: project.to_owned(),
        category: category.to_owned(),
        summary: summary.to_owned(),
        assignee: Some(ACCOUNT.to_owned()),
        creator: COLLEAGUE.to_owned(),
        ..JiraIssue::default()
    };
    let text = |text: &str| json!({"type": "text", "text": text});
    let paragraph = |content: Vec<Value>| json!({"type": "paragraph", "content": content});
    let item = |words: &str| json!({"type": "listItem", "content": [paragraph(vec![text(words)])]});
    let rich = json!({"type": "doc", "version": 1, "content": [
        paragraph(vec![text("The header "), json!({"type": "text", "text": "jumps", "marks": [{"type": "strong"}]}), text(" on old phones.")]),
        {"type": "bulletList", "content": [item("seen on two"), item("not on tablets")]},
    ]});
    vec![
        JiraIssue {
            duedate: on(6),
            labels: vec!["mobile".to_owned()],
            priority: Some("High".to_owned()),
            description: rich,
            ..issue(WEB, "indeterminate", "Header jumps on old phones")
        },
        issue(OPS, "done", "Renew the certificate of the shop"),
        JiraIssue { duedate: on(14), ..issue(WEB, "new", "Text alternatives for all pictures") },
        JiraIssue { assignee: Some(COLLEAGUE.to_owned()), ..issue(OPS, "new", "Clean the old backups") },
    ]
}
