//! Tasks from the command line: Todoist by its token, Google Tasks with the sign-in; every answer keeps to its schema.

use std::{
    fs,
    io::Write as _,
    process::{Output, Stdio},
};

use sandbox::{AutoConsent, Fault, FaultAction, MARA};
use serde_json::{Value, json};

use crate::{World, checked, finish, id};

fn titles(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|t| t["title"].as_str().unwrap()).collect()
}

impl World {
    /// The token goes in by standard input and nowhere else.
    fn todoist(&self, token: &str, more: &[&str]) -> Output {
        let line = [&["connect", "todoist", "--token-stdin"], more].concat();
        let mut child = self.command(&line).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{token}\n").as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// The code of the error; the token is not in its words.
    fn no_todoist(&self, token: &str, more: &[&str]) -> Value {
        let out = self.todoist(token, more);
        assert_eq!(out.status.code(), Some(1), "{}", String::from_utf8_lossy(&out.stdout));
        let error = checked("error", String::from_utf8(out.stderr).unwrap().trim_end());
        assert!(!error["hint"].as_str().unwrap().is_empty() && !error.to_string().contains(token), "{error}");
        error["code"].clone()
    }

    /// Connected and synced.
    async fn with_todoist() -> (Self, Value) {
        let mut w = Self::new().await;
        w.env.insert("TZ".into(), "Europe/Berlin".into());
        let out = w.todoist(&w.sandbox.todoist_token(), &[]);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let connection = checked("connect", String::from_utf8(out.stdout).unwrap().trim_end());
        w.ok("sync", &["sync"]);
        (w, connection)
    }

    fn there(&self, title: &str) -> Option<sandbox::TodoistTask> {
        self.sandbox.todoist_tasks().into_iter().find(|t| t.content == title)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_connects_one_account_once_and_a_dead_one_is_replaced() {
    let (w, connection) = World::with_todoist().await;
    assert_eq!((&connection["integration"], &connection["email"]), (&"todoist".into(), &MARA.into()), "{connection}");
    let good = w.sandbox.todoist_token();
    assert_eq!(w.no_todoist(&good, &[]), "already_connected");
    assert_eq!(w.no_todoist("0123456789abcdef0123456789abcdef01234567", &[]), "auth");
    assert_eq!(w.no_todoist("not a token", &[]), "invalid");
    assert_eq!(w.no_todoist("\t", &[]), "invalid");
    assert_eq!(w.no_todoist(&good, &["--reconnect", "nobody"]), "not_found");

    // Replaced at Todoist: the old one is dead, and nothing is lost here.
    w.ok("tasks-create", &["tasks", "create", "--title", "Waits for the new token", "--queue"]);
    w.sandbox.set_todoist_token("new0123456789abcdef0123456789abcdef01234");
    let out = w.run(&["sync"]);
    assert_eq!(out.status.code(), Some(1), "{}", String::from_utf8_lossy(&out.stdout));
    let all = w.ok("connections", &["connections"]);
    assert_eq!(all["items"][0]["status"], "expired", "{all}");
    w.fails("expired", &["sync", "--connection", id(&connection)]);
    assert!(!w.ok("tasks-lists", &["tasks", "lists"])["items"].as_array().unwrap().is_empty());

    // Of somebody else it is not taken.
    w.sandbox.set_todoist_user("99");
    assert_eq!(w.no_todoist(&w.sandbox.todoist_token(), &["--reconnect", id(&connection)]), "other_account");
    w.sandbox.set_todoist_user("48120771");
    let again = w.todoist(&w.sandbox.todoist_token(), &["--reconnect", id(&connection)]);
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    let again = checked("connect", String::from_utf8(again.stdout).unwrap().trim_end());
    assert_eq!((id(&again), &again["status"]), (id(&connection), &"active".into()));
    w.ok("sync", &["sync"]);
    assert!(w.there("Waits for the new token").is_some());

    let gone = w.ok("disconnect", &["disconnect", id(&connection)]);
    assert_eq!(gone["revocation"], "unsupported", "{gone}");
    let words = gone["message"].as_str().unwrap();
    assert!(words.contains("only you can end it") && words.contains("https://app.todoist.com/"), "{words}");
    assert!(w.ok("tasks-lists", &["tasks", "lists"])["items"].as_array().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_keeps_to_its_schema() {
    let (w, _) = World::with_todoist().await;
    let lists = w.ok("tasks-lists", &["tasks", "lists"]);
    let names: Vec<_> = lists["items"].as_array().unwrap().iter().map(|l| l["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Inbox", "Studio", "Home"], "{lists}");
    assert_eq!((&lists["items"][0]["default"], &lists["items"][0]["can"]["due_time"]), (&true.into(), &true.into()));

    fs::write(w.path("notes"), "at the market\n").unwrap();
    let notes = w.path("notes");
    let line =
        ["tasks", "create", "--list", "home", "--title", "Buy plums", "--due", "2027-05-10", "--priority", "high", "--label", "food"];
    let line = [&line[..], &["--notes-file", notes.to_str().unwrap()]].concat();
    let made = w.ok("tasks-create", &line);
    assert_eq!((&made["state"], &made["task"]["due"]["day"]), (&"done".into(), &"2027-05-10".into()), "{made}");
    let there = w.there("Buy plums").unwrap();
    assert_eq!((there.priority, there.labels.as_slice(), there.description.trim()), (3, &["food".to_owned()][..], "at the market"));
    let below = w.ok("tasks-create", &["tasks", "create", "--title", "Jars", "--below", id(&made)]);
    assert_eq!((&below["task"]["parent"], &below["task"]["list"]), (&made["id"], &made["task"]["list"]));
    assert_eq!(w.there("Jars").unwrap().parent_id, Some(there.id));

    let list = w.ok("tasks-list", &["tasks", "list", "--list", "Home", "--limit", "500"]);
    let at = titles(&list).iter().position(|t| *t == "Buy plums").unwrap();
    assert_eq!((titles(&list)[at + 1], &list["items"][at + 1]["depth"]), ("Jars", &1.into()), "{list}");
    let upcoming = w.ok("tasks-list", &["tasks", "list", "--view", "upcoming", "--limit", "500"]);
    assert!(titles(&upcoming).contains(&"Buy plums"));
    for view in ["today", "anytime"] {
        let other = w.ok("tasks-list", &["tasks", "list", "--view", view, "--limit", "500"]);
        assert!(!titles(&other).contains(&"Buy plums"), "{other}");
    }
    let page = w.ok("tasks-list", &["tasks", "list", "--view", "upcoming", "--limit", "1"]);
    let next = page["next"].as_str().unwrap();
    let second = w.ok("tasks-list", &["tasks", "list", "--view", "upcoming", "--limit", "1", "--after", next]);
    assert_ne!(page["items"][0]["id"], second["items"][0]["id"]);

    // A time on the wall, an instant, and none.
    let line = ["tasks", "update", id(&made), "--title", "Buy more plums", "--due", "2027-05-10T09:30", "--no-labels"];
    let changed = w.ok("tasks-update", &line);
    assert_eq!((&changed["task"]["due"]["time"], &changed["task"]["due"]["kind"]), (&"09:30".into(), &"floating".into()), "{changed}");
    let instant = w.ok("tasks-update", &["tasks", "update", id(&made), "--due", "2027-05-10T09:30:00Z"]);
    assert_eq!((&instant["task"]["due"]["time"], &instant["task"]["due"]["at"]), (&"11:30".into(), &"2027-05-10T09:30:00Z".into()));
    let zone = w.ok("tasks-update", &["tasks", "update", id(&made), "--due", "2027-05-10T09:30", "--zone", "America/New_York"]);
    assert_eq!(zone["task"]["due"]["time"], "15:30", "{zone}");
    assert_eq!(w.ok("tasks-update", &["tasks", "update", id(&made), "--no-due"])["task"]["due"], Value::Null);
    let shown = w.ok("tasks-show", &["tasks", "show", id(&made)]);
    assert_eq!((&shown["subtasks"][0]["title"], shown["notes"].as_str().unwrap().trim()), (&"Jars".into(), "at the market"));

    let moved = w.ok("tasks-move", &["tasks", "move", id(&made), "--list", "Studio"]);
    assert_eq!(moved["state"], "done", "{moved}");
    assert_eq!(w.there("Jars").unwrap().project_id, w.there("Buy more plums").unwrap().project_id);
    w.ok("tasks-move", &["tasks", "move", id(&below), "--top"]);
    assert_eq!(w.there("Jars").unwrap().parent_id, None);
    w.ok("tasks-move", &["tasks", "move", id(&below), "--below", id(&made)]);

    let done = w.ok("tasks-complete", &["tasks", "complete", id(&made)]);
    assert_eq!((&done["task"]["status"], &done["open_subtasks"]), (&"done".into(), &1.into()), "{done}");
    let closed = w.ok("tasks-list", &["tasks", "list", "--view", "done", "--limit", "500"]);
    assert!(titles(&closed).contains(&"Buy more plums"), "{closed}");
    assert_eq!(w.ok("tasks-reopen", &["tasks", "reopen", id(&made)])["task"]["status"], "open");
    assert!(!w.there("Buy more plums").unwrap().checked);
    let found = w.ok("tasks-list", &["tasks", "list", "--find", "more plums", "--closed"]);
    assert_eq!(titles(&found), ["Buy more plums"]);

    // Nobody there: it waits, and that is no failure.
    w.sandbox.control().add_fault(Fault::new("*/sync", FaultAction::Drop { after_commit: false }).times(0));
    let waits = w.ok("tasks-update", &["tasks", "update", id(&made), "--title", "Plums"]);
    assert_eq!((&waits["state"], &waits["task"]["pending"]), (&"queued".into(), &"waiting".into()), "{waits}");
    let outbox = w.ok("outbox-list", &["outbox", "list"]);
    assert_eq!((&outbox["items"][0]["kind"], &outbox["items"][0]["task"]), (&"put_task".into(), &made["id"]), "{outbox}");
    w.sandbox.control().clear_faults();
    w.ok("sync", &["sync"]);
    assert!(w.there("Plums").is_some());

    // Changed here, deleted there: a part of the work is done and printed, and the exit code says that it was not all.
    let both = w.ok("tasks-create", &["tasks", "create", "--title", "Both"]);
    let remote = w.there("Both").unwrap().id;
    assert!(w.sandbox.delete_todoist_task(&remote));
    let out = w.run(&["tasks", "update", id(&both), "--title", "Mine"]);
    assert_eq!(out.status.code(), Some(1));
    assert_eq!(checked("tasks-update", String::from_utf8(out.stdout).unwrap().trim_end())["state"], "conflict");
    let error = checked("error", String::from_utf8(out.stderr).unwrap().trim_end());
    assert!(error["code"] == "conflict" && error["hint"].as_str().unwrap().contains("tasks resolve"), "{error}");
    assert_eq!(w.ok("tasks-show", &["tasks", "show", id(&both)])["conflict"][0]["field"], "deleted");
    w.ok("tasks-resolve", &["tasks", "resolve", id(&both), "--keep", "mine"]);
    assert!(w.there("Mine").is_some());

    let gone = w.ok("tasks-delete", &["tasks", "delete", id(&made)]);
    assert_eq!((&gone["state"], &gone["task"]), (&"done".into(), &Value::Null), "{gone}");
    assert!(w.there("Plums").is_none() && w.there("Jars").is_none());
    assert_eq!(w.ok("doctor", &["doctor"])["ok"], true);
}

/// With a grant for tasks they come with the sign-in; a task that is made from a mail or an event leads back to it.
#[tokio::test(flavor = "multi_thread")]
async fn google_tasks_come_with_the_sign_in_and_what_is_there_becomes_a_task() {
    let w = World::new().await;
    let connection = w.connect(MARA).await;
    let features = connection["features"].as_array().unwrap();
    assert!(features.iter().any(|f| f["id"] == "tasks.write" && f["granted"] == true), "{connection}");
    w.ok("sync", &["sync"]);
    let lists = w.ok("tasks-lists", &["tasks", "lists"]);
    let names: Vec<_> = lists["items"].as_array().unwrap().iter().map(|l| l["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["My Tasks", "Home"]);
    let mail = w.ok("mail-list", &["mail", "list", "--mailbox", "inbox", "--limit", "1"])["items"][0].clone();
    let made = w.ok("tasks-create", &["tasks", "create", "--from-mail", id(&mail), "--list", "Home", "--due", "2027-05-10"]);
    assert_eq!((&made["state"], &made["task"]["linked"]), (&"done".into(), &true.into()), "{made}");
    assert_eq!(w.ok("tasks-show", &["tasks", "show", id(&made)])["message"], mail["id"]);
    let home = w.sandbox.gtask_lists(MARA).into_iter().find(|l| l.title == "Home").unwrap().id;
    assert!(w.sandbox.gtasks(MARA, &home).iter().any(|t| t["title"] == made["title"]));
    // Of an event its title goes to the list, and nothing else.
    let event = w.ok("calendar-create", &["calendar", "create", "--title", "Board meeting", "--start", "2027-05-12T09:00", "--for", "1h"]);
    let prepare = w.ok("tasks-create", &["tasks", "create", "--from-event", id(&event), "--list", "Home"]);
    assert_eq!((&prepare["title"], &prepare["task"]["linked"]), (&"Board meeting".into(), &true.into()), "{prepare}");
    let shown = w.ok("tasks-show", &["tasks", "show", id(&prepare)]);
    assert_eq!((&shown["event"], &shown["message"], &shown["notes"]), (&event["id"], &Value::Null, &"".into()), "{shown}");
    w.fails("not_found", &["tasks", "create", "--from-event", "999999/"]);
    w.fails("usage", &["tasks", "create", "--from-event", id(&event), "--from-mail", id(&mail)]);
    w.fails("unsupported", &["tasks", "update", id(&made), "--priority", "high"]);
    w.fails("unsupported", &["tasks", "update", id(&made), "--due", "2027-05-10T09:30"]);

    // The API of tasks alone is switched off: mail goes on.
    w.sandbox.control().add_fault(Fault::status("/tasks/*", 403, "accessNotConfigured").times(0));
    w.sandbox.deliver_text(MARA, "Ida Holm <ida@fjellbakeriet.example>", "Still comes", "x").unwrap();
    let out = w.run(&["sync"]);
    assert_eq!(out.status.code(), Some(1));
    let report = checked("sync", String::from_utf8(out.stdout).unwrap().trim_end());
    let failed: Vec<_> = report["items"].as_array().unwrap().iter().filter(|s| !s["error"].is_null()).map(|s| &s["scope"]).collect();
    assert_eq!(failed, ["tasks"], "{report}");
    assert_eq!(w.ok("search", &["search", "subject:\"Still comes\""])["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_without_tasks_leaves_the_rest_working() {
    let w = World::new().await;
    let only = ["openid", "email", "profile", "https://www.googleapis.com/auth/gmail.readonly"].map(str::to_owned).to_vec();
    let (child, url, reader) = w.begin_connect(MARA);
    let consent = AutoConsent { account: Some(MARA.to_owned()), scopes: Some(only), ..AutoConsent::default() };
    w.sandbox.set_auto_consent(sandbox::Provider::Google, Some(consent));
    host::visit(&url).await.unwrap();
    let connection = finish(child, reader);
    let tasks: Vec<_> =
        connection["features"].as_array().unwrap().iter().filter(|f| f["id"].as_str().unwrap().starts_with("tasks.")).collect();
    assert!(tasks.len() == 2 && tasks.iter().all(|f| f["granted"] == false && f["why"] != ""), "{connection}");
    w.ok("sync", &["sync"]);
    assert!(w.ok("tasks-lists", &["tasks", "lists"])["items"].as_array().unwrap().is_empty());
    assert!(!w.ok("mail-list", &["mail", "list"])["items"].as_array().unwrap().is_empty());
    w.fails("no_list", &["tasks", "create", "--title", "T"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_line_is_2_and_what_cannot_be_done_is_1() {
    let (w, _) = World::with_todoist().await;
    for line in [
        &["tasks"][..],
        &["tasks", "create"],
        &["tasks", "create", "--title", "T", "--zone", "UTC"],
        &["tasks", "move", "1"],
        &["tasks", "resolve", "1"],
        &["tasks", "list", "--closed"],
        &["connect", "todoist"],
    ] {
        w.fails("usage", line);
    }
    for (code, line) in [
        ("not_found", &["tasks", "show", "77"][..]),
        ("not_found", &["tasks", "complete", "77"]),
        ("not_found", &["tasks", "delete", "77"]),
        ("not_found", &["tasks", "list", "--list", "nowhere"]),
        ("invalid", &["tasks", "show", "first"]),
        ("invalid", &["tasks", "list", "--view", "open"]),
        ("invalid", &["tasks", "list", "--list", "Home", "--view", "today"]),
        ("invalid", &["tasks", "list", "--limit", "0"]),
        ("invalid", &["tasks", "list", "--after", "garbage"]),
        ("invalid", &["tasks", "list", "--find", "-- !"]),
        ("invalid", &["tasks", "create", "--title", " "]),
        ("invalid", &["tasks", "create", "--title", "T", "--due", "someday"]),
        ("invalid", &["tasks", "create", "--title", "T", "--due", "2027-05-10", "--zone", "UTC"]),
        ("no_file", &["tasks", "create", "--title", "T", "--notes-file", "/no/such/file"]),
    ] {
        w.fails(code, line);
    }
    let made = w.ok("tasks-create", &["tasks", "create", "--title", "T"]);
    w.fails("invalid", &["tasks", "update", id(&made)]);
    w.fails("not_found", &["tasks", "resolve", id(&made), "--keep", "mine"]);
}

/// What others write reaches no terminal as it is.
#[tokio::test(flavor = "multi_thread")]
async fn words_for_people_about_tasks() {
    let (w, _) = World::with_todoist().await;
    let lists = w.says(&["tasks", "lists"]);
    assert!(lists.starts_with("ID ") && lists.lines().any(|l| l.contains("Studio") && l.contains(" yes ")), "{lists}");
    let made = w.says(&["tasks", "create", "--title", "Lunch", "--list", "Home", "--due", "2027-05-10T12:30", "--label", "food"]);
    assert!(made.starts_with("“Lunch” added (done, id ") && made.lines().count() == 1, "{made}");
    let key = made.split("id ").nth(1).unwrap().trim_end().trim_end_matches(')').to_owned();
    let list = w.says(&["tasks", "list", "--list", "Home"]);
    let line = list.lines().find(|l| l.contains("Lunch")).unwrap();
    assert!(line.contains("[ ]") && line.contains("Mon 2027-05-10 12:30") && line.ends_with("@food"), "{list}");
    let one = w.says(&["tasks", "show", &key]);
    assert!(one.starts_with("Title:       Lunch\nState:       open\nDue:         Mon 2027-05-10 12:30\n"), "{one}");
    w.says(&["tasks", "create", "--title", "Bread", "--below", &key]);
    let done = w.says(&["tasks", "complete", &key]);
    assert!(done.starts_with("“Lunch” done (done, id ") && done.ends_with("1 subtask is still open.\n"), "{done}");
    assert_eq!(w.says(&["tasks", "delete", &key]), "“Lunch” deleted (done)\n");
    assert!(w.complains(1, &["tasks", "show", &key]).contains("does not exist"));
    w.complains(2, &["tasks", "create"]);
    let hostile = json!({"content": "hos\u{1b}]0;owned\u{7}tile", "description": "one\ntwo \u{1b}[31mred\u{9b}0m"});
    w.sandbox.put_todoist_task(hostile).unwrap();
    w.says(&["sync"]);
    let found = id(&w.ok("tasks-list", &["tasks", "list", "--find", "owned"])["items"][0]).to_owned();
    for line in [&["tasks", "list", "--find", "owned"][..], &["tasks", "show", &found]] {
        let shown = w.says(line);
        assert!(shown.contains("owned") && !shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
    }
}
