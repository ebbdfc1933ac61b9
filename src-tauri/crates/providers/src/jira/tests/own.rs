//! What only Jira has: sites, workflows, documents, searches.

use super::*;

fn titled(title: &str) -> TaskFields {
    TaskFields { title: title.to_owned(), ..TaskFields::default() }
}

#[test]
fn a_secret_leads_to_a_site_of_jira_cloud_and_nowhere_else() {
    for good in ["nordlys/a@b.example:t", "Nordlys.atlassian.net/a@b.example:t", "https://nordlys.atlassian.net/a@b.example:t"] {
        let parts = parts(good).unwrap();
        assert_eq!((parts.site.as_str(), parts.account), ("nordlys", "a@b.example:t"), "{good}");
    }
    assert_eq!(address("nordlys").unwrap().as_str(), "https://nordlys.atlassian.net/rest/api/3");
    for bad in [
        "",
        "a@b.example:t",
        "/a@b.example:t",
        "evil.example/a@b.example:t",
        "x@y/a@b.example:t",
        "n/a:t",
        "n/a@b.example:",
        "-n/a@b.example:t",
        "n:1/a@b.example:t",
    ] {
        assert!(parts(bad).is_none(), "{bad}");
    }
    let header = header(&SecretString::from("n/a@b.example:t".to_owned())).unwrap();
    assert_eq!(header, "Basic YUBiLmV4YW1wbGU6dA==");
}

#[tokio::test]
async fn the_demo_is_read_whole_with_its_documents_in_words() {
    let world = filled(Fill::Demo).await;
    let mirror = world.mirror().await;
    assert_eq!((mirror.rows.len(), world.sandbox.jira_issues().len()), (3, 4));
    let rich = mirror.rows.values().find(|row| row.fields.title.starts_with("Header")).unwrap();
    assert_eq!(rich.fields.notes, "The header jumps on old phones.\n\n- seen on two\n- not on tablets");
    assert_eq!((rich.fields.priority, rich.fields.status), (Priority::High, TaskStatus::Started));
    assert_eq!(rich.url.as_deref(), Some("https://nordlys.atlassian.net/browse/WEB-1"));
    let lists: Vec<_> = world.source.lists().await.unwrap().into_iter().map(|l| (l.name, l.can.priority, l.can.due_day)).collect();
    assert_eq!(lists, [("Website".to_owned(), false, true), ("Operations".to_owned(), false, true)]);
    // What would be lost is not written over.
    let id = rich.id.clone();
    let notes = TaskPatch { notes: Some("Flat".into()), ..TaskPatch::default() };
    let error = world.source.write(&mirror.write(&id, &key(1), notes)).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Refused(words) if words.contains("more to it")), "{error}");
    let title = TaskPatch { title: Some("Other".into()), ..TaskPatch::default() };
    let before = world.there(&id).description;
    world.source.write(&mirror.write(&id, &key(2), title)).await.unwrap();
    assert_eq!((world.there(&id).summary.as_str(), world.there(&id).description), ("Other", before));
}

#[tokio::test]
async fn a_quiet_round_is_two_searches_and_what_is_no_longer_mine_disappears() {
    let world = start().await;
    let ids = ["Unassigned", "Deleted", "Kept"].map(|title| world.post(json!({"project": WEB, "summary": title})));
    let mut mirror = world.mirror().await;
    world.requests();
    world.pass(61);
    mirror.sync(&world).await.unwrap();
    assert_eq!(world.requests(), ["POST /search/jql 200", "POST /search/jql 200"]);
    world.post(json!({"id": ids[0], "assignee": null}));
    world.sandbox.delete_jira_issue(ids[1].as_str());
    world.pass(600);
    mirror.sync(&world).await.unwrap();
    assert_eq!(mirror.rows.keys().collect::<Vec<_>>(), [&ids[2]]);
}

