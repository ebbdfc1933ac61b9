//! Lists, first sync, and what changes afterwards.

use domain::sync::Change;

use super::*;

#[tokio::test]
async fn repositories_are_lists_and_what_may_not_be_written_is_read_only() {
    let world = filled(Fill::Demo).await;
    let shown: Vec<_> = world.source.lists().await.unwrap().into_iter().map(|l| (l.name, l.can.write, l.default)).collect();
    // An archived repository and one without issues have none of the person's; a foreign one has.
    assert_eq!(
        shown,
        [("letterforms/nordlys-sans".to_owned(), false, false), (SITE.to_owned(), true, false), (KIT.to_owned(), true, false)]
    );
    let can = world.source.lists().await.unwrap()[1].can;
    assert!(can.notes && can.labels && !(can.due_day || can.due_time || can.priority || can.subtasks || can.moves || can.deletes));
    // Once it is archived, what is in it stays to be read.
    let kit = world.sandbox.github_repos().into_iter().find(|r| r.full_name() == KIT).unwrap();
    world.sandbox.put_github_repo(GithubRepo { archived: true, ..kit });
    let lists = world.source.lists().await.unwrap();
    assert_eq!(lists.iter().find(|l| l.name == KIT).map(|l| l.can.write), Some(false));
}

#[tokio::test]
async fn the_demo_is_read_whole_without_pull_requests_and_without_what_is_somebody_elses() {
    let world = filled(Fill::Demo).await;
    let mirror = world.mirror().await;
    assert_eq!(mirror.rows.len(), 7);
    assert_eq!(world.mine().len(), 7);
    assert!(world.sandbox.github_issues().iter().any(|i| i.pull_request) && world.sandbox.github_issues().len() == 9);
    for issue in world.mine() {
        let row = &mirror.rows[&RemoteId(format!("{}#{}", issue.repo, issue.number))];
        assert_eq!((row.list.as_str(), &row.version), (issue.repo.as_str(), &issue.updated_at));
        assert_eq!(row.url.as_deref().unwrap(), format!("https://github.example/{}/issues/{}", issue.repo, issue.number));
        assert_eq!((row.completed_at.is_some(), row.repeats.as_ref()), (issue.closed, None));
        assert_eq!(row.fields, fields_of(issue));
    }
    assert_eq!(mirror.rows.values().filter(|r| r.fields.due.is_some()).count(), 1, "the day of a milestone is shown");
    let mut statuses: Vec<_> = mirror.rows.values().map(|r| r.fields.status).filter(|s| s.is_closed()).collect();
    statuses.sort_by_key(|s| *s == TaskStatus::Cancelled);
    assert_eq!(statuses, [TaskStatus::Done, TaskStatus::Cancelled]);
}

#[tokio::test]
async fn a_quiet_round_is_two_questions_and_costs_nothing() {
    let world = filled(Fill::Small).await;
    let mut mirror = world.mirror().await;
    for _ in 0..3 {
        world.pass(61);
        mirror.sync(&world).await.unwrap();
    }
    world.requests();
    world.sandbox.set_github(|s| s.calls = 0);
    let refused = mirror.sync(&world).await.unwrap_err();
    assert!(matches!(refused, ProviderError::RateLimited { .. }), "no request is left: {refused}");
    world.sandbox.set_github(|s| s.calls = 5000);
    world.requests();
    mirror.sync(&world).await.unwrap();
    assert_eq!(world.requests(), ["GET /issues 304", "GET /issues 304"]);
    // A change costs its page, and the page of what is open.
    world.post(json!({"repo": SITE, "title": "New"}));
    mirror.sync(&world).await.unwrap();
    assert_eq!(world.requests(), ["GET /issues 200", "GET /issues 200"]);
}

#[tokio::test]
async fn all_requests_being_spent_is_waited_out_as_long_as_it_takes() {
    let world = filled(Fill::Small).await;
    world.sandbox.clock().freeze(true);
    world.sandbox.set_github(|s| s.calls = 1);
    world.source.owner().await.unwrap();
    world.pass(600);
    let error = world.source.owner().await.unwrap_err();
    assert_eq!(error.retry_at().map(|at| at.secs() - world.now().secs()), Some(3000), "{error}");
    world.pass(3000);
    world.source.owner().await.unwrap();
}

