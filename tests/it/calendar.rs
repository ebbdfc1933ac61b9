//! Calendars through the command line, against the sandbox's CalDAV server and against a real Radicale. Every change is compared with what
//! the server holds, and with what a second home sees that has never been told of it.

mod dav;
mod radicale;
mod two_clients;

use std::{fs, path::PathBuf, process::Output};

use sandbox::{Fault, FaultAction, MARA, NewCalendar, Sandbox, SandboxOptions};
use serde_json::Value;

use crate::support::{Home, last_json};
use dav::{Dav, content, unfolded};
use radicale::Radicale;

const YEAR: [&str; 6] = ["calendar", "events", "--from", "2027-01-01", "--to", "2027-12-31"];
const BERLIN: [&str; 2] = ["--zone", "Europe/Berlin"];

struct World {
    home: Home,
    peer: Dav,
    /// The id of the calendar that `peer` looks at.
    calendar: String,
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

fn connect(home: &Home, peer: &Dav, password: &str, more: &[&str]) -> Output {
    let url = peer.url();
    let args = [&["connect", "caldav", "--url", &url, "--username", &peer.user, "--password-stdin"], more].concat();
    home.run_with_input(&args, &format!("{password}\n"))
}

impl World {
    /// Connected and synced once.
    fn at(peer: &Dav, name: &str) -> Self {
        let home = Home::new();
        let connected = connect(&home, peer, &peer.password, &[]);
        assert!(connected.status.success(), "{}", String::from_utf8_lossy(&connected.stderr));
        let mut world = Self { home, peer: peer.clone(), calendar: String::new() };
        world.sync();
        let list = world.home.run(&["calendar", "list"]);
        let found = list["items"].as_array().unwrap().iter().find(|c| c["name"] == name).unwrap_or_else(|| panic!("no {name} in {list}"));
        text(&found["id"]).clone_into(&mut world.calendar);
        world
    }

    fn sync(&self) -> Value {
        self.home.run(&["sync"])
    }

    fn events(&self) -> Vec<Value> {
        let all = self.home.run(&[&YEAR[..], &["--calendar", &self.calendar]].concat());
        assert_eq!(all["cut"], false);
        all["items"].as_array().unwrap().clone()
    }

    fn event(&self, title: &str) -> Value {
        let found: Vec<_> = self.events().into_iter().filter(|e| e["title"] == title).collect();
        assert_eq!(found.len(), 1, "{title}: {:?}", self.events());
        found[0].clone()
    }

    fn key(&self, title: &str) -> String {
        text(&self.event(title)["id"]).to_owned()
    }

    /// What is on, without what only this home knows.
    fn shown(&self) -> Vec<(String, String, String, String)> {
        let of = |e: &Value, field: &str| text(&e[field]).to_owned();
        self.events().iter().map(|e| (of(e, "title"), of(e, "start"), of(e, "end"), of(e, "location"))).collect()
    }

    /// A write that must reach the server.
    fn does(&self, args: &[&str]) -> Value {
        let done = self.home.run(&[&["calendar"], args].concat());
        assert_eq!(done["state"], "done", "{args:?}: {done}");
        done
    }

    fn create(&self, args: &[&str]) -> Value {
        self.does(&[&["create", "--calendar", &self.calendar], args].concat())
    }

    /// What the server has is what is here.
    fn agrees(&self) {
        let fresh = Self::at(&self.peer, &self.name());
        assert_eq!(fresh.shown(), self.shown(), "a second home sees something else");
        dav::same(&self.export(), &self.peer.content(), "here and at the server");
        assert!(self.home.run(&["outbox", "list"])["items"].as_array().unwrap().is_empty());
    }

    fn name(&self) -> String {
        let list = self.home.run(&["calendar", "list"]);
        let found = list["items"].as_array().unwrap().iter().find(|c| c["id"] == *self.calendar).unwrap().clone();
        text(&found["name"]).to_owned()
    }