#[tokio::test]
async fn searches_go_on_as_they_began_though_minutes_pass() {
    let world = start().await;
    for n in 0..150 {
        world.post(json!({"project": WEB, "summary": format!("Task {n}")}));
    }
    let mirror = world.mirror().await;
    world.pass(30);
    for issue in world.mine() {
        world.post(json!({"id": issue.id, "summary": "Changed"}));
    }
    let first = polled::changes(&world.source.api, mirror.cursors.get(&None), 100, world.now()).await.unwrap();
    assert!(first.more);
    world.pass(180);
    let second = polled::changes(&world.source.api, Some(&first.next), 100, world.now()).await.unwrap();
    assert_eq!((first.changes.len(), second.changes.len(), second.more), (100, 50, false));
    world.sandbox.void_jira_tokens();
    let anew = polled::changes(&world.source.api, Some(&first.next), 100, world.now()).await.unwrap();
    assert!(anew.more && anew.changes.len() == 100, "from the beginning");
}

#[tokio::test]
async fn issues_go_where_their_workflow_leads_and_else_it_says_so() {
    let world = start().await;
    let made = world.create(TaskFields { status: TaskStatus::Started, ..titled("New") }, false).await.unwrap();
    assert_eq!((world.there(&made.id).category.as_str(), made.task.unwrap().fields.status), ("indeterminate", TaskStatus::Started));
    let mirror = world.mirror().await;
    let to = |status| mirror.write(&made.id, &key(2), TaskPatch { status: Some(status), ..TaskPatch::default() });
    world.sandbox.set_jira(|s| s.asks_resolution = true);
    let asks = world.source.write(&to(TaskStatus::Done)).await.unwrap_err();
    assert!(matches!(&asks, ProviderError::Refused(words) if words.contains("Resolution is required")), "{asks}");
    world.sandbox.set_jira(|s| (s.asks_resolution, s.reopens) = (false, false));
    world.source.write(&to(TaskStatus::Done)).await.unwrap();
    // Done once more, it is.
    world.source.write(&to(TaskStatus::Done)).await.unwrap();
    let stuck = world.source.write(&to(TaskStatus::Open)).await.unwrap_err();
    assert!(matches!(&stuck, ProviderError::Refused(words) if words.contains("workflow")), "{stuck}");
}

#[tokio::test]
async fn the_search_for_what_was_made_takes_nothing_older_and_nothing_else() {
    let world = start().await;
    world.post(json!({"project": WEB, "summary": "Twice"}));
    world.pass(3600);
    world.post(json!({"project": WEB, "summary": "Twice", "creator": "somebody"}));
    world.post(json!({"project": OPS, "summary": "Twice"}));
    world.post(json!({"project": WEB, "summary": "Twice", "description": doc("with a text")}));
    let made = world.create(titled("Twice"), true).await.unwrap();
    assert_eq!(world.sandbox.jira_issues().len(), 5, "none of those");
    assert_eq!(world.create(titled("Twice"), true).await.unwrap().id, made.id);
    assert_eq!(world.there(&made.id).assignee.as_deref(), Some(ME));
    let long = world.create(titled(&"x".repeat(256)), false).await.unwrap_err();
    assert!(matches!(long, ProviderError::Refused(_)), "{long}");
    let elsewhere = TaskWrite::Create { list: "1".into(), key: key(3), fields: titled("x"), tried: false, since: world.now() };
    assert!(matches!(world.source.write(&elsewhere).await, Err(ProviderError::Refused(_))));
}

#[tokio::test]
async fn too_many_requests_are_waited_out() {
    let world = start().await;
    world.sandbox.clock().freeze(true);
    world.sandbox.set_jira(|s| s.calls = 1);
    world.source.owner().await.unwrap();
    world.pass(20);
    let error = world.source.owner().await.unwrap_err();
    assert_eq!(error.retry_at().map(|at| at.secs() - world.now().secs()), Some(40), "{error}");
    assert!(JiraIssues::new(crate::scripted::http(), Arc::new(Pasted("x".into())), Some("http://jira.example")).is_err());
}