#[tokio::test]
async fn what_is_no_longer_mine_disappears_whatever_became_of_it() {
    let world = start().await;
    let make = |title: &str| world.post(json!({"repo": SITE, "title": title}));
    let (unassigned, deleted, transferred, unseen) =
        (make("Unassigned"), make("Deleted"), make("Transferred"), world.post(json!({"repo": KIT, "title": "Unseen"})));
    let closed = world.post(json!({"repo": SITE, "title": "Closed", "closed": true}));
    let mut mirror = world.mirror().await;
    assert_eq!(mirror.rows.len(), 5);
    world.pass(300);
    world.post(json!({"repo": SITE, "number": number(&unassigned), "assignees": ["priyar"]}));
    world.sandbox.delete_github_issue(SITE, number(&deleted));
    let to = world.sandbox.transfer_github_issue(SITE, number(&transferred), "letterforms/nordlys-sans").unwrap();
    world.sandbox.remove_github_repo(KIT);
    mirror.sync(&world).await.unwrap();
    let there: Vec<_> = mirror.rows.keys().map(RemoteId::as_str).collect();
    assert_eq!(there, [&format!("letterforms/nordlys-sans#{to}"), closed.as_str()], "not {unseen}");
    // A closed one that is given to somebody else is told of by nothing: it goes when everything is read again.
    world.post(json!({"repo": SITE, "number": number(&closed), "assignees": []}));
    mirror.sync(&world).await.unwrap();
    assert!(mirror.rows.contains_key(&closed));
    world.pass(86_400);
    mirror.sync(&world).await.unwrap();
    assert_eq!(mirror.rows.len(), 1);
    // Mine again, without any change to it that would be newer.
    world.post(json!({"repo": SITE, "number": number(&unassigned), "assignees": [ME]}));
    world.pass(5);
    mirror.sync(&world).await.unwrap();
    assert!(mirror.rows.contains_key(&unassigned));
}

#[tokio::test]
async fn pages_are_followed_to_the_end_and_each_is_committed_by_itself() {
    let world = start().await;
    for n in 0..250 {
        world.post(json!({"repo": SITE, "title": format!("Task {n}"), "closed": n % 2 == 0}));
    }
    let scope =
        SyncScope { id: domain::ids::ScopeId(1), connection: "c1".into(), service: domain::integration::Service::Tasks, container: None };
    let budget = Budget { items: 100, since: None };
    let (mut cursor, mut sizes, mut present) = (None, Vec::new(), None);
    loop {
        let batch = world.source.changes(&scope, cursor.as_ref(), budget, world.now()).await.unwrap();
        sizes.push(batch.changes.iter().filter(|c| matches!(c, Change::Upsert(_))).count());
        present = present.or(batch.present);
        cursor = Some(batch.next);
        if !batch.more {
            break;
        }
    }
    assert_eq!((sizes, present.map(|ids| ids.len())), (vec![100, 100, 50], Some(250)));
    // What is open there has two pages as well; the second is read although the first is unchanged.
    let mut mirror = world.mirror().await;
    mirror.sync(&world).await.unwrap();
    world.requests();
    world.sandbox.delete_github_issue(SITE, 2);
    world.pass(5);
    mirror.sync(&world).await.unwrap();
    assert_eq!(mirror.rows.len(), 249);
    assert!(world.requests().contains(&format!("GET /repos/{SITE}/issues/2 410")));
}

#[tokio::test]
async fn a_place_of_another_server_is_none_to_send_a_token_to() {
    let server = crate::scripted::Scripted::start().await;
    server.next(|_| {
        let mut response = crate::scripted::json(200, "[]");
        response.headers_mut().insert("link", "<https://evil.example/issues?page=2>; rel=\"next\"".parse().unwrap());
        response
    });
    let credentials = Arc::new(Tokens { fixed: Some("t".to_owned()), ..Tokens::default() });
    let source = GithubIssues::new(crate::scripted::http(), credentials.clone(), &server.base).unwrap();
    let error = polled::changes(&source.api, None, 100, Timestamp(0)).await.unwrap_err();
    assert!(matches!(error, ProviderError::Protocol { .. }), "{error}");
    let asked = &server.asked()[0];
    assert_eq!(asked.target, "/issues?filter=assigned&state=all&sort=created&direction=desc&per_page=100");
    assert_eq!((asked.header("x-github-api-version"), asked.header("user-agent")), (Some("2022-11-28"), Some("Aurelius")));
    assert!(GithubIssues::new(crate::scripted::http(), credentials, "http://api.github.example").is_err());
}
