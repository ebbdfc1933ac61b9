//! Reading: who one is, repositories, issues.

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{
    Answer, Asked,
    error::Refusal,
    issue::{GithubIssue, instant_of},
    pages::{Params, page},
    world::{GithubWorld, LOGIN},
};
use crate::MARA;

pub(super) fn user(world: &GithubWorld, asked: &Asked<'_>) -> Result<Answer, Refusal> {
    Params::new(asked, &[])?;
    Ok(Answer::ok(json!({
        "login": LOGIN,
        "id": world.user,
        "node_id": "MDQ6VXNlcjU4MzIzMQ==",
        "type": "User",
        "name": "Mara Lindqvist",
        "email": MARA,
        "html_url": format!("https://github.example/{LOGIN}"),
    })))
}

pub(super) fn repos(world: &GithubWorld, asked: &Asked<'_>) -> Result<Answer, Refusal> {
    let params = Params::new(asked, &["affiliation", "visibility", "sort", "direction"])?;
    let kinds = params.get("affiliation").unwrap_or("owner,collaborator,organization_member");
    let kinds: Vec<&str> = kinds.split(',').collect();
    if kinds.iter().any(|kind| !["owner", "collaborator", "organization_member"].contains(kind)) {
        return Err(Refusal::invalid("affiliation", "invalid", ""));
    }
    params.one_of("sort", &["full_name", "created", "updated", "pushed"])?;
    params.one_of("direction", &["asc", "desc"])?;
    let mut all: Vec<_> = world.repos.iter().filter(|repo| kinds.contains(&repo.affiliation.as_str())).collect();
    all.sort_by_key(|repo| repo.full_name());
    Ok(page(asked, &params, all.into_iter().map(|repo| repo.json(asked.base)).collect()))
}

struct Filter {
    state: &'static str,
    sort: &'static str,
    descending: bool,
    since: Option<Timestamp>,
}

impl Filter {
    fn read(params: &Params<'_>) -> Result<Self, Refusal> {
        let since = params.get("since").map(|text| instant_of(text).ok_or_else(|| Refusal::invalid("since", "invalid", ""))).transpose()?;
        Ok(Self {
            state: params.one_of("state", &["open", "closed", "all"])?,
            sort: params.one_of("sort", &["created", "updated", "comments"])?,
            descending: params.one_of("direction", &["desc", "asc"])? == "desc",
            since,
        })
    }

    fn takes(&self, issue: &GithubIssue) -> bool {
        let state = match self.state {
            "open" => !issue.closed,
            "closed" => issue.closed,
            _ => true,
        };
        state && self.since.is_none_or(|since| instant_of(&issue.updated_at).is_some_and(|at| at >= since))
    }

    fn sorted<'a>(&self, issues: impl Iterator<Item = &'a GithubIssue>) -> Vec<&'a GithubIssue> {
        let mut all: Vec<&GithubIssue> = issues.filter(|issue| self.takes(issue)).collect();
        let key = |issue: &GithubIssue| if self.sort == "created" { issue.created_at.clone() } else { issue.updated_at.clone() };
        all.sort_by_key(|issue| (key(issue), issue.repo.clone(), issue.number));
        if self.descending {
            all.reverse();
        }
        all
    }
}

/// `GET /issues`: over all repositories. Pull requests are among them.
pub(super) fn assigned(world: &GithubWorld, asked: &Asked<'_>) -> Result<Answer, Refusal> {
    let params = Params::new(asked, &["filter", "state", "labels", "sort", "direction", "since"])?;
    let filter = Filter::read(&params)?;
    if params.one_of("filter", &["assigned", "created", "mentioned", "subscribed", "repos", "all"])? != "assigned" {
        return Err(Refusal::new(501, "The stand-in knows what is assigned only."));
    }
    let mine = world.live().filter(|issue| issue.assignees.iter().any(|login| login == LOGIN));
    let visible = filter.sorted(mine).into_iter().filter_map(|issue| Some((issue, world.repo(&issue.repo).ok()?)));
    let all: Vec<Value> = visible.map(|(issue, repo)| issue.json(asked.base, Some(repo))).collect();
    Ok(page(asked, &params, all))
}

pub(super) fn of_repo(world: &GithubWorld, asked: &Asked<'_>, repo: &str) -> Result<Answer, Refusal> {
    let params = Params::new(asked, &["state", "assignee", "creator", "labels", "sort", "direction", "since"])?;
    let filter = Filter::read(&params)?;
    let repo = world.repo(repo)?;
    if !repo.has_issues {
        return Err(Refusal::new(410, "Issues are disabled for this repo"));
    }
    let (full, assignee, creator) = (repo.full_name(), params.get("assignee"), params.get("creator"));
    let here = world.live().filter(|issue| {
        issue.repo == full
            && creator.is_none_or(|login| issue.author == login)
            && assignee.is_none_or(|login| issue.assignees.iter().any(|one| one == login))
    });
    let all: Vec<Value> = filter.sorted(here).into_iter().map(|issue| issue.json(asked.base, None)).collect();
    Ok(page(asked, &params, all))
}

pub(super) fn one(world: &GithubWorld, asked: &Asked<'_>, repo: &str, number: &str) -> Result<Answer, Refusal> {
    Params::new(asked, &[])?;
    Ok(Answer::ok(world.issue(asked.base, repo, number)?.json(asked.base, None)))
}
