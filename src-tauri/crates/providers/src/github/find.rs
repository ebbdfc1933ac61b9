//! Which issue an earlier attempt made: GitHub has no key that makes a creation safe to repeat, so it is looked for.

use domain::{error::ProviderError, tasks::TaskFields, time::Timestamp};

use super::{
    api::{Api, Listed},
    error, id,
    model::Issue,
    poll::stamp,
};

/// How far GitHub's clock may be behind this one, seconds.
const SKEW: i64 = 120;
/// More than a person, or a program of theirs, makes while an answer is lost.
const MOST_PAGES: usize = 50;

/// The first one of the person since then that says the same.
pub async fn made(api: &Api, list: &str, fields: &TaskFields, since: Timestamp) -> Result<Option<Issue>, ProviderError> {
    let (owner, repo) = id::repo(list)?;
    let earliest = stamp(since.plus_secs(-SKEW)).unwrap_or_default();
    let login = api.login().await?.to_owned();
    let query = [
        ("creator", login.as_str()),
        ("state", "all"),
        ("since", &earliest),
        ("sort", "created"),
        ("direction", "desc"),
        ("per_page", "100"),
    ];
    let mut next = Some(api.url(["repos", owner, repo, "issues"], &query));
    let mut found = Vec::new();
    for _ in 0..MOST_PAGES {
        let Some(url) = next.take() else { return Ok(best(found, since)) };
        let Listed::Page { items, next: following, .. } = api.page::<Issue>("the issues", url, None).await? else {
            return Err(error::protocol("a page that is unchanged since never"));
        };
        found.extend(items.into_iter().filter(|issue| issue.is_issue() && issue.says(&fields.title, &fields.notes)));
        next = following;
    }
    Err(error::protocol("a listing of issues that does not end"))
}

/// GitHub knows whole seconds. One from before the attempt is only it where the clocks differ.
fn best(found: Vec<Issue>, since: Timestamp) -> Option<Issue> {
    let since = Timestamp::from_secs(since.secs());
    let rank = |issue: &Issue| {
        let created = issue.created().filter(|at| *at >= since.plus_secs(-SKEW))?;
        Some((created < since, created.since(since).saturating_abs(), issue.number))
    };
    found.into_iter().filter_map(|issue| Some((rank(&issue)?, issue))).min_by_key(|(rank, _)| *rank).map(|(_, issue)| issue)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(number: u64, created: i64) -> Issue {
        let created = chrono::DateTime::from_timestamp(created, 0).unwrap().to_rfc3339();
        serde_json::from_value(serde_json::json!({"number": number, "created_at": created})).unwrap()
    }

    #[test]
    fn the_first_one_since_then() {
        let of = |found: Vec<Issue>| best(found, Timestamp(10_000_900)).map(|issue| issue.number);
        assert_eq!(of(vec![issue(3, 10_050), issue(2, 10_002), issue(1, 9_990)]), Some(2));
        assert_eq!(of(vec![issue(2, 10_000)]), Some(2), "in the same second");
        assert_eq!(of(vec![issue(1, 9_990), issue(0, 9_000)]), Some(1), "a clock that is behind");
        assert_eq!(of(vec![issue(0, 9_000)]), None);
    }
}
