//! Task tools that are connected by a token: each from its token to a task that is made, ticked off and known there.

use std::{
    io::Write as _,
    process::{Output, Stdio},
};

use sandbox::Sandbox;
use serde_json::Value;

use crate::{World, checked, id};

/// Everything that a stand-in has, to look for words in.
type There = fn(&Sandbox) -> String;

struct Tool {
    id: &'static str,
    /// What stands on the command line beside the token.
    args: Vec<String>,
    token: String,
    there: There,
}

fn tools(sandbox: &Sandbox) -> Vec<Tool> {
    let (key, trello) = sandbox.trello_secret().split_once(':').map(|(k, t)| (k.to_owned(), t.to_owned())).unwrap();
    let jira = sandbox.jira_secret();
    let (site, account) = jira.split_once('/').unwrap();
    let (email, jira) = account.split_once(':').unwrap();
    let plain = |id, token, there| Tool { id, args: Vec::new(), token, there };
    vec![
        plain("github", sandbox.github_token(), |s| format!("{:?}", s.github_issues())),
        plain("linear", sandbox.linear_key(), |s| format!("{:?}", s.linear_issues())),
        plain("asana", sandbox.asana_token(), |s| format!("{:?}", s.asana_tasks())),
        Tool { id: "trello", args: vec!["--key".into(), key], token: trello, there: |s| format!("{:?}", s.trello_cards()) },
        Tool {
            id: "jira",
            args: ["--site", site, "--email", email].map(str::to_owned).to_vec(),
            token: jira.to_owned(),
            there: |s| format!("{:?}", s.jira_issues()),
        },
        plain("notion", sandbox.notion_token(), |s| format!("{:?}", s.notion_pages())),
    ]
}

impl World {
    fn tool(&self, tool: &Tool, token: &str) -> Output {
        let mut line = vec!["connect", tool.id, "--token-stdin"];
        line.extend(tool.args.iter().map(String::as_str));
        let mut child = self.command(&line).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{token}\n").as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    fn lists_of(&self, connection: &str) -> Vec<Value> {
        let all = self.ok("tasks-lists", &["tasks", "lists"]);
        all["items"].as_array().unwrap().iter().filter(|l| l["connection"] == connection).cloned().collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tool_goes_from_its_token_to_a_task_that_is_done_there() {
    let w = World::new().await;
    for tool in tools(&w.sandbox) {
        let what = tool.id;
        let wrong: String = tool.token.chars().rev().collect();
        let refused = w.tool(&tool, &wrong);
        let error = checked("error", String::from_utf8(refused.stderr).unwrap().trim_end());
        assert_eq!((refused.status.code(), &error["code"]), (Some(1), &"auth".into()), "{what}: {error}");
        assert!(!error.to_string().contains(&wrong), "{what}: the token is told");

        let out = w.tool(&tool, &tool.token);
        assert!(out.status.success(), "{what}: {}", String::from_utf8_lossy(&out.stderr));
        let connection = checked("connect", String::from_utf8(out.stdout).unwrap().trim_end());
        assert_eq!(connection["integration"], what, "{connection}");
        w.ok("sync", &["sync", "--connection", id(&connection)]);
        let lists = w.lists_of(id(&connection));
        let list = lists.iter().find(|l| l["writable"] == true).unwrap_or_else(|| panic!("{what}: no list to write to among {lists:?}"));

        let title = format!("Quince for {what}");
        let made = w.ok("tasks-create", &["tasks", "create", "--list", id(list), "--title", &title]);
        assert_eq!(made["state"], "done", "{what}: {made}");
        assert!((tool.there)(&w.sandbox).contains(&title), "{what}");
        let done = w.ok("tasks-complete", &["tasks", "complete", id(&made)]);
        assert_eq!((&done["task"]["status"], &done["state"]), (&"done".into(), &"done".into()), "{what}: {done}");
        w.ok("sync", &["sync", "--connection", id(&connection)]);
        let shown = w.ok("tasks-show", &["tasks", "show", id(&made)]);
        assert_eq!(shown["status"], "done", "{what}: the provider says the same: {shown}");
        let gone = w.ok("disconnect", &["disconnect", id(&connection)]);
        assert!(gone["message"].as_str().unwrap().contains("https://"), "{what}: where it is ended: {gone}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_notion_are_chosen_and_mapped() {
    const STAGE: &str = r#"{"done": {"by": "options", "property": "stg", "started": ["stg1"], "done": ["stg2"]}, "due": "dead"}"#;
    let w = World::new().await;
    let tool = tools(&w.sandbox).into_iter().find(|tool| tool.id == "notion").unwrap();
    let connection = checked("connect", String::from_utf8(w.tool(&tool, &tool.token).stdout).unwrap().trim_end());
    let tables = |more: &[&str]| w.ok("tasks-tables", &[&["tasks", "tables", "--connection", id(&connection)], more].concat());
    let all = tables(&[]);
    assert_eq!((&all["unused"], all["people"].as_array().unwrap().len()), (&2.into(), 2), "{all}");
    assert_eq!((&all["items"][3]["name"], &all["items"][3]["mapping"]), (&"Editorial".into(), &Value::Null));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), STAGE).unwrap();
    let mapped = tables(&["--table", "editorial", "--mapping-file", file.path().to_str().unwrap()]);
    assert_eq!((&mapped["unused"], &mapped["items"][3]["mapping"]["done"]["property"]), (&1.into(), &"stg".into()), "{mapped}");
    assert_eq!(tables(&["--table", "Press", "--unused"])["unused"], 2);
    w.ok("sync", &["sync"]);
    let names: Vec<Value> = w.lists_of(id(&connection)).into_iter().map(|l| l["name"].clone()).collect();
    assert_eq!(names, ["Studio tasks", "Household", "Editorial"]);
    assert_eq!(tables(&["--table", "Press", "--used"])["unused"], 1);
    for (text, code) in [("{}", "invalid"), (r#"{"done": {"by": "groups", "property": "stg"}}"#, "invalid")] {
        std::fs::write(file.path(), text).unwrap();
        let line =
            ["tasks", "tables", "--connection", id(&connection), "--table", "Editorial", "--mapping-file", file.path().to_str().unwrap()];
        w.fails(code, &line);
    }
}