    fn export(&self) -> dav::Content {
        content(text(&self.home.run(&["calendar", "export", &self.calendar])["text"]))
    }

    /// Runs a write that ends in a conflict: what was done of it, and the error.
    fn conflicts(&self, args: &[&str]) -> (Value, Value) {
        let out = self.home.try_run(&[&["calendar"], args].concat());
        assert_eq!(out.status.code(), Some(1), "{args:?}: {}", String::from_utf8_lossy(&out.stdout));
        let (done, error) = (last_json(&out.stdout), last_json(&out.stderr));
        assert_eq!((&done["state"], &error["code"]), (&"conflict".into(), &"conflict".into()), "{done} {error}");
        (done, error)
    }
}

/// What works with one server must work with the other.
fn with_each(test: impl Fn(&Dav, &str, &str)) {
    let server = Radicale::start(&["plan", "copy"]);
    test(&server.dav, "plan", "copy");
    let (_runtime, sandbox) = sandbox();
    test(&peer(&sandbox), "Plan", "Copy");
}

/// With two empty calendars beside those that it has.
fn sandbox() -> (tokio::runtime::Runtime, Sandbox) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = runtime.block_on(Sandbox::start(SandboxOptions::small())).unwrap();
    sandbox.add_calendar(NewCalendar::events("plan", "Plan", "#1b8a5a"));
    sandbox.add_calendar(NewCalendar::events("copy", "Copy", "#3a6ee8"));
    (runtime, sandbox)
}

fn peer(sandbox: &Sandbox) -> Dav {
    let plan = sandbox.calendars().into_iter().find(|c| c.name == "plan").unwrap();
    Dav {
        host: sandbox.caldav_base().trim_start_matches("http://").to_owned(),
        user: sandbox.caldav_user(),
        password: sandbox.caldav_password(),
        collection: plan.href,
    }
}

