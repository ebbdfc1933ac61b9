//! Which task an earlier attempt made. Todoist does nothing for a UUID that it knows already; whether it then still says what the
//! temporary id became is not known (PROVIDERS 12), so the task is looked for.

use domain::{error::ProviderError, ids::RemoteId, tasks::TaskFields, time::Timestamp};

use super::{
    api::Api,
    completed,
    model::{Item, instant},
};

/// How far Todoist's clock may be behind this one, seconds.
const SKEW: i64 = 300;

/// Among all tasks, done ones too. It may have been moved meanwhile, so list and parent only decide between several.
pub async fn made(api: &Api, list: &RemoteId, fields: &TaskFields, since: Timestamp) -> Result<Option<RemoteId>, ProviderError> {
    let mut items = api.sync("*", r#"["items"]"#).await?.items;
    items.extend(completed::since(api, since.plus_secs(-SKEW), api.now()).await?);
    Ok(best(&items, list, fields, since))
}

fn best(items: &[Item], list: &RemoteId, fields: &TaskFields, since: Timestamp) -> Option<RemoteId> {
    let wanted = items.iter().filter(|item| !item.is_deleted && item.content.trim() == fields.title.trim());
    let rank = |item: &Item| {
        let added = item.added_at.as_deref().and_then(instant)?;
        let (elsewhere, other) =
            (item.project_id != list.as_str(), item.parent_id.as_deref() != fields.parent.as_ref().map(RemoteId::as_str));
        // One from before the attempt is only it where the clocks differ; the later the likelier.
        let early = added < since;
        (added >= since.plus_secs(-SKEW)).then(|| (early, elsewhere, other, added.since(since).saturating_abs()))
    };
    wanted.filter_map(|item| Some((rank(item)?, item))).min_by_key(|(rank, _)| *rank).map(|(_, item)| RemoteId(item.id.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: &str, content: &str, project: &str, added: i64) -> Item {
        let added = chrono::DateTime::from_timestamp(added, 0).unwrap().to_rfc3339();
        Item { id: id.into(), content: content.into(), project_id: project.into(), added_at: Some(added), ..Item::default() }
    }

    #[test]
    fn the_first_one_since_then_of_this_title() {
        let fields = TaskFields { title: "Call Bo ".into(), ..TaskFields::default() };
        let found = |items: &[Item]| best(items, &"p".into(), &fields, Timestamp::from_secs(10_000)).map(|id| id.0);
        let old = item("old", "Call Bo", "p", 9_000);
        let other = item("other", "Call Cy", "p", 10_001);
        let first = item("first", "Call Bo", "p", 10_002);
        let second = item("second", "Call Bo", "p", 10_050);
        let slow = item("slow", "Call Bo", "p", 9_990);
        let moved = item("moved", "Call Bo", "q", 10_001);
        assert_eq!(found(&[old.clone(), other.clone()]), None);
        assert_eq!(found(&[second.clone(), first.clone(), moved.clone(), slow.clone(), old]).as_deref(), Some("first"));
        assert_eq!(found(&[slow.clone(), moved.clone()]).as_deref(), Some("moved"));
        assert_eq!(found(&[other, slow]).as_deref(), Some("slow"));
        let gone = Item { is_deleted: true, ..first };
        assert_eq!(found(&[gone]), None);
    }
}
