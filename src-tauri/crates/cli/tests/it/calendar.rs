//! Calendars from the command line: every answer keeps to its schema, people get words and the times of their own clock, and a wrong line
//! is told apart from one that could not be carried out.

use std::{fs, io::Write as _, process::Stdio};

use sandbox::{Fault, FaultAction, NewCalendar};
use serde_json::Value;

use crate::{World, checked, id};

/// Central Europe, by a name that stands for itself everywhere.
const ZONE: &str = "Europe/Berlin";

impl World {
    /// With an empty calendar, connected and synced.
    async fn with_calendar() -> Self {
        let mut w = Self::new().await;
        w.env.insert("TZ".into(), ZONE.into());
        w.sandbox.add_calendar(NewCalendar::events("plan", "Plan", "#1b8a5a"));
        let (url, user) = (w.sandbox.caldav_base(), w.sandbox.caldav_user());
        let line = ["connect", "caldav", "--url", &url, "--username", &user, "--password-stdin"];
        let mut child = w.command(&line).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{}\n", w.sandbox.caldav_password()).as_bytes()).unwrap();
        let out = child.wait_with_output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let connection = checked("connect", String::from_utf8(out.stdout).unwrap().trim_end());
        assert_eq!((&connection["integration"], &connection["username"]), (&"caldav".into(), &user.into()), "{connection}");
        w.ok("sync", &["sync"]);
        w
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_keeps_to_its_schema() {
    let w = World::with_calendar().await;
    let list = w.ok("calendar-list", &["calendar", "list"]);
    let plan = list["items"].as_array().unwrap().iter().find(|c| c["name"] == "Plan").unwrap().clone();
    let made = w.ok(
        "calendar-create",
        &[
            "calendar",
            "create",
            "--calendar",
            "plan",
            "--title",
            "Weekly",
            "--start",
            "2027-05-10T10:00",
            "--for",
            "1h",
            "--rule",
            "FREQ=WEEKLY;COUNT=3",
        ],
    );
    assert_eq!((&made["state"], &made["event"]["calendar"]), (&"done".into(), &plan["id"]), "{made}");
    assert_eq!(w.sandbox.calendar_items("plan").len(), 1);
    let events = w.ok("calendar-events", &["calendar", "events", "--from", "2027-05-10", "--to", "2027-06-30", "--calendar", id(&plan)]);
    let items = events["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[0]["start"]), (3, &"2027-05-10T08:00:00Z".into()), "local time, in UTC: {events}");
    // The last day is included, the day after is not.
    let one = w.ok("calendar-events", &["calendar", "events", "--from", "2027-05-10", "--to", "2027-05-17", "--calendar", "Plan"]);
    assert_eq!(one["items"].as_array().unwrap().len(), 2);
    let second = id(&items[1]);
    let found = w.ok("calendar-find", &["calendar", "find", "weekly"]);
    let ours: Vec<_> = found["items"].as_array().unwrap().iter().filter(|e| e["calendar"] == plan["id"]).map(|e| &e["title"]).collect();
    assert_eq!(ours, ["Weekly"], "a series once");
    w.fails("invalid", &["calendar", "find", "--", "-- !"]);
    assert_eq!(w.ok("calendar-show", &["calendar", "show", second])["repetition"]["rule"], "FREQ=WEEKLY;COUNT=3");
    let changed = w.ok("calendar-update", &["calendar", "update", second, "--title", "Special", "--location", "Here"]);
    assert_eq!((&changed["title"], id(&changed)), (&"Special".into(), second));
    let queued = w.ok("calendar-update", &["calendar", "update", second, "--location", "There", "--queue"]);
    assert_eq!((&queued["state"], &queued["event"]["pending"]), (&"queued".into(), &"waiting".into()));
    let waiting = w.ok("outbox-list", &["outbox", "list"]);
    assert_eq!((&waiting["items"][0]["kind"], &waiting["items"][0]["account"]), (&"put_item".into(), &"0".into()), "{waiting}");
    assert!(waiting["items"][0]["subject"].as_str().is_some_and(|s| !s.is_empty()), "{waiting}");
    let report = w.ok("sync", &["sync"]);
    assert_eq!(report["outbox"][0]["outcome"], "done", "{report}");
    let busy = w.ok("calendar-freebusy", &["calendar", "freebusy", "--from", "2027-05-10", "--to", "2027-05-10"]);
    assert!(busy["items"].as_array().unwrap().iter().any(|b| b["start"] == "2027-05-10T08:00:00Z"), "{busy}");

    let file = w.path("plan.ics");
    let text = w.ok("calendar-export", &["calendar", "export", "plan"]);
    let saved = w.ok("calendar-export", &["calendar", "export", "plan", "--to", file.to_str().unwrap()]);
    assert_eq!(fs::read_to_string(&file).unwrap(), text["text"].as_str().unwrap());
    assert_eq!(saved["bytes"], text["text"].as_str().unwrap().len());
    w.sandbox.add_calendar(NewCalendar::events("copy", "Copy", "#3a6ee8"));
    w.ok("sync", &["sync"]);
    let put = w.ok("calendar-import", &["calendar", "import", file.to_str().unwrap(), "--calendar", "Copy"]);
    assert_eq!((&put["state"], &put["added"]), (&"done".into(), &1.into()), "{put}");
    let gone = w.ok("calendar-delete", &["calendar", "delete", second, "--members", "all"]);
    assert_eq!((&gone["event"], &gone["state"]), (&Value::Null, &"done".into()));
    assert!(w.sandbox.calendar_items("plan").is_empty());

    // Changed here and there: a part of the work is done and printed, and the exit code says that it was not all.
    let key = w.ok("calendar-create", &["calendar", "create", "--calendar", "plan", "--title", "Both", "--day", "2027-05-20"]);
    let name = w.sandbox.calendar_items("plan")[0].name.clone();
    w.sandbox.edit_calendar_item("plan", &name, "SUMMARY", "Theirs").unwrap();
    let out = w.run(&["calendar", "update", id(&key), "--title", "Mine"]);
    assert_eq!(out.status.code(), Some(1));
    assert_eq!(checked("calendar-update", String::from_utf8(out.stdout).unwrap().trim_end())["state"], "conflict");
    assert_eq!(checked("error", String::from_utf8(out.stderr).unwrap().trim_end())["code"], "conflict");
    let both = w.ok("calendar-show", &["calendar", "show", id(&key)]);
    assert_eq!((&both["conflict"][0]["mine"], &both["conflict"][0]["theirs"]), (&"Mine".into(), &"Theirs".into()), "{both}");
    assert_eq!(w.ok("calendar-resolve", &["calendar", "resolve", id(&key), "--keep", "theirs"])["title"], "Theirs");
    w.fails("not_invited", &["calendar", "respond", id(&key), "--answer", "accepted"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_line_is_2_and_what_cannot_be_done_is_1() {
    let w = World::with_calendar().await;
    for line in [
        &["calendar"][..],
        &["calendar", "create", "--title", "T"],
        &["calendar", "create", "--title", "T", "--start", "2027-05-10T10:00"],
        &["calendar", "create", "--title", "T", "--start", "2027-05-10T10:00", "--for", "ninety"],
        &["calendar", "create", "--title", "T", "--day", "2027-05-10", "--for", "1h"],
        &["calendar", "respond", "1/", "--answer", "perhaps"],
        &["calendar", "resolve", "1/"],
        &["connect", "ics"],
        &["connect", "ics", "--url", "https://x.example/a.ics", "--url-stdin"],
        &["connect", "caldav", "--url", "https://x.example", "--username", "me"],
    ] {
        w.fails("usage", line);
    }
    let missing = w.fails("usage", &["calendar", "create", "--title", "T", "--start", "2027-05-10T10:00"]);
    assert!(missing["message"].as_str().unwrap().contains("--for"), "{missing}");
    let missing = w.fails("usage", &["connect", "caldav", "--url", "https://x.example", "--username", "me"]);
    assert!(missing["message"].as_str().unwrap().contains("--password-stdin"), "{missing}");
    for (code, line) in [
        ("not_found", &["calendar", "show", "no key"][..]),
        ("not_found", &["calendar", "show", "77/"]),
        ("not_found", &["calendar", "delete", "77/"]),
        ("not_found", &["calendar", "resolve", "77/", "--keep", "mine"]),
        ("not_found", &["calendar", "export", "nowhere"]),
        ("not_found", &["calendar", "events", "--calendar", "nowhere"]),
        ("invalid", &["calendar", "events", "--from", "2027-05-10", "--to", "2027-05-09"]),
        ("invalid", &["calendar", "events", "--from", "2027-05-10", "--to", "2028-12-01"]),
        ("invalid", &["calendar", "events", "--from", "someday"]),
        ("no_file", &["calendar", "import", "/no/such/file"]),
        ("read_only", &["calendar", "create", "--calendar", "Family", "--title", "T", "--day", "2027-05-10"]),
    ] {
        w.fails(code, line);
    }
    // A file that is more than a calendar can be is not cut off silently.
    let file = fs::File::create(w.path("huge.ics")).unwrap();
    file.set_len(33 * 1024 * 1024).unwrap();
    w.fails("too_large", &["calendar", "import", w.path("huge.ics").to_str().unwrap()]);
    // A secret that is no secret is not repeated.
    let out = w.run(&["connect", "ics", "--url", "http://x.example/secret-token.ics"]);
    let told = checked("error", String::from_utf8(out.stderr).unwrap().trim_end());
    assert!(!told.to_string().contains("secret-token"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_for_people_about_calendars() {
    let w = World::with_calendar().await;
    let list = w.says(&["calendar", "list"]);
    let line = list.lines().find(|l| l.contains("Plan")).unwrap();
    assert!(list.starts_with("ID ") && line.contains(" yes "), "{list}");
    let range = ["calendar", "events", "--calendar", "Plan", "--from", "2027-05-01", "--to", "2027-05-31"];
    assert_eq!(w.says(&range), "nothing\n");
    let made = w.says(&["calendar", "create", "--calendar", "Plan", "--title", "Lunch", "--start", "2027-05-10T12:30", "--for", "45m"]);
    assert!(made.starts_with("“Lunch” added (done, id ") && made.lines().count() == 1, "{made}");
    let key = made.split("id ").nth(1).unwrap().trim_end().trim_end_matches(')').to_owned();
    w.says(&["calendar", "create", "--calendar", "Plan", "--title", "Away", "--day", "2027-05-11", "--until", "2027-05-12", "--free"]);
    let shown = w.says(&range);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 3, "{shown}");
    let column = |word: &str| lines[0].find(word).unwrap();
    let tail = |line: &str, at: usize| line.chars().skip(at).collect::<String>();
    assert!(tail(lines[1], column("DAY")).starts_with("Mon 2027-05-10"), "{shown}");
    assert!(tail(lines[1], column("TIME")).starts_with("12:30–13:15"), "the clock of this computer: {shown}");
    assert!(tail(lines[1], column("TITLE")).starts_with("Lunch"), "{shown}");
    assert!(tail(lines[2], column("TIME")).starts_with("to Wed 2027-05-12") && lines[2].ends_with("free"), "{shown}");
    let one = w.says(&["calendar", "show", &key]);
    assert!(one.starts_with("Title:       Lunch\nWhen:        Mon 2027-05-10 12:30–13:15\nZone:        Europe/Berlin\n"), "{one}");
    let busy = w.says(&["calendar", "freebusy", "--from", "2027-05-10", "--to", "2027-05-10"]);
    assert!(busy.contains("Mon 2027-05-10 12:30–13:15\n"), "{busy}");
    let out = w.plain(&["calendar", "export", "Plan"]).output().unwrap();
    assert!(out.stdout.starts_with(b"BEGIN:VCALENDAR\r\n"), "the file itself");
    let file = w.path("out.ics");
    let saved = w.says(&["calendar", "export", "Plan", "--to", file.to_str().unwrap()]);
    assert_eq!(saved, format!("{} bytes written to {}\n", out.stdout.len(), file.display()));
    assert_eq!(fs::read(&file).unwrap(), out.stdout);
    let again = w.says(&["calendar", "import", file.to_str().unwrap(), "--calendar", "Plan"]);
    assert_eq!(again, "Plan: 0 added (done), 2 there already\n");
    // Nobody there: it waits, and that is no failure.
    w.sandbox.control().add_fault(Fault::new("/dav/*", FaultAction::Drop { after_commit: false }).times(0));
    assert!(w.says(&["calendar", "update", &key, "--title", "Late lunch"]).starts_with("“Late lunch” changed (queued, id "));
    let waiting = w.says(&["outbox", "list"]);
    assert!(waiting.contains("put_item") && waiting.contains("Late lunch"), "{waiting}");
    w.sandbox.control().clear_faults();
    w.says(&["sync"]);
    let deleted = w.says(&["calendar", "delete", &key]);
    assert_eq!(deleted, "“Late lunch” deleted (done)\n");
    assert!(w.complains(1, &["calendar", "show", &key]).contains("does not exist"));
    w.complains(1, &["calendar", "events", "--from", "someday"]);
    w.complains(2, &["calendar", "create", "--title", "T"]);
}

/// What strangers publish reaches no terminal as it is.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_events_are_shown_as_text() {
    let w = World::new().await;
    w.sandbox.set_feed(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\nUID:h\r\nDTSTAMP:20261201T000000Z\r\n\
         DTSTART:20270513T080000Z\r\nDURATION:PT1H\r\nSUMMARY:hos\u{1b}]0\\;owned\u{7}tile\r\nLOCATION:\u{1b}[2J here\r\n\
         DESCRIPTION:one\\ntwo \u{1b}[31mred\u{9b}0m\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    );
    let url = w.sandbox.feed_url();
    let refused = w.complains(1, &["connect", "ics", "--url", &url]);
    assert!(refused.contains("private") || refused.contains("this computer"), "{refused}");
    let connected = w.says(&["connect", "ics", "--url", &url, "--name", "Feed", "--allow-private"]);
    assert!(connected.contains("connected by ics (calendars; `sync` fetches them)"), "{connected}");
    w.says(&["sync"]);
    let range = ["calendar", "events", "--from", "2027-05-01", "--to", "2027-05-31"];
    let key = id(&w.ok("calendar-events", &range)["items"][0]).to_owned();
    for line in [&range[..], &["calendar", "show", &key]] {
        let shown = w.says(line);
        assert!(shown.contains("hos") && shown.contains("owned"), "{line:?}: {shown}");
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{line:?}: {shown:?}");
    }
    assert!(w.says(&["calendar", "show", &key]).contains("\none\ntwo "));
    assert!(w.complains(1, &["calendar", "delete", &key]).contains("can only be read"));
}

#[tokio::test(flavor = "multi_thread")]
async fn others_have_time_or_not_or_nobody_knows() {
    use domain::{
        free_busy::{BusyKind, BusySpan},
        time::Timestamp,
    };
    use sandbox::CaldavPerson;

    let w = World::with_calendar().await;
    let line = ["calendar", "freebusy", "--from", "2027-05-10", "--to", "2027-05-10", "--calendar", "Plan"];
    let with = |people: &'static str| [&line[..], &["--with", people]].concat();
    let told = w.ok("calendar-freebusy-with", &with("ben@guild.example,ada@guild.example"));
    assert!(told["items"].as_array().unwrap().iter().all(|p| p["why"] == "unsupported"), "it does not schedule: {told}");
    w.sandbox.set_caldav(|s| s.auto_schedule = true);
    let nine = Timestamp::from_secs(1_809_932_400); // 2027-05-10T07:00:00Z
    let spans = vec![
        BusySpan::new(nine, nine.plus_secs(3_600), BusyKind::Busy),
        BusySpan::new(nine.plus_secs(7_200), nine.plus_secs(9_000), BusyKind::Tentative),
    ];
    w.sandbox.set_caldav_person("ben@guild.example", CaldavPerson::Busy(spans));
    w.sandbox.set_caldav_person("ada@guild.example", CaldavPerson::Busy(Vec::new()));
    let made = w.ok(
        "calendar-create",
        &["calendar", "create", "--calendar", "plan", "--title", "Mine", "--start", "2027-05-10T18:00", "--for", "1h"],
    );
    assert_eq!(made["state"], "done");
    let own = w.sandbox.caldav_user();
    let people = format!("Ben@guild.example,ada@guild.example,{own},who@guild.example");
    let told = w.ok("calendar-freebusy-with", &[&line[..], &["--with", &people]].concat());
    let items = told["items"].as_array().unwrap();
    assert_eq!(items.iter().map(|p| p["id"].as_str().unwrap()).collect::<Vec<_>>(), people.to_lowercase().split(',').collect::<Vec<_>>());
    assert_eq!(
        items[0]["busy"][1],
        serde_json::json!({"start": "2027-05-10T09:00:00Z", "end": "2027-05-10T09:30:00Z", "kind": "tentative"})
    );
    assert_eq!((&items[1]["known"], items[1]["busy"].as_array().unwrap().len()), (&true.into(), 0));
    assert!(items[2]["own"] == true && items[2]["busy"].as_array().unwrap().iter().any(|b| b["start"] == "2027-05-10T16:00:00Z"), "{told}");
    assert_eq!((&items[3]["known"], &items[3]["why"]), (&false.into(), &"not_found".into()));
    let shown = w.says(&with("ben@guild.example,ada@guild.example,who@guild.example"));
    let rows: Vec<&str> = shown.lines().collect();
    assert!(rows[1].contains("busy") && rows[1].ends_with("Mon 2027-05-10 09:00–10:00"), "{shown}");
    assert!(rows[2].contains("tentative") && rows[3].contains("free") && rows[4].contains("not known"), "{shown}");
    assert!(w.complains(1, &with("ben")).contains("no e-mail address"));
}
