//! Which task an earlier attempt made: Asana has no key that makes a creation safe to repeat, so it is looked for.

use chrono::{DateTime, SecondsFormat};
use domain::{error::ProviderError, tasks::TaskFields, time::Timestamp};

use super::{api::Api, model::Task};

/// How far Asana's clock may be behind this one, seconds.
const SKEW: i64 = 120;

/// The first one of the person in this workspace since then that says the same.
pub async fn made(api: &Api, workspace: &str, fields: &TaskFields, since: Timestamp) -> Result<Option<Task>, ProviderError> {
    let earliest =
        DateTime::from_timestamp(since.plus_secs(-SKEW).secs(), 0).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true);
    let found = api.modified(workspace, &earliest).await?;
    Ok(best(found.into_iter().filter(|task| task.says(&fields.title, &fields.notes)), since))
}

/// One from before the attempt is only it where the clocks differ.
fn best(found: impl Iterator<Item = Task>, since: Timestamp) -> Option<Task> {
    let rank = |task: &Task| {
        let created = task.created().filter(|at| *at >= since.plus_secs(-SKEW))?;
        Some((created < since, created.since(since).saturating_abs()))
    };
    found.filter_map(|task| Some((rank(&task)?, task))).min_by_key(|(rank, _)| *rank).map(|(_, task)| task)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_one_since_then() {
        let task = |gid: &str, created: i64| -> Task {
            let created = DateTime::from_timestamp(created, 0).unwrap().to_rfc3339();
            serde_json::from_value(serde_json::json!({"gid": gid, "created_at": created})).unwrap()
        };
        let of = |found: Vec<Task>| best(found.into_iter(), Timestamp::from_secs(10_000)).map(|task| task.gid);
        assert_eq!(of(vec![task("3", 10_050), task("2", 10_002), task("1", 9_990)]).as_deref(), Some("2"));
        assert_eq!(of(vec![task("1", 9_990), task("0", 9_000)]).as_deref(), Some("1"), "a clock that is behind");
        assert_eq!(of(vec![task("0", 9_000)]), None);
    }
}
