//! JQL, as far as it is understood here: clauses that all have to hold, and an order. A search without a clause is unbounded, and refused.

use domain::time::Timestamp;

use super::{error::Refusal, issue::JiraIssue, world::ACCOUNT};

#[derive(Clone, Debug, PartialEq)]
enum Clause {
    Assignee,
    Creator,
    Project(String),
    NotDone,
    UpdatedSince(i64),
    CreatedSince(i64),
}

/// A search, understood at a time: `-15m` is before that.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Search {
    clauses: Vec<Clause>,
    by_created: bool,
}

fn wrong(why: &str) -> Refusal {
    Refusal::new(400, &format!("Error in the JQL Query: {why}"))
}

impl Search {
    pub fn read(text: &str, now: Timestamp) -> Result<Self, Refusal> {
        let (clauses, order) = text.split_once(" ORDER BY ").unwrap_or((text, "created DESC"));
        let by_created = match order {
            "created DESC" => true,
            "updated DESC" => false,
            other => return Err(wrong(&format!("Field '{other}' does not exist or you do not have permission to view it."))),
        };
        let clauses: Result<Vec<Clause>, Refusal> =
            clauses.split(" AND ").filter(|c| !c.trim().is_empty()).map(|c| clause(c.trim(), now)).collect();
        let clauses = clauses?;
        if clauses.is_empty() {
            return Err(Refusal::new(400, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."));
        }
        Ok(Self { clauses, by_created })
    }

    pub fn takes(&self, issue: &JiraIssue) -> bool {
        // JQL knows minutes.
        let minute = |at: i64| at.div_euclid(60_000);
        self.clauses.iter().all(|clause| match clause {
            Clause::Assignee => issue.assignee.as_deref() == Some(ACCOUNT),
            Clause::Creator => issue.creator == ACCOUNT,
            Clause::Project(id) => issue.project == *id,
            Clause::NotDone => issue.category != "done",
            Clause::UpdatedSince(at) => minute(issue.updated) >= minute(*at),
            Clause::CreatedSince(at) => minute(issue.created) >= minute(*at),
        })
    }

    /// Newest first.
    pub fn key(&self, issue: &JiraIssue) -> (std::cmp::Reverse<i64>, std::cmp::Reverse<String>) {
        (std::cmp::Reverse(if self.by_created { issue.created } else { issue.updated }), std::cmp::Reverse(issue.id.clone()))
    }
}

fn clause(text: &str, now: Timestamp) -> Result<Clause, Refusal> {
    let ago = |text: &str| {
        let minutes = text.strip_prefix("\"-").and_then(|t| t.strip_suffix("m\"")).and_then(|n| n.parse::<i64>().ok());
        minutes.map(|n| now.millis() - n * 60_000).ok_or_else(|| {
            wrong("Date value is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd', or a period format e.g. '-5d'.")
        })
    };
    match text {
        "assignee = currentUser()" => Ok(Clause::Assignee),
        "creator = currentUser()" => Ok(Clause::Creator),
        "statusCategory != Done" => Ok(Clause::NotDone),
        text => {
            if let Some(id) = text.strip_prefix("project = ") {
                return Ok(Clause::Project(id.to_owned()));
            }
            if let Some(since) = text.strip_prefix("updated >= ") {
                return ago(since).map(Clause::UpdatedSince);
            }
            if let Some(since) = text.strip_prefix("created >= ") {
                return ago(since).map(Clause::CreatedSince);
            }
            Err(wrong(&format!("Expecting operator before the end of the query: {text}")))
        }
    }
}