fn event(uid: &str, title: &str, more: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//elsewhere//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261201T000000Z\r\n\
         DTSTART:20270510T080000Z\r\nDTEND:20270510T090000Z\r\nSUMMARY:{title}\r\n{more}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

/// A property of the first event.
fn with(ics: &str, name: &str, value: &str) -> String {
    let mut lines = unfolded(ics);
    let end = lines.iter().position(|l| l == "END:VEVENT").unwrap();
    lines.insert(end, format!("{name}:{value}"));
    if let Some(old) = lines[..end].iter().position(|l| l.starts_with(&format!("{name}:"))) {
        lines.remove(old);
    }
    lines.join("\r\n") + "\r\n"
}

#[test]
fn connects_lists_and_follows_what_happens_elsewhere() {
    with_each(|peer, plan, copy| {
        let home = Home::new();
        let refused = connect(&home, peer, "wrong", &[]);
        assert_eq!(last_json(&refused.stderr)["code"], "auth");
        assert!(home.run(&["connections"])["items"].as_array().unwrap().is_empty(), "nothing is left of a refused one");
        assert!(home.grep("wrong").is_empty());
        // Nothing to put it in.
        let day = ["calendar", "create", "--title", "T", "--day", "2027-01-01"];
        assert_eq!(home.fail(&day)["code"], "no_calendar");

        peer.add("before", &event("before", "Made before", ""));
        let w = World::at(peer, plan);
        assert!(w.home.grep(&peer.password).is_empty(), "the password is sealed");
        let twice = connect(&w.home, peer, &peer.password, &[]);
        assert_eq!(last_json(&twice.stderr)["code"], "already_connected");
        let id = text(&w.home.run(&["connections"])["items"][0]["id"]).to_owned();
        assert!(connect(&w.home, peer, &peer.password, &["--reconnect", &id]).status.success());

        let list = w.home.run(&["calendar", "list"]);
        let names: Vec<_> = list["items"].as_array().unwrap().iter().map(|c| text(&c["name"])).collect();
        assert!(names.contains(&plan) && names.contains(&copy), "{names:?}");
        let entry = list["items"].as_array().unwrap().iter().find(|c| c["id"] == *w.calendar).unwrap().clone();
        assert_eq!((&entry["writable"], &entry["events"], &entry["error"]), (&true.into(), &1.into(), &Value::Null), "{entry}");
        assert!(entry["last_sync"].is_string());
        let row = w.event("Made before");
        assert_eq!((&row["start"], &row["end"]), (&"2027-05-10T08:00:00Z".into(), &"2027-05-10T09:00:00Z".into()));
        assert_eq!(w.home.run(&["calendar", "show", text(&row["id"])])["uid"], "before");
        assert_eq!(w.home.fail(&["calendar", "show", "99999/"])["code"], "not_found");
        assert_eq!(w.home.fail(&["calendar", "events", "--calendar", "nonsense"])["code"], "not_found");
        assert_eq!(w.home.fail(&["calendar", "events", "--from", "2027-01-01", "--to", "2029-01-01"])["code"], "invalid");

        peer.add("later", &event("later", "Made later", ""));
        peer.edit("Made before", |ics| with(&ics, "SUMMARY", "Renamed"));
        w.sync();
        assert_eq!(w.shown().len(), 2);
        w.event("Renamed");
        peer.delete("Made later");
        w.sync();
        w.agrees();
        let again = w.sync();
        assert!(again["items"].as_array().unwrap().iter().all(|s| s["added"] == 0 && s["updated"] == 0 && s["removed"] == 0), "{again}");
    });
}

#[test]
fn what_is_made_changed_and_deleted_here_is_so_there() {
    with_each(|peer, plan, _| {
        let w = World::at(peer, plan);
        let description = w.home.dir.path().join("description.txt");
        fs::write(&description, "First line\nGrüße; and, commas\n").unwrap();
        let made = w.create(
            &[
                &["--title", "Lunch, with Ada; soon", "--start", "2027-03-28T01:30", "--for", "1h30m", "--location", "Café Österreich"],
                &BERLIN[..],
                &["--description-file", description.to_str().unwrap(), "--alarm", "10", "--alarm", "60", "--free"],
                &["--join", "https://meet.example/abc"],
            ]
            .concat(),
        );
        // The clock is put forward at two: an hour and a half is an hour and a half.
        let row = &made["event"];
        assert_eq!((&row["start"], &row["end"]), (&"2027-03-28T00:30:00Z".into(), &"2027-03-28T02:00:00Z".into()), "{row}");
        assert_eq!((&row["title"], &row["free"], &row["joins"]), (&"Lunch, with Ada; soon".into(), &true.into(), &true.into()));
        let (_, ics) = peer.titled("Lunch\\, with Ada\\; soon");
        let lines = unfolded(&ics);
        assert!(lines.iter().any(|l| l.starts_with("DTSTART") && l.contains("Europe/Berlin") && l.ends_with("20270328T013000")), "{ics}");
        assert!(lines.iter().any(|l| l == "TRANSP:TRANSPARENT"), "{ics}");
        let shown = w.home.run(&["calendar", "show", text(&made["id"])]);
        assert_eq!(text(&shown["description"]).trim_end(), "First line\nGrüße; and, commas", "{shown}");
        assert_eq!((&shown["alarms"], &shown["zone"]), (&serde_json::json!([10, 60]), &"Europe/Berlin".into()), "{shown}");
        w.agrees();

        let key = text(&made["id"]);
        let moved = w.does(&[&["update", key, "--start", "2027-03-29T12:00"], &BERLIN[..], &["--busy", "--no-alarms"]].concat());
        assert_eq!((&moved["event"]["end"], &moved["event"]["free"]), (&"2027-03-29T11:30:00Z".into(), &false.into()), "as long as before");
        w.does(&["update", key, "--for", "2h", "--title", "Late lunch", "--location", ""]);
        let row = w.event("Late lunch");
        assert_eq!(
            (&row["start"], &row["end"], &row["location"]),
            (&"2027-03-29T10:00:00Z".into(), &"2027-03-29T12:00:00Z".into(), &"".into())
        );
        assert_eq!(w.home.run(&["calendar", "show", key])["zone"], "Europe/Berlin", "it stays in its zone");
        assert_eq!(w.home.fail(&["calendar", "update", key])["code"], "invalid");
        w.does(&["update", key, "--day", "2027-04-01", "--until", "2027-04-03"]);
        assert_eq!(w.event("Late lunch")["days"], serde_json::json!({"first": "2027-04-01", "last": "2027-04-03"}));
        let (_, ics) = peer.titled("Late lunch");
        assert!(unfolded(&ics).iter().any(|l| l == "DTEND;VALUE=DATE:20270404"), "{ics}");
        w.agrees();

        let gone = w.does(&["delete", key]);
        assert_eq!((&gone["event"], &gone["title"]), (&Value::Null, &"Late lunch".into()));
        assert!(w.events().is_empty() && peer.items().is_empty());
        assert_eq!(w.home.fail(&["calendar", "delete", key])["code"], "not_found");
        for wrong in [
            &["--title", "T", "--start", "2027-03-28T01:30", "--for", "1h", "--zone", "Mars"][..],
            &["--title", "T", "--start", "2027-03-28T01:30", "--end", "2027-03-28T01:00"],
            &["--title", "T", "--start", "2027-03-28T01:30Z", "--for", "1h"],
            &["--title", "T", "--day", "2027-02-30"],
            &["--title", "T", "--day", "2027-02-03", "--rule", "FREQ=SOMETIMES"],
            &["--title", "T", "--day", "2027-02-03", "--guest", "nobody"],
            &["--title", "T", "--day", "2027-02-03", "--join", "javascript:alert(1)"],
        ] {
            let error = w.home.fail(&[&["calendar", "create"], wrong].concat());
            assert_eq!(error["code"], "invalid", "{wrong:?}: {error}");
            assert!(!text(&error["hint"]).is_empty(), "{error}");
        }
        assert!(peer.items().is_empty() && w.events().is_empty());
    });
}

#[test]
fn of_a_series_one_or_those_behind_it_or_all_are_changed() {
    with_each(|peer, plan, _| {
        let w = World::at(peer, plan);
        w.create(
            &[&["--title", "Stand-up", "--start", "2027-03-25T09:00", "--for", "15m", "--rule", "FREQ=DAILY;COUNT=6"], &BERLIN[..]]
                .concat(),
        );
        let keys: Vec<String> = w.events().iter().map(|e| text(&e["id"]).to_owned()).collect();
        assert_eq!(keys.len(), 6);
        assert_eq!(w.does(&["update", &keys[1], "--title", "Special"])["id"], *keys[1], "only this one is meant");
        w.does(&["delete", &keys[2]]);
        let starts = |title: &str| -> Vec<String> {
            w.events().iter().filter(|e| e["title"] == title).map(|e| text(&e["start"]).to_owned()).collect()
        };
        // Over the night in which the clock is put forward.
        assert_eq!(starts("Stand-up"), ["2027-03-25T08:00:00Z", "2027-03-28T07:00:00Z", "2027-03-29T07:00:00Z", "2027-03-30T07:00:00Z"]);
        assert_eq!(starts("Special"), ["2027-03-26T08:00:00Z"]);
        assert_eq!(peer.items().len(), 1);
        w.agrees();

        let start = [&["--start", "2027-03-29T10:00"], &BERLIN[..]].concat();
        let second = w.does(&[&["update", &keys[4], "--members", "following", "--title", "Later"], &start[..]].concat());
        assert_eq!(starts("Later"), ["2027-03-29T08:00:00Z", "2027-03-30T08:00:00Z"]);
        assert_eq!(starts("Stand-up").len(), 2);
        assert_eq!(peer.items().len(), 2, "a series of its own");
        w.agrees();
        w.does(&["update", text(&second["id"]), "--members", "all", "--location", "Room 4"]);
        assert!(w.events().iter().filter(|e| e["title"] == "Later").all(|e| e["location"] == "Room 4"));
        w.agrees();
        w.does(&["delete", &w.key("Special"), "--members", "following"]);
        assert_eq!((starts("Stand-up").len(), starts("Special").len(), starts("Later").len()), (1, 0, 2));
        w.does(&["delete", text(&second["id"]), "--members", "all"]);
        assert_eq!((w.events().len(), peer.items().len()), (1, 1));
        w.agrees();
    });
}

#[test]
fn an_invitation_is_answered() {
    let invitation = |uid: &str, more: &str| {
        event(
            uid,
            "Review",
            &format!(
                "ORGANIZER;CN=Ada:mailto:ada@elsewhere.example\r\nATTENDEE;CN=Mara;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{MARA}\r\n\
                 ATTENDEE;PARTSTAT=ACCEPTED:mailto:ada@elsewhere.example\r\n{more}"
            ),
        )
    };
    with_each(|peer, plan, _| {
        let w = World::at(peer, plan);
        peer.add("review", &invitation("review", ""));
        w.sync();
        let row = w.event("Review");
        assert_eq!(row["mine"], "none");
        let shown = w.home.run(&["calendar", "show", text(&row["id"])]);
        assert_eq!((&shown["can_respond"], &shown["guest_count"]), (&true.into(), &2.into()), "{shown}");
        for (answer, part) in [("tentative", "TENTATIVE"), ("accepted", "ACCEPTED"), ("declined", "DECLINED")] {
            let done = w.does(&["respond", text(&row["id"]), "--answer", answer]);
            assert_eq!(done["event"]["mine"], answer);
            assert!(text(&done["words"]).contains("not told"), "nobody can send mail here: {done}");
            let (_, ics) = peer.titled("Review");
            let mine = unfolded(&ics).into_iter().find(|l| l.starts_with("ATTENDEE") && l.contains(MARA)).unwrap();
            assert!(mine.contains(&format!("PARTSTAT={part}")), "{mine}");
        }
        w.agrees();
        // What the person does not go to takes no time.
        let busy = w.home.run(&["calendar", "freebusy", "--from", "2027-05-10T08:00:00Z", "--to", "2027-05-10T09:00:00Z"]);
        assert!(busy["items"].as_array().unwrap().is_empty(), "{busy}");
        w.create(&["--title", "Own", "--day", "2027-05-10"]);
        assert_eq!(w.home.fail(&["calendar", "respond", &w.key("Own"), "--answer", "accepted"])["code"], "not_invited");
    });

    // A server that schedules tells the organiser itself.
    let (_runtime, sandbox) = sandbox();
    sandbox.set_caldav(|s| s.auto_schedule = true);
    let peer = peer(&sandbox);
    peer.add("review", &invitation("review", ""));
    let w = World::at(&peer, "Plan");
    let done = w.does(&["respond", &w.key("Review"), "--answer", "accepted"]);
    assert!(!text(&done["words"]).contains("not told"), "{done}");
    assert_eq!(sandbox.scheduled().len(), 1, "{:?}", sandbox.scheduled());
}

#[test]
fn what_both_change_is_merged_or_put_to_the_person() {
    with_each(|peer, plan, _| {
        let w = World::at(peer, plan);
        w.create(&[&["--title", "Plan", "--start", "2027-06-01T10:00", "--for", "1h"], &BERLIN[..]].concat());
        // Different fields.
        let key = w.key("Plan");
        let queued = w.home.run(&["calendar", "update", &key, "--location", "Room 4", "--queue"]);
        assert_eq!((&queued["state"], &queued["event"]["pending"]), (&"queued".into(), &"waiting".into()));
        let waiting = w.home.run(&["outbox", "list"])["items"][0].clone();
        assert_eq!(
            (&waiting["kind"], &waiting["subject"], &waiting["event"]),
            (&"put_item".into(), &"Plan".into(), &key.as_str().into()),
            "{waiting}"
        );
        peer.edit("Plan", |ics| with(&ics, "SUMMARY", "Big plan"));
        w.sync();
        let row = w.event("Big plan");
        assert_eq!((&row["location"], &row["pending"]), (&"Room 4".into(), &Value::Null));
        w.agrees();
        // At once, against a version that nobody here has seen.
        peer.edit("Big plan", |ics| with(&ics, "DESCRIPTION", "From elsewhere"));
        w.does(&["update", &key, "--title", "Great plan"]);
        assert_eq!(w.home.run(&["calendar", "show", &key])["description"], "From elsewhere");
        w.agrees();

        // The same field: either side can be kept.
        for (keep, kept) in [("theirs", "Theirs 1"), ("mine", "Mine 2")] {
            let n = if keep == "mine" { 2 } else { 1 };
            let title = text(&w.home.run(&["calendar", "show", &key])["title"]).to_owned();
            peer.edit(&title, |ics| with(&ics, "SUMMARY", &format!("Theirs {n}")));
            let (done, error) = w.conflicts(&["update", &key, "--title", &format!("Mine {n}")]);
            assert_eq!((&done["event"]["pending"], &done["id"]), (&"conflict".into(), &key.as_str().into()));
            assert!(text(&error["hint"]).contains("calendar resolve"), "{error}");
            let shown = w.home.run(&["calendar", "show", &key]);
            let both = &shown["conflict"][0];
            assert_eq!(
                (text(&both["field"]), text(&both["mine"]), text(&both["theirs"])),
                ("title", &*format!("Mine {n}"), &*format!("Theirs {n}"))
            );
            assert_eq!(w.home.fail(&["calendar", "update", &key, "--title", "Third"])["code"], "conflict", "first the choice");
            let waiting = w.home.run(&["outbox", "list"])["items"][0].clone();
            assert_eq!((&waiting["state"], &waiting["reason"]), (&"wedged".into(), &"conflict".into()), "{waiting}");
            assert_eq!(w.home.fail(&["outbox", "retry", text(&waiting["id"])])["code"], "conflict");
            w.does(&["resolve", &key, "--keep", keep]);
            w.event(kept);
            w.agrees();
            assert_eq!(w.home.fail(&["calendar", "resolve", &key, "--keep", keep])["code"], "not_found");
        }

        // Deleted there, changed here.
        for keep in ["mine", "theirs"] {
            peer.delete("Mine 2");
            w.conflicts(&["update", &key, "--title", "Mine 2", "--location", keep]);
            assert_eq!(w.home.run(&["calendar", "show", &key])["conflict"][0]["field"], "deleted");
            w.does(&["resolve", &key, "--keep", keep]);
            w.agrees();
            assert_eq!(w.events().len(), usize::from(keep == "mine"));
        }
        // Changed there, deleted here: gone is gone.
        peer.add("x", &event("x", "Doomed", ""));
        w.sync();
        let key = w.key("Doomed");
        peer.edit("Doomed", |ics| with(&ics, "SUMMARY", "Doomed still"));
        w.does(&["delete", &key]);
        w.agrees();
    });
}

#[test]
fn a_calendar_goes_out_and_into_another_one_as_it_is() {
    with_each(|peer, plan, copy| {
        let w = World::at(peer, plan);
        w.create(&[&["--title", "Once", "--start", "2027-06-01T10:00", "--for", "1h", "--alarm", "5"], &BERLIN[..]].concat());
        w.create(
            &[&["--title", "Often", "--start", "2027-06-02T10:00", "--for", "1h", "--rule", "FREQ=WEEKLY;COUNT=4"], &BERLIN[..]].concat(),
        );
        w.create(&["--title", "Whole days", "--day", "2027-06-05", "--until", "2027-06-06"]);
        let second = w.events().into_iter().filter(|e| e["title"] == "Often").nth(1).unwrap();
        w.does(&["update", text(&second["id"]), "--title", "Once different"]);
        peer.add("elsewhere", &event("elsewhere-1", "Elsewhere", "X-ODD;X-P=\"a;b\":kept\r\nCATEGORIES:A,B\r\n"));
        w.sync();

        let file: PathBuf = w.home.dir.path().join("plan.ics");
        let saved = w.home.run(&["calendar", "export", &w.calendar, "--to", file.to_str().unwrap()]);
        let written = fs::read_to_string(&file).unwrap();
        assert_eq!(saved["bytes"], written.len());
        assert_eq!(written, text(&w.home.run(&["calendar", "export", plan])["text"]), "by name, to standard output");
        assert_eq!(
            w.home.fail(&["calendar", "export", plan, "--to", file.to_str().unwrap()])["code"],
            "save_failed",
            "nothing is overwritten"
        );
        assert_eq!(written.matches("BEGIN:VCALENDAR").count(), 1);

        let there = peer.beside("copy");
        let put = w.home.run(&["calendar", "import", file.to_str().unwrap(), "--calendar", copy]);
        assert_eq!((&put["state"], &put["added"], &put["known"]), (&"done".into(), &4.into(), &0.into()), "{put}");
        let want = content(&written);
        assert_eq!(want.len(), 4);
        assert_eq!(peer.content(), want, "the first one is as it was");
        assert_eq!(there.content(), want, "the second one holds the same");
        let again = w.home.run_with_input(&["calendar", "import", "-", "--calendar", copy], &written);
        let again = last_json(&again.stdout);
        assert_eq!((&again["added"], &again["known"]), (&0.into(), &4.into()), "{again}");
        // The same meeting in two calendars is one row.
        let all = w.home.run(&YEAR);
        let once: Vec<_> = all["items"].as_array().unwrap().iter().filter(|e| e["title"] == "Once").collect();
        assert_eq!((once.len(), once[0]["also"].as_array().unwrap().len()), (1, 1), "{once:?}");

        let bad = w.home.dir.path().join("bad.ics");
        fs::write(&bad, "this is no calendar").unwrap();
        assert_eq!(w.home.fail(&["calendar", "import", bad.to_str().unwrap(), "--calendar", copy])["code"], "invalid");
        fs::write(&bad, [0xff, 0xfe]).unwrap();
        assert_eq!(w.home.fail(&["calendar", "import", bad.to_str().unwrap()])["code"], "no_file");
        assert_eq!(there.content(), want);
    });
}

#[test]
fn what_cannot_be_written_now_waits_and_says_so() {
    let (_runtime, sandbox) = sandbox();
    let w = World::at(&peer(&sandbox), "Plan");
    sandbox.control().add_fault(Fault::new("/dav/*", FaultAction::Drop { after_commit: false }).times(0));
    let made = w.home.run(&["calendar", "create", "--calendar", "plan", "--title", "Waits", "--day", "2027-02-01"]);
    assert_eq!((&made["state"], &made["event"]["pending"]), (&"queued".into(), &"waiting".into()), "{made}");
    let second = w.home.run(&["calendar", "create", "--calendar", "plan", "--title", "Taken back", "--day", "2027-02-01", "--queue"]);
    let list = w.home.run(&["outbox", "list"]);
    let of =
        |title: &str| list["items"].as_array().unwrap().iter().find(|o| o["subject"] == title).unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(w.home.run(&["outbox", "discard", &of("Taken back")])["discarded"], true);
    assert_eq!(w.home.fail(&["calendar", "show", text(&second["id"])])["code"], "not_found");
    sandbox.control().clear_faults();
    w.home.run(&["outbox", "retry", &of("Waits")]);
    w.agrees();

    // Where the answer got lost, it is there once.
    sandbox.control().add_fault(Fault::new("/dav/*", FaultAction::Drop { after_commit: true }).method("PUT"));
    w.create(&["--title", "Answer lost", "--day", "2027-02-02"]);
    w.agrees();

    // A calendar that is only to be read.
    let family = w.home.run(&["calendar", "list"]);
    let family = family["items"].as_array().unwrap().iter().find(|c| c["writable"] == false).unwrap().clone();
    let refused = w.home.fail(&["calendar", "create", "--calendar", text(&family["id"]), "--title", "T", "--day", "2027-02-01"]);
    assert_eq!(refused["code"], "read_only", "{refused}");
    // What the server does not want needs the person.
    sandbox.control().add_fault(Fault::status("/dav/*", 403, "forbidden").method("PUT").times(0));
    let out = w.home.try_run(&["calendar", "create", "--calendar", "plan", "--title", "Unwanted", "--day", "2027-02-03"]);
    assert_eq!((out.status.code(), &last_json(&out.stdout)["state"]), (Some(1), &"wedged".into()));
    assert_eq!(last_json(&out.stderr)["code"], "wedged");
}

#[test]
fn a_published_calendar_is_read_and_its_address_kept_secret() {
    let (_runtime, sandbox) = sandbox();
    let home = Home::new();
    let url = sandbox.feed_url();
    let secret = url.rsplit('/').next().unwrap();
    let refused = home.run_with_input(&["connect", "ics", "--url-stdin"], &url);
    assert!(!refused.status.success(), "an address of this machine wants a word");
    assert!(!String::from_utf8_lossy(&refused.stderr).contains(secret));
    let connected = home.run_with_input(&["connect", "ics", "--url-stdin", "--name", "Holidays", "--allow-private"], &url);
    assert!(connected.status.success(), "{}", String::from_utf8_lossy(&connected.stderr));
    let connected = last_json(&connected.stdout);
    assert_eq!((&connected["label"], &connected["integration"]), (&"Holidays".into(), &"ics".into()));
    assert_eq!(home.fail(&["connect", "ics", "--url", &url, "--allow-private"])["code"], "already_connected");
    home.run(&["sync"]);
    let list = home.run(&["calendar", "list"]);
    assert_eq!((&list["items"][0]["writable"], &list["items"][1]), (&false.into(), &Value::Null), "{list}");
    assert!(list["items"][0]["events"].as_u64().unwrap() > 3, "{list}");
    assert!(!home.run(&["connections"]).to_string().contains(secret) && home.grep(secret).is_empty(), "{secret}");
    assert_eq!(home.fail(&["calendar", "create", "--title", "T", "--day", "2027-02-01"])["code"], "no_calendar");
    home.run(&["disconnect", text(&connected["id"])]);
    assert!(home.run(&["calendar", "list"])["items"].as_array().unwrap().is_empty());
}

#[test]
fn busy_is_what_binds_in_any_calendar() {
    let (_runtime, sandbox) = sandbox();
    for (calendar, name, day, more) in [
        ("plan", "a", 10, ""),
        ("copy", "b", 10, ""),
        ("plan", "c", 11, "TRANSP:TRANSPARENT\r\n"),
        ("plan", "d", 12, "STATUS:CANCELLED\r\n"),
        ("copy", "e", 13, "STATUS:TENTATIVE\r\n"),
    ] {
        let ics = event(name, name, more).replace("20270510T", &format!("202705{day}T"));
        // The second overlaps the first by half.
        let ics = if name == "b" { ics.replace("T080000Z", "T083000Z").replace("T090000Z", "T093000Z") } else { ics };
        sandbox.put_calendar_item(calendar, &format!("{name}.ics"), &ics).unwrap();
    }
    let w = World::at(&peer(&sandbox), "Plan");
    let found = w.home.run(&["calendar", "freebusy", "--from", "2027-05-10T00:00:00Z", "--to", "2027-05-14T00:00:00Z"]);
    let blocks: Vec<(&str, &str)> = found["items"].as_array().unwrap().iter().map(|b| (text(&b["start"]), text(&b["end"]))).collect();
    let daily: Vec<_> = blocks.into_iter().filter(|(s, _)| s.contains("T08:")).collect();
    assert_eq!(daily, [("2027-05-10T08:00:00Z", "2027-05-10T09:30:00Z"), ("2027-05-13T08:00:00Z", "2027-05-13T09:00:00Z")], "{found}");
}
